"""Codes and what they mean: for administrators only, who see counts and no record."""

from collections.abc import Mapping
from typing import Any

from tests.mapped import LOCAL
from tests.web.access.table import Row, World

ADMIN = frozenset({"administrator"})
CODE = {"system": LOCAL, "code": "EF-1"}
MEANS = CODE | {"kind": "test", "target_test": "Echocardiogram", "act": "confirm"}


def of_mapping(world: World) -> Mapping[str, Any]:
    return {"mapping_id": world.mapping.id}


ROWS = [
    Row("codes.index", "GET", needs="clinic", allowed=ADMIN),
    Row("codes.show", "GET", needs="clinic", allowed=ADMIN, url=lambda world: CODE),
    Row("codes.map_code", "POST", needs="clinic", allowed=ADMIN, form=MEANS),
    Row("codes.mappings", "GET", needs="clinic", allowed=ADMIN),
    Row("codes.ask_undo", "GET", needs="clinic", allowed=ADMIN, url=of_mapping),
    Row("codes.undo", "POST", needs="clinic", allowed=ADMIN, url=of_mapping),
    Row("codes.tables", "GET", needs="clinic", allowed=ADMIN),
    Row("codes.download", "GET", needs="clinic", allowed=ADMIN),
]
