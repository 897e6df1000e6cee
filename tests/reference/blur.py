"""Survivors of whose dates some are known to the month or year only, and of whose unknown doses a part."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.reference.ends import Written, partly_written, with_dates, written_dates
from tests.reference.survivors import random_case
from tracker.engine.rules import Pack
from tracker.engine.types import Facts
from tracker.guidelines.cases import Case, parse_case

Json = dict[str, Any]
PRECISIONS = {len("2019"): "year", len("2019-03"): "month"}
PARTS = (0.5, 10, 99.9, 100, 250, 300)


def blurred_case(seed: int) -> Json:
    """An invented survivor with at least one date cut to the month or year; the same for a seed."""
    case, random = random_case(seed), Random(seed)
    dates = list(written_dates(case))
    share = random.choice((0.15, 0.4, 0.8))
    chosen = [each for each in dates if random.random() < share] or [random.choice(dates)]
    return with_dates(case, {each: each.text[: random.choice(list(PRECISIONS))] for each in chosen})


def with_known_parts(case: Json, random: Random) -> Json:
    """Some unknown doses are known to have been so much at least."""
    unknown = [name for name, dose in case["exposures"].items() if dose is None]
    return case | {"at_least": {name: random.choice(PARTS) for name in unknown if random.random() < 0.8}}


def some_day_within(case: Json, random: Random) -> Json:
    """The case as it may have been: each partly known date on some day of its month or year."""
    birth = date.fromisoformat(case["survivor"]["birth_date"])
    days = {each: _some_day(each, birth, random).isoformat() for each in partly_written(case)}
    return with_dates(case, days)


def _some_day(each: Written, birth: date, random: Random) -> date:
    first = each.first(birth)
    return first + timedelta(days=random.randint(0, (each.last() - first).days))


def read_partly_known(case: Json, pack: Pack) -> Case:
    """The case with facts as they are stored: the first day of each date, its precision beside it."""
    days = {each: each.filled.isoformat() for each in partly_written(case)}
    whole = {key: value for key, value in with_dates(case, days).items() if key != "at_least"}
    read = parse_case(whole, pack)
    parts = {name: Decimal(str(part)) for name, part in case.get("at_least", {}).items()}
    return replace(read, facts=replace(with_precision(read.facts, case), at_least=parts), raw=case)


def with_precision(facts: Facts, case: Json) -> Facts:
    """The facts, each date with what the case knows of it."""
    known = {each.path: PRECISIONS[len(each.text)] for each in partly_written(case)}
    places: list[tuple[str | int, ...]] = [("survivor",)]
    places += [("survivor", "other_diagnoses", place) for place in range(len(facts.diagnoses) - 1)]
    return replace(
        facts,
        diagnoses=tuple(
            replace(diagnosis, precision=below(known, path))
            for diagnosis, path in zip(facts.diagnoses, places, strict=True)
        ),
        exposure_precision=below(known, ("exposure_dates",)),
        event_precision=below(known, ("events",)),
    )


def below(known: Mapping[tuple[str | int, ...], str], path: tuple[str | int, ...]) -> dict[str, str]:
    return {str(each[-1]): to for each, to in known.items() if each[:-1] == path}
