"""An entry in one line of plain English, and its values beside their labels."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tracker.engine.catalogue import title_of
from tracker.engine.partial_dates import PartialDate
from tracker.guidelines.catalogue import load_catalogue
from tracker.services.sections import registry
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.words import day_words, field_words, headline

CATALOGUE = load_catalogue()
JAN, JUNE = PartialDate(2021, 1), PartialDate(2021, 6)


def row(key: str, **values: Any) -> Any:
    """A row as it comes back from the table: what is not given is what the column starts with."""
    table: Any = registry.section(key).table
    made = table(recorded_at=datetime(2026, 1, 5, tzinfo=UTC))
    for column in table.__table__.columns:
        if column.default is not None and not column.default.is_callable:
            setattr(made, column.key, column.default.arg)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def line(key: str, **values: Any) -> str:
    return headline(row(key, **values), registry.section(key), CATALOGUE)


def label(lookup: str, place: int = 0) -> tuple[str, str]:
    """A code of a list, and what it is called."""
    entry = list(lookup_list(CATALOGUE, lookup).values())[place]
    return entry.code, title_of(entry)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (PartialDate(2019), "2019"),
        (PartialDate(2019, 3), "Mar 2019"),
        (PartialDate(2019, 3, 14), "Mar 14, 2019"),
        (PartialDate(2020, 12, 1), "Dec 1, 2020"),
    ],
)
def test_a_date_is_worded_as_far_as_it_is_known(day: PartialDate, words: str) -> None:
    assert day_words(day) == words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"dose": Decimal(75), "courses": 6, "route": "iv", "started_on": JAN, "ended_on": JUNE},
            "Doxorubicin 75 mg/m² × 6, IV, Jan 2021 – Jun 2021",
        ),
        ({"dose": Decimal("450.0000")}, "Doxorubicin 450 mg/m²"),
        ({"dose": Decimal("37.5"), "ended_on": PartialDate(2021)}, "Doxorubicin 37.5 mg/m², until 2021"),
        ({"courses": 6, "route": "po"}, "Doxorubicin, 6 courses, dose unknown, by mouth"),
        ({}, "Doxorubicin, dose unknown"),
        ({"dose": Decimal(5), "unit": "AUC", "courses": 4, "agent": "carboplatin"}, "Carboplatin AUC 5 × 4"),
        ({"dose": Decimal(12000), "unit": "[U]/m2", "agent": "bleomycin"}, "Bleomycin 12,000 units/m²"),
        ({"agent": "mandrake", "started_on": JAN, "ended_on": JAN}, "mandrake, dose unknown, Jan 2021"),
    ],
)
def test_a_medicine_in_one_line(values: dict[str, Any], words: str) -> None:
    assert line("drugs", **({"agent": "doxorubicin"} | values)) == words


def test_a_radiation_course_in_one_line() -> None:
    whole = line(
        "radiation",
        fields=["upper-abdomen", "pelvis"],
        dose_gy=Decimal("45.50"),
        fractions=25,
        purpose="residual",
        started_on=PartialDate(2021, 3, 1),
    )
    assert whole == "Upper abdomen + Pelvis, 45.5 Gy in 25 fractions, for tumor left after surgery, Mar 1, 2021"
    assert line("radiation", fields=["tbi"]) == "Total body, dose unknown"
    assert line("radiation", fields=["tbi"], fractions=6) == "Total body, dose unknown in 6 fractions"


def test_other_treatment_in_one_line() -> None:
    code, words = label("operations")
    assert line("surgeries", operation=code, site="left thigh", done_on=JAN) == f"{words}, left thigh, Jan 2021"
    assert line("transfusions", product="red_cells", count=12, country="US") == "Red cells × 12, US"
    assert line("transfusions", product="none") == "None was given"
    assert line("radionuclides", kind="i131", activity=Decimal("3.7"), treatments=2) == (
        "Radioiodine (I-131), 3.7 GBq, 2 treatments"
    )
    assert line("radionuclides", kind="mibg") == "I-131 MIBG, activity unknown"
    assert line("transplants", kind="unknown", done_on=PartialDate(2019)) == "Transplant, 2019"
    assert line("gvhd", kind="chronic", organ="skin", grade="II", active="yes") == (
        f"Chronic, {CATALOGUE.terms['gvhd_organ']['skin'].label}, II, active now"
    )
    assert line("gvhd", kind="chronic", active="no") == "Chronic, active now: no"
    assert line("adverse-events", term="Ringing ears", grade=2, resolved="unknown") == "Ringing ears, CTCAE grade 2"


def test_what_is_not_treatment_in_one_line() -> None:
    assert line("symptoms", symptom="Falls", onset_on=PartialDate(2020), resolved_on=JUNE) == (
        "Falls, before or at diagnosis, 2020 – Jun 2021"
    )
    assert line("workup-labs", analyte="Hemoglobin", value="9.1", unit="g/dL", flag="low") == "Hemoglobin 9.1 g/dL, low"
    assert line("relatives", relation="Great-aunt", affected="yes", condition="sarcoma", age_at_diagnosis=41) == (
        "Great-aunt, has or had cancer, sarcoma, age at diagnosis 41 years"
    )
    assert line("relatives", relation="Great-aunt", affected="no") == "Great-aunt, has or had cancer: no"
    assert line("immunizations", vaccine="Plague", dose_number=2, given="yes") == "Plague, dose number 2, given"
    assert line("guardians", name="Maria Rivera", relation="Neighbor", ground="court") == (
        "Maria Rivera, Neighbor, court order"
    )
    assert line("conferences", kind="tumor_board", held_on=JAN) == "Tumor board, Jan 2021"
    assert line("workup-exams") == "Examination"


def test_what_was_typed_is_kept_and_cut_to_one_line() -> None:
    long = line("workup-exams", findings="A firm mass\n below the skin, " + "x" * 200)
    assert long.startswith("A firm mass below the skin, xxx") and long.endswith("…") and len(long) == 80
    assert line("allergies", substance="<b>Latex</b>", severity="unknown") == "<b>Latex</b>"


def test_every_section_has_a_headline_for_an_entry_that_says_nothing() -> None:
    for section in registry.SECTIONS.values():
        assert headline(
            row(section.key, fields=[]) if section.key == "radiation" else row(section.key), section, CATALOGUE
        )


def test_phrases_are_translated_before_their_gaps_are_filled_and_what_was_typed_is_not() -> None:
    phrases = []

    def shout(phrase: str) -> str:
        phrases.append(phrase)
        return phrase.upper() if "{" not in phrase else phrase

    section = registry.section("radiation")
    course = row("radiation", fields=["pelvis"], fractions=6, ended_on=JUNE)
    said = headline(course, section, CATALOGUE, translate=shout, say_day=lambda day: f"<{day}>")
    assert said == "PELVIS, DOSE UNKNOWN in 6 fractions, until <2021-06>"
    assert {"dose unknown", "{dose} in {number} fractions", "until {day}"} <= set(phrases)
    typed = headline(row("allergies", substance="Latex"), registry.section("allergies"), CATALOGUE, translate=shout)
    assert typed == "Latex"


def test_nothing_is_never_handed_to_a_translator() -> None:
    def header(phrase: str) -> str:
        return phrase or "Project-Id-Version: 1"

    for section in registry.SECTIONS.values():
        bare = row(section.key, **({"fields": []} if section.key == "radiation" else {}))
        assert "Project" not in headline(bare, section, CATALOGUE, translate=header)
        for field in section.fields:
            assert "Project" not in field_words(field, getattr(bare, field.name), CATALOGUE, translate=header)


@pytest.mark.parametrize(
    ("key", "name", "value", "words"),
    [
        ("drugs", "dose", Decimal("75.0000"), "75"),
        ("drugs", "weight_kg", Decimal("43.2"), "43.2 kg"),
        ("drugs", "agent", "doxorubicin", "Doxorubicin"),
        ("drugs", "unit", "mg/m2", "mg/m²"),
        ("drugs", "route", "", ""),
        ("drugs", "timing", "unknown", "Unknown"),
        ("drugs", "myeloablative", "no", "No"),
        ("drugs", "started_on", JAN, "Jan 2021"),
        ("drugs", "started_on", None, ""),
        ("drugs", "courses", 0, "0"),
        ("drugs", "note", "Line\nline", "Line\nline"),
        ("radiation", "fields", ["pelvis", "tbi", "gone"], "Pelvis + Total body + gone"),
        ("radiation", "organs", None, ""),
        ("radiation", "organs", {"colon_rt_gy": Decimal("4.50"), "skin_rt": None}, "Colon dose 4.5 Gy, skin_rt"),
    ],
)
def test_a_value_as_it_stands_beside_its_label(key: str, name: str, value: Any, words: str) -> None:
    labels = {"colon_rt_gy": "Colon dose"}
    assert field_words(registry.section(key).field(name), value, CATALOGUE, labels=labels) == words
