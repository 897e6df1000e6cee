"""The editor's fast rows: names by their beginning, protocols, sums as typed, one box that confirms."""

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.web.treatment_desk import DIAGNOSIS, DOXORUBICIN, Desk, day, desk
from tracker.current import database
from tracker.guidelines.catalogue import load_catalogue
from tracker.models import Diagnosis, DrugCourse, Metastasis, RadiationCourse, Surgery, Survivor

__all__ = ["desk"]

# Names by three letters, and protocols


def test_the_beginning_of_a_name_is_enough_where_it_begins_only_one(desk: Desk) -> None:
    typed = DIAGNOSIS | {
        "surgeries-0-operation": "splenec",
        "drugs-0-agent": "vincr",
        "drugs-0-unit": "mg/m2",
        "radiation-0-fields": "pelvis; posterior fos",
        "radiation-0-dose_gy": "2340",
        "radiation-0-dose_gy-unit": "cGy",
        "metastases-0-organ": "lung",
    }
    assert desk.post(typed)[0] == 303
    with desk.app.app_context(), database().reading() as session:
        [operation] = session.scalars(sa.select(Surgery))
        [drug] = session.scalars(sa.select(DrugCourse))
        [course] = session.scalars(sa.select(RadiationCourse))
        [metastasis] = session.scalars(sa.select(Metastasis))
    assert (operation.operation, drug.agent, drug.dose) == ("splenectomy", "vincristine", None)
    assert (course.fields, course.dose_gy) == (["pelvis", "posterior-fossa"], Decimal("23.4"))
    assert metastasis.organ == "lung"
    page = desk.page()
    for shown in ('value="Vincristine"', 'value="Pelvis; Posterior fossa"', 'value="23.4"', "Given, dose unknown"):
        assert shown in page


@pytest.mark.parametrize(
    ("box", "typed", "words"),
    [
        ("drugs-0-agent", "dau", "Daunorubicin"),
        ("surgeries-0-operation", "ivc", "Resection of the inferior vena cava"),
        ("radiation-0-fields", "Nowhere", "is not in the pack"),
        ("diagnoses-0-icdo3_topography", "Nowhere", "enter its code like C49.4"),
    ],
)
def test_a_name_that_means_several_or_none_is_asked_about_and_stays(
    desk: Desk, box: str, typed: str, words: str
) -> None:
    status, page = desk.post(DIAGNOSIS | {box: typed})
    assert status == 422
    assert words in page
    assert f'value="{typed}"' in page
    assert f'href="#{box}"' in page


def test_the_beginning_of_several_diagnoses_is_asked_about_but_a_word_of_ones_own_is_kept(desk: Desk) -> None:
    status, page = desk.post(DIAGNOSIS | {"diagnoses-0-name": "lei"})
    assert status == 422
    assert "“lei” can be several. Did you mean Leiomyosarcoma or" in page
    assert desk.post(DIAGNOSIS | {"diagnoses-0-name": "Sarcoma"})[0] == 303
    assert desk.facts().diagnoses[0].name == "Sarcoma"


def test_a_protocol_is_copied_as_rows_and_enter_in_its_box_saves_nothing(desk: Desk) -> None:
    status, page = desk.post(DIAGNOSIS | {"regimen": "dox-ifos"})
    assert status == 200
    for shown in ('value="Doxorubicin"', 'value="Ifosfamide"', 'value="75"', 'value="10"'):
        assert shown in page
    assert "dox-ifos" not in re.findall(r'<input[^>]*name="regimen"[^>]*>', page)[0], "the box is free for another"
    [box] = re.findall(r"<input[^>]*autofocus[^>]*>", page)
    assert 'name="drugs-0-dose"' in box
    assert desk.facts().diagnoses == ()


def test_a_protocol_that_means_several_or_none_is_said_so(desk: Desk) -> None:
    assert "can be several. Did you mean" in desk.post({"regimen": "dox"}, act="add-regimen")[1]
    assert "is no protocol of the list" in desk.post({"regimen": "qqq"}, act="add-regimen")[1]
    assert "Enter the name of a protocol" in desk.post({"regimen": ""}, act="add-regimen")[1]


# Sums and confirmation


