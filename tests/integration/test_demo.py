"""The demonstration looks like a real clinic: every state, most things done in time, nobody real."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import make_clinic
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack
from tracker.models import (
    Clinic,
    Contact,
    Diagnosis,
    DueItem,
    Exposure,
    Grant,
    PlanGap,
    Result,
    SummaryEdition,
    Survivor,
    User,
    Visit,
)
from tracker.services import accounts, care_plans, demo
from tracker.services.demo import Fate, SeededDemo, diagnoses_for, fates_for, seed_demo
from tracker.services.demo_lives import Course, Guide, clinic_day, live, shifted, stands
from tracker.services.demo_people import People, years_old
from tracker.services.demo_regimens import regimens
from tracker.services.demo_rows import Diary
from tracker.services.given import Disagreement, derive_exposures, load_given
from tracker.services.sections.checks import Surroundings, check_entry
from tracker.services.sections.entries import EntryInput, entries_of, values_of
from tracker.services.sections.registry import SECTIONS
from tracker.services.states import State, state_case, state_of
from tracker.services.treatment_checks import problems_of
from tracker.services.treatment_rows import read_summary

TODAY = date(2026, 11, 23)
SURVIVORS = 80


@pytest.fixture(scope="module")
def seeded(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, SeededDemo]]:
    """One demonstration for all tests that only look at it."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(f"sqlite:///{path}")
    with database.transaction() as session:
        made = seed_demo(session, survivors=SURVIVORS, clock=FixedClock.on(TODAY))
    yield database, made
    database.close()


@pytest.fixture
def look(seeded: tuple[Database, SeededDemo]) -> Iterator[Session]:
    with seeded[0].reading() as session:
        yield session


@pytest.fixture
def harbor(look: Session) -> Clinic:
    return look.scalars(sa.select(Clinic).where(Clinic.name == demo.HARBOR.name)).one()


def test_every_state_is_there_and_most_are_on_time(look: Session, harbor: Clinic) -> None:
    query = sa.select(state_case(TODAY)).where(Survivor.clinic_id == harbor.id)
    counts = Counter(look.scalars(query))
    assert set(counts) == {state.value for state in State}
    assert counts.total() == SURVIVORS
    assert counts[State.NOT_YET_DUE] > SURVIVORS * 0.3
    assert 0.06 * SURVIVORS <= counts[State.OVERDUE] <= 0.2 * SURVIVORS
    assert 0.06 * SURVIVORS <= counts[State.DUE] <= 0.22 * SURVIVORS


def test_every_diagnosis_of_the_pack_is_there(look: Session, harbor: Clinic) -> None:
    query = sa.select(Diagnosis.name).join(Survivor).where(Survivor.clinic_id == harbor.id)
    missing = set(load_pack().diagnoses) - set(look.scalars(query))
    # Of someone who awaits the summary, the diagnosis may not be known yet.
    assert len(missing) <= 1


def test_nobody_is_overdue_with_everything_since_childhood(look: Session) -> None:
    overdue = look.scalars(
        sa.select(DueItem.survivor_id).where(
            DueItem.closed_on.is_(None), DueItem.overdue_after < TODAY - timedelta(days=3 * 365)
        )
    )
    assert all(count <= 3 for count in Counter(overdue).values())


def test_nothing_has_happened_in_the_future_nor_before_birth(look: Session) -> None:
    rows = look.execute(
        sa.select(Result.performed_on, Survivor.birth_date, Survivor.deceased_on).join(
            Survivor, Survivor.id == Result.survivor_id
        )
    ).all()
    assert len(rows) > SURVIVORS * 20
    for performed_on, birth_date, deceased_on in rows:
        assert birth_date < performed_on <= (deceased_on or TODAY)


def test_results_speak_of_tests_of_the_pack_in_their_own_units(look: Session) -> None:
    tests = load_pack().tests
    for result in look.scalars(sa.select(Result)):
        assert result.test_code in tests
        assert result.value is None or result.unit == tests[result.test_code].ucum
    marks = Counter((row.adequate, row.claimed) for row in look.scalars(sa.select(Result)))
    assert marks[False, False] > 0 and marks[True, False] > marks.total() * 0.9


def test_visits_lie_on_clinic_days_and_share_no_slot(look: Session, harbor: Clinic) -> None:
    visits = list(look.scalars(sa.select(Visit).where(Visit.clinic_id == harbor.id)))
    assert {visit.planned_on.weekday() for visit in visits} == {harbor.weekday}
    held = [(visit.planned_on, visit.slot) for visit in visits if visit.status != "missed"]
    assert len(held) == len(set(held))
    assert max(slot for _day, slot in held) < harbor.slots_per_day
    assert all((visit.planned_on >= TODAY) is (visit.status == "planned") for visit in visits)


