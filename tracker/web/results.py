"""Results: logged from the item they answer, corrected, accepted, taken back."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker.errors import Conflict, Invalid
from tracker.models import Result
from tracker.policy import Action
from tracker.services import results as service
from tracker.services.entry import Entry, open_correction, open_entry
from tracker.services.results import RecordedResult
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading, transaction
from tracker.web.forms_results import CorrectionForm, ResultForm, as_uuid, correction_of, fit_to, test_choices
from tracker.web.presenters_results import Act, present_recorded, says, standing_words
from tracker.web.refusals import refuse

bp = Blueprint("results", __name__)
RETRACTED_BECAUSE = "Taken back: entered in error"


@bp.get("/survivors/<uuid:survivor_id>/results/new")
@login_required
def new(survivor_id: UUID) -> ResponseReturnValue:
    entry = _open(survivor_id, request.args.get("test"), as_uuid(request.args.get("item")))
    visit = as_uuid(request.args.get("visit"))
    if entry.test is None:
        return render_template("results/choose.html", entry=entry, choices=test_choices(entry.pack), visit=visit or "")
    start = {"test_code": entry.test.test_code, "performed_on": entry.today, "visit_id": str(visit or "")}
    return _form_page(entry, ResultForm(data=start))


@bp.post("/survivors/<uuid:survivor_id>/results")
@login_required
def create(survivor_id: UUID) -> ResponseReturnValue:
    form = ResultForm(request.form)
    if not form.validate():
        return _form_page(_open(survivor_id, form.test_code.data), form), 422
    try:
        with transaction() as session:
            recorded = service.record_result(
                session, survivor_id, form.to_input(), actor=current_actor(), clock=clock()
            )
    except Invalid as error:
        refuse(form, error)
        return _form_page(_open(survivor_id, form.test_code.data), form), 422
    return _done(recorded, Act.RECORDED)


@bp.get("/survivors/<uuid:survivor_id>/results/<uuid:result_id>/edit")
@login_required
def edit(survivor_id: UUID, result_id: UUID) -> ResponseReturnValue:
    entry, old = _open_correction(survivor_id, result_id)
    return _correction_page(entry, old, CorrectionForm(data=correction_of(old)))


@bp.post("/survivors/<uuid:survivor_id>/results/<uuid:result_id>")
@login_required
def correct(survivor_id: UUID, result_id: UUID) -> ResponseReturnValue:
    form = CorrectionForm(request.form)
    if not form.validate():
        return _correction_page(*_open_correction(survivor_id, result_id), form), 422
    try:
        with transaction() as session:
            recorded = service.correct_result(
                session,
                survivor_id,
                result_id,
                form.to_input(),
                actor=current_actor(),
                clock=clock(),
                reason=form.reason.data or "",
            )
    except (Invalid, Conflict) as error:
        refuse(form, error)
        status = 409 if isinstance(error, Conflict) else 422
        return _correction_page(*_open_correction(survivor_id, result_id), form), status
    return _done(recorded, Act.CORRECTED)


@bp.post("/survivors/<uuid:survivor_id>/results/<uuid:result_id>/retract")
@login_required
def retract(survivor_id: UUID, result_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        recorded = service.retract_result(
            session, survivor_id, result_id, actor=current_actor(), clock=clock(), reason=RETRACTED_BECAUSE
        )
    return _done(recorded, Act.RETRACTED)


@bp.post("/survivors/<uuid:survivor_id>/results/<uuid:result_id>/accept")
@login_required
def accept(survivor_id: UUID, result_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        recorded = service.accept_claim(session, survivor_id, result_id, actor=current_actor(), clock=clock())
    return _done(recorded, Act.ACCEPTED)


def _open(survivor_id: UUID, test_code: str | None, item_id: UUID | None = None) -> Entry:
    note_access([survivor_id], purpose="log a result")
    with reading() as session:
        return open_entry(
            session,
            survivor_id,
            Action.RECORD_RESULT,
            actor=current_actor(),
            clock=clock(),
            item_id=item_id,
            test_code=test_code or None,
        )


def _open_correction(survivor_id: UUID, result_id: UUID) -> tuple[Entry, Result]:
    note_access([survivor_id], purpose="correct a result")
    with reading() as session:
        return open_correction(session, survivor_id, result_id, actor=current_actor(), clock=clock())


def _form_page(entry: Entry, form: ResultForm) -> str:
    if entry.test is not None:
        fit_to(form, entry.test)
    return render_template("results/new.html", entry=entry, form=form)


def _correction_page(entry: Entry, old: Result, form: CorrectionForm) -> str:
    if entry.test is not None:
        fit_to(form, entry.test)
    said = says(old.value, old.unit, old.outcome, old.reference_range)
    return render_template(
        "results/edit.html", entry=entry, form=form, old=old, old_says=said, old_standing=standing_words(old)
    )


def _done(recorded: RecordedResult, act: Act) -> ResponseReturnValue:
    """Say what was stored and what is next; go back to the visit it belongs to, or to where it can be undone."""
    result = recorded.result
    flash(present_recorded(recorded, recorded.pack, act), "success")
    if result.visit_id is not None:
        return redirect(url_for("visits.show", visit_id=result.visit_id), code=303)
    return redirect(url_for("survivors.show", survivor_id=result.survivor_id, saved=result.id), code=303)