def test_the_sums_are_shown_with_their_arithmetic_and_write_nothing(desk: Desk) -> None:
    typed = DIAGNOSIS | {"drugs-0-agent": "doxorubicin", "drugs-0-dose": "75", "drugs-0-courses": "6"}
    answer = desk.client.post(f"{desk.url}/sums", data=typed | {"drugs-0-unit": "mg/m2"})
    assert answer.status_code == 200
    assert "75 mg/m² × 6 courses = 450 mg/m²" in answer.text
    assert "Doxorubicin-equivalent anthracycline dose" in answer.text
    assert "Leiomyosarcoma: not recorded yet: vessel, depth, resection" in answer.text
    assert "<html" not in answer.text
    assert desk.facts().diagnoses == ()


def test_a_recorded_total_stands_in_place_of_the_sum_and_says_so(desk: Desk) -> None:
    drug = {"drugs-0-agent": "doxorubicin", "drugs-0-dose": "75", "drugs-0-courses": "6", "drugs-0-unit": "mg/m2"}
    page = desk.client.post(f"{desk.url}/sums", data=DIAGNOSIS | DOXORUBICIN | drug).text
    assert "Recorded as a total, and that stands: 300 mg/m²" in page
    assert desk.post(DIAGNOSIS | DOXORUBICIN | drug)[0] == 303
    assert desk.facts().exposures["doxorubicin_mg_m2"] == 300


def test_what_follows_from_the_courses_is_no_row_of_the_form(desk: Desk) -> None:
    drug = {"drugs-0-agent": "doxorubicin", "drugs-0-dose": "75", "drugs-0-courses": "6", "drugs-0-unit": "mg/m2"}
    assert desk.post(DIAGNOSIS | drug)[0] == 303
    assert desk.facts().exposures["doxorubicin_mg_m2"] == 450
    page = desk.page()
    assert '<option value="doxorubicin_mg_m2" selected' not in page
    assert "75 mg/m² × 6 courses = 450 mg/m²" in page


def test_one_box_confirms_the_summary_today_and_a_later_change_needs_a_reason(desk: Desk) -> None:
    assert desk.post(DIAGNOSIS | {"confirm_today": "y"})[0] == 303
    with desk.app.app_context(), database().reading() as session:
        survivor = session.get_one(Survivor, desk.survivor_id)
        assert (survivor.summary_confirmed_by, str(survivor.summary_confirmed_on)) == ("Lena Okafor", "2026-11-23")
    stood = {"confirmed_by": "Lena Okafor", **day("confirmed_on", 11, 23, 2026)}
    changed = DIAGNOSIS | stood | {"diagnoses-0-tumor_grade": "low"}
    status, page = desk.post(changed)
    assert status == 422
    assert "Enter the reason for this change" in page and 'href="#reason"' in page
    assert desk.post(changed | {"reason": "The pathology was reviewed"})[0] == 303


def test_an_impossible_dose_of_a_course_is_questioned_once(desk: Desk) -> None:
    typed = DIAGNOSIS | {"drugs-0-agent": "doxorubicin", "drugs-0-dose": "7500", "drugs-0-unit": "mg/m2"}
    assert "Yes, this is right" not in desk.page()
    status, page = desk.post(typed)
    assert status == 422
    assert 'name="drugs-0-confirmed"' in page
    assert desk.post(typed | {"drugs-0-confirmed": "y"})[0] == 303


# What follows from other rows


def flashed(desk: Desk) -> list[tuple[str, str]]:
    with desk.client.session_transaction() as session:
        return [(kind, str(message)) for kind, message in session.pop("_flashes", [])]


CAVA = {
    "diagnoses-0-name": "LMS",
    "diagnoses-0-vessel_name": "IVC",
    **day("diagnoses-0-diagnosed_on", 3, 2, 2019),
    **day("diagnoses-0-end_of_therapy_on", 12, 1, 2019),
}
OPERATION = {
    "surgeries-0-operation": "cavectomy",
    "surgeries-0-done_on-month": "9",
    "surgeries-0-done_on-year": "2019",
}
RELAPSE = {"diagnoses-1-name": "LMS", "diagnoses-1-course": "relapse", **day("diagnoses-1-diagnosed_on", 1, 5, 2024)}