def test_those_who_are_booked_have_their_visit(look: Session) -> None:
    for survivor in look.scalars(sa.select(Survivor).where(Survivor.booked_on.is_not(None))):
        [visit] = look.scalars(sa.select(Visit).where(Visit.survivor_id == survivor.id, Visit.status == "planned"))
        assert visit.planned_on == survivor.booked_on
        assert state_of(survivor, TODAY) is State.BOOKED


def test_the_stored_plans_are_what_the_engine_says(look: Session) -> None:
    for survivor in look.scalars(sa.select(Survivor).limit(25)):
        assert survivor.plan_digest == care_plans.digest(care_plans.plan_on(look, survivor, TODAY))


# The whole treatment summary


def entries(session: Session, survivor: Survivor) -> dict[str, list[Any]]:
    """What the parts of the record hold, by their keys; empty parts are left out."""
    found = {key: entries_of(session, survivor.id, part) for key, part in SECTIONS.items()}
    return {key: rows for key, rows in found.items() if rows}


def exposures(session: Session, survivor: Survivor, source: str) -> dict[str, tuple[object, ...]]:
    query = sa.select(Exposure).where(Exposure.survivor_id == survivor.id, Exposure.source == source)
    return {
        row.name: (row.certainty, row.value, row.at_least, row.unit, row.last_on, row.last_precision)
        for row in session.scalars(query)
    }


def test_every_entry_would_be_accepted_without_a_question(look: Session) -> None:
    pack, catalogue, seen = load_pack(), load_catalogue(), 0
    for survivor in look.scalars(sa.select(Survivor)):
        tumors = frozenset(look.scalars(sa.select(Diagnosis.id).where(Diagnosis.survivor_id == survivor.id)))
        around = Surroundings(pack, catalogue, survivor.birth_date, TODAY, tumors)
        for key, rows in entries(look, survivor).items():
            for row in rows:
                seen += 1
                assert check_entry(SECTIONS[key], EntryInput(values_of(row, SECTIONS[key])), around) == []
        known = replace(read_summary(look, survivor), exposures=())
        assert problems_of(known, pack, birth_date=survivor.birth_date, today=TODAY) == []
    assert seen > SURVIVORS * 10


def test_exposures_are_what_follows_from_the_courses(look: Session) -> None:
    pack, catalogue, with_courses = load_pack(), load_catalogue(), 0
    for survivor in look.scalars(sa.select(Survivor)):
        stored = exposures(look, survivor, "given")
        derive_exposures(look, survivor, pack, catalogue)
        assert exposures(look, survivor, "given") == stored
        with_courses += bool(stored)
    look.rollback()
    assert with_courses > SURVIVORS * 0.7


def test_a_few_charts_hold_totals_only_and_one_disagrees_with_its_courses(look: Session) -> None:
    pack, catalogue = load_pack(), load_catalogue()
    totals_only = 0
    disagreeing: list[Disagreement] = []
    for survivor in look.scalars(sa.select(Survivor)):
        given, recorded = load_given(look, survivor), exposures(look, survivor, "recorded")
        has_courses = any((given.drugs, given.radiation, given.operations))
        # What is told of the illness itself is recorded for everyone.
        totals_only += not has_courses and bool(recorded.keys() - {"cns_tumor", "hp_tumor"})
        disagreeing += derive_exposures(look, survivor, pack, catalogue).disagreements
    look.rollback()
    assert SURVIVORS * 0.08 < totals_only < SURVIVORS * 0.25
    [only] = disagreeing
    assert only.name == "doxorubicin_mg_m2"
    assert only.derived.value is not None and only.recorded.value == only.derived.value + 50


def test_every_survivor_of_a_leiomyosarcoma_has_a_rich_chart(look: Session) -> None:
    rows = look.execute(
        sa.select(Survivor, Diagnosis)
        .join(Diagnosis, Diagnosis.survivor_id == Survivor.id)
        .where(Diagnosis.name == "Leiomyosarcoma", Diagnosis.position == 0, Diagnosis.end_of_therapy_on.is_not(None))
    ).all()
    assert len(rows) >= 5
    for survivor, tumor in rows:
        assert len(entries(look, survivor)) >= 10
        assert tumor.icdo3_morphology and tumor.icdo3_topography and tumor.clinic_subtype and tumor.symptom_onset_on


