"""Which result is the newest of its test: read from the end, it is the one that a slow reading from the start finds."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from random import Random

import pytest

from tests.unit.tiny_pack import Row, result, survivor, tiny_pack
from tracker.engine.chart import counts, open_chart, prepare
from tracker.engine.rules import Pack
from tracker.engine.types import Diagnosis, Facts, Result

ON = date(2015, 1, 1)
STAND_INS: list[Row] = [
    {"result": "wide-scan", "satisfies": "scan"},
    {"result": "exam", "satisfies": "scan"},
    {"result": "visit", "satisfies": "exam"},
]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return tiny_pack(tmp_path, equivalents=STAND_INS)


def newest(pack: Pack, *results: Result) -> Mapping[str, Result]:
    return open_chart(survivor(results=results), pack, ON).newest


def slowly(pack: Pack, results: list[Result]) -> dict[str, Result]:
    """Of one day the test itself before one that stands in for it, then the one listed first."""
    found: dict[str, Result] = {}
    for code in ("echo", "scan", "wide-scan", "blood", "visit", "exam"):
        fit = [
            (each.on, each.test_code == code, -place, place)
            for place, each in enumerate(results)
            if code in pack.satisfied_by_result.get(each.test_code, (each.test_code,))
            and counts(each)
            and each.on <= ON
        ]
        if fit:
            found[code] = results[max(fit)[-1]]
    return found


def test_the_later_result_is_the_newest_wherever_it_is_listed(pack: Pack) -> None:
    old, new = result("echo", date(2012, 1, 1), id="old"), result("echo", date(2013, 1, 1), id="new")
    assert newest(pack, old, new) == newest(pack, new, old) == {"echo": new}


def test_of_one_day_the_result_listed_first_is_named(pack: Pack) -> None:
    one, other = result("echo", date(2012, 1, 1), id="one"), result("echo", date(2012, 1, 1), id="other")
    assert newest(pack, one, other)["echo"].id == "one"
    assert newest(pack, other, one)["echo"].id == "other"


def test_of_one_day_the_test_itself_is_named_before_what_stands_in_for_it(pack: Pack) -> None:
    wide, scan = result("wide-scan", date(2012, 1, 1)), result("scan", date(2012, 1, 1))
    assert newest(pack, wide, scan)["scan"] is scan
    assert newest(pack, scan, wide)["scan"] is scan


def test_of_two_that_stand_in_on_one_day_the_one_listed_first_is_named(pack: Pack) -> None:
    wide, exam = result("wide-scan", date(2012, 1, 1)), result("exam", date(2012, 1, 1))
    earlier = result("exam", date(2011, 1, 1))
    assert newest(pack, wide, exam)["scan"] is wide
    assert newest(pack, exam, wide)["scan"] is exam
    assert newest(pack, earlier, wide, exam)["scan"] is wide


def test_what_does_not_count_hides_nothing(pack: Pack) -> None:
    good = result("echo", date(2012, 1, 1))
    for bad in (
        result("echo", date(2013, 1, 1), status="preliminary"),
        result("echo", date(2013, 1, 1), adequate=False),
        result("echo", date(2013, 1, 1), claimed=True),
        result("echo", date(2015, 1, 2)),
    ):
        assert newest(pack, good, bad) == newest(pack, bad, good) == {"echo": good}


def test_the_first_day_ahead_on_which_a_result_counts_is_found(pack: Pack) -> None:
    ahead = [date(2015, 6, 1), date(2015, 3, 1), date(2016, 1, 1)]
    results = tuple(result("echo", day) for day in (*ahead, date(2014, 1, 1)))
    assert prepare(survivor(results=results), pack, ON).ahead == date(2015, 3, 1)
    ignored = result("echo", date(2015, 1, 2), claimed=True)
    assert prepare(survivor(results=(ignored, *results)), pack, ON).ahead == date(2015, 3, 1)
    assert prepare(survivor(results=(ignored,)), pack, ON).ahead == date.max


def test_any_list_of_results_is_read_as_slowly_from_the_start(pack: Pack) -> None:
    random = Random(7)
    for _ in range(1500):
        results = [
            result(
                random.choice(("echo", "scan", "wide-scan", "exam", "visit", "blood")),
                date(random.choice((2013, 2014, 2015)), random.choice((1, 2)), random.choice((1, 2))),
                status=random.choice(("final", "final", "amended", "cancelled")),
                claimed=random.random() < 0.1,
                id=str(place),
            )
            for place in range(random.randint(0, 9))
        ]
        assert newest(pack, *results) == slowly(pack, results)


def test_doses_added_for_one_set_of_dates_are_not_there_for_another(pack: Pack) -> None:
    early, late = (facts_ended(year) for year in (2005, 2012))
    ground = prepare(early, pack, ON)
    first, last = open_chart(early, pack, ON, ground), open_chart(late, pack, ON, ground)
    assert first.doses.value("ltfu_entry_age_y") == 7
    assert last.doses.value("ltfu_entry_age_y") == 14
    assert "ltfu_entry_age_y" not in ground.doses.certain
    assert first.newest == open_chart(early, pack, ON).newest
    assert last.doses == open_chart(late, pack, ON).doses


def facts_ended(year: int) -> Facts:
    """Born March 10, 2000; entry to follow-up is two years after the end of therapy."""
    diagnosis = Diagnosis("Sarcoma", end_of_therapy_on=date(year, 6, 15))
    return survivor(diagnoses=(diagnosis,), exposures={"drug_mg_m2": 300}, results=(result("echo", date(2013, 1, 1)),))
