"""Exposures from what was given: the courses of one survivor as the engine's facts, and the rows that follow.

A total that somebody recorded always stands. Where the courses add up to something else, the two are shown side by
side until somebody decides; deciding for the courses is ``use_what_was_given``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.catalogue import Catalogue
from tracker.engine.given import (
    DerivedExposure,
    DrugGiven,
    Given,
    GvhdFound,
    OperationDone,
    RadiationGiven,
    RadionuclideGiven,
    TransfusionGiven,
    TransplantDone,
)
from tracker.engine.given_exposures import exposures_from
from tracker.engine.given_terms import is_possible
from tracker.engine.partial_dates import PartialDate, as_partial, known_to, precision_of
from tracker.engine.rules import Pack
from tracker.errors import Invalid
from tracker.guidelines.catalogue import load_catalogue
from tracker.models import (
    Certainty,
    Diagnosis,
    DrugCourse,
    Exposure,
    ExposureSource,
    GvhdEpisode,
    RadiationCourse,
    RadionuclideTherapy,
    Surgery,
    Survivor,
    Transfusion,
    Transplant,
)
from tracker.policy import Action, Actor, require
from tracker.services import audit, care_plans, editions
from tracker.services.editing import begin_edit
from tracker.services.packs import pack_for

TABLES: tuple[type[Any], ...] = (
    DrugCourse,
    RadiationCourse,
    Surgery,
    Transplant,
    GvhdEpisode,
    Transfusion,
    RadionuclideTherapy,
)
# What an exposure's column keeps: a finer number would differ from itself once it has been stored.
STORED = Decimal("0.0001")
YES_NO_UNIT = "1"
# So many survivors are derived for with one round of statements.
AT_ONCE = 200
Rows = Mapping[type[Any], Sequence[Any]]


@dataclass(frozen=True)
class Disagreement:
    """One exposure of which a recorded total says one thing, and the courses that were given another."""

    recorded: Exposure
    derived: DerivedExposure

    @property
    def name(self) -> str:
        """The exposure, by its name in the pack's vocabulary."""
        return self.derived.name


