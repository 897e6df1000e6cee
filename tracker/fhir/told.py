"""What a resource tells of somebody, as an entry of the record: words at the length of their field, partial dates, and
codes of the catalogue where it has them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tracker.engine.catalogue import title_of
from tracker.engine.partial_dates import PartialDate
from tracker.fhir.codes import Codes
from tracker.fhir.values import (
    IN_ERROR,
    NOT_DONE,
    Coding,
    Day,
    Json,
    Skipped,
    chosen,
    codings,
    concept_text,
    cut,
    first_day,
    listed,
    mapping,
    words,
)
from tracker.services.import_records import ChartRecord, EntryRecord
from tracker.services.sections.entries import is_blank
from tracker.services.sections.spec import Kind, Section

# The kind that SNOMED CT puts behind each of its names.
_TAG = re.compile(
    r"\s*\((?:occupation|person|substance|organism|product|medicinal product|finding|disorder|procedure|situation"
    r"|regime/therapy|physical object|morphologic abnormality)\)$"
)
_TEXTS = (Kind.TEXT, Kind.LONG_TEXT, Kind.LOOKUP)
LONGEST_VALUE, LONGEST_STATUS = 400, 40


@dataclass(frozen=True)
class Meaning:
    """What a concept means: a code of the catalogue's list, or its own words.

    ``value`` is what the field holds; ``target`` is the code, empty where the list does not have it; ``coding`` is
    the code in which it was found, where it was found by a code.
    """

    value: str
    target: str = ""
    coding: Coding | None = None


def meaning(kind: str, concept: object, codes: Codes) -> Meaning:
    """What a concept means on a list of the catalogue: by a mapped code, by its exact name, else its own words."""
    known = codes.of(kind, codings(concept))
    if known is not None:
        return Meaning(known[1], known[1], known[0])
    terms = codes.catalogue.terms.get(kind, {})
    told = own_words(concept)
    named = {
        code for code, term in terms.items() if _plain(told) in map(_plain, (title_of(term), *term.synonyms)) and told
    }
    if len(named) == 1:
        [target] = named
        return Meaning(target, target)
    # Words that happen to be a code of the list would be read as what that code means.
    return Meaning(f"“{told}”" if told in terms else told)


def own_words(concept: object) -> str:
    """The words for a concept, without the kind that SNOMED CT puts behind them."""
    text = concept_text(concept)
    return _TAG.sub("", text) or text


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def entry_of(section: Section, values: Mapping[str, object], *, part: str = "") -> tuple[EntryRecord, ...]:
    """An entry of these values; none where a value is missing that the section cannot do without.

    What says nothing is left out. A text longer than its field is cut, and stands in the note as a whole.
    """
    kept: dict[str, object] = {}
    whole: list[str] = []
    for field in section.fields:
        value = values.get(field.name)
        if isinstance(value, str) and field.kind in _TEXTS and len(value) > field.longest:
            if field.name != "note":
                whole.append(f"{field.label}: {value}")
            value = cut(value, field.longest)
        if not is_blank(value):
            kept[field.name] = value
        elif field.required:
            return ()
    if whole:
        kept["note"] = cut("\n".join([*filter(None, [words(kept.get("note"))]), *whole]), section.field("note").longest)
    return (EntryRecord(section=section.key, values=kept, part=part),)


def chart(
    resource: Json,
    concept: object,
    *,
    external_id: str,
    status: str,
    day: Day | None,
    value: str = "",
    known: Coding | None = None,
    mapped_to: str = "",
    entries: tuple[EntryRecord, ...] = (),
) -> ChartRecord:
    """The chart entry of a resource, kept under ``known`` or else the concept's first code.

    Raises:
        Skipped: the concept has neither code nor words, or says only that nothing is known.
    """
    coding = chosen(codings(concept), concept, mapped=[known] if known else [])
    return ChartRecord(
        resource_type=words(resource.get("resourceType")),
        external_id=external_id,
        code_system=coding.system,
        code=coding.code,
        display=coding.display,
        status=cut(status, LONGEST_STATUS),
        occurred_on=day.first if day else None,
        value_text=cut(value, LONGEST_VALUE),
        mapped_to=mapped_to,
        entries=entries,
    )


def status_of(resource: Json, *called_off: str) -> str:
    """The status as written, empty where none is told.

    Raises:
        Skipped: entered in error, or one of those that say it will not be.
    """
    status = words(resource.get("status"))
    if status == "entered-in-error":
        raise Skipped(IN_ERROR)
    if status in called_off:
        raise Skipped(NOT_DONE)
    return status


def partial(day: Day | None) -> PartialDate | None:
    """A day with as much of it as was written; None where there is none, or none that a record can hold."""
    try:
        return PartialDate.parse(day.text[:10]) if day else None
    except ValueError:
        return None


def partial_of(resource: Json, *names: str) -> PartialDate | None:
    """As ``first_day``, with as much of the date as was written."""
    return partial(first_day(resource, *names))


def start_of(period: object) -> Day | None:
    """The first day of a period; None where its beginning is not told."""
    return first_day(mapping(period), "start")


def end_of(period: object) -> Day | None:
    """The last day of a period; None while it is open."""
    return first_day(mapping(period), "end")


def first_of(*concepts: object) -> Json:
    """The first of these concepts (or lists of them) that says anything; an empty one where none does."""
    for each in concepts:
        for concept in each if isinstance(each, list) else [each]:
            if isinstance(concept, dict) and concept_text(concept):
                return concept
    return {}


def texts_of(concepts: object) -> list[str]:
    """The words of each of a list of concepts that has any."""
    return [text for each in listed(concepts) if (text := own_words(each))]


def notes_of(resource: Json) -> list[str]:
    """The text of each note."""
    return [text for each in listed(resource.get("note")) if (text := words(each.get("text"))).strip()]


def in_order(*texts: str) -> list[str]:
    """The texts that say something, each once, in order."""
    return list(dict.fromkeys(each for each in texts if each.strip()))
