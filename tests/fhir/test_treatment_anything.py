"""Whatever a file holds anywhere, the readers of treatment give an entry that can be kept, or skip it: never a crash."""

import json
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.builders import ICD_10, SNOMED, codes, concept, condition, quantity
from tests.fhir.treatment_builders import (
    CHANGE,
    GENE_TP53,
    READERS,
    SOMATIC,
    Json,
    administration,
    beam,
    course,
    extension,
    fact,
    operation,
    order,
    profile,
    read_one,
    sample,
    shelf,
    statement,
    variant,
    volume,
)
from tests.shared import need_shared
from tracker.fhir.values import Skipped
from tracker.services.import_records import ChartRecord
from tracker.services.sections.checks import Surroundings, check_entry
from tracker.services.sections.entries import EntryInput
from tracker.services.sections.registry import section

SITE = concept("64033007", "Kidney", system=SNOMED) | {
    "extension": [extension("mcode-laterality-qualifier", valueCodeableConcept=concept("7771000", system=SNOMED))]
}
WHOLE: list[Json] = [
    order(
        status="active",
        statusReason={"text": "why"},
        reasonCode=[{"text": "Hodgkin lymphoma"}],
        reasonReference=[{"reference": "Condition/1", "display": "x"}],
        note=[{"text": "note"}],
        medicationReference={"reference": "#m"},
        contained=[{"resourceType": "Medication", "id": "m", "ingredient": [{"itemCodeableConcept": {"text": "x"}}]}],
        dosageInstruction=[
            {
                "text": "daily",
                "timing": {"event": ["2015"], "repeat": {"boundsPeriod": {"start": "2015", "end": "2016"}}},
                "route": {"text": "by mouth"},
                "doseAndRate": [{"doseQuantity": quantity(2, "mg")}],
            }
        ],
    ),
    administration(meta=profile("mcode-cancer-related-medication-administration")),
    statement(dosage=[{"text": "daily"}]),
    course(volume("v", "78904004", "Chest wall", "7771000"), beams=beam("1156506007"), bodySite=[SITE]),
    operation(bodySite=[SITE], location={"display": "x"}, complication=[{"text": "x"}], note=[{"text": "x"}]),
    condition(
        bodySite=[SITE],
        meta=profile("mcode-primary-cancer-condition"),
        stage=[{"summary": concept("1", "AJCC stage IIB", system=SNOMED), "type": concept("1"), "assessment": []}],
        extension=[extension("mcode-histology-morphology-behavior", valueCodeableConcept=concept("51549004"))],
    ),
    condition(
        code=concept("C79.31", "Secondary malignant neoplasm of brain", system=ICD_10),
        bodySite=[SITE],
        extension=[
            {"url": "http://hl7.org/fhir/StructureDefinition/condition-related", "valueReference": {"reference": "x"}}
        ],
    ),
    fact(concept("399537006", system=SNOMED), concept("1", "AJCC stage IIB"), focus=[{"reference": "Condition/1"}]),
    fact(concept("21889-1"), component=[{"code": concept("33728-7"), "valueQuantity": quantity(3, "cm")}]),
    fact(concept("44648-4"), concept("1", "Nottingham grade 2"), method=concept("1149430001", system=SNOMED)),
    variant(
        GENE_TP53,
        CHANGE,
        SOMATIC,
        contained=[{"resourceType": "Specimen", "id": "s", "type": concept("TUMOR"), "collection": {"bodySite": SITE}}],
        specimen={"reference": "#s"},
        performer=[{"reference": "Organization/1", "display": "Lab"}],
    ),
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BORN, TODAY = date(1900, 1, 1), date(9999, 12, 31)


@lru_cache(maxsize=1)
def surroundings() -> Surroundings:
    known = codes()
    return Surroundings(known.pack, known.catalogue, birth_date=BORN, today=TODAY)


def check(record: ChartRecord) -> None:
    """Everything that is handed over can be kept: the columns hold it, and the checks of its part have nothing against
    it but questions."""
    assert max(map(len, (record.code_system, record.mapped_to))) <= 200
    assert len(record.code) <= 80
    assert max(map(len, (record.display, record.value_text))) <= 400
    assert len(record.status) <= 40
    for each in record.entries:
        problems = check_entry(section(each.section), EntryInput(each.values), surroundings())
        assert [each for each in problems if not each.question and not _is_refused_before(each.message)] == []
    for each in record.entries:
        assert len(each.part) <= 120
    if record.tumor is not None:
        assert record.tumor.values
        assert all(value not in ("", None) for value in record.tumor.values.values())


def _is_refused_before(message: str) -> bool:
    """A day before the birth, or a character that no file may hold: other parts of the import see to these."""
    return "before the date of birth" in message or "cannot be stored" in message


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every element of a resource."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, held in inner for found in places(held, (*path, key)))]


def changed(resource: Json, path: tuple[Any, ...], value: object) -> Json:
    """The resource with something else at one place."""
    copy = json.loads(json.dumps(resource, default=str))
    held: Any = copy
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] = value
    return dict(copy)


