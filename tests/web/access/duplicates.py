"""People who may be one: looked at, merged and kept apart by coordinators and clinicians."""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

STAFF = frozenset({"clinician", "coordinator"})


def of_pair(world: World) -> Mapping[str, Any]:
    return {"pair_id": world.pair.id}


def of_merging(world: World) -> Mapping[str, Any]:
    return {"change_set_id": world.merging.id}


def chosen(world: World) -> Mapping[str, Any]:
    right = str(world.survivor.id)
    return {"keep": right, "follow_up": right, "pronouns": right}


def confirmed(world: World) -> Mapping[str, Any]:
    return {**of_pair(world), **chosen(world)}


ROWS = [
    Row("duplicates.index", "GET", needs="clinic", allowed=STAFF),
    Row("duplicates.show", "GET", needs="clinic", allowed=STAFF, url=of_pair),
    Row("duplicates.confirm", "GET", needs="clinic", allowed=STAFF, url=confirmed),
    # Without a reason nothing is decided, so that the next role finds the pair as it was.
    Row("duplicates.merge", "POST", needs="clinic", allowed=STAFF, url=of_pair, form=chosen),
    Row("duplicates.apart", "POST", needs="clinic", allowed=STAFF, url=of_pair, form={}),
    Row("duplicates.undo", "GET", needs="clinic", allowed=STAFF, url=of_merging),
    Row("duplicates.undo", "POST", needs="clinic", allowed=STAFF, url=of_merging, form={}),
]
