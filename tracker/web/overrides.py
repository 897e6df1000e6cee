"""A clinician's decisions on a test: made with a reason and an end, and withdrawn."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker.engine.schedule import add_months
from tracker.errors import Invalid
from tracker.services import overrides as service
from tracker.services.overrides import DecisionEntry, OverrideInput
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading, transaction
from tracker.web.forms_overrides import OverrideForm
from tracker.web.forms_results import as_uuid, test_choices
from tracker.web.presenters_overrides import guideline_sentences, present_decided, present_withdrawn
from tracker.web.refusals import refuse

bp = Blueprint("overrides", __name__)
LASTS_MONTHS = 12


@bp.get("/survivors/<uuid:survivor_id>/overrides/new")
@login_required
def new(survivor_id: UUID) -> ResponseReturnValue:
    entry = _open(survivor_id, request.args.get("test"), as_uuid(request.args.get("item")))
    start = {
        "test_code": entry.code,
        "action": request.args.get("action", ""),
        "expires_on": add_months(entry.today, LASTS_MONTHS),
    }
    return _page(entry, OverrideForm(data=start))


@bp.post("/survivors/<uuid:survivor_id>/overrides")
@login_required
def create(survivor_id: UUID) -> ResponseReturnValue:
    form = OverrideForm(request.form)
    if not form.validate():
        return _page(_open(survivor_id, form.test_code.data), form), 422
    try:
        with transaction() as session:
            decided = service.decide(session, survivor_id, form.to_input(), actor=current_actor(), clock=clock())
    except Invalid as error:
        refuse(form, _at_its_box(error, form.to_input()))
        return _page(_open(survivor_id, form.test_code.data), form), 422
    flash(present_decided(decided), "success")
    return redirect(url_for("survivors.show", survivor_id=survivor_id), code=303)


@bp.post("/survivors/<uuid:survivor_id>/overrides/<uuid:override_id>/withdraw")
@login_required
def withdraw(survivor_id: UUID, override_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        withdrawn = service.withdraw(session, survivor_id, override_id, actor=current_actor(), clock=clock())
    flash(present_withdrawn(withdrawn), "success")
    return redirect(url_for("survivors.show", survivor_id=survivor_id), code=303)


def _at_its_box(error: Invalid, entered: OverrideInput) -> Invalid:
    """The interval of an added test has a box of its own."""
    if error.field == "repeat_every" and entered.action == "add":
        return Invalid(str(error), field="added_every")
    return error


def _open(survivor_id: UUID, test_code: str | None, item_id: UUID | None = None) -> DecisionEntry:
    note_access([survivor_id], purpose="decide on a test")
    with reading() as session:
        return service.open_decision(
            session, survivor_id, actor=current_actor(), clock=clock(), item_id=item_id, test_code=test_code or None
        )


def _page(entry: DecisionEntry, form: OverrideForm) -> str:
    form.offer(test_choices(entry.pack))
    return render_template("overrides/new.html", entry=entry, form=form, guideline=guideline_sentences(entry))
