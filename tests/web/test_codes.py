"""The administrator's pages about codes: counts and names, what one means, all of it taken back; and nobody's record."""

import csv
import io
import json
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from markupsafe import escape
from playwright.sync_api import expect
from werkzeug.test import TestResponse

from tests.browser import NewPage, axe_violations, browser, click_through, new_page, no_horizontal_scroll, serving
from tests.hashing import light_hashing
from tests.mapped import LOCAL, make_entry
from tests.shared import need_shared
from tests.web.import_desk import words
from tests.web.section_forms import errors_in, plain
from tests.web.worlds import Worlds, built, shared_app, worlds
from tracker.fhir.codes import read_codes
from tracker.guidelines.loader import load_pack
from tracker.models import AccessEvent, ChartEntry, CodeMapping, Result, Survivor

__all__ = ["browser", "built", "light_hashing", "new_page", "shared_app", "worlds"]
pytestmark = pytest.mark.usefixtures("light_hashing")
CODE = {"system": LOCAL, "code": "EF-1"}
MEANS = CODE | {"kind": "test", "target_test": "Echocardiogram", "note": "Our ultrasound"}


def get(worlds: Worlds, path: str, **query: str) -> str:
    answer = worlds.client("administrator").get(path, query_string=query)
    assert answer.status_code == 200, answer.status
    return plain(answer)


def get_raw(worlds: Worlds, path: str, **query: str) -> str:
    """The page as it is sent, its characters still escaped."""
    return worlds.client("administrator").get(path, query_string=query).get_data(as_text=True)


def post(worlds: Worlds, path: str = "/admin/codes/code", **form: str) -> TestResponse:
    return worlds.client("administrator").post(path, data=form)


def sends(worlds: Worlds, path: str = "/admin/codes/code", **form: str) -> str:
    """What the page says that a form leads to, a minute later, its message included."""
    worlds.clock.advance(timedelta(minutes=1))
    answer = worlds.client("administrator").post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200 and answer.history, answer.status
    return words_of_all(plain(answer))


