"""A registry of copies is a true one: every plan is what the engine says, and nobody is there twice."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tracker import demo_process
from tracker.clock import FixedClock
from tracker.current import database as current_database
from tracker.current import settings
from tracker.db import Database
from tracker.models import (
    AuditEvent,
    Base,
    Clinic,
    Contact,
    DueItem,
    OutboxMessage,
    Result,
    StatusEvent,
    Survivor,
    SurvivorWord,
    Visit,
    VisitStatus,
    number_word,
)
from tracker.services import boundaries, care_plans, contacts, demo, demo_bulk, names, reasons
from tracker.services.demo_bulk import Invented, Round
from tracker.services.demo_copies import (
    NOT_COPIED,
    Copier,
    first_half,
    with_scattered_indexes,
    without_scattered_indexes,
)
from tracker.services.demo_pools import Names, names_by_language, reaches
from tracker.services.states import State, state_of

TODAY = date(2026, 11, 23)
WHOLE, PATTERNS, SURVIVORS = 4, 12, 70
CLOCK = FixedClock.on(TODAY)
NAMES = {
    language: Names(each.family[:5], {sex: given[:4] for sex, given in each.given.items()})
    for language, each in names_by_language(1).items()
}


def fill(database: Database, survivors: int = SURVIVORS, sites: int = 2) -> tuple[Invented, list[Round]]:
    with database.transaction() as session:
        invented = demo_bulk.invent(
            session, whole=WHOLE, patterns=PATTERNS, sites=sites, seed=3, clock=CLOCK, password=demo.PASSWORD
        )
    rounds = list(demo_bulk.rounds(invented, survivors))
    with database.loading() as connection:
        with connection.begin():
            copier = Copier(connection, invented.patterns, NAMES, at=CLOCK.now())
            without_scattered_indexes(connection)
        with connection.begin(), Session(connection) as session:
            demo_bulk.copy(session, copier, rounds, clock=CLOCK)
            session.flush()
        with connection.begin(), Session(connection) as session:
            demo_bulk.book(session, copier, invented, rounds, clock=CLOCK)
        with connection.begin():
            with_scattered_indexes(connection)
    return invented, rounds


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Invented, list[Round]]]:
    """One registry of copies on each kind of database, for all tests that only look at it."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("bulk") / "bulk.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        database = Database(f"sqlite:///{path}")
        yield database, *fill(database)
        database.close()
        return
    with request.getfixturevalue("kept_databases").one() as url:
        database = Database(url)
        yield database, *fill(database)
        database.close()


@pytest.fixture
def look(filled: tuple[Database, Invented, list[Round]]) -> Iterator[Session]:
    with filled[0].reading() as session:
        yield session


@pytest.fixture
def invented(filled: tuple[Database, Invented, list[Round]]) -> Invented:
    return filled[1]


def copies(session: Session, invented: Invented) -> list[Survivor]:
    """Everybody who was copied, in the order of ids."""
    patterns = [each.survivor_id for each in invented.patterns]
    query = sa.select(Survivor).where(Survivor.mrn.like("1000____"), Survivor.id.not_in(patterns))
    return list(session.scalars(query.order_by(Survivor.id)))


def test_there_are_as_many_as_were_asked_for_spread_over_the_clinics(look: Session, invented: Invented) -> None:
    found = copies(look, invented)
    assert len(found) == SURVIVORS - WHOLE - PATTERNS
    everyone = look.scalar(sa.select(sa.func.count()).select_from(Survivor))
    assert everyone == SURVIVORS + demo.LAKESIDE_SURVIVORS
    counted = Counter(survivor.clinic_id for survivor in found)
    assert counted == {invented.clinic_ids[0]: 30, invented.clinic_ids[1]: 24}
    names_of = [look.get_one(Clinic, clinic_id).name for clinic_id in invented.clinic_ids]
    assert names_of == [demo.HARBOR.name, f"{demo.HARBOR.name}, site 2"]


def test_what_was_told_is_what_is_there(look: Session, invented: Invented) -> None:
    told = demo_bulk.totals(invented, SURVIVORS)
    assert told.survivors == look.scalar(sa.select(sa.func.count()).select_from(Survivor))
    assert told.results == look.scalar(sa.select(sa.func.count()).select_from(Result))


def test_every_stored_plan_is_what_the_engine_says(look: Session, invented: Invented) -> None:
    for survivor in copies(look, invented):
        plan = care_plans.plan_on(look, survivor, TODAY)
        assert survivor.plan_digest == care_plans.digest(plan)
        assert survivor.plan_holds_until == plan.holds_until
        items = care_plans.open_items(look, survivor.id)
        said = {item.test_code: item for item in plan.items}
        assert {item.test_code for item in items} == said.keys()
        for item in items:
            wanted = said[item.test_code]
            assert (item.upcoming_on, item.due_on, item.overdue_after) == (
                wanted.upcoming_on,
                wanted.due_on,
                wanted.overdue_after,
            )
            # The reasons name the copy's own results, not the pattern's.
            assert item.reasons == [reasons.to_json(reason) for reason in wanted.reasons]


