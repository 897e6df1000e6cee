"""Which exposures follow from blood products: how many, and whether before donors were screened.

The years are those of the United States (exposures.csv, after NCI PDQ 2025; they differ by country). Treatment in
those years counts as a transfusion unless a record says that none was given: few early records name every one.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker.engine.given import ExposureTerm, Given, TransfusionGiven
from tracker.engine.given_terms import ONE, POSSIBLE, Terms
from tracker.engine.partial_dates import PartialDate

RED_CELLS, NO_PRODUCT = "red_cells", "none"
PRODUCT_LABELS = {
    RED_CELLS: "Red cells",
    "platelets": "Platelets",
    "plasma": "Plasma",
    "other": "Other blood product",
}
TREATMENT_LABEL = "Treatment"


@dataclass(frozen=True, slots=True)
class ScreeningYears:
    """Days on which blood was not yet tested for something: from ``first`` to ``last``, both in."""

    name: str
    code: str
    first: date
    last: date


SCREENING_YEARS = (
    ScreeningYears("transfused_before_1972", "before_1972", date.min, date(1971, 12, 31)),
    ScreeningYears("transfused_before_1993", "before_1993", date.min, date(1992, 12, 31)),
    ScreeningYears("transfused_1977_1985", "1977_1985", date(1977, 1, 1), date(1985, 12, 31)),
)


def transfusion_terms(given: Given) -> Terms:
    """Red-cell transfusions counted, and the years in which blood was, or may have been, given."""
    products = [each for each in given.transfusions if each.product != NO_PRODUCT and each.count != 0]
    for transfusion in products:
        if transfusion.product == RED_CELLS:
            yield "rbc_transfusions_n", _count(transfusion)
    none_recorded = any(each.product == NO_PRODUCT for each in given.transfusions)
    for years in SCREENING_YEARS:
        terms = [term for each in products if (term := _in_years(each, years, given.birth_date)) is not None]
        yield from ((years.name, term) for term in terms)
        if not terms and not none_recorded:
            treated = _treated_in(years, given.treated_from)
            if treated is not None:
                yield years.name, treated


def _given_on(transfusion: TransfusionGiven) -> PartialDate | None:
    return transfusion.ended_on or transfusion.started_on


def _label(transfusion: TransfusionGiven) -> str:
    return PRODUCT_LABELS.get(transfusion.product, transfusion.product)


def _count(transfusion: TransfusionGiven) -> ExposureTerm:
    unknown = transfusion.count is None
    return ExposureTerm(
        given_id=transfusion.id,
        label=_label(transfusion),
        amount=None if transfusion.count is None else Decimal(transfusion.count),
        because="count_unknown" if unknown else "count",
        missing=("count",) if unknown else (),
        question="transfusion_count" if unknown else "",
        on=_given_on(transfusion),
    )


def _in_years(transfusion: TransfusionGiven, years: ScreeningYears, born: date) -> ExposureTerm | None:
    surely = _surely_in(transfusion, years, born)
    if not surely and not _perhaps_in(transfusion, years, born):
        return None
    return ExposureTerm(
        given_id=transfusion.id,
        label=_label(transfusion),
        amount=ONE,
        because=years.code if surely else POSSIBLE + years.code,
        missing=() if surely else ("transfused_on",),
        question="" if surely else "date",
        on=_given_on(transfusion),
    )


def _surely_in(transfusion: TransfusionGiven, years: ScreeningYears, born: date) -> bool:
    """Blood was given on the first day and on the last: one of them lies wholly in these years, or all days do."""
    ends = [day for day in (transfusion.started_on, transfusion.ended_on) if day is not None]
    return any(max(day.earliest(), born) >= years.first and day.latest() <= years.last for day in ends) or (
        _first(transfusion, born) >= years.first and _last(transfusion) <= years.last
    )


def _perhaps_in(transfusion: TransfusionGiven, years: ScreeningYears, born: date) -> bool:
    return _first(transfusion, born) <= years.last and _last(transfusion) >= years.first


def _first(transfusion: TransfusionGiven, born: date) -> date:
    return born if transfusion.started_on is None else max(born, transfusion.started_on.earliest())


def _last(transfusion: TransfusionGiven) -> date:
    """The last day on which it can have been given: an end that is not recorded is the start if there was one
    transfusion, and open if there were, or may have been, more."""
    if transfusion.ended_on is not None:
        return transfusion.ended_on.latest()
    if transfusion.started_on is not None and transfusion.count == 1:
        return transfusion.started_on.latest()
    return date.max


def _treated_in(years: ScreeningYears, first: PartialDate | None) -> ExposureTerm | None:
    """Treatment in these years, where no record says that no blood was given. It has a first day and no last one."""
    if first is None or first.earliest() > years.last:
        return None
    surely = first.earliest() >= years.first and first.latest() <= years.last
    code = "treated_" + years.code
    return ExposureTerm(
        given_id="",
        label=TREATMENT_LABEL,
        amount=ONE,
        because=code if surely else POSSIBLE + code,
        missing=("no_transfusion_record",),
        question="no_transfusion_record",
        on=first,
    )


def treatment_date_wanted(given: Given) -> bool:
    """Does it depend on a first day of treatment that nobody knows whether blood may have been given unscreened?"""
    treated = any((given.drugs, given.radiation, given.operations, given.transplants, given.radionuclides))
    return (
        treated
        and given.treated_from is None
        and given.birth_date <= max(years.last for years in SCREENING_YEARS)
        and not any(each.product == NO_PRODUCT for each in given.transfusions)
    )
