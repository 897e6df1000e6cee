"""Case files: what is known of one survivor, as JSON, read into facts or refused with the key at fault."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker.engine.partial_dates import Day, first_day, precision_of
from tracker.engine.rules import Pack
from tracker.engine.types import Diagnosis, Facts, Override, Predisposition, Result
from tracker.errors import CaseError
from tracker.guidelines.case_reader import read_cases
from tracker.guidelines.case_values import (
    Entry,
    as_dose,
    as_entry,
    as_known_day,
    below,
    choice_at,
    date_at,
    day_at,
    entry_at,
    list_at,
    optional_date,
    optional_day,
    optional_period,
    optional_text,
    perhaps,
    required,
    text_at,
    truth_at,
)

__all__ = ["Case", "parse_case", "read_cases"]

SEXES = ("female", "male", "unknown")
STATUSES = (
    "final", "amended", "corrected", "appended", "preliminary", "partial", "registered",
    "cancelled", "entered-in-error", "unknown",
)  # fmt: skip
ACTION_NEEDS = {"add": "due_on", "set_interval": "interval", "defer": "to", "stop": None}
# Some rules ask for "the transplant's date", whichever kind it was.
DATE_GROUPS = frozenset({"hsct"})
# These follow from the birth date and the survivor's being here: what a file says of them changes nothing.
COMPUTED_EXPOSURES = frozenset({"any_cancer", "age_y", "ltfu_entry_age_y"})
CASE_KEYS = frozenset(
    {
        *("id", "as_of", "survivor", "exposures", "exposures_at_least", "exposure_dates"),
        *("events", "results", "overrides", "predispositions"),
    }
)
DIAGNOSIS_DATES = ("diagnosed_on", "resected_on", "end_of_therapy_on")
DIAGNOSIS_KEYS = frozenset({"diagnosis", "diagnosed_on", "resected_on", "end_of_therapy_on", "tumor"})
SURVIVOR_KEYS = DIAGNOSIS_KEYS | {"birth_date", "sex", "ltfu_entry_on", "other_diagnoses"}
RESULT_KEYS = frozenset({"id", "test_code", "on", "status", "adequate", "claimed"})
OVERRIDE_KEYS = frozenset({"id", "test_code", "action", "decided_on", "expires_on", "due_on", "interval", "to"})


@dataclass(frozen=True, slots=True)
class Case:
    """One survivor's facts, the day asked about, and the object they were read from."""

    id: str
    as_of: date
    facts: Facts
    raw: Mapping[str, object]


def parse_case(raw: Mapping[str, object], pack: Pack, *, as_of: date | None = None) -> Case:
    """Read one case object. ``as_of`` replaces the day the case itself asks about.

    A null is the same as a key left out, save for a dose (given, amount unknown) and an event (it needs its day).

    Raises:
        CaseError: the message begins with the key at fault (``results[3].test_code``) and says why.
    """
    case = as_entry(raw, "", CASE_KEYS)
    case_id = text_at(case, "id", "")
    own_day = optional_date(case, "as_of", "")
    on = as_of or own_day
    if on is None:
        raise CaseError("as_of: is missing. Give the day to plan for")
    facts = _facts(case, pack)
    if on < facts.birth_date:
        raise CaseError("as_of: is before survivor.birth_date. One of the two dates is wrong")
    return Case(case_id, on, facts, raw)


def _facts(case: Entry, pack: Pack) -> Facts:
    survivor = as_entry(required(case, "survivor", ""), "survivor", SURVIVOR_KEYS)
    day_at(survivor, "end_of_therapy_on", "survivor")  # the survivor's own entry must have it
    exposures, exposure_days, event_days = _exposures(case, pack), _exposure_days(case, pack), _event_days(case, pack)
    return Facts(
        birth_date=date_at(survivor, "birth_date", "survivor"),
        sex=choice_at(survivor, "sex", "survivor", SEXES),
        diagnoses=(
            _diagnosis(survivor, "survivor"),
            *(
                _diagnosis(as_entry(other, path, DIAGNOSIS_KEYS), path)
                for other, path in list_at(survivor, "other_diagnoses", "survivor")
            ),
        ),
        ltfu_entry_on=optional_date(survivor, "ltfu_entry_on", "survivor"),
        exposures=exposures,
        at_least=_at_least(case, exposures),
        exposure_dates=_first_days(exposure_days),
        exposure_precision=_precisions(exposure_days),
        events=_first_days(event_days),
        event_precision=_precisions(event_days),
        predispositions=tuple(_predisposition(item, path) for item, path in list_at(case, "predispositions", "")),
        results=tuple(_result(item, path, pack) for item, path in list_at(case, "results", "")),
        overrides=tuple(_override(item, path, pack) for item, path in list_at(case, "overrides", "")),
    )


