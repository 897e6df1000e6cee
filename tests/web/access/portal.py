"""The family's page: for the survivor and the proxy, each for their own only."""

from tests.web.access.table import Row

FAMILY = frozenset({"survivor", "proxy"})

ROWS = [
    Row("portal.index", "GET", needs="portal", allowed=FAMILY),
    Row(
        "portal.show",
        "GET",
        needs="survivor",
        allowed=FAMILY,
        url=lambda world: {"survivor_id": world.survivor.id},
    ),
]
