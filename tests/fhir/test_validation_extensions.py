"""An extension may hold a value of any type: one of each, sound, passes both validators; one of each, broken, does not."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.fhir.builders import patient
from tests.fhir.validating import needs_node
from tracker.fhir.validation import Validators

UCUM = "http://unitsofmeasure.org"
URL = "https://clinic.example/x"
SOUND: dict[str, object] = {
    "Base64Binary": "aGFzaA==",
    "Boolean": False,
    "Canonical": "http://clinic.example/x|1",
    "Code": "a b",
    "Date": "2020-01",
    "DateTime": "2020-01-01T10:00:00Z",
    "Decimal": Decimal(0),
    "Id": "a.b",
    "Instant": "2020-01-01T10:00:00.000Z",
    "Integer": -5,
    "Markdown": "**x**",
    "Oid": "urn:oid:1.0.3",
    "PositiveInt": 1,
    "String": "x",
    "Time": "10:00:00",
    "UnsignedInt": 0,
    "Uri": "urn:x:y",
    "Url": "mailto:clinic@clinic.example",
    "Uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    "Address": {"use": "home", "type": "both", "text": "x", "line": ["a"], "period": {"start": "2020"}},
    "Age": {"value": 5, "unit": "a", "system": UCUM, "code": "a"},
    "Annotation": {"authorString": "x", "time": "2020", "text": "x"},
    "Attachment": {"contentType": "image/png", "size": 0, "creation": "2020"},
    "CodeableConcept": {"text": "x"},
    "Coding": {"system": URL, "code": "x", "userSelected": False},
    "ContactPoint": {"system": "phone", "value": "1", "rank": 1},
    "Count": {"value": 5, "code": "1", "system": UCUM},
    "Distance": {"value": 5, "unit": "m", "system": UCUM, "code": "m"},
    "Duration": {"value": 0, "unit": "h", "system": UCUM, "code": "h"},
    "HumanName": {"use": "maiden", "family": "x"},
    "Identifier": {"use": "old", "value": "1", "assigner": {"display": "x"}},
    "Money": {"value": 1, "currency": "EUR"},
    "Period": {"end": "2020"},
    "Quantity": {"value": Decimal("0.00"), "comparator": "<"},
    "Range": {"low": {"value": 0}, "high": {"value": 1}},
    "Ratio": {"numerator": {"value": 1}, "denominator": {"value": 2}},
    "Reference": {"reference": "Claim/1"},
    "SampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1, "data": "E L U"},
    "Signature": {
        "type": [{"code": "x"}],
        "when": "2020-01-01T10:00:00Z",
        "who": {"reference": "Practitioner/1"},
        "sigFormat": "application/jose",
    },
    "Timing": {
        "event": ["2020"],
        "repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon"], "when": ["MORN.early"]},
    },
    "ContactDetail": {"name": "x", "telecom": [{"value": "1"}]},
    "Contributor": {"type": "author", "name": "x"},
    "DataRequirement": {"type": "Patient", "dateFilter": [{"path": "x", "valueDateTime": "2020"}]},
    "Expression": {"language": "text/fhirpath", "expression": "x"},
    "ParameterDefinition": {"use": "in", "type": "string", "min": 0, "max": "1"},
    "RelatedArtifact": {"type": "citation", "url": URL},
    "TriggerDefinition": {"type": "named-event", "name": "x"},
    "UsageContext": {"code": {"code": "age"}, "valueCodeableConcept": {"text": "x"}},
    "Dosage": {"sequence": 1, "asNeededBoolean": False, "maxDosePerPeriod": {"numerator": {"value": 1}}},
    "Meta": {"versionId": "1", "profile": [URL], "tag": [{"code": "x"}]},
}


@pytest.fixture(scope="module")
def validators() -> Iterator[Validators]:
    with Validators() as made:
        yield made


@needs_node
@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_value_of_each_type_passes(validators: Validators, kind: str) -> None:
    held = [{"url": URL, f"value{kind}": SOUND[kind]}]

    assert validators.check(patient(extension=held), "") == []
    assert validators.check(patient(_birthDate={"extension": held}), "") == []
    assert validators.check(patient(contained=[patient(id="p", extension=held)]), "") == []


@needs_node
@pytest.mark.parametrize("kind", SOUND)
def test_a_broken_value_of_each_type_does_not(validators: Validators, kind: str) -> None:
    for broken in ([["x"]], {"nonsense": "x"}, None):
        found = validators.check(patient(extension=[{"url": URL, f"value{kind}": broken}]), "")
        assert found, broken
