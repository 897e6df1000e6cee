"""The list of people who may be one, two records side by side, merging them, and taking them apart again."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import make_app
from tests.factories import make_clinic, make_contact, make_exposure, make_staff, make_survivor
from tests.web.signing_in import sign_in
from tracker.clock import FixedClock
from tracker.current import database
from tracker.models import AccessEvent, Clinic, Contact, DuplicatePair, PairState, Role, Survivor, User
from tracker.services import care_plans, duplicates


@dataclass
class Desk:
    """A coordinator's desk at a clinic with Ana on record twice."""

    app: Flask
    client: FlaskClient
    clinic: Clinic
    ana: Survivor
    anna: Survivor
    user: User
    clock: FixedClock

    @property
    def pair(self) -> DuplicatePair:
        with self.app.app_context(), database().reading() as session:
            return session.scalars(sa.select(DuplicatePair)).one()

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, path
        return words(answer)

    def answers(self, **changed: Any) -> dict[str, Any]:
        """Ana's record stays, and whatever differs is as it says there."""
        stays = str(self.ana.id)
        keys = ("family_name", "given_name", "birth_date", "exposure-doxorubicin_mg_m2")
        return {"keep": stays, **dict.fromkeys(keys, stays), "reason": "The mother brought both letters"} | changed

    def merge(self, **changed: Any) -> TestResponse:
        return self.client.post(f"/duplicates/{self.pair.id}/merge", data=self.answers(**changed))

    def undo_path(self) -> str:
        found = re.search(r"/duplicates/merged/[0-9a-f-]+/undo", self.client.get(f"/survivors/{self.ana.id}").text)
        assert found is not None
        return found.group()

    def survivor(self, survivor_id: UUID) -> Survivor:
        with self.app.app_context(), database().reading() as session:
            return session.get_one(Survivor, survivor_id)


def words(answer: TestResponse) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def desk(sqlite_url: str, clock: FixedClock) -> Iterator[Desk]:
    app = make_app(sqlite_url, clock)
    with app.app_context(), database().transaction() as session:
        clinic = make_clinic(session, name="Harbor clinic")
        ana = make_survivor(session, clinic, mrn="A-100", birth_date=date(2007, 3, 5))
        make_exposure(session, ana, value=300)
        anna = make_survivor(
            session, clinic, mrn="B-200", family_name="Ribera", given_name="Anna", birth_date=date(2007, 5, 3)
        )
        make_exposure(session, anna, value=250)
        make_contact(session, anna, name="Maria Ribera")
        user = make_staff(session, clinic, Role.COORDINATOR)
        for each in (ana, anna):
            care_plans.refresh(session, each, clock=clock)
        duplicates.look_for(session, [ana.id], clock=clock)
    yield Desk(app, sign_in(app.test_client(), user), clinic, ana, anna, user, clock)
    app.extensions["tracker_database"].close()


# The list


def test_the_list_names_the_two_and_why(desk: Desk) -> None:
    page = desk.get("/duplicates")
    assert "Ana Rivera (A-100)" in page and "Anna Ribera (B-200)" in page
    assert "day and month of birth swapped" in page
    assert "family names alike" in page
    assert "Compare" in page


def test_an_empty_list_says_what_fills_it(desk: Desk) -> None:
    desk.client.post(f"/duplicates/{desk.pair.id}/apart", data={"reason": "Cousins"})
    page = desk.get("/duplicates")
    assert "Nobody seems to be on record twice" in page
    assert "They stay two people" in page


def test_the_list_is_one_step_from_the_imports(desk: Desk) -> None:
    assert 'href="/duplicates"' in desk.client.get("/imports").text


# Side by side


def test_every_line_says_in_words_whether_the_two_agree(desk: Desk) -> None:
    page = desk.get(f"/duplicates/{desk.pair.id}")
    assert "Date of birth" in page and "Mar 5, 2007" in page and "May 3, 2007" in page
    assert {"Same", "Different"} <= set(page.split())
    assert "Only one says it" in page
    assert "Maria Ribera" in page
    assert "300 mg/m²" in page and "250 mg/m²" in page


def test_both_are_noted_as_seen(desk: Desk) -> None:
    desk.get(f"/duplicates/{desk.pair.id}")
    with desk.app.app_context(), database().reading() as session:
        seen = session.execute(sa.select(AccessEvent.survivor_id, AccessEvent.purpose)).all()
    assert {tuple(row) for row in seen} == {(each.id, "two records side by side") for each in (desk.ana, desk.anna)}


def test_what_the_plan_depends_on_is_not_chosen_beforehand(desk: Desk) -> None:
    text = desk.client.get(f"/duplicates/{desk.pair.id}").text
    boxes = re.findall(r'<input[^>]*type="radio"[^>]*>', text)
    checked = {re.search(r'name="([^"]+)"', box).group(1) for box in boxes if " checked" in box}  # type: ignore[union-attr]
    assert {"keep", "family_name", "given_name"} <= checked
    assert not checked & {"birth_date", "exposure-doxorubicin_mg_m2"}


def test_going_on_without_a_choice_is_refused_where_it_is_missing(desk: Desk) -> None:
    answer = desk.client.get(f"/duplicates/{desk.pair.id}/confirm", query_string=desk.answers(birth_date=""))
    assert answer.status_code == 422
    assert "Choose which is right: date of birth" in words(answer)
    assert "Error: One person or two?" in answer.text


