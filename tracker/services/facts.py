"""What the database knows of one survivor, as the engine's facts: a fixed number of queries, whatever the history."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from uuid import UUID

from sqlalchemy.orm import Session

from tracker.engine import types as engine
from tracker.engine.making import quickly
from tracker.models import Certainty, Survivor
from tracker.models.treatment import SYNDROME_FIELDS, TUMOR_FIELDS
from tracker.services.raw_rows import Recorded, Row, read_these

make_facts, make_diagnosis, make_result = quickly(engine.Facts), quickly(engine.Diagnosis), quickly(engine.Result)
DIAGNOSIS_DATES = ("diagnosed_on", "resected_on", "end_of_therapy_on")
UNIT_ENDINGS = ("_mg_m2", "_u_m2", "_gy", "_n")
WHOLE = "day"


@lru_cache(maxsize=1024)
def date_key(exposure: str) -> str:
    """The name by which an exposure's last day is known: without its unit ending."""
    for ending in UNIT_ENDINGS:
        if exposure.endswith(ending):
            return exposure.removesuffix(ending)
    return exposure


def load_facts(session: Session, survivor: Survivor) -> engine.Facts:
    """Everything the engine may ask about this survivor, superseded results and withdrawn decisions left out."""
    return facts_of(load_recorded(session, [survivor.id])[survivor.id])


def load_recorded(session: Session, survivor_ids: Sequence[UUID]) -> dict[UUID, Recorded]:
    """The rows of many survivors, in as many statements as for one."""
    if session.autoflush:
        session.flush()
    return read_these(session.connection(), survivor_ids)


def facts_of(recorded: Recorded) -> engine.Facts:
    """The facts that the rows of a survivor say.

    Raises:
        ValueError: a date in a row is none.
    """
    person = recorded.person
    exposures, at_least, last_days, last_known = _exposures(recorded.exposures)
    events = {name: _date(on) for _, name, on, _ in recorded.events}
    return make_facts(
        birth_date=_date(person.birth_date),
        sex=person.sex_at_birth,
        diagnoses=tuple(_diagnosis(row) for row in recorded.diagnoses),
        ltfu_entry_on=_day(person.ltfu_entry_on),
        exposures=exposures,
        exposure_dates=last_days,
        events=events,
        predispositions=tuple(_predisposition(row) for row in recorded.predispositions),
        results=tuple(_result(row) for row in sorted(recorded.results, key=IN_TIME)),
        overrides=tuple(_override(row) for row in recorded.overrides),
        at_least=at_least,
        exposure_precision=last_known,
        event_precision=_partly_known((name, known_to) for _, name, _, known_to in recorded.events),
    )


# The engine reads results in the order of their days; they are read from the table in that of their tests.
IN_TIME = itemgetter(2, 3, 4)
Doses = dict[str, Decimal | None]
KnownParts = dict[str, Decimal]
Days = dict[str, date]
Precision = dict[str, str]


def _exposures(rows: Sequence[Row]) -> tuple[Doses, KnownParts, Days, Precision]:
    doses: Doses = {}
    parts: KnownParts = {}
    days: Days = {}
    known: list[tuple[str, str]] = []
    for _, name, certainty, value, last_on, last_known_to, at_least in rows:
        if certainty != Certainty.DATE_ONLY:
            doses[name] = _amount(value)
        part = _amount(at_least) if certainty == Certainty.DOSE_UNKNOWN else None
        if part is not None:
            parts[name] = part
        if last_on is not None:
            days[date_key(name)] = _date(last_on)
            known.append((date_key(name), last_known_to))
    return doses, parts, days, _partly_known(known)


def _diagnosis(row: Row) -> engine.Diagnosis:
    _, name, *rest = row
    dates, known_to, tumor = rest[:3], rest[3:6], rest[6:]
    recorded = ((each, to) for each, to, day in zip(DIAGNOSIS_DATES, known_to, dates, strict=True) if day is not None)
    diagnosed_on, resected_on, end_of_therapy_on = map(_day, dates)
    fields, precision = _fields(TUMOR_FIELDS, tumor), _partly_known(recorded)
    return make_diagnosis(name, diagnosed_on, resected_on, end_of_therapy_on, fields, precision)


def _predisposition(row: Row) -> engine.Predisposition:
    return engine.Predisposition(row[1], _fields(SYNDROME_FIELDS, row[2:]))


def _fields(names: Sequence[str], values: Sequence[str | None]) -> dict[str, str]:
    """The stratum fields that are recorded, as the guideline's tables name them."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _partly_known(precision: Iterable[tuple[str, str]]) -> Precision:
    """Only what is known to less than the day: the engine takes whole dates for granted."""
    return {name: known_to for name, known_to in precision if known_to != WHOLE}


def _result(row: Row) -> engine.Result:
    _, test_code, on, _, result_id, status, adequate, claimed = row
    return make_result(test_code, _date(on), status, bool(adequate), bool(claimed), dashed(result_id))


def _override(row: Row) -> engine.Override:
    _, test_code, action, decided_on, expires_on, due_on, repeat_every, defer_to, override_id = row
    days = _date(decided_on), _day(expires_on), _day(due_on)
    return engine.Override(test_code, action, *days, repeat_every, _day(defer_to), dashed(override_id))


def dashed(row_id: str) -> str:
    """An id as people and reasons write it, however the driver gives it."""
    if len(row_id) != 32:
        return row_id
    return f"{row_id[:8]}-{row_id[8:12]}-{row_id[12:16]}-{row_id[16:20]}-{row_id[20:]}"


# Days and doses come again and again: read once they cost a third.
_date = lru_cache(maxsize=8192)(date.fromisoformat)


def _day(told: str | None) -> date | None:
    return None if told is None else _date(told)


def _amount(told: str | float | None) -> Decimal | None:
    """As the column keeps it, with four decimals: SQLite gives a number, PostgreSQL text."""
    return None if told is None else _decimal(told if isinstance(told, str) else f"{told:.4f}")


_decimal = lru_cache(maxsize=4096)(Decimal)
