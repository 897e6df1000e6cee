"""A case's plan for a clinician to read: each test with its date and status, and the reasons beneath it."""

from datetime import date

from tracker.engine.explain import explain_gap, explain_item
from tracker.engine.rules import Pack
from tracker.engine.status import Status, status_of
from tracker.engine.types import CarePlan, Flag, PlannedItem
from tracker.engine.words import Words
from tracker.guidelines.cases import Case

INDENT = "    "
PLACES = {
    "visit": "at the visit",
    "order": "by order",
    "referral": "by referral",
    "home": "at home",
    "vaccine": "vaccine",
}
FLAGS = {
    Flag.RECURRENCE: "recurrence screening",
    Flag.LATE_EFFECTS: "late-effects review",
    Flag.PREDISPOSITION: "predisposition",
    Flag.VISIT: "yearly visit",
}


def plan_text(case: Case, plan: CarePlan, pack: Pack) -> str:
    """Several lines, ending with an empty one so that plans stand apart."""
    words = Words(pack)
    lines = [f"{case.id}: plan for {words.day(case.as_of)}, by {pack.title} ({pack.key})"]
    lines += ["An example, not advice, until a clinic has adopted this pack.", _holds(plan, words)]
    if not plan.items:
        lines.append("Nothing is planned.")
    for item in plan.items:
        lines += ["", _headline(item, case.as_of, pack, words)]
        lines += [INDENT + sentence for sentence in explain_item(item, pack)]
    if plan.gaps:
        lines += ["", "What is not known"]
        lines += [f"{INDENT}{explain_gap(gap, pack)} [{gap.id}]" for gap in plan.gaps]
    return "\n".join([*lines, ""])


def _holds(plan: CarePlan, words: Words) -> str:
    if plan.holds_until is None:
        return "The same facts give this plan on every later day."
    return f"The same facts give this plan until the day before {words.day(plan.holds_until)}."


def _headline(item: PlannedItem, on: date, pack: Pack, words: Words) -> str:
    status = status_of(item, on)
    day = words.day(item.due_on)
    when = {
        Status.OVERDUE: f"OVERDUE, was due {day}",
        Status.DUE: f"DUE since {day}",
        Status.UPCOMING: f"upcoming, due {day}",
        Status.PLANNED: f"planned, due {day}",
    }[status]
    flags = ", ".join(FLAGS[flag] for flag in Flag if flag in item.flags)
    test = pack.tests[item.test_code]
    return f"{test.name}: {when} ({PLACES[test.place]}; {flags})"
