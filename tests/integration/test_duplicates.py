"""People who may be one are found by what they share, put on a list, and decided by a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_contact, make_staff, make_survivor
from tests.integration.merge_records import pair_of
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, Clinic, DuplicatePair, PairState, Role, Survivor, SurvivorIdentifier
from tracker.policy import Actor
from tracker.services import duplicate_pairs, duplicates, survivors
from tracker.services.likeness import Person, alike
from tracker.services.survivors import SurvivorInput


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def actor(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.COORDINATOR, name="Dana Ruiz")


def pairs(session: Session) -> list[DuplicatePair]:
    session.expire_all()
    return list(session.scalars(sa.select(DuplicatePair).order_by(DuplicatePair.score.desc())))


def ids(pair: DuplicatePair) -> set[Any]:
    return {pair.first_id, pair.second_id}


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that reach the database within the block."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", note)
    yield asked
    sa.event.remove(connection, "before_cursor_execute", note)


# Finding


def test_somebody_enrolled_a_second_time_is_put_on_the_list(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    entered = SurvivorInput(mrn="1", family_name="Rivera", given_name="Ana", birth_date=date(2007, 3, 5))
    first = survivors.enrol(session, clinic.id, entered, actor=actor, clock=clock)
    again = replace(entered, mrn="2", family_name="Ribera", given_name="Anna")
    second = survivors.enrol(session, clinic.id, again, actor=actor, clock=clock)
    [pair] = pairs(session)
    assert ids(pair) == {first.id, second.id}
    assert pair.first_id < pair.second_id
    assert (pair.state, pair.clinic_id, pair.found_at) == (PairState.OPEN, clinic.id, clock.now())
    assert ["birth_date_equal"] in pair.reasons


def test_a_correction_puts_on_the_list_and_takes_off_it(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    make_survivor(session, clinic)
    other = make_survivor(session, clinic, family_name="Oakhurst")
    for family_name, count in (("Rivera", 1), ("Oakhurst", 0)):
        entered = replace(survivors.details_of(other), family_name=family_name)
        survivors.edit(session, other.id, entered, seen_version=other.version, actor=actor, clock=clock)
        assert len(pairs(session)) == count


def test_a_pair_is_found_once_and_refreshed(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    one = make_survivor(session, clinic)
    other = make_survivor(session, clinic, sex_at_birth="unknown")
    assert duplicates.look_for(session, [one.id, other.id], clock=clock) == 1
    assert duplicates.look_for(session, [other.id], clock=clock) == 0
    [pair] = pairs(session)
    score = pair.score
    other.sex_at_birth = "female"
    assert duplicates.look_for(session, [one.id], clock=clock) == 0
    [pair] = pairs(session)
    assert pair.score > score
    assert ["sex_equal"] in pair.reasons


def test_nobody_is_compared_with_another_clinic_or_a_withdrawn_record(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    one = make_survivor(session, clinic)
    make_survivor(session)
    make_survivor(session, clinic, withdrawn_at=clock.now())
    assert duplicates.look_for(session, [one.id], clock=clock) == 0


def test_what_is_shared_beside_the_name_is_found(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    one = make_survivor(session, clinic, mrn="HB-20417")
    married = make_survivor(session, clinic, family_name="Whitfield")
    for each in (one, married):
        make_contact(session, each, phone_key="key of one telephone")
    numbered = make_survivor(session, clinic, given_name="A.", family_name="Flores", birth_date=date(2007, 5, 3))
    session.add(SurvivorIdentifier(survivor_id=numbered.id, clinic_id=clinic.id, system="urn:x", value="HB-20417"))
    duplicates.look_for(session, [one.id], clock=clock)
    found = {frozenset(ids(pair)): {reason[0] for reason in pair.reasons} for pair in pairs(session)}
    assert "phone_shared" in found[frozenset({one.id, married.id})]
    assert frozenset({one.id, numbered.id}) not in found, "a number alone is not enough"
    numbered.family_name = "Rivera"
    duplicates.look_for(session, [numbered.id], clock=clock)
    found = {frozenset(ids(pair)): {reason[0] for reason in pair.reasons} for pair in pairs(session)}
    assert "number_elsewhere" in found[frozenset({one.id, numbered.id})]


def test_twins_and_three_strangers_of_one_day_are_not_on_the_list(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    people = [
        make_survivor(session, clinic, family_name=family, given_name=given_name)
        for family, given_name in (("Rivera", "Ana"), ("Rivera", "Eva"), ("Oakhurst", "Beatrix"), ("Nguyen", "Mai"))
    ]
    assert duplicates.look_for(session, [each.id for each in people], clock=clock) == 0


def test_blocking_finds_exactly_what_comparing_everybody_finds(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    random = Random(7)
    people = {}
    for _ in range(90):
        family = random.choice(["Rivera", "Ribera", "Peña", "Smith", "Smyth", "García López"])
        given_name = random.choice(["Ana", "Anna", "José", "Pepe", "Eva"])
        day = date(2007, 3, 1) + timedelta(days=random.randrange(40))
        survivor = make_survivor(session, clinic, family_name=family, given_name=given_name, birth_date=day)
        key = f"key {random.randrange(30)}"
        make_contact(session, survivor, email_key=key)
        people[survivor.id] = Person(
            family_name=family,
            given_name=given_name,
            birth_date=day,
            sex="female",
            emails=frozenset({key}),
        )
    expected = {
        (one, other)
        for one in people
        for other in people
        if one < other and alike(people[one], people[other]).is_proposed
    }
    assert len(expected) > 20
    duplicates.look_for(session, list(people), clock=clock)
    assert {(pair.first_id, pair.second_id) for pair in pairs(session)} == expected


def test_the_number_of_statements_does_not_grow(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    one = make_survivor(session, clinic)
    make_survivor(session, clinic)
    with counted(session) as few:
        duplicates.look_for(session, [one.id], clock=clock)
    for number in range(30):
        make_survivor(session, clinic, family_name=f"Rivera{number % 3}")
    everybody = duplicates.everyone_at(session, clinic.id)
    with counted(session) as many:
        duplicates.look_for(session, everybody, clock=clock)
    refreshed = [each for each in many if not each.startswith(("UPDATE", "INSERT"))]
    assert len(refreshed) <= len(few) + 2


# The list


def test_the_list_is_most_alike_first_and_in_pages(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicate_pairs, "PAGE", 2)
    for name in ("Rivera", "Ribera", "Rivers", "Rivero"):
        make_survivor(session, clinic, family_name=name)
    duplicates.look_for(session, duplicates.everyone_at(session, clinic.id), clock=clock)
    expected = [pair.score for pair in pairs(session)]
    shown, after = [], None
    while True:
        page = duplicate_pairs.open_pairs(session, actor, clinic.id, after=after)
        assert page.total == len(expected)
        shown += [row.pair for row in page.rows]
        after = page.after
        if after is None:
            break
    assert [pair.score for pair in shown] == expected
    assert len({pair.id for pair in shown}) == len(expected)


def test_the_list_and_its_pairs_are_the_clinics_own(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    one, other = make_survivor(session, clinic), make_survivor(session, clinic)
    pair = pair_of(session, one, other, clock)
    stranger = make_actor(session, make_clinic(session), Role.COORDINATOR)
    administrator = make_actor(session, clinic, Role.ADMINISTRATOR)
    for actor, error in ((stranger, NotFound), (administrator, Forbidden)):
        with pytest.raises(error):
            duplicate_pairs.open_pairs(session, actor, clinic.id)
        with pytest.raises(error):
            duplicate_pairs.pair_view(session, pair.id, actor, clock=clock)
        with pytest.raises(error):
            duplicate_pairs.decide_apart(session, pair.id, reason="x", actor=actor, clock=clock)


def test_both_records_are_told_side_by_side(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock) -> None:
    one = make_survivor(session, clinic, exposures={"doxorubicin_mg_m2": 300})
    other = make_survivor(session, clinic, exposures={"doxorubicin_mg_m2": 250}, diagnosis=None)
    make_contact(session, one)
    view = duplicate_pairs.pair_view(session, pair_of(session, one, other, clock).id, actor, clock=clock)
    side = next(each for each in view.sides if each.survivor is one)
    assert [row.name for row in side.diagnoses] == ["Leiomyosarcoma"]
    assert [row.name for row in side.contacts] == ["Maria Rivera"]
    assert [each.key for each in view.differences] == ["exposure:doxorubicin_mg_m2"]
    assert view.fuller is side


# Deciding


def test_two_people_stay_two_for_good(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock) -> None:
    one, other = make_survivor(session, clinic), make_survivor(session, clinic)
    pair = pair_of(session, one, other, clock)
    duplicate_pairs.decide_apart(session, pair.id, reason=" Cousins ", actor=actor, clock=clock)
    assert (pair.state, pair.decided_by, pair.reason) == (PairState.APART, "Dana Ruiz", "Cousins")
    assert duplicates.look_for(session, [one.id, other.id], clock=clock) == 0
    assert [each.state for each in pairs(session)] == [PairState.APART]
    told = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "survivor.kept_apart")).all()
    assert {event.survivor_id for event in told} == {one.id, other.id}
    with pytest.raises(Conflict, match="Dana Ruiz has decided that they are two people"):
        duplicate_pairs.decide_apart(session, pair.id, reason="Again", actor=actor, clock=clock)


def test_a_decision_needs_a_reason(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock) -> None:
    pair = pair_of(session, make_survivor(session, clinic), make_survivor(session, clinic), clock)
    with pytest.raises(Invalid, match="two people") as refused:
        duplicate_pairs.decide_apart(session, pair.id, reason="  ", actor=actor, clock=clock)
    assert refused.value.field == "reason"
    with pytest.raises(NotFound):
        duplicate_pairs.decide_apart(session, clinic.id, reason="x", actor=actor, clock=clock)


def test_the_command_looks_through_a_whole_clinic(database: Database, clock: FixedClock, monkeypatch: Any) -> None:
    from tests.conftest import make_app

    with database.transaction() as session:
        clinic = make_clinic(session, name="Harbor clinic")
        make_staff(session, clinic)
        for family in ("Rivera", "Ribera", "Oakhurst"):
            make_survivor(session, clinic, family_name=family)
    monkeypatch.setattr(duplicates, "AT_ONCE", 2)
    app = make_app(database.engine.url.render_as_string(hide_password=False), clock)
    for new in (1, 0):
        answer = app.test_cli_runner().invoke(args=["find-duplicates"])
        assert answer.exit_code == 0, answer.output
        assert f"Compared 3 people at Harbor clinic: {new} new pairs; 1 wait to be looked at" in answer.output
    assert app.test_cli_runner().invoke(args=["find-duplicates", "--clinic", "Nowhere"]).exit_code == 1
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Survivor)) == 3
    app.extensions["tracker_database"].close()
