"""What is unknown about what was given, as questions, and who could answer them."""

from collections.abc import Iterable, Iterator, Mapping

from tracker.engine.catalogue import Catalogue
from tracker.engine.given import DerivedExposure, Given, OpenQuestion
from tracker.engine.given_amounts import MG_M2, UNITS_M2
from tracker.engine.given_blood import SCREENING_YEARS, TREATMENT_LABEL, treatment_date_wanted
from tracker.engine.given_exposures import exposures_from
from tracker.engine.given_procedures import TRANSPLANT_LABEL, sides_unknown
from tracker.engine.given_terms import field_label

_WHO = {
    "dose": "pharmacy",
    "courses": "pharmacy",
    "conversion": "pharmacy",
    "single_dose": "pharmacy",
    "route": "pharmacy",
    "agent": "pharmacy",
    "steroid_weeks": "treating_center",
    "myeloablative": "transplant_center",
    "field_dose": "radiation_oncology",
    "field": "radiation_oncology",
    "reaches_breasts": "radiation_oncology",
    "operation": "operative_record",
    "side": "operative_record",
    "transplant_kind": "transplant_center",
    "sos": "transplant_center",
    "gvhd_activity": "transplant_center",
    "transfusion_count": "blood_bank",
    "no_transfusion_record": "blood_bank",
}
# Who knows a date depends on what it is the date of.
_DATE = "date"
_RADIATION, _TRANSPLANT, _TRANSFUSION, _RADIONUCLIDE = (
    "radiation_oncology", "transplant_center", "blood_bank", "nuclear_medicine",
)  # fmt: skip
_OTHERWISE = "treating_center"
_UNIT_ENDINGS = {"_mg_m2": MG_M2, "_u_m2": UNITS_M2, "_gy": "Gy", "_n": "{count}"}


def open_questions(
    given: Given, catalogue: Catalogue, units: Mapping[str, str] | None = None
) -> tuple[OpenQuestion, ...]:
    """One question for each unknown on which an exposure, or its date, depends, in the order of the entries.

    ``units``: exposure → UCUM unit of the pack; without them, every exposure the catalogue names, in the unit its name
    ends in. A question that another entry has settled (a yes-or-no exposure given for certain) is not asked.
    """
    derived = exposures_from(given, catalogue, units if units is not None else _units_named_by(catalogue))
    who = _who_knows_dates(given)
    found: dict[tuple[str, str], OpenQuestion] = {}
    for each in (*_of_exposures(derived, who), *_of_entries(given, catalogue, who)):
        key = (each.given_id, each.code)
        found[key] = _both(found[key], each) if key in found else each
    places = {given_id: place for place, given_id in enumerate(_ids(given))}
    return tuple(sorted(found.values(), key=lambda each: places.get(each.given_id, len(places))))


def _units_named_by(catalogue: Catalogue) -> dict[str, str]:
    names = [name for agent in catalogue.agents.values() for name in (agent.dose_exposure, *agent.given_exposures)]
    names += [name for each in catalogue.fields.values() for name in (*each.field_exposures, *each.organ_exposures)]
    names += [name for each in catalogue.operations.values() for name in each.exposures]
    return {name: _unit_named_by(name) for name in (*names, *_ALWAYS_ASKED) if name}


def _unit_named_by(name: str) -> str:
    return next((unit for ending, unit in _UNIT_ENDINGS.items() if name.endswith(ending)), "1")


# Exposures that the rules of the derivation name themselves.
_ALWAYS_ASKED = (
    "methotrexate_any", "methotrexate_iv_hd", "cytarabine_iv_hd", "it_chemo", "corticosteroid_prolonged", "any_chemo",
    "carboplatin_myeloablative", "carboplatin_under1y", "tbi_gy", "any_rt_gy", "hsct_any", "cgvhd_active",
    "rbc_transfusions_n", "transfused_before_1972", "transfused_before_1993", "transfused_1977_1985",
    "upper_abdomen_rt_breast",
)  # fmt: skip


def _of_exposures(derived: Iterable[DerivedExposure], who: Mapping[str, str]) -> Iterator[OpenQuestion]:
    for exposure in derived:
        for term in exposure.terms:
            if term.question:
                yield OpenQuestion(
                    given_id=term.given_id,
                    label=term.label,
                    code=term.question,
                    who=_WHO.get(term.question) or who.get(term.given_id, _OTHERWISE),
                    missing=term.missing,
                    exposures=(exposure.name,),
                )


def _of_entries(given: Given, catalogue: Catalogue, who: Mapping[str, str]) -> Iterator[OpenQuestion]:
    """What no exposure shows: a complication nobody asked about, a side, a field, a date from which checks count."""
    yield from _of_radiation(given, catalogue)
    for done in given.operations:
        if done.operation not in catalogue.operations:
            yield _asked(done.id, done.operation, "operation", _WHO["operation"])
    for name, done in sides_unknown(given, catalogue):
        yield _asked(done.id, catalogue.operations[done.operation].label, "side", _WHO["side"], name)
    for transplant in given.transplants:
        if transplant.sos not in ("yes", "no"):
            yield _asked(transplant.id, TRANSPLANT_LABEL, "sos", _WHO["sos"], "sos")
        if transplant.done_on is None:
            yield _asked(transplant.id, TRANSPLANT_LABEL, _DATE, who[transplant.id])
    if treatment_date_wanted(given):
        names = tuple(years.name for years in SCREENING_YEARS if given.birth_date <= years.last)
        yield _asked("", TREATMENT_LABEL, _DATE, _OTHERWISE, *names)


def _of_radiation(given: Given, catalogue: Catalogue) -> Iterator[OpenQuestion]:
    for course in given.radiation:
        label = field_label(course.fields, catalogue)
        if not course.fields or any(code not in catalogue.fields for code in course.fields):
            yield _asked(course.id, label, "field", _WHO["field"])
        if course.started_on is None and course.ended_on is None and course.dose_gy != 0:
            yield _asked(course.id, label, _DATE, _RADIATION)


def _asked(given_id: str, label: str, code: str, who: str, *exposures: str) -> OpenQuestion:
    return OpenQuestion(given_id=given_id, label=label, code=code, who=who, missing=(code,), exposures=exposures)


def _both(first: OpenQuestion, second: OpenQuestion) -> OpenQuestion:
    """One question on which several exposures depend."""
    return OpenQuestion(
        given_id=first.given_id,
        label=first.label,
        code=first.code,
        who=first.who,
        missing=tuple(dict.fromkeys((*first.missing, *second.missing))),
        exposures=tuple(dict.fromkeys((*first.exposures, *second.exposures))),
    )


def _who_knows_dates(given: Given) -> dict[str, str]:
    who = {each.id: _RADIATION for each in given.radiation}
    who |= {each.id: _TRANSPLANT for each in given.transplants}
    who |= {each.id: _TRANSFUSION for each in given.transfusions}
    return who | {each.id: _RADIONUCLIDE for each in given.radionuclides}


def _ids(given: Given) -> list[str]:
    entries = (
        given.drugs, given.radiation, given.operations, given.transplants, given.gvhd, given.transfusions,
        given.radionuclides,
    )  # fmt: skip
    return [each.id for kind in entries for each in kind]
