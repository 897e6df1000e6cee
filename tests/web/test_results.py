"""Logging and correcting results in the browser: one breath, and nothing typed is ever lost."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories import make_clinic, make_result, make_staff, make_survivor, make_visit
from tests.web.signing_in import sign_in
from tracker.clock import FixedClock
from tracker.models import Result, Survivor
from tracker.services import care_plans
from tracker.web.context import database

TODAY = {"performed_on-month": "11", "performed_on-day": "23", "performed_on-year": "2026"}


class Browser:
    """A clinician's browser, and the survivor it looks at."""

    def __init__(self, app: Flask, client: FlaskClient, session: Session, survivor: Survivor) -> None:
        self.app, self.client, self.session, self.survivor = app, client, session, survivor

    def path(self, endpoint: str, **values: Any) -> str:
        with self.app.test_request_context():
            return url_for(endpoint, **({"survivor_id": self.survivor.id} | values))

    def get(self, endpoint: str, **values: Any) -> str:
        answer = self.client.get(self.path(endpoint, **values))
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def post(self, endpoint: str, form: dict[str, Any] | None = None, **values: Any) -> TestResponse:
        return self.client.post(self.path(endpoint, **values), data=form or {})

    def save(self, **form: Any) -> TestResponse:
        given = {"test_code": "echocardiogram", "outcome": "normal", "where": "here"} | TODAY | form
        return self.post("results.create", given)

    def told(self, answer: TestResponse) -> str:
        """The sentence on the next page, after a save that succeeded."""
        assert answer.status_code == 303, answer.get_data(as_text=True)
        page = self.client.get(answer.headers["Location"]).get_data(as_text=True)
        notice = page[page.index("app-notice--success") :]
        return " ".join(
            re.sub(r"<[^>]+>", " ", notice[notice.index(">") + 1 : notice.index("</div>")]).split()
        ).replace("&#39;", "'")

    def results(self) -> list[Result]:
        found = list(self.session.scalars(sa.select(Result).execution_options(populate_existing=True)))
        self.session.commit()
        return found


@pytest.fixture
def browser(app_sqlite: Flask, clock: FixedClock) -> Iterator[Browser]:
    """Doxorubicin 300 mg/m², off therapy since March 14, 2020: an echocardiogram every 2 years, none done yet."""
    with app_sqlite.app_context():
        store = database()
    with Session(store.engine, expire_on_commit=False) as session:
        clinic = make_clinic(session)
        survivor = make_survivor(
            session,
            clinic,
            diagnosis="Wilms tumor",
            end_of_therapy_on=date(2020, 3, 14),
            exposures={"doxorubicin_mg_m2": 300},
        )
        care_plans.refresh(session, survivor, clock=clock)
        user = make_staff(session, clinic)
        session.commit()
        yield Browser(app_sqlite, sign_in(app_sqlite.test_client(), user), session, survivor)


def test_from_its_item_the_test_the_date_and_the_unit_are_filled_in(browser: Browser) -> None:
    [item] = [
        row for row in care_plans.open_items(browser.session, browser.survivor.id) if row.test_code == "echocardiogram"
    ]
    browser.session.commit()
    page = browser.get("results.new", item=item.id)
    assert re.search(r'<input[^>]*name="test_code"[^>]*type="hidden"[^>]*value="echocardiogram"', page)
    for part, value in (("month", "11"), ("day", "23"), ("year", "2026")):
        assert re.search(rf'name="performed_on-{part}"[^>]*value="{value}"', page)
    assert "%" in page[page.index('name="value"') :][:400]
    assert re.search(r'value="here"[^>]*checked', page)
    assert "Mar 14, 2022" in page


def test_without_an_item_any_test_of_the_catalogue_can_be_chosen(browser: Browser) -> None:
    page = browser.get("results.new")
    assert '<optgroup label="By order">' in page and '<option value="chest-ct">CT chest</option>' in page
    assert "CT chest" in browser.get("results.new", test="chest-ct")


def test_a_test_without_a_value_asks_for_none(browser: Browser) -> None:
    page = browser.get("results.new", test="chest-ct")
    assert 'name="value"' not in page and 'name="outcome"' in page


