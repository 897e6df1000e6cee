"""The treatment summary: for clinicians."""

from tests.web.access.table import Row

CLINICIAN = frozenset({"clinician"})

ROWS = [
    Row(
        "treatment.edit",
        "GET",
        needs="survivor",
        allowed=CLINICIAN,
        url=lambda world: {"survivor_id": world.survivor.id},
    ),
    Row(
        "treatment.update",
        "POST",
        needs="survivor",
        allowed=CLINICIAN,
        url=lambda world: {"survivor_id": world.survivor.id},
        form={"act": "show"},
    ),
    Row(
        "treatment.sums",
        "POST",
        needs="survivor",
        allowed=CLINICIAN,
        url=lambda world: {"survivor_id": world.survivor.id},
    ),
]
