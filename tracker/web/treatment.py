"""The treatment summary editor: rows that repeat, without a script."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker.errors import Conflict
from tracker.services import treatment as service
from tracker.services.treatment import Sheet, SummaryRefused
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading, transaction
from tracker.web.forms_treatment import SummaryForm, without_row
from tracker.web.presenters_treatment import present_page, present_recorded, present_warnings
from tracker.web.refusals import refuse

bp = Blueprint("treatment", __name__)
SAVE, SHOW, ADD, REMOVE = "save", "show", "add-", "remove-"


@bp.get("/survivors/<uuid:survivor_id>/treatment")
@login_required
def edit(survivor_id: UUID) -> ResponseReturnValue:
    sheet = _open(survivor_id)
    return _page(SummaryForm.of(sheet), sheet)


@bp.post("/survivors/<uuid:survivor_id>/treatment")
@login_required
def update(survivor_id: UUID) -> ResponseReturnValue:
    sheet = _open(survivor_id)
    act = request.form.get("act", SAVE)
    if act != SAVE:
        return _page(_changed_form(act), sheet)
    form = SummaryForm(request.form)
    if not form.validate():
        return _page(form, sheet), 422
    read = form.read(sheet)
    try:
        with transaction() as session:
            recorded = service.record_summary(
                session,
                survivor_id,
                read.summary,
                seen_version=form.seen_version(),
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
    return redirect(url_for("survivors.show", survivor_id=survivor_id), code=303)


def _changed_form(act: str) -> SummaryForm:
    """The form as typed with a row more or less; nothing is checked and nothing stored yet."""
    if act.startswith(REMOVE):
        return SummaryForm(without_row(request.form, act.removeprefix(REMOVE)))
    form = SummaryForm(request.form)
    if act.startswith(ADD):
        form.add_row(act.removeprefix(ADD))
    return form


def _open(survivor_id: UUID) -> Sheet:
    note_access([survivor_id], purpose="treatment summary")
    with reading() as session:
        return service.sheet_for_editing(session, survivor_id, actor=current_actor())


def _page(form: SummaryForm, sheet: Sheet) -> str:
    page = present_page(form, sheet)
    return render_template("treatment/edit.html", form=form, page=page, survivor=sheet.survivor)
