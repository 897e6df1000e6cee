"""What came in from elsewhere: each import with all it changed, codes the clinic mapped, and people who may be one."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.models.base import Base, HasId, one_of


class ChangeKind(StrEnum):
    """What a set of changes is: a file that came in, two records made one, or a code that was given a meaning."""

    IMPORT = "import"
    MERGE = "merge"
    MAPPING = "mapping"


class ChangeState(StrEnum):
    """PREVIEWED: looked at, nothing kept yet. APPLIED, and perhaps UNDONE later. DISCARDED: never applied."""

    PREVIEWED = "previewed"
    APPLIED = "applied"
    UNDONE = "undone"
    DISCARDED = "discarded"


class ChangeSet(HasId, Base):
    """Changes that were made together and can be taken back together.

    ``digest`` names the file's content; ``report`` is a ``services.import_report.Report``. ``actor_id`` is who did it,
    even where the work itself was done in the system's name.
    """

    __tablename__ = "change_sets"
    __table_args__ = (
        one_of("kind", ChangeKind),
        one_of("state", ChangeState),
        sa.CheckConstraint("length(actor) > 0", name="actor_named"),
        sa.CheckConstraint("(state IN ('applied', 'undone')) = (applied_at IS NOT NULL)", name="application_whole"),
        sa.CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name="undoing_whole"),
        sa.Index("ix_change_sets_clinic_id_created_at", "clinic_id", "created_at"),
        sa.Index("ix_change_sets_clinic_id_digest", "clinic_id", "digest"),
    )

    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    kind: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(400))
    digest: Mapped[str] = mapped_column(sa.String(64), default="")
    state: Mapped[str] = mapped_column(sa.String(20))
    actor: Mapped[str] = mapped_column(sa.String(160))
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(sa.String(160), default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Upload(Base):
    """The file of an import that is still being looked at: encrypted, and gone once it is applied or discarded."""

    __tablename__ = "uploads"

    change_set_id: Mapped[UUID] = mapped_column(sa.ForeignKey("change_sets.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class RowAct(StrEnum):
    INSERTED = "inserted"
    UPDATED = "updated"
    DELETED = "deleted"


class ChangedRow(HasId, Base):
    """One row that a set of changes touched: as it was before (None: it was not there), and a digest of it after."""

    __tablename__ = "changed_rows"
    __table_args__ = (
        one_of("act", RowAct),
        sa.UniqueConstraint("change_set_id", "number"),
        sa.Index("ix_changed_rows_row_id", "row_id"),
        sa.Index("ix_changed_rows_survivor_id", "survivor_id"),
    )

    change_set_id: Mapped[UUID] = mapped_column(sa.ForeignKey("change_sets.id"))
    number: Mapped[int]
    table_name: Mapped[str] = mapped_column(sa.String(60))
    row_id: Mapped[UUID]
    survivor_id: Mapped[UUID | None]
    act: Mapped[str] = mapped_column(sa.String(10))
    before: Mapped[dict[str, Any] | None]
    after_digest: Mapped[str] = mapped_column(sa.String(64), default="")


class ImportedEntry(HasId, Base):
    """Which entry of the record came from which resource, so that it is found, corrected and taken back again.

    ``told``: its values as they were told last. ``row_id`` is None where the entry could not be made (what it is about
    is not on record yet). ``diagnosis_ref``: the Condition it is about, while that is not on record.
    """

    __tablename__ = "imported_entries"
    __table_args__ = (
        sa.UniqueConstraint("survivor_id", "resource_type", "external_id", "section", "part"),
        sa.Index("ix_imported_entries_row_id", "row_id"),
    )

    survivor_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    resource_type: Mapped[str] = mapped_column(sa.String(40))
    external_id: Mapped[str] = mapped_column(sa.String(200))
    section: Mapped[str] = mapped_column(sa.String(60))
    part: Mapped[str] = mapped_column(sa.String(200), default="")
    row_id: Mapped[UUID | None]
    diagnosis_ref: Mapped[str] = mapped_column(sa.String(400), default="")
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
    imported_at: Mapped[datetime]


class CodeMapping(HasId, Base):
    """What a code means at one clinic, beside the pack's own tables; ``kind`` "nothing": it means nothing here."""

    __tablename__ = "code_mappings"
    __table_args__ = (sa.UniqueConstraint("clinic_id", "system", "code", "kind"),)

    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    system: Mapped[str] = mapped_column(sa.String(200))
    code: Mapped[str] = mapped_column(sa.String(80))
    display: Mapped[str] = mapped_column(sa.String(400), default="")
    kind: Mapped[str] = mapped_column(sa.String(40))
    target: Mapped[str] = mapped_column(sa.String(200), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    mapped_by: Mapped[str] = mapped_column(sa.String(160))
    mapped_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    mapped_at: Mapped[datetime]
    change_set_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("change_sets.id"))


class PairState(StrEnum):
    OPEN = "open"
    MERGED = "merged"
    APART = "apart"


class DuplicatePair(HasId, Base):
    """Two records that may be of one person, until somebody decides. ``first_id`` is the smaller id of the two."""

    __tablename__ = "duplicate_pairs"
    __table_args__ = (
        one_of("state", PairState),
        sa.UniqueConstraint("first_id", "second_id"),
        sa.CheckConstraint("first_id <> second_id", name="two_people"),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name="score_in_percent"),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decision_whole"),
        sa.Index("ix_duplicate_pairs_clinic_id_state", "clinic_id", "state", "score"),
        sa.Index("ix_duplicate_pairs_second_id", "second_id"),
    )

    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    first_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    second_id: Mapped[UUID] = mapped_column(sa.ForeignKey("survivors.id"))
    score: Mapped[int]
    reasons: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(sa.String(10), default=PairState.OPEN)
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(sa.String(160), default="")
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    change_set_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("change_sets.id"))