def readable(resource: Json) -> None:
    """Read, or skipped for a reason; and what is read can be kept."""
    try:
        record = read_one(resource)
    except Skipped as skipped:
        assert skipped.reason
        return
    check(record)


@pytest.mark.parametrize("resource", WHOLE, ids=lambda each: f"{each['resourceType']}-{each['id']}")
def test_what_is_whole_can_be_kept(resource: Json) -> None:
    record = read_one(resource)

    assert record.entries or record.tumor
    check(record)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_anything_anywhere_is_read_or_skipped(data: st.DataObject) -> None:
    resource = data.draw(st.sampled_from(WHOLE))
    path = data.draw(st.sampled_from([each for each in places(resource) if each and each[0] != "resourceType"]))

    readable(changed(resource, path, data.draw(ANYTHING)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.dictionaries(st.text(max_size=12), ANYTHING, max_size=6), ANYTHING)
def test_a_resource_of_nothing_but_strange_elements_is_read_or_skipped(kind: str, strange: Json, value: object) -> None:
    names = ("code", "status", "medicationCodeableConcept", "extension", "contained", "component", "bodySite", "stage")

    readable({**strange, **dict.fromkeys(names, value), "resourceType": kind})
    readable({**strange, "resourceType": kind, "status": "completed", "code": {"text": "x"}, "contained": value})


def hostile() -> list[str]:
    strings: list[str] = json.loads((need_shared("data", "strings") / "blns.json").read_text(encoding="utf-8"))
    return [each for each in strings if each.strip()]


def test_hostile_strings_come_through_every_text_unchanged() -> None:
    for text in hostile():
        taken = read_one(order(status="active", medicationCodeableConcept={"text": text}, note=[{"text": text}]))
        check(taken)
        assert taken.display == text[:400]
        given_drug = read_one(administration(note=[{"text": text}]))
        check(given_drug)
        assert text[:100] in str(given_drug.entries[0].values["note"])
        operated = read_one(operation(bodySite=[{"text": text}], note=[{"text": text}], location={"display": text}))
        check(operated)
        assert operated.entries[0].values["place"] == text[:120]
        found = read_one(variant(GENE_TP53, CHANGE, SOMATIC, method={"text": text}))
        check(found)


def test_hostile_strings_in_codes_and_references_are_read_or_skipped() -> None:
    for text in hostile():
        for resource in WHOLE:
            readable(resource | {"status": "completed", "focus": [{"reference": text}], "bodySite": [{"text": text}]})
            readable(resource | {"code": concept(text, text, system=text), "reasonCode": [{"text": text}]})
            readable(resource | {"contained": [{"id": text, "resourceType": text}]})


@pytest.mark.parametrize("person", ["jenny-m", "john-anyperson", "lucy-child"])
def test_every_example_of_mcode_can_be_kept(person: str) -> None:
    folder = need_shared("data", "fhir-mcode", person)
    kinds = [path for path in shelf(folder) if path.split("/")[0] in READERS]

    assert kinds
    for path in kinds:
        check(sample(folder, path))


def test_every_official_example_is_read_or_skipped() -> None:
    folder = need_shared("data", "fhir-r4-official")
    seen = 0
    for path in sorted(folder.rglob("*.json")):
        resource = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        held = [each.get("resource") for each in resource.get("entry", [])] if isinstance(resource, dict) else []
        for each in [resource, *held]:
            if isinstance(each, dict) and each.get("resourceType") in READERS:
                readable(each)
                seen += 1

    assert seen > 20
