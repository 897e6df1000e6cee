"""A radiation course: fields in boxes, a dose in Gy or cGy, and the organs that lie in the fields."""

import re
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from tests.web.section_forms import CHEST, OTHER, Record, errors_in, plain, value_of
from tracker.clock import FixedClock


@pytest.fixture
def record(app_sqlite: Flask, clock: FixedClock) -> Record:
    return Record(app_sqlite, clock)


def ticked(page: str) -> set[str]:
    """The organs with a tick."""
    boxes = re.findall(r'<input[^>]*name="organs"[^>]*>', page)
    return {found[1] for box in boxes if "checked" in box and (found := re.search(r'value="([^"]*)"', box))}


def shown(record: Record, **typed: Any) -> str:
    """The page after “Show the organs in these fields”."""
    answer = record.add("radiation", act="show", **typed)
    assert answer.status_code == 200
    return plain(answer)


def test_several_fields_are_kept_in_the_order_of_their_boxes_each_once(record: Record) -> None:
    record.told(record.add("radiation", fields=[OTHER.label, "", CHEST.code, OTHER.label, ""], dose_gy="21"))
    row = record.only("radiation")
    assert row.fields == [OTHER.code, CHEST.code]
    page = record.get("sections.edit", key="radiation", entry_id=row.id)
    boxes = re.findall(r'<input[^>]*name="fields"[^>]*>', page)
    assert [re.search(r'value="([^"]*)"', box)[1] for box in boxes if 'value=""' not in box and "value=" in box] == [  # type: ignore[index]
        OTHER.label,
        CHEST.label,
    ]
    assert len(boxes) == 4


def test_a_field_that_is_not_on_the_list_is_named_and_others_keep_their_boxes(record: Record) -> None:
    answer = record.add("radiation", fields=[CHEST.label, "the left elbow patch"], dose_gy="21")
    page = plain(answer)
    assert answer.status_code == 422 and "“the left elbow patch” is not in the pack." in errors_in(page)[0]
    assert CHEST.label in page and "the left elbow patch" in page and 'href="#fields"' in page


@pytest.mark.parametrize(
    "typed, unit, stored, said",
    [
        ("45", "Gy", "45", ""),
        ("4500", "cGy", "45", "4500 cGy is 45 Gy"),
        ("4512.5", "cGy", "45.125", "4512.5 cGy is 45.125 Gy"),
        ("45", "rad", "45", ""),
    ],
)
def test_cgy_become_gy_aloud_and_gy_stay(record: Record, typed: str, unit: str, stored: str, said: str) -> None:
    told = record.told(record.add("radiation", fields=CHEST.label, dose_gy=typed, **{"dose_gy-unit": unit}))
    row = record.only("radiation")
    assert row.dose_gy == Decimal(stored)
    assert ("cGy is" in told, said in told) == (bool(said), True)
    page = record.get("sections.edit", key="radiation", entry_id=row.id)
    assert value_of(page, "dose_gy") == stored
    assert '<option value="Gy" selected>' in page


def test_what_becomes_of_cgy_is_said_before_it_is_saved(record: Record) -> None:
    page = shown(record, fields=CHEST.label, dose_gy="4500", **{"dose_gy-unit": "cGy"})
    assert "4500 cGy is 45 Gy" in page
    assert value_of(page, "dose_gy") == "4500" and '<option value="cGy" selected>' in page


def test_cgy_typed_as_gy_is_asked_about(record: Record) -> None:
    answer = record.add("radiation", fields=CHEST.label, dose_gy="4500")
    assert answer.status_code == 422
    assert "Did you mean cGy? 4,500 cGy is 45 Gy" in plain(answer) and "Yes, this is right" in plain(answer)


def test_what_is_no_dose_is_refused_in_either_unit(record: Record) -> None:
    for unit in ("Gy", "cGy"):
        answer = record.add("radiation", fields=CHEST.label, dose_gy="about 45", **{"dose_gy-unit": unit})
        assert answer.status_code == 422 and value_of(plain(answer), "dose_gy") == "about 45"


def test_organs_nobody_looked_at_are_those_the_fields_propose(record: Record) -> None:
    record.told(record.add("radiation", fields=CHEST.label, dose_gy="21"))
    assert record.only("radiation").organs is None


