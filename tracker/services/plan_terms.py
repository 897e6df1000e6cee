"""What a clinic plans by on a day: said in a few words that can be sent to another process, and made of them."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Choices
from tracker.errors import PackError
from tracker.guidelines.loader import load_pack
from tracker.models import Clinic
from tracker.services.packs import choices_from, choices_of
from tracker.services.plan_seals import fingerprint, is_bundled
from tracker.services.planning import Terms


@dataclass(frozen=True, slots=True)
class Asked:
    """A clinic's pack and choices by name, and its own day."""

    clinic_id: UUID
    pack: str
    choices: Choices
    today: date


def asked_by(clinic: Clinic, clock: Clock) -> Asked:
    """What this clinic plans by today."""
    return Asked(clinic.id, clinic.pack, choices_of(clinic), clock.today(clinic.tz))


def asked_by_all(session: Session, clock: Clock) -> tuple[Asked, ...]:
    """What every clinic plans by today, as it stands in the table now."""
    query = sa.select(Clinic.id, Clinic.pack, Clinic.pack_choices, Clinic.tz).order_by(Clinic.id)
    return tuple(
        Asked(clinic_id, pack, choices_from(choices), clock.today(tz))
        for clinic_id, pack, choices, tz in session.execute(query)
    )


def terms_of(asked: Asked) -> Terms:
    """The terms themselves. Packs that come with the tracker are read once.

    Raises:
        PackError: the pack, or a choice, is refused.
    """
    make = _kept if is_bundled(asked.pack) else _made
    return make(asked.pack, asked.choices, asked.today)


def _made(pack: str, choices: Choices, today: date) -> Terms:
    return Terms(load_pack(pack, choices=choices), fingerprint(pack, choices), today)


_kept = lru_cache(maxsize=64)(_made)


class TermsByClinic:
    """The terms of several clinics; of a clinic whose pack is refused the refusal, each time it is asked for."""

    def __init__(self, asked: tuple[Asked, ...]) -> None:
        self._asked = {each.clinic_id.hex: each for each in asked}
        self._found: dict[str, Terms | PackError] = {}

    def of(self, clinic_id: str) -> Terms:
        """The terms of a clinic, by its id as the driver gives it.

        Raises:
            PackError: its pack, or a choice, is refused.
        """
        found = self._found.get(clinic_id)
        if found is None:
            found = self._found[clinic_id] = self._find(clinic_id)
        if isinstance(found, PackError):
            raise found
        return found

    def _find(self, clinic_id: str) -> Terms | PackError:
        try:
            return terms_of(self._asked[clinic_id.replace("-", "")])
        except PackError as refused:
            return refused
