"""Observation, Procedure, DiagnosticReport, ImagingStudy, Encounter → chart entries, and results where they are."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import (
    LOINC,
    SNOMED,
    Json,
    concept,
    encounter,
    imaging,
    observation,
    patient,
    procedure,
    quantity,
    read,
    read_record,
    reasons,
    report,
)
from tracker.services.import_records import ResultRecord


def result(resource: Json) -> ResultRecord | None:
    return read_record(resource).result


def test_a_value_in_the_test_s_own_unit_becomes_a_result() -> None:
    record = read_record(observation())

    assert (record.resource_type, record.external_id) == ("Observation", "obs-1")
    assert (record.code_system, record.code, record.display) == (LOINC, "39156-5", "Body mass index")
    assert (record.value_text, record.unit, record.status) == ("21.5", "kg/m2", "final")
    assert (record.mapped_to, record.occurred_on) == ("body-mass-index", date(2024, 5, 14))
    assert record.result == ResultRecord(
        test_code="body-mass-index",
        performed_on=date(2024, 5, 14),
        status="final",
        value=Decimal("21.5"),
        unit="kg/m2",
    )


def test_many_decimals_are_kept_in_the_chart_and_four_in_the_result() -> None:
    record = read_record(observation(valueQuantity=quantity(25.26171243811218, "kg/m2")))

    assert record.value_text == "25.26171243811218"
    assert record.result is not None
    assert record.result.value == Decimal("25.2617")


def test_a_value_in_another_unit_is_never_converted_but_stays_in_the_report() -> None:
    found = result(observation(code=concept("2160-0", "Creatinine"), valueQuantity=quantity(0.9, "mg/dL")))

    assert found is not None
    assert (found.test_code, found.value, found.unit) == ("creatinine-egfr", None, None)
    assert found.report == "0.9 mg/dL"


def test_the_same_test_in_its_own_unit_keeps_the_value() -> None:
    found = result(observation(code=concept("33914-3", "eGFR"), valueQuantity=quantity(88, "mL/min/{1.73_m2}")))

    assert found is not None
    assert (found.test_code, found.value, found.unit, found.report) == (
        "creatinine-egfr",
        Decimal(88),
        "mL/min/{1.73_m2}",
        "",
    )


def test_the_unit_s_code_counts_not_how_it_is_printed() -> None:
    value = quantity(21.5, "kg/m2") | {"unit": "kilograms per square meter"}

    found = result(observation(valueQuantity=value))

    assert found is not None
    assert (found.value, found.unit) == (Decimal("21.5"), "kg/m2")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (quantity(21.5, "kg/m2", comparator=">"), ">21.5 kg/m2"),
        (quantity(10**10, "kg/m2"), "10000000000 kg/m2"),
        ({"value": 21.5}, "21.5"),
    ],
)
def test_what_is_no_plain_number_of_the_unit_stays_in_the_report(value: Json, told: str) -> None:
    found = result(observation(valueQuantity=value))

    assert found is not None
    assert (found.value, found.unit, found.report) == (None, None, told)


@pytest.mark.parametrize("code", ["85354-9", "55284-4"])
def test_a_blood_pressure_is_a_result_in_words(code: str) -> None:
    parts = [
        {"code": concept("8480-6", "Systolic"), "valueQuantity": quantity(120, "mm[Hg]")},
        {"code": concept("8462-4", "Diastolic"), "valueQuantity": quantity(80, "mm[Hg]")},
    ]

    found = result(observation(code=concept(code, "Blood pressure"), valueQuantity=None, component=parts))

    assert found is not None
    assert (found.test_code, found.value, found.report) == ("blood-pressure", None, "120/80 mm[Hg]")


@pytest.mark.parametrize(
    "elements",
    [
        {"valueQuantity": None},
        {"valueQuantity": None, "dataAbsentReason": concept("not-performed", "Not performed")},
        {"valueQuantity": None, "component": []},
        {"valueQuantity": {}},
    ],
)
def test_an_observation_without_a_finding_is_no_result(elements: dict[str, Any]) -> None:
    record = read_record(observation(**elements))

    assert record.result is None
    assert record.mapped_to == "body-mass-index"


def test_why_a_value_is_absent_is_kept_in_the_chart() -> None:
    absent = concept(
        "not-performed", "Not performed", system="http://terminology.hl7.org/CodeSystem/data-absent-reason"
    )

    record = read_record(observation(valueQuantity=None, dataAbsentReason=absent))

    assert record.value_text == "No value: Not performed"


def test_a_panel_is_a_result_though_its_values_stand_elsewhere() -> None:
    members = [{"reference": "Observation/elsewhere"}]
    panel = observation(code=concept("24331-1", "Lipid panel"), valueQuantity=None, hasMember=members)

    found = result(panel)

    assert found is not None
    assert (found.test_code, found.report) == ("fasting-lipid-panel", "")


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        (["N"], "normal"),
        (["H"], "abnormal"),
        (["LL"], "abnormal"),
        (["A"], "abnormal"),
        (["POS"], None),
        (["X", "N"], "normal"),
        ([], None),
    ],
)
def test_an_interpretation_becomes_an_outcome_where_it_is_plain(codes: list[str], outcome: str | None) -> None:
    found = result(observation(interpretation=[concept(code) for code in codes]))

    assert found is not None
    assert found.outcome == outcome


def test_the_range_reported_with_the_value_is_kept() -> None:
    limits = [{"low": quantity(18.5, "kg/m2"), "high": quantity(25, "kg/m2")}]

    found = result(observation(referenceRange=limits))

    assert found is not None
    assert found.reference_range == "18.5 kg/m2–25 kg/m2"
    cut = result(observation(referenceRange=[{"text": "r" * 90}]))
    assert cut is not None
    assert cut.reference_range == "r" * 80


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("final", "final"), ("amended", "amended"), ("corrected", "corrected"), ("preliminary", "preliminary"),
        ("registered", "registered"), ("unknown", "unknown"), ("made-up", "unknown"), (None, "unknown"), (7, "unknown"),
    ],
)  # fmt: skip
def test_the_status_is_kept_and_an_unknown_one_counts_for_nothing(status: object, kept: str) -> None:
    found = result(observation(status=status))

    assert found is not None
    assert found.status == kept


@pytest.mark.parametrize(("status", "reason"), [("entered-in-error", "entered in error"), ("cancelled", "not done")])
@pytest.mark.parametrize("make", [observation, report, imaging, encounter])
def test_what_was_taken_back_or_called_off_is_counted_and_not_stored(make: Any, status: str, reason: str) -> None:
    resource = make(status=status)

    assert reasons(resource) == {resource["resourceType"]: {reason: 1}}


@pytest.mark.parametrize(
    ("elements", "day"),
    [
        ({"effectiveDateTime": "2024-05-14T23:30:00-10:00"}, date(2024, 5, 14)),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2024-05-13", "end": "2024-05-14"}},
            date(2024, 5, 13),
        ),
        ({"effectiveDateTime": None, "effectiveInstant": "2024-05-14T10:00:00Z"}, date(2024, 5, 14)),
        ({"effectiveDateTime": None, "issued": "2024-05-16T10:00:00Z"}, date(2024, 5, 16)),
    ],
)
def test_an_observation_is_dated_by_its_effect_and_only_then_by_its_issue(elements: dict[str, Any], day: date) -> None:
    assert read_record(observation(**elements)).occurred_on == day


def test_a_partial_date_counts_from_its_first_day_and_says_so() -> None:
    found = result(observation(effectiveDateTime="2024-05"))

    assert found is not None
    assert found.performed_on == date(2024, 5, 1)
    assert found.report == "Dated 2024-05 at its source, of which the first day stands here"


@pytest.mark.parametrize(
    "resource",
    [
        observation(effectiveDateTime=None),
        observation(effectiveDateTime="soon"),
        procedure(performedPeriod=None),
        procedure(performedPeriod=None, performedString="last year"),
        report(effectiveDateTime=None),
        imaging(started=None),
        encounter(period=None),
        encounter(period={}),
    ],
)
def test_without_a_date_it_is_skipped(resource: Json) -> None:
    assert reasons(resource) == {resource["resourceType"]: {"no date": 1}}


def _encounter_of_no_kind() -> Json:
    return {key: value for key, value in encounter(type=None).items() if key != "class"}


@pytest.mark.parametrize(
    "resource",
    [observation(code=None), procedure(code={}), report(code={"coding": []}), imaging(procedureCode=None),
     _encounter_of_no_kind()],
)  # fmt: skip
def test_without_a_code_it_is_skipped(resource: Json) -> None:
    assert reasons(resource) == {resource["resourceType"]: {"no code": 1}}


@pytest.mark.parametrize("make", [observation, procedure, report, encounter])
def test_a_code_in_words_alone_is_kept_as_words_and_maps_to_nothing(make: Any) -> None:
    given = {"type": [concept(text="Visit")]} if make is encounter else {"code": concept(text="Blood typing")}

    record = read_record(make(**given))

    assert (record.code, record.mapped_to, record.result) == ("", "", None)
    assert record.display in ("Blood typing", "Visit")


def test_of_several_codes_the_one_of_a_test_is_kept() -> None:
    both = {"coding": [{"system": "http://local.example", "code": "BMI"}, {"system": LOINC, "code": "39156-5"}]}

    record = read_record(observation(code=both))

    assert (record.code_system, record.code, record.mapped_to) == (LOINC, "39156-5", "body-mass-index")


def test_a_code_of_another_system_is_not_mistaken_for_loinc() -> None:
    assert result(observation(code=concept("39156-5", "Something", system="http://local.example"))) is None


def test_a_system_by_its_object_identifier_is_the_same_system() -> None:
    found = result(observation(code=concept("39156-5", system="urn:oid:2.16.840.1.113883.6.1")))

    assert found is not None


def test_a_completed_procedure_that_is_a_test_is_a_final_result() -> None:
    record = read_record(procedure(outcome=concept(text="Nothing abnormal seen")))

    assert record.result == ResultRecord(
        test_code="colonoscopy", performed_on=date(2023, 2, 1), status="final", report="Nothing abnormal seen"
    )
    assert (record.status, record.value_text) == ("completed", "Nothing abnormal seen")


@pytest.mark.parametrize("status", ["preparation", "in-progress", "on-hold", "stopped", "unknown", None])
def test_a_procedure_that_is_not_completed_is_no_result(status: str | None) -> None:
    record = read_record(procedure(status=status))

    assert (record.result, record.mapped_to) == (None, "colonoscopy")


def test_a_procedure_that_was_not_done_is_counted_as_that() -> None:
    assert reasons(procedure(status="not-done")) == {"Procedure": {"not done": 1}}


def test_treatment_is_kept_in_the_chart_and_never_turned_into_an_exposure() -> None:
    record = read_record(
        procedure(code=concept("703423002", "Combined chemotherapy and radiation therapy", system=SNOMED))
    )

    assert (record.mapped_to, record.result, record.diagnosis) == ("", None, None)


def test_a_report_is_a_result_with_its_conclusion() -> None:
    record = read_record(report(conclusion="All within range"))

    assert record.result == ResultRecord(
        test_code="fasting-lipid-panel", performed_on=date(2024, 5, 14), status="final", report="All within range"
    )
    assert record.value_text == "All within range"


def test_a_long_conclusion_is_cut_in_the_chart_and_whole_in_the_report() -> None:
    record = read_record(report(conclusion="w" * 900))

    assert len(record.value_text) == 400
    assert record.result is not None
    assert len(record.result.report) == 900


def test_an_available_study_of_a_known_procedure_is_a_result() -> None:
    record = read_record(imaging(description="No nodule"))

    assert (record.mapped_to, record.occurred_on, record.status) == ("chest-ct", date(2022, 9, 30), "available")
    assert record.result is not None
    assert (record.result.status, record.result.report) == ("final", "No nodule")


@pytest.mark.parametrize("status", ["registered", "unknown", None])
def test_a_study_that_is_not_available_is_no_result(status: str | None) -> None:
    assert read_record(imaging(status=status)).result is None


def test_a_study_without_a_procedure_is_kept_by_modality_and_site() -> None:
    dcm = "http://dicom.nema.org/resources/ontology/DCM"
    series = [
        {"modality": {"system": dcm, "code": "DX", "display": "Digital Radiography"}, "bodySite": {"display": "Ankle"}}
    ]

    record = read_record(imaging(procedureCode=None, series=series))

    assert (record.code_system, record.code, record.display) == (dcm, "DX", "Digital Radiography, Ankle")
    assert (record.mapped_to, record.result) == ("", None)


@pytest.mark.parametrize(
    ("elements", "display"),
    [
        ({"modality": [{"system": "dcm", "code": "CT"}]}, "CT"),
        ({"series": [{"modality": {"code": "MR"}, "bodySite": "knee"}]}, "MR"),
        ({"description": "Outside film"}, "Outside film"),
        ({"series": "nonsense", "description": "Outside film"}, "Outside film"),
    ],
)
def test_what_was_imaged_is_told_by_what_there_is(elements: dict[str, Any], display: str) -> None:
    assert read_record(imaging(procedureCode=None, **elements)).display == display


def test_an_encounter_is_kept_with_its_kind_and_reason_and_is_no_result() -> None:
    record = read_record(encounter(reasonCode=[concept("1", "Fever"), {}, concept(text="Cough")]))

    assert (record.code, record.display, record.status) == ("185349003", "Encounter for check up", "finished")
    assert (record.value_text, record.occurred_on, record.result) == ("Fever; Cough", date(2024, 5, 14), None)


def test_even_an_encounter_coded_as_a_test_is_no_result() -> None:
    assert read_record(encounter(type=[concept("73761001", "Colonoscopy", system=SNOMED)])).result is None


def test_an_encounter_without_a_type_is_kept_by_its_class() -> None:
    assert read_record(encounter(type=[{}])).code == "AMB"


def test_what_is_dated_after_today_or_before_birth_is_skipped() -> None:
    today = date(2026, 11, 23)
    days = {"obs-1": "2026-11-24", "obs-2": "2026-11-23", "obs-3": "2007-03-04", "obs-4": "2007-03-05"}

    found = read(patient(), *(observation(key, effectiveDateTime=day) for key, day in days.items()), today=today)

    assert [each.external_id for each in found.people[0].entries] == ["obs-4", "obs-2"]
    assert dict(found.tallies["Observation"].reasons) == {"date in the future": 1, "date before birth": 1}


@pytest.mark.parametrize(("day", "counts"), [("2024-05-13", True), ("2024-05-14", True), ("2024-05-15", False)])
def test_nothing_done_after_a_death_is_a_result(day: str, counts: bool) -> None:
    record = read_record(observation(effectiveDateTime=day), deceasedDateTime="2024-05-14T10:00:00Z")

    assert (record.result is not None) == counts
    assert record.occurred_on == date.fromisoformat(day)
