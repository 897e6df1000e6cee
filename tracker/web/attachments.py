"""Photographs of a skin lesion: listed, added, looked at, downloaded and removed."""

from io import BytesIO
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracker.errors import Invalid
from tracker.policy import Action
from tracker.services import attachments as service
from tracker.services.attachments import Content, Photographs
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading, transaction
from tracker.web.forms_attachments import PhotographForm, RemovalForm
from tracker.web.presenters_attachments import diagnosis_words, file_name, photograph_view, photograph_views
from tracker.web.refusals import refuse

bp = Blueprint("attachments", __name__)


@bp.get("/survivors/<uuid:survivor_id>/photographs")
@login_required
def index(survivor_id: UUID) -> ResponseReturnValue:
    found = _open(survivor_id)
    return render_template("attachments/index.html", found=found, photographs=photograph_views(found))


@bp.route("/survivors/<uuid:survivor_id>/photographs/new", methods=["GET", "POST"])
@login_required
def new(survivor_id: UUID) -> ResponseReturnValue:
    found = _open(survivor_id, Action.EDIT_TREATMENT)
    if request.method == "GET":
        return _form_page(PhotographForm(), found)
    form, chosen = PhotographForm(request.form), request.files.get("content")
    content = chosen.read() if chosen is not None else b""
    if not form.validate():
        form.ask_for_file_again(bool(content))
        return _form_page(form, found), 422
    try:
        with transaction() as session:
            row = service.add_photograph(
                session, survivor_id, form.to_input(), content, actor=current_actor(), clock=clock()
            )
    except Invalid as error:
        refuse(form, error)
        form.ask_for_file_again(bool(content))
        return _form_page(form, found), 422
    flash(_("The photograph “%(title)s” is kept", title=row.title), "success")
    return redirect(url_for("attachments.index", survivor_id=survivor_id), code=303)


@bp.get("/survivors/<uuid:survivor_id>/photographs/<uuid:attachment_id>")
@login_required
def download(survivor_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    note_access([survivor_id], purpose="photograph")
    with reading() as session:
        found = service.photograph_content(session, survivor_id, attachment_id, actor=current_actor())
    return _sent(found, download_name=file_name(found.attachment))


@bp.get("/survivors/<uuid:survivor_id>/photographs/<uuid:attachment_id>/thumbnail")
@login_required
def thumbnail(survivor_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    note_access([survivor_id], purpose="photograph")
    with reading() as session:
        found = service.photograph_thumbnail(session, survivor_id, attachment_id, actor=current_actor())
    return _sent(found)


@bp.route("/survivors/<uuid:survivor_id>/photographs/<uuid:attachment_id>/remove", methods=["GET", "POST"])
@login_required
def remove(survivor_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    if request.method == "GET":
        return _removal_page(survivor_id, attachment_id, RemovalForm())
    form = RemovalForm(request.form)
    if not form.validate():
        return _removal_page(survivor_id, attachment_id, form), 422
    try:
        with transaction() as session:
            row = service.remove_photograph(
                session,
                survivor_id,
                attachment_id,
                reason=form.reason.data or "",
                actor=current_actor(),
                clock=clock(),
            )
    except Invalid as error:
        refuse(form, error)
        return _removal_page(survivor_id, attachment_id, form), 422
    flash(_("The photograph “%(title)s” is removed", title=row.title), "success")
    return redirect(url_for("attachments.index", survivor_id=survivor_id), code=303)


def _open(survivor_id: UUID, to: Action = Action.VIEW) -> Photographs:
    note_access([survivor_id], purpose="photographs")
    with reading() as session:
        return service.photographs_of(session, survivor_id, actor=current_actor(), to=to)


def _form_page(form: PhotographForm, found: Photographs) -> str:
    return render_template("attachments/new.html", form=form.offer(found.diagnoses), survivor=found.survivor)


def _removal_page(survivor_id: UUID, attachment_id: UUID, form: RemovalForm) -> str:
    note_access([survivor_id], purpose="photographs")
    with reading() as session:
        survivor, row = service.photograph(
            session, survivor_id, attachment_id, actor=current_actor(), to=Action.EDIT_TREATMENT
        )
        found = service.photographs_of(session, survivor_id, actor=current_actor())
    names = {each.id: diagnosis_words(each) for each in found.diagnoses}
    return render_template(
        "attachments/remove.html", form=form, survivor=survivor, photograph=photograph_view(row, names)
    )


def _sent(found: Content, download_name: str | None = None) -> Response:
    # No file lies anywhere to be sent: the bytes were decrypted for this answer alone.
    return send_file(
        BytesIO(found.content),
        mimetype=found.content_type,
        as_attachment=download_name is not None,
        download_name=download_name,
        conditional=False,
        etag=False,
        max_age=0,
    )
