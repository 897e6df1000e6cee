"""The treatment summary editor, without a script: rows come and go, and nothing typed is ever lost."""

import re
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import make_diagnosis, make_exposure
from tests.web.treatment_desk import BLANK_ROW, DIAGNOSIS, DOXORUBICIN, Desk, day, desk
from tracker.current import database
from tracker.guidelines.loader import load_pack
from tracker.models import (
    AccessEvent,
    Exposure,
    Predisposition,
    Survivor,
)
from tracker.web.forms_treatment import plain, without_row
from tracker.web.presenters_treatment import diagnosis_remark
from tracker.web.treatment_words import exposure_choices, value_choices, value_words

__all__ = ["desk"]


def test_an_empty_summary_begins_with_rows_to_fill_in(desk: Desk) -> None:
    page = desk.page()
    assert 'name="diagnoses-0-name"' in page and 'name="diagnoses-1-name"' not in page
    assert 'name="exposures-0-name"' in page and 'name="exposures-1-name"' not in page
    assert 'name="drugs-0-agent"' in page and 'name="transplants-0-kind"' not in page
    assert 'name="predispositions-0-syndrome"' not in page
    assert re.search(r'<option value="Leiomyosarcoma" label="[^"]*LMS', page)


def test_treatments_are_chosen_by_name_in_groups_with_their_unit(desk: Desk) -> None:
    page = desk.page()
    assert '<optgroup label="Radiation">' in page
    assert re.search(r'<option value="doxorubicin_mg_m2">\s*Doxorubicin \(mg/m²\)', page)
    assert re.search(r'<option value="splenectomy">\s*Splenectomy<', page)
    assert '"age_y"' not in page


def test_the_page_is_written_down_as_read(desk: Desk) -> None:
    desk.page()
    with desk.app.app_context(), database().reading() as session:
        assert [event.purpose for event in session.scalars(sa.select(AccessEvent))] == ["treatment summary"]


