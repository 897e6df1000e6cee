"""Imports in the browser: a file is looked at, brought in or not, and taken back as a whole."""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.exceptions import RequestEntityTooLarge

from tracker.errors import Conflict, Forbidden, ImportRefused, Invalid
from tracker.intake import previews
from tracker.policy import Action
from tracker.services import change_sets, uploads
from tracker.services.import_report import Line, read_report
from tracker.web import presenters_imports as presenters
from tracker.web import presenters_imports_words as words
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, current_clinic_id, note_access, reading, transaction
from tracker.web.forms_imports import ImportForm, UndoForm
from tracker.web.refusals import refuse

bp = Blueprint("imports", __name__, url_prefix="/imports")
PURPOSE = "import"


def _own_clinic_id() -> UUID:
    """The clinic whose records this person may bring in; nobody else has any business on these pages."""
    clinic_id = current_clinic_id(Action.IMPORT)
    if clinic_id is None:
        raise Forbidden(_("These pages are for coordinators and clinicians"))
    return clinic_id


@bp.get("")
@login_required
def index() -> ResponseReturnValue:
    clinic_id = _own_clinic_id()
    with reading() as session:
        found = uploads.imports_of(session, clinic_id, actor=current_actor(), after=_place())
        rows = presenters.row_views(found.rows, _tz(session, clinic_id))
    older = url_for("imports.index", after=rows[-1].id) if found.has_more else None
    return render_template("imports/index.html", rows=rows, older_href=older, is_first=_place() is None)


@bp.route("/new", methods=["GET", "POST"])
@login_required
def new() -> ResponseReturnValue:
    clinic_id = _own_clinic_id()
    if request.method == "GET":
        return _form_page(ImportForm())
    form, chosen = ImportForm(request.form), request.files.get("content")
    name, content = (chosen.filename or "", chosen.read()) if chosen is not None else ("", b"")
    if not form.validate() or not content:
        if content:
            form.ask_for_file_again()
        else:
            form.miss_file(uploads.file_name(name) if name else "")
        return _form_page(form), 422
    try:
        with transaction() as session:
            change_set = previews.preview(
                session, clinic_id, name, content, form.to_options(), actor=current_actor(), clock=clock()
            )
    except ImportRefused as error:
        return _refused_page(error, uploads.file_name(name)), 422
    return redirect(url_for("imports.show", change_set_id=change_set.id), code=303)


@bp.errorhandler(413)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """What was chosen beside the file was not read either, so the form is a fresh one."""
    form = ImportForm()
    form.content.errors = [
        _(
            "The file is larger than 16 MB. Split it, or ask whoever runs the tracker to bring it in from the command "
            "line (import-fhir, import-table), which takes larger files"
        )
    ]
    return _form_page(form), 413


@bp.get("/templates/<kind>.csv")
@login_required
def template(kind: str) -> ResponseReturnValue:
    _own_clinic_id()
    body = presenters.template_of(kind)
    if body is None:
        raise NoSuchPage
    return _csv(body, f"{kind}.csv")


@bp.get("/<uuid:change_set_id>")
@login_required
def show(change_set_id: UUID) -> ResponseReturnValue:
    return _import_page(change_set_id)


@bp.post("/<uuid:change_set_id>/confirm")
@login_required
def confirm(change_set_id: UUID) -> ResponseReturnValue:
    clinic_id = _own_clinic_id()
    try:
        with transaction() as session:
            change_set = previews.confirm(session, clinic_id, change_set_id, actor=current_actor(), clock=clock())
    except Conflict as error:
        return _import_page(change_set_id, problem=str(error)), 409
    except ImportRefused as error:
        problem = _("The records here have changed, so that this file cannot be brought in any more.")
        return _import_page(change_set_id, problem=problem, refused=error), 409
    counts = words.counts_of(read_report(change_set.report))
    flash(_("Brought in: %(what)s.", what=words.headline(counts, is_preview=False)), "success")
    return redirect(url_for("imports.show", change_set_id=change_set_id), code=303)


