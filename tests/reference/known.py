"""What a case file says of one survivor, read key by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tests.reference.dates import add_months, age_on
from tests.reference.predicates import NOTHING, Amount, compare
from tests.reference.tables import Derivation, Tables

GIVEN = Amount(Decimal(1))
COUNTING_STATUSES = ("final", "amended", "corrected")


@dataclass(frozen=True)
class Entry:
    """One primary or relapse."""

    diagnosis: str
    diagnosed_on: date | None
    resected_on: date | None
    end_of_therapy_on: date | None
    tumor: Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """The survivor, on the day asked about. ``results`` are those that count: (code, day)."""

    on: date
    birth: date
    sex: str
    entries: tuple[Entry, ...]
    end_of_therapy: date
    ltfu_entry: date
    amounts: Mapping[str, Amount]
    exposure_dates: Mapping[str, date]
    events: Mapping[str, date]
    results: tuple[tuple[str, date], ...]
    overrides: tuple[Mapping[str, str], ...]
    predispositions: tuple[Mapping[str, str], ...]

    def base(self, test_code: str, tables: Tables, *, since: date = date.min) -> date | None:
        """ "The newest result whose code is the test's or satisfies it"."""
        codes = tables.codes_for(test_code)
        return max((day for code, day in self.results if code in codes and day >= since), default=None)


def day_of(said: Mapping[str, Any], key: str) -> date | None:
    return date.fromisoformat(said[key]) if said.get(key) else None


def read_entry(said: Mapping[str, Any]) -> Entry:
    tumor = {field: value for field, value in (said.get("tumor") or {}).items() if value is not None}
    return Entry(
        said["diagnosis"],
        day_of(said, "diagnosed_on"),
        day_of(said, "resected_on"),
        day_of(said, "end_of_therapy_on"),
        tumor,
    )


def counts(result: Mapping[str, Any], on: date) -> bool:
    """ "Final, amended or corrected (absent: final), adequate, not merely claimed, and not dated after the day"."""
    return (
        result.get("status", "final") in COUNTING_STATUSES
        and result.get("adequate", True)
        and not result.get("claimed", False)
        and date.fromisoformat(result["on"]) <= on
    )


def read_amount(dose: float | None, at_least: float = 0) -> Amount:
    """Through its decimal writing, so that 29.9 is 29.9. ``null`` is "given, dose unknown", at least its known part."""
    return Amount(Decimal(str(at_least)), known=False) if dose is None else Amount(Decimal(str(dose)))


def derive(derivation: Derivation, amounts: Mapping[str, Amount]) -> Amount:
    parts = [(amounts.get(name, NOTHING), factor) for name, factor in derivation.inputs]
    if derivation.rule == "any":
        return GIVEN if any(compare(part, ">", Decimal(0)) for part, _ in parts) else NOTHING
    doses = [part.at_least * factor for part, factor in parts]
    total = sum(doses, Decimal(0)) if derivation.rule == "sum" else max(doses)
    return Amount(total, known=all(part.known for part, _ in parts))


def read_amounts(case: Mapping[str, Any], tables: Tables) -> dict[str, Amount]:
    """As recorded, then what follows, "in the file's order"; "a recorded value always wins"."""
    known_parts = case.get("at_least", {})
    amounts = {name: read_amount(dose, known_parts.get(name, 0)) for name, dose in case.get("exposures", {}).items()}
    amounts["any_cancer"] = GIVEN
    amounts["predispositions"] = GIVEN if case.get("predispositions") else NOTHING
    for derivation in tables.derivations:
        if derivation.name not in amounts:
            amounts[derivation.name] = derive(derivation, amounts)
    return amounts


def read_case(case: Mapping[str, Any], tables: Tables, on: date | None = None) -> Known:
    """The case on its own day, or on another."""
    survivor = case["survivor"]
    asked = on or date.fromisoformat(case["as_of"])
    birth = date.fromisoformat(survivor["birth_date"])
    entries = tuple(read_entry(said) for said in [survivor, *survivor.get("other_diagnoses", [])])
    # "Everything else uses the newest end of therapy of all."
    end = max(entry.end_of_therapy_on for entry in entries if entry.end_of_therapy_on)
    # "ltfu_entry (as recorded, else end of therapy + 2 years)"
    ltfu_entry = day_of(survivor, "ltfu_entry_on") or add_months(end, 24)
    amounts = read_amounts(case, tables)
    amounts["ltfu_entry_age_y"] = Amount(Decimal(age_on(birth, ltfu_entry)))
    return Known(
        on=asked,
        birth=birth,
        sex=survivor["sex"],
        entries=entries,
        end_of_therapy=end,
        ltfu_entry=ltfu_entry,
        amounts=amounts,
        exposure_dates={name: date.fromisoformat(day) for name, day in case.get("exposure_dates", {}).items()},
        events={name: date.fromisoformat(day) for name, day in case.get("events", {}).items()},
        results=tuple(
            (result["test_code"], date.fromisoformat(result["on"]))
            for result in case.get("results", [])
            if counts(result, asked)
        ),
        overrides=tuple(case.get("overrides", [])),
        predispositions=tuple(case.get("predispositions", [])),
    )
