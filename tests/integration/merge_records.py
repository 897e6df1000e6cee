"""Two records of one person, with everything a record can hold, some of it on both; and what a record says in all."""

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import (
    AT,
    make_clinic,
    make_contact,
    make_diagnosis,
    make_exposure,
    make_family,
    make_result,
    make_survivor,
    make_visit,
)
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.models import (
    Allergy,
    ChartEntry,
    Clinic,
    DrugCourse,
    DueItem,
    DuplicatePair,
    Event,
    ImportedEntry,
    Override,
    PlanGap,
    Predisposition,
    RadiationCourse,
    Survivor,
    SurvivorIdentifier,
    Symptom,
    VisitStatus,
)
from tracker.policy import Actor
from tracker.services import care_plans, contacts, duplicates, editions, given, stored_rows
from tracker.services.journal import KEPT
from tracker.services.merge_rows import OF_A_SURVIVOR
from tracker.services.packs import pack_for
from tracker.services.visits import open_visit_of

EARLIER = datetime(2026, 2, 3, 9, 30, tzinfo=UTC)


def pair_of(session: Session, one: Survivor, other: Survivor, clock: FixedClock) -> DuplicatePair:
    """The open pair of these two, as it was found."""
    duplicates.look_for(session, [one.id], clock=clock)
    query = sa.select(DuplicatePair).where(DuplicatePair.first_id.in_([one.id, other.id]))
    return session.scalars(query.where(DuplicatePair.second_id.in_([one.id, other.id]))).one()


