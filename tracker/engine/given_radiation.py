"""Which exposures follow from radiation: doses to fields, to the organs in them, and to the whole body.

A course counts once for an exposure however many of its fields name it; courses add up. Field doses leave out total
body irradiation; an organ's dose is what every field that covers it gave, and total body irradiation with it.
Source: exposures.csv. Organs that only total body irradiation reached are left to the pack's own derivation.

Whether an upper abdominal field reaches the breasts only radiation oncology can tell (exposures.csv: "set by radiation
oncology review"). No rule of the pack says until what age, so that it is asked whatever the age.
"""

from collections.abc import Iterable
from decimal import Decimal

from tracker.engine.catalogue import Catalogue
from tracker.engine.conditions import ZERO
from tracker.engine.given import ExposureTerm, Given, RadiationGiven
from tracker.engine.given_amounts import DOSE_UNKNOWN
from tracker.engine.given_terms import Named, Terms, field_label, given_once, possible_once
from tracker.engine.partial_dates import PartialDate

TBI_FIELD, TBI, ANY_SITE = "tbi", "tbi_gy", "any_rt_gy"
UPPER_ABDOMEN, REACHES_BREASTS = "upper_abdomen_rt_breast", "reaches_breasts"
_ABDOMEN, _LUNG, _BREAST = "abdomen_rt_gy", "lung_rt_gy", "breast_rt_gy"
_OUTSIDE_FIELD_DOSES = frozenset({TBI, ANY_SITE})
_DOSE_ENDING = "_gy"


def radiation_terms(given: Given, catalogue: Catalogue) -> Terms:
    """The exposures that all courses bring, in gray. A dose of 0 brings none."""
    courses = [course for course in given.radiation if course.dose_gy != 0]
    found = [named for course in courses for named in _of_course(course, catalogue)]
    found += _tbi_to_organs(found, catalogue)
    yield from found
    yield from _any_site(courses, found, catalogue)


def is_tbi(code: str, catalogue: Catalogue) -> bool:
    """Is the field the whole body?"""
    known = catalogue.fields.get(code)
    return code == TBI_FIELD or (known is not None and TBI in known.field_exposures)


def _given_on(course: RadiationGiven) -> PartialDate | None:
    return course.ended_on or course.started_on


def _term(course: RadiationGiven, label: str, dose_gy: Decimal | None, because: str) -> ExposureTerm:
    unknown = dose_gy is None
    return ExposureTerm(
        given_id=course.id,
        label=label,
        amount=dose_gy,
        because=DOSE_UNKNOWN if unknown else because,
        missing=("dose_gy",) if unknown else (),
        question="field_dose" if unknown else "",
        on=_given_on(course),
    )


def _of_course(course: RadiationGiven, catalogue: Catalogue) -> Terms:
    tbi = tuple(code for code in course.fields if is_tbi(code, catalogue))
    fields = tuple(code for code in course.fields if code not in tbi)
    if tbi:
        yield TBI, _term(course, field_label(tbi, catalogue), course.dose_gy, "field")
    label = field_label(fields or tbi, catalogue)
    for name in dict.fromkeys(name for code in fields for name in _field_exposures(code, catalogue)):
        yield _reached(name, course, label, None)
    for name, measured in _organs(course, fields, catalogue).items():
        yield _reached(name, course, label, measured)
    yield from _perhaps_breasts(course, catalogue)


def _reached(name: str, course: RadiationGiven, label: str, measured: Decimal | None) -> Named:
    """A dose to a field or an organ; or that a place was in the field, where that is all the exposure asks."""
    if not name.endswith(_DOSE_ENDING):
        return given_once(name, course.id, label, "field", _given_on(course))
    if measured is None:
        return name, _term(course, label, course.dose_gy, "field")
    return name, _term(course, label, measured, "measured")


