"""Where two records of one person say different things, and which of it is right: chosen by whoever merges them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.errors import Invalid
from tracker.models import Event, Exposure, ExposureSource, Survivor

UNSAID = ("", None, "unknown")
ABOUT_FOLLOW_UP = (
    *("deceased_on", "deceased_precision", "standing", "standing_since", "standing_reason", "followed_by"),
    *("review_on", "acknowledged_on"),
)
# What goes together, by the name under which it is chosen.
ABOUT: Mapping[str, tuple[str, ...]] = {
    "family_name": ("family_name",),
    "given_name": ("given_name",),
    "preferred_name": ("preferred_name",),
    "birth_date": ("birth_date",),
    "sex_at_birth": ("sex_at_birth",),
    "follow_up": ABOUT_FOLLOW_UP,
    "pronouns": ("pronouns",),
    "language": ("language",),
    "interpreter": ("interpreter_needed", "interpreter_language"),
    "ltfu_entry_on": ("ltfu_entry_on",),
    "summary_confirmed": ("summary_confirmed_on", "summary_confirmed_by"),
}
# Of what goes together, the columns that make a difference.
DECIDING = {"follow_up": ("deceased_on", "deceased_precision", "standing", "review_on", "acknowledged_on")}
# What the plan depends on is never taken from one record because nobody looked at the other.
ALWAYS_CHOSEN = frozenset({"birth_date", "sex_at_birth", "follow_up"})
EXPOSURE_COLUMNS = ("certainty", "value", "at_least", "unit", "last_on", "last_precision")
EVENT_COLUMNS = ("happened_on", "happened_precision")


@dataclass(frozen=True)
class Difference:
    """One thing of which the records say two things; ``must``: nothing is taken for right unless it is chosen.

    ``key``: a name of ``ABOUT``, "exposure:NAME" or "event:NAME". ``values``: by record, what it says.
    """

    key: str
    values: Mapping[UUID, Mapping[str, Any]]
    must: bool

    def suggested(self, keep_id: UUID) -> UUID | None:
        """Which record is taken for right where nothing was chosen; None where it must be."""
        if self.must:
            return None
        said = [survivor_id for survivor_id, values in self.values.items() if not _unsaid(values.values())]
        return keep_id if keep_id in said or not said else said[0]


def differences(session: Session, first: Survivor, second: Survivor) -> list[Difference]:
    """Everything the two records say differently where only one can stand, in the order in which it is asked."""
    found = [_about(key, columns, first, second) for key, columns in ABOUT.items()]
    return [
        *(each for each in found if each is not None),
        *_rows(session, Exposure, EXPOSURE_COLUMNS, first, second),
        *_rows(session, Event, EVENT_COLUMNS, first, second),
    ]


def chosen(found: Iterable[Difference], choices: Mapping[str, UUID], keep_id: UUID) -> dict[str, UUID]:
    """Which record is right, for every difference.

    Raises:
        Invalid: something that must be chosen was not, or what was chosen is neither of the two.
    """
    right: dict[str, UUID] = {}
    for each in found:
        choice = choices.get(each.key) or each.suggested(keep_id)
        if choice is None:
            raise Invalid("The two records differ here. Choose which is right", field=each.key)
        if choice not in each.values:
            raise Invalid("Choose one of the two records", field=each.key)
        right[each.key] = choice
    return right


def recorded_by_name(session: Session, model: type[Any], survivor_id: UUID) -> dict[str, Any]:
    """Exposures or events that somebody recorded; what follows from courses is worked out anew."""
    rows = session.scalars(sa.select(model).where(model.survivor_id == survivor_id))
    return {row.name: row for row in rows if getattr(row, "source", None) != ExposureSource.GIVEN}


def _about(key: str, columns: tuple[str, ...], first: Survivor, second: Survivor) -> Difference | None:
    values = {each.id: {column: getattr(each, column) for column in columns} for each in (first, second)}
    deciding = DECIDING.get(key, columns)
    said = [[values[each.id][column] for column in deciding] for each in (first, second)]
    if said[0] == said[1]:
        return None
    must = key in ALWAYS_CHOSEN and (key == "follow_up" or not any(_unsaid(each) for each in said))
    return Difference(key, values, must)


def _rows(
    session: Session, model: type[Any], columns: tuple[str, ...], first: Survivor, second: Survivor
) -> list[Difference]:
    held = {each.id: recorded_by_name(session, model, each.id) for each in (first, second)}
    found = []
    for name in sorted(held[first.id].keys() & held[second.id].keys()):
        values = {of: {column: getattr(rows[name], column) for column in columns} for of, rows in held.items()}
        if values[first.id] != values[second.id]:
            found.append(Difference(f"{model.__tablename__.removesuffix('s')}:{name}", values, must=True))
    return found


def _unsaid(values: Iterable[Any]) -> bool:
    return all(value in UNSAID for value in values)