@pytest.mark.parametrize("query", [{"test": "horoscope"}, {"item": "7f4cf7ae-1d5c-4f9a-a3c4-7ad4bb8f6f5c"}])
def test_what_is_not_there_is_not_found(browser: Browser, query: dict[str, str]) -> None:
    assert browser.client.get(browser.path("results.new", **query)).status_code == 404


def test_after_saving_the_next_date_and_its_reason_are_told(browser: Browser) -> None:
    sentence = browser.told(browser.save(value="58", unit="%", reference_range="55-70"))
    assert sentence.startswith(
        "Done Echocardiogram recorded. Next due November 23, 2028, because of doxorubicin-equivalent anthracycline"
        " dose, 300 mg/m² (≥ 250 mg/m²)."
    )
    [row] = browser.results()
    assert (str(row.value), row.unit, row.reference_range, row.outcome) == ("58.0000", "%", "55-70", "normal")


def test_what_the_family_told_keeps_the_clinics_own_date(browser: Browser) -> None:
    sentence = browser.told(browser.save(where="told", source="Local hospital"))
    assert "Told by the family: the clinic's own date stays until the report is here." in sentence
    assert "Due March 14, 2022; Nov 23, 2028 once the report is accepted." in sentence
    [row] = browser.results()
    assert (row.claimed, row.source) == (True, "Local hospital")


@pytest.mark.parametrize(
    "form, adequate, outcome",
    [
        ({"outcome": "inadequate"}, False, None),
        ({"outcome": "done"}, True, None),
        ({"outcome": "abnormal"}, True, "abnormal"),
    ],
)
def test_one_question_tells_finding_and_adequacy(
    browser: Browser, form: dict[str, str], adequate: bool, outcome: str | None
) -> None:
    browser.told(browser.save(**form))
    [row] = browser.results()
    assert (row.adequate, row.outcome) == (adequate, outcome)


def test_an_inadequate_test_is_said_to_move_no_date(browser: Browser) -> None:
    sentence = browser.told(browser.save(outcome="inadequate"))
    assert "It was not adequate, so it moves no date. Due March 14, 2022." in sentence


def test_a_value_is_enough_without_a_finding(browser: Browser) -> None:
    browser.told(browser.save(outcome="", value="58", unit="%"))
    [row] = browser.results()
    assert row.outcome is None


def test_where_it_was_done_is_kept_only_when_it_was_not_here(browser: Browser) -> None:
    browser.told(browser.save(source="City hospital"))
    browser.told(browser.save(source="City hospital", where="elsewhere"))
    assert sorted(row.source for row in browser.results()) == ["", "City hospital"]


@pytest.mark.parametrize(
    "form, sentence",
    [
        ({"outcome": ""}, "Choose what the result was"),
        ({"outcome": "splendid"}, "Choose what the result was"),
        ({"performed_on-year": ""}, "The date it was done must include a year"),
        ({"performed_on-year": "2027"}, "The date of “Echocardiogram” is in the future. Check the year"),
        ({"performed_on-year": "2001"}, "The date of “Echocardiogram” is before the birth date. Check the year"),
        ({"value": "fifty", "unit": "%"}, "Enter a plain number, like 12.5, without commas or a unit"),
        ({"value": "58", "unit": "mm[Hg]"}, "“Echocardiogram” is recorded in %, not in mm[Hg]"),
        ({"where": "nowhere"}, "Choose where it was done"),
    ],
)
def test_a_rejected_form_says_why_and_keeps_what_was_typed(
    browser: Browser, form: dict[str, str], sentence: str
) -> None:
    answer = browser.save(**({"report": "Typed with care"} | form))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page.replace("&#39;", "'") and "There is a problem" in page
    assert "<title>Error: " in page.replace("\n", "")
    assert "Typed with care" in page and "Echocardiogram" in page
    assert browser.results() == []


