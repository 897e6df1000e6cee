"""The coordinator's week: whom to call, finding somebody, booking the yearly visit, and the list to work through."""

import csv
import io
import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser import click_through
from tests.system.demo import COORDINATOR, Demo, about, enter_date, follow, picture, press, said, survivor_ids

pytestmark = pytest.mark.browser


def counts(page: Page) -> dict[str, int]:
    """The numbers above the list, by state."""
    shown = [link.inner_text().rsplit(" ", 1) for link in page.locator(".app-stats__link").all()]
    return {words: int(number) for words, number in shown}


def names(page: Page) -> list[str]:
    return [link.inner_text() for link in page.locator("tbody th a").all()]


def names_on_all_pages(page: Page) -> list[str]:
    found = names(page)
    while page.get_by_role("link", name="Next page").count():
        follow(page, "Next page")
        found += names(page)
    return found


def downloaded(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("^Download these")).click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def find(page: Page, text: str) -> None:
    page.get_by_label("Find a survivor by name or record number").fill(text)
    press(page, "Find")


def book(page: Page, name: str, day: str) -> str:
    """Book from the list in three presses: Book, the day, the first time that is free. Gives the time."""
    click_through(about(page, "Book", name))
    follow(page, day)
    first = page.locator("button[name=slot]").first
    at = first.inner_text()
    click_through(first)
    return at


def test_two_presses_lead_from_the_front_page_to_whom_to_call_first(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    assert page.inner_text("h1").endswith("Whom to call next")
    assert "November 23, 2026" in page.inner_text("h1")
    assert page.locator("tbody tr").first.get_by_text("Overdue", exact=True).is_visible()
    picture(page, "worklist")
    first = page.locator("tbody th a").first
    name = first.inner_text()
    click_through(first)
    assert page.inner_text("h1").endswith(name)


def test_the_counts_add_up_to_everyone_and_each_leads_to_those_it_counts(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    found = counts(page)
    assert len(found) >= 11, "the demo shows nearly every state"
    assert sum(found.values()) == len(demo.known.harbor)
    assert page.locator(".app-stats__total b").inner_text() == str(len(demo.known.harbor))
    for words, number in found.items():
        page.goto(f"{demo.address}/worklist")
        follow(page, f"{words} {number}")
        assert len(names_on_all_pages(page)) == number, words


def test_filters_stand_in_the_address_and_a_colleague_with_the_address_sees_the_same(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    page.get_by_label("Flag").select_option("Recurrence screening")
    page.get_by_label("Status").select_option("Overdue")
    page.get_by_label("Name or number").fill("rivera")
    press(page, "Apply")
    assert parse_qs(urlsplit(page.url).query) | {"specialty": [""]} == {
        "flag": ["recurrence"],
        "state": ["overdue"],
        "text": ["rivera"],
        "specialty": [""],
    }
    assert names(page) == ["Ana Rivera"]
    colleague = page.context.new_page()
    colleague.goto(page.url)
    assert names(colleague) == ["Ana Rivera"]
    assert colleague.get_by_label("Flag").input_value() == "recurrence"
    assert colleague.get_by_label("Name or number").input_value() == "rivera"
    follow(colleague, "Clear filters")
    assert len(names(colleague)) > 1


@pytest.mark.parametrize("query", ["", "?state=everyone", "?flag=recurrence&state=everyone"])
def test_the_download_holds_the_survivors_on_the_screen_in_their_order(demo: Demo, query: str) -> None:
    page = demo.signs_in(COORDINATOR)
    page.goto(f"{demo.address}/worklist{query}")
    rows = downloaded(page)
    assert [row["Survivor"] for row in rows] == names_on_all_pages(page)
    assert len(rows) >= 10


def test_somebody_is_found_without_accents_or_by_record_number(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    find(page, "pena jose")
    assert survivor_ids(page) == [demo.known.jose]
    assert names(page) == ["José Peña Núñez"]
    find(page, "900003")
    assert page.inner_text("h1").endswith("José Peña Núñez"), "a record number needs no second press"
    find(page, "nobody of this name")
    assert "Nobody was found" in page.inner_text("main")


def test_a_visit_is_booked_in_three_presses_shown_on_its_day_and_cancelled(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    page.goto(f"{demo.address}/worklist?text=rivera")
    at = book(page, "Ana Rivera", "Nov 30, 2026")
    assert said(page).endswith(f"Visit booked for Monday, November 30, 2026, {at}.")
    assert page.url.endswith("/worklist?text=rivera"), "back where the call began"
    assert names(page) == [], "booked is no call to make"

    page.goto(f"{demo.address}/worklist?state=booked&text=rivera")
    assert "Booked for Nov 30, 2026 (in 7 days)" in page.inner_text("tbody tr")
    page.goto(f"{demo.address}/visits/day?on=2026-11-30")
    row = page.locator("tbody tr").filter(has_text="Ana Rivera")
    assert row.locator("th").inner_text() == at
    assert "Echocardiogram" in row.inner_text()

    click_through(about(page, "Sheet", "Ana Rivera"))
    follow(page, "Cancel")
    press(page, "Cancel the visit")
    assert "Enter why the visit is cancelled" in page.locator(".nhsuk-error-summary").inner_text()
    page.get_by_label("Why is the visit cancelled?").fill("Exams that week")
    press(page, "Cancel the visit")
    assert "Visit cancelled." in said(page)
    page.goto(f"{demo.address}/visits/day?on=2026-11-30")
    assert "Ana Rivera" not in page.inner_text("main")
    page.goto(f"{demo.address}/worklist?text=rivera")
    assert "Overdue" in page.inner_text("tbody tr")


def test_nobody_of_the_other_clinic_is_anywhere(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    page.goto(f"{demo.address}/worklist?state=everyone")
    seen = survivor_ids(page)
    while page.get_by_role("link", name="Next page").count():
        follow(page, "Next page")
        seen += survivor_ids(page)
    assert set(seen) == demo.known.harbor
    for other in demo.known.other_clinics:
        answer = page.goto(f"{demo.address}/survivors/{other}")
        assert answer is not None and answer.status == 404
    assert page.inner_text("h1") == "We could not find that page"


def test_new_contacts_and_a_decision_are_one_press_from_the_record(demo: Demo) -> None:
    page = demo.opens(demo.signs_in(COORDINATOR), demo.known.jose)
    follow(page, "Contacts and family sign-in")
    assert "Nobody to reach yet" in page.inner_text("main")
    page.get_by_label("Name (optional)").first.fill("Lucía Núñez")
    page.get_by_label("Phone (optional)").fill("617-555-0177")
    press(page, "Add contact")
    assert "617-555-0177" in page.locator("table").first.inner_text()
    follow(page, "José Peña Núñez")
    follow(page, "Follow-up decision")
    page.get_by_label("Being traced").check()
    enter_date(page, "Since", date(2026, 11, 20))
    page.get_by_label("Reason").fill("The number belongs to somebody else")
    press(page, "Save decision")
    assert "Being traced" in page.inner_text("main")
    assert "The number belongs to somebody else" in page.inner_text(".app-warning")


def test_the_worklist_serves_without_javascript_on_a_phone(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR, 360, 740, javascript=False)
    assert page.locator("tbody tr").first.bounding_box()["y"] < 740, "the first to call is on the first screen"  # type: ignore[index]
    page.locator(".app-filters-fold summary").click()
    page.get_by_label("Name or number").fill("rivera")
    press(page, "Apply")
    assert names(page) == ["Ana Rivera"]
    at = book(page, "Ana Rivera", "Dec 7, 2026")
    assert f"Monday, December 7, 2026, {at}" in said(page)
