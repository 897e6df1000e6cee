"""What a treatment summary adds up to as it is typed: computed like the stored one, and nothing is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.catalogue import Catalogue
from tracker.engine.given import DerivationTerms, DerivedExposure
from tracker.engine.given_derived import derivation_terms
from tracker.engine.partial_dates import Day, first_day, last_day, precision_of
from tracker.engine.rules import Pack
from tracker.models import Certainty, Diagnosis, Survivor
from tracker.services.given import TABLES, derived_from, given_of
from tracker.services.sections.checks import Surroundings
from tracker.services.treatment_entries import rows_as_entered
from tracker.services.treatment_inputs import DiagnosisInput, ExposureInput, SummaryInput
from tracker.services.treatment_resections import Removal, removed_on, with_removals


@dataclass(frozen=True)
class Sums:
    """What follows. ``given``: from the courses. ``recorded``: totals that somebody recorded and that stand in place
    of a sum, by name. ``worked_out``: what the pack makes of both, by name, in its own order. ``diagnoses``: as they
    would be stored. ``removals``: days of removal that follow from operations. ``differing``: those that the operations
    would say where another day was entered."""

    given: tuple[DerivedExposure, ...] = ()
    recorded: Mapping[str, ExposureInput] = field(default_factory=dict)
    worked_out: tuple[tuple[str, DerivationTerms], ...] = ()
    diagnoses: tuple[DiagnosisInput, ...] = ()
    removals: tuple[Removal, ...] = ()
    differing: tuple[Removal, ...] = ()


def sums_of(
    session: Session, survivor: Survivor, entered: SummaryInput, standing: SummaryInput, surroundings: Surroundings
) -> Sums:
    """What the rows as entered add up to, together with what stands in the parts of the record that they leave alone.

    A row that cannot be right counts for nothing yet. The caller has authorised.
    """
    rows = {table: _stored(session, table, survivor) for table in TABLES}
    rows |= rows_as_entered(entered.entries, standing.entries, surroundings)
    diagnoses = [_diagnosis(each) for each in entered.diagnoses]
    follows = derived_from(given_of(survivor, rows, diagnoses), surroundings.catalogue, surroundings.pack)
    recorded = {each.name: each for each in entered.exposures if each.certainty != Certainty.DATE_ONLY}
    sums = worked_out(follows, recorded.values(), surroundings.pack)
    filled, removals = with_removals(entered, standing, surroundings.catalogue)
    return Sums(
        follows, recorded, sums, filled.diagnoses, removals, _differing(entered, standing, surroundings.catalogue)
    )


def _differing(entered: SummaryInput, standing: SummaryInput, catalogue: Catalogue) -> tuple[Removal, ...]:
    """Where the day of removal that was entered cannot be that of the newest resection."""
    found = ((each, removed_on(entered, place, standing, catalogue)) for place, each in enumerate(entered.diagnoses))
    return tuple(
        Removal(each.name, on)
        for each, on in found
        if on is not None and each.resected_on is not None and not _can_be_same(each.resected_on, on)
    )


def _can_be_same(one: Day, other: Day) -> bool:
    return first_day(one) <= last_day(other) and first_day(other) <= last_day(one)


def worked_out(
    follows: Iterable[DerivedExposure], recorded: Iterable[ExposureInput], pack: Pack
) -> tuple[tuple[str, DerivationTerms], ...]:
    """The pack's own sums and maxima of these exposures; a recorded total wins over a sum."""
    sums = tuple(follows)
    doses: dict[str, Decimal | None] = {each.name: each.value for each in sums}
    doses |= {each.name: each.value for each in recorded}
    certain = {each.name: each.at_least for each in sums if each.value is None and doses[each.name] is None}
    names = dict.fromkeys(each.name for each in pack.derivations if each.rule != "any")
    found = ((name, derivation_terms(name, doses, pack.derivations, at_least=certain)) for name in names)
    return tuple((name, terms) for name, terms in found if terms is not None)


def _stored(session: Session, table: type[Any], survivor: Survivor) -> list[Any]:
    return list(session.scalars(sa.select(table).where(table.survivor_id == survivor.id)))


def _diagnosis(each: DiagnosisInput) -> Diagnosis:
    on = each.diagnosed_on
    return Diagnosis(
        name=each.name,
        diagnosed_on=None if on is None else first_day(on),
        diagnosed_precision=precision_of(on),
    )
