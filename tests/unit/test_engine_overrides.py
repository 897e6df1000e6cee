"""Decisions of a clinician: add, set_interval, defer and stop, from the day decided to the day they expire."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tiny_pack import band, decision, due, item, late, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.types import CarePlan, Flag, Override, RuleKind
from tracker.errors import Invalid

ENDED = date(2010, 6, 15)
ON = date(2015, 1, 1)
DECIDED = date(2014, 6, 1)


def planned(folder: Path, *overrides: Override, on: date = ON, results: Any = (), rows: Any = None) -> CarePlan:
    """A yearly echo from the end of therapy; a scan with bands of its own; no other test."""
    recurrence = [band(to="", interval="P1Y", interval_max="P2Y")]
    pack = tiny_pack(folder, late_effects=[late()] if rows is None else rows, recurrence=recurrence)
    return evaluate(survivor(overrides=overrides, results=results), pack, on=on)


def test_an_added_test_is_due_on_its_day_while_no_result_stands(tmp_path: Path) -> None:
    added = decision("add", DECIDED, "blood", due_on=date(2015, 3, 1))
    blood = item(planned(tmp_path, added), "blood")
    assert (blood.due_on, blood.overdue_after, blood.own_overdue) == (date(2015, 3, 1), date(2015, 5, 30), False)
    assert blood.flags == {Flag.LATE_EFFECTS}
    [reason] = blood.reasons
    assert (reason.kind, reason.override_action, reason.wins) == (RuleKind.OVERRIDE, "add", True)
    assert (reason.start_basis, reason.start_on, reason.due_on) == ("decided_on", DECIDED, date(2015, 3, 1))


@pytest.mark.parametrize(
    ("done", "interval", "expected"),
    [
        (date(2014, 5, 31), None, date(2015, 3, 1)),
        (date(2014, 6, 1), None, None),
        (date(2014, 12, 1), None, None),
        (date(2014, 5, 31), "P6M", date(2015, 3, 1)),
        (date(2014, 6, 1), "P6M", date(2014, 12, 1)),
        (date(2014, 12, 31), "P2M", date(2015, 2, 28)),
    ],
)
def test_an_added_test_counts_results_since_it_was_decided(
    tmp_path: Path, done: date, interval: str | None, expected: date | None
) -> None:
    added = decision("add", DECIDED, "blood", due_on=date(2015, 3, 1), interval=interval)
    assert due(planned(tmp_path, added, results=(result("blood", done),)), "blood") == expected


def test_an_added_test_is_satisfied_by_an_equivalent(tmp_path: Path) -> None:
    added = decision("add", DECIDED, "scan", due_on=date(2010, 7, 1))
    plan = planned(tmp_path, added, results=(result("wide-scan", date(2014, 7, 1)),))
    assert due(plan, "scan") == date(2015, 7, 1)


@pytest.mark.parametrize(
    ("added_on", "expected", "wins", "own"),
    [
        (date(2011, 6, 14), date(2011, 6, 14), "override:d-1", False),
        (date(2011, 6, 15), date(2011, 6, 15), "rc-1", True),
        (date(2011, 6, 16), date(2011, 6, 15), "rc-1", True),
    ],
)
def test_an_added_date_joins_the_rules_item_the_earliest_winning_a_tie_keeping_the_rules(
    tmp_path: Path, added_on: date, expected: date, wins: str, own: bool
) -> None:
    added = decision("add", DECIDED, "scan", due_on=added_on, id="d-1")
    scan = item(planned(tmp_path, added), "scan")
    assert (scan.due_on, scan.own_overdue) == (expected, own)
    assert [reason.rule_id for reason in scan.reasons if reason.wins] == [wins]
    assert {reason.rule_id for reason in scan.reasons} == {"rc-1", "override:d-1"}


def test_an_added_date_may_lie_before_the_end_of_therapy(tmp_path: Path) -> None:
    added = decision("add", date(2009, 1, 1), "blood", due_on=date(2009, 3, 1))
    assert due(planned(tmp_path, added), "blood") == date(2009, 3, 1)


def test_a_new_interval_re_times_an_item_from_its_newest_result(tmp_path: Path) -> None:
    slower = decision("set_interval", DECIDED, interval="P5Y")
    done = (result("echo", date(2012, 2, 29)),)
    echo = item(planned(tmp_path, slower, results=done), "echo")
    assert echo.due_on == date(2017, 2, 28)
    assert [(reason.rule_id[:8], reason.wins) for reason in echo.reasons] == [("le-1", False), ("override", True)]


def test_a_new_interval_changes_nothing_without_a_result_or_an_item(tmp_path: Path) -> None:
    slower = decision("set_interval", DECIDED, interval="P5Y")
    assert due(planned(tmp_path, slower), "echo") == ENDED
    none = planned(tmp_path, decision("set_interval", DECIDED, "blood", interval="P5Y"),
                   results=(result("blood", date(2012, 1, 1)),))  # fmt: skip
    assert due(none, "blood") is None


def test_a_new_interval_counts_any_result_even_one_before_the_anchor(tmp_path: Path) -> None:
    scan = item(
        planned(tmp_path, decision("set_interval", DECIDED, "scan", interval="P6M"),
                results=(result("scan", date(2008, 1, 31)),)),
        "scan",
    )  # fmt: skip
    assert (scan.due_on, scan.own_overdue) == (date(2008, 7, 31), False)
    assert scan.overdue_after == date(2008, 10, 29)


@pytest.mark.parametrize(
    ("to", "due_on", "overdue_after"),
    [
        (date(2011, 6, 14), date(2011, 6, 15), date(2012, 6, 15)),
        (date(2012, 1, 1), date(2012, 1, 1), date(2012, 6, 15)),
        (date(2012, 6, 15), date(2012, 6, 15), date(2012, 6, 15)),
        (date(2013, 1, 1), date(2013, 1, 1), date(2013, 1, 1)),
    ],
)
def test_a_deferral_moves_due_and_a_recurrence_rows_overdue_to_its_day_at_the_earliest(
    tmp_path: Path, to: date, due_on: date, overdue_after: date
) -> None:
    scan = item(planned(tmp_path, decision("defer", DECIDED, "scan", to=to)), "scan")
    assert (scan.due_on, scan.overdue_after, scan.own_overdue) == (due_on, overdue_after, True)


def test_a_deferral_that_moves_nothing_is_a_reason_that_did_not_win(tmp_path: Path) -> None:
    echo = item(planned(tmp_path, decision("defer", DECIDED, to=date(2010, 1, 1))), "echo")
    assert [(reason.kind, reason.wins) for reason in echo.reasons] == [
        (RuleKind.LATE_EFFECTS, True),
        (RuleKind.OVERRIDE, False),
    ]


def test_a_deferred_item_is_overdue_the_packs_days_after_its_new_date(tmp_path: Path) -> None:
    echo = item(planned(tmp_path, decision("defer", DECIDED, to=date(2015, 3, 1))), "echo")
    assert (echo.due_on, echo.overdue_after) == (date(2015, 3, 1), date(2015, 5, 30))


def test_a_stopped_test_is_not_asked_for(tmp_path: Path) -> None:
    plan = planned(tmp_path, decision("stop", DECIDED), decision("defer", DECIDED, to=date(2015, 3, 1)))
    assert due(plan, "echo") is None
    assert due(plan, "scan") == date(2011, 6, 15)


def test_the_actions_apply_in_their_order_whatever_the_order_listed(tmp_path: Path) -> None:
    done = (result("blood", date(2014, 7, 1)),)
    made = [
        decision("defer", DECIDED, "blood", to=date(2015, 8, 1)),
        decision("set_interval", DECIDED, "blood", interval="P1Y"),
        decision("add", DECIDED, "blood", due_on=date(2014, 7, 1), interval="P3M"),
    ]
    for overrides in (made, made[::-1]):
        assert due(planned(tmp_path, *overrides, results=done), "blood") == date(2015, 8, 1)
    assert due(planned(tmp_path, *made[1:], results=done), "blood") == date(2015, 7, 1)
    assert due(planned(tmp_path, made[2], results=done), "blood") == date(2014, 10, 1)


@pytest.mark.parametrize(
    ("on", "expected", "holds_until"),
    [
        (date(2014, 5, 31), ENDED, date(2014, 6, 1)),
        (date(2014, 6, 1), None, date(2014, 9, 1)),
        (date(2014, 8, 31), None, date(2014, 9, 1)),
        (date(2014, 9, 1), ENDED, None),
        (date(2014, 9, 2), ENDED, None),
    ],
)
def test_a_decision_is_in_force_from_its_day_to_the_day_it_expires(
    tmp_path: Path, on: date, expected: date | None, holds_until: date | None
) -> None:
    plan = planned(tmp_path, decision("stop", DECIDED, expires_on=date(2014, 9, 1)), on=on)
    assert due(plan, "echo") == expected
    assert plan.holds_until == holds_until


def test_a_decision_that_expires_the_day_it_is_made_never_counts(tmp_path: Path) -> None:
    plan = planned(tmp_path, decision("stop", DECIDED, expires_on=DECIDED), on=date(2014, 5, 1))
    assert due(plan, "echo") == ENDED
    assert plan.holds_until is None


def test_the_newest_decision_of_a_test_and_action_counts(tmp_path: Path) -> None:
    older = decision("defer", date(2014, 1, 1), to=date(2016, 1, 1))
    newer = decision("defer", date(2014, 2, 1), to=date(2015, 6, 1))
    for overrides in ((older, newer), (newer, older)):
        assert due(planned(tmp_path, *overrides), "echo") == date(2015, 6, 1)


def test_of_one_day_the_decision_listed_later_counts(tmp_path: Path) -> None:
    one = decision("defer", DECIDED, to=date(2016, 1, 1))
    other = decision("defer", DECIDED, to=date(2015, 6, 1))
    assert due(planned(tmp_path, one, other), "echo") == date(2015, 6, 1)
    assert due(planned(tmp_path, other, one), "echo") == date(2016, 1, 1)


def test_when_the_newest_expires_the_older_one_still_in_force_counts_again(tmp_path: Path) -> None:
    older = decision("defer", date(2014, 1, 1), to=date(2016, 1, 1))
    newer = decision("defer", date(2014, 2, 1), to=date(2015, 6, 1), expires_on=date(2015, 1, 2))
    assert due(planned(tmp_path, older, newer), "echo") == date(2015, 6, 1)
    assert due(planned(tmp_path, older, newer, on=date(2015, 1, 2)), "echo") == date(2016, 1, 1)


def test_after_expiry_the_plan_is_what_it_would_have_been(tmp_path: Path) -> None:
    temporary = [
        decision("add", DECIDED, "blood", due_on=date(2015, 3, 1), expires_on=ON),
        decision("set_interval", DECIDED, interval="P5Y", expires_on=ON),
        decision("stop", DECIDED, "scan", expires_on=ON),
    ]
    done = (result("echo", date(2013, 1, 1)),)
    assert planned(tmp_path, *temporary, results=done) == planned(tmp_path, results=done)


@pytest.mark.parametrize(("action", "needs"), [("add", "due_on"), ("set_interval", "interval"), ("defer", "to")])
def test_a_decision_without_what_its_action_needs_is_refused(tmp_path: Path, action: str, needs: str) -> None:
    with pytest.raises(Invalid, match=f"needs {needs}") as refused:
        planned(tmp_path, decision(action, DECIDED))
    assert refused.value.field == needs


def test_a_bad_interval_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        planned(tmp_path, decision("set_interval", DECIDED, interval="yearly"))


def test_the_reason_keeps_the_decisions_id_and_the_result_it_counts_from(tmp_path: Path) -> None:
    slower = decision("set_interval", DECIDED, interval="P5Y", id="d-9")
    echo = item(planned(tmp_path, slower, results=(result("echo", date(2012, 2, 29), id="r-1"),)), "echo")
    reason = echo.reasons[-1]
    assert (reason.override_id, reason.rule_id, reason.interval) == ("d-9", "override:d-9", "P5Y")
    assert (reason.last_result_id, reason.last_result_on) == ("r-1", date(2012, 2, 29))
    nameless = item(planned(tmp_path, decision("defer", DECIDED, to=date(2015, 3, 1))), "echo").reasons[-1]
    assert nameless.rule_id == "override:echo:defer:2014-06-01"