@dataclass(frozen=True)
class Derived:
    """What follows from what was given, and where a recorded total says otherwise. In the order of the names."""

    exposures: tuple[DerivedExposure, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    def named(self, name: str) -> DerivedExposure | None:
        """The derived exposure of this name, if there is one."""
        return next((each for each in self.exposures if each.name == name), None)


@dataclass
class AdoptedTotal:
    """A recorded total that gave way to what was given: what now stands, and the plan's changes."""

    survivor: Survivor
    derived: DerivedExposure
    change: care_plans.PlanChange = field(default_factory=care_plans.PlanChange)


def load_given(session: Session, survivor: Survivor) -> Given:
    """Everything given to this survivor, in a fixed number of statements; the caller has authorised."""
    session.flush()
    diagnoses = session.scalars(sa.select(Diagnosis).where(Diagnosis.survivor_id == survivor.id)).all()
    return given_of(survivor, {table: _rows(session, table, survivor.id) for table in TABLES}, diagnoses)


def given_of(survivor: Survivor, rows: Rows, diagnoses: Iterable[Diagnosis]) -> Given:
    """The same from rows at hand, by table; a table that is missing holds nothing."""
    surgeries, radiation = rows.get(Surgery, ()), rows.get(RadiationCourse, ())
    drugs, transplants = rows.get(DrugCourse, ()), rows.get(Transplant, ())
    radionuclides = rows.get(RadionuclideTherapy, ())
    courses = (
        *(as_partial(known_to(row.diagnosed_on, row.diagnosed_precision)) for row in diagnoses),
        *(row.started_on or row.ended_on for row in (*drugs, *radiation)),
        *(row.done_on for row in (*surgeries, *transplants)),
        *(row.given_on for row in radionuclides),
    )
    return Given(
        birth_date=survivor.birth_date,
        drugs=tuple(_drug(row) for row in drugs),
        radiation=tuple(_radiation(row) for row in radiation),
        operations=tuple(
            OperationDone(id=str(row.id), operation=row.operation, side=row.laterality, done_on=row.done_on)
            for row in surgeries
        ),
        transplants=tuple(
            TransplantDone(id=str(row.id), kind=row.kind, done_on=row.done_on, sos=row.sos) for row in transplants
        ),
        gvhd=tuple(
            GvhdFound(
                id=str(row.id), kind=row.kind, active=row.active, started_on=row.started_on, ended_on=row.ended_on
            )
            for row in rows.get(GvhdEpisode, ())
        ),
        transfusions=tuple(_transfusion(row) for row in rows.get(Transfusion, ())),
        radionuclides=tuple(
            RadionuclideGiven(id=str(row.id), kind=row.kind, given_on=row.given_on) for row in radionuclides
        ),
        treated_from=min((day for day in courses if day is not None), default=None),
    )


def derived_from(given: Given, catalogue: Catalogue, pack: Pack) -> tuple[DerivedExposure, ...]:
    """The exposures that follow, in the order of their names."""
    units = {name: info.unit for name, info in pack.exposures.items()}
    return tuple(sorted(exposures_from(given, catalogue, units), key=lambda each: each.name))


def derive_exposures(session: Session, survivor: Survivor, pack: Pack, catalogue: Catalogue) -> Derived:
    """Make the exposures that are marked "given" say exactly what follows from the courses; twice changes nothing.

    Rows somebody recorded are left alone: one that says otherwise is returned as a disagreement. Must be called in
    the transaction of the change, after its rows were added; writes no audit row and plans nothing.
    """
    follows = derived_from(load_given(session, survivor), catalogue, pack)
    standing = {row.name: row for row in _rows(session, Exposure, survivor.id)}
    _write(session, survivor.id, follows, standing)
    return Derived(follows, disagreements_of(follows, standing.values()))


def derive_all(session: Session, survivors: Sequence[Survivor], pack: Pack, catalogue: Catalogue) -> None:
    """``derive_exposures`` of many, with as many statements for a hundred as for one."""
    for start in range(0, len(survivors), AT_ONCE):
        session.flush()
        chunk = survivors[start : start + AT_ONCE]
        ids = [survivor.id for survivor in chunk]
        tables: tuple[type[Any], ...] = (*TABLES, Diagnosis, Exposure)
        rows = {table: _rows_of_many(session, table, ids) for table in tables}
        with session.no_autoflush:
            for survivor in chunk:
                own: dict[type[Any], Sequence[Any]] = {
                    table: found.get(survivor.id, ()) for table, found in rows.items()
                }
                follows = derived_from(given_of(survivor, own, own[Diagnosis]), catalogue, pack)
                _put(session, survivor.id, follows, {row.name: row for row in own[Exposure]})
    session.flush()


def _rows_of_many(session: Session, table: type[Any], ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in session.scalars(sa.select(table).where(table.survivor_id.in_(ids)).order_by(*_order(table))):
        found.setdefault(row.survivor_id, []).append(row)
    return found


def disagreements_of(follows: Iterable[DerivedExposure], standing: Iterable[Exposure]) -> tuple[Disagreement, ...]:
    """Where a recorded row and what was given cannot both be right, or only the latter knows the dose or the day."""
    recorded = {row.name: row for row in standing if row.source == ExposureSource.RECORDED}
    return tuple(
        Disagreement(recorded[each.name], each)
        for each in follows
        if each.name in recorded and not _agrees(recorded[each.name], each)
    )


def use_what_was_given(
    session: Session, survivor_id: UUID, name: str, *, reason: str, actor: Actor, clock: Clock
) -> AdoptedTotal:
    """Let the sum of what was given take the place of a recorded total, and plan anew.

    Raises:
        Invalid: no total is recorded under this name, or nothing that was given leads to one.
    """
    survivor = require(session, actor, Action.EDIT_TREATMENT, survivor_id)
    begin_edit(session, survivor)
    editions.begin(session, survivor, clock)
    pack, catalogue = pack_for(survivor.clinic), catalogue_for(survivor)
    recorded = session.scalar(sa.select(Exposure).where(Exposure.survivor_id == survivor.id, Exposure.name == name))
    if recorded is None or recorded.source != ExposureSource.RECORDED:
        raise Invalid("This total is no longer recorded by hand. Open the summary again to see what stands")
    before = audit.snapshot(recorded)
    session.delete(recorded)
    found = derive_exposures(session, survivor, pack, catalogue).named(name)
    if found is None:
        raise Invalid("Nothing that was given leads to this total. Record the courses first")
    after = session.scalar(sa.select(Exposure).where(Exposure.survivor_id == survivor.id, Exposure.name == name))
    audit.record(
        session,
        actor,
        "exposure.taken_from_given",
        subject=survivor,
        survivor_id=survivor.id,
        at=clock.now(),
        before=before,
        after=audit.snapshot(after),
        reason=reason,
    )
    change = care_plans.refresh(session, survivor, clock=clock)
    editions.keep_edition(
        session, survivor, change="exposure.taken_from_given", reason=reason, actor=actor, clock=clock
    )
    return AdoptedTotal(survivor, found, change)


def catalogue_for(survivor: Survivor) -> Catalogue:
    """What treatment is made of, as the pack of the survivor's clinic lists it."""
    return load_catalogue(survivor.clinic.pack)


def _rows(session: Session, table: type[Any], survivor_id: UUID) -> list[Any]:
    query = sa.select(table).where(table.survivor_id == survivor_id)
    return list(session.scalars(query.order_by(*_order(table))))


def _order(table: type[Any]) -> tuple[Any, ...]:
    return (table.recorded_at, table.id) if hasattr(table, "recorded_at") else (table.id,)


def _drug(row: DrugCourse) -> DrugGiven:
    return DrugGiven(
        id=str(row.id),
        agent=row.agent,
        dose=row.dose,
        unit=row.unit,
        courses=row.courses,
        route=row.route,
        single_dose=row.single_dose,
        weight_kg=row.weight_kg,
        surface_m2=row.surface_m2,
        weeks=row.weeks,
        myeloablative=row.myeloablative == "yes",
        myeloablative_known=row.myeloablative != "unknown",
        started_on=row.started_on,
        ended_on=row.ended_on,
    )


def _radiation(row: RadiationCourse) -> RadiationGiven:
    organs = row.organs
    return RadiationGiven(
        id=str(row.id),
        fields=tuple(row.fields),
        dose_gy=row.dose_gy,
        organs=None if organs is None else {name: None if gy is None else Decimal(gy) for name, gy in organs.items()},
        started_on=row.started_on,
        ended_on=row.ended_on,
    )


def _transfusion(row: Transfusion) -> TransfusionGiven:
    return TransfusionGiven(
        id=str(row.id), product=row.product, count=row.count, started_on=row.started_on, ended_on=row.ended_on
    )


def _write(
    session: Session, survivor_id: UUID, follows: Iterable[DerivedExposure], standing: Mapping[str, Exposure]
) -> None:
    _put(session, survivor_id, follows, standing)
    session.flush()


def _put(
    session: Session, survivor_id: UUID, follows: Iterable[DerivedExposure], standing: Mapping[str, Exposure]
) -> None:
    kept = set()
    for each in follows:
        kept.add(each.name)
        row = standing.get(each.name)
        if row is None:
            row = Exposure(survivor_id=survivor_id, name=each.name, source=ExposureSource.GIVEN)
            session.add(row)
        if row.source == ExposureSource.GIVEN:
            for column, value in exposure_columns(each).items():
                setattr(row, column, value)
    for row in standing.values():
        if row.source == ExposureSource.GIVEN and row.name not in kept:
            session.delete(row)


def exposure_columns(each: DerivedExposure) -> dict[str, Any]:
    """What the row of a derived exposure holds: a day in part as its first possible day, with how far it is known."""
    known = each.value is not None
    return {
        "certainty": str(Certainty.KNOWN if known else Certainty.DOSE_UNKNOWN),
        "value": _stored(each.value),
        "at_least": None if known or not each.at_least else _stored(each.at_least),
        "unit": each.unit,
        "last_on": None if each.last_on is None else each.last_on.earliest(),
        "last_precision": precision_of(each.last_on),
    }


def _stored(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(STORED)


def _agrees(recorded: Exposure, each: DerivedExposure) -> bool:
    if each.unit == YES_NO_UNIT and all(is_possible(term) for term in each.terms):
        return True  # what is only possible is settled by whoever recorded an answer, be it no
    return _same_dose(recorded, each) and _same_day(recorded, each.last_on)


def _same_dose(recorded: Exposure, each: DerivedExposure) -> bool:
    if each.unit == YES_NO_UNIT:
        return recorded.value != 0  # "given" without a number is a yes
    if each.value is None:
        # Of a sum with an unknown part only this is sure: it is not less than its known parts.
        return recorded.value is None or recorded.value >= each.at_least.quantize(STORED)
    return recorded.value is not None and recorded.value == _stored(each.value)


def _same_day(recorded: Exposure, last_on: PartialDate | None) -> bool:
    """Can both be the same day? A day that only the courses know is worth asking about; one only recorded is not."""
    if last_on is None:
        return True
    noted = as_partial(known_to(recorded.last_on, recorded.last_precision))
    return noted is not None and noted.earliest() <= last_on.latest() and last_on.earliest() <= noted.latest()
