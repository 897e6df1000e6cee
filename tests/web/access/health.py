"""What machines may ask: nothing in the answers is about a person."""

from tests.web.access.table import ROLES, Row

EVERYONE = frozenset(ROLES)

ROWS = [
    Row("health.livez", "GET", needs="public", allowed=EVERYONE),
    Row("health.readyz", "GET", needs="public", allowed=EVERYONE),
    Row("health.job_health", "GET", needs="public", allowed=EVERYONE),
]