def test_a_saved_summary_says_what_it_planned(desk: Desk) -> None:
    answer = desk.client.post(
        desk.url, data={"version": desk.version(), "act": "save"} | DIAGNOSIS | DOXORUBICIN | BLANK_ROW
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/survivors/{desk.survivor_id}")
    facts = desk.facts()
    assert facts.diagnoses[0].name == "Leiomyosarcoma"
    assert facts.diagnoses[0].tumor == {"site": "retroperitoneal", "grade": "high"}
    assert facts.exposures == {"doxorubicin_mg_m2": 300}
    assert facts.exposure_dates == {"doxorubicin": date(2022, 6, 30)}
    with desk.client.session_transaction() as session:
        [(_kind, message)] = [flash for flash in session["_flashes"] if flash[0] == "success"]
    assert re.fullmatch(r"Treatment summary saved. \d+ checks planned; \d+ due now, \d+ of them overdue", str(message))


def test_a_summary_without_an_end_of_therapy_says_what_is_missing(desk: Desk) -> None:
    desk.post({"diagnoses-0-name": "Leiomyosarcoma"})
    with desk.client.session_transaction() as session:
        messages = [str(message) for _kind, message in session["_flashes"]]
    assert messages == ["Treatment summary saved. Nothing can be planned yet: the end of therapy is missing"]


def test_a_diagnosis_outside_the_pack_is_said_aloud_after_saving_and_on_the_page(desk: Desk) -> None:
    typed = DIAGNOSIS | {"diagnoses-0-name": "Chordoma"}
    _status, page = desk.post(typed, act="show")
    assert "Not in the guideline pack: no recurrence checks are planned" in page
    assert desk.post(typed)[0] == 303
    with desk.client.session_transaction() as session:
        messages = [str(message) for _kind, message in session["_flashes"]]
    assert "Chordoma is not in the guideline pack: no recurrence checks are planned for it" in messages


def test_a_code_that_means_a_known_diagnosis_is_pointed_out() -> None:
    remark = diagnosis_remark(load_pack(), "Sarcoma of the orbit", "8890/3")
    assert remark == "The code belongs to Leiomyosarcoma. Write that name to use its schedule"
    assert diagnosis_remark(load_pack(), "Leiomyosarcoma", "") == ""
    assert diagnosis_remark(load_pack(), "", "") == ""


# Rows


@pytest.mark.parametrize(
    ("act", "field"),
    [
        ("add-diagnoses", "diagnoses-1-name"),
        ("add-exposures", "exposures-2-name"),
        ("add-predispositions", "predispositions-0-syndrome"),
    ],
)
def test_another_row_keeps_everything_typed_and_stores_nothing(desk: Desk, act: str, field: str) -> None:
    typed = DIAGNOSIS | DOXORUBICIN | BLANK_ROW | {"exposures-0-value": "3OO", "confirmed_by": "Lena"}
    assert f'name="{field}"' not in desk.post(typed, act="show")[1]
    status, page = desk.post(typed, act=act)
    assert status == 200
    assert f'name="{field}"' in page
    assert 'value="3OO"' in page and 'value="LMS"' in page and 'value="Lena"' in page
    assert re.search(r'<option value="retroperitoneal" selected', page)
    assert desk.facts().diagnoses == ()


def test_a_removed_row_takes_only_its_own_with_it(desk: Desk) -> None:
    second = {key.replace("exposures-0", "exposures-1"): value for key, value in DOXORUBICIN.items()}
    second |= {"exposures-1-name": "cisplatin_mg_m2", "exposures-1-value": "400"}
    _status, page = desk.post(DIAGNOSIS | DOXORUBICIN | second, act="remove-exposures-0")
    assert 'value="400"' in page and 'value="300"' not in page
    assert 'value="LMS"' in page


def test_removing_row_one_leaves_row_ten() -> None:
    from werkzeug.datastructures import MultiDict

    typed = MultiDict([("exposures-1-name", "a"), ("exposures-10-name", "b"), ("version", "1")])
    assert sorted(without_row(typed, "exposures-1")) == ["exposures-10-name", "version"]


def test_the_fields_a_diagnosis_needs_come_first_and_the_others_stay_within_reach(desk: Desk) -> None:
    _status, page = desk.post({"diagnoses-0-name": "Neuroblastoma"}, act="show")
    first, rest = page.split("More about this tumor")
    assert 'name="diagnoses-0-tumor_risk"' in first and 'name="diagnoses-0-tumor_mibg"' in first
    assert 'name="diagnoses-0-tumor_risk"' not in rest
    assert 'name="diagnoses-0-tumor_depth"' in rest
    assert sum(page.count(f'name="diagnoses-0-tumor_{field}"') for field in ("grade", "site", "stage")) == 3


def test_a_value_is_never_hidden_even_where_no_schedule_asks_for_it(desk: Desk) -> None:
    _status, page = desk.post({"diagnoses-0-name": "Neuroblastoma", "diagnoses-0-tumor_stage": "iv"}, act="show")
    assert 'name="diagnoses-0-tumor_stage"' in page.split("More about this tumor")[0]


def test_the_dose_of_a_row_shows_its_unit(desk: Desk) -> None:
    _status, page = desk.post(DOXORUBICIN, act="show")
    assert "mg/m²</div>" in page or ">mg/m²<" in page


# What is refused


def test_a_problem_stands_at_the_row_where_it_was_typed(desk: Desk) -> None:
    moved = {key.replace("exposures-0", "exposures-4"): value for key, value in DOXORUBICIN.items()}
    status, page = desk.post(DIAGNOSIS | BLANK_ROW | moved | {"exposures-4-value": ""})
    assert status == 422
    assert "Enter the dose of doxorubicin, or choose" in page
    [target] = re.findall(r'<a href="#(exposures-\d-value)">', page)
    assert f'aria-describedby="{target}-error"' in page
    assert 'value="LMS"' in page


def test_a_mistyped_date_and_dose_are_told_before_anything_is_stored(desk: Desk) -> None:
    typed = DIAGNOSIS | DOXORUBICIN | {"exposures-0-value": "3e2", "diagnoses-0-diagnosed_on-day": "31"}
    status, page = desk.post(typed)
    assert status == 422
    assert "Enter a plain number, like 12.5" in page
    assert "That month has no day 31" in page
    assert desk.facts().exposures == {}


def test_an_unusual_dose_is_asked_about_once(desk: Desk) -> None:
    typed = DIAGNOSIS | DOXORUBICIN | {"exposures-0-value": "3000"}
    assert "Yes, this dose is right" not in desk.page()
    status, page = desk.post(typed)
    assert status == 422
    assert 'name="exposures-0-confirmed"' in page
    assert desk.post(typed | {"exposures-0-confirmed": "y"})[0] == 303
    assert desk.facts().exposures == {"doxorubicin_mg_m2": 3000}
    assert desk.post(typed)[0] == 303


def test_problems_of_events_and_of_the_whole_are_shown(desk: Desk) -> None:
    typed = DIAGNOSIS | day("events-growth_complete", 11, 24, 2026) | {"confirmed_by": "Lena Okafor"}
    status, page = desk.post(typed)
    assert status == 422
    assert "The date is in the future" in page
    assert "Enter both who confirmed the summary and when" in page


def test_somebody_elses_change_is_told_and_what_was_typed_stays(desk: Desk) -> None:
    seen = desk.version()
    assert desk.post(DIAGNOSIS)[0] == 303
    status, page = desk.post(DIAGNOSIS | DOXORUBICIN | {"version": seen})
    assert status == 409
    assert "Lena Okafor changed this record" in page
    assert 'value="300"' in page
    assert f'value="{desk.version()}"' in page
    assert desk.facts().exposures == {}
    assert desk.post(DIAGNOSIS | DOXORUBICIN)[0] == 303


# Certainty


@pytest.mark.parametrize(
    ("name", "certainty", "value", "stored"),
    [
        ("splenectomy", "known", "", {"splenectomy": Decimal(1)}),
        ("splenectomy", "not_given", "", {"splenectomy": Decimal(0)}),
        ("splenectomy", "dose_unknown", "", {"splenectomy": None}),
        ("cisplatin_mg_m2", "dose_unknown", "400", {"cisplatin_mg_m2": None}),
        ("cisplatin_mg_m2", "not_given", "", {"cisplatin_mg_m2": Decimal(0)}),
        ("cisplatin_mg_m2", "known", "400.5", {"cisplatin_mg_m2": Decimal("400.5")}),
        ("cisplatin_mg_m2", "date_only", "", {}),
    ],
)
def test_how_much_is_known_is_stored_and_shown_again(
    desk: Desk, name: str, certainty: str, value: str, stored: dict[str, Decimal | None]
) -> None:
    typed = {"exposures-0-name": name, "exposures-0-certainty": certainty, "exposures-0-value": value}
    assert desk.post(DIAGNOSIS | typed | day("exposures-0-last_on", 6, 30, 2022))[0] == 303
    assert desk.facts().exposures == stored
    page = desk.page()
    assert re.search(rf'<option value="{certainty}" selected', page)
    assert ('value="400.5"' in page) is (value == "400.5")
    with desk.app.app_context(), database().reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Exposure)) == 1


