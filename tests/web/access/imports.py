"""Bringing records in: for coordinators and clinicians; administrators see no record, so no import either."""

from collections.abc import Mapping
from typing import Any

from tests.web.access.table import Row, World

CLINICAL = frozenset({"coordinator", "clinician"})


def of_preview(world: World) -> Mapping[str, Any]:
    return {"change_set_id": world.preview.id}


def of_import(world: World) -> Mapping[str, Any]:
    return {"change_set_id": world.brought_in.id}


ROWS = [
    Row("imports.index", "GET", needs="clinic", allowed=CLINICAL),
    Row("imports.new", "GET", needs="clinic", allowed=CLINICAL),
    Row("imports.new", "POST", needs="clinic", allowed=CLINICAL, form={"kind": "survivors"}),
    Row("imports.template", "GET", needs="clinic", allowed=CLINICAL, url=lambda world: {"kind": "survivors"}),
    Row("imports.show", "GET", needs="clinic", allowed=CLINICAL, url=of_preview),
    Row("imports.confirm", "POST", needs="clinic", allowed=CLINICAL, url=of_preview),
    Row("imports.discard", "POST", needs="clinic", allowed=CLINICAL, url=of_preview),
    Row("imports.report", "GET", needs="clinic", allowed=CLINICAL, url=of_import),
    Row("imports.undo", "GET", needs="clinic", allowed=CLINICAL, url=of_import),
    Row("imports.undo", "POST", needs="clinic", allowed=CLINICAL, url=of_import, form={"reason": "The wrong file"}),
]
