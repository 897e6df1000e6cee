"""DocumentReference → a chart entry that a document exists. What it holds is not taken over."""

from tracker.fhir.codes import Codes
from tracker.fhir.told import chart, first_of, in_order, status_of
from tracker.fhir.values import IN_ERROR, Day, Json, Skipped, first_day, listed, mapping, words
from tracker.services.import_records import ChartRecord

DOCUMENT = "Document"


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:  # noqa: ARG001 (every reader is called alike)
    """The entry. ``codes`` are not asked: a document about a test is not its result.

    Raises:
        Skipped: the document, or what it says, was entered in error.
    """
    status, state = status_of(resource), words(resource.get("docStatus"))
    if state == "entered-in-error":
        raise Skipped(IN_ERROR)
    description = {"text": words(resource.get("description"))}
    return chart(
        resource,
        first_of(resource.get("type"), resource.get("category"), description) or {"text": DOCUMENT},
        external_id=external_id,
        status=", ".join(filter(None, [status, state])),
        day=_day(resource),
        value="; ".join(_told(resource)),
    )


def _attachments(resource: Json) -> list[Json]:
    return [mapping(each.get("attachment")) for each in listed(resource.get("content"))]


def _day(resource: Json) -> Day | None:
    """When the document was referred to, else what it is about, else when it was made."""
    made = (first_day(each, "creation") for each in _attachments(resource))
    return (
        first_day(resource, "date")
        or first_day(mapping(resource.get("context")), "period")
        or next(filter(None, made), None)
    )


def _told(resource: Json) -> list[str]:
    found = [text for each in _attachments(resource) if (text := _attachment(each))]
    held = f"not taken over: {', '.join(found)}" if found else ""
    return in_order(words(resource.get("description")), held)


def _attachment(attachment: Json) -> str:
    """What is attached, by title, kind and size."""
    title = words(attachment.get("title"))
    parts = [words(attachment.get("contentType")), _size(attachment)]
    details = ", ".join(filter(None, parts))
    if not title.strip() and not details:
        return ""
    return f"{title if title.strip() else 'a file'} ({details})" if details else title


def _size(attachment: Json) -> str:
    told, content = attachment.get("size"), words(attachment.get("data"))
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        told = len(content) * 3 // 4 - content[-2:].count("=") if content else None
    return "" if told is None else f"{told} bytes"
