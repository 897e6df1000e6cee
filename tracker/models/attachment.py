"""Photographs kept with a record. The content lies in a table of its own, encrypted, so that lists never load it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.engine.partial_dates import PartialDate
from tracker.models.base import Base, ChartRow, OfDiagnosis, not_negative, one_of

IMAGE_TYPES = ["image/jpeg", "image/png"]


class Attachment(ChartRow, OfDiagnosis, Base):
    """A photograph of a lesion: what it shows, when it was taken, and the type and size of what is kept."""

    __tablename__ = "attachments"
    __table_args__ = (one_of("content_type", IMAGE_TYPES), *not_negative("byte_count", "width_px", "height_px"))

    title: Mapped[str] = mapped_column(sa.String(200))
    body_site: Mapped[str] = mapped_column(sa.String(120), default="")
    taken_on: Mapped[PartialDate | None]
    content_type: Mapped[str] = mapped_column(sa.String(40))
    byte_count: Mapped[int]
    width_px: Mapped[int]
    height_px: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    removed_at: Mapped[datetime | None]


class AttachmentContent(Base):
    """What an attachment holds: encrypted bytes."""

    __tablename__ = "attachment_contents"

    attachment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("attachments.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
