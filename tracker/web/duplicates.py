"""People who may be one: the list, two records side by side, merging them, and taking them apart again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from tracker.errors import Forbidden, Invalid
from tracker.policy import Action
from tracker.services import duplicate_pairs, merging, unmerging
from tracker.services.duplicate_pairs import PairView
from tracker.services.merging import Merged
from tracker.services.unmerging import Unmerged
from tracker.web import presenters_duplicates as words
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, current_clinic_id, note_access, reading, transaction
from tracker.web.forms_duplicates import ChoiceForm, ReasonForm, UndoForm, choice_form
from tracker.web.forms_results import as_uuid
from tracker.web.refusals import refuse

bp = Blueprint("duplicates", __name__)


@bp.get("/duplicates")
@login_required
def index() -> ResponseReturnValue:
    clinic_id = _clinic_id()
    after = as_uuid(request.args.get("after"))
    with reading() as session:
        found = duplicate_pairs.open_pairs(session, current_actor(), clinic_id, after=after)
    note_access([each.id for row in found.rows for each in (row.first, row.second)], purpose="people who may be one")
    return render_template(
        "duplicates/index.html",
        rows=words.pair_rows(found.rows),
        total=found.total,
        first_href=url_for("duplicates.index") if after else None,
        next_href=url_for("duplicates.index", after=found.after) if found.after else None,
    )


@bp.get("/duplicates/<uuid:pair_id>")
@login_required
def show(pair_id: UUID) -> ResponseReturnValue:
    view = _open(pair_id)
    return _side_by_side(view, _form(view, None), ReasonForm())


@bp.get("/duplicates/<uuid:pair_id>/confirm")
@login_required
def confirm(pair_id: UUID) -> ResponseReturnValue:
    view = _open(pair_id)
    form = _form(view, request.args)
    if not form.validate():
        return _side_by_side(view, form, ReasonForm()), 422
    return _confirmation(view, form, ReasonForm())


@bp.post("/duplicates/<uuid:pair_id>/merge")
@login_required
def merge(pair_id: UUID) -> ResponseReturnValue:
    view = _open(pair_id)
    form, why = _form(view, request.form), ReasonForm(request.form)
    if not form.validate():
        return _side_by_side(view, form, ReasonForm()), 422
    if not why.validate():
        return _confirmation(view, form, why), 422
    try:
        with transaction() as session:
            done = merging.merge(
                session,
                pair_id,
                form.keep_id,
                choices=form.choices(),
                reason=why.reason.data or "",
                actor=current_actor(),
                clock=clock(),
                seen=form.seen(),
            )
    except Invalid as error:
        refuse(form, error)
        return _side_by_side(view, form, ReasonForm()), 422
    flash(_merged_words(done), "success")
    return redirect(url_for("survivors.show", survivor_id=done.kept.id), code=303)


@bp.post("/duplicates/<uuid:pair_id>/apart")
@login_required
def apart(pair_id: UUID) -> ResponseReturnValue:
    view, form = _open(pair_id), ReasonForm(request.form)
    if not form.validate():
        return _side_by_side(view, _form(view, None), form), 422
    with transaction() as session:
        duplicate_pairs.decide_apart(
            session, pair_id, reason=form.reason.data or "", actor=current_actor(), clock=clock()
        )
    flash(_("They stay two people, and will not be proposed again."), "success")
    return redirect(url_for("duplicates.index"), code=303)


@bp.route("/duplicates/merged/<uuid:change_set_id>/undo", methods=["GET", "POST"])
@login_required
def undo(change_set_id: UUID) -> ResponseReturnValue:
    _clinic_id()
    form = UndoForm(request.form if request.method == "POST" else None)
    if request.method == "GET" or not form.validate():
        return _undo_page(change_set_id, form), 200 if request.method == "GET" else 422
    with transaction() as session:
        done = unmerging.unmerge(
            session,
            change_set_id,
            apart=form.then.data == "apart",
            reason=form.reason.data or "",
            actor=current_actor(),
            clock=clock(),
        )
    for category, sentence in _apart_words(done):
        flash(sentence, category)
    return redirect(url_for("survivors.show", survivor_id=done.revived.id), code=303)


def _clinic_id() -> UUID:
    """Where the reader may decide about duplicates; somebody who may nowhere is told so before anything is read."""
    clinic_id = current_clinic_id(Action.REVIEW_DUPLICATES)
    if clinic_id is None:
        raise Forbidden(_("Your role does not allow this. Ask your administrator"))
    return clinic_id


def _open(pair_id: UUID) -> PairView:
    _clinic_id()
    with reading() as session:
        view = duplicate_pairs.pair_view(session, pair_id, current_actor(), clock=clock())
    note_access([side.survivor.id for side in view.sides], purpose="two records side by side")
    return view


def _form(view: PairView, typed: "MultiDict[str, str] | Mapping[str, Any] | None") -> ChoiceForm:
    return choice_form(view, typed, words.questions(view), words.keep_choices(view))


def _side_by_side(view: PairView, form: ChoiceForm, why: ReasonForm) -> str:
    return render_template("duplicates/show.html", view=view, form=form, why=why, words=words)


def _confirmation(view: PairView, form: ChoiceForm, why: ReasonForm) -> str:
    return render_template("duplicates/confirm.html", view=view, form=form, why=why, words=words)


def _undo_page(change_set_id: UUID, form: UndoForm) -> str:
    with reading() as session:
        change_set, kept, gone = unmerging.merging_of(session, change_set_id, actor=current_actor())
        number = unmerging.number_before(session, change_set)
    note_access([kept.id], purpose="taking records apart")
    return render_template(
        "duplicates/undo.html", change_set=change_set, kept=kept, gone=gone, number=number, form=form
    )


def _merged_words(done: Merged) -> Markup:
    twice = ""
    if done.perhaps_twice:
        twice = " " + _("Courses without a date stand on both records and may be counted twice: look at the summary.")
    link = url_for("duplicates.undo", change_set_id=done.change_set.id)
    return Markup('{}{} <a class="nhsuk-link" href="{}">{}</a>').format(
        _("The two records are one now."), twice, link, _("Undo")
    )


def _apart_words(done: Unmerged) -> list[tuple[str, str]]:
    found = [("success", str(_("The records are two again. This is the one that had been merged.")))]
    if done.stayed:
        listed = ", ".join(each.about for each in done.stayed)
        text = _("Recorded since, and still with %(name)s: %(rows)s.", name=done.kept.display_name, rows=listed)
        found.append(("info", str(text)))
    if done.went_along:
        listed = ", ".join(each.about for each in done.went_along)
        found.append(("info", str(_("Recorded since about what went back, and so here: %(rows)s.", rows=listed))))
    if done.kept_edits:
        listed = ", ".join(each.replace("_", " ") for each in done.kept_edits)
        found.append(("info", str(_("Changed since, and left as it is: %(rows)s. Check it.", rows=listed))))
    return found
