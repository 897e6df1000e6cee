"""Results as pages show them: in the survivor's table, and in the sentence after saving."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.engine.rules import Pack
from tracker.engine.words import Words
from tracker.models import DueItem, Outcome, Result, ResultStatus
from tracker.services.care_plans import reasons_of
from tracker.services.results import RecordedResult
from tracker.services.survivor_page import SurvivorPage
from tracker.web.formats import dose, long_date, us_date

OUTCOMES = {
    Outcome.NORMAL: _l("normal"),
    Outcome.ABNORMAL: _l("abnormal"),
    Outcome.INDETERMINATE: _l("indeterminate"),
}
COUNTING = (ResultStatus.FINAL, ResultStatus.AMENDED, ResultStatus.CORRECTED)


@dataclass(frozen=True)
class ResultView:
    """One row of the results table. ``struck``: replaced by a correction, and shown struck out."""

    id: UUID
    performed_on: date
    test: str
    says: str
    report: str
    standing: str
    claimed: bool
    struck: bool
    source: str
    recorded_by: str


def results_table(page: SurvivorPage) -> list[ResultView]:
    """All results, newest first, those that were replaced among them."""
    return [result_view(page, row) for row in page.results]


def just_saved(page: SurvivorPage, result_id: UUID | None) -> Result | None:
    """The result the reader has come from saving, while it can still be undone."""
    taken_back = ResultStatus.ENTERED_IN_ERROR
    standing = (row for row in page.standing_results() if row.status != taken_back)
    return next((row for row in standing if row.id == result_id), None)


def result_view(page: SurvivorPage, row: Result) -> ResultView:
    return ResultView(
        id=row.id,
        performed_on=row.performed_on,
        test=page.test_name(row.test_code),
        says=says(row.value, row.unit, row.outcome, row.reference_range),
        report=row.report,
        standing=standing_words(row),
        claimed=row.claimed,
        struck=row.superseded_at is not None,
        source=row.source,
        recorded_by=page.person(row.recorded_by_id),
    )


def says(value: Decimal | None, unit: str | None, outcome: str | None, reference_range: str = "") -> str:
    """ "58% (reported range 55–70), normal"; a sentence of its own where nothing is recorded."""
    parts = []
    if value is not None:
        shown = dose(value, unit or "1")
        parts.append(
            _("%(value)s (reported range %(range)s)", value=shown, range=reference_range) if reference_range else shown
        )
    if outcome:
        parts.append(outcome_words(outcome))
    return ", ".join(str(part) for part in parts) or str(_("no outcome recorded"))


def outcome_words(outcome: str | None) -> str:
    return str(OUTCOMES[Outcome(outcome)]) if outcome else ""


def standing_words(row: Result) -> str:
    """Whether a result counts toward the next date, and if not, why."""
    if row.superseded_at is not None:
        return str(_("replaced by a correction"))
    if row.status == ResultStatus.ENTERED_IN_ERROR:
        return str(_("taken back: entered in error"))
    if row.claimed:
        return str(_("told by the family: does not count yet"))
    if not row.adequate:
        return str(_("not adequate: does not count"))
    if row.status not in COUNTING:
        return str(_("%(status)s: does not count", status=row.status.replace("-", " ")))
    return str(_("counts, corrected")) if row.status == ResultStatus.CORRECTED else str(_("counts"))


class Act(StrEnum):
    """What was just done with a result."""

    RECORDED = "recorded"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    ACCEPTED = "accepted"


def present_recorded(recorded: RecordedResult, pack: Pack, act: Act = Act.RECORDED) -> str:
    """The sentence after saving: what was stored, and what it means for the next date."""
    test = pack.tests[recorded.result.test_code].name
    done = {
        Act.RECORDED: _("%(test)s recorded.", test=test),
        Act.CORRECTED: _("%(test)s corrected.", test=test),
        Act.RETRACTED: _("%(test)s taken back.", test=test),
        Act.ACCEPTED: _("The report of “%(test)s” is accepted, and the result counts.", test=test),
    }
    return f"{done[act]} {_meaning(recorded, pack)}"


def _meaning(recorded: RecordedResult, pack: Pack) -> str:
    result = recorded.result
    if result.status == ResultStatus.ENTERED_IN_ERROR:
        return str(_("Dates are what they were without it.")) + _own_date(recorded)
    if result.claimed:
        return str(_("Told by the family: the clinic's own date stays until the report is here.")) + _own_date(recorded)
    if not result.adequate:
        return str(_("It was not adequate, so it moves no date.")) + _own_date(recorded)
    if not recorded.next_items:
        return str(_("Nothing more is planned for it."))
    return " ".join(_next(item, pack, result.test_code) for item in recorded.next_items)


def _own_date(recorded: RecordedResult) -> str:
    if not recorded.next_items:
        return ""
    item = recorded.next_items[0]
    day = long_date(item.due_on)
    if item.soft_due_on is None:
        return " " + str(_("Due %(day)s.", day=day))
    soft = us_date(item.soft_due_on)
    return " " + str(_("Due %(day)s; %(soft)s once the report is accepted.", day=day, soft=soft))


def _next(item: DueItem, pack: Pack, test_code: str) -> str:
    day, cause = long_date(item.due_on), _cause(item, pack)
    if item.test_code == test_code:
        return str(_("Next due %(day)s, because of %(cause)s.", day=day, cause=cause))
    test = pack.tests[item.test_code].name
    return str(_("%(test)s next due %(day)s.", test=test, day=day))


def _cause(item: DueItem, pack: Pack) -> str:
    reasons = reasons_of(item)
    winner = next((reason for reason in reasons if reason.wins), reasons[0])
    if winner.override_action:
        return str(_("a clinician's decision"))
    context = dict(winner.context)
    if "diagnosis" in context:
        return str(_("recurrence surveillance after %(diagnosis)s", diagnosis=context["diagnosis"]))
    if "syndrome" in context:
        return str(_("the inherited predisposition %(syndrome)s", syndrome=context["syndrome"]))
    return Words(pack, _).causes(winner)
