"""The worklist, its download, and the search."""

from tests.web.access.table import Row

CLINICAL = frozenset({"coordinator", "clinician"})

ROWS = [
    Row("worklists.index", "GET", needs="clinic", allowed=CLINICAL),
    Row("worklists.download", "GET", needs="clinic", allowed=CLINICAL),
    Row("worklists.search", "GET", needs="clinic", allowed=CLINICAL),
]
