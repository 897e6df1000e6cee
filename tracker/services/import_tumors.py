"""What imported resources say of a tumor, put into its empty fields whatever order they came in."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.engine.catalogue import followed
from tracker.engine.partial_dates import PartialDate
from tracker.models import ChartEntry, Diagnosis, ImportedEntry, Survivor
from tracker.services.given import catalogue_for
from tracker.services.import_told import plain
from tracker.services.packs import pack_for

OF_TUMORS, ABOUT = "diagnoses", "about"
COLUMNS: Mapping[str, Any] = {column.name: column for column in Diagnosis.__table__.columns}


class Tumors:
    """A survivor's diagnoses, found by the conditions that tell of them."""

    def __init__(self, session: Session, survivor: Survivor) -> None:
        self._session, self._survivor = session, survivor

    def rows(self) -> list[Diagnosis]:
        """The diagnoses as they stand now."""
        query = sa.select(Diagnosis).where(Diagnosis.survivor_id == self._survivor.id).order_by(Diagnosis.position)
        return list(self._session.scalars(query))

    def meant(self, reference: str, rows: list[Diagnosis] | None = None) -> Diagnosis | None:
        """The diagnosis that a condition became: its own, or the one it repeats; "" means the only one there is."""
        rows = self.rows() if rows is None else rows
        if not reference:
            return rows[0] if len(rows) == 1 else None
        own = [row for row in rows if row.external_id == reference]
        if own:
            return own[0]
        name = self._session.scalar(
            sa.select(ChartEntry.mapped_to).where(
                ChartEntry.survivor_id == self._survivor.id,
                ChartEntry.resource_type == "Condition",
                ChartEntry.external_id == reference,
            )
        )
        named = [row for row in rows if name and row.name.casefold() == name.casefold()]
        return named[0] if len(named) == 1 else None

    def settle(self, told: Iterable[ImportedEntry]) -> int:
        """Fill what is empty (or was filled by an import before) with what is told; how many fields changed.

        Where two resources say different things of one field, the one whose id comes first stands, so that the order
        in which they came in makes no difference. What a person entered is left alone.
        """
        facts = sorted(
            (each for each in told if each.section == OF_TUMORS),
            key=lambda each: (each.resource_type, each.external_id),
        )
        if not facts:
            return 0
        rows, changed = self.rows(), 0
        told_of: dict[Any, list[ImportedEntry]] = {}
        for each in facts:
            row = self.meant(str(each.told.get(ABOUT, "")), rows)
            if row is not None:
                each.row_id, each.diagnosis_ref = row.id, ""
                told_of.setdefault(row.id, []).append(each)
        for row in rows:
            changed += self._fill(row, told_of.get(row.id, []))
        return changed

    def _fill(self, row: Diagnosis, facts: list[ImportedEntry]) -> int:
        changed = 0
        for name in dict.fromkeys(name for each in facts for name in each.told if name in COLUMNS):
            said = [self._scheduled(row, name, each.told[name]) for each in facts if name in each.told]
            changed += _set(row, name, said)
        return changed

    def _scheduled(self, row: Diagnosis, name: str, told: Any) -> Any:
        """A stage in the words of the diagnosis's schedule, where that has its own: IIIA of a melanoma is its III."""
        allowed = pack_for(self._survivor.clinic).strata.get(("recurrence", row.name), {}).get("stage", ())
        term = catalogue_for(self._survivor).terms.get("stage", {}).get(str(told)) if name == "stage" else None
        if not allowed or told in allowed or term is None:
            return told
        return followed(term, "stage", allowed) or told


def _set(row: Diagnosis, name: str, said: list[Any]) -> int:
    standing = plain(getattr(row, name))
    if standing == said[0] or (standing is not None and standing not in said):
        return 0
    setattr(row, name, _stored(COLUMNS[name], said[0]))
    return 1


def _stored(column: Any, told: Any) -> Any:
    kind = column.type.python_type if not isinstance(column.type, sa.types.TypeDecorator) else PartialDate
    if kind is PartialDate:
        return PartialDate.parse(str(told))
    if kind in (int, Decimal):
        return kind(told)
    longest = getattr(column.type, "length", None)
    return str(told)[:longest] if longest else str(told)
