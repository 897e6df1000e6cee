"""Which survivor is due for what, since when, and why: the one question the tracker answers."""

from datetime import date

from tracker.engine.chart import Chart, end_of_therapy, open_chart
from tracker.engine.late_effects import ask_late_effects
from tracker.engine.merge import draft_items, finish
from tracker.engine.overrides import apply_overrides
from tracker.engine.predisposition import ask_predisposition
from tracker.engine.recurrence import ask_recurrence
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, DataGap, Facts, PlannedItem


def evaluate(facts: Facts, pack: Pack, *, on: date) -> CarePlan:
    """Work out every test this survivor should have next, and on what date.

    Pure: the answer depends on the arguments alone, and is the same for every day from ``on`` until
    ``CarePlan.holds_until`` while the facts stay as they are. Facts may lie after ``on``: results, events
    and decisions do not count yet, and bound ``holds_until``.

    Doses are compared exactly, in the vocabulary's own unit (Gy; mg/m² doxorubicin-equivalent for
    anthracyclines), never converted. A dose given but unknown counts as at least its known part; a rule it
    leaves undecided is treated as met and reported as a gap. One item is returned per test, the earliest date
    winning, with a reason for each rule and decision behind it; nothing is due before the end of therapy.

    Raises:
        Invalid: a decision in force lacks the date or interval its action needs.
        ValueError: an interval of a decision is not an ISO 8601 period.

    Source: the citation of each rule, carried into every reason.
    """
    chart = open_chart(facts, pack, on)
    items, gaps = plan_chart(chart)
    return CarePlan(tuple(items), tuple(gaps), chart.changes)


def plan_chart(chart: Chart) -> tuple[list[PlannedItem], list[DataGap]]:
    """Items sorted by due date, then test code, and gaps; the chart then knows when they may change."""
    asked = [ask_late_effects(chart), ask_recurrence(chart), ask_predisposition(chart)]
    asks = [ask for each in asked for ask in each.asks]
    drafts = draft_items(asks, chart.pack, end_of_therapy(chart.facts.diagnoses))
    apply_overrides(drafts, chart)
    items = [finish(draft, chart.pack) for draft in drafts.values()]
    items.sort(key=lambda item: (item.due_on, item.test_code))
    return items, [gap for each in asked for gap in each.gaps]