def test_refreshing_a_copy_changes_nothing(filled: tuple[Database, Invented, list[Round]]) -> None:
    with filled[0].transaction() as session:
        for survivor in copies(session, filled[1]):
            change = care_plans.refresh(session, survivor, clock=CLOCK)
            assert (change.opened, change.closed) == ([], [])
        assert not session.dirty
        session.rollback()


def test_days_of_birth_vary_only_where_the_plan_does_not_mind(look: Session, invented: Invented) -> None:
    allowed = {each.survivor_id: set(each.births) for each in invented.patterns}
    assert any(len(births) > 1 for births in allowed.values())
    of_place = [each.survivor_id for each in invented.patterns]
    for survivor in copies(look, invented):
        place = int(survivor.id.hex[17:22], 16)
        assert survivor.birth_date in allowed[of_place[place]]


def test_what_crossed_is_recorded_as_the_nightly_check_would(
    filled: tuple[Database, Invented, list[Round]], look: Session
) -> None:
    recorded = Counter(look.scalars(sa.select(StatusEvent.due_item_id)))
    crossed = list(look.scalars(sa.select(DueItem).where(DueItem.upcoming_on <= TODAY, DueItem.closed_on.is_(None))))
    of_copies = [item for item in crossed if look.get_one(Clinic, item.clinic_id).name != demo.LAKESIDE.name]
    assert of_copies and all(recorded[item.id] for item in of_copies)
    with filled[0].transaction() as session:
        for clinic_id in filled[1].clinic_ids:
            clinic = session.get_one(Clinic, clinic_id)
            assert not boundaries.anything_reached(session, clinic, clock=CLOCK)
            assert not boundaries.cross_batch(session, clinic, clock=CLOCK).did_anything()


def test_each_is_somebody_else(look: Session, invented: Invented) -> None:
    found = copies(look, invented)
    people = Counter((each.given_name, each.family_name, each.birth_date, each.sex_at_birth) for each in found)
    assert max(people.values()) == 1
    assert len({each.mrn for each in found}) == len(found)
    for survivor in found:
        words = {"given": survivor.given_name, "family": survivor.family_name, "preferred": ""}
        assert survivor.search_name == names.search_name(**words)
        assert survivor.sort_name == names.sort_name(**words)
        assert survivor.given_name in NAMES[survivor.language].given[survivor.sex_at_birth]
        assert survivor.family_name in NAMES[survivor.language].family


def test_copies_are_found_by_the_words_of_their_own_names(look: Session, invented: Invented) -> None:
    of_all: dict[UUID, set[tuple[object, ...]]] = {}
    columns = SurvivorWord.survivor_id, SurvivorWord.word, SurvivorWord.sort_name, SurvivorWord.clinic_id
    for survivor_id, *told in look.execute(sa.select(*columns)):
        of_all.setdefault(survivor_id, set()).add(tuple(told))
    for survivor in copies(look, invented):
        words = {*survivor.search_name.split(), number_word(survivor.mrn)}
        assert of_all[survivor.id] == {(word, survivor.sort_name, survivor.clinic_id) for word in words}


def test_contacts_bear_the_family_s_name_and_can_be_found_by_how_they_are_reached(
    look: Session, invented: Invented
) -> None:
    for survivor in copies(look, invented):
        held = contacts.contacts_of(look, survivor.id)
        assert held
        for contact in held:
            assert contact.name.endswith(survivor.family_name)
            assert (contact.kind == "self") is (contact.name == survivor.display_name)
            assert contact.phone_key == contacts.phone_key(contact.phone or "")
            assert (contact.email is None) is (contact.email_key is None)
            assert contact.email is None or contact.email_key == contacts.email_key(contact.email)
        assert len({contact.phone for contact in held}) == 1
    phones = set(look.scalars(sa.select(Contact.phone_key)))
    assert len(phones) > SURVIVORS / 2


def test_ids_rise_from_round_to_round_and_are_of_version_seven(look: Session, invented: Invented) -> None:
    found = copies(look, invented)
    assert all(survivor.id.version == 7 for survivor in found)
    assert sorted(found, key=lambda each: each.mrn) == found
    assert first_half(CLOCK.now(), 4095) < first_half(CLOCK.now(), 4096) < first_half(CLOCK.now(), 4097)
    assert len({first_half(CLOCK.now(), number) for number in range(9000)}) == 9000


