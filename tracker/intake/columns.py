"""An entry of which only the columns were kept: what it means now that its code has a meaning, where that is sure."""

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from tracker.fhir.codes import Codes
from tracker.fhir.condition import UNCERTAIN
from tracker.fhir.values import Coding, plain, storable
from tracker.models import ChartEntry, ResultStatus
from tracker.services.import_records import ChartRecord, DiagnosisRecord, ResultRecord

OBSERVED = ("Observation", "DiagnosticReport")
# When a resource of these types says that something was found: its own status, and what that is for a result.
DONE = {"Procedure": "completed", "ImagingStudy": "available"}
NO_VALUE = "No value: "


def from_columns(row: ChartEntry, codes: Codes) -> ChartRecord | None:
    """The entry with the result or the diagnosis it is; None where only the whole resource could tell.

    A value is a number where it stands there as one in the test's own unit. A day is taken as it stands. Of a diagnosis
    the day is left open: the column may hold when it was typed in.
    """
    coding = Coding(row.code_system, row.code)
    if row.resource_type == "Condition":
        return _diagnosis(row, codes, coding)
    known = codes.test_of([coding])
    if known is None or row.occurred_on is None:
        return None
    status = _status(row)
    if status is None or (row.resource_type == "Observation" and not _has_finding(row)):
        return None
    return replace(_entry(row), mapped_to=known[1], result=_result(row, codes, known[1], status))


def _entry(row: ChartEntry) -> ChartRecord:
    return ChartRecord(
        resource_type=row.resource_type,
        external_id=row.external_id,
        code_system=row.code_system,
        code=row.code,
        display=row.display,
        status=row.status,
        occurred_on=row.occurred_on,
        value_text=row.value_text,
        unit=row.unit,
        stated_at=row.stated_at,
    )


def _diagnosis(row: ChartEntry, codes: Codes, coding: Coding) -> ChartRecord | None:
    known = codes.diagnosis_of([coding])
    if known is None or set(row.status.split(", ")) & set(UNCERTAIN):
        return None
    return replace(_entry(row), mapped_to=known[1], diagnosis=DiagnosisRecord(name=known[1]))


def _status(row: ChartEntry) -> str | None:
    """The status a result has; None where nothing was done, or this type is no result."""
    if row.resource_type in OBSERVED:
        return row.status if row.status in tuple(ResultStatus) else ResultStatus.UNKNOWN
    return ResultStatus.FINAL if DONE.get(row.resource_type) == row.status else None


def _has_finding(row: ChartEntry) -> bool:
    # What only groups others has no value of its own, and looks the same as what found nothing.
    return bool(row.value_text) and not row.value_text.startswith(NO_VALUE)


def _result(row: ChartEntry, codes: Codes, test_code: str, status: str) -> ResultRecord:
    amount = storable(_amount(row.value_text))
    fits = amount is not None and row.unit != "" and row.unit == codes.pack.tests[test_code].ucum
    shown = plain(amount) if amount is not None else row.value_text
    assert row.occurred_on is not None
    return ResultRecord(
        test_code=test_code,
        performed_on=row.occurred_on,
        status=status,
        value=amount if fits else None,
        unit=row.unit if fits else None,
        report="" if fits else f"{shown} {row.unit}".strip(),
    )


def _amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and text.isascii() else None
