"""Which medicine a resource names: taken for another reason, by code or name, mixed; and the sample people's."""

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.builders import SNOMED, concept
from tests.fhir.treatment_builders import (
    RXNORM,
    Json,
    administration,
    named,
    order,
    profile,
    read_one,
    sample,
    values_of,
)
from tests.shared import need_shared
from tracker.engine.partial_dates import PartialDate

ATC = "http://www.whocc.no/atc"
REQUEST = profile("mcode-cancer-related-medication-request")


def sections(resource: Json) -> list[str]:
    return [each.section for each in read_one(resource).entries]


# Medicines taken


def test_another_medicine_that_is_taken_is_kept_with_its_code_dose_and_reason() -> None:
    found = order(
        status="active",
        medicationCodeableConcept=concept("197361", "Amlodipine 5 MG Oral Tablet", system=RXNORM),
        reasonCode=[{"text": "Hypertension"}],
        dosageInstruction=[{"text": "1 tablet daily"}],
    )

    record = read_one(found)

    [entry] = record.entries
    assert (record.mapped_to, record.code) == ("", "197361")
    assert (entry.section, entry.part) == ("medications", "medications")
    assert {name: value for name, value in entry.values.items() if name != "note"} == {
        "name": "Amlodipine 5 MG Oral Tablet",
        "dose": "1 tablet daily",
        "reason": "Hypertension",
        "rxnorm": "197361",
        "started_on": PartialDate(2015, 2, 3),
    }


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_a_medicine_no_longer_taken_whose_end_nobody_tells_stays_in_the_chart(status: str) -> None:
    """Without an end it would read as one that is taken today."""
    assert sections(order(status=status, medicationCodeableConcept=named("Amoxicillin"))) == []


def test_a_medicine_that_was_given_once_has_its_end() -> None:
    values = values_of(administration(medicationCodeableConcept=named("Paracetamol 240mg suppository (product)")))

    assert (values["name"], values["ended_on"]) == ("Paracetamol 240mg suppository", PartialDate(2015, 2, 4))


def test_a_supportive_agent_is_a_medicine_under_its_own_code() -> None:
    record = read_one(order(status="active", medicationCodeableConcept=named("Mesna"), meta=REQUEST))

    assert record.mapped_to == "mesna"
    assert [each.section for each in record.entries] == ["medications"]


def test_long_texts_are_cut_to_their_columns() -> None:
    found = order(
        status="active",
        medicationCodeableConcept=concept("1" * 60, "x" * 390, system=RXNORM),
        dosageInstruction=[{"text": "y" * 500}],
        reasonCode=[{"text": "z" * 500}],
    )

    values = values_of(found)

    assert (len(values["name"]), len(values["dose"]), len(values["reason"])) == (200, 120, 200)
    assert "rxnorm" not in values


# Which medicine


@pytest.mark.parametrize(
    ("medicine", "agent"),
    [
        (concept("11202", system=RXNORM), "vincristine"),
        (concept("L01CA02", system=ATC), "vincristine"),
        (concept("L01CA02", system="urn:oid:2.16.840.1.113883.6.73"), "vincristine"),
        (concept("309311", "cisplatin 1 MG/ML Injectable Solution", system=RXNORM), "cisplatin"),
        ({"coding": [{"system": SNOMED, "code": "1"}, {"system": RXNORM, "code": "11202"}]}, "vincristine"),
        (named("Oncovin"), "vincristine"),
    ],
)
def test_a_medicine_is_known_by_its_code_or_its_name(medicine: Json, agent: str) -> None:
    assert values_of(order(medicationCodeableConcept=medicine))["agent"] == agent


def test_texts_that_name_two_different_agents_name_none() -> None:
    medicine = concept("1", "Vincristine", system=RXNORM, text="Vinblastine")

    assert read_one(order(medicationCodeableConcept=medicine)).mapped_to == ""


def test_the_medication_that_is_carried_along_is_read() -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": concept("11202", "vincristine", system=RXNORM)}
    found = order(
        medicationCodeableConcept=None, medicationReference={"reference": "#m"}, contained=[5, {"id": "m"}, medication]
    )

    assert (read_one(found).code, values_of(found)["agent"]) == ("11202", "vincristine")


def test_a_medication_that_is_only_named_is_read_by_its_name() -> None:
    found = order(
        medicationCodeableConcept=None, medicationReference={"reference": "Medication/9", "display": "Vincristine"}
    )

    assert values_of(found)["agent"] == "vincristine"


def ingredients(*names: str, **given: Any) -> Json:
    parts = [{"itemCodeableConcept": named(each)} for each in names]
    medication = {"resourceType": "Medication", "id": "m", "code": named("Bag 7"), "ingredient": parts} | given
    return order(medicationCodeableConcept=None, medicationReference={"reference": "#m"}, contained=[medication])


