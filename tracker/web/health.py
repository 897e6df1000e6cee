"""For the machines that watch this one: is it alive, is it ready, did the nightly check run?"""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from tracker.db import READ_ONLY
from tracker.services import jobs
from tracker.web.context import clock, database, reading

bp = Blueprint("health", __name__)


@bp.get("/livez")
def livez() -> ResponseReturnValue:
    """The process answers. It asks nothing of the database."""
    return jsonify(status="alive")


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers and stands at the newest migration. A stale job does not take the worklist away."""
    # Read when it is first asked: no command needs it to start.
    from tracker import migrate

    try:
        # Only a reader: it must not wait for whoever writes just now.
        ready = migrate.current(database().engine.execution_options(**READ_ONLY)) == migrate.head()
    except SQLAlchemyError:
        return jsonify(status="database unreachable"), 503
    return (jsonify(status="ready"), 200) if ready else (jsonify(status="migration needed"), 503)


@bp.get("/health/jobs")
def job_health() -> ResponseReturnValue:
    """503 when the flag job has not finished well for 26 hours, or the last weekly check found a plan that differs.

    At whichever clinic; ``check`` tells of that weekly check.
    """
    try:
        with reading() as session:
            state, check = jobs.state_of(session, now=clock().now()), jobs.check_state(session, now=clock().now())
    except SQLAlchemyError:
        return jsonify(status="database unreachable"), 503
    finished_at = None if state.finished_at is None else state.finished_at.isoformat()
    body = {"job": state.name, "last_good_run": finished_at, "stale": state.stale, "check": _told(check)}
    return jsonify(body), 503 if state.stale or check.differing else 200


def _told(check: jobs.CheckState) -> dict[str, object]:
    return {
        "job": jobs.PLAN_CHECK,
        "last_good_run": None if check.finished_at is None else check.finished_at.isoformat(),
        "stale": check.stale,
        "differing": check.differing,
        "failed": check.failed,
    }
