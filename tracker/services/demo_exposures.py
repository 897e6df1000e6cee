"""Exposures of an invented survivor: those that follow from the treatment, and the totals of charts without courses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from tracker.engine.catalogue import Catalogue
from tracker.engine.given import DerivedExposure
from tracker.engine.partial_dates import as_day, first_day, precision_of
from tracker.engine.rules import Pack
from tracker.models import Certainty, Diagnosis, Survivor
from tracker.services.demo_courses import Draft
from tracker.services.given import derived_from, exposure_columns, given_of
from tracker.services.sections.registry import section
from tracker.services.treatment_rows import ExposureInput


@dataclass(frozen=True)
class Standing:
    """One exposure as its row will hold it."""

    value: Decimal | None
    at_least: Decimal | None
    last_on: date | None
    precision: str


def follows_from(
    birth_date: date, diagnosed: date, treatment: Iterable[Draft], catalogue: Catalogue, pack: Pack
) -> tuple[DerivedExposure, ...]:
    """What the service derives from these entries, without a database."""
    rows: dict[type[Any], list[Any]] = {}
    for each in treatment:
        table: Any = section(each.section).table
        rows.setdefault(table, []).append(table(id=uuid4(), **each.on(diagnosed)))
    given = given_of(
        Survivor(birth_date=birth_date), rows, [Diagnosis(diagnosed_on=diagnosed, diagnosed_precision="day")]
    )
    return derived_from(given, catalogue, pack)


def recorded_facts(names: Iterable[str]) -> tuple[ExposureInput, ...]:
    """Facts about the illness itself, which no treatment tells."""
    return tuple(ExposureInput(name=name, value=Decimal(1)) for name in names)


def recorded_totals(follows: Iterable[DerivedExposure]) -> tuple[ExposureInput, ...]:
    """The totals that a chart holds which does not list the courses: rounded, as such charts do."""
    return tuple(
        ExposureInput(
            name=each.name,
            certainty=Certainty.DOSE_UNKNOWN if each.value is None else Certainty.KNOWN,
            value=None if each.value is None else _rounded(each.value),
            last_on=None if each.last_on is None else as_day(each.last_on),
        )
        for each in follows
    )


def _rounded(value: Decimal) -> Decimal:
    return round(value, 1) if value < 100 else Decimal(round(value))


def standing(follows: Iterable[DerivedExposure], recorded: Iterable[ExposureInput]) -> Mapping[str, Standing]:
    """All of a survivor's exposures by name; what is recorded stands before what follows."""
    found = {}
    for each in follows:
        columns = exposure_columns(each)
        found[each.name] = Standing(
            columns["value"], columns["at_least"], columns["last_on"], columns["last_precision"]
        )
    for total in recorded:
        last_on = None if total.last_on is None else first_day(total.last_on)
        found[total.name] = Standing(total.value, None, last_on, precision_of(total.last_on))
    return found
