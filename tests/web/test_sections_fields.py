"""Each kind of field: how it may be typed, what it is understood as, and that nothing typed is ever lost."""

import re
from decimal import Decimal

import pytest
from flask import Flask

from tests.web.section_forms import Record, errors_in, first_label, plain, value_of
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.services.sections.registry import SECTIONS
from tracker.web.forms_sections import CONFIRMED, REASON, EntryForm

HOSTILE = """<script>alert("x")</script> O'Hara & Ñandú 漢字 \u202e % %s {{ 7*7 }} "><img src=x onerror=y>"""


@pytest.fixture
def record(app_sqlite: Flask, clock: FixedClock) -> Record:
    return Record(app_sqlite, clock)


def chosen(page: str, name: str) -> str:
    """The code chosen in a select."""
    found = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    assert found is not None, name
    option = re.search(r'<option value="([^"]*)" selected', found[0])
    return option[1] if option else ""


@pytest.mark.parametrize("typed", ["doxorubicin", "Doxorubicin", "DOXORUBICIN ", "dox", "adriamycin"])
def test_an_agent_is_found_by_code_name_synonym_or_three_letters(record: Record, typed: str) -> None:
    told = record.told(record.add("drugs", agent=typed, dose="75", unit="mg/m2"))
    row = record.only("drugs")
    assert row.agent == "doxorubicin"
    is_other = typed.strip().casefold() != "doxorubicin"
    assert (f"“{typed.strip()}” is recorded as Doxorubicin" in told) is is_other
    assert value_of(record.get("sections.edit", key="drugs", entry_id=row.id), "agent") == "Doxorubicin"


def test_an_agent_that_is_not_on_the_list_is_refused_with_what_may_have_been_meant(record: Record) -> None:
    answer = record.add("drugs", agent="rubicin", dose="75")
    [line] = errors_in(plain(answer))
    assert answer.status_code == 422
    assert line.startswith("“rubicin” is not in the pack.")
    assert re.search(r"Did you mean .*rubicin( or .*rubicin){0,2}\?$", line)
    assert value_of(plain(answer), "agent") == "rubicin" and value_of(plain(answer), "dose") == "75"


def test_two_letters_or_what_several_begin_with_is_no_answer(record: Record) -> None:
    for typed in ("do", "c"):
        assert record.add("drugs", agent=typed).status_code == 422
    assert record.rows("drugs") == []


def test_a_list_that_is_open_takes_other_words_as_they_are(record: Record) -> None:
    told = record.told(record.add("symptoms", symptom="  Bone pain,  worse at night "))
    assert record.only("symptoms").symptom == "Bone pain, worse at night"
    assert "is recorded as" not in told


def test_a_label_of_an_open_list_is_stored_as_its_code_and_shown_as_label(record: Record) -> None:
    label = first_label("symptom")
    record.told(record.add("symptoms", symptom=label.upper()))
    row = record.only("symptoms")
    assert row.symptom != label.upper()
    assert value_of(record.get("sections.edit", key="symptoms", entry_id=row.id), "symptom") == label
    assert label in record.get("sections.show", key="symptoms")


def test_a_box_with_a_list_offers_its_words(record: Record) -> None:
    page = record.get("sections.new", key="drugs")
    assert re.search(r'<input[^>]*name="agent"[^>]*list="list-agents"', page)
    offered = re.search(r'<datalist id="list-agents">(.*?)</datalist>', page, re.DOTALL)
    assert offered and '<option value="Doxorubicin">' in offered[1] and offered[1].count("<option") > 20


@pytest.mark.parametrize(
    "parts, stored, shown",
    [
        ({"year": "2019"}, PartialDate(2019), "2019"),
        ({"year": "2019", "month": "mar"}, PartialDate(2019, 3), "Mar 2019"),
        ({"year": "2019", "month": "3", "day": "14"}, PartialDate(2019, 3, 14), "Mar 14, 2019"),
        ({}, None, "Pain"),
    ],
)
def test_of_a_date_as_much_is_kept_as_is_known(
    record: Record, parts: dict[str, str], stored: PartialDate | None, shown: str
) -> None:
    record.told(record.add("symptoms", symptom="Pain", **{f"onset_on-{part}": text for part, text in parts.items()}))
    row = record.only("symptoms")
    assert row.onset_on == stored
    assert shown in record.get("sections.show", key="symptoms")
    page = record.get("sections.edit", key="symptoms", entry_id=row.id)
    assert value_of(page, "onset_on-year") == parts.get("year", "")
    assert value_of(page, "onset_on-day") == parts.get("day", "")


