"""FamilyMemberHistory → a relative of the record with what they have or had, and a chart entry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tracker.fhir.codes import ICD_10, ROLE_CODE, Codes, canonical
from tracker.fhir.malignancy import is_malignant
from tracker.fhir.told import Meaning, chart, entry_of, in_order, meaning, notes_of, own_words, status_of
from tracker.fhir.values import (
    ABSENCE,
    Json,
    Skipped,
    codings,
    first_day,
    listed,
    mapping,
    number,
    plain,
    words,
)
from tracker.services.import_records import ChartRecord, EntryRecord
from tracker.services.sections.tumor import RELATIVES

SIDES = ("maternal", "paternal")
# Relations that the catalogue does not split by side, while their code does.
SIDED = {
    **dict.fromkeys(("MGGRPRN", "MGGRMTH", "MGGRFTH", "MGRPRN"), "maternal"),
    **dict.fromkeys(("PGGRPRN", "PGGRMTH", "PGGRFTH", "PGRPRN"), "paternal"),
}
PARENTS = ("mother", "father")
_OF_FAMILY = re.compile(r"^\s*(?:family history of|fhx?:?)\s+", re.IGNORECASE)
_OF_CANCER = re.compile(r"Z80(?:\.\w+)?")
IN_YEARS = {
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years"), Decimal(1)),
    **dict.fromkeys(("mo", "month", "months"), Decimal(12)),
    **dict.fromkeys(("wk", "week", "weeks"), Decimal("52.1775")),
    **dict.fromkeys(("d", "day", "days"), Decimal("365.25")),
}
OLDEST = 120


@dataclass(frozen=True)
class _Condition:
    """What a relative has or had; ``age`` in whole years, ``when`` in words."""

    name: str
    is_cancer: bool
    age: int | None
    when: str
    killed: bool

    @property
    def sentence(self) -> str:
        return f"{self.name} ({self.when})" if self.when else self.name


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry, dated when it was told. A relative of whom only other diseases are told may have had cancer.

    Raises:
        Skipped: entered in error, without a relation, or saying only that nothing is known.
    """
    status = status_of(resource)
    conditions = sorted(_conditions(resource, codes), key=lambda each: not each.is_cancer)
    if not conditions and resource.get("dataAbsentReason") is not None:
        raise Skipped(ABSENCE)
    relation = meaning("relation", resource.get("relationship"), codes)
    return chart(
        resource,
        resource.get("relationship"),
        external_id=external_id,
        status=status,
        day=first_day(resource, "date"),
        value="; ".join(each.sentence for each in conditions),
        known=relation.coding,
        mapped_to=relation.target,
        entries=_relative(resource, relation, conditions, codes),
    )


def _relative(resource: Json, relation: Meaning, conditions: list[_Condition], codes: Codes) -> tuple[EntryRecord, ...]:
    cancers = [each for each in conditions if each.is_cancer]
    diagnosed = min((each.age for each in cancers if each.age is not None), default=None)
    died = _age(resource.get("deceasedAge"))
    is_muddled = diagnosed is not None and died is not None and died < diagnosed
    values = {
        "relation": relation.value,
        "side": _side(resource, relation, codes),
        "affected": "yes" if cancers else "unknown",
        "condition": "; ".join(each.sentence for each in conditions),
        "age_at_diagnosis": None if is_muddled else diagnosed,
        "deceased": _deceased(resource, conditions),
        "age_at_death": None if is_muddled else died,
        "note": "\n".join(
            in_order(
                f"Died at {died}, which is before the cancer was found: check both ages" if is_muddled else "",
                *notes_of(resource),
                *(text for each in listed(resource.get("condition")) for text in notes_of(each)),
            )
        ),
    }
    return entry_of(RELATIVES, values)


def _side(resource: Json, relation: Meaning, codes: Codes) -> str:
    term = codes.catalogue.terms["relation"].get(relation.target)
    group = term.group.split(",")[0] if term and relation.target not in PARENTS else ""
    if group in SIDES:
        return group
    found = codings(resource.get("relationship"))
    sides = {SIDED[each.code] for each in found if canonical(each.system) == ROLE_CODE and each.code in SIDED}
    return sides.pop() if len(sides) == 1 else ""


def _conditions(resource: Json, codes: Codes) -> Iterator[_Condition]:
    for each in listed(resource.get("condition")):
        name = own_words(each.get("code"))
        if name:
            yield _Condition(
                name=name,
                is_cancer=_is_cancer(name, each.get("code"), codes),
                age=_age(each.get("onsetAge")),
                when=_when(each),
                killed=each.get("contributedToDeath") is True,
            )


def _is_cancer(name: str, concept: object, codes: Codes) -> bool:
    found = codings(concept)
    plain_name = _OF_FAMILY.sub("", name)
    by_code = codes.diagnosis_of(found) is not None or any(
        canonical(each.system) == ICD_10 and _OF_CANCER.fullmatch(each.code) for each in found
    )
    return by_code or codes.diagnosis_named(plain_name) is not None or is_malignant(plain_name, found)


def _age(value: object) -> int | None:
    """An age in whole years; None without a unit, with a sign before it ("<"), or where nobody is that old."""
    quantity = mapping(value)
    years, amount = IN_YEARS.get(_unit(quantity)), number(quantity.get("value"))
    if years is None or amount is None or quantity.get("comparator") or not 0 <= amount <= (OLDEST + 1) * 366:
        return None
    age = int(amount / years)
    return age if age <= OLDEST else None


def _unit(quantity: Json) -> str:
    return words(quantity.get("code")) or words(quantity.get("unit")).strip().lower()


def _when(condition: Json) -> str:
    """At what age it began, in the words of its source."""
    told = words(condition.get("onsetString"))
    if told.strip():
        return told
    span = mapping(condition.get("onsetRange"))
    if span:
        ages = " to ".join(filter(None, [_aged(span.get("low")), _aged(span.get("high"))]))
        return f"at {ages}" if ages else ""
    aged = _aged(condition.get("onsetAge"))
    return f"at {aged}" if aged else ""


def _aged(value: object) -> str:
    quantity = mapping(value)
    amount = number(quantity.get("value"))
    if amount is None:
        return ""
    unit = words(quantity.get("unit")) or _unit(quantity)
    is_years = IN_YEARS.get(_unit(quantity)) == 1
    return f"{words(quantity.get('comparator'))}{plain(amount)}{'' if is_years or not unit else f' {unit}'}"


def _deceased(resource: Json, conditions: list[_Condition]) -> str:
    told = resource.get("deceasedBoolean")
    if told is True or any(each.killed for each in conditions):
        return "yes"
    if any(resource.get(name) for name in ("deceasedAge", "deceasedRange", "deceasedDate", "deceasedString")):
        return "yes"
    return "no" if told is False else "unknown"