def test_the_organs_of_the_fields_are_shown_ticked_and_nothing_is_stored_yet(record: Record) -> None:
    page = shown(record, fields=[CHEST.label, OTHER.label], note="Typed with care")
    assert ticked(page) == {*CHEST.organ_exposures, *OTHER.organ_exposures}
    assert "Typed with care" in page and errors_in(page) == []
    assert record.rows("radiation") == []


def test_organs_left_as_they_are_stay_proposed(record: Record) -> None:
    record.told(
        record.add(
            "radiation", **{"fields": CHEST.label, "organs": list(CHEST.organ_exposures), "organs-shown": CHEST.code}
        )
    )
    assert record.only("radiation").organs is None


def test_an_organ_taken_out_and_a_mean_dose_are_kept(record: Record) -> None:
    first, *rest = CHEST.organ_exposures
    record.told(
        record.add(
            "radiation",
            **{
                "fields": CHEST.label,
                "dose_gy": "21",
                "organs": rest,
                "organs-shown": CHEST.code,
                f"organs-dose-{rest[0]}": "12.5",
            },
        )
    )
    row = record.only("radiation")
    assert row.organs == {organ: "12.5" if organ == rest[0] else None for organ in rest}
    page = record.get("sections.edit", key="radiation", entry_id=row.id)
    assert ticked(page) == set(rest) and first in page
    assert value_of(page, f"organs-dose-{rest[0]}") == "12.5"


def test_an_organ_outside_the_fields_can_be_added(record: Record) -> None:
    outside = next(organ for organ in OTHER.organ_exposures if organ not in CHEST.organ_exposures)
    organs = [*CHEST.organ_exposures, outside]
    record.told(record.add("radiation", **{"fields": CHEST.label, "organs": organs, "organs-shown": CHEST.code}))
    assert set(record.only("radiation").organs) == set(organs)


def test_no_organ_at_all_is_an_answer_too(record: Record) -> None:
    record.told(record.add("radiation", **{"fields": CHEST.label, "organs-shown": CHEST.code}))
    assert record.only("radiation").organs == {}


def test_organs_changed_for_other_fields_are_asked_about_again(record: Record) -> None:
    kept, spared = CHEST.organ_exposures[0], CHEST.organ_exposures[1]
    typed = {"organs": [kept], "organs-shown": CHEST.code, f"organs-dose-{kept}": "9"}
    answer = record.add("radiation", fields=OTHER.label, **typed)
    page = plain(answer)
    assert answer.status_code == 422
    assert errors_in(page) == ["The fields changed after these organs were shown. Look at the organs again, then save"]
    assert ticked(page) >= set(OTHER.organ_exposures)
    assert value_of(page, f"organs-dose-{kept}") == "9"
    assert spared in ticked(page) or spared not in OTHER.organ_exposures
    assert value_of(page, "organs-shown") == OTHER.code


def test_organs_that_were_not_changed_follow_the_fields(record: Record) -> None:
    typed = {"organs": list(CHEST.organ_exposures), "organs-shown": CHEST.code}
    record.told(record.add("radiation", fields=OTHER.label, **typed))
    assert record.only("radiation").organs is None


@pytest.mark.parametrize("typed", ["much", "1,5", "-3"])
def test_a_mean_dose_that_is_none_is_refused_and_kept(record: Record, typed: str) -> None:
    organ = CHEST.organ_exposures[0]
    answer = record.add(
        "radiation",
        **{"fields": CHEST.label, "organs": organ, "organs-shown": CHEST.code, f"organs-dose-{organ}": typed},
    )
    page = plain(answer)
    assert answer.status_code == 422 and len(errors_in(page)) == 1 and 'href="#organs"' in page
    assert value_of(page, f"organs-dose-{organ}") == typed and ticked(page) == {organ}


def test_a_made_up_organ_is_refused(record: Record) -> None:
    answer = record.add("radiation", **{"fields": CHEST.label, "organs": "appendage", "organs-shown": CHEST.code})
    assert "is no organ of the pack" in errors_in(plain(answer))[0]


def test_a_change_without_a_look_at_the_organs_keeps_them(record: Record) -> None:
    kept = CHEST.organ_exposures[0]
    record.told(record.add("radiation", **{"fields": CHEST.label, "organs": kept, "organs-shown": CHEST.code}))
    record.told(record.change("radiation", record.only("radiation").id, fields=CHEST.label, dose_gy="21"))
    assert record.only("radiation").organs == {kept: None} and record.only("radiation").dose_gy == 21
