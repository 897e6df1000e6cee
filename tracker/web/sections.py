"""The record, part by part: what it holds, and its entries read, recorded, changed and removed."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker.errors import Conflict, NotFound
from tracker.services import record_contents
from tracker.services.sections import editing as service
from tracker.services.sections.editing import SavedEntry, SectionSheet
from tracker.services.treatment_checks import SummaryRefused
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading, transaction
from tracker.web.forms_sections import EntryForm, EntryRemovalForm, Reading, form_for
from tracker.web.presenters_attachments import diagnosis_choices
from tracker.web.presenters_entry_form import entry_page
from tracker.web.presenters_sections import (
    changed_words,
    contents_groups,
    entries_table,
    entry_facts,
    reader_of,
    removed_words,
    saved_words,
)
from tracker.web.refusals import refuse

bp = Blueprint("sections", __name__)
SAVE, ANOTHER, SHOW = "save", "another", "show"
PART = "/survivors/<uuid:survivor_id>/record/<key>"


@bp.get("/survivors/<uuid:survivor_id>/record")
@login_required
def index(survivor_id: UUID) -> ResponseReturnValue:
    with reading() as session:
        contents = record_contents.contents_of(session, survivor_id, actor=current_actor())
    note_access([survivor_id], purpose="record")
    return render_template("sections/index.html", contents=contents, groups=contents_groups(contents))


@bp.get(PART)
@login_required
def show(survivor_id: UUID, key: str) -> ResponseReturnValue:
    sheet = _open(survivor_id, key, to_edit=False)
    return render_template("sections/show.html", sheet=sheet, section=sheet.section, table=entries_table(sheet))


@bp.route(f"{PART}/new", methods=["GET", "POST"])
@login_required
def new(survivor_id: UUID, key: str) -> ResponseReturnValue:
    sheet = _open(survivor_id, key)
    if request.method == "GET":
        return _form_page(form_for(sheet.section).of(sheet.section, sheet.survivor.version), sheet)
    return _save(sheet, None)


@bp.route(f"{PART}/<uuid:entry_id>", methods=["GET", "POST"])
@login_required
def edit(survivor_id: UUID, key: str, entry_id: UUID) -> ResponseReturnValue:
    sheet = _open(survivor_id, key)
    row = _row(sheet, entry_id)
    if request.method == "GET":
        return _form_page(form_for(sheet.section).of(sheet.section, sheet.survivor.version, row), sheet, entry_id)
    return _save(sheet, entry_id)


@bp.route(f"{PART}/<uuid:entry_id>/remove", methods=["GET", "POST"])
@login_required
def remove(survivor_id: UUID, key: str, entry_id: UUID) -> ResponseReturnValue:
    sheet = _open(survivor_id, key)
    if request.method == "GET":
        form = EntryRemovalForm(data={"version": str(sheet.survivor.version)})
        return _removal_page(form, sheet, entry_id)
    form = EntryRemovalForm(request.form)
    if not form.validate():
        return _removal_page(form, sheet, entry_id), 422
    try:
        with transaction() as session:
            saved = service.remove_entry(
                session,
                survivor_id,
                key,
                entry_id,
                seen_version=form.seen_version(),
                reason=form.reason.data or "",
                actor=current_actor(),
                clock=clock(),
            )
    except Conflict as conflict:
        refuse(form, conflict)
        sheet = _seen_anew(form, sheet)
        return _removal_page(form, sheet, entry_id), 409
    flash(removed_words(saved, sheet.section), "success")
    return _to_list(sheet)


def _save(sheet: SectionSheet, entry_id: UUID | None) -> ResponseReturnValue:
    """Store what was typed, or show it again with what is wrong."""
    form = form_for(sheet.section)(request.form)
    act = request.form.get("act", SAVE)
    if act == SHOW:
        return _form_page(form, sheet, entry_id)
    if not form.validate():
        return _form_page(form, sheet, entry_id), 422
    read = form.read(sheet.section, sheet.catalogue, entry_id)
    if read.problems:
        form.attach(read.problems, sheet.section, sheet.catalogue)
        return _form_page(form, sheet, entry_id), 422
    try:
        saved = _record(sheet, form, read)
    except SummaryRefused as refused:
        form.attach(refused.problems, sheet.section, sheet.catalogue)
        return _form_page(form, sheet, entry_id), 422
    except Conflict as conflict:
        refuse(form, conflict)
        return _form_page(form, _seen_anew(form, sheet), entry_id), 409
    _say(saved, sheet, read, entry_id)
    return _to_list(sheet, another=act == ANOTHER)


def _record(sheet: SectionSheet, form: EntryForm, read: Reading) -> SavedEntry:
    with transaction() as session:
        return service.record_entry(
            session,
            sheet.survivor.id,
            sheet.section.key,
            read.entered,
            seen_version=form.seen_version(),
            reason=form.why,
            actor=current_actor(),
            clock=clock(),
        )


def _say(saved: SavedEntry, sheet: SectionSheet, read: Reading, entry_id: UUID | None) -> None:
    words = saved_words if entry_id is None else changed_words
    flash(words(saved, sheet.section), "success")
    for remark in read.remarks:
        flash(remark, "info")


def _seen_anew(form: EntryForm | EntryRemovalForm, sheet: SectionSheet) -> SectionSheet:
    """Saving again is meant after a conflict: it then builds on what stands now."""
    fresh = _open(sheet.survivor.id, sheet.section.key)
    form.version.data = str(fresh.survivor.version)
    return fresh


def _open(survivor_id: UUID, key: str, *, to_edit: bool = True) -> SectionSheet:
    note_access([survivor_id], purpose="record")
    with reading() as session:
        return service.open_section(session, survivor_id, key, actor=current_actor(), to_edit=to_edit)


def _row(sheet: SectionSheet, entry_id: UUID) -> object:
    row = sheet.row(entry_id)
    if row is None:
        raise NotFound("There is no such entry, or it is not yours to see")
    return row


def _form_page(form: EntryForm, sheet: SectionSheet, entry_id: UUID | None = None) -> str:
    form.fit(sheet.section, sheet.catalogue, diagnosis_choices(sheet.diagnoses))
    return render_template(
        "sections/form.html",
        form=form,
        page=entry_page(form, sheet),
        sheet=sheet,
        section=sheet.section,
        entry_id=entry_id,
        row=None if entry_id is None else sheet.row(entry_id),
        reader=reader_of(sheet),
        needs_reason=entry_id is not None and service.needs_reason(sheet.survivor),
    )


def _removal_page(form: EntryRemovalForm, sheet: SectionSheet, entry_id: UUID) -> str:
    row = _row(sheet, entry_id)
    return render_template(
        "sections/remove.html",
        form=form,
        sheet=sheet,
        section=sheet.section,
        entry_id=entry_id,
        headline=reader_of(sheet).headline(sheet.section, row),
        facts=entry_facts(sheet, row),
    )


def _to_list(sheet: SectionSheet, *, another: bool = False) -> ResponseReturnValue:
    endpoint = "sections.new" if another else "sections.show"
    return redirect(url_for(endpoint, survivor_id=sheet.survivor.id, key=sheet.section.key), code=303)
