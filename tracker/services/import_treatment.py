"""Whether imported resources say that cancer treatment goes on: then nothing is planned, and nobody is off therapy."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tracker.models import Diagnosis, Standing
from tracker.services.import_desk import OF_TREATMENT, Desk, Key
from tracker.services.import_records import ChartRecord

IMPORTED = "Imported: "
# An order that nobody has closed for longer than this says nothing about today.
STALE_AFTER = timedelta(days=365)
BACK = "Imported: no cancer treatment is under way any more"


def note_treatment(desk: Desk, record: ChartRecord) -> None:
    """Remember which resource says that treatment goes on."""
    if not record.on_treatment:
        return
    key: Key = (record.resource_type, record.external_id, OF_TREATMENT, "")
    day = record.occurred_on
    told = {"words": record.on_treatment[:300], "on": None if day is None else day.isoformat()}
    known = desk.owned.get(key)
    if known is None or known.told != told:
        desk.remember(key, told, None)
        if not _is_recent(desk, told):
            words = f"{told['words']}, as an entry of {told['on'] or 'an unknown day'} says that was never closed"
            desk.told.notes.append(f"{words}. Check whether treatment goes on")


def settle(desk: Desk) -> None:
    """Somebody whose treatment goes on is on treatment, unless a person has decided otherwise or entered its end.

    When the last resource that said so says it no longer, the decision that an import made is taken back.
    """
    told = (row.told for key, row in desk.owned.items() if key[2] == OF_TREATMENT)
    words = sorted(str(each["words"]) for each in told if _is_recent(desk, each))
    survivor = desk.survivor
    by_import = survivor.standing_reason.startswith(IMPORTED)
    if words and survivor.standing == Standing.ACTIVE and survivor.deceased_on is None:
        if _therapy_ended(desk):
            desk.told.notes.append(f"{words[0]}, though an end of therapy is on record. Check which is right")
        else:
            _decide(desk, Standing.ON_TREATMENT, f"{IMPORTED}{words[0]}")
    elif not words and survivor.standing == Standing.ON_TREATMENT and by_import:
        _decide(desk, Standing.ACTIVE, BACK)


def _is_recent(desk: Desk, told: Mapping[str, Any]) -> bool:
    today = desk.clock.today(desk.survivor.clinic.tz)
    return bool(told.get("on")) and today - date.fromisoformat(str(told["on"])) <= STALE_AFTER


def _therapy_ended(desk: Desk) -> bool:
    query = sa.select(Diagnosis.id).where(
        Diagnosis.survivor_id == desk.survivor.id, Diagnosis.end_of_therapy_on.is_not(None)
    )
    return desk.session.scalar(query.limit(1)) is not None


def _decide(desk: Desk, standing: Standing, reason: str) -> None:
    survivor = desk.survivor
    before = {"standing": survivor.standing, "standing_reason": survivor.standing_reason}
    survivor.standing, survivor.standing_reason = standing, reason
    survivor.standing_since = desk.clock.today(survivor.clinic.tz)
    after = {"standing": standing, "standing_reason": reason}
    desk.trail("survivor.standing", survivor, before=before, after=after, reason=reason)
