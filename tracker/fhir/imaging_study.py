"""ImagingStudy → a chart entry: by its procedure, else by the modality and body site of its first series."""

from tracker.fhir.codes import Codes
from tracker.fhir.outcomes import concept_of, entry, read_status
from tracker.fhir.values import Coding, Json, codings, listed, mapping, required_day, words
from tracker.models import ResultStatus
from tracker.services.import_records import ChartRecord


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry; a study that is available and whose procedure is a test's is a result of it.

    Raises:
        Skipped: entered in error, cancelled, without a date or anything to tell what was imaged.
    """
    status = read_status(resource)
    return entry(
        resource,
        _concept(resource),
        required_day(resource, "started"),
        external_id=external_id,
        codes=codes,
        status=status,
        result_status=ResultStatus.FINAL if status == "available" else None,
        report=words(resource.get("description")),
    )


def _concept(resource: Json) -> Json:
    procedures = [coding for each in listed(resource.get("procedureCode")) for coding in codings(each)]
    if procedures:
        return concept_of(*procedures)
    series = next(iter(listed(resource.get("series"))), {})
    modality = mapping(series.get("modality")) or next(iter(listed(resource.get("modality"))), {})
    site = words(mapping(series.get("bodySite")).get("display"))
    code = words(modality.get("code"))
    if not code:
        return {"text": words(resource.get("description"))}
    display = ", ".join(part for part in (words(modality.get("display")) or code, site) if part)
    return concept_of(Coding(words(modality.get("system")), code, display))
