"""Observation → a chart entry with its value; a test's result, and what it tells of a tumor or of a gene."""

from dataclasses import replace

from tracker.fhir.codes import Codes
from tracker.fhir.genomics import is_variant, variant_entry
from tracker.fhir.outcomes import entry, read_status
from tracker.fhir.quantities import NOTHING, read_components, read_value, reference_range
from tracker.fhir.tumor_facts import tumor_record
from tracker.fhir.values import Json, concept_text, first_code, listed, required_day
from tracker.models import Outcome
from tracker.services.import_records import ChartRecord

DATES = ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming", "issued")
INTERPRETED = {"N": Outcome.NORMAL} | dict.fromkeys(("A", "AA", "H", "HH", "L", "LL"), Outcome.ABNORMAL)


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry; its result keeps the value where it is a plain number in the test's own unit.

    An observation without any finding (the reason it is absent, or nothing) is no result.

    Raises:
        Skipped: entered in error, cancelled, without a date or a code.
    """
    status = read_status(resource)
    day = required_day(resource, *DATES)
    value = read_value(resource)
    if value == NOTHING:
        value = read_components(resource)
    missing = concept_text(resource.get("dataAbsentReason"))
    has_finding = value != NOTHING or bool(listed(resource.get("hasMember")))
    outcomes = (INTERPRETED.get(first_code(each)) for each in listed(resource.get("interpretation")))
    record = entry(
        resource,
        resource.get("code"),
        day,
        external_id=external_id,
        codes=codes,
        status=status,
        result_status=status if has_finding and not missing else None,
        value=value,
        report=f"No value: {missing}" if missing and value == NOTHING else "",
        reference_range=reference_range(resource),
        outcome=next((each for each in outcomes if each is not None), None),
    )
    return _with_variant(record, resource, codes) if is_variant(resource) else _with_tumor(record, resource, codes)


def _with_variant(record: ChartRecord, resource: Json, codes: Codes) -> ChartRecord:
    found = variant_entry(resource, codes)
    return record if found is None else replace(record, entries=(found,), mapped_to=record.mapped_to or found.section)


def _with_tumor(record: ChartRecord, resource: Json, codes: Codes) -> ChartRecord:
    tumor = tumor_record(resource, codes)
    if tumor is None:
        return record
    return replace(record, tumor=tumor, mapped_to=record.mapped_to or ", ".join(tumor.values))