def test_hardly_an_exposure_is_of_unknown_dose_and_some_dates_are_known_in_part(look: Session) -> None:
    certainties = Counter(look.scalars(sa.select(Exposure.certainty)))
    assert 0 < certainties["dose_unknown"] < certainties.total() * 0.1
    precisions = Counter(look.scalars(sa.select(Exposure.last_precision)))
    assert 0 < precisions["month"] + precisions["year"] < precisions["day"]


def test_treatment_lies_between_diagnosis_and_its_end(look: Session) -> None:
    for tumor, survivor in look.execute(sa.select(Diagnosis, Survivor).join(Survivor).where(Diagnosis.position == 0)):
        held = entries(look, survivor)
        dated = [row.started_on for row in (*held.get("drugs", ()), *held.get("radiation", ()))]
        for day in (*dated, *(row.done_on for row in held.get("surgeries", ()))):
            assert day.latest() >= tumor.diagnosed_on and day.earliest() <= tumor.end_of_therapy_on


def test_every_summary_has_its_first_edition(look: Session) -> None:
    numbers = Counter(look.execute(sa.select(SummaryEdition.number, SummaryEdition.change)).all())
    told = look.scalar(sa.select(sa.func.count(sa.distinct(Diagnosis.survivor_id))))
    assert {tuple(each) for each in numbers} == {(1, "summary.recorded")}
    assert told is not None and numbers.total() >= told


def test_some_things_are_unknown_and_some_reminders_agreed(look: Session) -> None:
    assert look.scalar(sa.select(sa.func.count()).select_from(PlanGap)) not in (None, 0)
    contacts = list(look.scalars(sa.select(Contact)))
    agreed = sum(1 for contact in contacts if contact.reminders_agreed_on)
    assert 0.5 < agreed / len(contacts) < 0.95
    assert all(contact.email is None or contact.email.endswith("@family.example") for contact in contacts)


def test_names_come_in_several_scripts(look: Session) -> None:
    names = "".join(look.scalars(sa.select(Survivor.family_name)))
    assert any("À" <= letter <= "ÿ" for letter in names)
    assert any(letter > "ɏ" for letter in names)


def test_everybody_printed_can_sign_in_and_sees_their_own_side(seeded: tuple[Database, SeededDemo]) -> None:
    database, made = seeded
    assert [each.role for each in made.sign_ins] == [
        "coordinator",
        "clinician",
        "administrator",
        "lakeside",
        "family",
        "survivor",
    ]
    clock = FixedClock.on(TODAY)
    with database.transaction() as session:
        for each in made.sign_ins:
            user = accounts.sign_in(session, each.email, made.password, address="127.0.0.1", clock=clock)
            assert user is not None and user.name == each.name
        session.rollback()


def test_the_parent_sees_one_child_and_the_teenager_themselves(look: Session) -> None:
    def followed(email: str) -> Survivor:
        query = sa.select(Survivor).join(Grant, Grant.survivor_id == Survivor.id).join(User, User.id == Grant.user_id)
        return look.scalars(query.where(User.email == email)).one()

    child, teen = followed("family@demo.example"), followed("teen@demo.example")
    assert child.has_plan and teen.has_plan
    assert years_old(child.birth_date, TODAY) < 18
    assert 14 <= years_old(teen.birth_date, TODAY) < 18


def test_the_neighboring_clinic_has_a_few_of_its_own(look: Session) -> None:
    lakeside = look.scalars(sa.select(Clinic).where(Clinic.name == demo.LAKESIDE.name)).one()
    assert (lakeside.tz, lakeside.weekday) == ("America/Chicago", 3)
    query = sa.select(sa.func.count()).select_from(Survivor).where(Survivor.clinic_id == lakeside.id)
    assert look.scalar(query) == demo.LAKESIDE_SURVIVORS


def told(database: Database) -> list[tuple[object, ...]]:
    """Everything of a demonstration but its random ids."""
    with database.reading() as session:
        people = session.execute(
            sa.select(
                Survivor.mrn, Survivor.sort_name, Survivor.birth_date, Survivor.plan_digest, Survivor.standing
            ).order_by(Survivor.clinic_id, Survivor.mrn)
        )
        results = session.execute(
            sa.select(Survivor.mrn, Result.test_code, Result.performed_on, Result.value)
            .join(Survivor, Survivor.id == Result.survivor_id)
            .order_by(Survivor.mrn, Result.test_code, Result.performed_on, Result.value)
        )
        return sorted(tuple(map(str, row)) for row in (*people, *results))


