"""Appointment, ServiceRequest and DocumentReference → chart entries, and never a result."""

from datetime import date
from typing import Any

import pytest

from tests.fhir.builders import LOINC, SNOMED, concept
from tests.fhir.people_builders import WHOM, all_shared, document, order, read, reason, shared, visit


def test_a_booking_is_kept_for_the_day_that_lies_ahead() -> None:
    record = read(visit(description="Echo and talk", reasonCode=[{"text": "Yearly check"}], comment="Bring the diary"))

    assert (record.display, record.status, record.occurred_on) == ("Check-up", "booked", date(2027, 2, 3))
    assert record.value_text == "Echo and talk; Yearly check; with Dr. Adam Careful; Bring the diary"
    assert (record.entries, record.result, record.mapped_to) == ((), None, "")


@pytest.mark.parametrize("status", ["noshow", "fulfilled", "arrived", "proposed", "waitlist"])
def test_what_became_of_a_visit_is_kept(status: str) -> None:
    assert read(visit(status=status)).status == status


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        ({"status": "cancelled"}, "not done"),
        ({"status": "entered-in-error"}, "entered in error"),
        ({"start": None}, "no date"),
        ({"start": "tomorrow", "requestedPeriod": [{"end": "2027-01-01"}]}, "no date"),
    ],
)
def test_a_visit_that_will_not_be_is_skipped(elements: dict[str, Any], why: str) -> None:
    assert reason(visit(**elements)) == why


@pytest.mark.parametrize(
    ("elements", "display"),
    [
        ({"serviceType": None, "appointmentType": concept("CHECKUP", "A routine check-up")}, "A routine check-up"),
        ({"serviceType": [{}, "x"], "specialty": [{"text": "Cardiology"}]}, "Cardiology"),
        ({"serviceType": None, "description": "Talk"}, "Talk"),
        ({"serviceType": None}, "Appointment"),
    ],
)
def test_a_visit_is_called_by_what_it_is_for(elements: dict[str, Any], display: str) -> None:
    assert read(visit(**elements)).display == display


def test_a_wish_for_a_day_is_dated_by_its_first() -> None:
    assert read(visit(start=None, requestedPeriod=[{}, {"start": "2016-06-02"}])).occurred_on == date(2016, 6, 2)


def test_doctors_and_rooms_are_named_and_the_survivor_is_not() -> None:
    doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Ito", "given": ["Mai"]}]}
    room = {"resourceType": "Location", "id": "r", "name": "Room 5"}
    actors = [
        {"reference": "Patient/1", "display": "Ana"},
        {"reference": "#d"},
        {"reference": "#r"},
        {"reference": "X/1"},
    ]

    record = read(visit(participant=[{"actor": each} for each in actors], contained=[doctor, room]))

    assert record.value_text == "with Mai Ito, Room 5"


def test_an_order_of_a_test_is_no_result_of_it() -> None:
    for status in ("active", "completed"):
        record = read(order(status=status))

        assert (record.mapped_to, record.result, record.status) == ("colonoscopy", None, status)
    assert (record.code_system, record.code, record.occurred_on) == (SNOMED, "73761001", date(2023, 3, 5))


@pytest.mark.parametrize(
    ("elements", "day", "told"),
    [
        ({"occurrenceDateTime": "2023-04-01"}, date(2023, 3, 5), "for 2023-04-01"),
        ({"authoredOn": None, "occurrenceDateTime": "2023-04-01"}, date(2023, 4, 1), ""),
        ({"authoredOn": None, "occurrencePeriod": {"start": "2023-05"}}, date(2023, 5, 1), ""),
        ({"authoredOn": None}, None, ""),
        ({"intent": "proposal", "reasonCode": [{"text": "Bleeding"}]}, date(2023, 3, 5), "proposal; Bleeding"),
        ({"note": [{"text": "Afraid"}], "patientInstruction": "Drink"}, date(2023, 3, 5), "Afraid; Drink"),
    ],
)
def test_an_order_is_dated_when_it_was_made(elements: dict[str, Any], day: date | None, told: str) -> None:
    record = read(order(**elements))

    assert (record.occurred_on, record.value_text) == (day, told)


def test_an_order_not_to_do_something_says_so() -> None:
    assert read(order(doNotPerform=True)).status == "active, not to be done"
    assert read(order(doNotPerform=True, status=None)).status == "not to be done"