def _perhaps_breasts(course: RadiationGiven, catalogue: Catalogue) -> Terms:
    """An abdominal field that takes in the lower lungs may reach the breasts; nothing where a breast dose is listed."""
    known = [catalogue.fields[code] for code in course.fields if code in catalogue.fields]
    if _BREAST in (course.organs or ()) or any(_BREAST in each.organ_exposures for each in known):
        return
    upper = tuple(each.code for each in known if _ABDOMEN in each.field_exposures and _LUNG in each.organ_exposures)
    if upper:
        label, wanted = field_label(upper, catalogue), REACHES_BREASTS
        yield possible_once(
            UPPER_ABDOMEN, course.id, label, wanted, _given_on(course), question=wanted, missing=(wanted,)
        )


def _field_exposures(code: str, catalogue: Catalogue) -> list[str]:
    known = catalogue.fields.get(code)
    return [name for name in known.field_exposures if name not in _OUTSIDE_FIELD_DOSES] if known else []


def _organs(course: RadiationGiven, fields: tuple[str, ...], catalogue: Catalogue) -> dict[str, Decimal | None]:
    """Organ exposures with the mean measured, None where the prescribed dose counts. Of total body irradiation only
    what was measured (a shielded lung): the whole body is in it, whatever is listed."""
    if course.organs is None:
        known = [catalogue.fields[code] for code in fields if code in catalogue.fields]
        return dict.fromkeys(name for each in known for name in each.organ_exposures)
    return {name: dose for name, dose in course.organs.items() if fields or dose is not None}


def _tbi_to_organs(found: list[Named], catalogue: Catalogue) -> list[Named]:
    """Total body irradiation on top of what another course gave to an organ."""
    everywhere = [term for name, term in found if name == TBI]
    if not everywhere:
        return []
    no_organs = {name for each in catalogue.fields.values() for name in each.field_exposures} | _OUTSIDE_FIELD_DOSES
    reached: dict[str, set[str]] = {}
    for name, term in found:
        if name.endswith(_DOSE_ENDING) and name not in no_organs:
            reached.setdefault(name, set()).add(term.given_id)
    return [(name, term) for name, ids in reached.items() for term in everywhere if term.given_id not in ids]


def _any_site(courses: Iterable[RadiationGiven], found: list[Named], catalogue: Catalogue) -> Terms:
    """The largest dose to any site, where a course reached one that has no field dose of its own (a limb, or fields
    that nobody recorded); otherwise the pack derives it from the others."""
    others = _sites_without_a_name(courses, catalogue)
    if not others:
        return
    sites: dict[str, list[ExposureTerm]] = {}
    for name, term in found:
        if name.endswith(_DOSE_ENDING):
            sites.setdefault(name, []).append(term)
    every = [*others.values(), *sites.values()]
    largest = max(every, key=_certain)
    unknown = {term.given_id: term for terms in every for term in terms if term.amount is None}
    # A course of which an organ was measured may still have given more elsewhere: its own dose stays unknown.
    counted = {term.given_id for term in largest if term.amount is None}
    yield from ((ANY_SITE, term) for term in largest)
    yield from ((ANY_SITE, term) for given_id, term in unknown.items() if given_id not in counted)


def _sites_without_a_name(
    courses: Iterable[RadiationGiven], catalogue: Catalogue
) -> dict[tuple[str, str], list[ExposureTerm]]:
    """Terms by field that fills no field dose; a course without any field is a site of its own."""
    sites: dict[tuple[str, str], list[ExposureTerm]] = {}
    for course in courses:
        if not course.fields:
            sites["course", course.id] = [_term(course, "", course.dose_gy, "field")]
        for code in dict.fromkeys(course.fields):
            if not is_tbi(code, catalogue) and not _field_exposures(code, catalogue):
                term = _term(course, field_label((code,), catalogue), course.dose_gy, "field")
                sites.setdefault(("field", code), []).append(term)
    return sites


def _certain(terms: list[ExposureTerm]) -> Decimal:
    return sum((term.amount for term in terms if term.amount is not None), ZERO)
