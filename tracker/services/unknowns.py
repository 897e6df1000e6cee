"""What a treatment summary does not know and the plan, or a dose, depends on; and who could tell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from tracker.engine.conditions import FieldIn, Stratum
from tracker.engine.given import OpenQuestion
from tracker.engine.given_one_sex import concerns
from tracker.engine.rules import Pack
from tracker.models import Certainty, Diagnosis, Exposure, PlanGap

UNKNOWN = "unknown"
YES_NO_UNIT = "1"
# Who holds the answer, for each field of a diagnosis that chooses its schedule or starts it.
WHO_KNOWS = {
    "resection": "operation_and_pathology",
    "site": "operative_record",
    "vessel": "operative_record",
    "grade": "pathology",
    "depth": "pathology",
    "histology": "pathology",
    "subtype": "pathology",
    "mibg": "nuclear_medicine",
    "sex": "family",
}
OTHERWISE = "treating_center"
ALWAYS = ("grade", "resection", "stage", "risk")


@dataclass(frozen=True)
class UnknownField:
    """A field of a diagnosis that is not recorded. ``gaps``: what the plan does meanwhile, where it says."""

    diagnosis: Diagnosis
    field: str
    who: str
    gaps: tuple[PlanGap, ...] = ()


@dataclass(frozen=True)
class UnknownDose:
    """A question about something that was given, the entry it is about, and what the plan does meanwhile."""

    question: OpenQuestion
    entry_id: UUID | None
    gaps: tuple[PlanGap, ...] = ()


@dataclass(frozen=True)
class Unknowns:
    """Everything unknown, each thing once: of the diagnoses, of what was given, and what only the plan asks for."""

    fields: tuple[UnknownField, ...] = ()
    doses: tuple[UnknownDose, ...] = ()
    gaps: tuple[PlanGap, ...] = ()

    @property
    def count(self) -> int:
        """How many things are unknown."""
        return len(self.fields) + len(self.doses) + len(self.gaps)


def unknowns_of(
    diagnoses: Iterable[Diagnosis], questions: Iterable[OpenQuestion], gaps: Iterable[PlanGap], pack: Pack
) -> Unknowns:
    """Gather what is unknown. A gap of the plan stands with the unknown fact it follows from, if that is listed."""
    plan = [gap for gap in gaps if gap.consequence != "history_missing"]
    asked = [(row, name) for row in diagnoses for name in unknown_fields(row, pack)]
    fields = tuple(UnknownField(row, name, who_knows(name), _gaps_about([name], plan, row.name)) for row, name in asked)
    doses = tuple(
        UnknownDose(each, UUID(each.given_id) if each.given_id else None, _gaps_about(each.exposures, plan))
        for each in questions
    )
    told = {gap.gap for found in (*(each.gaps for each in fields), *(each.gaps for each in doses)) for gap in found}
    return Unknowns(fields, doses, tuple(gap for gap in plan if gap.gap not in told))


def still_open(
    questions: Iterable[OpenQuestion], exposures: Iterable[Exposure], sex: str, pack: Pack
) -> list[OpenQuestion]:
    """The questions that nobody has settled: not those about an organ of the other sex, nor one about a yes-or-no
    exposure alone for which somebody recorded an answer (0 or 1)."""
    recorded = {row.name for row in exposures if row.source == "recorded" and row.certainty == Certainty.KNOWN}
    answered = {name for name in recorded if name in pack.exposures and pack.exposures[name].unit == YES_NO_UNIT}
    return [each for each in questions if not each.exposures or _matters(each.exposures, answered, sex)]


def _matters(names: Iterable[str], answered: set[str], sex: str) -> bool:
    return any(name not in answered and concerns(name, sex) for name in names)


def unknown_fields(row: Diagnosis, pack: Pack) -> Iterator[str]:
    """The fields and days of a diagnosis on which its plan depends and which are not recorded.

    What every follow-up wants to know of such a tumor always counts; any other field if some schedule could ask for it
    as far as the rest is known: the vessel of a tumor known to be in a limb does not.
    """
    if row.diagnosed_on is None:
        yield "diagnosed_on"
    yield from _asked_by_schedules(row, pack)
    possible = [each for each in pack.schedules.get(row.name, ()) if _could_hold(each.stratum, row.tumor())]
    if row.resected_on is None and any(each.anchor == "resection" for each in possible):
        yield "resected_on"
    if row.end_of_therapy_on is None:
        yield "end_of_therapy_on"


def _asked_by_schedules(row: Diagnosis, pack: Pack) -> list[str]:
    tumor = row.tumor()
    wanted = (name for name in ALWAYS if name in pack.strata.get(("recurrence", row.name), {}))
    found: dict[str, None] = dict.fromkeys(name for name in wanted if tumor.get(name, UNKNOWN) == UNKNOWN)
    for schedule in pack.schedules.get(row.name, ()):
        if _could_hold(schedule.stratum, tumor):
            found |= dict.fromkeys(name for name in _fields(schedule.stratum) if tumor.get(name, UNKNOWN) == UNKNOWN)
    return list(found)


def _could_hold(stratum: Stratum, tumor: Mapping[str, str]) -> bool:
    return all(
        (tumor[clause.field] in clause.values) is not clause.negated
        for clause in stratum.clauses
        if isinstance(clause, FieldIn) and tumor.get(clause.field, UNKNOWN) != UNKNOWN
    )


def _fields(stratum: Stratum) -> Iterator[str]:
    return (clause.field for clause in stratum.clauses if isinstance(clause, FieldIn) and clause.field != "sex")


def who_knows(name: str) -> str:
    """A code for who could tell ("pathology"), of a field of a diagnosis."""
    return WHO_KNOWS.get(name, OTHERWISE)


def _gaps_about(names: Iterable[str], gaps: Iterable[PlanGap], about: str = "") -> tuple[PlanGap, ...]:
    """The gaps that miss one of these facts (of this diagnosis, where a gap names one)."""
    wanted = set(names)
    return tuple(gap for gap in gaps if wanted & set(gap.missing) and (not about or _is_about(gap, about)))


def _is_about(gap: PlanGap, diagnosis: str) -> bool:
    _, colon, about = gap.gap.partition(":")
    return not colon or about == diagnosis