def test_a_result_of_a_visit_leads_back_to_the_visit(browser: Browser) -> None:
    visit = make_visit(browser.session, browser.survivor, date(2026, 11, 23))
    browser.session.commit()
    assert str(visit.id) in browser.get("results.new", test="echocardiogram", visit=visit.id)
    answer = browser.save(visit_id=str(visit.id))
    assert answer.headers["Location"].endswith(f"/visits/{visit.id}")


def test_a_correction_shows_the_old_and_starts_from_it(browser: Browser) -> None:
    browser.told(browser.save(value="58", unit="%", report="Good function", where="elsewhere", source="City"))
    [old] = browser.results()
    page = browser.get("results.edit", result_id=old.id)
    assert "As it stands" in page and "58%, normal" in page
    assert re.search(r'name="value"[^>]*value="58"', page)
    assert re.search(r'value="normal"[^>]*checked', page) and re.search(r'value="elsewhere"[^>]*checked', page)
    assert page.count("Good function") == 2


def test_a_correction_replaces_and_tells_the_new_date(browser: Browser) -> None:
    browser.told(browser.save())
    [old] = browser.results()
    form = {"test_code": "echocardiogram", "outcome": "abnormal", "where": "here", "reason": "Wrong year"} | TODAY
    sentence = browser.told(browser.post("results.correct", form | {"performed_on-year": "2025"}, result_id=old.id))
    assert "Echocardiogram corrected. Next due November 23, 2027" in sentence
    new = next(row for row in browser.results() if row.replaces_id == old.id)
    assert (new.performed_on, new.status) == (date(2025, 11, 23), "corrected")


def test_a_correction_without_a_reason_is_rejected(browser: Browser) -> None:
    browser.told(browser.save())
    [old] = browser.results()
    form = {"test_code": "echocardiogram", "outcome": "abnormal", "where": "here"} | TODAY
    answer = browser.post("results.correct", form, result_id=old.id)
    assert answer.status_code == 422
    assert "Enter the reason for the correction" in answer.get_data(as_text=True)
    assert len(browser.results()) == 1


def test_a_second_correction_of_the_same_result_is_a_conflict_that_keeps_what_was_typed(browser: Browser) -> None:
    browser.told(browser.save())
    [old] = browser.results()
    form = {"test_code": "echocardiogram", "outcome": "abnormal", "where": "here", "reason": "Wrong finding"} | TODAY
    browser.told(browser.post("results.correct", form, result_id=old.id))
    answer = browser.post("results.correct", form | {"report": "Typed with care"}, result_id=old.id)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Dana Ruiz changed this record on Nov 23, 2026, at 7:00 AM" in page and "Typed with care" in page
    assert "was replaced already" in page


def test_the_result_just_saved_can_be_undone_from_the_next_page(browser: Browser) -> None:
    answer = browser.save()
    [row] = browser.results()
    edit = browser.path("results.edit", result_id=row.id)
    page = browser.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert f'href="{edit}">Correct or undo: Echocardiogram</a>' in page
    assert "Correct or undo" not in browser.get("survivors.show")
    back = browser.post("results.retract", result_id=row.id)
    assert "Correct or undo" not in browser.client.get(back.headers["Location"]).get_data(as_text=True)


def test_undoing_takes_the_result_back(browser: Browser) -> None:
    browser.told(browser.save())
    [old] = browser.results()
    sentence = browser.told(browser.post("results.retract", result_id=old.id))
    assert "Echocardiogram taken back. Dates are what they were without it. Due March 14, 2022." in sentence


def test_an_accepted_report_moves_the_date(browser: Browser) -> None:
    browser.told(browser.save(where="told"))
    [told] = browser.results()
    sentence = browser.told(browser.post("results.accept", result_id=told.id))
    assert "The report of “Echocardiogram” is accepted, and the result counts. Next due November 23, 2028" in sentence


def test_a_result_of_another_survivor_is_not_found(browser: Browser) -> None:
    other = make_survivor(browser.session, browser.survivor.clinic)
    theirs = make_result(browser.session, other, "echocardiogram", date(2026, 1, 5))
    browser.session.commit()
    assert browser.client.get(browser.path("results.edit", result_id=theirs.id)).status_code == 404
    assert browser.post("results.retract", result_id=theirs.id).status_code == 404
