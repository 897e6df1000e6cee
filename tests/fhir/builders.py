"""Makes FHIR R4 resources and bundles for tests: give what the story needs, the rest is invented and plain."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from tracker.fhir.bundle import read_bundle
from tracker.fhir.codes import Codes, read_codes
from tracker.guidelines.loader import load_pack
from tracker.services.import_records import ChartRecord, FileContents, PersonRecord

Json = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD_10 = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_O_3 = "http://terminology.hl7.org/CodeSystem/icd-o-3"
HOSPITAL = "https://hospital.example/mrn"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
TODAY = date(2026, 11, 23)

ANA = "11111111-1111-4111-8111-111111111111"
BEN = "22222222-2222-4222-8222-222222222222"


def concept(code: str = "", display: str = "", *, system: str = LOINC, text: str = "") -> Json:
    """A CodeableConcept of one code, or of words alone."""
    found: Json = {"coding": [{"system": system, "code": code}]} if code else {}
    if code and display:
        found["coding"][0]["display"] = display
    return found | ({"text": text} if text else {})


def identifier(value: str, *, system: str = HOSPITAL, kind: str = "MR", text: str = "") -> Json:
    """An identifier with the type code HL7 gives its kind."""
    coding = [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": kind}] if kind else []
    found: Json = {"system": system, "value": value}
    if coding or text:
        found["type"] = {"coding": coding} | ({"text": text} if text else {})
    return found


def patient(id: str = ANA, **given: Any) -> Json:  # noqa: A002
    """Ana Rivera, born 2007; ``None`` takes an element away."""
    found: Json = {
        "resourceType": "Patient",
        "id": id,
        "identifier": [identifier(f"MR-{id[:8]}")],
        "name": [{"use": "official", "family": "Rivera", "given": ["Ana"]}],
        "gender": "female",
        "birthDate": "2007-03-05",
    }
    return _without_none(found | given)


def observation(id: str = "obs-1", **given: Any) -> Json:  # noqa: A002
    """A body mass index of 21.5, measured on 2024-05-14."""
    found: Json = {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": concept("39156-5", "Body mass index"),
        "subject": {"reference": f"urn:uuid:{ANA}"},
        "effectiveDateTime": "2024-05-14",
        "valueQuantity": quantity(21.5, "kg/m2"),
    }
    return _without_none(found | given)


def quantity(value: object, unit: str, **given: Any) -> Json:
    """A quantity in a UCUM unit."""
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit} | given


def condition(id: str = "con-1", **given: Any) -> Json:  # noqa: A002
    """A leiomyosarcoma, confirmed, from 2019-08-20."""
    found: Json = {
        "resourceType": "Condition",
        "id": id,
        "clinicalStatus": concept("active", system=CLINICAL),
        "verificationStatus": concept("confirmed", system=VERIFICATION),
        "code": concept("443719001", "Leiomyosarcoma (disorder)", system=SNOMED),
        "subject": {"reference": f"urn:uuid:{ANA}"},
        "onsetDateTime": "2019-08-20",
    }
    return _without_none(found | given)


def procedure(id: str = "pro-1", **given: Any) -> Json:  # noqa: A002
    """A colonoscopy, completed on 2023-02-01."""
    found: Json = {
        "resourceType": "Procedure",
        "id": id,
        "status": "completed",
        "code": concept("73761001", "Colonoscopy", system=SNOMED),
        "subject": {"reference": f"urn:uuid:{ANA}"},
        "performedPeriod": {"start": "2023-02-01T10:00:00-05:00", "end": "2023-02-01T11:00:00-05:00"},
    }
    return _without_none(found | given)


def report(id: str = "rep-1", **given: Any) -> Json:  # noqa: A002
    """A lipid panel of 2024-05-14."""
    found: Json = {
        "resourceType": "DiagnosticReport",
        "id": id,
        "status": "final",
        "code": concept("57698-3", "Lipid panel"),
        "subject": {"reference": f"urn:uuid:{ANA}"},
        "effectiveDateTime": "2024-05-14",
    }
    return _without_none(found | given)


def imaging(id: str = "img-1", **given: Any) -> Json:  # noqa: A002
    """A chest CT of 2022-09-30."""
    found: Json = {
        "resourceType": "ImagingStudy",
        "id": id,
        "status": "available",
        "procedureCode": [concept("24627-2", "CT Chest")],
        "subject": {"reference": f"urn:uuid:{ANA}"},
        "started": "2022-09-30T08:15:00Z",
    }
    return _without_none(found | given)


def encounter(id: str = "enc-1", **given: Any) -> Json:  # noqa: A002
    """A finished check-up on 2024-05-14."""
    found: Json = {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [concept("185349003", "Encounter for check up", system=SNOMED)],
        "subject": {"reference": f"urn:uuid:{ANA}"},
        "period": {"start": "2024-05-14T09:00:00-04:00"},
    }
    return _without_none(found | given)


def _without_none(found: Json) -> Json:
    return {key: value for key, value in found.items() if value is not None}


def bundle(*resources: Json, kind: str = "transaction", urls: Mapping[str, str] | None = None) -> Json:
    """A bundle in which each resource stands under ``urn:uuid:`` and its id, unless ``urls`` says otherwise."""
    entries = []
    for resource in resources:
        url = (urls or {}).get(resource.get("id", ""), f"urn:uuid:{resource.get('id', '')}")
        entries.append({"fullUrl": url, "resource": resource} if url else {"resource": resource})
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def as_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@lru_cache(maxsize=1)
def codes() -> Codes:
    """What the pack that comes with the tracker knows."""
    return read_codes(load_pack())


def read(*resources: Json, today: date = TODAY, **given: Any) -> FileContents:
    """A bundle of these resources, as the import reads it."""
    return read_bundle(as_bytes(bundle(*resources, **given)), codes(), today=today)


def read_person(**given: Any) -> PersonRecord:
    """The person a Patient is read as."""
    return read(patient(**given)).people[0].described


def read_record(resource: Json, **person: Any) -> ChartRecord:
    """The chart entry that one resource of Ana's becomes; fails when it was skipped."""
    [record] = read(patient(**person), resource).people[0].entries
    return record


def reasons(*resources: Json, **given: Any) -> dict[str, dict[str, int]]:
    """Why resources were skipped, by type."""
    tallies = read(patient(), *resources, **given).tallies
    return {name: dict(tally.reasons) for name, tally in tallies.items() if tally.reasons}
