"""People are found along an index by words that are always those of their names and record number."""

from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_survivor
from tests.integration.merge_records import pair_of
from tracker.clock import FixedClock
from tracker.models import BY_CODE_POINTS, Clinic, Role, Survivor, SurvivorWord, rewrite_words
from tracker.policy import Actor
from tracker.services import merging, search_words, survivors, unmerging, worklists
from tracker.services.change_sets import withdraw
from tracker.services.demo_people import People
from tracker.services.names import folded
from tracker.services.search_words import likely, named
from tracker.services.survivors import SurvivorInput
from tracker.services.worklists import EVERYONE, WorklistFilter

TODAY = date(2026, 11, 23)


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def coordinator(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.COORDINATOR)


def words(session: Session, survivor_id: UUID) -> set[str]:
    return set(session.scalars(sa.select(SurvivorWord.word).where(SurvivorWord.survivor_id == survivor_id)))


def are_those_of_the_rows(session: Session) -> None:
    """Everybody who is followed has exactly the words that the slow reading of their row gives, and nobody else any."""
    session.flush()
    expected = {
        (row.id, word, row.clinic_id, row.sort_name)
        for row in session.execute(sa.select(Survivor.__table__)).all()
        if row.withdrawn_at is None
        for word in (*row.search_name.split(), f"#{row.mrn.lower()}")
    }
    columns = SurvivorWord.survivor_id, SurvivorWord.word, SurvivorWord.clinic_id, SurvivorWord.sort_name
    assert {tuple(row) for row in session.execute(sa.select(*columns))} == expected


def entered(**given: Any) -> SurvivorInput:
    values: dict[str, Any] = {"mrn": "AB-1", "family_name": "Peña García", "given_name": "José"}
    return SurvivorInput(**(values | {"birth_date": date(2007, 3, 5)} | given))


def test_enrolling_and_correcting_somebody_writes_their_words(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock
) -> None:
    made = survivors.enrol(session, clinic.id, entered(), actor=coordinator, clock=clock)
    assert words(session, made.id) == {"#ab-1", "pena", "garcia", "jose"}
    changed = entered(mrn="X 9", family_name="Zed", preferred_name="Pepe")
    survivors.edit(session, made.id, changed, seen_version=None, actor=coordinator, clock=clock)
    assert words(session, made.id) == {"#x 9", "zed", "jose", "pepe"}
    are_those_of_the_rows(session)


def test_a_change_of_anything_else_leaves_the_words_alone(session: Session, clinic: Clinic) -> None:
    survivor = make_survivor(session, clinic)
    session.execute(sa.update(SurvivorWord).values(word=SurvivorWord.word + "x"))
    survivor.pronouns = "she/her"
    session.flush()
    assert all(word.endswith("x") for word in words(session, survivor.id))