@pytest.mark.parametrize(
    "parts, sentence",
    [
        ({"day": "14"}, "“Began” must include a month and a year"),
        ({"month": "13", "year": "2019"}, "The month must be a number from 1 to 12, or its name"),
        ({"month": "2", "day": "30", "year": "2019"}, "That month has no day 30. Check the month and the day"),
        ({"year": "19"}, "The year must have four digits, like 2026"),
        ({"year": "2027"}, "“Began” is in the future. Check the year"),
        ({"year": "1999"}, "“Began” is before the date of birth. Check the year"),
    ],
)
def test_a_date_that_cannot_be_is_refused_at_its_boxes(record: Record, parts: dict[str, str], sentence: str) -> None:
    answer = record.add("symptoms", symptom="Pain", **{f"onset_on-{part}": text for part, text in parts.items()})
    page = plain(answer)
    assert answer.status_code == 422 and errors_in(page) == [sentence]
    assert re.search(r'href="#onset_on-(month|day|year)"', page)
    for part, text in parts.items():
        assert value_of(page, f"onset_on-{part}") == text
    assert value_of(page, "symptom") == "Pain"


def test_an_end_before_the_beginning_is_refused(record: Record) -> None:
    answer = record.add("symptoms", symptom="Pain", **{"onset_on-year": "2020", "resolved_on-year": "2019"})
    assert errors_in(plain(answer)) == ["“Went away” is before “Began”. Check both years"]


@pytest.mark.parametrize(
    "name, typed, sentence",
    [
        ("dose", "a lot", "Enter a plain number, like 12.5, without commas or a unit"),
        ("dose", "75 mg", "Enter a plain number, like 12.5, without commas or a unit"),
        ("dose", "1e5", "Enter a plain number, like 12.5, without commas or a unit"),
        ("dose", "-3", "“Dose” cannot be less than 0. Check the number"),
        ("dose", "0.00001", "Round “Dose” to 4 decimal places"),
        ("courses", "2.5", "Enter a whole number, like 3"),
        ("courses", "six", "Enter a whole number, like 3"),
        ("courses", "٣", "Enter a whole number, like 3"),
    ],
)
def test_a_number_that_is_none_is_refused_and_stays_in_its_box(
    record: Record, name: str, typed: str, sentence: str
) -> None:
    answer = record.add("drugs", **{"agent": "Doxorubicin", "unit": "mg/m2", name: typed})
    page = plain(answer)
    assert answer.status_code == 422 and errors_in(page) == [sentence]
    assert value_of(page, name) == typed and value_of(page, "agent") == "Doxorubicin"


def test_the_unit_stands_behind_the_box_of_a_number(record: Record) -> None:
    page = record.get("sections.new", key="transfusions")
    assert re.search(r'name="count".*?nhsuk-input-wrapper__suffix[^>]*>units<', page, re.DOTALL)
    assert "µnits" not in page


def test_a_yes_no_question_starts_as_its_table_does_and_unknown_is_never_no(record: Record) -> None:
    page = record.get("sections.new", key="relatives")
    assert re.search(r'name="affected"[^>]*value="unknown"[^>]*checked', page)
    assert re.search(r'name="given"[^>]*value="yes"[^>]*checked', record.get("sections.new", key="immunizations"))
    record.told(record.add("relatives", relation="Mother"))
    assert record.only("relatives").affected == "unknown"


def test_what_is_no_answer_is_refused_however_it_was_sent(record: Record) -> None:
    answer = record.add("relatives", relation="Mother", affected="perhaps", side="left", deceased="maybe")
    assert len(errors_in(plain(answer))) == 3
    assert record.rows("relatives") == []


def test_a_required_choice_starts_with_none_chosen_and_others_with_what_the_table_says(record: Record) -> None:
    assert '<option value="" selected>Choose</option>' in record.get("sections.new", key="transfusions")
    assert chosen(record.get("sections.new", key="drugs"), "unit") == "mg/m2"
    assert chosen(record.get("sections.new", key="workup-exams"), "reflexes") == "not_examined"


