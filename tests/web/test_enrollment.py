"""Enrolling, correcting, contacts and decisions in the browser: what is refused is kept as typed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_clinic, make_contact, make_staff, make_survivor
from tests.web.signing_in import sign_in
from tracker.clock import FixedClock
from tracker.current import database
from tracker.models import AccessEvent, Contact, Grant, Role, Survivor, User
from tracker.services import care_plans
from tracker.services.standing import StandingInput, set_standing

DETAILS = {
    "mrn": "004417",
    "family_name": "Rivera",
    "given_name": "Ana",
    "birth_date-month": "3",
    "birth_date-day": "5",
    "birth_date-year": "2007",
    "sex_at_birth": "female",
    "language": "es",
}


@dataclass
class Desk:
    """A coordinator signed in, with one survivor of the clinic."""

    app: Flask
    client: FlaskClient
    survivor_id: UUID

    def url(self, rest: str) -> str:
        return f"/survivors/{self.survivor_id}/{rest}".rstrip("/")

    def survivor(self) -> Survivor:
        with self.app.app_context(), database().reading() as session:
            found = session.get(Survivor, self.survivor_id)
            assert found is not None
            return found

    def all(self, table: type[Any]) -> list[Any]:
        with self.app.app_context(), database().reading() as session:
            return list(session.scalars(sa.select(table)))


@pytest.fixture
def desk(app_sqlite: Flask, clock: FixedClock) -> Iterator[Desk]:
    with app_sqlite.app_context(), database().transaction() as session:
        clinic = make_clinic(session, name="Harbor")
        coordinator = make_staff(session, clinic, Role.COORDINATOR, name="Dana Ruiz")
        survivor = make_survivor(session, clinic, mrn="000100", birth_date=date(2012, 2, 29))
        care_plans.refresh(session, survivor, clock=clock)
    yield Desk(app_sqlite, sign_in(app_sqlite.test_client(), coordinator), survivor.id)


def date_parts(name: str, month: int, day: int, year: int) -> dict[str, str]:
    return {f"{name}-month": str(month), f"{name}-day": str(day), f"{name}-year": str(year)}


def test_the_form_to_enroll_asks_for_the_least(desk: Desk) -> None:
    page = desk.client.get("/survivors/new").text
    assert "Enroll a survivor" in page
    assert "Given name (optional)" in page
    assert "Family name (optional)" not in page


def test_enrolling_leads_to_the_new_survivor(desk: Desk) -> None:
    answer = desk.client.post("/survivors", data=DETAILS)
    enrolled = next(each for each in desk.all(Survivor) if each.mrn == "004417")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/survivors/{enrolled.id}")
    assert (enrolled.display_name, enrolled.birth_date, enrolled.language) == ("Ana Rivera", date(2007, 3, 5), "es")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mrn": ""}, "Enter the record number"),
        ({"mrn": "000100"}, "Another survivor of this clinic has the record number 000100"),
        ({"birth_date-day": "31", "birth_date-month": "2"}, "That month has no day 31"),
        ({"birth_date-year": "2027"}, "The date of birth is in the future"),
        ({"birth_date-year": ""}, "The date of birth must include a year"),
        ({"sex_at_birth": ""}, "Choose the sex recorded at birth, or unknown"),
    ],
)
def test_what_is_refused_is_kept_as_typed(desk: Desk, changed: dict[str, str], words: str) -> None:
    answer = desk.client.post("/survivors", data=DETAILS | changed)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<title>Error: Enroll a survivor" in answer.text
    assert 'value="Rivera"' in answer.text
    assert len(desk.all(Survivor)) == 1


def test_details_are_shown_corrected_and_written_down_as_read(desk: Desk) -> None:
    page = desk.client.get(desk.url("edit")).text
    assert 'value="000100"' in page and 'value="29"' in page
    changed = DETAILS | {"version": str(desk.survivor().version), "given_name": "Anna"}
    answer = desk.client.post(desk.url("edit"), data=changed)
    assert answer.status_code == 303
    assert (desk.survivor().given_name, desk.survivor().mrn) == ("Anna", "004417")
    assert {event.purpose for event in desk.all(AccessEvent)} == {"edit details"}


def test_a_form_opened_before_somebody_else_saved_is_not_stored_but_kept(desk: Desk) -> None:
    seen = str(desk.survivor().version)
    desk.client.post(desk.url("edit"), data=DETAILS | {"version": seen})
    late = DETAILS | {"version": seen, "given_name": "Annabel"}

    answer = desk.client.post(desk.url("edit"), data=late)

    assert answer.status_code == 409
    assert "Dana Ruiz changed this record" in answer.text
    assert 'value="Annabel"' in answer.text
    assert desk.survivor().given_name == "Ana"
    again = late | {"version": str(desk.survivor().version)}
    assert f'name="version" type="hidden" value="{again["version"]}"' in answer.text
    assert desk.client.post(desk.url("edit"), data=again).status_code == 303
    assert desk.survivor().given_name == "Annabel"


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_version_that_was_tampered_with_is_a_version_nobody_saw(desk: Desk, version: str) -> None:
    answer = desk.client.post(desk.url("edit"), data=DETAILS | {"version": version})
    assert answer.status_code == 409
    assert desk.survivor().mrn == "000100"


def test_a_language_an_import_brought_survives_an_edit(desk: Desk) -> None:
    with desk.app.app_context(), database().transaction() as session:
        session.execute(sa.update(Survivor).values(language="so"))
    assert '<option value="so" selected' in desk.client.get(desk.url("edit")).text
    changed = DETAILS | {"version": str(desk.survivor().version), "language": "so"}
    assert desk.client.post(desk.url("edit"), data=changed).status_code == 303
    assert desk.survivor().language == "so"


# Follow-up


def standing(desk: Desk, choice: str, **more: str) -> dict[str, str]:
    typed = {"standing": choice, "reason": "Told on the phone", "version": str(desk.survivor().version)}
    return typed | date_parts("since", 11, 20, 2026) | more


def test_the_present_decision_is_chosen_on_the_page(desk: Desk, clock: FixedClock) -> None:
    with desk.app.app_context(), database().transaction() as session:
        from tracker.policy import Actor

        entered = StandingInput(
            standing="declined", since=date(2026, 11, 2), reason="Exams", review_on=date(2027, 5, 1)
        )
        set_standing(session, desk.survivor_id, entered, seen_version=None, actor=Actor.system("test"), clock=clock)
    page = desk.client.get(desk.url("standing")).text
    assert 'value="declined" checked' in page.replace("  ", " ").replace("\n", " ")
    assert 'value="2027"' in page


def test_a_decision_is_stored_with_its_reason(desk: Desk) -> None:
    answer = desk.client.post(
        desk.url("standing"), data=standing(desk, "declined", **date_parts("review_on", 5, 1, 2027))
    )
    assert answer.status_code == 303
    assert (desk.survivor().standing, desk.survivor().review_on) == ("declined", date(2027, 5, 1))
    assert desk.survivor().standing_reason == "Told on the phone"


def test_a_death_withdraws_the_plan(desk: Desk) -> None:
    assert desk.survivor().next_due_on is not None
    typed = standing(desk, "deceased", **date_parts("deceased_on", 11, 19, 2026))
    assert desk.client.post(desk.url("standing"), data=typed).status_code == 303
    assert (desk.survivor().deceased_on, desk.survivor().next_due_on) == (date(2026, 11, 19), None)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"standing": "declined"}, "Enter the day to ask again"),
        ({"standing": "deceased"}, "Enter the date of death"),
        ({"standing": "being_traced", "reason": ""}, "Write the reason in a few words"),
        ({"standing": "lost"}, "Nobody is given up as lost before being traced"),
        ({"standing": "on_treatment"}, "Enter the treating team"),
        ({"standing": "on_treatment", "treating_team": "Harbor"}, "Enter the day to ask the treating team again"),
        ({"standing": "transferred"}, "Enter the clinic that takes over"),
        ({"standing": "being_traced", "since-year": "2027"}, "The date of the decision is in the future"),
        ({"standing": "gone"}, "There is a problem"),
    ],
)
def test_a_decision_that_lacks_something_is_asked_for_it(desk: Desk, typed: dict[str, str], words: str) -> None:
    answer = desk.client.post(desk.url("standing"), data=standing(desk, "lost") | typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert desk.survivor().standing == "active"


def test_a_refusal_stands_at_the_box_of_the_chosen_decision(desk: Desk) -> None:
    typed = standing(desk, "on_treatment", treating_team="Harbor solid tumor team")
    answer = desk.client.post(desk.url("standing"), data=typed)
    assert 'href="#ask_team_on-month"' in answer.text
    assert 'value="Harbor solid tumor team"' in answer.text


def test_a_treating_team_takes_over_until_the_day_of_review(desk: Desk) -> None:
    more = {"treating_team": "Harbor solid tumor team", "receiving_clinic": "typed under another answer"}
    typed = standing(desk, "on_treatment", **more, **date_parts("ask_team_on", 2, 1, 2027))
    assert desk.client.post(desk.url("standing"), data=typed).status_code == 303
    assert (desk.survivor().followed_by, desk.survivor().review_on) == ("Harbor solid tumor team", date(2027, 2, 1))
    page = desk.client.get(desk.url("")).text
    assert "in charge: Harbor solid tumor team" in page and "Review on Feb 1, 2027" in page
    assert 'value="Harbor solid tumor team"' in desk.client.get(desk.url("standing")).text


def test_a_death_known_to_the_year_alone_is_shown_as_the_year(desk: Desk) -> None:
    typed = standing(desk, "deceased", **{"deceased_on-year": "2025"})
    assert desk.client.post(desk.url("standing"), data=typed).status_code == 303
    assert "Died 2025. Nothing is due." in desk.client.get(desk.url("")).text


def test_the_need_of_an_interpreter_is_kept_and_unknown_is_not_no(desk: Desk) -> None:
    assert desk.survivor().interpreter_needed == "unknown"
    changed = DETAILS | {"version": str(desk.survivor().version)}
    changed |= {"interpreter_needed": "yes", "interpreter_language": "Spanish"}
    assert desk.client.post(desk.url("edit"), data=changed).status_code == 303
    assert (desk.survivor().interpreter_needed, desk.survivor().interpreter_language) == ("yes", "Spanish")


def test_two_decisions_at_once_meet(desk: Desk) -> None:
    first, second = standing(desk, "being_traced"), standing(desk, "active")
    assert desk.client.post(desk.url("standing"), data=first).status_code == 303
    answer = desk.client.post(desk.url("standing"), data=second)
    assert (answer.status_code, desk.survivor().standing) == (409, "being_traced")
    assert "Dana Ruiz changed this record" in answer.text


# Contacts

MOTHER = {"kind": "mother", "name": "Maria Rivera", "phone": "617-555-0123", "email": "maria@family.example"}


def test_nobody_to_reach_is_said(desk: Desk) -> None:
    assert "Nobody to reach yet" in desk.client.get(desk.url("contacts")).text


def test_a_contact_is_added_changed_and_removed(desk: Desk) -> None:
    assert desk.client.post(desk.url("contacts"), data=MOTHER | {"reminders": "y"}).status_code == 303
    page = desk.client.get(desk.url("contacts")).text
    assert "Maria Rivera" in page and "Agreed Nov 23, 2026" in page

    [contact] = desk.all(Contact)
    one = desk.url(f"contacts/{contact.id}")
    assert 'value="617-555-0123"' in desk.client.get(one).text
    assert desk.client.post(one, data=MOTHER | {"phone": "617-555-0124"}).status_code == 303
    page = desk.client.get(desk.url("contacts")).text
    assert "617-555-0124" in page and "Stopped Nov 23, 2026" in page

    assert desk.client.post(f"{one}/remove").status_code == 303
    assert desk.all(Contact) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"phone": "", "email": ""}, "Enter a phone number or an email address"),
        ({"phone": "12"}, "Enter a phone number, like 617-555-0123"),
        ({"email": "maria"}, "Enter an email address, like name@example.org"),
        ({"email": "", "reminders": "y"}, "Reminders go out by email"),
    ],
)
def test_a_contact_that_cannot_be_reached_is_kept_as_typed(desk: Desk, changed: dict[str, str], words: str) -> None:
    answer = desk.client.post(desk.url("contacts"), data=MOTHER | changed)
    assert answer.status_code == 422
    assert words in answer.text and 'value="Maria Rivera"' in answer.text
    assert desk.all(Contact) == []


def test_a_changed_contact_is_checked_like_a_new_one(desk: Desk) -> None:
    with desk.app.app_context(), database().transaction() as session:
        survivor = session.get(Survivor, desk.survivor_id)
        assert survivor is not None
        contact = make_contact(session, survivor)
    answer = desk.client.post(desk.url(f"contacts/{contact.id}"), data=MOTHER | {"phone": "12"})
    assert answer.status_code == 422
    assert "Enter a phone number" in answer.text
    assert desk.client.get(desk.url(f"contacts/{UUID(int=1)}")).status_code == 404


def test_an_invitation_shows_its_password_once(desk: Desk) -> None:
    typed = {"invite-role": "proxy", "invite-name": "Maria Rivera", "invite-email": "maria@family.example"}
    answer = desk.client.post(desk.url("invite"), data=typed)
    assert answer.status_code == 200
    assert "First password" in answer.text
    [user] = [each for each in desk.all(User) if each.email == "maria@family.example"]
    assert [grant.role for grant in desk.all(Grant) if grant.user_id == user.id] == ["proxy"]
    page = desk.client.get(desk.url("contacts")).text
    assert "Parent or guardian, until Mar 1, 2030" in page
    assert "First password" not in page


def test_a_second_child_is_added_to_the_same_account(desk: Desk) -> None:
    typed = {"invite-role": "proxy", "invite-name": "Maria Rivera", "invite-email": "maria@family.example"}
    desk.client.post(desk.url("invite"), data=typed)
    with desk.app.app_context(), database().transaction() as session:
        first = session.get(Survivor, desk.survivor_id)
        assert first is not None
        second = make_survivor(session, first.clinic, birth_date=date(2014, 1, 1))
    page = desk.client.post(f"/survivors/{second.id}/invite", data=typed).text
    assert "had an account already" in page and "First password" not in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"invite-email": "maria"}, "Enter an email address"),
        ({"invite-name": ""}, "Enter the person&#39;s name"),
        ({"invite-role": ""}, "Choose who will sign in"),
    ],
)
def test_an_invitation_that_lacks_something_stays_open(desk: Desk, changed: dict[str, str], words: str) -> None:
    typed = {"invite-role": "proxy", "invite-name": "Maria Rivera", "invite-email": "maria@family.example"}
    answer = desk.client.post(desk.url("invite"), data=typed | changed)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<details" in answer.text and " open>" in answer.text
