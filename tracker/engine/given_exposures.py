"""What follows from everything that was given: the exposures, each with the terms it is made of."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tracker.engine.catalogue import Catalogue
from tracker.engine.conditions import ZERO
from tracker.engine.given import DerivedExposure, ExposureTerm, Given
from tracker.engine.given_amounts import rounded_total
from tracker.engine.given_blood import transfusion_terms
from tracker.engine.given_drugs import drug_terms
from tracker.engine.given_procedures import operation_terms, radionuclide_terms, transplant_terms
from tracker.engine.given_radiation import radiation_terms
from tracker.engine.given_terms import ONE, Terms, is_possible
from tracker.engine.partial_dates import PartialDate

_YES_NO = "1"


def exposures_from(given: Given, catalogue: Catalogue, units: Mapping[str, str]) -> tuple[DerivedExposure, ...]:
    """Every exposure that follows from what was given, in the order of ``units`` (exposure → UCUM unit of the pack).

    Doses are sums in the exposure's own unit, converted only where that is exact (given_amounts). An unknown part
    leaves a dose unknown, at least what is known. A yes-or-no exposure is 1; one that is only possible is 1 as well,
    and ``missing`` says what would settle it: unknown is never no. What does not follow is not in the answer; nor is
    what the pack derives itself (engine.chart), nor a name that ``units`` lacks. The order of the entries changes
    nothing but the order of terms of the same date.

    Source: exposures.csv, column ``derivation``, and the citations there.
    """
    found: dict[str, list[ExposureTerm]] = {}
    for name, term in _all_terms(given, catalogue, units):
        found.setdefault(name, []).append(term)
    return tuple(_exposure(name, units[name], found[name]) for name in units if name in found)


def _all_terms(given: Given, catalogue: Catalogue, units: Mapping[str, str]) -> Terms:
    yield from drug_terms(given, catalogue, units)
    yield from radiation_terms(given, catalogue)
    yield from operation_terms(given, catalogue)
    yield from transplant_terms(given)
    yield from transfusion_terms(given)
    yield from radionuclide_terms(given)


def _exposure(name: str, unit: str, found: list[ExposureTerm]) -> DerivedExposure:
    if unit == _YES_NO:
        terms = _in_order([term for term in found if not is_possible(term)] or found)
        value: Decimal | None = ONE
        at_least = ONE
    else:
        terms = _in_order(found)
        at_least = rounded_total(sum((_certain(term) for term in terms), ZERO))
        value = None if any(term.amount is None for term in terms) else at_least
    return DerivedExposure(
        name=name,
        value=value,
        at_least=at_least,
        unit=unit,
        terms=terms,
        last_on=_latest(term.on for term in terms if term.given_id),
        missing=tuple(dict.fromkeys(code for term in terms for code in term.missing)),
    )


def _certain(term: ExposureTerm) -> Decimal:
    return term.at_least if term.amount is None else term.amount


def _in_order(terms: list[ExposureTerm]) -> tuple[ExposureTerm, ...]:
    """By date, the undated last; otherwise as entered."""
    if len(terms) == 1:
        return (terms[0],)
    return tuple(sorted(terms, key=lambda term: term.on.earliest() if term.on else date.max))


def _latest(days: Iterable[PartialDate | None]) -> PartialDate | None:
    known = [day for day in days if day is not None]
    return max(known, key=lambda day: (day.latest(), day.earliest()), default=None)
