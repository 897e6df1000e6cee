"""The whole treatment summary: on the screen, on paper, compared with itself, and totals taken from what was given."""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracker.errors import Invalid
from tracker.services import given, whole_summary
from tracker.services.whole_summary import WholeSummary
from tracker.web import presenters_summary, presenters_summary_compare
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading, transaction
from tracker.web.forms_summaries import CompareForm, DayForm, UseGivenForm
from tracker.web.presenters_summary_print import printed
from tracker.web.refusals import refuse

bp = Blueprint("summaries", __name__)


@bp.get("/survivors/<uuid:survivor_id>/summary")
@login_required
def show(survivor_id: UUID) -> ResponseReturnValue:
    return _page(_read(survivor_id, "treatment summary", _chosen_day()))


@bp.get("/survivors/<uuid:survivor_id>/summary/print")
@login_required
def paper(survivor_id: UUID) -> ResponseReturnValue:
    summary = _read(survivor_id, "treatment summary, printed", _chosen_day())
    whole = request.args.get("confidential") == "1"
    return render_template(
        "summaries/print.html",
        summary=summary,
        paper=printed(summary, confidential=whole),
        confidential=whole,
        on=_address_of(summary),
    )


@bp.get("/survivors/<uuid:survivor_id>/summary/compare")
@login_required
def compare(survivor_id: UUID) -> ResponseReturnValue:
    form = CompareForm(request.args)
    valid = form.validate()
    note_access([survivor_id], purpose="treatment summary, compared")
    with reading() as session:
        found = whole_summary.compare_days(
            session,
            survivor_id,
            earlier_on=form.earlier.day if valid else None,
            later_on=form.later.day if valid else None,
            actor=current_actor(),
        )
    page = render_template("summaries/compare.html", found=found, form=form, words=presenters_summary_compare)
    return page, 200 if valid else 422


@bp.post("/survivors/<uuid:survivor_id>/summary/use-given")
@login_required
def use_given(survivor_id: UUID) -> ResponseReturnValue:
    form = UseGivenForm(request.form)
    if not form.validate():
        return _page(_read(survivor_id, "treatment summary"), form), 422
    try:
        with transaction() as session:
            given.use_what_was_given(
                session,
                survivor_id,
                form["name"].data or "",
                reason=form.reason.data or "",
                actor=current_actor(),
                clock=clock(),
            )
    except Invalid as error:
        refuse(form, error)
        return _page(_read(survivor_id, "treatment summary"), form), 422
    flash(_("The total now follows from what was given, and the plan with it."), "success")
    return redirect(url_for("summaries.show", survivor_id=survivor_id, _anchor="totals"), code=303)


def _read(survivor_id: UUID, purpose: str, as_of: date | None = None) -> WholeSummary:
    note_access([survivor_id], purpose=purpose)
    with reading() as session:
        return whole_summary.whole_summary(session, survivor_id, actor=current_actor(), clock=clock(), as_of=as_of)


def _chosen_day() -> date | None:
    """The earlier day an address asks for; today for one that is none."""
    form = DayForm(request.args)
    return form.on.day if form.validate() else None


def _page(summary: WholeSummary, form: UseGivenForm | None = None) -> str:
    return render_template(
        "summaries/show.html",
        summary=summary,
        survivor=summary.survivor,
        words=presenters_summary,
        form=form,
        problems=[] if form is None else _problems(form),
        on=_address_of(summary),
    )


def _problems(form: UseGivenForm) -> list[dict[str, str]]:
    """What was wrong, each with the box of the total it is about."""
    box = f"#reason-{form['name'].data}"
    return [{"text": str(text), "href": box} for text in (*form.reason.errors, *form.form_errors)]


def _address_of(summary: WholeSummary) -> str | None:
    """The day an earlier state is asked for by; nothing for today's."""
    if summary.edition is None:
        return None
    return whole_summary.day_of(summary.edition, summary.clinic.tz).isoformat()
