"""Makes what mCODE tells of cancer treatment: medicines, courses of radiation, operations, tumors and genes."""

import json
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.fhir.builders import LOINC, SNOMED, codes, concept, observation, procedure, quantity
from tracker.fhir import condition as conditions
from tracker.fhir import medication_administration, medication_request, medication_statement
from tracker.fhir import observation as observations
from tracker.fhir import procedure as procedures
from tracker.fhir.extensions import MCODE
from tracker.fhir.values import Skipped
from tracker.services.import_records import ChartRecord, EntryRecord

Json = dict[str, Any]

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HGNC = "http://www.genenames.org"
NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
LEUKEMIA = concept("91857003", "Acute lymphoid leukemia (disorder)", system=SNOMED)
READERS = {
    "Condition": conditions.from_fhir,
    "Observation": observations.from_fhir,
    "Procedure": procedures.from_fhir,
    "MedicationRequest": medication_request.from_fhir,
    "MedicationAdministration": medication_administration.from_fhir,
    "MedicationStatement": medication_statement.from_fhir,
}
PARTS = {
    "Procedure": ("BodyStructure",),
    "Observation": ("Specimen", "BodyStructure"),
    "MedicationRequest": ("Medication",),
}


def without_none(found: Json) -> Json:
    """``None`` takes an element away."""
    return {key: value for key, value in found.items() if value is not None}


def profile(name: str) -> Json:
    """The meta of a resource that claims an mCODE profile."""
    return {"profile": [f"{MCODE}{name}"]}


def extension(name: str, **value: Any) -> Json:
    """An mCODE extension."""
    return {"url": f"{MCODE}{name}"} | value


def intent(code: str) -> Json:
    """What a treatment is for."""
    return extension("mcode-procedure-intent", valueCodeableConcept=concept(code, system=SNOMED))


def order(**given: Any) -> Json:
    """Vincristine, ordered on 2015-02-03 and completed."""
    found: Json = {
        "resourceType": "MedicationRequest",
        "id": "order-1",
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": concept("11202", "vinCRIStine", system=RXNORM),
        "authoredOn": "2015-02-03",
    }
    return without_none(found | given)


def administration(**given: Any) -> Json:
    """Vincristine 1.5 mg/m², given on 2015-02-04."""
    found: Json = {
        "resourceType": "MedicationAdministration",
        "id": "given-1",
        "status": "completed",
        "medicationCodeableConcept": concept("11202", "vinCRIStine", system=RXNORM),
        "effectiveDateTime": "2015-02-04T10:00:00Z",
        "dosage": {"dose": quantity(Decimal("1.5"), "mg/m2"), "route": concept("47625008", system=SNOMED)},
    }
    return without_none(found | given)


def statement(**given: Any) -> Json:
    """Mercaptopurine, taken from 2015 to 2017."""
    found: Json = {
        "resourceType": "MedicationStatement",
        "id": "taken-1",
        "status": "completed",
        "medicationCodeableConcept": concept("103", "mercaptopurine", system=RXNORM),
        "effectivePeriod": {"start": "2015", "end": "2017-03"},
    }
    return without_none(found | given)


def named(text: str) -> Json:
    """A medicine in words alone."""
    return {"text": text}


def volume(id: str, code: str, display: str = "", *qualifiers: str) -> Json:  # noqa: A002
    """A volume that was irradiated."""
    return {
        "resourceType": "BodyStructure",
        "id": id,
        "location": concept(code, display, system=SNOMED),
        "locationQualifier": [concept(each, system=SNOMED) for each in qualifiers],
    }


def delivered(id: str, dose: object = 6000, unit: str = "cGy", fractions: object = 30) -> Json:  # noqa: A002
    """What was delivered to a volume."""
    parts = [
        {"url": "volume", "valueReference": {"reference": f"#{id}"}},
        {"url": "totalDoseDelivered", "valueQuantity": quantity(dose, unit)},
        {"url": "fractionsDelivered", "valueUnsignedInt": fractions},
    ]
    return extension("mcode-radiotherapy-dose-delivered-to-volume", extension=parts)


