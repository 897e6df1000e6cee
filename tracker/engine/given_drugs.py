"""Which exposures follow from a medicine that was given: its cumulative dose, and what any dose of it means.

Source: exposures.csv (the limit of 1000 mg/m² at once, the 4 weeks of corticosteroid and the first birthday are
stated there, the first as recalled).
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from tracker.engine.catalogue import Agent, AgentKind, Catalogue
from tracker.engine.given import DrugGiven, ExposureTerm, Given
from tracker.engine.given_amounts import (
    COURSES_UNKNOWN,
    DOSE_UNKNOWN,
    MG_M2,
    NO_CONVERSION,
    course_amount,
    total_amount,
)
from tracker.engine.given_terms import Terms, given_once, possible_once
from tracker.engine.partial_dates import PartialDate
from tracker.engine.schedule import birthday

INTRATHECAL, INTRAVENOUS, UNKNOWN_ROUTE = "it", "iv", ""
HIGH_DOSE_MG_M2 = Decimal(1000)
PROLONGED_WEEKS = 4
_PROLONGED = timedelta(weeks=PROLONGED_WEEKS)
_METHOTREXATE, _CARBOPLATIN = "methotrexate", "carboplatin"
_HIGH_DOSE_EXPOSURES = {_METHOTREXATE: "methotrexate_iv_hd", "cytarabine": "cytarabine_iv_hd"}
# Exposures that one of the rules here decides, so that having been given at all does not.
_DECIDED_HERE = frozenset(
    {
        *_HIGH_DOSE_EXPOSURES.values(),
        "it_chemo",
        "corticosteroid_prolonged",
        "carboplatin_myeloablative",
        "carboplatin_under1y",
    }
)
_DOSE_QUESTIONS = {DOSE_UNKNOWN: "dose", COURSES_UNKNOWN: "courses", NO_CONVERSION: "conversion"}


def drug_terms(given: Given, catalogue: Catalogue, units: Mapping[str, str]) -> Terms:
    """The exposures that each medicine brings, entry by entry. A dose or a number of courses of 0 brings none."""
    for drug in given.drugs:
        if drug.dose == 0 or drug.courses == 0:
            continue
        agent = catalogue.agents.get(drug.agent)
        if agent is None:
            yield possible_once(
                "any_chemo", drug.id, drug.agent, "agent", _given_on(drug), question="agent", missing=("agent",)
            )
            continue
        yield from _cumulative_dose(drug, agent, units)
        yield from _given_at_all(drug, agent)
        yield from _intrathecal(drug, agent)
        yield from _at_once(drug, agent)
        if agent.kind is AgentKind.STEROID:
            yield from _prolonged_steroid(drug, agent)
        if agent.code == _CARBOPLATIN:
            yield from _carboplatin(drug, agent, given)


def _given_on(drug: DrugGiven) -> PartialDate | None:
    return drug.ended_on or drug.started_on


def _cumulative_dose(drug: DrugGiven, agent: Agent, units: Mapping[str, str]) -> Terms:
    """What was given into the spinal fluid is no part of a dose to the whole body."""
    name = agent.dose_exposure
    if not name or name not in units or drug.route == INTRATHECAL:
        return
    total = total_amount(drug, units[name])
    yield (
        name,
        ExposureTerm(
            given_id=drug.id,
            label=agent.name,
            amount=total.value,
            steps=total.steps,
            because=total.because,
            missing=total.missing,
            question=_DOSE_QUESTIONS.get(total.because, ""),
            at_least=total.at_least,
            on=_given_on(drug),
        ),
    )


def _given_at_all(drug: DrugGiven, agent: Agent) -> Terms:
    names = dict.fromkeys(agent.given_exposures)
    if agent.code == _METHOTREXATE:
        names["methotrexate_any"] = None
    for name in names:
        if name not in _DECIDED_HERE:
            yield given_once(name, drug.id, agent.name, "agent", _given_on(drug))


def _intrathecal(drug: DrugGiven, agent: Agent) -> Terms:
    if drug.route == INTRATHECAL:
        yield given_once("it_chemo", drug.id, agent.name, "route", _given_on(drug))
    elif drug.route == UNKNOWN_ROUTE and agent.kind is AgentKind.CYTOTOXIC and INTRATHECAL in agent.routes:
        yield possible_once(
            "it_chemo", drug.id, agent.name, "route", _given_on(drug), question="route", missing=("route",)
        )


def _at_once(drug: DrugGiven, agent: Agent) -> Terms:
    """High doses: by the largest dose at once; where that is unknown a course below the limit rules it out."""
    name = _HIGH_DOSE_EXPOSURES.get(agent.code)
    if name is None or drug.route not in (INTRAVENOUS, UNKNOWN_ROUTE):
        return
    most = course_amount(drug, MG_M2).value if drug.single_dose is None else drug.single_dose
    if most is not None and most < HIGH_DOSE_MG_M2:
        return
    on = _given_on(drug)
    unknown_route = ("route",) if drug.route == UNKNOWN_ROUTE else ()
    if drug.single_dose is None:
        missing = ("single_dose", *unknown_route)
        yield possible_once(name, drug.id, agent.name, "single_dose", on, question="single_dose", missing=missing)
    elif unknown_route:
        yield possible_once(name, drug.id, agent.name, "route", on, question="route", missing=unknown_route)
    else:
        yield given_once(name, drug.id, agent.name, "single_dose", on)


def _prolonged_steroid(drug: DrugGiven, agent: Agent) -> Terms:
    name, on = "corticosteroid_prolonged", _given_on(drug)
    if drug.route == INTRATHECAL:
        return
    if drug.weeks is not None:
        if drug.weeks >= PROLONGED_WEEKS:
            yield given_once(name, drug.id, agent.name, "weeks", on)
    elif not _surely_short(drug):
        yield possible_once(name, drug.id, agent.name, "weeks", on, question="steroid_weeks", missing=("weeks",))


def _surely_short(drug: DrugGiven) -> bool:
    """Less than 4 weeks lie between the first possible day and the last, both counted."""
    if drug.started_on is None or drug.ended_on is None:
        return False
    days = drug.ended_on.latest() - drug.started_on.earliest() + timedelta(days=1)
    return days < _PROLONGED


def _carboplatin(drug: DrugGiven, agent: Agent, given: Given) -> Terms:
    on = _given_on(drug)
    name = "carboplatin_myeloablative"
    if drug.myeloablative:
        yield given_once(name, drug.id, agent.name, "myeloablative", on)
    elif not drug.myeloablative_known and given.transplants:
        wanted = ("myeloablative",)
        yield possible_once(name, drug.id, agent.name, "myeloablative", on, question="myeloablative", missing=wanted)
    name = "carboplatin_under1y"
    under = _before_first_birthday(drug, given)
    if under is True:
        yield given_once(name, drug.id, agent.name, "first_birthday", on)
    elif under is None:
        yield possible_once(name, drug.id, agent.name, "first_birthday", on, question="date", missing=("started_on",))


def _before_first_birthday(drug: DrugGiven, given: Given) -> bool | None:
    """Was the first dose given before the first birthday? None: possible. An end, and the first day of any treatment,
    bound a start that is not known."""
    first_birthday = birthday(given.birth_date, 1)
    latest = drug.started_on or drug.ended_on
    if latest is not None and latest.latest() < first_birthday:
        return True
    earliest = drug.started_on or given.treated_from
    if earliest is not None and earliest.earliest() >= first_birthday:
        return False
    return None
