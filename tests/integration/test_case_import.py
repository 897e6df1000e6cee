"""Case files into the registry: nothing is lost on the way in, and the same file twice is one survivor."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_result
from tests.reference.survivors import random_case
from tests.shared import PROJECT
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.evaluate import evaluate
from tracker.engine.types import Facts
from tracker.errors import CaseError, NotFound
from tracker.guidelines.cases import parse_case, read_cases
from tracker.guidelines.loader import load_pack
from tracker.models import AuditEvent, Clinic, Exposure, Override, Result, Survivor
from tracker.policy import Actor
from tracker.services import care_plans
from tracker.services.case_export import export_case, to_case
from tracker.services.case_import import Enrolment, ImportedCase, import_case, person_name
from tracker.services.facts import load_facts

CASES = sorted((PROJECT / "tests" / "cases").glob("*.case.json"))
OPERATOR = Actor.system("test")
PLAIN: dict[str, Any] = {
    "id": "plain-1",
    "as_of": "2026-11-23",
    "survivor": {
        "birth_date": "2007-03-05",
        "sex": "female",
        "diagnosis": "Leiomyosarcoma",
        "diagnosed_on": "2021-11-02",
        "end_of_therapy_on": "2022-10-31",
        "tumor": {"site": "retroperitoneal", "grade": "high", "resection": "r0"},
    },
    "exposures": {"doxorubicin_mg_m2": 300},
    "exposure_dates": {"doxorubicin": "2022-06-30"},
    "results": [{"test_code": "echocardiogram", "on": "2025-05-14"}],
}


def plain(**changed: Any) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(json.dumps(PLAIN | changed))
    return case


def read(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        [(_, raw)] = list(read_cases(stream, path.name))
    assert isinstance(raw, dict)
    return raw


def bring_in(session: Session, clinic: Clinic, raw: dict[str, Any], clock: FixedClock) -> tuple[Survivor, ImportedCase]:
    done = import_case(session, clinic.id, raw, actor=OPERATOR, clock=clock)
    survivor = session.get(Survivor, done.survivor_id)
    assert survivor is not None
    return survivor, done


def without_order(facts: Facts) -> Facts:
    """Results as a bag and without ids: a file has none, and the order in which it tells them means nothing."""
    results = sorted((replace(each, id=None) for each in facts.results), key=repr)
    overrides = tuple(replace(each, id=None) for each in facts.overrides)
    return replace(facts, results=tuple(results), overrides=overrides)


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.removesuffix(".case.json"))
def test_every_worked_case_comes_back_as_the_facts_it_told(
    session: Session, clinic: Clinic, clock: FixedClock, path: Path
) -> None:
    raw = read(path)
    survivor, _ = bring_in(session, clinic, raw, clock)

    told = parse_case(raw, load_pack()).facts
    assert without_order(load_facts(session, survivor)) == without_order(told)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.removesuffix(".case.json"))
def test_the_stored_plan_is_the_one_the_plan_command_gives_for_that_day(
    session: Session, clinic: Clinic, path: Path
) -> None:
    raw = read(path)
    case = parse_case(raw, load_pack())
    survivor, _ = bring_in(session, clinic, raw, FixedClock.on(case.as_of))

    plan = evaluate(case.facts, load_pack(), on=case.as_of)
    stored = care_plans.open_items(session, survivor.id)
    assert [(i.test_code, i.due_on, i.overdue_after) for i in stored] == [
        (i.test_code, i.due_on, i.overdue_after) for i in plan.items
    ]
    assert {gap.gap for gap in care_plans.gaps_of(session, survivor.id)} == {gap.id for gap in plan.gaps}


def round_trips(session: Session, clinic: Clinic, clock: FixedClock, seeds: range) -> None:
    pack = load_pack()
    for seed in seeds:
        raw = random_case(seed)
        survivor, done = bring_in(session, clinic, raw, clock)
        session.expire_all()
        facts = without_order(load_facts(session, survivor))
        assert facts == without_order(parse_case(raw, pack).facts), seed
        assert done.became is Enrolment.NEW


def test_invented_survivors_come_back_as_the_facts_they_told(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    round_trips(session, clinic, clock, range(300, 340))


@pytest.mark.parametrize("first_seed", [0, 100, 200])
def test_a_hundred_more_do_so_on_the_quicker_database(sqlite_url: str, clock: FixedClock, first_seed: int) -> None:
    database = Database(sqlite_url)
    with Session(database.engine, expire_on_commit=False) as session:
        round_trips(session, make_clinic(session), clock, range(first_seed, first_seed + 100))
    database.close()


def test_a_case_written_out_again_tells_the_same(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    pack = load_pack()
    for seed in range(60):
        facts = parse_case(random_case(seed), pack).facts
        written = json.loads(json.dumps(to_case(facts, "again", date(2026, 11, 23))))
        assert without_order(parse_case(written, pack).facts) == without_order(facts), seed


def test_the_record_number_is_the_cases_id_and_a_case_without_a_name_is_called_by_it(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor, _ = bring_in(session, clinic, plain(), clock)
    assert (survivor.mrn, survivor.display_name) == ("plain-1", "Case plain-1")
    assert survivor.sort_name == "case plain 1"


def test_a_record_number_that_is_taken_gets_a_number_behind_it(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    bring_in(session, clinic, plain(), clock)
    other = make_clinic(session)
    survivor, _ = bring_in(session, clinic, plain(id="x" * 60), clock)
    second, _ = bring_in(session, clinic, plain(id="x" * 61), clock)
    elsewhere, _ = bring_in(session, other, plain(), clock)
    assert survivor.mrn == "x" * 40
    assert second.mrn == "x" * 35 + "-2"
    assert elsewhere.mrn == "plain-1"


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        ("Ana Rivera", ("Ana", "Rivera")),
        ("Rivera, Ana María", ("Ana María", "Rivera")),
        ("Ana María  Rivera", ("Ana María", "Rivera")),
        ("Rivera", ("", "Rivera")),
        (", Ana", ("", "Ana")),
        ("  ", None),
        (None, None),
        (17, None),
    ],
)
def test_a_name_is_read_in_either_order(remark: object, expected: tuple[str, str] | None) -> None:
    assert person_name({"name": remark}) == expected
    assert person_name({"survivor": {"name": remark}}) == expected


def test_the_same_case_again_changes_nothing_even_on_another_day(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor, _ = bring_in(session, clinic, plain(), clock)
    version = survivor.version
    clock.set(date(2026, 11, 24))
    same, done = bring_in(session, clinic, plain(as_of="2026-11-24"), clock)
    assert (same.id, done.became, same.version) == (survivor.id, Enrolment.UNCHANGED, version)
    assert session.scalar(sa.select(sa.func.count()).select_from(Survivor)) == 1


def test_a_changed_case_updates_its_survivor_and_the_plan(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    survivor, _ = bring_in(session, clinic, plain(), clock)
    clock.set(datetime(2026, 11, 23, 13, tzinfo=UTC))
    changed = plain(
        name="Ana Rivera",
        exposures={"doxorubicin_mg_m2": 100, "cisplatin_mg_m2": None},
        results=[{"test_code": "echocardiogram", "on": "2026-05-14"}],
    )
    same, done = bring_in(session, clinic, changed, clock)

    assert (same.id, done.became, same.display_name) == (survivor.id, Enrolment.UPDATED, "Ana Rivera")
    told = parse_case(changed, load_pack()).facts
    assert without_order(load_facts(session, same)) == without_order(told)
    assert [i.due_on for i in care_plans.open_items(session, same.id)] == [
        i.due_on for i in evaluate(told, load_pack(), on=date(2026, 11, 23)).items
    ]


def test_a_result_the_file_takes_back_and_tells_again_stands_again(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor, _ = bring_in(session, clinic, plain(), clock)
    clock.set(datetime(2026, 11, 23, 13, tzinfo=UTC))
    bring_in(session, clinic, plain(results=[]), clock)
    assert load_facts(session, survivor).results == ()
    clock.set(datetime(2026, 11, 23, 14, tzinfo=UTC))
    _, done = bring_in(session, clinic, plain(), clock)
    assert done.became is Enrolment.UPDATED
    assert [each.on for each in load_facts(session, survivor).results] == [date(2025, 5, 14)]
    assert session.scalar(sa.select(sa.func.count()).select_from(Result)) == 1


def test_a_result_told_twice_is_kept_twice(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    told = {"test_code": "echocardiogram", "on": "2025-05-14"}
    survivor, _ = bring_in(session, clinic, plain(results=[told, told]), clock)
    assert len(load_facts(session, survivor).results) == 2


def test_what_people_recorded_stays_when_the_file_changes(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    survivor, _ = bring_in(session, clinic, plain(), clock)
    clinician = make_actor(session, clinic)
    make_result(session, survivor, "audiogram", date(2026, 2, 3))
    session.add(
        Override(
            survivor_id=survivor.id,
            test_code="echocardiogram",
            action="stop",
            decided_on=date(2026, 3, 1),
            reason="Under the care of cardiology",
            decided_by_id=clinician.user_id,
            recorded_at=clock.now(),
        )
    )
    clock.set(datetime(2026, 11, 23, 13, tzinfo=UTC))
    bring_in(session, clinic, plain(results=[], overrides=[]), clock)
    facts = load_facts(session, survivor)
    assert [each.test_code for each in facts.results] == ["audiogram"]
    assert [each.action for each in facts.overrides] == ["stop"]


def test_a_correction_made_by_a_clinician_outlives_another_change_of_the_file(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor, _ = bring_in(session, clinic, plain(), clock)
    [told] = session.scalars(sa.select(Result))
    told.superseded_at = clock.now()
    make_result(session, survivor, "echocardiogram", date(2025, 5, 15), replaces_id=told.id)
    clock.set(datetime(2026, 11, 23, 13, tzinfo=UTC))
    bring_in(session, clinic, plain(exposures={"doxorubicin_mg_m2": 240}), clock)
    assert [each.on for each in load_facts(session, survivor).results] == [date(2025, 5, 15)]


def test_decisions_of_the_file_are_replaced_as_a_list(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    defer = {"test_code": "echocardiogram", "action": "defer", "decided_on": "2026-01-05", "to": "2027-06-01"}
    stop = {"test_code": "audiogram", "action": "stop", "decided_on": "2026-01-05", "expires_on": "2028-01-01"}
    survivor, _ = bring_in(session, clinic, plain(overrides=[defer]), clock)
    clock.set(datetime(2026, 11, 23, 13, tzinfo=UTC))
    bring_in(session, clinic, plain(overrides=[stop, defer]), clock)
    assert [each.action for each in load_facts(session, survivor).overrides] == ["stop", "defer"]
    rows = list(session.scalars(sa.select(Override)))
    assert [row.withdrawn_at is None for row in rows].count(True) == 2
    assert len(rows) == 3


def test_an_exposure_known_only_by_its_date_keeps_it(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    dates = {"chest_rt": "2022-05-01", "hsct": "2022-04-02"}
    survivor, _ = bring_in(session, clinic, plain(exposures={}, exposure_dates=dates), clock)
    rows = list(session.scalars(sa.select(Exposure).order_by(Exposure.name)))
    assert [(row.name, row.certainty, row.value) for row in rows] == [
        ("chest_rt_gy", "date_only", None),
        ("hsct", "date_only", None),
    ]
    assert load_facts(session, survivor).exposures == {}
    assert load_facts(session, survivor).exposure_dates == {"chest_rt": date(2022, 5, 1), "hsct": date(2022, 4, 2)}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"exposures": {"doxorubicin_mg_m2": 249.99999}}, "exposures.doxorubicin_mg_m2: 249.99999 has more than 4"),
        ({"exposures": {"doxorubicine": 1}}, "exposures.doxorubicine: no exposure has this name"),
        ({"id": "x" * 201}, "id: may have at most 200"),
        ({"survivor": PLAIN["survivor"] | {"tumor": {"garde": "high"}}}, "survivor.tumor.garde: is not a field"),
        ({"survivor": PLAIN["survivor"] | {"tumor": {"grade": "h" * 61}}}, "survivor.tumor.grade: may have at most 60"),
        ({"survivor": PLAIN["survivor"] | {"diagnosis": "d" * 201}}, "survivor.diagnosis: may have at most 200"),
        (
            {"survivor": PLAIN["survivor"] | {"birth_date": "2026-11-24"}},
            "survivor.birth_date: The date of birth is in",
        ),
        ({"predispositions": [{"syndrome": "DICER1", "genes": "x"}]}, "predispositions[0].genes: is not a field"),
        (
            {"survivor": PLAIN["survivor"] | {"other_diagnoses": [{"diagnosis": "Melanoma", "tumor": {"stge": "ia"}}]}},
            "survivor.other_diagnoses[0].tumor.stge: is not a field",
        ),
    ],
)
def test_what_the_registry_cannot_hold_is_refused_with_its_key(
    session: Session, clinic: Clinic, clock: FixedClock, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(CaseError) as refused:
        import_case(session, clinic.id, plain(**changed), actor=OPERATOR, clock=clock)
    assert str(refused.value).startswith(words)
    assert session.scalar(sa.select(sa.func.count()).select_from(Survivor)) == 0


def test_the_trail_keeps_what_the_summary_said_before(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    bring_in(session, clinic, plain(), clock)
    clock.set(datetime(2026, 11, 23, 13, tzinfo=UTC))
    bring_in(session, clinic, plain(exposures={"doxorubicin_mg_m2": 240}), clock)
    query = sa.select(AuditEvent).where(AuditEvent.action == "case.imported").order_by(AuditEvent.at)
    first, second = session.scalars(query)
    assert (first.before, first.actor) == (None, "test")
    assert second.before is not None and second.after is not None
    assert second.before["exposures"][0]["value"] in ("300", "300.0000")
    assert second.after["summary"]["exposures"][0]["value"] == "240"


def test_a_case_can_be_taken_out_again_by_its_record_number(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    bring_in(session, clinic, plain(), clock)
    case = export_case(session, "plain-1", actor=OPERATOR, clock=clock)
    assert case["as_of"] == "2026-11-23"
    assert without_order(parse_case(case, load_pack()).facts) == without_order(parse_case(plain(), load_pack()).facts)


def test_what_a_case_knows_in_part_is_stored_and_taken_out_as_it_was(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor = PLAIN["survivor"] | {"diagnosed_on": "2019-05", "end_of_therapy_on": "2020"}
    told = plain(
        survivor=survivor,
        exposures={"doxorubicin_mg_m2": None},
        exposures_at_least={"doxorubicin_mg_m2": 250},
        exposure_dates={"doxorubicin": "2019"},
        events={"growth_complete": "2024-06"},
    )
    bring_in(session, clinic, told, clock)
    [row] = session.scalars(sa.select(Exposure))
    assert (row.at_least, row.last_on, row.last_precision) == (Decimal(250), date(2019, 1, 1), "year")
    case = export_case(session, "plain-1", actor=OPERATOR, clock=clock)
    assert without_order(parse_case(case, load_pack()).facts) == without_order(parse_case(told, load_pack()).facts)


def test_a_number_two_clinics_use_needs_the_clinic(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    other = make_clinic(session)
    bring_in(session, clinic, plain(), clock)
    bring_in(session, other, plain(), clock)
    with pytest.raises(NotFound, match="Several clinics"):
        export_case(session, "plain-1", actor=OPERATOR, clock=clock)
    with pytest.raises(NotFound, match="No survivor has the record number plain-2"):
        export_case(session, "plain-2", actor=OPERATOR, clock=clock)
    assert export_case(session, "plain-1", clinic_id=other.id, actor=OPERATOR, clock=clock)["id"] == "plain-1"