def beam(*codes: str) -> list[Json]:
    """The kinds of radiation used."""
    return [
        extension(
            "mcode-radiotherapy-modality-and-technique",
            extension=[
                extension("mcode-radiotherapy-modality", valueCodeableConcept=concept(each, each, system=SNOMED))
            ],
        )
        for each in codes
    ]


def course(*volumes: Json, doses: list[Json] | None = None, beams: list[Json] | None = None, **given: Any) -> Json:
    """A course of radiotherapy, summarized: 60 Gy in 30 fractions to each volume."""
    told = [delivered(each["id"]) for each in volumes] if doses is None else doses
    found = procedure(
        meta=profile("mcode-radiotherapy-course-summary"),
        code=concept("1217123003", system=SNOMED),
        performedPeriod={"start": "2016-01-04", "end": "2016-02-12"},
        contained=list(volumes),
        extension=[*told, *(beams or [])],
    )
    return without_none(found | given)


def operation(code: str = "116033007", display: str = "Radical nephrectomy", **given: Any) -> Json:
    """A cancer-related operation of 2016-05-02."""
    found = procedure(
        meta=profile("mcode-cancer-related-surgical-procedure"),
        code=concept(code, display, system=SNOMED),
        performedPeriod=None,
        performedDateTime="2016-05-02",
    )
    return without_none(found | given)


def fact(code: Json, value: Json | None = None, **given: Any) -> Json:
    """An observation about a tumor."""
    told = observation(code=code, valueQuantity=None, effectiveDateTime="2016-01-20", valueCodeableConcept=value)
    return without_none(told | given)


def variant(*components: Json, **given: Any) -> Json:
    """A genetic variant that was found on 2016-01-20."""
    return fact(
        concept("69548-6"),
        concept("LA9633-4", "Present"),
        **({"component": list(components), "method": concept("LA26398-0", "Sequencing")} | given),
    )


def component(loinc: str, code: str = "", display: str = "", *, system: str = LOINC, **value: Any) -> Json:
    """A component with a coded value, or another one."""
    told = {"valueCodeableConcept": concept(code, display, system=system)} if code or display else {}
    return {"code": concept(loinc)} | told | value


GENE_TP53 = component("48018-6", "HGNC:11998", "TP53", system=HGNC)
CHANGE = component("48004-6", "NM_000546.6:c.524G>A", system="http://varnomen.hgvs.org")
SOMATIC = component("48002-0", "LA6684-0", "Somatic")
GERMLINE = component("48002-0", "LA6683-2", "Germline")


def read_one(resource: Json) -> ChartRecord:
    """The chart entry that a resource becomes."""
    return READERS[resource["resourceType"]](resource, external_id="x-1", codes=codes())


def skipped(resource: Json) -> str:
    """Why a resource is skipped; fails if it is not."""
    try:
        read_one(resource)
    except Skipped as reason:
        return reason.reason
    raise AssertionError("it was not skipped")


def entry_of(resource: Json) -> EntryRecord:
    """The one entry that a resource becomes."""
    [entry] = read_one(resource).entries
    return entry


def values_of(resource: Json) -> dict[str, Any]:
    """The values of the one entry that a resource becomes, its note left aside."""
    return {name: value for name, value in entry_of(resource).values.items() if name != "note"}


@lru_cache(maxsize=4)
def shelf(folder: Path) -> dict[str, Json]:
    """The resources of a folder, by path."""
    found: dict[str, Json] = {}
    for path in sorted(folder.glob("*.json")):
        resource = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        found[f"{resource['resourceType']}/{resource.get('id', path.stem)}"] = resource
    return found


def sample(folder: Path, path: str) -> ChartRecord:
    """A resource of a folder as it is read, with the parts that it refers to carried along."""
    held = shelf(folder)
    text = json.dumps(held[path], default=float)
    parts = []
    for type_ in PARTS.get(path.split("/")[0], ()):
        for name, part in held.items():
            if name.startswith(f"{type_}/") and f'"{name}"' in text:
                text = text.replace(f'"{name}"', f'"#{part["id"]}"')
                parts.append(part)
    resource = json.loads(text, parse_float=Decimal)
    return read_one(resource | ({"contained": parts} if parts else {}))
