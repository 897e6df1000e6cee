"""Makes the resources about the people and circumstances around a survivor, and reads them one by one."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.fhir.builders import ANA, SNOMED, codes, concept
from tests.shared import need_shared
from tracker.fhir import (
    allergy_intolerance,
    appointment,
    care_plan,
    care_team,
    document_reference,
    family_member_history,
    immunization,
    related_person,
    service_request,
)
from tracker.fhir.values import Skipped
from tracker.services.import_records import ChartRecord, EntryRecord
from tracker.services.sections.checks import Surroundings, check_entry
from tracker.services.sections.entries import EntryInput
from tracker.services.sections.registry import section

Json = dict[str, Any]

CVX = "http://hl7.org/fhir/sid/cvx"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
RELATIONSHIPS = "http://terminology.hl7.org/CodeSystem/v2-0063"
CONTACT_ROLES = "http://terminology.hl7.org/CodeSystem/v2-0131"
ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
UCUM = "http://unitsofmeasure.org"
WHOM = {"reference": f"urn:uuid:{ANA}", "display": "Ana Rivera"}

READERS: dict[str, Callable[..., ChartRecord]] = {
    "Immunization": immunization.from_fhir,
    "AllergyIntolerance": allergy_intolerance.from_fhir,
    "FamilyMemberHistory": family_member_history.from_fhir,
    "RelatedPerson": related_person.from_fhir,
    "CareTeam": care_team.from_fhir,
    "CarePlan": care_plan.from_fhir,
    "Appointment": appointment.from_fhir,
    "ServiceRequest": service_request.from_fhir,
    "DocumentReference": document_reference.from_fhir,
}


def read(resource: Json) -> ChartRecord:
    """What one resource becomes, under the id "x-1"."""
    return READERS[resource["resourceType"]](resource, external_id="x-1", codes=codes())


def reason(resource: Json) -> str:
    """Why a resource is skipped; empty where it is not."""
    try:
        read(resource)
    except Skipped as skipped:
        return skipped.reason
    return ""


def values(resource: Json) -> dict[str, object]:
    """The values of the one entry that a resource becomes."""
    [entry] = read(resource).entries
    return dict(entry.values)


def problems(entry: EntryRecord) -> list[str]:
    """What the record would not keep of an entry, for somebody born long ago."""
    surroundings = Surroundings(codes().pack, codes().catalogue, date(1000, 1, 1), date(9999, 12, 31))
    found = check_entry(section(entry.section), EntryInput(entry.values), surroundings)
    return [each.message for each in found if not each.question]


def shared(*parts: str) -> Json:
    """One file of the sample data, numbers as exact as an import has them."""
    found: Json = json.loads(need_shared("data", *parts).read_text(encoding="utf-8"), parse_float=Decimal)
    return found


def all_shared(kind: str) -> Iterator[tuple[Path, Json]]:
    """Every resource of one type in the sample data."""
    root = need_shared("data")
    for path in sorted([*root.rglob("*.json"), *root.rglob("*.ndjson")]):
        text = path.read_text(encoding="utf-8")
        if f'"{kind}"' in text:
            for resource in _resources(path, text):
                if resource.get("resourceType") == kind:
                    yield path, resource


def _resources(path: Path, text: str) -> list[Json]:
    if path.suffix == ".ndjson":
        return [json.loads(line, parse_float=Decimal) for line in text.splitlines() if line.strip()]
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError:
        return []
    if not isinstance(found, dict):
        return []
    return [each["resource"] for each in found.get("entry", []) if "resource" in each] or [found]


def _made(kind: str, found: Json, given: Json) -> Json:
    merged = {"resourceType": kind, "id": "x-1", **found, **given}
    return {key: value for key, value in merged.items() if value is not None}


def vaccine(**given: Any) -> Json:
    """A first dose of MMR, given on 2008-04-01."""
    found = {
        "status": "completed",
        "vaccineCode": concept("03", "MMR", system=CVX),
        "patient": WHOM,
        "occurrenceDateTime": "2008-04-01T10:00:00-05:00",
        "protocolApplied": [{"doseNumberPositiveInt": 1}],
    }
    return _made("Immunization", found, given)


def allergy(**given: Any) -> Json:
    """A confirmed allergy to penicillin with hives, noted in 2010."""
    found = {
        "clinicalStatus": concept("active", system=ALLERGY_CLINICAL),
        "verificationStatus": concept("confirmed", system=ALLERGY_VERIFICATION),
        "code": concept("764146007", "Penicillin (substance)", system=SNOMED),
        "patient": WHOM,
        "onsetDateTime": "2010",
        "reaction": [{"manifestation": [concept("247472004", "Hives", system=SNOMED)], "severity": "moderate"}],
    }
    return _made("AllergyIntolerance", found, given)


def relative(*conditions: Json, **given: Any) -> Json:
    """A maternal aunt, of whom these conditions are told."""
    found = {
        "status": "completed",
        "patient": WHOM,
        "date": "2019-02",
        "relationship": concept("MAUNT", "maternal aunt", system=ROLE_CODE),
        "condition": list(conditions),
    }
    return _made("FamilyMemberHistory", found, given)


def had(name: str, years: object = None, **given: Any) -> Json:
    """A condition of a relative, begun at this age in years."""
    onset = {} if years is None else {"onsetAge": age(years)}
    return {"code": {"text": name}, **onset, **given}


def age(amount: object, unit: str = "a", **given: Any) -> Json:
    """An age in a UCUM unit."""
    return {"value": amount, "unit": unit, "system": UCUM, "code": unit, **given}


def person(*relationships: Json, **given: Any) -> Json:
    """Rosa Rivera, to be reached by telephone; the mother unless told otherwise."""
    found = {
        "active": True,
        "patient": WHOM,
        "relationship": list(relationships) or [concept("MTH", "mother", system=ROLE_CODE)],
        "name": [{"use": "official", "family": "Rivera", "given": ["Rosa"]}],
        "telecom": [{"system": "phone", "value": "617-555-0123", "use": "mobile"}],
    }
    return _made("RelatedPerson", found, given)


def team(*participants: Json, **given: Any) -> Json:
    """An active care team since 2020."""
    found = {
        "status": "active",
        "subject": WHOM,
        "name": "Follow-up team",
        "period": {"start": "2020-05-01"},
        "participant": list(participants),
    }
    return _made("CareTeam", found, given)


def doctor(role: Json | None = None, **given: Any) -> Json:
    """Dr. Adam Careful, a cardiologist, as a participant of a care team."""
    found = {
        "role": [role or concept("17561000", "Cardiologist", system=SNOMED)],
        "member": {"reference": "Practitioner/adam", "display": "Dr. Adam Careful"},
    }
    return {**found, **given}


def plan(*activities: Json, **given: Any) -> Json:
    """An active cancer care plan since 2024-01-10."""
    found = {
        "status": "active",
        "intent": "order",
        "subject": WHOM,
        "category": [concept("395082007", "Cancer care plan", system=SNOMED)],
        "period": {"start": "2024-01-10"},
        "activity": list(activities),
    }
    return _made("CarePlan", found, given)


def activity(text: str, status: str = "in-progress", **given: Any) -> Json:
    """One activity of a care plan."""
    return {"detail": {"status": status, "code": {"text": text}, **given}}


def visit(**given: Any) -> Json:
    """A booked check-up on 2027-02-03 with Dr. Careful."""
    found = {
        "status": "booked",
        "serviceType": [{"text": "Check-up"}],
        "start": "2027-02-03T09:00:00Z",
        "participant": [{"actor": WHOM}, {"actor": {"reference": "Practitioner/a", "display": "Dr. Adam Careful"}}],
    }
    return _made("Appointment", found, given)


def order(**given: Any) -> Json:
    """A colonoscopy, ordered on 2023-03-05."""
    found = {
        "status": "active",
        "intent": "order",
        "code": concept("73761001", "Colonoscopy", system=SNOMED),
        "subject": WHOM,
        "authoredOn": "2023-03-05",
    }
    return _made("ServiceRequest", found, given)


def document(**given: Any) -> Json:
    """A discharge summary of 2021-06-01, a file of 3654 bytes."""
    found = {
        "status": "current",
        "type": concept("18842-5", "Discharge summary"),
        "subject": WHOM,
        "date": "2021-06-01T12:00:00Z",
        "content": [{"attachment": {"contentType": "application/pdf", "title": "Summary", "size": 3654}}],
    }
    return _made("DocumentReference", found, given)
