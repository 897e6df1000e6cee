"""The problems of an entry, as the tests of the sections' checks speak of them."""

from datetime import date
from typing import Any
from uuid import uuid4

from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack
from tracker.services.sections import registry
from tracker.services.sections.checks import Surroundings, check_entry
from tracker.services.sections.entries import EntryInput
from tracker.services.treatment_checks import Problem

TODAY, BIRTH = date(2026, 11, 23), date(2007, 3, 5)
TUMOR = uuid4()
AROUND = Surroundings(load_pack(), load_catalogue(), BIRTH, TODAY, frozenset({TUMOR}))
DRUG: dict[str, object] = {"agent": "doxorubicin"}


def found(key: str, values: dict[str, object], *, at: str = "", **entry: Any) -> list[Problem]:
    return check_entry(registry.section(key), EntryInput(values, **entry), AROUND, at=at)


def asked(key: str, **values: object) -> dict[str, str]:
    """The questions of an entry by field; there must be nothing else wrong with it, and confirming must settle it."""
    problems = found(key, values)
    assert all(problem.question for problem in problems), problems
    assert found(key, values, confirmed=True) == []
    return {problem.field: problem.message for problem in problems}


def refused(key: str, **values: object) -> dict[str, str]:
    """What is refused of an entry by field, confirmed or not."""
    problems = found(key, values, confirmed=True)
    assert not any(problem.question for problem in problems)
    return {problem.field: problem.message for problem in problems}