def words_of_all(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def all_of(worlds: Worlds, table: Any, *where: Any) -> list[Any]:
    with worlds.database.reading() as session:
        found = list(session.scalars(sa.select(table).where(*where)))
        session.expunge_all()
        return found


def add(worlds: Worlds, *codes: str, **given: Any) -> None:
    """Further entries that mean nothing, of the survivor here."""
    with worlds.database.transaction() as session:
        survivor = session.get_one(Survivor, worlds.mine.survivor.id)
        for code in codes:
            make_entry(session, survivor, worlds.clock, **({"code": code} | given))


# The list


def test_the_list_tells_of_a_code_what_it_is_called_and_how_often_it_occurs(worlds: Worlds) -> None:
    page = words(get(worlds, "/admin/codes"))
    assert "EF-1 http://hospital.example/codes Called Ejection fraction Entries 2 People 1 In 2 observations" in page
    assert "1 entry is in words alone" in page


def test_codes_that_occur_once_are_shown_on_request(worlds: Worlds) -> None:
    add(worlds, "ONCE")
    assert "ONCE" not in get(worlds, "/admin/codes")
    assert "ONCE" in get(worlds, "/admin/codes", all="1")


def test_no_page_about_codes_names_a_person_or_notes_that_one_was_seen(worlds: Worlds) -> None:
    survivor = worlds.mine.survivor
    seen = len(all_of(worlds, AccessEvent))
    mapping = worlds.mine.mapping.id
    pages = [
        get(worlds, "/admin/codes", all="1"),
        get(worlds, "/admin/codes/code", **CODE),
        get(worlds, "/admin/codes/mappings"),
        get(worlds, f"/admin/codes/mappings/{mapping}/undo"),
        get(worlds, "/admin/codes/tables"),
        plain(post(worlds, **MEANS)),
    ]
    for page in pages:
        for secret in (survivor.family_name, survivor.given_name, survivor.mrn, str(survivor.id), "brother"):
            assert secret not in page
    assert len(all_of(worlds, AccessEvent)) == seen


def test_long_lists_have_pages(worlds: Worlds) -> None:
    add(worlds, *[f"c{number:03}" for number in range(60)] * 2)
    first, second = get(worlds, "/admin/codes"), get(worlds, "/admin/codes", page="2")
    assert 'rel="next"' in first and 'rel="prev"' not in first
    assert 'rel="prev"' in second and 'rel="next"' not in second
    found = Counter(re.findall(r">(c\d{3}|EF-1)</a>", first + second))
    assert len(found) == 61 and set(found.values()) == {1}
    assert "There are no more codes" in get(worlds, "/admin/codes", page="9")


@pytest.mark.parametrize("page", ["0", "-3", "x", "99999999999999999999", ""])
def test_a_page_number_that_is_none_is_no_error(worlds: Worlds, page: str) -> None:
    assert worlds.client("administrator").get("/admin/codes", query_string={"page": page}).status_code == 200


def test_administrators_find_the_codes_in_their_navigation(worlds: Worlds) -> None:
    assert 'href="/admin/codes"' in get(worlds, "/admin/users")
    assert 'href="/admin/codes"' not in plain(worlds.client("clinician").get("/worklist"))


# One code


def test_the_page_of_a_code_offers_what_such_entries_can_be(worlds: Worlds) -> None:
    page = get(worlds, "/admin/codes/code", **CODE)
    assert re.findall(r'name="kind"[^>]*value="(\w+)"', page) == ["test", "nothing"]
    assert "2 entries of 1 person will be read again" in words(page)
    assert "2 of them came in before whole entries were kept" in words(page)
    assert '<datalist id="list-test"><option value="CT abdomen and pelvis"' in page

    add(worlds, "P-5", resource_type="Procedure")
    page = get(worlds, "/admin/codes/code", system=LOCAL, code="P-5")
    assert re.findall(r'name="kind"[^>]*value="(\w+)"', page) == ["test", "operation", "field", "nothing"]


@pytest.mark.parametrize("code", ["T-9", "", "EF-1 "])
def test_a_code_that_no_entry_has_is_not_found(worlds: Worlds, code: str) -> None:
    answer = worlds.client("administrator").get("/admin/codes/code", query_string={"system": LOCAL, "code": code})
    assert answer.status_code == 404
    assert post(worlds, **(MEANS | {"code": code})).status_code == 404


def test_a_code_that_the_pack_knows_by_now_is_proposed_as_the_pack_has_it(worlds: Worlds) -> None:
    add(worlds, "39156-5", code_system="http://loinc.org", display="BMI")
    page = get(worlds, "/admin/codes/code", system="http://loinc.org", code="39156-5")
    assert "The guideline pack knows this code by now: test: Height, weight and body mass index" in words(page)
    assert 'value="Height, weight and body mass index"' in page
    assert re.search(r'value="test"[^>]* checked', page)


@pytest.mark.parametrize(
    "typed, said",
    [
        ({}, ["Choose what the code means"]),
        ({"kind": "organ"}, ["Choose what the code means"]),
        ({"kind": "agent", "target_agent": "doxorubicin"}, ["Choose what the code means"]),
        ({"kind": "test"}, ["Enter what the code means"]),
        ({"kind": "test", "target_test": "Crystal ball"}, ["Choose one of the list"]),
        ({"kind": "test", "target_test": "CT"}, ["Choose one of the list"]),
        ({"kind": "nothing", "note": "x" * 2001}, ["Use at most 2000 characters"]),
    ],
)
@pytest.mark.parametrize("act", ["", "confirm"])
def test_an_answer_that_leads_nowhere_is_asked_again(
    worlds: Worlds, typed: dict[str, str], said: list[str], act: str
) -> None:
    answer = post(worlds, **CODE, **typed, act=act)
    assert answer.status_code == 422 and errors_in(plain(answer)) == said
    assert len(all_of(worlds, CodeMapping)) == 2


@pytest.mark.parametrize("typed", ["Echocardiogram", "echocardiogram", " ECHOCARDIO "])
def test_what_was_chosen_is_said_back_before_anything_is_done(worlds: Worlds, typed: str) -> None:
    page = plain(post(worlds, **(MEANS | {"target_test": typed})))
    assert "test: Echocardiogram" in words(page) and "Our ultrasound" in words(page)
    assert "2 entries of 1 person will be read again" in words(page)
    assert len(all_of(worlds, CodeMapping)) == 2
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert sends(worlds, **hidden, act="confirm")
    assert len(all_of(worlds, CodeMapping)) == 3


def test_confirmed_the_entries_are_read_again_and_the_code_leaves_the_list(worlds: Worlds) -> None:
    before = len(all_of(worlds, Result))
    told = sends(worlds, **MEANS, act="confirm")
    assert "The record of 1 person changed: 2 results." in told
    assert "EF-1 http://hospital.example/codes Ejection fraction Means test: Echocardiogram" in told
    assert "Our ultrasound" in told
    assert len(all_of(worlds, Result)) == before + 2
    assert "No code recurs that means nothing here" in get(worlds, "/admin/codes")
    [theirs] = {
        row.mapped_to for row in all_of(worlds, ChartEntry, ChartEntry.survivor_id == worlds.theirs.survivor.id)
    }
    assert theirs == ""


def test_sent_twice_the_second_says_that_the_code_means_something_already(worlds: Worlds) -> None:
    add(worlds, "EF-1", value_text="")
    assert post(worlds, **MEANS, act="confirm").status_code == 303
    answer = post(worlds, **MEANS, act="confirm")
    assert answer.status_code == 409 and "already" in errors_in(plain(answer))[0]
    assert "1 entry says too little or is not certain" in words(get(worlds, "/admin/codes/mappings"))


def test_a_code_that_means_nothing_is_not_listed_again(worlds: Worlds) -> None:
    told = sends(worlds, **CODE, kind="nothing", act="confirm")
    assert "The code is not listed again." in told and "means nothing here" in told
    assert "EF-1" not in get(worlds, "/admin/codes", all="1")


# Taking it back


def test_a_mapping_is_taken_back_and_the_code_is_listed_again(worlds: Worlds) -> None:
    before = len(all_of(worlds, Result))
    sends(worlds, **MEANS, act="confirm")
    [mapping] = all_of(worlds, CodeMapping, CodeMapping.code == "EF-1")
    path = f"/admin/codes/mappings/{mapping.id}/undo"
    assert "The records are as before it" in words(get(worlds, path))

    assert "was taken back, with all it did" in sends(worlds, path)

    assert len(all_of(worlds, Result)) == before
    assert "EF-1" in get(worlds, "/admin/codes")
    assert post(worlds, path).status_code == 404


def test_what_changed_since_keeps_it_from_being_taken_back_and_it_can_be_ended(worlds: Worlds) -> None:
    sends(worlds, **MEANS, act="confirm")
    [mapping] = all_of(worlds, CodeMapping, CodeMapping.code == "EF-1")
    with worlds.database.transaction() as session:
        session.execute(sa.update(Result).values(report="Seen again by the cardiologist"))
    path = f"/admin/codes/mappings/{mapping.id}/undo"
    page = words(get(worlds, path))
    assert "It can no longer be taken back with all it did" in page and worlds.mine.survivor.family_name not in page

    answer = post(worlds, path)
    assert answer.status_code == 409 and "End the mapping" in plain(answer)
    assert "has ended" in sends(worlds, path, act="keep")
    assert all_of(worlds, CodeMapping, CodeMapping.code == "EF-1") == []
    assert len(all_of(worlds, Result, Result.report == "Seen again by the cardiologist")) >= 2


# The pack's tables


def test_each_code_system_stands_with_its_owner_license_and_source(worlds: Worlds) -> None:
    page = words(get(worlds, "/admin/codes/tables"))
    for said in ("Regenstrief Institute", "SNOMED International", "public domain in the United States", "CC0"):
        assert said in page
    tables = read_codes(load_pack()).tables
    loinc = sum(1 for table in tables.values() for system, _code in table if system == "http://loinc.org")
    assert re.search(rf"LOINC http://loinc.org Codes {loinc} Of which kind", page)


def test_every_code_of_the_pack_can_be_downloaded(worlds: Worlds) -> None:
    answer = worlds.client("administrator").get("/admin/codes/tables.csv")
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == ("text/csv", 'attachment; filename="codes.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    found = {(row["kind"], row["system"], row["code"]): row["target"] for row in rows}
    every = {
        (kind, system, code): target
        for kind, table in read_codes(load_pack()).tables.items()
        for (system, code), target in table.items()
    }
    assert {key: value.removeprefix("'") for key, value in found.items()} == every
    assert len(rows) == len(every)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


# Whatever a file may hold


def hostile() -> list[str]:
    path = need_shared("data", "strings") / "blns.json"
    found: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return [each for each in found if each.strip() and "\x00" not in each and len(each) <= 80]


def test_hostile_codes_are_shown_as_text_and_can_be_mapped(worlds: Worlds) -> None:
    texts = list(dict.fromkeys(each for each in hostile() if each == each.strip()))
    chosen = [each for each in texts if any(sign in each for sign in "<>'\"&")][:12] + texts[:4]
    for text in dict.fromkeys(chosen):
        add(worlds, text, code_system=text, display=text)
        page = get_raw(worlds, "/admin/codes", all="1") + get_raw(worlds, "/admin/codes/code", system=text, code=text)
        assert "<" not in text or text not in page
        assert str(escape(text)) in page
        confirm = post(worlds, **(MEANS | {"system": text, "code": text})).get_data(as_text=True)
        assert "<" not in text or text not in confirm
        assert post(worlds, **(MEANS | {"system": text, "code": text}), act="confirm").status_code == 303
        assert len(all_of(worlds, CodeMapping, CodeMapping.code == text)) == 1
        assert "<" not in text or text not in get_raw(worlds, "/admin/codes/mappings")


# In a browser


@pytest.mark.browser
def test_an_administrator_maps_a_code_by_keyboard_and_takes_it_back(worlds: Worlds, new_page: NewPage) -> None:
    worlds.app.config["WTF_CSRF_ENABLED"] = True
    with serving(worlds.app) as address:
        page = new_page(1280)
        name = worlds.app.config["SESSION_COOKIE_NAME"]
        cookie = worlds.client("administrator").get_cookie(name, domain="localhost")
        assert cookie is not None
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        page.goto(f"{address}/admin/codes")
        click_through(page.get_by_role("link", name="EF-1"))
        page.get_by_label("A test of the follow-up").check()
        page.get_by_role("combobox", name="Which test?").fill("echoc")
        expect(page.get_by_role("option", name="Echocardiogram")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.get_by_role("combobox", name="Which test?")).to_have_value("Echocardiogram")
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert no_horizontal_scroll(page) and axe_violations(page) == []
        click_through(page.get_by_role("button", name="Continue"))
        expect(page.get_by_text("2 entries of 1 person will be read again")).to_be_visible()
        assert axe_violations(page) == []
        worlds.clock.advance(timedelta(minutes=1))
        click_through(page.get_by_role("button", name="Map the code and read these again"))
        expect(page.get_by_text("The record of 1 person changed: 2 results.")).to_be_visible()
        click_through(page.get_by_role("link", name="Take back EF-1"))
        click_through(page.get_by_role("button", name="Take it back"))
        expect(page.get_by_text("The mapping was taken back")).to_be_visible()
    assert all_of(worlds, CodeMapping, CodeMapping.code == "EF-1") == []
