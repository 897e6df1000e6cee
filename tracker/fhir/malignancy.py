"""Is a condition a cancer? Decided cautiously by codes and by English words, never by guessing a kind."""

import re
from collections.abc import Iterable

from tracker.fhir.codes import ICD_10, canonical
from tracker.fhir.values import Coding

_TAG = re.compile(r"\s*\((?:disorder|situation|finding|morphologic abnormality)\)$")
_ANY_TAG = re.compile(
    r"\s*\((?:disorder|situation|finding|morphologic abnormality|body structure|cell structure|procedure|"
    r"qualifier value|observable entity|regime/therapy|substance|product|medicinal product|clinical drug|"
    r"tumor staging)\)$",
    re.IGNORECASE,
)
# "blastoma" alone would take in benign tumors of bone and fat, so the malignant ones are named.
_MALIGNANT = re.compile(
    r"\bmalignant (?:neoplasm|tumou?r|lymphoma|melanoma|glioma|teratoma)s?\b|\b\w*carcinomas?\b|\bcancers?\b"
    r"|\b\w*leuk(?:a)?emias?\b|\b\w*lymphomas?\b|\b\w*sarcomas?\b|\bmelanomas?\b|\bmyelomas?\b|\bmesotheliomas?\b"
    r"|\b(?:neuro|nephro|medullo|retino|hepato|glio|pineo|pinealo|pulmonary |pleuropulmonary )blastomas?\b"
    r"|\bgliomas?\b|\bastrocytomas?\b|\bependymomas?\b|\bgerm cell tumou?rs?\b|\bwilms\W* tumou?r\b"
    r"|\bhodgkin\W*s? disease\b",
    re.IGNORECASE,
)
# Words that make it something else: a suspicion, a risk, a family's disease, a consequence, an early or benign growth.
_NOT_CANCER = re.compile(
    r"\b(?:suspected|suspicion|possible|rule out|at risk|risk of|screening|fear of|worried|no evidence|"
    r"in[- ]situ|benign|pre-?malignant|pre-?cancerous|uncertain|family|history|due to|caused by|related|"
    r"associated|following|after|secondary to|complication|induced|syndrome|predisposition|susceptib\w*|pain|"
    r"fatigue|care plan|counsel\w*|education|vaccin\w*|antigen|marker|no known|negative for|absence of|absent)\b",
    re.IGNORECASE,
)
_ICD_MALIGNANT = re.compile(r"C(?:[0-8]\d|9[0-7])(?:\.\w+)?")


def own_name(display: str) -> str:
    """A code's display without the kind SNOMED CT puts behind it."""
    return _TAG.sub("", display).strip()


def without_kind(display: str) -> str:
    """Any display without the kind SNOMED CT puts behind it: "Lung structure (body structure)"."""
    return _ANY_TAG.sub("", display).strip()


def is_malignant(display: str, found: Iterable[Coding] = ()) -> bool:
    """A malignant neoplasm by its ICD-10 chapter, or by what its display says in so many words."""
    if is_something_else(display):
        return False
    by_code = any(canonical(each.system) == ICD_10 and _ICD_MALIGNANT.fullmatch(each.code) for each in found)
    return by_code or _MALIGNANT.search(display) is not None


def is_something_else(display: str) -> bool:
    """Does a word make it a suspicion, a risk, a consequence, or an early or benign growth?"""
    return _NOT_CANCER.search(display) is not None