def test_a_syndrome_and_the_rest_of_the_summary_come_back_as_entered(desk: Desk) -> None:
    typed = DIAGNOSIS | {
        "predispositions-0-syndrome": "MEN2",
        "predispositions-0-syndrome_risk": "high",
        "confirmed_by": "Lena Okafor",
        **day("confirmed_on", 11, 20, 2026),
        **day("events-growth_complete", 6, 1, 2023),
        **day("ltfu_entry_on", 10, 31, 2024),
    }
    assert desk.post(typed)[0] == 303
    page = desk.page()
    for shown in ('value="MEN2"', 'value="Lena Okafor"', '<option value="high" selected'):
        assert shown in page
    facts = desk.facts()
    assert (facts.events, facts.ltfu_entry_on) == ({"growth_complete": date(2023, 6, 1)}, date(2024, 10, 31))
    with desk.app.app_context(), database().reading() as session:
        [row] = session.scalars(sa.select(Predisposition))
        assert row.fields() == {"risk": "high"}


def test_an_unknown_syndrome_is_said_to_be_unknown(desk: Desk) -> None:
    _status, page = desk.post({"predispositions-0-syndrome": "Somebody's syndrome"}, act="show")
    assert "Not in the guideline pack: no checks are planned for this syndrome" in page


def test_what_an_import_brought_is_kept_through_an_edit_of_something_else(desk: Desk) -> None:
    with desk.app.app_context(), database().transaction() as session:
        survivor = session.get(Survivor, desk.survivor_id)
        assert survivor is not None
        make_diagnosis(session, survivor, "Leiomyosarcoma", site="Left Thigh (deep)")
        make_exposure(session, survivor, "tbi_gy", 1200)
        session.add(
            Exposure(survivor_id=survivor.id, name="hsct", certainty="date_only", unit="1", last_on=date(2022, 4, 1))
        )
    before = desk.facts()
    page = desk.page()
    typed = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page))
    for block in re.findall(r"<select.*?</select>", page, re.S):
        [name] = re.findall(r'name="([^"]+)"', block)
        typed[name] = next(iter(re.findall(r'<option value="([^"]*)" selected', block)), "")
    typed.pop("q", None)
    assert desk.post(typed | {"confirmed_by": "Lena Okafor"} | day("confirmed_on", 11, 20, 2026))[0] == 303
    assert desk.facts() == before