@pytest.mark.parametrize(
    ("elements", "why"),
    [
        ({"status": "entered-in-error"}, "entered in error"),
        ({"status": "revoked"}, "not done"),
        ({"code": None}, "no code"),
    ],
)
def test_an_order_that_was_taken_back_is_skipped(elements: dict[str, Any], why: str) -> None:
    assert reason(order(**elements)) == why


def test_a_document_is_mentioned_and_not_taken_over() -> None:
    record = read(document(description="After surgery"))

    assert (record.code_system, record.code, record.display) == (LOINC, "18842-5", "Discharge summary")
    assert (record.status, record.occurred_on) == ("current", date(2021, 6, 1))
    assert record.value_text == "After surgery; not taken over: Summary (application/pdf, 3654 bytes)"


def test_the_content_of_a_document_is_counted_and_never_kept() -> None:
    content = [{"attachment": {"data": "c2VjcmV0IQ==", "title": "Letter"}}, {"attachment": {"size": True}}, {}, "x"]

    record = read(document(content=content))

    assert "c2VjcmV0" not in repr(record)
    assert record.value_text == "not taken over: Letter (7 bytes)"


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({"status": "superseded"}, "superseded"),
        ({"docStatus": "preliminary"}, "current, preliminary"),
        ({"status": None}, ""),
        ({"status": "x" * 60}, "x" * 40),
    ],
)
def test_what_became_of_a_document_is_kept(elements: dict[str, Any], status: str) -> None:
    assert read(document(**elements)).status == status


@pytest.mark.parametrize("elements", [{"status": "entered-in-error"}, {"docStatus": "entered-in-error"}])
def test_a_document_entered_in_error_is_skipped(elements: dict[str, Any]) -> None:
    assert reason(document(**elements)) == "entered in error"


@pytest.mark.parametrize(
    ("elements", "day"),
    [
        ({"date": None, "context": {"period": {"start": "2004-12-23T08:00:00+11:00"}}}, date(2004, 12, 23)),
        ({"date": None, "content": [{}, {"attachment": {"creation": "2005-12"}}]}, date(2005, 12, 1)),
        ({"date": None}, None),
    ],
)
def test_a_document_is_dated_as_well_as_is_told(elements: dict[str, Any], day: date | None) -> None:
    assert read(document(**elements)).occurred_on == day


@pytest.mark.parametrize(
    ("elements", "display"),
    [
        ({"type": None, "category": [{"text": "Letter"}]}, "Letter"),
        ({"type": None, "description": "Physical"}, "Physical"),
        ({"type": None}, "Document"),
    ],
)
def test_a_document_is_called_by_what_it_is(elements: dict[str, Any], display: str) -> None:
    assert read(document(**elements)).display == display


def test_the_official_examples_are_read_as_they_are_meant() -> None:
    booked = read(shared("fhir-r4-official", "Appointment-2docs.json"))
    assert (booked.display, booked.occurred_on) == ("General Discussion", date(2013, 12, 9))
    assert booked.value_text == (
        "Discussion about Peter Chalmers MRI results; with Dr Adam Careful, Luigi Maas, Phone Call; "
        "Clarify the results of the MRI to ensure context of test was correct"
    )
    referred = read(shared("fhir-r4-official", "DocumentReference-example.json"))
    assert (referred.display, referred.status) == ("Outpatient Note", "current, preliminary")
    assert referred.value_text == "Physical; not taken over: Physical (application/hl7-v3+xml, 3654 bytes)"
    ordered = read(shared("fhir-r4-official", "ServiceRequest-do-not-turn.json"))
    assert (ordered.code, ordered.status) == ("359962006", "active, not to be done")


@pytest.mark.parametrize(("kind", "count"), [("Appointment", 2), ("ServiceRequest", 12), ("DocumentReference", 2)])
def test_everything_in_the_sample_data_is_kept(kind: str, count: int) -> None:
    found = [read(resource) for _, resource in all_shared(kind)]

    assert len(found) == count
    assert all(each.display and each.result is None for each in found)


def test_whom_it_is_about_stands_nowhere_in_the_entry() -> None:
    for resource in (visit(), order(), document()):
        assert WHOM["display"] not in repr(read(resource))
