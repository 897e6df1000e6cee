"""Recurrence rows that belong together become schedules, whose bands must tile."""

import itertools
from collections.abc import Iterable

from tracker.engine.rules import Band, Schedule
from tracker.errors import PackError

FILE = "recurrence.csv"
Key = tuple[str, str, str, str]


def build_schedules(bands: Iterable[Band]) -> dict[str, tuple[Schedule, ...]]:
    """Diagnosis → its schedules: the rows with the same diagnosis, stratum, test and source.

    Raises:
        PackError: bands overlap or leave a gap, or count from different anchors.
    """
    groups: dict[Key, list[Band]] = {}
    for band in bands:
        key = band.diagnosis, band.stratum.text, band.test_code, band.source
        groups.setdefault(key, []).append(band)
    schedules: dict[str, list[Schedule]] = {}
    for group in groups.values():
        schedules.setdefault(group[0].diagnosis, []).append(_schedule(group))
    return {diagnosis: tuple(found) for diagnosis, found in schedules.items()}


def _schedule(group: list[Band]) -> Schedule:
    first = group[0]
    in_order = sorted(group, key=lambda band: band.begins.length)
    for band, following in itertools.pairwise(in_order):
        _refuse_if_not_tiling(band, following)
    for band in group:
        if band.start_text != first.start_text:
            _refuse(band, "anchor", f"the bands of one schedule count from one anchor, as {first.id} does")
    return Schedule(
        first.diagnosis, first.stratum, first.test_code, first.source, first.start_text, tuple(in_order), first.id
    )


def _refuse_if_not_tiling(band: Band, following: Band) -> None:
    if band.ends is None:
        _refuse(following, "from", f"overlaps {band.id}, which has no end")
    elif band.ends.length > following.begins.length:
        _refuse(following, "from", f"overlaps {band.id}, which ends at {band.ends.text}")
    elif not band.ends.same_as(following.begins):
        _refuse(following, "from", f"leaves a gap after {band.id}, which ends at {band.ends.text}")


def _refuse(band: Band, column: str, why: str) -> None:
    raise PackError(f"{FILE}, row {band.line}, column {column}: {why}")
