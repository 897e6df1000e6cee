"""Everything a treatment summary says of one survivor, today or as it stood on an earlier day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.catalogue import Catalogue, FactorSet
from tracker.engine.given import DerivationTerms, DerivedExposure
from tracker.engine.given_derived import derivation_terms
from tracker.engine.given_one_sex import concerns
from tracker.engine.given_questions import open_questions
from tracker.engine.rules import Pack
from tracker.errors import NotFound
from tracker.models import (
    Certainty,
    Clinic,
    Diagnosis,
    Event,
    Exposure,
    ExposureSource,
    PlanGap,
    Predisposition,
    SummaryEdition,
    Survivor,
)
from tracker.policy import Action, Actor, can, require
from tracker.services import care_plans, editions
from tracker.services.editions import Difference
from tracker.services.given import TABLES, Disagreement, catalogue_for, derived_from, disagreements_of, given_of
from tracker.services.packs import pack_for
from tracker.services.record_parts import parts
from tracker.services.unknowns import Unknowns, still_open, unknowns_of
from tracker.services.whole_record import ABOUT_KEY, WholeRecord, read_record, record_from

CONFIRMATION = ("summary_confirmed_on", "summary_confirmed_by")


@dataclass(frozen=True)
class Total:
    """One cumulative exposure and where it comes from: exactly one of the three is given, or none for a plain total.

    ``derived``: what was given adds up to it. ``terms``: the pack works it out from other totals, with ``factors``
    where a published set of factors is used. ``recorded``: the row, of what is stored.
    """

    name: str
    recorded: Exposure | None = None
    derived: DerivedExposure | None = None
    terms: DerivationTerms | None = None
    factors: FactorSet | None = None


@dataclass(frozen=True)
class LastChange:
    """The last change of the summary, and how many there were since it was confirmed (None: never confirmed)."""

    at: datetime
    actor: str
    since_confirmed: int | None


@dataclass(frozen=True)
class WholeSummary:
    """A treatment summary, whole. ``record`` holds the entries; ``edition`` is the earlier state that is shown.

    ``unknowns`` and ``disagreements`` are empty for an earlier day: they are questions for today.
    """

    survivor: Survivor
    clinic: Clinic
    pack: Pack
    catalogue: Catalogue
    today: date
    record: WholeRecord
    totals: tuple[Total, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    unknowns: Unknowns = field(default_factory=Unknowns)
    last_change: LastChange | None = None
    edition: SummaryEdition | None = None
    allowed: frozenset[Action] = frozenset()

    @property
    def about(self) -> Mapping[str, Any]:
        """Name, birth date and the rest of what the survivor's own row says."""
        return self.record.about

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        return self.record.of("diagnoses")

    @property
    def predispositions(self) -> tuple[Predisposition, ...]:
        return self.record.of("predispositions")

    @property
    def events(self) -> tuple[Event, ...]:
        return self.record.of("events")


@dataclass(frozen=True)
class Comparison:
    """A summary on two days. An edition is None where the summary had none yet on that day.

    ``editions``: all there are, newest first. ``record`` is the later state, to name entries by.
    """

    survivor: Survivor
    clinic: Clinic
    pack: Pack
    catalogue: Catalogue
    editions: tuple[SummaryEdition, ...]
    earlier: SummaryEdition | None
    later: SummaryEdition | None
    differences: tuple[Difference, ...]
    diagnosis_names: Mapping[str, str]


def whole_summary(
    session: Session, survivor_id: UUID, *, actor: Actor, clock: Clock, as_of: date | None = None
) -> WholeSummary:
    """Read the whole summary, in a number of statements that does not grow with the entries. Nothing is written.

    Raises:
        NotFound, Forbidden: as ``policy.require``; ``NotFound`` too if there was no summary yet on that day.
    """
    survivor = require(session, actor, Action.VIEW, survivor_id)
    clinic = survivor.clinic
    allowed = frozenset(action for action in Action if can(actor, action, survivor))
    today = clock.today(clinic.tz)
    found = _earlier(session, survivor, as_of) if as_of is not None and as_of < today else _today(session, survivor)
    return WholeSummary(
        survivor=survivor,
        clinic=clinic,
        pack=pack_for(clinic),
        catalogue=catalogue_for(survivor),
        today=today,
        allowed=allowed,
        **found,
    )


def compare_days(
    session: Session,
    survivor_id: UUID,
    *,
    earlier_on: date | None,
    later_on: date | None,
    actor: Actor,
) -> Comparison:
    """The summary at the end of two days, and what is different.

    Without a later day it is as it stands now; without an earlier one, as it stood before the later one's last change.
    """
    survivor = require(session, actor, Action.VIEW, survivor_id)
    clinic = survivor.clinic
    every = editions.editions_of(session, survivor_id)
    later = _chosen(session, survivor, later_on) if later_on else next(iter(every), None)
    earlier = _chosen(session, survivor, earlier_on) if earlier_on else _before(later, every)
    before, after = (each.content if each is not None else {} for each in (earlier, later))
    return Comparison(
        survivor=survivor,
        clinic=clinic,
        pack=pack_for(clinic),
        catalogue=catalogue_for(survivor),
        editions=tuple(every),
        earlier=earlier,
        later=later,
        differences=tuple(editions.compare(before, after)),
        diagnosis_names={
            entry["id"]: entry["name"] for content in (before, after) for entry in content.get("diagnoses", ())
        },
    )


