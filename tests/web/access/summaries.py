"""The whole treatment summary: read by those who care for the survivor, changed by clinicians."""

from tests.web.access.survivors import CLINICAL, of_survivor
from tests.web.access.table import Row

CLINICIANS = frozenset({"clinician"})

ROWS = [
    Row("summaries.show", "GET", needs="survivor", allowed=CLINICAL, url=of_survivor),
    Row("summaries.paper", "GET", needs="survivor", allowed=CLINICAL, url=of_survivor),
    Row("summaries.compare", "GET", needs="survivor", allowed=CLINICAL, url=of_survivor),
    Row(
        "summaries.use_given",
        "POST",
        needs="survivor",
        allowed=CLINICIANS,
        url=of_survivor,
        form={"name": "doxorubicin_mg_m2", "reason": "The total left out the relapse"},
    ),
]
