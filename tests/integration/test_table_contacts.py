"""Lists of contacts: by who somebody is and their name, and never an agreement to reminders."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_contact
from tests.integration.table_desk import TableDesk
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import AuditEvent, Contact, Survivor
from tracker.services import contacts

HEADING = ("record_number", "kind", "name", "phone", "email")
MARIA = ("004417", "mother", "Maria Rivera", "617-555-0123", "maria@family.example")


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> TableDesk:
    found = TableDesk(database, clock)
    found.ana()
    return found


def rows(*told: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [HEADING, *told]


def by_hand(desk: TableDesk, **given: Any) -> None:
    with Session(desk.database.engine) as session:
        make_contact(session, session.scalars(sa.select(Survivor)).one(), **given)
        session.commit()


def test_a_contact_is_added_and_found_by_number_and_address(desk: TableDesk) -> None:
    assert desk.brings_in("contacts", rows(MARIA)) == ["new"]
    found = desk.only(Contact)
    assert (found.kind, found.name, found.phone, found.email) == MARIA[1:]
    assert found.phone_key == contacts.phone_key("+1 (617) 555-0123")
    assert found.email_key == contacts.email_key("Maria@Family.example")
    assert found.reminders_agreed_on is None


def test_the_same_file_twice_changes_nothing(desk: TableDesk) -> None:
    given = rows(MARIA, ("004417", "dad", "", "617-555-0199", ""), ("004417", "self", "", "", "ana@x.example"))
    assert desk.brings_in("contacts", given) == ["new"] * 3
    before = desk.tables()
    assert desk.brings_in("contacts", given) == ["unchanged"] * 3
    assert desk.tables() == before


def test_a_later_list_corrects_and_wipes_nothing(desk: TableDesk) -> None:
    desk.brings_in("contacts", rows(MARIA))
    assert desk.brings_in("contacts", rows(("004417", "mom", "maria  RIVERA", "617-555-0177", ""))) == ["updated"]
    found = desk.only(Contact)
    assert (found.phone, found.email) == ("617-555-0177", "maria@family.example")


def test_somebody_entered_by_hand_is_the_same_person_and_keeps_the_agreement(desk: TableDesk) -> None:
    by_hand(desk, phone=None, email="maria@family.example", reminders_agreed_on=date(2026, 1, 1))
    assert desk.brings_in("contacts", rows(MARIA)) == ["updated"]
    assert (desk.only(Contact).phone, desk.only(Contact).reminders_agreed_on) == ("617-555-0123", date(2026, 1, 1))


def test_two_of_one_kind_are_told_apart_by_name(desk: TableDesk) -> None:
    two = rows(
        ("004417", "other", "Aunt Inés", "617-555-0111", ""), ("004417", "other", "Uncle Bo", "617-555-0112", "")
    )
    assert desk.brings_in("contacts", two) == ["new", "new"]
    assert sorted(each.name for each in desk.rows(Contact)) == ["Aunt Inés", "Uncle Bo"]
    assert desk.brings_in("contacts", rows(("004417", "other", "uncle bo", "617-555-0113", ""))) == ["updated"]


def test_the_only_mother_without_a_name_is_the_mother(desk: TableDesk) -> None:
    by_hand(desk, name="", phone="617-555-0123", email=None)
    assert desk.brings_in("contacts", rows(MARIA)) == ["updated"]
    assert (desk.only(Contact).name, desk.only(Contact).email) == ("Maria Rivera", "maria@family.example")


def test_somebody_taken_out_comes_back_only_with_something_new(desk: TableDesk) -> None:
    desk.brings_in("contacts", rows(MARIA))
    with desk.database.transaction() as session:
        found = session.scalars(sa.select(Contact)).one()
        contacts.remove_contact(session, found.survivor_id, found.id, actor=desk.actor, clock=desk.clock)
    assert desk.brings_in("contacts", rows(MARIA)) == ["unchanged"]
    assert desk.rows(Contact) == []
    assert desk.brings_in("contacts", rows((*MARIA[:3], "617-555-0188", ""))) == ["new"]
    assert desk.only(Contact).phone == "617-555-0188"


@pytest.mark.parametrize(
    "row, column, said",
    [
        (("004417", "mother", "Maria", "", ""), "phone", "Fill the telephone number or the email address"),
        (("004417", "mother", "Maria", "12", ""), "phone", "Enter a phone number"),
        (("004417", "mother", "Maria", "", "maria at home"), "email", "Enter an email address"),
        (("004417", "neighbor", "Maria", "617-555-0123", ""), "kind", "Write one of: self, mother"),
        (("004417", "mother", "M" * 121, "617-555-0123", ""), "name", "room for 120 characters"),
        (("004418", "mother", "Maria", "617-555-0123", ""), "record_number", "Nobody here has this record number"),
    ],
)
def test_what_cannot_be_is_refused_by_row_and_column(
    desk: TableDesk, row: tuple[str, ...], column: str, said: str
) -> None:
    [why] = desk.refusal("contacts", rows(row))
    assert why.startswith(f"row 2, column {column}: ") and said in why


def test_rows_that_contradict_each_other_are_both_refused(desk: TableDesk) -> None:
    both = desk.refusal("contacts", rows(MARIA, (*MARIA[:3], "617-555-0188", "")))
    assert [each.split(":")[0] for each in both] == ["row 2, column phone", "row 3, column phone"]


def test_the_trail_holds_no_number_and_no_address(desk: TableDesk) -> None:
    desk.brings_in("contacts", rows(MARIA))
    [event] = [each for each in desk.rows(AuditEvent) if each.action == "contact.added"]
    assert event.actor == "Import by Dana Ruiz" and event.after["name"] == "Maria Rivera"
    everything = str([[each.before, each.after] for each in desk.rows(AuditEvent)])
    assert "555-0123" not in everything and "maria@" not in everything
