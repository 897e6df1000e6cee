"""CarePlan → a chart entry, and word that cancer treatment goes on where the plan says so beyond doubt."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tracker.fhir.codes import SNOMED, Codes, canonical
from tracker.fhir.named import display
from tracker.fhir.told import chart, end_of, first_of, in_order, own_words, start_of, status_of, texts_of
from tracker.fhir.values import Json, codings, listed, mapping, words
from tracker.services.import_records import ChartRecord

# Every plan of the United States' core profiles has this category; what it is about stands in another one.
ASSESS_PLAN = "assess-plan"
CANCER_PLANS = {(SNOMED, "395082007"), (SNOMED, "736252007")}
CANCER_WORDS = re.compile(
    r"\b(?:cancer|oncolog\w*|chemotherapy|radiotherapy|tumou?r|\w*(?:leuk(?:a)?emia|lymphoma|sarcoma|carcinoma))\b",
    re.IGNORECASE,
)
# Chemotherapy; radiotherapy; radiation oncology or radiotherapy; teleradiotherapy; brachytherapy; both together.
TREATMENTS = {(SNOMED, code) for code in ("367336001", "1287742003", "108290001", "33195004", "152198000", "703423002")}
TREATMENT_WORDS = re.compile(
    r"\b(?:\w*chemotherapy|radiotherapy|radiation therapy|brachytherapy|proton therapy|irradiation)\b", re.IGNORECASE
)
# Around a treatment there is much that goes on without it, and after it.
NOT_TREATMENT = re.compile(
    r"\b(?:education|teaching|counsel\w*|information|discuss\w*|consider\w*|evaluat\w*|assess\w*|referr?al|plan\w*|"
    r"consult\w*|screening|monitor\w*|surveillance|survivor\w*|follow\w*|after|post\w*|late|history|previous|prior|"
    r"completed|side|adverse|effects?|toxicity|prevent\w*|prophyla\w*|care|support\w*|avoid\w*|no|not|without|"
    r"declin\w*|refus\w*|stop\w*|discontinu\w*)\b",
    re.IGNORECASE,
)


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:  # noqa: ARG001 (every reader is called alike)
    """The entry, dated by the beginning of the plan. ``codes`` are not asked: a plan means no test.

    Raises:
        Skipped: entered in error, or revoked.
    """
    status = status_of(resource, "revoked")
    record = chart(
        resource,
        _category(resource) or {"text": "Care plan"},
        external_id=external_id,
        status=status,
        day=start_of(resource.get("period")),
        value="; ".join(_told(resource)),
    )
    return replace(record, on_treatment=_on_treatment(resource))


def _category(resource: Json) -> Json:
    concepts = [
        each for each in listed(resource.get("category")) if all(coding.code != ASSESS_PLAN for coding in codings(each))
    ]
    titles = ({"text": words(resource.get(name))} for name in ("title", "description"))
    return first_of(concepts, *titles, resource.get("category"))


def _told(resource: Json) -> list[str]:
    addressed = (display(each) for each in listed(resource.get("addresses")))
    end = end_of(resource.get("period"))
    return in_order(
        words(resource.get("title")),
        *(f"for {each}" for each in addressed if each.strip()),
        *(_activity(each) for each in listed(resource.get("activity"))),
        f"until {end.text[:10]}" if end else "",
    )


def _activity(activity: Json) -> str:
    detail = mapping(activity.get("detail"))
    return own_words(detail.get("code")) or words(detail.get("description")) or display(activity.get("reference"))


def _on_treatment(resource: Json) -> str:
    """That cancer treatment goes on, in words; empty unless the plan says of an activity that it is in progress.

    An active plan alone proves nothing: plans stay active for years after treatment. A plan with an end may be over.
    """
    is_running = resource.get("status") == "active" and resource.get("intent") in ("plan", "order")
    if not is_running or end_of(resource.get("period")) is not None or not _is_about_cancer(resource):
        return ""
    under_way = in_order(*_treatments(resource))
    return f"Care plan with treatment in progress: {', '.join(under_way)}" if under_way else ""


def _is_about_cancer(resource: Json) -> bool:
    found = [coding for each in listed(resource.get("category")) for coding in codings(each)]
    said = [*texts_of(resource.get("category")), words(resource.get("title"))]
    return any((canonical(each.system), each.code) in CANCER_PLANS for each in found) or any(
        CANCER_WORDS.search(each) and not NOT_TREATMENT.search(_without_plan(each)) for each in said
    )


def _without_plan(text: str) -> str:
    return re.sub(r"\b(?:care|plan)\b", "", text, flags=re.IGNORECASE)


def _treatments(resource: Json) -> Iterator[str]:
    for each in listed(resource.get("activity")):
        detail = mapping(each.get("detail"))
        if detail.get("status") != "in-progress" or detail.get("doNotPerform") is True:
            continue
        said = _activity(each)
        known = any((canonical(coding.system), coding.code) in TREATMENTS for coding in codings(detail.get("code")))
        if (known or TREATMENT_WORDS.search(said)) and not NOT_TREATMENT.search(said):
            yield said