def test_the_day_of_removal_is_taken_from_the_operation_and_said_so(desk: Desk) -> None:
    words = "Tumor removed: Sep 2019, from the operation"
    assert words in desk.client.post(f"{desk.url}/sums", data=CAVA | OPERATION).text
    assert desk.post(CAVA | OPERATION)[0] == 303
    said = flashed(desk)
    assert [kind for kind, message in said if message.endswith(f". {words}")] == ["success"]
    assert "Could not be scheduled" not in str(said)
    with desk.app.app_context(), database().reading() as session:
        [tumor] = session.scalars(sa.select(Diagnosis))
    assert (str(tumor.resected_on), tumor.resected_precision) == ("2019-09-01", "month")


def test_what_cannot_be_scheduled_is_said_as_a_warning_with_the_date_that_is_missing(desk: Desk) -> None:
    assert desk.post(CAVA)[0] == 303
    [warning] = [message for kind, message in flashed(desk) if kind == "warm"]
    assert warning.startswith("Could not be scheduled: ") and "CT chest" in warning
    assert warning.endswith("Enter the date on which the tumor was removed")


def test_a_day_of_removal_that_differs_from_the_operation_is_pointed_out(desk: Desk) -> None:
    typed = CAVA | OPERATION | day("diagnoses-0-resected_on", 3, 1, 2019)
    page = desk.client.post(f"{desk.url}/sums", data=typed).text
    assert "“Tumor removed” is another day than that of the operation, Sep 2019" in page
    same = CAVA | OPERATION | day("diagnoses-0-resected_on", 9, 17, 2019)
    assert "another day" not in desk.client.post(f"{desk.url}/sums", data=same).text


@pytest.mark.parametrize(
    ("name", "first", "folded"),
    [
        ("LMS", ("resected_on-year", "vessel_name", "clinic_subtype"), ()),
        ("Medulloblastoma", (), ("resected_on-year", "vessel_name", "clinic_subtype")),
        ("Melanoma", ("resected_on-year",), ("vessel_name", "clinic_subtype")),
    ],
)
def test_a_tumor_is_asked_only_what_its_schedules_want(
    desk: Desk, name: str, first: tuple[str, ...], folded: tuple[str, ...]
) -> None:
    _status, page = desk.post({"diagnoses-0-name": name}, act="show")
    shown, rest = page.split("More about this tumor")
    assert [box for box in first if f'name="diagnoses-0-{box}"' not in shown] == []
    assert [box for box in folded if f'name="diagnoses-0-{box}"' not in rest] == []


def test_a_box_that_says_something_is_not_folded(desk: Desk) -> None:
    typed = {"diagnoses-0-name": "Medulloblastoma", "diagnoses-0-vessel_name": "IVC"}
    _status, page = desk.post(typed, act="show")
    assert 'name="diagnoses-0-vessel_name"' in page.split("More about this tumor")[0]


def test_the_site_and_vessel_that_follow_are_said_in_place_of_not_recorded(desk: Desk) -> None:
    _status, page = desk.post(CAVA, act="show")
    for words in ("Vascular", "Vena cava"):
        assert re.search(rf'<option value="" selected>\s*{words} \(follows from what was entered\)', page), words
    sums = desk.client.post(f"{desk.url}/sums", data=CAVA | {"diagnoses-0-tumor_site": "extremity"}).text
    assert 'data-choice="diagnoses-0-tumor_vessel">Vena cava (follows' in sums
    assert 'data-choice="diagnoses-0-tumor_site">Not recorded' in sums, "what was chosen stays"


def test_a_copied_protocol_carries_weeks_high_dose_and_its_last_day(desk: Desk) -> None:
    last = {"regimen_ended_on-month": "8", "regimen_ended_on-year": "2019"}
    _status, page = desk.post(DIAGNOSIS | {"regimen": "cy-tbi"} | last)
    assert re.search(r'name="drugs-0-myeloablative"[^>]*value="yes"[^>]*checked', page)
    assert re.search(r'name="drugs-0-ended_on-month"[^>]*value="8"', page)
    assert re.search(r'name="regimen_ended_on-year"[^>]*value=""', page) or 'id="regimen_ended_on-year"' in page
    parts = load_catalogue("childhood-cancer/2026.1").regimens
    code = next(each.code for each in parts.values() if any(part.weeks for part in each.parts))
    place = next(place for place, part in enumerate(parts[code].parts) if part.weeks)
    _status, page = desk.post(DIAGNOSIS | {"regimen": code})
    weeks = parts[code].parts[place].weeks
    assert re.search(rf'name="drugs-{place}-weeks"[^>]*value="{weeks}"', page)