@bp.post("/<uuid:change_set_id>/discard")
@login_required
def discard(change_set_id: UUID) -> ResponseReturnValue:
    clinic_id = _own_clinic_id()
    try:
        with transaction() as session:
            uploads.discard(session, clinic_id, change_set_id, actor=current_actor(), clock=clock())
    except Conflict as error:
        return _import_page(change_set_id, problem=str(error)), 409
    flash(_("The file was not brought in, and is deleted. Nothing has changed."), "success")
    return redirect(url_for("imports.index"), code=303)


@bp.get("/<uuid:change_set_id>/report.csv")
@login_required
def report(change_set_id: UUID) -> ResponseReturnValue:
    clinic_id = _own_clinic_id()
    with reading() as session:
        found = read_report(uploads.one(session, clinic_id, change_set_id, actor=current_actor()).report)
        _people(session, clinic_id, found.lines)
        today = clock().today(_tz(session, clinic_id))
    return _csv(presenters.as_csv(found), presenters.download_name(today))


@bp.route("/<uuid:change_set_id>/undo", methods=["GET", "POST"])
@login_required
def undo(change_set_id: UUID) -> ResponseReturnValue:
    clinic_id = _own_clinic_id()
    if request.method == "GET":
        return _undo_page(change_set_id, UndoForm())
    form = UndoForm(request.form)
    if not form.validate():
        return _undo_page(change_set_id, form), 422
    try:
        with transaction() as session:
            uploads.one(session, clinic_id, change_set_id, actor=current_actor())
            undone = change_sets.undo(
                session, clinic_id, change_set_id, reason=form.reason.data or "", actor=current_actor(), clock=clock()
            )
    except Invalid as error:
        refuse(form, error)
        return _undo_page(change_set_id, form), 422
    except Conflict:
        # The page says what builds on it now, or that somebody else took it back first.
        return _undo_page(change_set_id, form), 409
    flash(words.undone_words(undone), "success")
    return redirect(url_for("imports.show", change_set_id=change_set_id), code=303)


def _form_page(form: ImportForm) -> str:
    return render_template("imports/new.html", form=form, templates=presenters.template_links())


def _refused_page(error: ImportRefused, name: str) -> str:
    found = presenters.refusal(error, name)
    return render_template("imports/refused.html", name=name, found=found)


def _import_page(change_set_id: UUID, *, problem: str = "", refused: ImportRefused | None = None) -> str:
    clinic_id = _own_clinic_id()
    with reading() as session:
        change_set = uploads.one(session, clinic_id, change_set_id, actor=current_actor())
        found = read_report(change_set.report)
        people = _people(session, clinic_id, presenters.shown_lines(found))
        view = presenters.import_view(change_set, found, uploads.followed(session, people), _tz(session, clinic_id))
    reasons = presenters.refusal(refused, change_set.title) if refused is not None else None
    return render_template("imports/show.html", found=view, problem=problem, reasons=reasons)


def _undo_page(change_set_id: UUID, form: UndoForm) -> str:
    clinic_id = _own_clinic_id()
    with reading() as session:
        try:
            found = uploads.what_undo_does(session, clinic_id, change_set_id, actor=current_actor())
        except Conflict as error:
            # It was taken back already, or never brought in: the import's own page says so.
            return _import_page(change_set_id, problem=str(error))
        note_access(found.named_ids, purpose=PURPOSE)
    return render_template("imports/undo.html", found=words.undo_view(found), form=form)


def _people(session: Session, clinic_id: UUID, lines: list[Line]) -> set[UUID]:
    """Those among whom a page names who are on record, noted as seen."""
    found = uploads.on_record(session, clinic_id, [each.survivor_id for each in lines if each.survivor_id is not None])
    note_access(sorted(found), purpose=PURPOSE)
    return found


def _tz(session: Session, clinic_id: UUID) -> str:
    return uploads.clinic_at(session, clinic_id, actor=current_actor()).tz


def _place() -> UUID | None:
    try:
        return UUID(request.args.get("after", ""))
    except ValueError:
        return None


def _csv(body: str, name: str) -> Response:
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
