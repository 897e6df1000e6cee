"""The language of ``stratum``: `any`, or clauses joined by ` and `."""

import re
from collections.abc import Mapping
from datetime import date

from tests.reference.dates import add_period


def matches(stratum: str, fields: Mapping[str, str], *, birth: date, ages: Mapping[str, date | None]) -> bool:
    """``ages`` names the day on which each age is asked: ``age``, ``age_at_diagnosis``."""
    if stratum == "any":
        return True
    return all(clause_holds(clause, fields, birth, ages) for clause in stratum.split(" and "))


def clause_holds(clause: str, fields: Mapping[str, str], birth: date, ages: Mapping[str, date | None]) -> bool:
    if found := re.fullmatch(r"(age|age_at_diagnosis) (>=|<=|<|>) (P\w+)", clause):
        day = ages.get(found[1])
        return day is not None and age_compares(day, found[2], add_period(birth, found[3]))
    if found := re.fullmatch(r"(\w+) (not in|in) \((.*)\)", clause):
        listed = [value.strip() for value in found[3].split(",")]
        return (fields.get(found[1], "unknown") in listed) == (found[2] == "in")
    if found := re.fullmatch(r"(\w+) (!=|=) (\S+)", clause):
        return (fields.get(found[1], "unknown") == found[3]) == (found[2] == "=")
    raise ValueError(f"cannot read the clause {clause!r}")


def age_compares(day: date, sign: str, reached: date) -> bool:
    """Older than an age from the day it is reached."""
    return {">=": day >= reached, "<": day < reached, ">": day > reached, "<=": day <= reached}[sign]
