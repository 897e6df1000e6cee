"""A medicine that was given, taken or ordered → a chart entry, and what it adds to the record.

A cancer medicine that was given becomes an entry of its part of the record; its dose is unknown unless it is told
what was given. Any other medicine becomes an entry of the medicines taken, where it is still taken or its end is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tracker.engine.catalogue import Agent, AgentKind, folded
from tracker.fhir.codes import AGENT, RXNORM, Codes, canonical
from tracker.fhir.extensions import condition_of, contained, reference_of
from tracker.fhir.malignancy import without_kind
from tracker.fhir.medication_doses import Dose
from tracker.fhir.medication_names import agents_named, is_local
from tracker.fhir.periods import NO_PERIOD, Period
from tracker.fhir.treatment_reasons import Reason, read_reason
from tracker.fhir.values import Coding, Day, Json, chosen, codings, cut, listed, mapping, words
from tracker.services.import_records import ChartRecord, EntryRecord

DRUGS, MEDICATIONS = "drugs", "medications"
PROFILES = (
    "mcode-cancer-related-medication-request",
    "mcode-cancer-related-medication-administration",
    "mcode-cancer-related-medication-statement",
)
# Given for other diseases too, and for longer: without a reason they say nothing of a cancer.
ALSO_OTHERWISE = frozenset(
    {
        *("antithymocyte-globulin", "azathioprine", "cyclosporine", "denosumab", "everolimus", "interferon-alfa"),
        *("isotretinoin", "mycophenolate", "ruxolitinib", "sirolimus", "tacrolimus", "tretinoin"),
    }
)
NEED_A_REASON = (AgentKind.STEROID, AgentKind.HORMONE)
UNDER_TREATMENT = (AgentKind.CYTOTOXIC, AgentKind.TARGETED, AgentKind.IMMUNE)
LONGEST_NAME, LONGEST_DOSE, LONGEST_CODE, LONGEST_NOTE = 200, 120, 20, 4000


@dataclass(frozen=True)
class Medicine:
    """Which medicine: the code it is kept under, the agents that it certainly is, and whether it acts in one place."""

    coding: Coding
    found: tuple[Coding, ...]
    agents: tuple[Agent, ...]
    is_local: bool

    @property
    def name(self) -> str:
        return cut(without_kind(self.coding.display) or self.coding.code, LONGEST_NAME)

    @property
    def rxnorm(self) -> str:
        """Its RxNorm code, where it has one that fits."""
        told = (each.code for each in self.found if canonical(each.system) == RXNORM)
        return next((code for code in told if len(code) <= LONGEST_CODE), "")


@dataclass(frozen=True, kw_only=True)
class Giving:
    """What a resource says of the giving. ``is_given``: at least a part was; ``is_going``: it goes on.

    ``dose`` is what was given at once; ``planned`` says that ``dose_text`` is only what was ordered. ``told``: further
    lines for the note.
    """

    status: str
    is_given: bool
    is_going: bool = False
    day: Day | None = None
    period: Period = NO_PERIOD
    dose: Dose | None = None
    dose_text: str = ""
    planned: bool = False
    route: str = ""
    told: tuple[str, ...] = field(default_factory=tuple)


def medication_record(resource: Json, giving: Giving, *, external_id: str, codes: Codes) -> ChartRecord:
    """The chart entry with what it adds to the record.

    Raises:
        Skipped: nothing says which medicine.
    """
    medicine = read_medicine(resource, codes)
    reason = read_reason(resource, codes, *PROFILES)
    treatment = [each for each in medicine.agents if _is_treatment(each, medicine, reason)]
    entries: tuple[EntryRecord, ...] = ()
    if giving.is_given:
        entries = tuple(_entries(resource, medicine, treatment, giving, reason))
    return ChartRecord(
        resource_type=words(resource.get("resourceType")),
        external_id=external_id,
        code_system=medicine.coding.system,
        code=medicine.coding.code,
        display=medicine.coding.display,
        status=cut(giving.status, 40),
        occurred_on=giving.day.first if giving.day else None,
        value_text=cut(giving.dose_text, 400),
        mapped_to=cut(", ".join(each.code for each in medicine.agents), 200),
        entries=entries,
        on_treatment=_under_way(treatment) if giving.is_given and giving.is_going else "",
    )


def read_medicine(resource: Json, codes: Codes) -> Medicine:
    """The medicine by its own code, or that of the Medication it refers to and carries along."""
    reference = mapping(resource.get("medicationReference"))
    held = contained(resource, reference_of(reference), "Medication")
    concept = resource.get("medicationCodeableConcept") or held.get("code") or {"text": words(reference.get("display"))}
    found = codings(concept)
    texts = [words(mapping(concept).get("text")), *(each.display for each in found)]
    agents = _agents(found, texts, codes) or _of_ingredients(resource, held, codes)
    known = codes.of(AGENT, found)
    coding = chosen(found, concept, mapped=[known[0]] if known else [])
    form = words(mapping(held.get("form")).get("text"))
    return Medicine(
        coding=coding,
        found=tuple(found),
        agents=tuple(codes.catalogue.agents[code] for code in agents),
        is_local=any(is_local(each) for each in (*texts, form)),
    )


def _agents(found: list[Coding], texts: list[str], codes: Codes) -> tuple[str, ...]:
    """By a code; else by the texts, if those that name agents name the same."""
    known = codes.of(AGENT, found)
    if known is not None:
        return (known[1],)
    named = {agents for each in texts if (agents := agents_named(codes.catalogue.agents, without_kind(each)))}
    return named.pop() if len(named) == 1 else ()


def _of_ingredients(resource: Json, medication: Json, codes: Codes) -> tuple[str, ...]:
    """The agents of its active ingredients; none unless each of them is certain."""
    every: list[str] = []
    for each in listed(medication.get("ingredient")):
        if each.get("isActive") is False:
            continue
        held = contained(resource, reference_of(each.get("itemReference")), "Medication", "Substance")
        concept = each.get("itemCodeableConcept") or held.get("code")
        texts = [words(mapping(concept).get("text")), *(coding.display for coding in codings(concept))]
        agents = _agents(codings(concept), texts, codes)
        if not agents:
            return ()
        every += agents
    return tuple(dict.fromkeys(every))


def _is_treatment(agent: Agent, medicine: Medicine, reason: Reason) -> bool:
    """Is it certain enough that it was given against a cancer?"""
    if medicine.is_local or agent.kind is AgentKind.SUPPORTIVE or (reason.is_other and not reason.is_cancer):
        return False
    if agent.kind in NEED_A_REASON or agent.code in ALSO_OTHERWISE:
        return reason.is_cancer and not reason.is_support
    return True


def _entries(
    resource: Json, medicine: Medicine, treatment: list[Agent], giving: Giving, reason: Reason
) -> Iterator[EntryRecord]:
    several = len(medicine.agents) > 1
    for agent in treatment:
        values = _drug(agent, medicine, giving, reason, alone=not several)
        yield EntryRecord(
            section=DRUGS,
            values=values,
            part=agent.code if several else "",
            diagnosis=condition_of(resource),
        )
    others = [each for each in medicine.agents if each not in treatment]
    if (others or not medicine.agents) and (giving.is_going or giving.period.ended_on is not None):
        yield EntryRecord(section=MEDICATIONS, values=_medicine_taken(medicine, giving, reason), part=MEDICATIONS)


def _drug(agent: Agent, medicine: Medicine, giving: Giving, reason: Reason, *, alone: bool) -> dict[str, object]:
    dose = giving.dose if giving.dose is not None and alone and giving.dose.fits(agent) else None
    values: dict[str, object] = {"agent": agent.code}
    if dose is not None:
        values |= {"dose": dose.amount, "unit": dose.unit}
        if (single := dose.mg_m2) is not None:
            values["single_dose"] = single
    if giving.route:
        values["route"] = giving.route
    if reason.is_palliative:
        values["timing"] = "palliative"
    values |= giving.period.values()
    note = _note(agent, medicine, giving, has_dose=dose is not None)
    return values | ({"note": note} if note else {})


def _note(agent: Agent, medicine: Medicine, giving: Giving, *, has_dose: bool) -> str:
    lines = []
    if folded(medicine.name) != folded(agent.name):
        lines.append(f"At its source: {medicine.name}")
    if giving.dose_text and (giving.planned or not has_dose):
        lines.append(f"{'Ordered' if giving.planned else 'Given'}: {giving.dose_text}")
    return cut("\n".join([*lines, *(each for each in giving.told if each)]), LONGEST_NOTE)


def _medicine_taken(medicine: Medicine, giving: Giving, reason: Reason) -> dict[str, object]:
    told = {
        "name": medicine.name,
        "dose": cut(giving.dose_text, LONGEST_DOSE),
        "reason": reason.text,
        "rxnorm": medicine.rxnorm,
        "note": cut("\n".join(each for each in giving.told if each), LONGEST_NOTE),
    }
    return {name: value for name, value in told.items() if value} | giving.period.values()


def _under_way(treatment: list[Agent]) -> str:
    names = [each.name for each in treatment if each.kind in UNDER_TREATMENT]
    return f"Cancer medicine under way: {', '.join(names)}" if names else ""


def notes_of(resource: Json) -> Iterator[str]:
    """What people wrote beside it."""
    for each in listed(resource.get("note")):
        yield words(each.get("text"))
