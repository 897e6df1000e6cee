"""What an entry must satisfy: what cannot be is refused with a sentence, what is improbable is asked about once."""

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from tests.unit.section_problems import AROUND, DRUG, TUMOR, found, refused
from tracker.engine.catalogue import resolve
from tracker.engine.partial_dates import PartialDate
from tracker.services.sections import registry
from tracker.services.sections.checks import check_change
from tracker.services.sections.coding import as_coded
from tracker.services.sections.entries import EntryInput
from tracker.services.sections.spec import Kind

# What every field is checked for


def test_what_an_entry_cannot_do_without_is_asked_for_once_it_is_new_or_emptied() -> None:
    assert refused("drugs") == {"agent": "Choose “Agent”: an entry cannot be kept without it"}
    assert refused("drugs", agent="  ") == refused("drugs")
    assert refused("radiation", fields=[]) == {"fields": "Choose “Fields”: an entry cannot be kept without it"}
    assert refused("allergies", substance="") == {"substance": "Enter “Substance”: an entry cannot be kept without it"}
    assert found("drugs", {"courses": 3}, id=uuid4()) == []
    assert [each.field for each in found("drugs", {"agent": ""}, id=uuid4())] == ["agent"]


def test_everything_but_the_required_may_be_unknown() -> None:
    for section in registry.SECTIONS.values():
        blank: dict[str, object] = {
            field.name: None if field.kind not in (Kind.CHOICE, Kind.TEXT, Kind.LOOKUP) else ""
            for field in section.fields
            if not field.required
        }
        expected = [field.name for field in section.fields if field.required]
        if section.key == "workup-exams":
            expected = ["findings"]
        assert [problem.field for problem in found(section.key, blank)] == expected


@pytest.mark.parametrize("length", [119, 120, 121])
def test_a_text_is_as_long_as_its_column(length: int) -> None:
    problems = refused("guardians", name="x" * length, relation="mother")
    assert bool(problems) == (length > 120)
    if problems:
        assert problems["name"] == "“Name” may have at most 120 characters. Yours has 121"


@pytest.mark.parametrize("text", ["nul\0", "half \ud800 a pair"])
def test_characters_that_no_database_keeps_are_refused(text: str) -> None:
    assert "cannot be stored" in refused("allergies", substance=text)["substance"]
    assert "cannot be stored" in refused("allergies", substance="Latex", note=text)["note"]


def test_a_choice_is_one_of_the_list() -> None:
    assert refused("gvhd", kind="late") == {"kind": "Choose “Kind” from the list"}
    assert refused("drugs", agent="doxorubicin", unit="") == {}
    assert refused("drugs", agent="doxorubicin", unit="grain") == {"unit": "Choose “Unit” from the list"}
    assert "yes, no or unknown" in refused("gvhd", kind="acute", active="perhaps")["active"]


def test_what_exposures_follow_from_must_be_in_the_pack_and_the_rest_may_be_said_in_other_words() -> None:
    assert refused("drugs", agent="mandrake")["agent"].startswith("“mandrake” is not in the pack. Choose it by its gen")
    assert "nearest" in refused("radiation", fields=["pelvis", "left ear"])["fields"]
    assert "“left ear”" in refused("radiation", fields=["pelvis", "left ear"])["fields"]
    assert "nearest" in refused("surgeries", operation="trepanation")["operation"]
    assert refused("symptoms", symptom="A feeling of falling") == {}
    assert refused("tumor-variants", method="A new method", gene="NEW1") == {}
    assert "at most 60" in refused("symptoms", symptom="x" * 61)["symptom"]


def test_codes_must_be_a_list_of_codes() -> None:
    assert refused("radiation", fields="pelvis") == {}
    assert set(refused("radiation", fields=[7])) == {"fields"}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (Decimal("0"), ""),
        (Decimal("12.3456"), ""),
        (Decimal("-0.1"), "cannot be less than 0"),
        (Decimal("12.34567"), "Round “Dose”"),
        (Decimal(10) ** 10, "too large"),
        (Decimal("NaN"), "as a number"),
        (Decimal("Infinity"), "as a number"),
        ("75", "as a number"),
        (True, "as a number"),
    ],
)
def test_a_number_is_one_that_can_be_stored(value: object, problem: str) -> None:
    problems = refused("drugs", agent="vincristine", dose=value)
    assert problem in problems.get("dose", "") and bool(problem) == bool(problems)


def test_what_is_counted_is_whole_and_bounds_hold() -> None:
    assert "whole numbers" in refused("drugs", **DRUG, courses=Decimal("1.5"))["courses"]
    assert refused("drugs", **DRUG, courses=Decimal(6)) == {}
    assert "too large" in refused("drugs", **DRUG, courses=3_000_000_000)["courses"]
    assert (
        "cannot be more than 100 %" in refused("tumor-variants", method="panel", allele_percent=101)["allele_percent"]
    )
    assert refused("tumor-variants", method="panel", allele_percent=100) == {}
    for grade, is_right in ((0, False), (1, True), (5, True), (6, False)):
        assert (refused("adverse-events", term="Pain", grade=grade) == {}) == is_right


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        (PartialDate(2026), ""),
        (PartialDate(2026, 11), ""),
        (PartialDate(2026, 11, 23), ""),
        (date(2026, 11, 23), ""),
        (date(2026, 11, 24), "in the future"),
        (PartialDate(2026, 11, 24), "in the future"),
        (PartialDate(2026, 12), "in the future"),
        (PartialDate(2027), "in the future"),
        (PartialDate(2007), ""),
        (PartialDate(2007, 3), ""),
        (PartialDate(2007, 3, 5), ""),
        (PartialDate(2007, 3, 4), "before the date of birth"),
        (PartialDate(2007, 2), "before the date of birth"),
        (PartialDate(2006), "before the date of birth"),
        ("2019", "the year alone is enough"),
    ],
)
def test_a_date_is_refused_only_if_it_cannot_be_right(day: object, problem: str) -> None:
    problems = refused("metastases", organ="lung", found_on=day)
    assert problem in problems.get("found_on", "") and bool(problem) == bool(problems)