def test_the_same_seed_and_day_make_the_same_demonstration(migrated_sqlite: Path, tmp_path: Path) -> None:
    stories = []
    for number, seed in enumerate((7, 7, 8)):
        path = tmp_path / f"{number}.db"
        shutil.copy(migrated_sqlite, path)
        database = Database(f"sqlite:///{path}")
        with database.transaction() as session:
            seed_demo(session, survivors=8, seed=seed, clock=FixedClock.on(TODAY))
        stories.append(told(database))
        database.close()
    first, again, other = stories
    assert first == again != other


def test_a_few_survivors_do_on_either_database(session: Session, clock: FixedClock) -> None:
    made = seed_demo(session, survivors=5, clock=clock)
    assert made.survivors == 5 + demo.LAKESIDE_SURVIVORS
    assert session.scalar(sa.select(sa.func.count()).select_from(Result)) == made.results


def test_a_database_that_holds_anything_is_left_alone(session: Session, clock: FixedClock) -> None:
    make_clinic(session)
    with pytest.raises(Conflict, match="not empty"):
        seed_demo(session, survivors=5, clock=clock)
    assert session.scalar(sa.select(sa.func.count()).select_from(Survivor)) == 0


# Its parts


@pytest.mark.parametrize("survivors", [1, 8, 22, 100, 250, 400])
def test_diagnoses_and_fates_add_up_to_the_number_asked_for(survivors: int) -> None:
    assert len(diagnoses_for(survivors)) == len(fates_for(survivors)) == survivors


def test_of_250_at_least_fifteen_have_leiomyosarcoma_and_every_fate_is_met() -> None:
    assert diagnoses_for(250).count("Leiomyosarcoma") >= 15
    assert set(diagnoses_for(250)) == set(load_pack().diagnoses) == set(regimens().shares)
    assert set(fates_for(250)) == set(Fate)


@pytest.fixture(scope="module")
def guide() -> Guide:
    return Guide(load_pack(), load_catalogue())


@pytest.mark.parametrize("diagnosis", ["Leiomyosarcoma", "Wilms tumor", "Hodgkin lymphoma"])
@pytest.mark.parametrize("course", list(Course))
def test_a_life_stands_as_it_was_wanted(diagnosis: str, course: Course, guide: Guide) -> None:
    met = [
        stands(live(Random(seed), diagnosis, guide, today=TODAY, weekday=0, course=course), guide.pack, TODAY)
        for seed in range(6)
    ]
    assert met.count(course) >= 4


def test_a_life_moved_by_weeks_keeps_its_weekdays_and_its_order(guide: Guide) -> None:
    life = live(Random(3), "Osteosarcoma", guide, today=TODAY, weekday=2, course=Course.ON_TIME)
    earlier = shifted(life, timedelta(weeks=-30), guide)
    assert {day.weekday() for day in earlier.visits} == {2}
    assert earlier.end_of_therapy == life.end_of_therapy - timedelta(weeks=30)
    assert [each.on for each in earlier.results] == [each.on - timedelta(weeks=30) for each in life.results]
    # What was given moves with it, and what follows is the same but for its dates.
    assert [(each.name, each.value) for each in earlier.derived] == [(each.name, each.value) for each in life.derived]
    assert {each.last_on for each in earlier.derived} != {each.last_on for each in life.derived}


@pytest.mark.parametrize(("day", "expected"), [(22, 23), (23, 23), (24, 30)])
def test_a_clinic_day_is_the_day_itself_or_the_next(day: int, expected: int) -> None:
    assert clinic_day(date(2026, 11, day), 0) == date(2026, 11, expected)


def test_a_full_day_has_no_slot_left() -> None:
    diary = Diary(slots_per_day=2)
    assert [diary.slot(TODAY) for _ask in range(3)] == [0, 1, None]


def test_people_are_the_same_for_a_seed() -> None:
    assert People(5).person("female") == People(5).person("female")
    assert People(5).person("female") != People(6).person("female")


# The command


def test_the_command_prints_its_sign_ins_and_refuses_a_second_time(app_sqlite: Flask) -> None:
    runner = app_sqlite.test_cli_runner()
    first = runner.invoke(args=["seed-demo", "--survivors", "5"])
    assert first.exit_code == 0, first.output
    assert "coordinator@demo.example" in first.output and demo.PASSWORD in first.output
    second = runner.invoke(args=["seed-demo"])
    assert (second.exit_code, "The database is not empty" in second.output) == (1, True)
    quiet = runner.invoke(args=["seed-demo", "--if-empty"])
    assert (quiet.exit_code, quiet.output) == (0, "")
