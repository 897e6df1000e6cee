"""The worklist page, its download, and the search page."""

import csv
import io
import re
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_contact, make_due_item, make_survivor, make_visit
from tests.web.staff import Staff
from tracker.models import AccessEvent, Clinic, Role, Survivor
from tracker.services import worklists
from tracker.services.spreadsheets import neutral
from tracker.web.presenters_worklists import NAMED_PER_PLACE


@pytest.fixture
def staff(app_sqlite: Flask) -> Staff:
    return Staff(app_sqlite)


@pytest.fixture
def coordinator(staff: Staff) -> FlaskClient:
    return staff.client(Role.COORDINATOR)


def add(staff: Staff, **given: Any) -> UUID:
    """A survivor whose recurrence screening is four months overdue, with a CT of the chest to order."""
    dates: dict[str, Any] = {
        "has_plan": True,
        "next_due_on": date(2026, 4, 23),
        "next_overdue_on": date(2026, 7, 23),
        "recurrence_due_on": date(2026, 4, 23),
        "recurrence_overdue_on": date(2026, 7, 23),
    }
    with staff.writing() as session:
        clinic = session.get_one(Clinic, staff.clinic_id)
        tumor: Any = {"diagnosed_on": date(2021, 5, 1)}
        survivor = make_survivor(session, clinic, tumor=tumor, **(dates | given))
        make_contact(session, survivor)
        make_due_item(session, survivor, "chest-ct", date(2026, 4, 23), "recurrence", overdue_after=date(2026, 7, 22))
        return survivor.id