def test_who_is_withdrawn_has_no_words_until_they_are_followed_again(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    withdraw(session, survivor, clock=clock)
    assert words(session, survivor.id) == set()
    survivor.withdrawn_at = None
    session.flush()
    are_those_of_the_rows(session)


def test_merging_and_taking_it_back_bring_the_words_with_them(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    actor = make_actor(session, clinic, Role.COORDINATOR)
    keep = make_survivor(session, clinic, mrn="K-1", given_name="Ana")
    go = make_survivor(session, clinic, mrn="G-1", given_name="Anna")
    pair = pair_of(session, keep, go, clock)
    chosen = {"given_name": go.id}
    merged = merging.merge(session, pair.id, keep.id, choices=chosen, reason="One", actor=actor, clock=clock)
    are_those_of_the_rows(session)
    assert (words(session, go.id), words(session, keep.id)) == (set(), {"#k-1", "anna", "rivera"})
    unmerging.unmerge(session, merged.change_set.id, apart=True, reason="Two", actor=actor, clock=clock)
    session.expire_all()
    are_those_of_the_rows(session)
    assert words(session, go.id) == {"#g-1", "anna", "rivera"}


def test_words_can_be_written_anew_for_rows_that_were_written_past_the_objects(
    session: Session, clinic: Clinic
) -> None:
    made = [make_survivor(session, clinic) for _ in range(3)]
    session.execute(sa.update(Survivor).where(Survivor.id == made[0].id).values(search_name="zed ana", sort_name="zed"))
    session.execute(sa.update(Survivor).where(Survivor.id == made[1].id).values(withdrawn_at=made[1].created_at))
    rewrite_words(session.connection(), [survivor.id for survivor in made])
    are_those_of_the_rows(session)
    rewrite_words(session.connection(), [])


def slowly_named(text: str) -> sa.ColumnElement[bool]:
    """The definition: each word of the text begins a word of the name, or the text begins the record number."""
    name = sa.literal(" ") + Survivor.search_name
    number = Survivor.mrn.istartswith(text, autoescape=True)
    asked = folded(text).split()
    return sa.or_(number, sa.and_(*(name.contains(f" {word}") for word in asked))) if asked else number


@pytest.mark.parametrize("few_have", [0, 5, 5_000])
def test_whoever_is_found_by_words_is_found_by_the_slow_reading_and_the_other_way_round(
    session: Session, clinic: Clinic, monkeypatch: pytest.MonkeyPatch, few_have: int
) -> None:
    monkeypatch.setattr(search_words, "FEW_HAVE", few_have)
    people, random = People(11), Random(11)
    elsewhere = make_clinic(session)
    for number in range(120):
        person = people.person("female")
        names: dict[str, Any] = {"given_name": person.given_name, "family_name": person.family_name}
        make_survivor(session, elsewhere if number % 10 == 0 else clinic, mrn=f"Ä{number}-b", **names)
    everybody = list(session.scalars(sa.select(Survivor.search_name)))
    asked = ["ä1", "Ä1", "ä11-B", "%", "_", "ä%", "zzz", "\U0010ffff"]
    for name in random.sample(everybody, 25):
        parts = [word[: random.randint(1, len(word))] for word in name.split()]
        asked += [parts[0], " ".join(reversed(parts)), f"{parts[0]} {parts[0]}"]
    for text in asked:
        here = Survivor.clinic_id == clinic.id
        expected = set(session.scalars(sa.select(Survivor.id).where(here, slowly_named(text))))
        if "ä" not in text.lower():  # of SQLite's own lower case, only ASCII is right
            assert set(session.scalars(sa.select(Survivor.id).where(here, named(text)))) == expected, text
            assert {row[0] for row in likely(session, [clinic.id], text, limit=1_000)} == expected, text
    assert len({row[0] for row in likely(session, [clinic.id], "Ä11-b", limit=9)}) == 1


@pytest.mark.parametrize("few", [0, 2, 2_000])
def test_a_list_narrowed_to_few_is_the_list_that_is_gone_through(
    session: Session,
    clinic: Clinic,
    coordinator: Actor,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
) -> None:
    """Looked up one by one or found along the order: the same people in the same order, page by page."""
    monkeypatch.setattr(worklists, "FEW", few)
    for day in range(1, 8):
        given: dict[str, Any] = {"given_name": "Kim", "next_due_on": date(2026, 11, day), "has_plan": True}
        make_survivor(session, clinic, **given, diagnosis="Melanoma" if day % 2 else "Wilms tumor")
        make_survivor(session, clinic, **(given | {"given_name": "Bo"}))
    make_survivor(session, given_name="Kim", diagnosis="Melanoma", has_plan=True, next_due_on=date(2026, 11, 1))

    def days(**filters: Any) -> list[int]:
        wanted, seen, after = WorklistFilter(**filters), list[int](), None
        while True:
            page = worklists.page(session, wanted, actor=coordinator, clock=clock, after=after, size=2)
            seen += [row.since.day for row in page.rows]
            assert page.total >= len(page.rows)
            if not page.has_next:
                assert page.total == len(seen)
                return seen
            after = page.rows[-1].place

    assert days(text="kim") == [1, 2, 3, 4, 5, 6, 7]
    assert days(diagnosis="Melanoma") == [1, 3, 5, 7]
    assert days(diagnosis="Wilms tumor", text="kim", show=EVERYONE) == [2, 4, 6]
    assert days(text="kim", show="overdue") == days(diagnosis="Nothing") == []


def test_words_sort_by_code_points_on_both_databases(session: Session, clinic: Clinic) -> None:
    """Whatever the server's own order: what begins with a word is one stretch."""
    for family in ("Zed", "alvarez", "Ólafur", "王", "Öz", "Æsir", "zz"):
        make_survivor(session, clinic, family_name=family, given_name="")
    told = list(session.scalars(sa.select(SurvivorWord.word).order_by(SurvivorWord.word)))
    assert told == sorted(told)
    assert BY_CODE_POINTS.length == 400


def test_more_than_can_be_looked_through_says_so(
    session: Session, clinic: Clinic, coordinator: Actor, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "COUNTED_UP_TO", 3)
    for _ in range(3):
        make_survivor(session, clinic)
    hit = worklists.find(session, "riv", actor=coordinator, clock=clock)
    assert (hit.total, hit.total_is_more) == (3, False)
    make_survivor(session, clinic)
    hit = worklists.find(session, "riv", actor=coordinator, clock=clock)
    assert (len(hit.rows), hit.total_is_more) == (4, True)
