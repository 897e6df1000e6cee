"""The survivor's page, what is not needed and why, and who changed the record."""

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from tracker.policy import Action
from tracker.services import survivor_page, unmerging
from tracker.services.course import course_of
from tracker.web import (
    course_svg,
    presenters_due,
    presenters_duplicates,
    presenters_record,
    presenters_results,
    presenters_survivor,
)
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading
from tracker.web.forms_results import as_uuid

bp = Blueprint("survivors", __name__)


@bp.get("/survivors/<uuid:survivor_id>")
@login_required
def show(survivor_id: UUID) -> ResponseReturnValue:
    with reading() as session:
        page = survivor_page.load_page(session, survivor_id, actor=current_actor(), clock=clock())
    note_access([survivor_id], purpose="survivor page")
    course = course_of(page)
    return render_template(
        "survivors/show.html",
        page=page,
        survivor=page.survivor,
        about=presenters_survivor,
        due=presenters_due.due_now(page),
        later=presenters_due.planned(page),
        results=presenters_results.results_table(page),
        record=presenters_record,
        picture=course_svg.draw(course),
        legend=course_svg.legend(course),
        saved=presenters_results.just_saved(page, as_uuid(request.args.get("saved"))),
        course_rows=list(course_svg.table_rows(course)),
    )


@bp.get("/survivors/<uuid:survivor_id>/not-needed")
@login_required
def not_needed(survivor_id: UUID) -> ResponseReturnValue:
    with reading() as session:
        found = survivor_page.not_needed(session, survivor_id, actor=current_actor(), clock=clock())
    note_access([survivor_id], purpose="what is not needed")
    return render_template(
        "survivors/not_needed.html", survivor=found.survivor, groups=presenters_record.not_needed_groups(found)
    )


@bp.get("/survivors/<uuid:survivor_id>/history")
@login_required
def history(survivor_id: UUID) -> ResponseReturnValue:
    with reading() as session:
        survivor, events = survivor_page.history(session, survivor_id, actor=current_actor())
        clinic, mergings = survivor.clinic, unmerging.mergings_into(session, survivor_id)
    note_access([survivor_id], purpose="history of the record")
    merged = presenters_duplicates.merged_numbers(mergings)
    return render_template(
        "survivors/history.html",
        survivor=survivor,
        rows=presenters_record.history_rows(events, clinic.tz, merged),
        mergings=presenters_duplicates.merging_views(mergings, clinic.tz),
        may_undo=current_actor().may(Action.REVIEW_DUPLICATES),
    )