def test_a_last_day_that_is_none_copies_nothing(desk: Desk) -> None:
    typed = DIAGNOSIS | {"regimen": "cy-tbi", "regimen_ended_on-month": "8"}
    _status, page = desk.post(typed)
    assert "The last day must include a year" in page
    assert 'name="drugs-0-agent"' not in page


def test_with_two_tumors_each_row_says_which_one_it_is_of(desk: Desk) -> None:
    assert 'name="surgeries-0-diagnosis_id"' not in desk.page()
    _status, page = desk.post(CAVA | RELAPSE | {"surgeries-0-operation": ""}, act="show")
    [choice] = re.findall(r'<select[^>]*name="surgeries-0-diagnosis_id".*?</select>', page, re.S)
    assert re.search(r'<option value="diagnoses-1" selected>\s*LMS, Relapse, Jan 5, 2024', choice)
    typed = CAVA | RELAPSE | OPERATION | {"surgeries-0-diagnosis_id": "diagnoses-0"}
    typed |= {"drugs-0-agent": "doxorubicin", "drugs-0-diagnosis_id": "diagnoses-1"}
    assert desk.post(typed)[0] == 303
    with desk.app.app_context(), database().reading() as session:
        first, second = session.scalars(sa.select(Diagnosis).order_by(Diagnosis.position))
        [operation], [drug] = session.scalars(sa.select(Surgery)), session.scalars(sa.select(DrugCourse))
    assert (operation.diagnosis_id, drug.diagnosis_id) == (first.id, second.id)
    assert (str(first.resected_on), second.resected_on) == ("2019-09-01", None)
    assert re.search(rf'<option value="{first.id}" selected', desk.page())


def test_a_row_typed_while_there_was_one_tumor_stays_with_it(desk: Desk) -> None:
    _status, page = desk.post(CAVA | OPERATION | {"drugs-0-agent": ""}, act="add-diagnoses")
    [choice] = re.findall(r'<select[^>]*name="surgeries-0-diagnosis_id".*?</select>', page, re.S)
    assert '<option value="diagnoses-0" selected' in choice
    [choice] = re.findall(r'<select[^>]*name="drugs-0-diagnosis_id".*?</select>', page, re.S)
    assert '<option value="diagnoses-1" selected' in choice, "an empty row is of the last one"


def test_a_relapse_without_an_end_of_therapy_asks_about_the_follow_up(desk: Desk) -> None:
    assert desk.post(CAVA | RELAPSE)[0] == 303
    [said] = [message for kind, message in flashed(desk) if "on treatment again" in message]
    assert f'href="/survivors/{desk.survivor_id}/standing"' in said
    ended = RELAPSE | day("diagnoses-1-end_of_therapy_on", 6, 1, 2024)
    assert desk.post(CAVA | ended)[0] == 303
    assert "on treatment again" not in str(flashed(desk))


def test_a_stored_course_leads_to_its_organs_and_codes_are_no_remark(desk: Desk) -> None:
    assert "Organs in the field" not in desk.page()
    course = {"radiation-0-fields": "pelvis", "radiation-0-dose_gy": "20"}
    drug = {"drugs-0-agent": "doxorubicin", "drugs-0-regimen": "lms-dox-ifos"}
    assert "is recorded as" not in desk.client.post(f"{desk.url}/sums", data=DIAGNOSIS | drug).text
    assert desk.post(DIAGNOSIS | course | drug)[0] == 303
    with desk.app.app_context(), database().reading() as session:
        [row] = session.scalars(sa.select(RadiationCourse))
    page = desk.page()
    assert f'href="/survivors/{desk.survivor_id}/record/radiation/{row.id}"' in page
    assert "is recorded as" not in page
