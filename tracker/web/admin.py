"""The administrator's pages: people, clinics, job runs, and the pack in force. No survivor's name is on any of them."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracker.errors import Forbidden, Invalid
from tracker.policy import Action
from tracker.services import accounts, clinics, jobs, packs, plan_failures
from tracker.web import presenters_admin as presenters
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, current_clinic_id, note_access, reading, transaction
from tracker.web.forms_admin import ClinicForm, RolesForm, UserForm
from tracker.web.refusals import refuse

bp = Blueprint("admin", __name__, url_prefix="/admin")


def _own_clinic_id() -> UUID:
    """The clinic this administrator works at now; nobody else has any business on these pages."""
    clinic_id = current_clinic_id(Action.MANAGE_USERS)
    if clinic_id is None:
        raise Forbidden(_("These pages are for administrators. Ask yours if you need something changed"))
    return clinic_id


@bp.get("/users")
@login_required
def index() -> ResponseReturnValue:
    clinic_id = _own_clinic_id()
    with reading() as session:
        people = accounts.staff_of(session, clinic_id, actor=current_actor(), clock=clock())
        tz = clinics.one(session, clinic_id, actor=current_actor()).tz
    return render_template("admin/users.html", people=presenters.people(people, current_actor(), tz=tz))


@bp.get("/users/new")
@login_required
def new_user() -> ResponseReturnValue:
    _own_clinic_id()
    return render_template("admin/new_user.html", form=UserForm())


@bp.post("/users")
@login_required
def create_user() -> ResponseReturnValue:
    clinic_id, form = _own_clinic_id(), UserForm(request.form)
    if not form.validate():
        return render_template("admin/new_user.html", form=form), 422
    try:
        with transaction() as session:
            user = accounts.add_user(session, clinic_id, form.to_input(), actor=current_actor(), clock=clock())
    except Invalid as error:
        refuse(form, error)
        return render_template("admin/new_user.html", form=form), 422
    flash(_("%(name)s can sign in now.", name=user.name), "success")
    return redirect(url_for("admin.index"), code=303)


@bp.get("/users/<uuid:user_id>")
@login_required
def edit_user(user_id: UUID) -> ResponseReturnValue:
    with reading() as session:
        user, roles = accounts.member(session, _own_clinic_id(), user_id, actor=current_actor(), clock=clock())
    return render_template("admin/user.html", user=user, form=RolesForm(data={"roles": roles}))


@bp.post("/users/<uuid:user_id>")
@login_required
def update_user(user_id: UUID) -> ResponseReturnValue:
    clinic_id, form = _own_clinic_id(), RolesForm(request.form)
    with reading() as session:
        user, _roles = accounts.member(session, clinic_id, user_id, actor=current_actor(), clock=clock())
    if not form.validate():
        return render_template("admin/user.html", user=user, form=form), 422
    try:
        with transaction() as session:
            accounts.set_roles(session, clinic_id, user_id, form.chosen(), actor=current_actor(), clock=clock())
    except Invalid as error:
        refuse(form, error)
        return render_template("admin/user.html", user=user, form=form), 422
    flash(_("The roles of %(name)s were saved.", name=user.name), "success")
    return redirect(url_for("admin.index"), code=303)


@bp.post("/users/<uuid:user_id>/active")
@login_required
def set_active(user_id: UUID) -> ResponseReturnValue:
    active = request.form.get("active") == "1"
    with transaction() as session:
        user = accounts.set_active(session, _own_clinic_id(), user_id, active, actor=current_actor(), clock=clock())
    text = _("%(name)s can sign in again.", name=user.name) if active else _("%(name)s is signed out.", name=user.name)
    flash(text, "success")
    return redirect(url_for("admin.index"), code=303)


@bp.get("/clinics")
@login_required
def clinics_list() -> ResponseReturnValue:
    _own_clinic_id()
    with reading() as session:
        found = clinics.administered(session, current_actor())
    return render_template("admin/clinics.html", clinics=presenters.clinic_rows(found))


@bp.get("/clinics/new")
@login_required
def new_clinic() -> ResponseReturnValue:
    _own_clinic_id()
    return render_template("admin/clinic.html", form=ClinicForm(), clinic_id=None)


@bp.post("/clinics")
@login_required
def create_clinic() -> ResponseReturnValue:
    _own_clinic_id()
    form = ClinicForm(request.form)
    if not form.validate():
        return render_template("admin/clinic.html", form=form, clinic_id=None), 422
    try:
        with transaction() as session:
            clinic = clinics.create(session, form.to_input(), actor=current_actor(), clock=clock())
    except Invalid as error:
        refuse(form, error)
        return render_template("admin/clinic.html", form=form, clinic_id=None), 422
    flash(_("%(name)s was added.", name=clinic.name), "success")
    return redirect(url_for("admin.clinics_list"), code=303)


@bp.get("/clinics/<uuid:clinic_id>")
@login_required
def edit_clinic(clinic_id: UUID) -> ResponseReturnValue:
    _own_clinic_id()
    with reading() as session:
        clinic = clinics.one(session, clinic_id, actor=current_actor())
    return render_template("admin/clinic.html", form=ClinicForm(obj=clinic), clinic_id=clinic_id)


@bp.post("/clinics/<uuid:clinic_id>")
@login_required
def update_clinic(clinic_id: UUID) -> ResponseReturnValue:
    _own_clinic_id()
    form = ClinicForm(request.form)
    with reading() as session:
        clinics.one(session, clinic_id, actor=current_actor())
    if not form.validate():
        return render_template("admin/clinic.html", form=form, clinic_id=clinic_id), 422
    try:
        with transaction() as session:
            clinics.edit(session, clinic_id, form.to_input(), actor=current_actor(), clock=clock())
    except Invalid as error:
        refuse(form, error)
        return render_template("admin/clinic.html", form=form, clinic_id=clinic_id), 422
    flash(_("The clinic's details were saved."), "success")
    return redirect(url_for("admin.clinics_list"), code=303)


@bp.get("/jobs")
@login_required
def job_runs() -> ResponseReturnValue:
    actor = current_actor()
    clinic_id = _own_clinic_id()
    with reading() as session:
        tz = clinics.one(session, clinic_id, actor=actor).tz
        runs = jobs.recent_runs(session, clinic_ids=actor.clinic_ids(Action.VIEW_JOBS))
        state = jobs.state_of(session, now=clock().now(), clinic_id=clinic_id)
        check = jobs.check_state(session, now=clock().now(), clinic_id=clinic_id)
        known = clinics.administered(session, actor)
        failures, count = plan_failures.standing(session, actor=actor)
    note_access([failure.survivor_id for failure in failures], "plan that failed")
    return render_template(
        "admin/jobs.html",
        rows=presenters.job_rows(runs, known, tz=tz),
        failures=presenters.failure_rows(failures, known, tz=tz),
        failing=count,
        state=state,
        check=check,
        tz=tz,
    )


@bp.get("/pack")
@login_required
def pack() -> ResponseReturnValue:
    with reading() as session:
        clinic = clinics.one(session, _own_clinic_id(), actor=current_actor())
        shown = presenters.pack_view(clinic, packs.pack_for(clinic), packs.adopter_name(session, clinic))
    return render_template("admin/pack.html", pack=shown)


@bp.post("/pack/adopt")
@login_required
def adopt_pack() -> ResponseReturnValue:
    with transaction() as session:
        packs.adopt(session, _own_clinic_id(), actor=current_actor(), clock=clock())
    flash(_("The guideline pack is adopted. Pages no longer say that it is an example."), "success")
    return redirect(url_for("admin.pack"), code=303)