def test_what_is_planned_may_lie_ahead_where_it_can_be_planned() -> None:
    assert refused("insurance", kind="Private", until_on=PartialDate(2027, 12)) == {}
    assert refused("care-team", role="Cardiologist", from_on=PartialDate(2027)) != {}


@pytest.mark.parametrize(
    ("began", "ended", "is_wrong"),
    [
        (PartialDate(2021, 6), PartialDate(2021), False),
        (PartialDate(2021, 6), PartialDate(2021, 6), False),
        (PartialDate(2021, 6, 30), PartialDate(2021, 6), False),
        (PartialDate(2021, 6), PartialDate(2021, 5), True),
        (PartialDate(2021, 6, 1), PartialDate(2021, 5, 31), True),
        (PartialDate(2022), PartialDate(2021, 12, 31), True),
        (PartialDate(2022), None, False),
        (None, PartialDate(2021), False),
    ],
)
def test_an_end_is_refused_only_if_it_is_certainly_before_the_start(
    began: PartialDate | None, ended: PartialDate | None, is_wrong: bool
) -> None:
    problems = refused("drugs", **DRUG, started_on=began, ended_on=ended)
    assert problems == ({"ended_on": "“Last day” is before “First day”. Check both years"} if is_wrong else {})


def test_a_tumor_is_one_of_this_survivors() -> None:
    assert refused("drugs", **DRUG, diagnosis_id=TUMOR) == {}
    assert "diagnoses of this survivor" in refused("drugs", **DRUG, diagnosis_id=UUID(int=1))["diagnosis_id"]


def test_organs_are_the_packs_and_their_doses_are_doses() -> None:
    assert refused("radiation", fields=["pelvis"], organs=None) == {}
    assert refused("radiation", fields=["pelvis"], organs={}) == {}
    assert refused("radiation", fields=["pelvis"], organs={"colon_rt_gy": Decimal("4.5"), "bladder_rt_gy": None}) == {}
    assert "no organ of the pack" in refused("radiation", fields=["pelvis"], organs={"soul_rt_gy": None})["organs"]
    for dose in (Decimal(-1), Decimal("NaN"), "12", Decimal("1.23456")):
        problem = refused("radiation", fields=["pelvis"], organs={"colon_rt_gy": dose})["organs"]
        assert problem.startswith("Enter the mean dose of") and "Gy" in problem
    assert "from the list" in refused("radiation", fields=["pelvis"], organs=["colon_rt_gy"])["organs"]


def test_every_problem_is_found_at_once_under_the_names_of_the_form() -> None:
    problems = found("drugs", {"agent": "mandrake", "dose": Decimal(-1), "mood": "good"}, at="drugs-2")
    assert {problem.field for problem in problems} == {"drugs-2-agent", "drugs-2-dose", "drugs-2-mood"}


# Changes, and what was typed


def test_a_change_is_checked_with_what_stands_and_only_for_what_it_brings() -> None:
    section, standing = registry.section("drugs"), {"agent": "doxorubicin", "dose": Decimal(75), "courses": 12}

    def problems(at: str = "", **entered: object) -> list[str]:
        changed = check_change(section, EntryInput(entered, id=uuid4()), standing, AROUND, at=at)
        return [problem.field for problem in changed]

    assert problems(note="A word") == []
    assert problems(note="A word", at="drugs-0") == []
    assert problems(dose=Decimal(80)) == ["dose"]
    assert problems(dose=Decimal(80), at="drugs-0") == ["drugs-0-dose"]
    assert problems(courses=13) == ["dose"]
    assert problems(courses=2) == []
    assert problems(agent="mandrake") == ["agent"]


def test_what_stands_may_stay_but_not_be_changed_into_something_as_wrong() -> None:
    section, standing = registry.section("drugs"), {"agent": "doxorubicin", "started_on": PartialDate(2030)}

    def problems(**entered: object) -> list[str]:
        changed = check_change(section, EntryInput(entered, id=uuid4()), standing, AROUND)
        return [problem.field for problem in changed]

    assert problems(note="As in the file") == []
    assert problems(started_on=PartialDate(2031)) == ["started_on"]


def test_a_name_or_synonym_is_read_as_its_code_and_other_words_are_kept() -> None:
    def coded(key: str, **values: object) -> dict[str, object]:
        return dict(as_coded(registry.section(key), EntryInput(values), AROUND.catalogue).values)

    assert coded("drugs", agent="ADRIAMYCIN ") == {"agent": "doxorubicin"}
    assert coded("drugs", agent="doxorubicin", note="Adriamycin") == {"agent": "doxorubicin", "note": "Adriamycin"}
    assert coded("drugs", agent="mandrake") == {"agent": "mandrake"}
    assert coded("radiation", fields=["Upper abdomen", "pelvis"]) == {"fields": ["upper-abdomen", "pelvis"]}
    assert coded("radiation", fields=None) == {"fields": None}
    organ = next(iter(AROUND.catalogue.terms["organ"].values()))
    assert coded("metastases", organ=organ.label.upper()) == {"organ": organ.code}
    assert resolve(AROUND.catalogue.terms["organ"], "thyr") == "thyroid"
    assert coded("metastases", organ="thyr") == {"organ": "thyr"}
    assert coded("drugs", agent="doxorubic") == {"agent": "doxorubicin"}
