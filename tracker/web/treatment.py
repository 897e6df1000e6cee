"""The treatment summary editor: rows that repeat, without a script; with one, names complete and doses add up."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from tracker.errors import Conflict
from tracker.services import treatment as service
from tracker.services.treatment import Sheet, SummaryRefused
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading, transaction
from tracker.web.forms_treatment import SummaryForm, without_row
from tracker.web.presenters_sums import SumsView, present_sums
from tracker.web.presenters_treatment import (
    back_on_treatment_words,
    present_page,
    present_recorded,
    present_unscheduled,
    present_warnings,
)
from tracker.web.refusals import refuse

bp = Blueprint("treatment", __name__)
SAVE, SHOW, ADD, REMOVE, REGIMEN = "save", "show", "add-", "remove-", "add-regimen"


@bp.get("/survivors/<uuid:survivor_id>/treatment")
@login_required
def edit(survivor_id: UUID) -> ResponseReturnValue:
    sheet = _open(survivor_id)
    form = SummaryForm.of(sheet)
    if not sheet.summary.diagnoses:
        form.focus(form.diagnoses.entries[0], "diagnoses")
    return _page(form, sheet)


@bp.post("/survivors/<uuid:survivor_id>/treatment")
@login_required
def update(survivor_id: UUID) -> ResponseReturnValue:
    sheet = _open(survivor_id)
    act = request.form.get("act", SAVE)
    # A protocol typed and not copied yet must not be lost: Enter in its box means its medicines.
    if act == SAVE and (request.form.get("regimen") or "").strip():
        act = REGIMEN
    if act != SAVE:
        return _page(_changed_form(act, sheet), sheet)
    form = SummaryForm(request.form)
    is_valid, read = form.validate(), form.read(sheet, current_actor().name)
    if not is_valid or read.problems:
        read.attach(form, read.problems)
        return _page(form, sheet), 422
    try:
        with transaction() as session:
            recorded = service.record_summary(
                session,
                survivor_id,
                read.summary,
                seen_version=form.seen_version(),
                reason=(form.reason.data or "").strip(),
                actor=current_actor(),
                clock=clock(),
            )
    except SummaryRefused as refused:
        read.attach(form, refused.problems)
        return _page(form, sheet), 422
    except Conflict as conflict:
        refuse(form, conflict)
        sheet = _open(survivor_id)
        # Saving again is meant after this page: it then builds on what stands now.
        form.version.data = str(sheet.survivor.version)
        return _page(form, sheet), 409
    flash(present_recorded(recorded), "success")
    for warning in present_warnings(recorded):
        flash(warning, "info")
    for warning in present_unscheduled(recorded):
        flash(warning, "warm")
    if recorded.back_on_treatment:
        link = url_for("enrollment.standing", survivor_id=survivor_id)
        flash(back_on_treatment_words(recorded.back_on_treatment, link), "warm")
    return redirect(url_for("survivors.show", survivor_id=survivor_id), code=303)


@bp.post("/survivors/<uuid:survivor_id>/treatment/sums")
@login_required
def sums(survivor_id: UUID) -> ResponseReturnValue:
    """What the form as typed adds up to, as a part of a page; nothing is written."""
    sheet = _open(survivor_id)
    return render_template("treatment/sums.html", sums=_sums(SummaryForm(request.form), sheet))


def _changed_form(act: str, sheet: Sheet) -> SummaryForm:
    """The form as typed with a row more or less; nothing is checked and nothing stored yet."""
    if act.startswith(REMOVE):
        return SummaryForm(without_row(request.form, act.removeprefix(REMOVE)))
    form = SummaryForm(MultiDict(request.form))
    if act == REGIMEN:
        form.add_regimen(sheet)
    elif act.startswith(ADD):
        form.add_row(act.removeprefix(ADD))
    return form


def _open(survivor_id: UUID) -> Sheet:
    note_access([survivor_id], purpose="treatment summary")
    with reading() as session:
        return service.sheet_for_editing(session, survivor_id, actor=current_actor(), clock=clock())


def _sums(form: SummaryForm, sheet: Sheet) -> SumsView:
    read = form.read(sheet)
    with reading() as session:
        return present_sums(service.sums_as_typed(session, sheet, read.summary), read, sheet)


def _page(form: SummaryForm, sheet: Sheet) -> str:
    found = _sums(form, sheet)
    page = present_page(form, sheet)
    return render_template("treatment/edit.html", form=form, page=page, sums=found, survivor=sheet.survivor)