def _diagnosis(entry: Entry, path: str) -> Diagnosis:
    read = {key: optional_day(entry, key, path) for key in DIAGNOSIS_DATES}
    days = {key: day for key, day in read.items() if day is not None}
    return Diagnosis(
        name=text_at(entry, "diagnosis", path),
        tumor=_stratum_fields(entry_at(entry, "tumor", path), below(path, "tumor")),
        precision=_precisions(days),
        **_first_days(days),
    )


def _first_days(days: Mapping[str, Day]) -> dict[str, date]:
    return {name: first_day(day) for name, day in days.items()}


def _precisions(days: Mapping[str, Day]) -> dict[str, str]:
    """Of the dates known in part, how much is known."""
    return {name: known for name, day in days.items() if (known := precision_of(day)) != "day"}


def _predisposition(value: object, path: str) -> Predisposition:
    entry = as_entry(value, path)
    fields = {key: value for key, value in entry.items() if key != "syndrome"}
    return Predisposition(text_at(entry, "syndrome", path), _stratum_fields(fields, path))


def _stratum_fields(entry: Entry, path: str) -> dict[str, str]:
    return {key: text_at(entry, key, path) for key, value in entry.items() if value is not None}


def _result(value: object, path: str, pack: Pack) -> Result:
    entry = as_entry(value, path, RESULT_KEYS)
    return Result(
        test_code=_test_code(entry, path, pack),
        on=date_at(entry, "on", path),
        status="final" if entry.get("status") is None else choice_at(entry, "status", path, STATUSES),
        adequate=truth_at(entry, "adequate", path, absent=True),
        claimed=truth_at(entry, "claimed", path, absent=False),
        id=optional_text(entry, "id", path),
    )


def _override(value: object, path: str, pack: Pack) -> Override:
    entry = as_entry(value, path, OVERRIDE_KEYS)
    action = choice_at(entry, "action", path, ACTION_NEEDS)
    needed = ACTION_NEEDS[action]
    if needed is not None and entry.get(needed) is None:
        raise CaseError(f"{below(path, needed)}: is missing. The action {action} needs it")
    return Override(
        test_code=_test_code(entry, path, pack),
        action=action,
        decided_on=date_at(entry, "decided_on", path),
        expires_on=optional_date(entry, "expires_on", path),
        due_on=optional_date(entry, "due_on", path),
        interval=optional_period(entry, "interval", path),
        to=optional_date(entry, "to", path),
        id=optional_text(entry, "id", path),
    )


def _exposures(case: Entry, pack: Pack) -> dict[str, Decimal | None]:
    doses: dict[str, Decimal | None] = {}
    for name, value in entry_at(case, "exposures", "").items():
        if name not in pack.exposures:
            raise CaseError(f"exposures.{name}: no exposure has this name{perhaps(name, pack.exposures)}")
        dose = as_dose(value, f"exposures.{name}")
        if name not in COMPUTED_EXPOSURES:
            doses[name] = dose
    return doses


def _at_least(case: Entry, exposures: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    """The known part of doses of which the rest is unknown."""
    known: dict[str, Decimal] = {}
    for name, value in entry_at(case, "exposures_at_least", "").items():
        path = f"exposures_at_least.{name}"
        if name not in exposures or exposures[name] is not None:
            raise CaseError(f"{path}: only a dose that is null under exposures has a known part")
        part = as_dose(value, path)
        if part is not None:
            known[name] = part
    return known


def _exposure_days(case: Entry, pack: Pack) -> dict[str, Day]:
    given = entry_at(case, "exposure_dates", "")
    known = DATE_GROUPS.union(info.stem for info in pack.exposures.values()) if given else DATE_GROUPS
    dates: dict[str, Day] = {}
    for name, value in given.items():
        if name not in known:
            with_unit = pack.exposures.get(name)
            hint = f". Leave out the unit: {with_unit.stem}" if with_unit else perhaps(name, known)
            raise CaseError(f"exposure_dates.{name}: no exposure's date has this name{hint}")
        if value is not None:
            dates[name] = as_known_day(value, f"exposure_dates.{name}")
    return dates


def _event_days(case: Entry, pack: Pack) -> dict[str, Day]:
    events: dict[str, Day] = {}
    for name, value in entry_at(case, "events", "").items():
        if name not in pack.events:
            raise CaseError(f"events.{name}: no event has this name{perhaps(name, pack.events)}")
        events[name] = as_known_day(value, f"events.{name}")
    return events


def _test_code(entry: Entry, path: str, pack: Pack) -> str:
    code = text_at(entry, "test_code", path)
    if code not in pack.tests:
        raise CaseError(f"{below(path, 'test_code')}: no test has the code {code!r}{perhaps(code, pack.tests)}")
    return code
