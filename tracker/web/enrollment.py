"""Enrolling a survivor, correcting details, whom to reach, and what was decided about the follow-up."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracker.errors import Conflict, Forbidden, Invalid, TrackerError
from tracker.models import Role, Survivor
from tracker.policy import Action
from tracker.services import contacts as reach
from tracker.services import standing as standings
from tracker.services import survivors as service
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, current_clinic_id, note_access, reading, transaction
from tracker.web.forms_enrollment import DECISION_HINTS, ContactForm, DetailsForm, InviteForm, StandingForm
from tracker.web.presenters_enrollment import contact_rows, family_rows
from tracker.web.refusals import refuse
from tracker.web.versions import VersionedForm

bp = Blueprint("enrollment", __name__)
INVITE = "invite-"


@bp.get("/survivors/new")
@login_required
def new() -> ResponseReturnValue:
    _own_clinic()
    return render_template("enrollment/new.html", form=DetailsForm())


@bp.post("/survivors")
@login_required
def create() -> ResponseReturnValue:
    clinic_id = _own_clinic()
    form = DetailsForm(request.form)
    if not form.validate():
        return render_template("enrollment/new.html", form=form), 422
    try:
        with transaction() as session:
            survivor = service.enrol(session, clinic_id, form.to_input(), actor=current_actor(), clock=clock())
    except Invalid as error:
        refuse(form, error)
        return render_template("enrollment/new.html", form=form), 422
    flash(_("%(name)s is enrolled. The treatment summary comes next", name=survivor.display_name), "success")
    return _to_survivor(survivor.id)


@bp.get("/survivors/<uuid:survivor_id>/edit")
@login_required
def edit(survivor_id: UUID) -> ResponseReturnValue:
    survivor = _open(survivor_id, "edit details")
    return render_template("enrollment/edit.html", form=DetailsForm.of(survivor), survivor=survivor)


@bp.post("/survivors/<uuid:survivor_id>/edit")
@login_required
def update(survivor_id: UUID) -> ResponseReturnValue:
    form = DetailsForm(request.form)
    form.offer_language(form.language.data or "")
    if not form.validate():
        return render_template("enrollment/edit.html", form=form, survivor=_open(survivor_id, "edit details")), 422
    try:
        with transaction() as session:
            survivor = service.edit(
                session,
                survivor_id,
                form.to_input(),
                seen_version=form.seen_version(),
                actor=current_actor(),
                clock=clock(),
            )
    except (Conflict, Invalid) as error:
        survivor = _open(survivor_id, "edit details")
        status = _say_why(form, error, survivor)
        return render_template("enrollment/edit.html", form=form, survivor=survivor), status
    flash(_("The details of %(name)s are saved", name=survivor.display_name), "success")
    return _to_survivor(survivor_id)


@bp.route("/survivors/<uuid:survivor_id>/standing", methods=["GET", "POST"])
@login_required
def standing(survivor_id: UUID) -> ResponseReturnValue:
    survivor = _open(survivor_id, "follow-up decision")
    if request.method == "GET":
        return _standing_page(StandingForm.of(survivor), survivor)
    form = StandingForm(request.form)
    if not form.validate():
        return _standing_page(form, survivor), 422
    try:
        with transaction() as session:
            standings.set_standing(
                session,
                survivor_id,
                form.to_input(),
                seen_version=form.seen_version(),
                actor=current_actor(),
                clock=clock(),
            )
    except (Conflict, Invalid) as error:
        survivor = _open(survivor_id, "follow-up decision")
        status = _say_why(form, error, survivor)
        return _standing_page(form, survivor), status
    flash(_("The follow-up decision for %(name)s is saved", name=survivor.display_name), "success")
    return _to_survivor(survivor_id)


@bp.get("/survivors/<uuid:survivor_id>/contacts")
@login_required
def contacts(survivor_id: UUID) -> ResponseReturnValue:
    return _contacts_page(survivor_id, ContactForm(), InviteForm(prefix=INVITE))


@bp.post("/survivors/<uuid:survivor_id>/contacts")
@login_required
def add_contact(survivor_id: UUID) -> ResponseReturnValue:
    form = ContactForm(request.form)
    try:
        if not form.validate():
            return _contacts_page(survivor_id, form, InviteForm(prefix=INVITE)), 422
        with transaction() as session:
            reach.add_contact(session, survivor_id, form.to_input(), actor=current_actor(), clock=clock())
    except Invalid as error:
        refuse(form, error)
        return _contacts_page(survivor_id, form, InviteForm(prefix=INVITE)), 422
    flash(_("The contact is added"), "success")
    return _to_contacts(survivor_id)


@bp.get("/survivors/<uuid:survivor_id>/contacts/<uuid:contact_id>")
@login_required
def edit_contact(survivor_id: UUID, contact_id: UUID) -> ResponseReturnValue:
    note_access([survivor_id], purpose="contacts")
    with reading() as session:
        survivor, contact = reach.contact_for_editing(session, survivor_id, contact_id, actor=current_actor())
    return render_template(
        "enrollment/contact.html", form=ContactForm.of(contact), survivor=survivor, contact_id=contact_id
    )


@bp.post("/survivors/<uuid:survivor_id>/contacts/<uuid:contact_id>")
@login_required
def update_contact(survivor_id: UUID, contact_id: UUID) -> ResponseReturnValue:
    form = ContactForm(request.form)
    try:
        if form.validate():
            with transaction() as session:
                reach.edit_contact(
                    session, survivor_id, contact_id, form.to_input(), actor=current_actor(), clock=clock()
                )
            flash(_("The contact is saved"), "success")
            return _to_contacts(survivor_id)
    except Invalid as error:
        refuse(form, error)
    note_access([survivor_id], purpose="contacts")
    with reading() as session:
        survivor, _contact = reach.contact_for_editing(session, survivor_id, contact_id, actor=current_actor())
    return render_template("enrollment/contact.html", form=form, survivor=survivor, contact_id=contact_id), 422


@bp.post("/survivors/<uuid:survivor_id>/contacts/<uuid:contact_id>/remove")
@login_required
def remove_contact(survivor_id: UUID, contact_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        reach.remove_contact(session, survivor_id, contact_id, actor=current_actor(), clock=clock())
    flash(_("The contact is removed"), "success")
    return _to_contacts(survivor_id)


@bp.post("/survivors/<uuid:survivor_id>/invite")
@login_required
def invite(survivor_id: UUID) -> ResponseReturnValue:
    form = InviteForm(request.form, prefix=INVITE)
    if not form.validate():
        return _contacts_page(survivor_id, ContactForm(), form), 422
    try:
        with transaction() as session:
            invited = reach.invite_family(
                session,
                survivor_id,
                form.email.data or "",
                form.name.data or "",
                Role(form.role.data),
                actor=current_actor(),
                clock=clock(),
            )
    except Invalid as error:
        refuse(form, error)
        return _contacts_page(survivor_id, ContactForm(), form), 422
    # The password is shown on this one page and stored nowhere: a redirect would have to keep it somewhere.
    survivor = _open(survivor_id, "family account")
    return render_template("enrollment/invited.html", survivor=survivor, invited=invited)


def _own_clinic() -> UUID:
    clinic_id = current_clinic_id(Action.ENROL)
    if clinic_id is None:
        raise Forbidden(_("Your role does not allow this. Ask a coordinator or a clinician"))
    return clinic_id


def _open(survivor_id: UUID, purpose: str) -> Survivor:
    note_access([survivor_id], purpose=purpose)
    with reading() as session:
        return service.for_editing(session, survivor_id, actor=current_actor())


def _say_why(form: VersionedForm, error: TrackerError, survivor: Survivor) -> int:
    """Put the refusal into the form. After a conflict, saving again is meant: it then builds on what stands now."""
    refuse(form, error)
    form.version.data = str(survivor.version)
    return 409 if isinstance(error, Conflict) else 422


def _standing_page(form: StandingForm, survivor: Survivor) -> str:
    return render_template("enrollment/standing.html", form=form, survivor=survivor, hints=DECISION_HINTS)


def _contacts_page(survivor_id: UUID, form: ContactForm, invite_form: InviteForm) -> str:
    note_access([survivor_id], purpose="contacts")
    with reading() as session:
        survivor, known = reach.list_contacts(session, survivor_id, actor=current_actor())
        family = reach.family_of(session, survivor_id)
    return render_template(
        "enrollment/contacts.html",
        form=form,
        invite_form=invite_form,
        survivor=survivor,
        rows=contact_rows(known),
        family=family_rows(family),
    )


def _to_survivor(survivor_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("survivors.show", survivor_id=survivor_id), code=303)


def _to_contacts(survivor_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("enrollment.contacts", survivor_id=survivor_id), code=303)
