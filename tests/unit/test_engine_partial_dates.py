"""Dates known to the month or year only: planned for the first and the last day, merged with caution."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_engine_holds_until import BANDS, LATE, SYNDROME, walk
from tests.unit.tiny_pack import Row, band, decision, due, gap_ids, item, late, result, survivor, tiny_pack
from tracker.engine.evaluate import evaluate
from tracker.engine.not_applicable import not_applicable
from tracker.engine.precision import as_partial, is_whole, partly_known, settled
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, DataGap, Diagnosis, Facts, Flag, Predisposition

TIGHT_THEN_LOOSE = (band("rc-1"), band("rc-2", **{"from": "P2Y", "to": "P5Y", "interval": "P6M"}))
GAP = DataGap("date-precision:end_of_therapy:Sarcoma", ("end_of_therapy_on", "2010"), "planned_for_both_ends")


def ended(year: int = 2010, month: int | None = None, name: str = "Sarcoma", **cells: Any) -> Diagnosis:
    """A diagnosis of whose end of therapy the year, or the month, is known."""
    precision = {"end_of_therapy_on": "year" if month is None else "month"} | cells.pop("precision", {})
    return Diagnosis(name, end_of_therapy_on=date(year, month or 1, 1), precision=precision, **cells)


def partly(*diagnoses: Diagnosis, **facts: Any) -> Facts:
    return survivor(diagnoses=diagnoses or (ended(),), **facts)


def pack_of(folder: Path, *rows: Row, **tables: Any) -> Pack:
    """Only these late-effects rows, or these tables."""
    return tiny_pack(folder, **({"late_effects": rows, "recurrence": [], "predisposition": []} | tables))


def planned(folder: Path, *rows: Row, on: date, facts: Facts, **tables: Any) -> CarePlan:
    return evaluate(facts, pack_of(folder, *rows, **tables), on=on)


def date_gaps(plan: CarePlan) -> list[DataGap]:
    return [gap for gap in plan.gaps if gap.consequence == "planned_for_both_ends"]


# What is known of a date


@pytest.mark.parametrize(
    ("precision", "first", "last"),
    [
        ("year", date(2012, 1, 1), date(2012, 12, 31)),
        ("month", date(2012, 2, 1), date(2012, 2, 29)),
        ("day", date(2012, 2, 7), date(2012, 2, 7)),
        (None, date(2012, 2, 7), date(2012, 2, 7)),
    ],
)
def test_a_date_spans_its_year_its_month_or_its_day(precision: str | None, first: date, last: date) -> None:
    known = as_partial(date(2012, 2, 7), precision)
    assert (known.earliest(), known.latest()) == (first, last)


def test_facts_are_whole_unless_a_precision_is_said() -> None:
    assert is_whole(survivor())
    assert is_whole(survivor(exposure_dates={"tbi": date(2009, 1, 1)}, events={"grown_up": date(2015, 1, 1)}))
    assert not is_whole(partly())
    assert not is_whole(survivor(exposure_precision={"tbi": "month"}))
    assert not is_whole(survivor(event_precision={"grown_up": "year"}))


FULL = partly(
    ended(2008, resected_on=date(2008, 5, 1), diagnosed_on=date(2008, 2, 3), precision={"resected_on": "month"}),
    ended(2010, 6, name="Leukemia"),
    exposure_dates={"tbi": date(2009, 3, 1), "hsct_allo": date(2009, 4, 2)},
    exposure_precision={"tbi": "month", "not_given": "year"},
    events={"grown_up": date(2016, 1, 1), "baby_planned": date(2020, 7, 8)},
    event_precision={"grown_up": "year"},
)


def test_every_partly_known_date_is_found_and_no_other() -> None:
    assert [(each.kind, each.name, str(each.known), each.place) for each in partly_known(FULL)] == [
        ("resection", "Sarcoma", "2008-05", 0),
        ("end_of_therapy", "Sarcoma", "2008", 0),
        ("end_of_therapy", "Leukemia", "2010-06", 1),
        ("exposure", "tbi", "2009-03", 0),
        ("event", "grown_up", "2016", 0),
    ]


def test_facts_are_settled_on_first_or_last_days_and_nothing_else_changes() -> None:
    dates = partly_known(FULL)
    first, last = settled(FULL, dates, ()), settled(FULL, dates, dates)
    assert first == FULL
    assert [each.end_of_therapy_on for each in last.diagnoses] == [date(2008, 12, 31), date(2010, 6, 30)]
    assert last.diagnoses[0].resected_on == date(2008, 5, 31)
    assert last.diagnoses[0].diagnosed_on == date(2008, 2, 3)
    assert last.exposure_dates == {"tbi": date(2009, 3, 31), "hsct_allo": date(2009, 4, 2)}
    assert last.events == {"grown_up": date(2016, 12, 31), "baby_planned": date(2020, 7, 8)}
    moved_one = settled(FULL, dates, dates[1:2])
    assert [each.end_of_therapy_on for each in moved_one.diagnoses] == [date(2008, 12, 31), date(2010, 6, 1)]


def test_any_day_of_the_year_may_be_stored_with_it() -> None:
    stored = partly(replace(ended(), end_of_therapy_on=date(2010, 7, 20)))
    dates = partly_known(stored)
    assert settled(stored, dates, ()).diagnoses[0].end_of_therapy_on == date(2010, 1, 1)
    assert settled(stored, dates, dates).diagnoses[0].end_of_therapy_on == date(2010, 12, 31)


def test_nothing_is_counted_from_before_birth(tmp_path: Path) -> None:
    facts = partly(ended(2000))
    assert due(planned(tmp_path, late(), on=date(2005, 1, 1), facts=facts), "echo") == date(2000, 3, 10)


# Why both ends


def test_the_last_day_alone_would_come_too_late(tmp_path: Path) -> None:
    plan = planned(tmp_path, on=date(2011, 1, 1), facts=partly(), recurrence=TIGHT_THEN_LOOSE)
    assert item(plan, "scan").due_on == date(2010, 4, 1)
    assert item(plan, "scan").overdue_after == date(2010, 4, 1)


def test_the_first_day_alone_would_drop_the_tight_schedule_too_soon(tmp_path: Path) -> None:
    facts = partly(results=(result("scan", date(2012, 3, 1)),))
    found = item(planned(tmp_path, on=date(2012, 5, 1), facts=facts, recurrence=TIGHT_THEN_LOOSE), "scan")
    assert (found.due_on, found.overdue_after, found.own_overdue) == (date(2012, 6, 1), date(2012, 6, 1), True)
    assert [(each.rule_id, each.due_on, each.wins) for each in found.reasons] == [
        ("rc-1", date(2012, 6, 1), True),
        ("rc-2", date(2012, 9, 1), False),
    ]


def test_an_item_of_one_end_only_stands(tmp_path: Path) -> None:
    """Over with the first day since January 1, 2012; with the last day asked for until December 31, 2012."""
    row = late(until="2y after end_of_therapy")
    both = planned(tmp_path, row, on=date(2011, 12, 31), facts=partly())
    assert item(both, "echo").due_on == date(2010, 1, 1)
    assert item(both, "echo").stops_on == date(2012, 12, 31)
    assert both.holds_until == date(2012, 1, 1)
    one = planned(tmp_path, row, on=date(2012, 1, 1), facts=partly())
    assert item(one, "echo").due_on == date(2010, 12, 31)
    assert item(one, "echo").stops_on == date(2012, 12, 31)
    assert one.holds_until == date(2012, 12, 31)
    over = planned(tmp_path, row, on=date(2012, 12, 31), facts=partly())
    assert (over.items, date_gaps(over), over.holds_until) == ((), [], None)


def test_an_item_that_never_stops_at_one_end_has_no_last_day(tmp_path: Path) -> None:
    row = late(until="event(grown_up)")
    facts = partly(ended(), events={"grown_up": date(2015, 1, 1)}, event_precision={"grown_up": "year"})
    assert item(planned(tmp_path, row, on=date(2015, 6, 1), facts=facts), "echo").stops_on is None


def test_what_either_end_does_not_know_is_a_gap(tmp_path: Path) -> None:
    """The schedule is over with the first day, its history lost; with the last day it still asks."""
    plan = planned(tmp_path, on=date(2012, 6, 1), facts=partly(), recurrence=[band("rc-1")])
    assert due(plan, "scan") == date(2011, 3, 31)
    assert plan.gaps == (DataGap("history:rc-1", ("results",), "history_missing", "scan"), GAP)


def test_flags_of_both_ends_are_kept(tmp_path: Path) -> None:
    """With the first day the schedule is over and late effects alone ask, earlier than both do with the last day."""
    once = late(test_code="scan", start="1y after end_of_therapy", interval="once")
    tables: dict[str, Any] = {"recurrence": [band("rc-1", interval="P1Y")]}
    found = item(planned(tmp_path, once, on=date(2012, 6, 1), facts=partly(), **tables), "scan")
    assert found.due_on == date(2011, 1, 1)
    assert found.flags == {Flag.RECURRENCE, Flag.LATE_EFFECTS}


# A tie is decided as rules are


def test_on_a_tie_the_end_with_an_overdue_date_of_its_own_wins(tmp_path: Path) -> None:
    """Both ends ask on June 1, 2013; with the first day recurrence is over by then and late effects alone ask."""
    rows = [late("le-1", test_code="scan", start="age 12y", interval="P1Y")]
    facts = partly(results=(result("scan", date(2012, 6, 1)),))
    loose = [band("rc-1", interval="P1Y", interval_max="P18M", to="P3Y")]
    found = item(planned(tmp_path, *rows, on=date(2012, 7, 1), facts=facts, recurrence=loose), "scan")
    assert found.due_on == date(2013, 6, 1)
    assert (found.own_overdue, found.overdue_after) == (True, date(2013, 12, 1))
    assert [each.rule_id for each in found.reasons if each.wins] == ["rc-1"]


# Reasons


def test_a_reason_says_that_it_counts_from_a_partly_known_date(tmp_path: Path) -> None:
    rows = [
        late("ended", test_code="echo"),
        late("after", test_code="exam", start="6m after end_of_therapy"),
        late("entry", test_code="visit", start="ltfu_entry"),
        late("age", test_code="blood", start="age 25y"),
        late(
            "later", test_code="wide-scan", start="later of age 8y and 1y after date(chest_rt)", exposure="chest_rt_gy"
        ),
    ]
    facts = partly(exposures={"chest_rt_gy": 20}, exposure_dates={"chest_rt": date(2009, 3, 1)},
                   exposure_precision={"chest_rt": "month"})  # fmt: skip
    plan = planned(tmp_path, *rows, on=date(2015, 1, 1), facts=facts)
    said = {each.test_code: (each.reasons[0].start_on, each.reasons[0].start_precision) for each in plan.items}
    assert said == {
        "echo": (date(2010, 1, 1), "year"),
        "exam": (date(2010, 7, 1), "year"),
        "visit": (date(2012, 1, 1), "year"),
        "blood": (date(2025, 3, 10), None),
        "wide-scan": (date(2010, 3, 1), "month"),
    }


@pytest.mark.parametrize(
    ("start", "facts", "expected"),
    [
        ("later of age 30y and date(chest_rt)", {}, None),
        ("ltfu_entry", {"ltfu_entry_on": date(2012, 5, 1)}, None),
        ("date(heart_rt)", {"exposure_dates": {"tbi": date(2009, 1, 1)}, "exposure_precision": {"tbi": "year"}}, "year"),
        ("date(heart_rt)", {"exposure_dates": {"heart_rt": date(2009, 1, 1)}}, None),
        ("date(heart_rt)", {"exposures": {}}, "month"),
        ("date(drug)", {}, "month"),
        ("event(grown_up)", {"events": {"grown_up": date(2011, 1, 1)}, "event_precision": {"grown_up": "year"}}, "year"),
        ("date(hsct)",
         {"exposure_dates": {"hsct_allo": date(2009, 1, 1), "hsct_auto": date(2008, 1, 1)},
          "exposure_precision": {"hsct_allo": "year"}}, "year"),
        ("date(hsct)",
         {"exposure_dates": {"hsct_allo": date(2009, 1, 1), "hsct_auto": date(2008, 1, 1)},
          "exposure_precision": {"hsct_auto": "month"}}, None),
    ],
)  # fmt: skip
def test_the_date_that_decides_says_how_well_it_is_known(
    tmp_path: Path, start: str, facts: dict[str, Any], expected: str | None
) -> None:
    given = {"exposures": {"tbi_gy": 12}} | facts
    plan = planned(tmp_path, late(start=start), on=date(2015, 1, 1), facts=partly(ended(2010, 6), **given))
    assert item(plan, "echo").reasons[0].start_precision == expected


def test_the_newest_end_of_therapy_alone_decides_how_well_it_is_known(tmp_path: Path) -> None:
    older, newer = ended(2008), Diagnosis("Leukemia", end_of_therapy_on=date(2010, 6, 15))
    plan = planned(tmp_path, late(), on=date(2015, 1, 1), facts=partly(older, newer))
    assert item(plan, "echo").reasons[0].start_precision is None


def test_a_schedule_counts_from_the_date_of_its_own_diagnosis(tmp_path: Path) -> None:
    rows = [band("a"), band("b", diagnosis="Leukemia", test_code="exam", anchor="resection")]
    other = Diagnosis("Leukemia", resected_on=date(2010, 2, 1), precision={"resected_on": "month"})
    plan = planned(tmp_path, on=date(2010, 6, 1), facts=partly(ended(), other), recurrence=rows)
    assert item(plan, "scan").reasons[0].start_precision == "year"
    assert item(plan, "exam").reasons[0].start_precision == "month"


def test_the_same_rule_is_a_reason_at_both_ends_if_it_gives_two_dates(tmp_path: Path) -> None:
    found = item(planned(tmp_path, late(), on=date(2015, 1, 1), facts=partly()), "echo")
    assert [(each.start_on, each.due_on, each.wins) for each in found.reasons] == [
        (date(2010, 1, 1), date(2010, 1, 1), True),
        (date(2010, 12, 31), date(2010, 12, 31), False),
    ]


def test_the_same_rule_is_one_reason_if_it_gives_one_date(tmp_path: Path) -> None:
    facts = partly(results=(result("echo", date(2014, 1, 1)),))
    plan = planned(tmp_path, late(), on=date(2015, 1, 1), facts=facts)
    assert [(each.start_on, each.due_on) for each in item(plan, "echo").reasons] == [
        (date(2010, 1, 1), date(2015, 1, 1)),
    ]
    assert date_gaps(plan) == []


def test_what_a_rule_says_at_the_other_end_follows_it(tmp_path: Path) -> None:
    rows = [late("one"), late("two", start="1y after end_of_therapy")]
    found = item(planned(tmp_path, *rows, on=date(2015, 1, 1), facts=partly()), "echo")
    assert [each.rule_id for each in found.reasons] == ["one", "one", "two", "two"]


def test_a_decision_is_told_once(tmp_path: Path) -> None:
    made = (decision("defer", date(2011, 1, 1), to=date(2010, 6, 1)),)
    found = item(planned(tmp_path, late(), on=date(2015, 1, 1), facts=partly(overrides=made)), "echo")
    assert found.due_on == date(2010, 6, 1)
    assert [(each.rule_id.split(":")[0], each.wins) for each in found.reasons] == [
        ("le-1", False),
        ("le-1", False),
        ("override", True),
    ]


def test_a_stopped_test_is_stopped_at_both_ends(tmp_path: Path) -> None:
    facts = partly(overrides=(decision("stop", date(2011, 1, 1)),))
    pack = pack_of(tmp_path, late())
    assert evaluate(facts, pack, on=date(2015, 1, 1)).items == ()
    assert [entry.why for entry in not_applicable(facts, pack, on=date(2015, 1, 1))] == ["stopped"]


# Which dates matter


def test_a_date_that_makes_no_difference_is_no_gap(tmp_path: Path) -> None:
    diagnosis = ended(diagnosed_on=date(2009, 1, 1), precision={"diagnosed_on": "year"})
    plan = planned(tmp_path, late(), on=date(2015, 1, 1), facts=partly(diagnosis))
    assert date_gaps(plan) == [GAP]


def test_a_date_that_matters_only_with_the_last_day_of_another_is_a_gap(tmp_path: Path) -> None:
    """With the first day of the end of therapy nothing is asked for, whenever radiation ended."""
    row = late(start="date(chest_rt)", until="1y after end_of_therapy", exposure="chest_rt_gy")
    facts = partly(exposures={"chest_rt_gy": 20}, exposure_dates={"chest_rt": date(2009, 6, 1)},
                   exposure_precision={"chest_rt": "year"})  # fmt: skip
    plan = planned(tmp_path, row, on=date(2011, 6, 1), facts=facts)
    assert due(plan, "echo") == date(2010, 12, 31)
    assert [gap.id for gap in date_gaps(plan)] == [GAP.id]
    facts = replace(facts, exposure_dates={"chest_rt": date(2011, 3, 1)}, exposure_precision={"chest_rt": "month"})
    plan = planned(tmp_path, row, on=date(2011, 6, 1), facts=facts)
    assert due(plan, "echo") == date(2011, 3, 31)
    assert [gap.id for gap in date_gaps(plan)] == [GAP.id, "date-precision:exposure:chest_rt"]


def test_two_entries_of_one_name_are_one_gap_with_both_years(tmp_path: Path) -> None:
    twice = (ended(2010), ended(2010, 12, tumor={"grade": "low"}))
    plan = planned(tmp_path, late(), on=date(2015, 1, 1), facts=partly(*twice))
    assert date_gaps(plan) == [replace(GAP, missing=("end_of_therapy_on", "2010", "2010-12"))]


# Partly in the future


def test_a_year_not_over_yet_is_planned_for_to_its_end(tmp_path: Path) -> None:
    """Its last day is not the day asked about: else the plan would be another one every night."""
    pack = pack_of(tmp_path, late(), recurrence=TIGHT_THEN_LOOSE)
    facts = partly(ended(2026))
    plans = [evaluate(facts, pack, on=on) for on in (date(2026, 11, 24), date(2026, 11, 25), date(2027, 1, 1))]
    assert plans[0] == plans[1] == plans[2]
    assert due(plans[0], "scan") == date(2026, 4, 1)
    assert plans[0].holds_until == date(2031, 1, 1)
    assert gap_ids(plans[0]) == ["date-precision:end_of_therapy:Sarcoma"]


def test_an_event_of_this_year_may_have_happened_and_may_not_have(tmp_path: Path) -> None:
    rows = [late("starts", start="event(baby_planned)", test_code="exam"), late("ends", until="event(baby_planned)")]
    facts = partly(
        Diagnosis("Sarcoma", end_of_therapy_on=date(2010, 6, 15)),
        events={"baby_planned": date(2026, 1, 1)},
        event_precision={"baby_planned": "year"},
    )
    pack = pack_of(tmp_path, *rows)
    during = evaluate(facts, pack, on=date(2026, 11, 24))
    assert (due(during, "exam"), due(during, "echo")) == (date(2026, 1, 1), date(2010, 6, 15))
    assert "date-precision:event:baby_planned" in gap_ids(during)
    assert during.holds_until == date(2026, 12, 31)
    after = evaluate(facts, pack, on=date(2026, 12, 31))
    assert (due(after, "exam"), due(after, "echo")) == (date(2026, 1, 1), None)


def test_a_whole_life_day_by_day_changes_only_when_said(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path, late_effects=LATE, recurrence=BANDS, predisposition=SYNDROME)
    facts = partly(
        ended(2010, resected_on=date(2009, 12, 1), precision={"resected_on": "month"}),
        predispositions=(Predisposition("Syndrome"),),
        events={"baby_planned": date(2019, 5, 1), "grown_up": date(2017, 1, 1)},
        event_precision={"baby_planned": "month", "grown_up": "year"},
        results=(result("echo", date(2016, 1, 31)), result("scan", date(2012, 12, 31))),
        overrides=(decision("stop", date(2014, 1, 1), expires_on=date(2014, 6, 30)),),
    )
    changed = walk(facts, pack, date(2010, 1, 1), date(2024, 1, 1))
    assert changed[:2] == [date(2012, 1, 1), date(2012, 12, 31)]
    assert {date(2017, 1, 1), date(2017, 12, 31), date(2019, 5, 1), date(2019, 5, 31)} <= set(changed)


# What does not apply


def test_a_rule_that_one_end_asks_for_is_not_explained_away(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, late(until="2y after end_of_therapy"))
    facts = partly()
    whys = {on: [entry.why for entry in not_applicable(facts, pack, on=on)] for on in
            (date(2011, 12, 31), date(2012, 6, 1), date(2012, 12, 31))}  # fmt: skip
    assert list(whys.values()) == [[], [], ["finished"]]


def test_what_neither_end_asks_for_is_explained_with_the_last_days_save_what_was_done(tmp_path: Path) -> None:
    rows = [late("over", until="2y after end_of_therapy"),
            late("once", start="event(baby_planned)", interval="once", test_code="exam")]  # fmt: skip
    facts = partly(
        events={"baby_planned": date(2015, 1, 1)},
        event_precision={"baby_planned": "year"},
        results=(result("exam", date(2015, 3, 1)),),
    )
    found = {entry.rule_id: entry for entry in not_applicable(facts, pack_of(tmp_path, *rows), on=date(2015, 6, 1))}
    assert (found["over"].why, found["over"].detail) == ("finished", (("ended_on", "2012-12-31"),))
    assert found["once"].why == "done"