def test_a_mixture_is_its_active_ingredients_each_an_entry_of_its_own() -> None:
    record = read_one(ingredients("Methotrexate", "Cytarabine"))

    assert [(each.values["agent"], each.part) for each in record.entries] == [
        ("methotrexate", "methotrexate"),
        ("cytarabine", "cytarabine"),
    ]
    assert record.mapped_to == "methotrexate, cytarabine"


def test_a_mixture_with_an_ingredient_nobody_knows_is_none_of_them() -> None:
    assert read_one(ingredients("Methotrexate", "Wonder")).mapped_to == ""


def test_what_only_carries_the_active_ingredient_does_not_count() -> None:
    parts = [{"itemCodeableConcept": named("Vincristine")}, {"itemCodeableConcept": named("Water"), "isActive": False}]

    assert read_one(ingredients(ingredient=parts)).mapped_to == "vincristine"


def test_the_dose_of_a_mixture_belongs_to_none_of_its_agents() -> None:
    found = administration(medicationCodeableConcept=named("Vincristine / Dactinomycin"))

    assert [each.values.get("dose") for each in read_one(found).entries] == [None, None]


# The examples of mCODE


def jenny(path: str) -> Any:
    return sample(need_shared("data", "fhir-mcode", "jenny-m"), path)


def john(path: str) -> Any:
    return sample(need_shared("data", "fhir-mcode", "john-anyperson"), path)


def test_jenny_s_doxorubicin_was_given_once() -> None:
    record = jenny("MedicationAdministration/cancer-related-medication-admin-doxorubicin-jenny-m")

    [entry] = record.entries
    assert (entry.section, entry.diagnosis) == ("drugs", "Condition/primary-cancer-condition-jenny-m")
    assert {name: value for name, value in entry.values.items() if name != "note"} == {
        "agent": "doxorubicin",
        "dose": Decimal("105.96"),
        "unit": "mg",
        "route": "iv",
        "started_on": PartialDate(2018, 4, 22),
        "ended_on": PartialDate(2018, 4, 22),
    }
    assert re.match("At its source: 10 ML doxorubicin hydrochloride", str(entry.values["note"]))


@pytest.mark.parametrize(
    ("name", "agent", "dose"),
    [("cyclophosphamide", "cyclophosphamide", Decimal("932.59")), ("paclitaxel", "paclitaxel", Decimal("272.01"))],
)
def test_jenny_s_other_administrations(name: str, agent: str, dose: Decimal) -> None:
    [entry] = jenny(f"MedicationAdministration/cancer-related-medication-admin-{name}-jenny-m").entries

    assert (entry.values["agent"], entry.values["dose"], entry.values["unit"]) == (agent, dose, "mg")


def test_jenny_s_orders_go_on_and_tell_no_dose() -> None:
    record = jenny("MedicationRequest/cancer-related-medication-request-doxorubicin-jenny-m")

    [entry] = record.entries
    assert record.on_treatment == "Cancer medicine under way: Doxorubicin"
    assert entry.values == {
        "agent": "doxorubicin",
        "route": "iv",
        "started_on": PartialDate(2018, 4, 1),
        "note": "Ordered: doxorubicin (60 mg/m² IV)",
    }


def test_jenny_s_anastrozole_is_no_agent_of_the_pack_and_stands_among_the_medicines() -> None:
    record = jenny("MedicationRequest/cancer-related-medication-request-anastrozole-jenny-m")

    [entry] = record.entries
    assert (record.mapped_to, record.on_treatment, entry.section) == ("", "", "medications")
    assert entry.values["rxnorm"] == "84857"


def test_john_s_cisplatin_was_completed_then_stopped() -> None:
    completed = john("MedicationRequest/cancer-related-medication-request-cisplatin")
    stopped = john("MedicationRequest/cancer-related-medication-request-cisplatin-stopped")

    assert (completed.on_treatment, stopped.on_treatment) == ("", "")
    assert [each.values["agent"] for each in (*completed.entries, *stopped.entries)] == ["cisplatin", "cisplatin"]
    assert completed.entries[0].values["started_on"] == PartialDate(2019, 6, 15)
    assert "Ordered: calculate absolute dose on day of administration, 75 mg/m2" in completed.entries[0].values["note"]
    assert stopped.entries[0].values["started_on"] == PartialDate(2019, 5, 15)
    assert "Stopped: Treatment not tolerated (situation)" in stopped.entries[0].values["note"]


def test_john_takes_gefitinib() -> None:
    record = john("MedicationRequest/cancer-related-medication-request-gefitinib")

    [entry] = record.entries
    assert record.on_treatment == "Cancer medicine under way: Gefitinib"
    assert (entry.values["agent"], entry.values["route"]) == ("gefitinib", "po")
    assert entry.values["started_on"] == PartialDate(2019, 4, 30)