def test_a_form_with_absurdly_many_rows_is_not_followed(desk: Desk) -> None:
    typed = {f"diagnoses-{number}-name": "LMS" for number in range(200)}
    status, page = desk.post(typed, act="add-diagnoses")
    assert status == 200
    assert page.count('-name" ') < 200


# Words


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("resection", "r0", "R0: complete, clear margin"),
        ("site", "head-neck", "Head or neck"),
        ("site", "retroperitoneal", "Retroperitoneal"),
        ("stage", "iia", "IIA"),
        ("stage", "0", "0"),
        ("gene", "tp53", "TP53"),
        ("vessel", "pulmonary-artery", "Pulmonary artery"),
    ],
)
def test_values_are_read_in_words(field: str, value: str, words: str) -> None:
    assert value_words(field, value) == words


def test_unknown_and_other_are_always_offered_and_what_is_present_is_never_lost(app_sqlite: Flask) -> None:
    with app_sqlite.test_request_context():
        pack = load_pack()
        offered = [value for value, _words in value_choices(pack, "recurrence", "Leiomyosarcoma", "grade", "grade 9")]
        assert offered == ["", "high", "intermediate", "low", "grade 9", "other", "unknown"]
        anywhere = [value for value, _words in value_choices(pack, "recurrence", "Chordoma", "resection", "")]
        assert anywhere == ["", "r0", "r1", "r2", "other", "unknown"]


def test_every_recordable_treatment_of_the_pack_is_offered_once(app_sqlite: Flask) -> None:
    with app_sqlite.test_request_context():
        groups = exposure_choices(load_pack(), ["hsct", "doxorubicin_mg_m2"])
    offered = [value for choices in groups.values() for value, _words in choices if value]
    assert len(offered) == len(set(offered)) == len(load_pack().exposures) - 3 + 1
    assert ("hsct", "Stem cell transplant, kind unknown") in groups[""]


@pytest.mark.parametrize(("stored", "shown"), [("300.0000", "300"), ("13.2000", "13.2"), ("1000", "1000"), ("0", "0")])
def test_a_dose_is_shown_as_it_was_typed(stored: str, shown: str) -> None:
    assert format(plain(Decimal(stored)), "f") == shown