def test_what_was_chosen_is_shown_before_it_is_done(desk: Desk) -> None:
    answer = desk.client.get(
        f"/duplicates/{desk.pair.id}/confirm", query_string=desk.answers(birth_date=str(desk.anna.id))
    )
    page = words(answer)
    assert "Stays A-100, Ana Rivera" in page
    assert "Becomes part of it B-200, Anna Ribera" in page
    assert "May 3, 2007 (record B-200)" in page
    assert desk.pair.state == PairState.OPEN


# Deciding


def test_two_become_one_and_the_page_offers_to_undo_it(desk: Desk) -> None:
    answer = desk.merge(birth_date=str(desk.anna.id))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/survivors/{desk.ana.id}")
    page = desk.client.get(f"/survivors/{desk.ana.id}").text
    assert "The two records are one now." in page and "/undo" in page
    assert desk.survivor(desk.ana.id).birth_date == date(2007, 5, 3)
    with desk.app.app_context(), database().reading() as session:
        assert session.scalars(sa.select(Contact.survivor_id)).all() == [desk.ana.id]


def test_a_merging_without_a_reason_is_refused_and_keeps_the_choices(desk: Desk) -> None:
    answer = desk.merge(reason=" ")
    assert answer.status_code == 422
    assert "Enter how you know" in words(answer)
    assert answer.text.count(f'value="{desk.ana.id}"') >= 4
    assert desk.pair.state == PairState.OPEN


def test_a_record_that_changed_meanwhile_is_not_merged_unseen(desk: Desk) -> None:
    seen = {f"seen-{desk.ana.id}": "1", f"seen-{desk.anna.id}": "1"}
    with desk.app.app_context(), database().transaction() as session:
        session.get_one(Survivor, desk.anna.id).version = 2
    answer = desk.merge(**seen)
    assert answer.status_code == 409
    assert desk.pair.state == PairState.OPEN


def test_whoever_decides_second_is_told_who_was_first(desk: Desk) -> None:
    pair_id = desk.pair.id
    assert desk.merge().status_code == 303
    again = desk.client.post(f"/duplicates/{pair_id}/merge", data=desk.answers())
    assert again.status_code == 404
    assert "Somebody may have decided it" in words(again)


def test_the_old_address_and_the_old_number_lead_to_the_one_who_stays(desk: Desk) -> None:
    desk.merge()
    for page in ("", "/history", "/record"):
        answer = desk.client.get(f"/survivors/{desk.anna.id}{page}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/survivors/{desk.ana.id}{page}")
    found = desk.client.get("/search?q=b-200")
    assert found.headers.get("Location") == f"/survivors/{desk.ana.id}"


def test_whoever_may_not_see_the_record_is_not_led_there(desk: Desk) -> None:
    desk.merge()
    with desk.app.app_context(), database().transaction() as session:
        stranger = make_staff(session, make_clinic(session))
    client = sign_in(desk.app.test_client(), stranger)
    assert client.get(f"/survivors/{desk.anna.id}").status_code == 404


def test_the_history_tells_of_both_and_offers_to_take_them_apart(desk: Desk) -> None:
    desk.client.post(f"/survivors/{desk.anna.id}/contacts", data={"kind": "father", "phone": "617-555-0188"})
    desk.merge()
    page = desk.get(f"/survivors/{desk.ana.id}/history")
    assert "Record B-200 was merged into this one" in page
    assert "Take them apart" in page
    assert "Contact added, on the record B-200" in page


def test_taking_apart_gives_both_back_with_a_choice_of_what_comes_next(desk: Desk) -> None:
    desk.merge()
    path = desk.undo_path()
    assert "Record B-200 was merged into record A-100" in desk.get(path)
    assert desk.client.post(path, data={"reason": "Two children"}).status_code == 422
    answer = desk.client.post(path, data={"reason": "Two children", "then": "apart"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/survivors/{desk.anna.id}")
    assert "The records are two again" in desk.get(f"/survivors/{desk.anna.id}")
    assert (desk.pair.state, desk.survivor(desk.anna.id).mrn) == (PairState.APART, "B-200")
    assert desk.client.post(path, data={"reason": "Two children", "then": "apart"}).status_code == 409


def test_what_stayed_behind_is_named(desk: Desk) -> None:
    desk.merge()
    path = desk.undo_path()
    desk.client.post(
        f"/survivors/{desk.ana.id}/contacts", data={"kind": "father", "name": "Luis Rivera", "phone": "617-555-0188"}
    )
    desk.client.post(path, data={"reason": "Two children", "then": "open"})
    page = desk.get(f"/survivors/{desk.anna.id}")
    assert "Recorded since, and still with Ana Rivera: Luis Rivera." in page
    assert desk.pair.state == PairState.OPEN


def test_two_people_stay_two_with_a_reason_only(desk: Desk) -> None:
    path = f"/duplicates/{desk.pair.id}/apart"
    assert desk.client.post(path, data={}).status_code == 422
    assert desk.client.post(path, data={"reason": "Cousins, both seen today"}).status_code == 303
    assert desk.pair.state == PairState.APART
    assert "Said to be two people" in desk.get(f"/survivors/{desk.ana.id}/history")
