"""Booking the yearly visit, the day's list, and the visit itself."""

from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from tracker.errors import Invalid
from tracker.models import Visit
from tracker.services import visit_days, visits
from tracker.services.visit_days import BookingChoice
from tracker.web import presenters_visits as presenters
from tracker.web.auth import login_required, own_path
from tracker.web.context import clock, current_actor, note_access, reading, transaction
from tracker.web.formats import us_date
from tracker.web.forms_visits import CancelForm, CompleteForm, MissedForm, SlotForm

bp = Blueprint("visits", __name__)


@bp.get("/visits/day")
@login_required
def day() -> ResponseReturnValue:
    with reading() as session:
        found = visit_days.day_list(session, day_in_address(), actor=current_actor(), clock=clock())
        note_access([row.survivor.id for row in found.rows], purpose="clinic day")
        rows = presenters.day_rows(found)
        return render_template("visits/day.html", day=found, rows=rows, title=presenters.day_words(found.on))


@bp.get("/survivors/<uuid:survivor_id>/visits/new")
@login_required
def new(survivor_id: UUID) -> ResponseReturnValue:
    form = SlotForm(data={"next": request.args.get("next", "")})
    return booking_page(survivor_id, form, on=day_in_address())


@bp.post("/survivors/<uuid:survivor_id>/visits/new")
@login_required
def create(survivor_id: UUID) -> ResponseReturnValue:
    form = SlotForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                visit = visits.book_visit(session, survivor_id, form.entered(), actor=current_actor(), clock=clock())
                said = _("Visit booked for %(when)s.", when=_when(session, visit))
        except Invalid as error:
            form.form_errors.append(str(error))
        else:
            flash(said, "success")
            back = own_path(form.next.data) or url_for("survivors.show", survivor_id=survivor_id)
            return redirect(back, code=303)
    return booking_page(survivor_id, form, on=form.planned_on.data)


@bp.post("/survivors/<uuid:survivor_id>/visits/walk-in")
@login_required
def walk_in(survivor_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        visit = visits.open_walk_in(session, survivor_id, actor=current_actor(), clock=clock())
    flash(_("Visit opened."), "success")
    return redirect(url_for("visits.show", visit_id=visit.id), code=303)


@bp.get("/visits/<uuid:visit_id>")
@login_required
def show(visit_id: UUID) -> ResponseReturnValue:
    return sheet_page(visit_id, CompleteForm())


@bp.post("/visits/<uuid:visit_id>/open")
@login_required
def open(visit_id: UUID) -> ResponseReturnValue:  # noqa: A001 (the route's name)
    with transaction() as session:
        visits.open_visit(session, visit_id, actor=current_actor(), clock=clock())
    return redirect(url_for("visits.show", visit_id=visit_id), code=303)


@bp.post("/visits/<uuid:visit_id>/complete")
@login_required
def complete(visit_id: UUID) -> ResponseReturnValue:
    form = CompleteForm(request.form)
    if not form.validate():
        return sheet_page(visit_id, form)
    with transaction() as session:
        done = visits.complete_visit(session, visit_id, form.note.data or "", actor=current_actor(), clock=clock())
    flash(presenters.completed_words(done), "success")
    return redirect(url_for("survivors.show", survivor_id=done.visit.survivor_id), code=303)


@bp.route("/visits/<uuid:visit_id>/cancel", methods=["GET", "POST"])
@login_required
def cancel(visit_id: UUID) -> ResponseReturnValue:
    form = CancelForm(request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        with transaction() as session:
            visits.cancel_visit(session, visit_id, form.reason.data or "", actor=current_actor(), clock=clock())
        flash(_("Visit cancelled. The survivor stands on the worklist again."), "success")
        return redirect(url_for("visits.show", visit_id=visit_id), code=303)
    return closing_page("visits/cancel.html", visit_id, form)


@bp.route("/visits/<uuid:visit_id>/missed", methods=["GET", "POST"])
@login_required
def missed(visit_id: UUID) -> ResponseReturnValue:
    form = MissedForm(request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        with transaction() as session:
            visits.mark_missed(session, visit_id, form.note.data or "", actor=current_actor(), clock=clock())
        flash(_("Marked as missed. The survivor stands on the worklist again."), "success")
        return redirect(url_for("visits.show", visit_id=visit_id), code=303)
    return closing_page("visits/missed.html", visit_id, form)


@bp.route("/visits/<uuid:visit_id>/move", methods=["GET", "POST"])
@login_required
def move(visit_id: UUID) -> ResponseReturnValue:
    form = SlotForm(request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                moved = visits.move_visit(session, visit_id, form.entered(), actor=current_actor(), clock=clock())
                said = _("Visit moved to %(when)s.", when=_when(session, moved))
        except Invalid as error:
            form.form_errors.append(str(error))
        else:
            flash(said, "success")
            return redirect(url_for("visits.show", visit_id=visit_id), code=303)
    return moving_page(visit_id, form)


def booking_page(survivor_id: UUID, form: SlotForm, *, on: date | None) -> ResponseReturnValue:
    with reading() as session:
        choice = visit_days.booking_choice(session, survivor_id, on=on, actor=current_actor(), clock=clock())
        here = partial(url_for, "visits.new", survivor_id=survivor_id, next=form.next.data or None)
        return _picker("visits/new.html", choice, form, here)


def moving_page(visit_id: UUID, form: SlotForm) -> ResponseReturnValue:
    on = form.planned_on.data or day_in_address()
    with reading() as session:
        choice = visit_days.moving_choice(session, visit_id, on=on, actor=current_actor(), clock=clock())
        return _picker("visits/move.html", choice, form, partial(url_for, "visits.move", visit_id=visit_id))


def _picker(template: str, choice: BookingChoice, form: SlotForm, here: Callable[..., str]) -> ResponseReturnValue:
    note_access([choice.survivor.id], purpose="booking a visit")
    days = [
        {
            "href": here(on=day.on.isoformat()),
            "text": us_date(day.on),
            "room": presenters.room_words(day),
            "current": day.on == choice.on,
        }
        for day in choice.days
    ]
    times = [
        {"number": slot.number, "text": presenters.time_words(slot.at), "free": slot.free} for slot in choice.slots
    ]
    title = presenters.day_words(choice.on)
    page = render_template(template, choice=choice, form=form, days=days, times=times, title=title, here=here())
    return page, 422 if form.errors else 200


def sheet_page(visit_id: UUID, form: CompleteForm) -> ResponseReturnValue:
    with reading() as session:
        sheet = visit_days.sheet(session, visit_id, actor=current_actor(), clock=clock())
        note_access([sheet.attendance.survivor.id], purpose="visit")
        recorded = presenters.recorded_rows(sheet.results, sheet.pack)
        page = render_template("visits/show.html", view=presenters.sheet_view(sheet), recorded=recorded, form=form)
    return page, 422 if form.errors else 200


def closing_page(template: str, visit_id: UUID, form: CancelForm | MissedForm) -> ResponseReturnValue:
    with reading() as session:
        sheet = visit_days.sheet(session, visit_id, actor=current_actor(), clock=clock())
        note_access([sheet.attendance.survivor.id], purpose="visit")
        page = render_template(template, view=presenters.sheet_view(sheet), form=form)
    return page, 422 if form.errors else 200


def day_in_address() -> date | None:
    """The day named in the address; None where there is none or it is no day."""
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return None


def _when(session: Session, visit: Visit) -> str:
    return presenters.when_words(visit, visit_days.slot_of_visit(session, visit))
