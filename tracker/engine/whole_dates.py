"""A plan where every date is known to the day: all rules asked, merged by test, decisions last."""

from dataclasses import dataclass
from operator import attrgetter

from tracker.engine.asks import Asked
from tracker.engine.chart import Chart
from tracker.engine.late_effects import ask_late_effects
from tracker.engine.merge import draft_items, finish
from tracker.engine.overrides import Drafts, apply_overrides
from tracker.engine.predisposition import ask_predisposition
from tracker.engine.recurrence import ask_recurrence
from tracker.engine.types import CarePlan, DataGap, PlannedItem


@dataclass(slots=True)
class Drafted:
    """What rules and decisions ask for in a chart, by test, and what is unknown: a plan yet unexplained."""

    chart: Chart
    drafts: Drafts
    gaps: list[DataGap]

    def items(self) -> list[PlannedItem]:
        """The items, explained; by due date, then test code."""
        items = finish(self.drafts.values(), self.chart.pack, self.chart.end_of_therapy)
        items.sort(key=in_order)
        return items


def plan_chart(chart: Chart) -> CarePlan:
    """Items sorted by due date, then test code; gaps; and the day on which they may change."""
    drafted = draft_plan(chart)
    return CarePlan(tuple(drafted.items()), tuple(drafted.gaps), chart.changes)


def draft_plan(chart: Chart) -> Drafted:
    """All rules asked, merged by test, decisions last."""
    asked = asked_by_rules(chart)
    drafts = draft_items(asked, chart.end_of_therapy)
    apply_overrides(drafts, chart)
    return Drafted(chart, drafts, asked.gaps)


def asked_by_rules(chart: Chart) -> Asked:
    """What the rows of all three tables ask for."""
    asked = Asked()
    ask_late_effects(chart, asked)
    ask_recurrence(chart, asked)
    ask_predisposition(chart, asked)
    return asked


# By due date, then test code.
in_order = attrgetter("due_on", "test_code")