def test_every_row_of_a_copy_hangs_together(filled: tuple[Database, Invented, list[Round]], look: Session) -> None:
    """Where keys are not looked at while copying, they are whole all the same."""
    if look.get_bind().dialect.name == "sqlite":
        assert look.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        assert look.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        assert look.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
    for event, item in look.execute(
        sa.select(StatusEvent, DueItem).join(DueItem, DueItem.id == StatusEvent.due_item_id)
    ):
        assert event.survivor_id == item.survivor_id
    for table in Base.metadata.sorted_tables:
        if "survivor_id" in table.c and table.name not in NOT_COPIED:
            per_copy = look.execute(sa.select(table.c.survivor_id, sa.func.count()).group_by(table.c.survivor_id)).all()
            assert all(isinstance(survivor_id, UUID | type(None)) for survivor_id, _n in per_copy)


def test_every_index_is_there_again(filled: tuple[Database, Invented, list[Round]]) -> None:
    there = sa.inspect(filled[0].engine)
    for table in Base.metadata.sorted_tables:
        wanted = {str(index.name) for index in table.indexes}
        assert wanted <= {str(index["name"]) for index in there.get_indexes(table.name)}, table.name


def test_some_are_booked_into_slots_that_nobody_else_has(look: Session, invented: Invented) -> None:
    booked = [survivor for survivor in copies(look, invented) if survivor.booked_on is not None]
    assert 0 < len(booked) < SURVIVORS * 0.2
    for survivor in booked:
        [visit] = look.scalars(sa.select(Visit).where(Visit.survivor_id == survivor.id))
        assert (visit.planned_on, visit.status) == (survivor.booked_on, VisitStatus.PLANNED)
        assert visit.planned_on > TODAY and visit.planned_on.weekday() == 0
        assert state_of(survivor, TODAY) is State.BOOKED
    held = Counter(
        look.execute(sa.select(Visit.clinic_id, Visit.planned_on, Visit.slot).where(Visit.planned_on > TODAY))
    )
    assert max(held.values()) == 1


def test_one_row_of_the_trail_tells_of_all_copies_of_a_transaction(look: Session, invented: Invented) -> None:
    told = look.scalars(sa.select(AuditEvent).where(AuditEvent.action == "demo.copied")).all()
    assert {event.actor for event in told} == {"demonstration"}
    added = sum((event.after or {})["survivors"] for event in told)
    assert added == SURVIVORS - WHOLE
    reminded = look.scalars(sa.select(OutboxMessage.survivor_id)).all()
    assert not set(reminded) & {survivor.id for survivor in copies(look, invented)}


# Its parts


@pytest.mark.parametrize(
    ("survivors", "expected"), [(16, []), (17, [1]), (28, [12]), (29, [12, 1]), (64, [12, 12, 12, 12])]
)
def test_rounds_bring_the_registry_to_its_number(survivors: int, expected: list[int], invented: Invented) -> None:
    rounds = list(demo_bulk.rounds(invented, survivors))
    assert [each.survivors for each in rounds] == expected
    assert [each.number for each in rounds] == list(range(1, len(expected) + 1))


def test_ways_to_be_reached_are_fiction_and_each_another() -> None:
    found = list(reaches(3_000))
    assert len({row["phone"] for row in found}) == len({row["email"] for row in found}) == 3_000
    assert all(row["phone"][3:9] == "-555-0" and row["phone"][9] == "1" for row in found)
    assert all(row["email"].endswith(".example") for row in found)


def test_names_are_the_same_for_a_seed_and_can_all_be_searched() -> None:
    first, again, other = (names_by_language(seed) for seed in (5, 5, 6))
    assert first == again != other
    for each in first.values():
        for name in (*each.family, *each.given["female"], *each.given["male"]):
            assert names.folded(name)


# The command


def test_the_command_copies_what_goes_beyond_a_thousand(app_sqlite: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_bulk, "SIZES", {"whole": 3, "patterns": 8})
    runner = app_sqlite.test_cli_runner()
    first = runner.invoke(args=["seed-demo", "--survivors", "1001", "--clinics", "3"])
    assert first.exit_code == 0, first.output
    assert "1007 invented survivors" in first.output and "coordinator@demo.example" in first.output
    with app_sqlite.app_context(), current_database().reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Survivor)) == 1007
        assert session.scalar(sa.select(sa.func.count()).select_from(Clinic)) == 4
    second = runner.invoke(args=["seed-demo", "--survivors", "2000"])
    assert (second.exit_code, "The database is not empty" in second.output) == (1, True)


def test_the_process_says_why_it_did_nothing(app_sqlite: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    with app_sqlite.app_context():
        with current_database().transaction() as session:
            demo.seed_demo(session, survivors=1, clock=CLOCK)
        wanted: dict[str, Any] = {"url": settings().url(), "keys": settings().keys(), "password": demo.PASSWORD}
    wanted |= {"seed": 1, "sites": 1, "whole": 1, "patterns": 1, "now": CLOCK.now().isoformat()}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdin", StringIO(json.dumps(wanted)))
        patched.setattr("sys.argv", ["tracker.demo_process", "invent"])
        assert demo_process.main() == 1
    assert capsys.readouterr().err == demo.NOT_EMPTY
