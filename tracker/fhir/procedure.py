"""Procedure → a chart entry; a result where it is a test that was completed; an operation, or a radiation course."""

from dataclasses import replace

from tracker.fhir.codes import Codes
from tracker.fhir.outcomes import entry, read_status
from tracker.fhir.radiotherapy import Course, is_course, read_course
from tracker.fhir.surgery import operation_of, read_surgery
from tracker.fhir.values import Json, chosen, codings, concept_text, cut, first_day, required_day
from tracker.models import ResultStatus
from tracker.services.import_records import ChartRecord

DATES = ("performedDateTime", "performedPeriod")


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated by its first day; a treatment counts without a date too.

    Raises:
        Skipped: entered in error, not done, without a code, or (of what is no treatment) without a date.
    """
    status = read_status(resource)
    if is_course(resource):
        return _with_course(_entry(resource, status, external_id, codes), read_course(resource, status, codes))
    operation = operation_of(resource, codes)
    if not operation:
        required_day(resource, *DATES)
    record = _entry(resource, status, external_id, codes)
    if not operation:
        return record
    entries = read_surgery(resource, status, codes)
    return replace(record, entries=entries, mapped_to=record.mapped_to or operation)


def _entry(resource: Json, status: str, external_id: str, codes: Codes) -> ChartRecord:
    concept, outcome = resource.get("code"), concept_text(resource.get("outcome"))
    day = first_day(resource, *DATES)
    if day is None:
        coding = chosen(codings(concept), concept)
        return ChartRecord(
            resource_type="Procedure",
            external_id=external_id,
            code_system=coding.system,
            code=coding.code,
            display=coding.display,
            status=status,
            value_text=cut(outcome, 400),
        )
    done = ResultStatus.FINAL if status == "completed" else None
    return entry(
        resource, concept, day, external_id=external_id, codes=codes, status=status, result_status=done, report=outcome
    )


def _with_course(record: ChartRecord, course: Course) -> ChartRecord:
    """The course with its entries. A place that has no field of ours stands in for the course's own code, so that it
    is counted, and can be mapped, by what is not known."""
    record = replace(
        record,
        display=record.display if record.display != record.code else "Radiotherapy course",
        value_text=cut(course.text or record.value_text, 400),
        entries=course.entries,
        on_treatment=course.on_treatment,
        mapped_to=cut(", ".join(course.fields), 200),
    )
    if not course.unknown:
        return record
    place = course.unknown[0]
    return replace(
        record,
        code_system=cut(place.system, 200),
        code=cut(place.code, 80),
        display=cut(place.display or record.display, 400),
        mapped_to="",
    )
