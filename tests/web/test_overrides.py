"""Deciding in the browser: defer, re-time, stop and add, beside what the guideline says, and taking it back."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_result, make_staff, make_survivor
from tests.web.signing_in import sign_in
from tests.web.test_results import Browser
from tracker.clock import FixedClock
from tracker.models import Override
from tracker.services import care_plans
from tracker.web.context import database

ENDS = {"expires_on-month": "6", "expires_on-day": "1", "expires_on-year": "2030"}


@pytest.fixture
def browser(app_sqlite: Flask, clock: FixedClock) -> Iterator[Browser]:
    """Doxorubicin 300 mg/m², last echocardiogram March 1, 2026: the next is due March 1, 2028."""
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
        make_result(session, survivor, "echocardiogram", date(2026, 3, 1), outcome="normal")
        care_plans.refresh(session, survivor, clock=clock)
        user = make_staff(session, clinic)
        session.commit()
        yield Browser(app_sqlite, sign_in(app_sqlite.test_client(), user), session, survivor)


def form(action: str, **given: str) -> dict[str, str]:
    return {"test_code": "echocardiogram", "action": action, "reason": "Agreed with cardiology"} | ENDS | given


def day(name: str, month: int, day: int, year: int) -> dict[str, str]:
    return {f"{name}-month": str(month), f"{name}-day": str(day), f"{name}-year": str(year)}


def stored(browser: Browser) -> list[Override]:
    found = list(browser.session.scalars(sa.select(Override)))
    browser.session.commit()
    return found


def test_from_its_item_the_test_the_act_and_an_end_are_filled_in_beside_the_guideline(browser: Browser) -> None:
    [item] = [
        row for row in care_plans.open_items(browser.session, browser.survivor.id) if row.test_code == "echocardiogram"
    ]
    browser.session.commit()
    page = browser.get("overrides.new", item=item.id, action="defer")
    assert '<input type="hidden" name="test_code" value="echocardiogram">' in page
    assert re.search(r'value="defer"[^>]*checked', page)
    assert re.search(r'name="expires_on-year"[^>]*value="2027"', page)
    said = page[page.index("What the guideline says meanwhile") :]
    assert "Due March 1, 2028." in said and "Due every 2 years because of" in said
    assert "(optional)" not in page


def test_any_test_can_be_added_and_the_intervals_are_offered_in_words(browser: Browser) -> None:
    page = browser.get("overrides.new", action="add")
    assert '<optgroup label="By order">' in page and ">MRI brain</option>" in page
    assert '<option value="P6M">every 6 months</option>' in page
    assert "What the guideline says" not in page


def test_a_test_the_guideline_does_not_ask_for_is_said_to_be_so(browser: Browser) -> None:
    assert "The guideline asks for nothing now." in browser.get("overrides.new", test="brain-mri", action="add")


@pytest.mark.parametrize(
    "given, sentence",
    [
        (
            form("defer", **day("defer_to", 9, 1, 2028)),
            "Echocardiogram deferred. Now due September 1, 2028. The decision ends Jun 1, 2030.",
        ),
        (
            form("set_interval", repeat_every="P1Y"),
            "Echocardiogram re-timed. Now due March 1, 2027. The decision ends Jun 1, 2030.",
        ),
        (form("stop"), "Echocardiogram stopped. It is not due. The decision ends Jun 1, 2030."),
        (
            form("add", test_code="brain-mri", **day("due_on", 12, 1, 2026)),
            "MRI brain added. Now due December 1, 2026. The decision ends Jun 1, 2030.",
        ),
    ],
)
def test_after_saving_the_decision_and_its_date_are_told(
    browser: Browser, given: dict[str, str], sentence: str
) -> None:
    assert sentence in browser.told(browser.post("overrides.create", given))
    [row] = stored(browser)
    assert (row.reason, row.expires_on, row.decided_on) == (
        "Agreed with cardiology",
        date(2030, 6, 1),
        date(2026, 11, 23),
    )


def test_boxes_of_an_act_that_was_not_chosen_are_left_out(browser: Browser) -> None:
    given = form(
        "stop", repeat_every="P1Y", added_every="P1M", **day("defer_to", 9, 1, 2028), **day("due_on", 1, 1, 2027)
    )
    browser.told(browser.post("overrides.create", given))
    [row] = stored(browser)
    assert (row.defer_to, row.due_on, row.repeat_every) == (None, None, None)


@pytest.mark.parametrize(
    "given, sentence",
    [
        (form(""), "Choose what you decided"),
        (form("stop", reason=""), "Enter the reason for this decision"),
        (form("stop", test_code=""), "Choose a test from the list"),
        (form("stop", **{"expires_on-year": ""}), "The day on which this decision ends must include a year"),
        (form("stop", **day("expires_on", 11, 23, 2026)), "Enter the day on which this decision ends, after today"),
        (form("defer"), "Enter the date to defer to"),
        (form("defer", **day("defer_to", 13, 1, 2028)), "The month must be a number from 1 to 12, or its name"),
        (form("defer", **day("defer_to", 7, 1, 2030)), "End the decision on the day you defer to, or later"),
        (form("set_interval"), "Choose how often the test should be done"),
        (form("add"), "Enter the date on which the test should be done"),
        (form("add", added_every="often", **day("due_on", 1, 1, 2027)), "Choose an interval from the list"),
    ],
)
def test_a_rejected_decision_says_why_and_keeps_what_was_typed(
    browser: Browser, given: dict[str, Any], sentence: str
) -> None:
    answer = browser.post("overrides.create", given)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page and "There is a problem" in page
    assert given["reason"] in page
    assert stored(browser) == []


def test_a_decision_can_be_withdrawn_from_the_page(browser: Browser) -> None:
    browser.told(browser.post("overrides.create", form("stop")))
    [row] = stored(browser)
    page = browser.get("survivors.show")
    assert f"/overrides/{row.id}/withdraw" in page
    sentence = browser.told(browser.post("overrides.withdraw", override_id=row.id))
    assert "The decision on “Echocardiogram” is withdrawn. Now due March 1, 2028." in sentence
    assert f"/overrides/{row.id}/withdraw" not in browser.get("survivors.show")
    assert browser.post("overrides.withdraw", override_id=row.id).status_code == 409


def test_the_decisions_of_another_survivor_are_not_found(browser: Browser) -> None:
    browser.told(browser.post("overrides.create", form("stop")))
    [row] = stored(browser)
    other = make_survivor(browser.session, browser.survivor.clinic)
    browser.session.commit()
    assert browser.post("overrides.withdraw", survivor_id=other.id, override_id=row.id).status_code == 404
