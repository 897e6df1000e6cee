"""Why something was given or done: is it certain that it was for a cancer, or certain that it was not?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracker.fhir.codes import ICD_10, Codes, canonical
from tracker.fhir.extensions import MCODE, contained, extension_codings, has_profile, reference_of
from tracker.fhir.malignancy import is_malignant, own_name
from tracker.fhir.values import Coding, Json, codings, concept_text, cut, listed, words

INTENTS = (f"{MCODE}mcode-procedure-intent", f"{MCODE}mcode-treatment-intent")
CURATIVE, PALLIATIVE, SUPPORTIVE, PREVENTIVE = "373808002", "363676003", "399707004", "129428001"
# Words of a reason that leave open whether it is about a tumor, or about what is given around its treatment.
_PERHAPS_CANCER = re.compile(
    r"neoplas|tumou?r|cancer|malignan|metasta|oncolog|chemo|leuk|lymphom|sarcom|carcin|blastom|gliom|melanom|myelo"
    r"|histiocyt|transplant|graft|conditioning|lymphoprolif|mastocyt|fibromatos|hemangio|haemangio|\bct\b|\blch\b",
    re.IGNORECASE,
)
_ICD_PERHAPS_CANCER = re.compile(r"(?:C\d|D[0-4]|Z5[18]|Z85|Z94|T86|Q85).*")


@dataclass(frozen=True)
class Reason:
    """``is_cancer``: it says so. ``is_other``: it names something that is certainly no cancer. ``intent``: the SNOMED
    code of the intent. ``text``: the reasons in words."""

    is_cancer: bool = False
    is_other: bool = False
    intent: str = ""
    text: str = ""

    @property
    def is_palliative(self) -> bool:
        return self.intent == PALLIATIVE

    @property
    def is_support(self) -> bool:
        """Is it given around the treatment rather than as the treatment?"""
        return self.intent in (SUPPORTIVE, PREVENTIVE)


def read_reason(resource: Json, codes: Codes, *profiles: str) -> Reason:
    """``profiles``: the mCODE profiles under which only what is done about a cancer stands."""
    intent = next((each.code for each in extension_codings(resource, *INTENTS)), "")
    told = [*_reasons(resource)]
    malignant = [_is_cancer(text, found, codes) for text, found in told]
    by_profile = has_profile(resource, *profiles) and intent not in (SUPPORTIVE, PREVENTIVE)
    return Reason(
        is_cancer=by_profile or intent in (CURATIVE, PALLIATIVE) or any(malignant),
        is_other=bool(told) and all(_is_other(text, found, codes) for text, found in told),
        intent=intent,
        text=cut("; ".join(dict.fromkeys(text for text, _ in told if text)), 200),
    )


def _reasons(resource: Json) -> Iterator[tuple[str, list[Coding]]]:
    """Each reason in words and codes; one that is only referred to is passed over unless it is carried along."""
    for each in listed(resource.get("reasonCode")):
        yield concept_text(each), codings(each)
    for each in listed(resource.get("reasonReference")):
        held = contained(resource, reference_of(each), "Condition")
        text = concept_text(held.get("code")) or words(each.get("display"))
        if text or held:
            yield text, codings(held.get("code"))


def _is_cancer(text: str, found: list[Coding], codes: Codes) -> bool:
    name = own_name(text)
    return codes.diagnosis_of(found) is not None or is_malignant(name, found) or codes.diagnosis_named(name) is not None


def _is_other(text: str, found: list[Coding], codes: Codes) -> bool:
    if _is_cancer(text, found, codes) or _PERHAPS_CANCER.search(" ".join([text, *(each.display for each in found)])):
        return False
    icd = [each.code for each in found if canonical(each.system) == ICD_10]
    return bool(text) and not any(_ICD_PERHAPS_CANCER.fullmatch(code) for code in icd)