def text_of(page: str) -> str:
    """What a reader sees: tags gone, white space evened out."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def link(page: str, words: str) -> str:
    """Where the link with these words leads."""
    for href, inner in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', page, flags=re.S):
        if words in text_of(inner):
            return str(href).replace("&amp;", "&")
    raise AssertionError(f"no link {words!r}")


def names_on(page: str) -> list[str]:
    return re.findall(r'href="/survivors/[0-9a-f-]{36}">([^<]+)</a>\s*<span', page)


def test_a_row_says_who_why_first_what_whom_to_call_and_what_next(staff: Staff, coordinator: FlaskClient) -> None:
    survivor_id = add(staff)
    page = coordinator.get("/worklist")
    assert page.status_code == 200
    shown = text_of(page.text)
    for words in (
        "Ana Rivera 19 y",
        "Leiomyosarcoma, 2021",
        "Recurrence screening, 4 months overdue",
        "By order: CT chest",
        "617-555-0123 Maria Rivera (mother)",
        "Everyone 1",
        "Download these 1",
    ):
        assert words in shown
    assert f"/survivors/{survivor_id}/visits/new" in link(page.text, "Book")
    assert link(page.text, "Open") == f"/survivors/{survivor_id}"


def test_many_items_of_one_place_are_folded(staff: Staff, coordinator: FlaskClient) -> None:
    survivor_id = add(staff)
    codes = ["skin-examination", "fatigue-screen", "pain-screen", "blood-pressure", "neck-palpation"]
    with staff.writing() as session:
        survivor = session.get_one(Survivor, survivor_id)
        for code in codes:
            make_due_item(session, survivor, code, date(2026, 11, 1))
    shown = text_of(coordinator.get("/worklist").text)
    assert f"+{len(codes) - NAMED_PER_PLACE} more" in shown
    assert "Skin examination" not in shown


def test_an_empty_list_says_what_to_do(coordinator: FlaskClient) -> None:
    shown = text_of(coordinator.get("/worklist").text)
    assert "Nobody needs an act today" in shown
    assert "prepare the next clinic day" in shown
    assert "Download" not in shown


def test_filters_that_leave_nobody_offer_a_way_out(staff: Staff, coordinator: FlaskClient) -> None:
    add(staff)
    page = coordinator.get("/worklist?flag=predisposition&text=rivera").text
    assert "Nobody fits these filters" in page
    assert parse_qs(urlsplit(link(page, "look among everyone")).query) == {
        "flag": ["predisposition"],
        "text": ["rivera"],
        "state": ["everyone"],
    }
    assert link(page, "Clear the filters") == "/worklist"


def test_the_filters_stand_in_the_address_and_are_shown_as_chosen(staff: Staff, coordinator: FlaskClient) -> None:
    add(staff)
    address = "/worklist?flag=recurrence&state=overdue&diagnosis=Leiomyosarcoma&specialty=radiology&text=ana"
    page = coordinator.get(address).text
    assert names_on(page) == ["Ana Rivera"]
    for value in ("recurrence", "overdue", "Leiomyosarcoma", "radiology"):
        assert f'<option value="{value}" selected>' in page
    assert 'value="ana"' in page


@pytest.mark.parametrize("query", ["flag=nonsense", "state=nonsense", "after=%21nonsense", "before=x", "flag=&state="])
def test_an_address_with_nonsense_shows_the_list_as_it_is(staff: Staff, coordinator: FlaskClient, query: str) -> None:
    add(staff)
    page = coordinator.get(f"/worklist?{query}")
    assert page.status_code == 200
    assert names_on(page.text) == ["Ana Rivera"]


def test_each_count_leads_to_exactly_those_it_counts(staff: Staff, coordinator: FlaskClient) -> None:
    add(staff)
    add(staff, given_name="Ben", has_plan=False)
    add(staff, given_name="Cleo", standing="transferred")
    page = coordinator.get("/worklist").text
    assert "Everyone</a> <b>3</b>" in page
    for words, name in (
        ("Overdue", "Ana Rivera"),
        ("Awaiting treatment summary", "Ben Rivera"),
        ("Transferred, not yet acknowledged", "Cleo Rivera"),
    ):
        assert names_on(coordinator.get(link(page, f"{words} 1")).text) == [name]
    assert len(names_on(coordinator.get(link(page, "Everyone")).text)) == 3


def test_pages_lead_on_and_back_and_keep_the_filters(
    staff: Staff, coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(worklists.page.__kwdefaults__ or {}, "size", 2)
    for number in range(5):
        add(staff, given_name=f"N{number}")
    first = coordinator.get("/worklist?flag=recurrence").text
    second_href = link(first, "Next")
    assert "flag=recurrence" in second_href
    second = coordinator.get(second_href).text
    third = coordinator.get(link(second, "Next")).text
    seen = [names_on(page) for page in (first, second, third)]
    assert [len(names) for names in seen] == [2, 2, 1]
    assert len({name for names in seen for name in names}) == 5
    assert names_on(coordinator.get(link(third, "Previous")).text) == seen[1]
    with pytest.raises(AssertionError):
        link(first, "Previous")
    with pytest.raises(AssertionError):
        link(third, "Next")


def test_a_booked_survivor_shows_the_visit_instead_of_booking(staff: Staff, coordinator: FlaskClient) -> None:
    survivor_id = add(staff)
    with staff.writing() as session:
        survivor = session.get_one(Survivor, survivor_id)
        visit_id = make_visit(session, survivor, date(2026, 11, 30)).id
    page = coordinator.get("/worklist?state=booked").text
    assert link(page, "Visit Nov 30, 2026") == f"/visits/{visit_id}"
    assert "/visits/new" not in page
    assert "Booked for Nov 30, 2026" in text_of(page)


def accesses(staff: Staff) -> list[tuple[UUID, str]]:
    with staff.store.reading() as session:
        rows = session.execute(sa.select(AccessEvent.survivor_id, AccessEvent.purpose))
        return [(row.survivor_id, row.purpose) for row in rows]


def test_everyone_shown_downloaded_or_found_is_on_the_access_record(staff: Staff, coordinator: FlaskClient) -> None:
    survivor_id = add(staff)
    add(staff, given_name="Ben", booked_on=date(2026, 11, 30))
    coordinator.get("/worklist")
    coordinator.get("/worklist.csv")
    coordinator.get("/search?q=ana")
    assert accesses(staff) == [(survivor_id, "worklist"), (survivor_id, "worklist download"), (survivor_id, "search")]


def downloaded(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/worklist.csv{query}")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="worklist-2026-11-23.csv"'
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_download_is_the_screens_selection_in_its_order_all_pages(
    staff: Staff, coordinator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "CHUNK", 3)
    for day in range(10, 20):
        add(staff, given_name=f"N{day}", recurrence_overdue_on=date(2026, 7, day))
    add(staff, given_name="Other", booked_on=date(2026, 11, 30))
    for query in ("", "?flag=recurrence&state=overdue", "?state=everyone"):
        screen = coordinator.get(f"/worklist{query}").text
        rows = downloaded(coordinator, query)
        assert [row["Survivor"] for row in rows] == names_on(screen)
        assert f"Download these {len(rows)}" in screen
    assert len(rows) == 11


def test_a_downloaded_row_says_what_the_screen_says(staff: Staff, coordinator: FlaskClient) -> None:
    add(staff, mrn="000417", family_name="Peña")
    [row] = downloaded(coordinator)
    assert row == {
        "Record number": "000417",
        "Survivor": "Ana Peña",
        "Age": "19",
        "Diagnosis": "Leiomyosarcoma, 2021",
        "State": "Overdue",
        "Why first": "Recurrence screening, 4 months overdue",
        "At the visit": "",
        "By order": "CT chest",
        "By referral": "",
        "At home": "",
        "Vaccines": "",
        "Next": "",
        "To call": "Maria Rivera (mother)",
        "Phone": "617-555-0123",
        "Next visit": "",
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_download_is_a_formula(staff: Staff, coordinator: FlaskClient, start: str) -> None:
    formula = f'{start}HYPERLINK("http://example.invalid")'
    add(staff, given_name=formula, family_name="", mrn=f"{start}1")
    [row] = downloaded(coordinator)
    assert row["Survivor"] == f"'{formula}"
    assert row["Record number"] == f"'{start}1"
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


@pytest.mark.parametrize("plain", ["", "Ana", "O'Connor", "a=b", "1-2", " =1"])
def test_plain_cells_stay_as_they_are(plain: str) -> None:
    assert neutral(plain) == plain


def test_a_record_number_goes_straight_to_its_survivor(staff: Staff, coordinator: FlaskClient) -> None:
    survivor_id = add(staff, mrn="AB-0417")
    answer = coordinator.get("/search?q=ab-0417")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/survivors/{survivor_id}")


def test_a_name_lists_whom_it_finds(staff: Staff, coordinator: FlaskClient) -> None:
    add(staff, given_name="José", family_name="Peña")
    add(staff, given_name="Pepa", family_name="Peña")
    add(staff, given_name="Ruth", family_name="Zed")
    page = coordinator.get("/search?q=pena").text
    assert sorted(names_on(page)) == ["José Peña", "Pepa Peña"]
    assert "2 survivors found" in text_of(page)
    assert 'value="pena"' in page


def test_a_search_without_success_or_question_says_what_to_do(staff: Staff, coordinator: FlaskClient) -> None:
    add(staff)
    nobody = text_of(coordinator.get("/search?q=zebra").text)
    assert "Nobody was found" in nobody
    assert "Check the spelling" in nobody
    assert "Enter a name or a record number" in text_of(coordinator.get("/search").text)


def test_what_was_typed_is_text_not_markup(coordinator: FlaskClient) -> None:
    page = coordinator.get("/search", query_string={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
