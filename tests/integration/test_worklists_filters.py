"""Narrowing the worklist, what stands in a row, and finding somebody by name or number."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from tests.factories import (
    make_actor,
    make_clinic,
    make_contact,
    make_diagnosis,
    make_due_item,
    make_survivor,
    make_visit,
)
from tracker.clock import FixedClock
from tracker.engine.types import Flag
from tracker.errors import Forbidden
from tracker.models import Clinic, Role, Survivor
from tracker.policy import Actor
from tracker.services import worklists
from tracker.services.worklist_rows import WorklistRow
from tracker.services.worklists import EVERYONE, WorklistFilter

TODAY = date(2026, 11, 23)


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def coordinator(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.COORDINATOR)


def due_survivor(session: Session, clinic: Clinic, **given: Any) -> Survivor:
    dates: dict[str, Any] = {"has_plan": True, "next_due_on": date(2026, 11, 1), "next_overdue_on": date(2027, 2, 1)}
    return make_survivor(session, clinic, **(dates | given))


def names(session: Session, actor: Actor, clock: FixedClock, **narrowed: Any) -> list[str]:
    found = worklists.page(session, WorklistFilter(**narrowed), actor=actor, clock=clock)
    assert found.total == len(found.rows)
    return sorted(row.survivor.given_name for row in found.rows)


@pytest.mark.parametrize(
    ("due_on", "listed"), [(date(2026, 11, 22), True), (date(2026, 11, 23), True), (date(2026, 11, 24), False)]
)
@pytest.mark.parametrize("flag", [Flag.PREDISPOSITION, Flag.VISIT])
def test_a_flag_keeps_those_with_an_item_of_that_flag_due_by_today(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, due_on: date, listed: bool, flag: Flag
) -> None:
    ana, ben = due_survivor(session, clinic), due_survivor(session, clinic, given_name="Ben")
    make_due_item(session, ana, "skin-examination", due_on, flag.value)
    other = Flag.VISIT if flag != Flag.VISIT else Flag.RECURRENCE
    make_due_item(session, ben, "skin-examination", due_on, other.value)
    assert names(session, coordinator, clock, flag=flag) == (["Ana"] if listed else [])


def test_a_closed_item_does_not_keep_anyone_on_a_flags_list(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    ana = due_survivor(session, clinic)
    make_due_item(
        session, ana, "chest-ct", date(2026, 5, 1), "recurrence", closed_on=date(2026, 6, 1), closed_by="result"
    )
    assert names(session, coordinator, clock, flag=Flag.RECURRENCE) == []


def test_flag_and_specialty_must_meet_in_one_item(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    both, apart = due_survivor(session, clinic), due_survivor(session, clinic, given_name="Ben")
    make_due_item(session, both, "echocardiogram", date(2026, 5, 1), "late_effects")
    make_due_item(session, apart, "echocardiogram", date(2026, 5, 1), "predisposition")
    make_due_item(session, apart, "skin-examination", date(2026, 5, 1), "late_effects")
    assert names(session, coordinator, clock, specialty="cardiology") == ["Ana", "Ben"]
    assert names(session, coordinator, clock, specialty="cardiology", flag=Flag.LATE_EFFECTS) == ["Ana"]
    assert names(session, coordinator, clock, specialty="dentistry") == []


@pytest.mark.parametrize(
    ("overdue_after", "listed"),
    [(date(2026, 11, 22), True), (date(2026, 11, 23), False), (date(2026, 11, 24), False)],
)
def test_among_the_overdue_a_flag_asks_for_an_overdue_item_of_its_own(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, overdue_after: date, listed: bool
) -> None:
    ana = due_survivor(session, clinic, next_overdue_on=date(2026, 5, 1))
    make_due_item(session, ana, "chest-ct", date(2026, 11, 1), "recurrence", overdue_after=overdue_after)
    shown = names(session, coordinator, clock, flag=Flag.RECURRENCE, show="overdue")
    assert shown == (["Ana"] if listed else [])


def test_a_diagnosis_keeps_those_who_ever_had_it(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    due_survivor(session, clinic)
    ben = due_survivor(session, clinic, given_name="Ben", diagnosis="Wilms tumor")
    make_diagnosis(session, ben, "Leiomyosarcoma", position=1)
    due_survivor(session, clinic, given_name="Cleo", diagnosis="Wilms tumor")
    assert names(session, coordinator, clock, diagnosis="Leiomyosarcoma") == ["Ana", "Ben"]
    assert names(session, coordinator, clock, diagnosis="Ewing sarcoma") == []


def test_text_narrows_by_name_or_number(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    due_survivor(session, clinic, family_name="Peña", mrn="A-17")
    due_survivor(session, clinic, given_name="Ben", family_name="Zed", mrn="B-17")
    assert names(session, coordinator, clock, text="pena") == ["Ana"]
    assert names(session, coordinator, clock, text=" b-1 ") == ["Ben"]
    assert names(session, coordinator, clock, text="17") == []


def test_filters_narrow_together(session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock) -> None:
    ana = due_survivor(session, clinic)
    booked = due_survivor(session, clinic, given_name="Ben", booked_on=date(2026, 12, 7))
    for survivor in (ana, booked):
        make_due_item(session, survivor, "chest-ct", date(2026, 11, 1), "recurrence")
    narrowed: dict[str, Any] = {"flag": Flag.RECURRENCE, "diagnosis": "Leiomyosarcoma", "text": "rivera"}
    assert names(session, coordinator, clock, **narrowed) == ["Ana"]
    assert names(session, coordinator, clock, show="booked", **narrowed) == ["Ben"]
    assert names(session, coordinator, clock, show=EVERYONE, **narrowed) == ["Ana", "Ben"]


def only_row(session: Session, actor: Actor, clock: FixedClock) -> WorklistRow:
    [row] = worklists.page(session, WorklistFilter(show=EVERYONE), actor=actor, clock=clock).rows
    return row


def test_a_row_shows_what_is_due_the_longest_overdue_first(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    ana = due_survivor(session, clinic)
    make_due_item(session, ana, "skin-examination", date(2026, 11, 23))
    make_due_item(session, ana, "fatigue-screen", date(2026, 11, 24))
    make_due_item(session, ana, "chest-ct", date(2026, 9, 1), "recurrence", "late_effects")
    first, second = only_row(session, coordinator, clock).due
    assert (first.test_code, first.flags) == ("chest-ct", (Flag.RECURRENCE, Flag.LATE_EFFECTS))
    assert (second.test_code, second.status(TODAY)) == ("skin-examination", "due")


def test_where_nothing_is_due_a_row_shows_what_comes_next(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    ana = make_survivor(session, clinic, has_plan=True, next_due_on=date(2027, 3, 1))
    make_due_item(session, ana, "echocardiogram", date(2027, 3, 1))
    make_due_item(session, ana, "chest-ct", date(2027, 9, 1))
    [line] = only_row(session, coordinator, clock).due
    assert (line.test_code, line.due_on) == ("echocardiogram", date(2027, 3, 1))


@pytest.mark.parametrize(
    ("birth_date", "called"),
    [(date(2008, 11, 22), "self"), (date(2008, 11, 23), "self"), (date(2008, 11, 24), "mother")],
)
def test_an_adult_is_called_and_a_childs_family_is_called(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, birth_date: date, called: str
) -> None:
    ana = due_survivor(session, clinic, birth_date=birth_date)
    make_contact(session, ana, kind="mother", phone=None)
    make_contact(session, ana, kind="mother", phone="617-555-0123")
    make_contact(session, ana, kind="self", phone="617-555-0199")
    contact = only_row(session, coordinator, clock).contact
    assert contact is not None
    assert (contact.kind, bool(contact.phone)) == (called, True)


def test_whoever_can_be_reached_is_better_than_nobody(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    ana = due_survivor(session, clinic, birth_date=date(1990, 1, 1))
    make_contact(session, ana, kind="guardian", phone="617-555-0123")
    contact = only_row(session, coordinator, clock).contact
    assert contact is not None
    assert contact.phone == "617-555-0123"


def test_a_row_names_the_survivors_own_diagnosis_and_the_booked_visit(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    ana = due_survivor(session, clinic)
    make_diagnosis(session, ana, "Wilms tumor", position=1)
    assert only_row(session, coordinator, clock).may_book
    make_visit(session, ana, date(2026, 11, 30), slot=1, status="cancelled")
    visit = make_visit(session, ana, date(2026, 12, 7))
    row = only_row(session, coordinator, clock)
    assert row.diagnosis is not None
    assert (row.diagnosis.name, row.visit, row.may_book) == ("Leiomyosarcoma", visit, False)


def test_nobody_books_for_the_dead(session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock) -> None:
    due_survivor(session, clinic, deceased_on=date(2026, 6, 1))
    assert not only_row(session, coordinator, clock).may_book


def test_a_download_has_every_page_in_the_order_of_the_screen(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "CHUNK", 4)
    for day in range(1, 10):
        due_survivor(session, clinic, next_due_on=date(2026, 11, day))
    due_survivor(session, clinic, booked_on=date(2026, 12, 7))
    everyone = worklists.everyone_selected(session, WorklistFilter(), actor=coordinator, clock=clock)
    screen = worklists.page(session, WorklistFilter(), actor=coordinator, clock=clock)
    assert [row.survivor.id for row in everyone.rows] == [row.survivor.id for row in screen.rows]
    assert len(everyone.rows) == everyone.total == screen.total == 9


def found(session: Session, actor: Actor, clock: FixedClock, text: str) -> list[str]:
    return [row.survivor.given_name for row in worklists.find(session, text, actor=actor, clock=clock).rows]


@pytest.mark.parametrize(
    "text",
    ["Peña", "pena", "PENA", "josé peña", "pena jose", "Pepe", "pepe pena", "jo pe", " peña ", "peña-garcía", "garcia"],
)
def test_a_name_is_found_whatever_its_accents_case_and_order(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, text: str
) -> None:
    make_survivor(session, clinic, given_name="José", family_name="Peña García", preferred_name="Pepe")
    make_survivor(session, clinic, given_name="Ruth", family_name="Zed")
    assert found(session, coordinator, clock, text) == ["José"]


@pytest.mark.parametrize("text", ["ena", "jose zed", "pena jose ruth", "%", "_", "p%a", "j_s", "\\", "'; --"])
def test_only_whole_beginnings_are_found_and_signs_mean_nothing(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, text: str
) -> None:
    make_survivor(session, clinic, given_name="José", family_name="Peña")
    assert found(session, coordinator, clock, text) == []


@pytest.mark.parametrize(
    ("text", "exact", "listed"),
    [
        ("AB-0417", True, ["Ana"]),
        ("ab-0417", True, ["Ana"]),
        ("AB-04", False, ["Ana", "Ben"]),
        ("AB_0417", False, []),
        ("0417", False, []),
    ],
)
def test_a_whole_record_number_names_its_survivor_and_a_part_lists_them(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, text: str, exact: bool, listed: list[str]
) -> None:
    ana = make_survivor(session, clinic, mrn="AB-0417")
    make_survivor(session, clinic, given_name="Ben", mrn="AB-0418")
    hit = worklists.find(session, text, actor=coordinator, clock=clock)
    assert hit.exact == (ana.id if exact else None)
    assert [row.survivor.given_name for row in hit.rows] == listed


def test_the_same_number_at_two_clinics_of_one_person_is_a_list(session: Session, clock: FixedClock) -> None:
    here, there = make_clinic(session), make_clinic(session)
    actor = make_actor(session, here, Role.COORDINATOR)
    scopes = (*actor.scopes, *make_actor(session, there, Role.CLINICIAN).scopes)
    both = Actor(name=actor.name, user_id=actor.user_id, scopes=scopes)
    for clinic in (here, there):
        make_survivor(session, clinic, mrn="417")
    hit = worklists.find(session, "417", actor=both, clock=clock)
    assert (hit.exact, hit.total) == (None, 2)


def test_another_clinics_survivor_is_not_found_by_name_or_number(
    session: Session, coordinator: Actor, clock: FixedClock
) -> None:
    make_survivor(session, make_clinic(session), family_name="Peña", mrn="417")
    for text in ("Peña", "417"):
        hit = worklists.find(session, text, actor=coordinator, clock=clock)
        assert (hit.exact, hit.rows, hit.total) == (None, [], 0)


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_asked_for_finds_nobody(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, text: str
) -> None:
    make_survivor(session, clinic)
    assert found(session, coordinator, clock, text) == []


def test_found_survivors_are_in_order_of_their_names(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    for given, family in (("Kim Dan", "Zed"), ("Kim Cleo", "Ángel"), ("Kim Ben", "angel")):
        make_survivor(session, clinic, given_name=given, family_name=family)
    assert found(session, coordinator, clock, "kim") == ["Kim Ben", "Kim Cleo", "Kim Dan"]


def test_more_than_a_screenful_says_how_many_there_are(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "FOUND_AT_MOST", 3)
    made: list[UUID] = [make_survivor(session, clinic).id for _ in range(5)]
    hit = worklists.find(session, "rivera", actor=coordinator, clock=clock)
    assert (len(hit.rows), hit.total) == (3, len(made))


def test_searching_is_for_coordinators_and_clinicians(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    with pytest.raises(Forbidden):
        worklists.find(session, "rivera", actor=make_actor(session, clinic, Role.ADMINISTRATOR), clock=clock)