@pytest.mark.parametrize("sent", ["7f4cf7ae-1d5c-4f9a-a3c4-7ad4bb8f6f5c", "not-an-id", "0"])
def test_a_tumor_of_somebody_else_is_refused(record: Record, sent: str) -> None:
    answer = record.add("symptoms", symptom="Pain", diagnosis_id=sent)
    assert errors_in(plain(answer)) == ["Choose “Which tumor” among the diagnoses of this survivor"]


def test_the_survivors_tumors_are_offered_and_kept(record: Record) -> None:
    assert ">Wilms tumor</option>" in record.get("sections.new", key="symptoms")
    record.told(record.add("symptoms", symptom="Pain", diagnosis_id=str(record.diagnosis_id)))
    row = record.only("symptoms")
    assert row.diagnosis_id == record.diagnosis_id
    assert chosen(record.get("sections.edit", key="symptoms", entry_id=row.id), "diagnosis_id") == str(row.diagnosis_id)


def test_an_improbable_dose_is_asked_about_and_kept_once_it_is_said_to_be_right(record: Record) -> None:
    typed = {"agent": "Doxorubicin", "dose": "750", "unit": "mg/m2", "courses": "6", "note": "Typed with care"}
    asked = record.add("drugs", **typed)
    page = plain(asked)
    assert asked.status_code == 422 and "Yes, this is right" in page and 'name="confirmed"' in page
    assert "4,500 mg/m² of Doxorubicin (750 × 6) is more than is usual" in page and "Typed with care" in page
    assert 'name="confirmed"' not in record.get("sections.new", key="drugs")
    record.told(record.add("drugs", **typed, confirmed="y"))
    assert record.only("drugs").dose == 750


def test_being_right_answers_a_question_and_nothing_that_cannot_be(record: Record) -> None:
    answer = record.add("drugs", agent="Doxorubicin", dose="750", courses="-1", confirmed="y")
    assert answer.status_code == 422


def test_long_text_keeps_its_lines(record: Record) -> None:
    record.told(record.add("conferences", kind="tumor_board", decided="  First\r\n\r\nthen second\r\n"))
    assert record.only("conferences").decided == "First\n\nthen second"


@pytest.mark.parametrize("key, name", [("allergies", "substance"), ("conferences", "decided"), ("symptoms", "symptom")])
def test_hostile_words_are_kept_as_typed_and_run_nothing(record: Record, key: str, name: str) -> None:
    typed = {"kind": "tumor_board"} if key == "conferences" else {}
    limit = 60 if name == "symptom" else 200
    words = " ".join(HOSTILE[:limit].split())
    record.told(record.add(key, **typed, **{name: words}))
    row = record.only(key)
    assert getattr(row, name) == words
    for endpoint, values in (
        ("sections.show", {"key": key}),
        ("sections.edit", {"key": key, "entry_id": row.id}),
        ("sections.remove", {"key": key, "entry_id": row.id}),
        ("sections.index", {}),
    ):
        page = record.client.get(record.path(endpoint, **values)).get_data(as_text=True)
        assert "<script>alert" not in page and "<img src=x" not in page
    refused = record.client.post(
        record.path("sections.new", key=key), data={"version": "1", "note": HOSTILE, name: HOSTILE}
    ).get_data(as_text=True)
    assert "<script>alert" not in refused


def test_a_text_too_long_says_how_long_it_may_be(record: Record) -> None:
    answer = record.add("allergies", substance="x" * 201)
    assert errors_in(plain(answer)) == ["“Substance” may have at most 200 characters. Yours has 201"]


def test_a_nul_is_turned_away(record: Record) -> None:
    assert record.add("allergies", substance="pea\x00nut").status_code == 400
    assert record.rows("allergies") == []


def test_no_section_calls_a_field_like_something_every_form_has() -> None:
    taken = {*dir(EntryForm), "version", CONFIRMED, REASON}
    clashes = {(key, field.name) for key, section in SECTIONS.items() for field in section.fields} & {
        (key, name) for key in SECTIONS for name in taken
    }
    assert clashes == set()


def test_rarely_used_fields_are_folded_until_they_say_something(record: Record) -> None:
    folded = record.get("sections.new", key="drugs").partition("<details")[2]
    assert 'name="weight_kg"' in folded and 'name="agent"' not in folded
    record.told(record.add("drugs", agent="Doxorubicin", dose="75", weight_kg="31.5"))
    row = record.only("drugs")
    assert row.weight_kg == Decimal("31.5")
    shown = record.get("sections.edit", key="drugs", entry_id=row.id).partition("<details")[0]
    assert value_of(shown, "weight_kg") == "31.5"