def plan(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    """Bring everything that follows from the record up to date."""
    booked = open_visit_of(session, survivor.id)
    survivor.booked_on = booked.planned_on if booked else None
    given.derive_exposures(session, survivor, pack_for(survivor.clinic), given.catalogue_for(survivor))
    care_plans.refresh(session, survivor, clock=clock)
    editions.keep_edition(session, survivor, change="made", reason="", actor=Actor.system("test"), clock=clock)


def contents(session: Session, *survivors: Survivor) -> dict[str, Any]:
    """Everything that both records and their plans say; nothing of the trails, and no ids of what is worked out."""
    session.flush()
    session.expire_all()
    ids = [each.id for each in survivors]
    found: dict[str, Any] = {"survivors": _rows(session, KEPT["survivors"], "id", ids)}
    for name in OF_A_SURVIVOR:
        found[name] = [row for row in _rows(session, KEPT[name], "survivor_id", ids) if row.get("source") != "given"]
    found["derived"] = sorted(
        (str(row["survivor_id"]), row["name"], str(row["value"]), str(row["last_on"]), row["last_precision"])
        for row in _raw(session, KEPT["exposures"], "survivor_id", ids)
        if row["source"] == "given"
    )
    items = session.scalars(sa.select(DueItem).where(DueItem.survivor_id.in_(ids), DueItem.closed_on.is_(None)))
    found["plan"] = sorted(
        (
            str(row.survivor_id),
            row.test_code,
            str(row.upcoming_on),
            str(row.due_on),
            str(row.overdue_after),
            str(row.reasons),
        )
        for row in items
    )
    gaps = session.scalars(sa.select(PlanGap).where(PlanGap.survivor_id.in_(ids)))
    found["gaps"] = sorted((str(row.survivor_id), row.gap, str(row.missing)) for row in gaps)
    found["dates"] = [
        (str(each.id), each.plan_digest, str(each.next_due_on), str(each.booked_on), each.has_plan)
        for each in sorted(survivors, key=lambda each: each.id)
    ]
    return found


def _raw(session: Session, table: sa.Table, column: str, ids: list[UUID]) -> list[dict[str, Any]]:
    found = session.connection().execute(sa.select(table).where(table.c[column].in_(ids)))
    return [dict(row) for row in found.mappings()]


def _rows(session: Session, table: sa.Table, column: str, ids: list[UUID]) -> list[dict[str, Any]]:
    rows = [stored_rows.encode(table, row) | _decrypted(table, row) for row in _raw(session, table, column, ids)]
    return sorted(rows, key=lambda row: str(row["id"]))


def _decrypted(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    # What lies encrypted is written differently each time.
    return {column: row[column] for column in ("phone", "email", "member_number") if column in row}


def random_record(session: Session, clinic: Clinic, random: Random, clock: FixedClock, **about: Any) -> Survivor:
    """A record with a bit of everything, out of so few possibilities that two of them clash often."""
    survivor = make_survivor(session, clinic, diagnosis=None, **about)
    tumors = _tumors(session, survivor, random)
    _exposures(session, survivor, random)
    _courses(session, survivor, random, tumors)
    _imports(session, survivor, random)
    _visits_and_results(session, survivor, random)
    _family(session, survivor, random)
    plan(session, survivor, clock)
    return survivor


def _tumors(session: Session, survivor: Survivor, random: Random) -> list[Any]:
    found = []
    for place in range(random.randrange(3)):
        ended = random.choice([None, date(2020, 5, 1), date(2021, 6, 2)])
        name = random.choice(["Leiomyosarcoma", "Ewing sarcoma"])
        external = random.choice([None, None, f"Condition/{random.randrange(2)}-{place}"])
        found.append(
            make_diagnosis(session, survivor, name, position=place, end_of_therapy_on=ended, external_id=external)
        )
    for place in range(random.randrange(2)):
        syndrome = random.choice(["Li-Fraumeni syndrome", "Neurofibromatosis type 1"])
        session.add(Predisposition(survivor_id=survivor.id, position=place, syndrome=syndrome))
    return found


def _exposures(session: Session, survivor: Survivor, random: Random) -> None:
    for name in ("doxorubicin_mg_m2", "cisplatin_mg_m2"):
        if random.random() < 0.5:
            make_exposure(session, survivor, name, random.choice([None, 100, 300]))
    if random.random() < 0.4:
        session.add(
            Event(survivor_id=survivor.id, name="growth_complete", happened_on=date(2024, random.randint(1, 2), 1))
        )


def _courses(session: Session, survivor: Survivor, random: Random, tumors: list[Any]) -> None:
    common = {"survivor_id": survivor.id}
    for _ in range(random.randrange(4)):
        about = random.choice([None, *[each.id for each in tumors]])
        dated = random.choice([None, PartialDate(2019, 3)])
        rows: list[Any] = [
            DrugCourse(
                **common, agent="doxorubicin", dose=Decimal(75), courses=2, started_on=dated, diagnosis_id=about
            ),
            RadiationCourse(**common, fields=["chest"], dose_gy=Decimal("30"), started_on=dated, diagnosis_id=about),
            Symptom(**common, symptom="Pain", onset_on=dated, diagnosis_id=about),
            Allergy(**common, substance=random.choice(["Penicillin", "Latex"])),
        ]
        row = random.choice(rows)
        row.recorded_at = random.choice([AT, EARLIER])
        session.add(row)
    session.flush()


def _imports(session: Session, survivor: Survivor, random: Random) -> None:
    for number in range(3):
        if random.random() < 0.5:
            session.add(
                ChartEntry(
                    survivor_id=survivor.id,
                    resource_type="Observation",
                    external_id=f"o{number}",
                    code=str(random.randrange(2)),
                    imported_at=AT,
                )
            )
        if random.random() < 0.5:
            entry = ImportedEntry(
                survivor_id=survivor.id,
                resource_type="AllergyIntolerance",
                external_id=f"a{number}",
                section="allergies",
                imported_at=AT,
            )
            row = session.scalars(sa.select(Allergy).where(Allergy.survivor_id == survivor.id)).first()
            entry.row_id = row.id if row else None
            session.add(entry)
    held = SurvivorIdentifier(
        survivor_id=survivor.id, clinic_id=survivor.clinic_id, system=f"urn:hospital:{survivor.mrn}", value="H-1"
    )
    session.add(held)


def _visits_and_results(session: Session, survivor: Survivor, random: Random) -> None:
    visit = None
    if random.random() < 0.5:
        done = {"status": VisitStatus.COMPLETED, "opened_at": AT, "completed_at": AT}
        visit = make_visit(session, survivor, date(2026, 3, random.randint(1, 28)), random.randrange(10_000), **done)
    if random.random() < 0.3:
        make_visit(session, survivor, date(2026, 12, 14), random.randrange(10_000))
    for number in range(random.randrange(4)):
        make_result(
            session,
            survivor,
            random.choice(["echocardiogram", "mri-abdomen"]),
            date(2025, random.randint(1, 2), 3),
            external_id=random.choice([None, f"Observation/{number}"]),
            visit_id=random.choice([None, visit.id if visit else None]),
        )
    first = make_result(
        session, survivor, "echocardiogram", date(2024, 2, 1), superseded_at=AT, external_id="Observation/9"
    )
    make_result(session, survivor, "echocardiogram", date(2024, 2, 2), replaces_id=first.id)
    if random.random() < 0.5:
        session.add(
            Override(
                survivor_id=survivor.id,
                test_code="echocardiogram",
                action="defer",
                decided_on=date(2026, 10, 1),
                defer_to=date(2027, random.randint(1, 3), 1),
                reason="Seen elsewhere",
                recorded_at=random.choice([AT, EARLIER]),
            )
        )


def _family(session: Session, survivor: Survivor, random: Random) -> None:
    for _ in range(random.randrange(3)):
        phone = random.choice(["617-555-0123", "617-555-0124"])
        external = random.choice([None, "RelatedPerson/1"]) if _ == 0 else None
        make_contact(session, survivor, phone=phone, phone_key=contacts.phone_key(phone), external_id=external)
    if random.random() < 0.3:
        make_family(session, survivor)


def two_records(session: Session, clock: FixedClock, seed: int) -> tuple[Survivor, Survivor]:
    """Two records of one person, made by two departments."""
    random, clinic = Random(seed), make_clinic(session)
    names = ["Rivera", "Ribera", "Rivera Peña"]
    about: dict[str, Any] = {"birth_date": date(2009, 3, 5)}
    one = random_record(session, clinic, random, clock, **about)
    other = random_record(
        session,
        clinic,
        random,
        clock,
        family_name=random.choice(names),
        birth_date=random.choice([date(2009, 3, 5), date(2009, 5, 3)]),
        sex_at_birth=random.choice(["female", "unknown"]),
        preferred_name=random.choice(["", "Anita"]),
        deceased_on=random.choice([None, None, None, date(2026, 1, 4)]),
    )
    return one, other
