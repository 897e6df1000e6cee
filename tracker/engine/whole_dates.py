"""A plan where every date is known to the day: all rules asked, merged by test, decisions last."""

from tracker.engine.chart import Chart, end_of_therapy
from tracker.engine.late_effects import ask_late_effects
from tracker.engine.merge import draft_items, finish
from tracker.engine.overrides import apply_overrides
from tracker.engine.predisposition import ask_predisposition
from tracker.engine.recurrence import ask_recurrence
from tracker.engine.types import CarePlan, DataGap, PlannedItem


def plan_chart(chart: Chart) -> CarePlan:
    """Items sorted by due date, then test code; gaps; and the day on which they may change."""
    items, gaps = _asked(chart)
    return CarePlan(tuple(items), tuple(gaps), chart.changes)


def _asked(chart: Chart) -> tuple[list[PlannedItem], list[DataGap]]:
    asked = [ask_late_effects(chart), ask_recurrence(chart), ask_predisposition(chart)]
    asks = [ask for each in asked for ask in each.asks]
    drafts = draft_items(asks, chart.pack, end_of_therapy(chart.facts.diagnoses))
    apply_overrides(drafts, chart)
    items = [finish(draft, chart.pack) for draft in drafts.values()]
    items.sort(key=in_order)
    return items, [gap for each in asked for gap in each.gaps]


def in_order(item: PlannedItem) -> tuple[object, str]:
    """By due date, then test code."""
    return item.due_on, item.test_code
