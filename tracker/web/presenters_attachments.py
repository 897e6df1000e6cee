"""Photographs as pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _

from tracker.engine.partial_dates import as_day, known_to
from tracker.models import Attachment, Diagnosis
from tracker.services.attachments import Photographs
from tracker.web.formats import number, us_date

ENDINGS = {"image/jpeg": "jpg", "image/png": "png"}
KILO = 1000


@dataclass(frozen=True)
class PhotographView:
    """One photograph on the page: what it shows, and the facts about it in one line."""

    id: UUID
    title: str
    facts: str
    note: str
    size: str


def photograph_views(found: Photographs) -> list[PhotographView]:
    names = {each.id: diagnosis_words(each) for each in found.diagnoses}
    return [photograph_view(row, names) for row in found.rows]


def photograph_view(row: Attachment, diagnoses: dict[UUID, str]) -> PhotographView:
    taken = us_date(as_day(row.taken_on)) if row.taken_on else str(_("date not recorded"))
    tumor = diagnoses.get(row.diagnosis_id, "") if row.diagnosis_id else ""
    return PhotographView(
        id=row.id,
        title=row.title,
        facts=" · ".join(part for part in (row.body_site, taken, tumor) if part),
        note=row.note,
        size=str(
            _("%(wide)s × %(high)s pixels, %(size)s", wide=row.width_px, high=row.height_px, size=bytes_words(row))
        ),
    )


def bytes_words(row: Attachment) -> str:
    kilobytes = max(1, round(row.byte_count / KILO))
    if kilobytes < KILO:
        return str(_("%(count)s kB", count=number(kilobytes)))
    return str(_("%(count)s MB", count=round(kilobytes / KILO, 1)))


def file_name(row: Attachment) -> str:
    """What a downloaded photograph is called: when it was taken, never whom or what it shows."""
    when = str(row.taken_on) if row.taken_on else f"{row.recorded_at:%Y-%m-%d}"
    return f"photograph-{when}.{ENDINGS[row.content_type]}"


def diagnosis_choices(diagnoses: Iterable[Diagnosis]) -> list[tuple[str, str]]:
    """The survivor's tumors to choose from, and none of them."""
    return [("", str(_("Not said"))), *((str(each.id), diagnosis_words(each)) for each in diagnoses)]


def diagnosis_words(diagnosis: Diagnosis) -> str:
    """ "Leiomyosarcoma (Mar 2019)": by name and date, which tells a relapse from the first."""
    day = known_to(diagnosis.diagnosed_on, diagnosis.diagnosed_precision)
    return f"{diagnosis.name} ({us_date(day)})" if day is not None else diagnosis.name
