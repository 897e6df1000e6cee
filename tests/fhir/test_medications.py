"""Medicines given, taken or ordered: what becomes cancer treatment, what a medicine taken, and what only a chart entry."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import ICD_10, SNOMED, concept, quantity
from tests.fhir.treatment_builders import (
    LEUKEMIA,
    RXNORM,
    Json,
    administration,
    entry_of,
    intent,
    named,
    order,
    profile,
    read_one,
    skipped,
    statement,
    values_of,
)
from tracker.engine.partial_dates import PartialDate

REQUEST = profile("mcode-cancer-related-medication-request")
PREDNISONE = concept("8640", "predniSONE", system=RXNORM)


def sections(resource: Json) -> list[str]:
    return [each.section for each in read_one(resource).entries]


# What was given


def test_an_order_that_was_completed_was_given_its_dose_unknown() -> None:
    found = order(
        dosageInstruction=[
            {
                "timing": {"repeat": {"boundsPeriod": {"start": "2015-02-04", "end": "2015-03-04"}}},
                "doseAndRate": [{"doseQuantity": quantity(2, "mg")}],
                "route": concept("47625008", system=SNOMED),
            }
        ]
    )

    record = read_one(found)

    [entry] = record.entries
    assert (record.mapped_to, record.status, record.value_text, record.on_treatment) == (
        "vincristine",
        "completed",
        "2 mg",
        "",
    )
    assert entry.section == "drugs"
    assert entry.values == {
        "agent": "vincristine",
        "route": "iv",
        "started_on": PartialDate(2015, 2, 4),
        "ended_on": PartialDate(2015, 3, 4),
        "note": "Ordered: 2 mg",
    }


def test_without_any_other_day_the_first_is_the_day_of_the_order_and_the_note_says_so() -> None:
    entry = entry_of(order())

    assert entry.values["started_on"] == PartialDate(2015, 2, 3)
    assert entry.values["note"] == "The first day is the day of the order, 2015-02-03"


def test_an_administration_tells_the_dose_that_was_given() -> None:
    assert values_of(administration()) == {
        "agent": "vincristine",
        "dose": Decimal("1.5"),
        "unit": "mg/m2",
        "single_dose": Decimal("1.5"),
        "route": "iv",
        "started_on": PartialDate(2015, 2, 4),
        "ended_on": PartialDate(2015, 2, 4),
    }


@pytest.mark.parametrize(
    ("told", "dose", "unit"),
    [
        (quantity(Decimal("932.59"), "mg"), Decimal("932.59"), "mg"),
        (quantity(2, "g/m2"), Decimal(2), "g/m2"),
        (quantity(1500, "ug"), Decimal("1.5"), "mg"),
        (quantity(Decimal("0.05"), "mg/kg"), Decimal("0.05"), "mg/kg"),
        ({"value": 2, "unit": "mg"}, Decimal(2), "mg"),
        (quantity(Decimal("1.23456"), "mg"), Decimal("1.2346"), "mg"),
    ],
)
def test_a_dose_is_kept_in_a_unit_that_the_record_has(told: Json, dose: Decimal, unit: str) -> None:
    values = values_of(administration(dosage={"dose": told}))

    assert (values["dose"], values["unit"]) == (dose, unit)


@pytest.mark.parametrize(
    "told",
    [
        quantity(10, "mL"),
        quantity(1, "{tbl}"),
        quantity(15, "[U]"),
        quantity(30, "[iU]"),
        quantity(2, "mg") | {"comparator": ">"},
        quantity(2, "mg") | {"system": "http://other.example"},
        quantity(0, "mg"),
        quantity(-2, "mg"),
        quantity("2", "mg"),
        quantity(True, "mg"),
        quantity(Decimal("1e30"), "mg"),
        {"value": 2},
        "2 mg",
        None,
    ],
)
def test_any_other_dose_is_unknown_and_the_medicine_was_given_all_the_same(told: object) -> None:
    values = values_of(administration(dosage={"dose": told}))

    assert values["agent"] == "vincristine"
    assert values.keys().isdisjoint({"dose", "unit", "single_dose"})


def test_a_dose_that_cannot_be_kept_stands_in_the_note() -> None:
    entry = entry_of(administration(dosage={"dose": quantity(10, "mL")}))

    assert entry.values["note"] == "Given: 10 mL"


@pytest.mark.parametrize(("unit", "known"), [("[U]", True), ("[U]/m2", True), ("mg", False)])
def test_what_is_dosed_in_units_has_no_dose_in_milligrams(unit: str, known: bool) -> None:
    bleomycin = concept("1622", "bleomycin", system=RXNORM)
    found = values_of(administration(medicationCodeableConcept=bleomycin, dosage={"dose": quantity(15, unit)}))

    assert ("dose" in found) is known


@pytest.mark.parametrize("status", ["stopped", "in-progress", "on-hold"])
def test_of_an_administration_that_was_not_completed_the_dose_is_unknown(status: str) -> None:
    values = values_of(administration(status=status))

    assert values["agent"] == "vincristine"
    assert "dose" not in values


@pytest.mark.parametrize(
    ("route", "code"),
    [
        (concept("47625008", system=SNOMED), "iv"),
        (concept("26643006", system=SNOMED), "po"),
        (concept("78421000", system=SNOMED), "im"),
        (concept("34206005", system=SNOMED), "sc"),
        (concept("72607000", system=SNOMED), "it"),
        (concept("1", "Intrathecal route (qualifier value)", system=SNOMED), "it"),
        ({"text": "by mouth"}, "po"),
        (concept("9", "Up the nose", system=SNOMED), "other"),
        ({}, None),
        (5, None),
    ],
)
def test_a_route_is_kept_in_the_words_of_the_record(route: object, code: str | None) -> None:
    assert values_of(administration(dosage={"route": route})).get("route") == code


@pytest.mark.parametrize(
    ("elements", "started", "ended"),
    [
        ({"effectiveDateTime": "2015"}, PartialDate(2015), PartialDate(2015)),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2015-02", "end": "2015-03-01"}},
            PartialDate(2015, 2),
            PartialDate(2015, 3, 1),
        ),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2015-02", "end": "2014"}},
            PartialDate(2015, 2),
            None,
        ),
        ({"effectiveDateTime": "soon"}, None, None),
        ({"effectiveDateTime": "0001-01-01"}, None, None),
        ({"effectiveDateTime": None}, None, None),
    ],
)
def test_days_are_known_as_far_as_they_are_told(
    elements: Json, started: PartialDate | None, ended: PartialDate | None
) -> None:
    values = values_of(administration(**elements))

    assert (values.get("started_on"), values.get("ended_on")) == (started, ended)


def test_a_statement_of_what_was_taken_has_its_years() -> None:
    assert values_of(statement()) == {
        "agent": "mercaptopurine",
        "started_on": PartialDate(2015),
        "ended_on": PartialDate(2017, 3),
    }


def test_the_reason_leads_to_the_diagnosis_and_is_handed_on_as_written() -> None:
    reason = [{"reference": "Observation/1"}, {"reference": "#inside"}, {"reference": "Condition/con-1"}]

    assert entry_of(order(reasonReference=reason)).diagnosis == "Condition/con-1"
    assert entry_of(order(reasonReference=[{"reference": "urn:uuid:1"}])).diagnosis == "urn:uuid:1"
    assert entry_of(order()).diagnosis == ""


def test_a_palliative_intent_is_when_in_the_treatment() -> None:
    assert values_of(order(extension=[intent("363676003")]))["timing"] == "palliative"
    assert "timing" not in values_of(order(extension=[intent("373808002")]))


def test_the_note_keeps_the_words_of_the_source() -> None:
    found = order(
        medicationCodeableConcept=concept("1", "vinCRIStine sulfate 1 MG/ML Injection", system=RXNORM),
        status="stopped",
        statusReason={"text": "Neuropathy"},
        note=[{"text": "Foot drop."}, {"text": ""}, 5],
        dosageInstruction=[{"text": "1.5 mg/m2 weekly", "doseAndRate": [{"doseQuantity": quantity(2, "mg")}]}],
    )

    assert entry_of(found).values["note"] == (
        "At its source: vinCRIStine sulfate 1 MG/ML Injection\nOrdered: 1.5 mg/m2 weekly, 2 mg\n"
        "The first day is the day of the order, 2015-02-03\nStopped: Neuropathy\nFoot drop."
    )


def test_a_very_long_note_is_cut_to_its_column() -> None:
    assert len(str(entry_of(order(note=[{"text": "a" * 9000}])).values["note"])) == 4000


# What was not given


@pytest.mark.parametrize("status", ["draft", "unknown", "something"])
def test_an_order_of_which_nobody_knows_what_became_is_a_chart_entry_alone(status: str) -> None:
    record = read_one(order(status=status))

    assert (record.entries, record.on_treatment, record.mapped_to) == ((), "", "vincristine")


@pytest.mark.parametrize("kind", ["proposal", "plan", "option", "", None, 5])
def test_a_plan_is_no_treatment(kind: object) -> None:
    record = read_one(order(intent=kind, status="active"))

    assert (record.entries, record.on_treatment) == ((), "")


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (order(status="entered-in-error"), "entered in error"),
        (order(status="cancelled"), "not done"),
        (order(doNotPerform=True), "not done"),
        (administration(status="not-done"), "not done"),
        (administration(status="entered-in-error"), "entered in error"),
        (statement(status="not-taken"), "not done"),
        (statement(status="entered-in-error"), "entered in error"),
        (order(medicationCodeableConcept=None), "no code"),
        (order(medicationCodeableConcept={}), "no code"),
        (order(medicationCodeableConcept=None, medicationReference={"reference": "Medication/1"}), "no code"),
    ],
)
def test_what_did_not_happen_is_counted_and_not_stored(resource: Json, reason: str) -> None:
    assert skipped(resource) == reason


@pytest.mark.parametrize("status", ["intended", "unknown"])
def test_what_somebody_means_to_take_was_not_taken(status: str) -> None:
    assert read_one(statement(status=status)).entries == ()


def test_an_unknown_administration_is_a_chart_entry_alone() -> None:
    assert read_one(administration(status="unknown")).entries == ()


# What goes on


@pytest.mark.parametrize(
    "resource",
    [
        order(status="active"),
        order(status="on-hold"),
        administration(status="in-progress"),
        statement(status="active", medicationCodeableConcept=named("Vincristine")),
    ],
)
def test_a_cancer_medicine_under_way_is_said(resource: Json) -> None:
    record = read_one(resource)

    assert record.on_treatment == "Cancer medicine under way: Vincristine"
    assert [each.section for each in record.entries] == ["drugs"]


def test_the_end_that_was_planned_of_what_goes_on_or_was_stopped_is_not_its_end() -> None:
    planned = [{"timing": {"repeat": {"boundsPeriod": {"start": "2015-02-04", "end": "2030-01-01"}}}}]

    for status in ("active", "stopped"):
        assert "ended_on" not in values_of(order(status=status, dosageInstruction=planned))
    assert values_of(order(dosageInstruction=planned))["ended_on"] == PartialDate(2030, 1, 1)


@pytest.mark.parametrize(
    "medicine",
    [PREDNISONE, named("Tamoxifen"), named("Leucovorin"), named("Tacrolimus"), named("Isotretinoin"), named("Aspirin")],
)
def test_what_others_take_too_is_no_sign_of_cancer_treatment(medicine: Json) -> None:
    record = read_one(order(status="active", medicationCodeableConcept=medicine))

    assert record.on_treatment == ""
    assert [each.section for each in record.entries] == ["medications"]


def test_a_steroid_of_a_cancer_treatment_is_a_cancer_medicine_and_still_no_sign_that_it_goes_on() -> None:
    record = read_one(order(status="active", medicationCodeableConcept=PREDNISONE, meta=REQUEST))

    assert [each.section for each in record.entries] == ["drugs"]
    assert record.on_treatment == ""


# Why it was given


@pytest.mark.parametrize(
    ("elements", "section"),
    [
        ({}, "medications"),
        ({"meta": REQUEST}, "drugs"),
        ({"meta": {"profile": [f"{REQUEST['profile'][0]}|4.0.0"]}}, "drugs"),
        ({"meta": REQUEST, "extension": [intent("399707004")]}, "medications"),
        ({"extension": [intent("373808002")]}, "drugs"),
        ({"extension": [intent("363676003")]}, "drugs"),
        ({"extension": [intent("129428001")]}, "medications"),
        ({"reasonCode": [LEUKEMIA]}, "drugs"),
        ({"reasonCode": [concept("C91.00", "ALL", system=ICD_10)]}, "drugs"),
        ({"reasonCode": [{"text": "Acute lymphoblastic leukemia"}]}, "drugs"),
        ({"reasonCode": [{"text": "Nausea due to chemotherapy of cancer"}]}, "medications"),
        ({"reasonCode": [{"text": "Asthma"}]}, "medications"),
        ({"reasonReference": [{"reference": "Condition/1", "display": "Hodgkin lymphoma"}]}, "drugs"),
        ({"reasonReference": [{"reference": "Condition/1"}]}, "medications"),
        (
            {
                "contained": [{"resourceType": "Condition", "id": "c", "code": LEUKEMIA}],
                "reasonReference": [{"reference": "#c"}],
            },
            "drugs",
        ),
    ],
)
def test_a_steroid_is_a_cancer_medicine_only_for_a_cancer(elements: dict[str, Any], section: str) -> None:
    assert sections(order(status="active", medicationCodeableConcept=PREDNISONE, **elements)) == [section]


@pytest.mark.parametrize("name", ["Tacrolimus", "Cyclosporine", "Mycophenolate", "Azathioprine", "Isotretinoin"])
def test_what_is_given_for_other_diseases_too_needs_a_cancer_as_its_reason(name: str) -> None:
    medicine = {"medicationCodeableConcept": named(name), "status": "active"}

    assert sections(order(**medicine)) == ["medications"]
    assert sections(order(reasonCode=[LEUKEMIA], **medicine)) == ["drugs"]


@pytest.mark.parametrize(
    ("reason", "section"),
    [
        ("Rheumatoid arthritis", "medications"),
        ("Psoriasis", "medications"),
        ("Acute lymphoblastic leukemia", "drugs"),
        ("Langerhans cell histiocytosis", "drugs"),
        ("Conditioning before bone marrow transplantation", "drugs"),
        ("Encounter for chemotherapy", "drugs"),
        ("Neoplasm", "drugs"),
    ],
)
def test_methotrexate_for_what_is_certainly_no_cancer_is_a_medicine_taken(reason: str, section: str) -> None:
    medicine = concept("6851", "methotrexate", system=RXNORM)

    found = order(status="active", medicationCodeableConcept=medicine, reasonCode=[{"text": reason}])

    assert sections(found) == [section]
    assert (read_one(found).on_treatment == "") is (section == "medications")


def test_a_code_for_chemotherapy_or_a_tumor_leaves_open_what_the_words_do_not_say() -> None:
    for code in ("Z51.11", "D47.9", "C80.1"):
        assert sections(order(reasonCode=[concept(code, "Visit", system=ICD_10)])) == ["drugs"]
    assert sections(order(status="active", reasonCode=[concept("M06.9", "Visit", system=ICD_10)])) == ["medications"]


@pytest.mark.parametrize("text", ["fluorouracil 50 MG/ML Topical Cream", "mitomycin ophthalmic solution"])
def test_what_is_put_on_a_place_is_no_cancer_treatment(text: str) -> None:
    medicine = {"coding": [{"system": RXNORM, "code": "4492"}], "text": text}

    assert sections(order(status="active", medicationCodeableConcept=medicine, meta=REQUEST)) == ["medications"]