def survivor_named(session: Session, written: str, *, clinic_id: UUID | None, actor: Actor) -> Survivor:
    """The survivor with this id, or this record number; for commands, which name their actor.

    Raises:
        NotFound: nobody has it, or several clinics use the number; the message says which.
    """
    query = sa.select(Survivor).where(_is_named(written), Survivor.withdrawn_at.is_(None))
    if clinic_id is not None:
        query = query.where(Survivor.clinic_id == clinic_id)
    found = session.scalars(query).all()
    if len(found) > 1:
        raise NotFound(f"Several clinics use the record number {written}. Say which one with --clinic")
    if not found:
        raise NotFound(f"Nobody has the record number or id {written}. Check it, and the clinic")
    return require(session, actor, Action.VIEW, found[0].id)


def _is_named(written: str) -> Any:
    try:
        return sa.or_(Survivor.id == UUID(written), Survivor.mrn == written)
    except ValueError:
        return Survivor.mrn == written


def _today(session: Session, survivor: Survivor) -> dict[str, Any]:
    record, pack, catalogue = read_record(session, survivor), pack_for(survivor.clinic), catalogue_for(survivor)
    given = given_of(survivor, _rows_by_table(record), record.of("diagnoses"))
    follows = derived_from(given, catalogue, pack)
    units = {name: info.unit for name, info in pack.exposures.items()}
    questions = still_open(open_questions(given, catalogue, units), record.of("exposures"), survivor.sex_at_birth, pack)
    gaps: list[PlanGap] = care_plans.gaps_of(session, survivor.id)
    return {
        "record": record,
        "totals": totals_of(record, follows, pack, catalogue),
        "disagreements": disagreements_of(follows, record.of("exposures")),
        "unknowns": unknowns_of(record.of("diagnoses"), questions, gaps, pack),
        "last_change": _last_change(session, survivor),
    }


def _earlier(session: Session, survivor: Survivor, day: date) -> dict[str, Any]:
    edition = editions.as_of(session, survivor.id, day, survivor.clinic.tz)
    if edition is None:
        raise NotFound(f"No summary was kept on or before {day:%B} {day.day}, {day.year}. Choose a later day")
    record, pack, catalogue = record_from(edition.content), pack_for(survivor.clinic), catalogue_for(survivor)
    given = given_of(survivor, _rows_by_table(record), record.of("diagnoses"))
    follows = derived_from(given, catalogue, pack)
    return {"record": record, "totals": totals_of(record, follows, pack, catalogue), "edition": edition}


def _rows_by_table(record: WholeRecord) -> dict[type[Any], tuple[Any, ...]]:
    return {each.table: record.of(each.key) for each in parts() if each.table in TABLES}


def totals_of(
    record: WholeRecord, follows: Iterable[DerivedExposure], pack: Pack, catalogue: Catalogue
) -> tuple[Total, ...]:
    """Every cumulative exposure: the stored ones by name, then those the pack works out from them, in its own order."""
    rows: tuple[Exposure, ...] = record.of("exposures")
    derived = {each.name: each for each in follows}
    stored = [
        Total(row.name, recorded=row, derived=derived.get(row.name) if row.source == "given" else None) for row in rows
    ]
    doses = {row.name: row.value for row in rows if row.certainty != Certainty.DATE_ONLY}
    at_least = {row.name: row.at_least for row in rows if row.at_least is not None}
    worked_out = [
        Total(name, terms=terms, factors=_factors(name, catalogue))
        for name in dict.fromkeys(each.name for each in pack.derivations if each.rule != "any")
        if (terms := derivation_terms(name, doses, pack.derivations, at_least=at_least)) is not None
    ]
    return tuple(each for each in (*stored, *worked_out) if _is_told(each, record.about.get("sex_at_birth", "")))


def _is_told(total: Total, sex: str) -> bool:
    """What was recorded by hand always is; what follows for an organ of the other sex (TBI reaches all) is not."""
    by_hand = total.recorded is not None and total.recorded.source == ExposureSource.RECORDED
    return by_hand or concerns(total.name, sex)


def _factors(name: str, catalogue: Catalogue) -> FactorSet | None:
    return next((each for each in catalogue.factor_sets.values() if each.exposure == name and each.is_default), None)


def _last_change(session: Session, survivor: Survivor) -> LastChange | None:
    about = SummaryEdition.content[ABOUT_KEY]
    columns = (SummaryEdition.recorded_at, SummaryEdition.actor, *(about[name].as_string() for name in CONFIRMATION))
    query = sa.select(*columns).where(SummaryEdition.survivor_id == survivor.id)
    rows = session.execute(query.order_by(SummaryEdition.number.desc())).all()
    if not rows:
        return None
    at, actor, *confirmed = rows[0]
    since = 0
    for row in rows[1:]:
        if list(row[2:]) != confirmed:
            break
        since += 1
    return LastChange(at, actor, None if survivor.summary_confirmed_on is None else since)


def _chosen(session: Session, survivor: Survivor, day: date) -> SummaryEdition | None:
    return editions.as_of(session, survivor.id, day, survivor.clinic.tz)


def _before(later: SummaryEdition | None, every: list[SummaryEdition]) -> SummaryEdition | None:
    return None if later is None else next((each for each in every if each.number < later.number), None)


def day_of(edition: SummaryEdition, tz: str) -> date:
    """The day on which an edition was kept, at the clinic."""
    return edition.recorded_at.astimezone(ZoneInfo(tz)).date()
