"""A clinician's decisions on one test of one survivor: they come last, and only while they are in force.

Source: "Due dates", rule 6, of the clinical tables' description.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from tracker.engine.chart import Chart
from tracker.engine.merge import Draft
from tracker.engine.schedule import add_period, parse_period
from tracker.engine.types import Override, Reason, Result, RuleKind
from tracker.errors import Invalid

Drafts = dict[str, Draft]
T = TypeVar("T")
ORDER = ("add", "set_interval", "defer", "stop")


def apply_overrides(drafts: Drafts, chart: Chart) -> None:
    """Change the drafts as decided: added first, then re-timed, deferred, stopped."""
    decisions = decisions_in_force(chart)
    for action in ORDER:
        for test_code in [test for test, named in decisions if named == action]:
            _APPLY[action](decisions[test_code, action], drafts, chart)


def decisions_in_force(chart: Chart) -> Mapping[tuple[str, str], Override]:
    """By test and action the newest decision in force on the day; of the same day the one listed later."""
    newest: dict[tuple[str, str], Override] = {}
    for override in _in_force(chart.facts.overrides, chart):
        key = override.test_code, override.action
        if key not in newest or override.decided_on >= newest[key].decided_on:
            newest[key] = override
    return newest


def _in_force(overrides: Iterable[Override], chart: Chart) -> Iterable[Override]:
    for override in overrides:
        ends = override.expires_on
        if ends is not None and ends <= override.decided_on:
            continue
        chart.changes_on(override.decided_on)
        if override.decided_on > chart.on:
            continue
        if ends is not None:
            chart.changes_on(ends)
        if ends is None or chart.on < ends:
            yield override


def _add(override: Override, drafts: Drafts, chart: Chart) -> None:
    last = chart.newest.get(override.test_code)
    since = last if last and last.on >= override.decided_on else None
    due_on = _added_date(override, since)
    if due_on is None:
        return
    reason = _reason(override, due_on, since, chart)
    item = drafts.get(override.test_code)
    if item is None:
        item = drafts[override.test_code] = Draft(override.test_code, due_on, None)
        item.won_by(reason)
    elif due_on < item.due_on:
        item.due_on, item.overdue_after, item.stops_on = due_on, None, None
        item.won_by(reason)
    else:
        item.decided += (reason,)


def _added_date(override: Override, since: Result | None) -> date | None:
    if since is None:
        return _needed(override.due_on, override, "due_on")
    return add_period(since.on, parse_period(override.interval)) if override.interval else None


def _set_interval(override: Override, drafts: Drafts, chart: Chart) -> None:
    interval = parse_period(_needed(override.interval, override, "interval"))
    item, last = drafts.get(override.test_code), chart.newest.get(override.test_code)
    if item is None or last is None:
        return
    item.due_on, item.overdue_after = add_period(last.on, interval), None
    item.won_by(_reason(override, item.due_on, last, chart))


def _defer(override: Override, drafts: Drafts, chart: Chart) -> None:
    to = _needed(override.to, override, "to")
    item = drafts.get(override.test_code)
    if item is None:
        return
    moved = to > item.due_on
    item.due_on = max(item.due_on, to)
    item.overdue_after = item.overdue_after and max(item.overdue_after, to)
    reason = _reason(override, item.due_on, chart.newest.get(override.test_code), chart)
    if moved:
        item.won_by(reason)
    else:
        item.decided += (reason,)


def _stop(override: Override, drafts: Drafts, chart: Chart) -> None:  # noqa: ARG001
    drafts.pop(override.test_code, None)


_APPLY: Mapping[str, Callable[[Override, Drafts, Chart], None]] = {
    "add": _add,
    "set_interval": _set_interval,
    "defer": _defer,
    "stop": _stop,
}


def _needed(value: T | None, override: Override, name: str) -> T:
    if value is None:
        raise Invalid(f"The decision to {override.action} {override.test_code} needs {name}", field=name)
    return value


def _reason(override: Override, due_on: date, last: Result | None, chart: Chart) -> Reason:
    named = f"{override.test_code}:{override.action}:{override.decided_on.isoformat()}"
    return Reason(
        rule_id="override:" + (override.id or named),
        kind=RuleKind.OVERRIDE,
        pack=chart.pack.key,
        due_on=due_on,
        start_basis="decided_on",
        start_on=override.decided_on,
        interval=override.interval,
        last_result_id=last.id if last else None,
        last_result_code=last.test_code if last else None,
        last_result_on=last.on if last else None,
        override_id=override.id,
        override_action=override.action,
    )
