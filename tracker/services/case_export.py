"""A survivor's facts as a case file: what ``flask plan`` reads, for checks and for support."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.precision import as_partial
from tracker.engine.types import Diagnosis, Facts, Override, Predisposition, Result
from tracker.errors import NotFound
from tracker.models import Survivor
from tracker.policy import Action, Actor, require, visible_survivors
from tracker.services import audit
from tracker.services.facts import load_facts

Json = dict[str, Any]


def to_case(facts: Facts, case_id: str, as_of: date) -> Json:
    """One case object. Reading it gives the same facts again, save that ids of results and decisions are left out.

    A survivor without an end of therapy has none in the file either; such a case is refused by ``flask plan``.
    """
    first, *others = facts.diagnoses or (Diagnosis(name=""),)
    survivor: Json = {"birth_date": _day(facts.birth_date), "sex": facts.sex, **_diagnosis(first)}
    survivor |= _given({"ltfu_entry_on": _day(facts.ltfu_entry_on)})
    if others:
        survivor["other_diagnoses"] = [_diagnosis(each) for each in others]
    return {
        "id": case_id,
        "as_of": as_of.isoformat(),
        "survivor": survivor,
        "exposures": {name: _number(dose) for name, dose in sorted(facts.exposures.items())},
        **({"exposures_at_least": _parts(facts.at_least)} if facts.at_least else {}),
        "exposure_dates": _days(facts.exposure_dates, facts.exposure_precision),
        "events": _days(facts.events, facts.event_precision),
        "results": [_result(each) for each in facts.results],
        "predispositions": [_predisposition(each) for each in facts.predispositions],
        "overrides": [_override(each) for each in facts.overrides],
    }


def export_case(session: Session, mrn: str, *, clinic_id: UUID | None = None, actor: Actor, clock: Clock) -> Json:
    """The case file of the survivor with this record number, as of the clinic's today.

    Raises:
        NotFound: no such number, or several clinics use it and none was named.
    """
    query = visible_survivors(actor).where(Survivor.mrn == mrn)
    if clinic_id is not None:
        query = query.where(Survivor.clinic_id == clinic_id)
    found = list(session.scalars(query.limit(2)))
    if len(found) > 1:
        raise NotFound(f"Several clinics have a record {mrn}. Say which: --clinic NAME")
    if not found:
        raise NotFound(f"No survivor has the record number {mrn}")
    survivor = require(session, actor, Action.VIEW, found[0].id)
    audit.record_access(session, actor, [survivor.id], purpose="case file", at=clock.now())
    return to_case(load_facts(session, survivor), mrn, clock.today(survivor.clinic.tz))


def _diagnosis(each: Diagnosis) -> Json:
    days = {
        "diagnosed_on": each.diagnosed_on,
        "resected_on": each.resected_on,
        "end_of_therapy_on": each.end_of_therapy_on,
    }
    dates = {name: _day(day, each.precision.get(name)) for name, day in days.items()}
    return {"diagnosis": each.name, **_given(dates), **({"tumor": dict(each.tumor)} if each.tumor else {})}


def _result(each: Result) -> Json:
    shown: Json = {"test_code": each.test_code, "on": _day(each.on)}
    if each.status != "final":
        shown["status"] = each.status
    if not each.adequate:
        shown["adequate"] = False
    return shown | ({"claimed": True} if each.claimed else {})


def _override(each: Override) -> Json:
    told = {
        "expires_on": _day(each.expires_on),
        "due_on": _day(each.due_on),
        "interval": each.interval,
        "to": _day(each.to),
    }
    needed = {"test_code": each.test_code, "action": each.action, "decided_on": _day(each.decided_on)}
    return needed | _given(told)


def _predisposition(each: Predisposition) -> Json:
    return {"syndrome": each.syndrome, **each.fields}


def _number(dose: Decimal | None) -> int | float | None:
    if dose is None:
        return None
    # A float of at most four decimals reads back as the very same number.
    return int(dose) if dose == dose.to_integral_value() else float(dose)


def _day(day: date | None, precision: str | None = None) -> str | None:
    return None if day is None else str(as_partial(day, precision))


def _days(days: Mapping[str, date], precision: Mapping[str, str]) -> Json:
    return {name: _day(day, precision.get(name)) for name, day in sorted(days.items())}


def _parts(doses: Mapping[str, Decimal]) -> Json:
    return {name: _number(dose) for name, dose in sorted(doses.items())}


def _given(values: Json) -> Json:
    return {key: value for key, value in values.items() if value is not None}
