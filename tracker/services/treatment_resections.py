"""The day on which a tumor was removed, from the operations that took it out: schedules are counted from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tracker.engine.catalogue import Catalogue
from tracker.engine.partial_dates import Day, first_day, last_day
from tracker.services.sections.removals import resection_day
from tracker.services.treatment_inputs import DiagnosisInput, SummaryInput

OPERATIONS = "surgeries"


@dataclass(frozen=True)
class Removal:
    """A tumor of which nobody entered when it was removed, and the day that its operation says."""

    name: str
    on: Day


def with_removals(
    entered: SummaryInput, standing: SummaryInput, catalogue: Catalogue
) -> tuple[SummaryInput, tuple[Removal, ...]]:
    """The summary with each tumor's day of removal taken from its newest dated resection, where none was entered.

    Of one tumor every operation counts; of several, those that are linked to it. What somebody entered stays.
    """
    found = [
        None if each.resected_on else removed_on(entered, place, standing, catalogue)
        for place, each in enumerate(entered.diagnoses)
    ]
    pairs = list(zip(entered.diagnoses, found, strict=True))
    filled = tuple(each if on is None else replace(each, resected_on=on) for each, on in pairs)
    return replace(entered, diagnoses=filled), tuple(Removal(each.name, on) for each, on in pairs if on is not None)


def removed_on(entered: SummaryInput, place: int, standing: SummaryInput, catalogue: Catalogue) -> Day | None:
    """The newest day on which an operation took out the tumor at this place, as far as it is known."""
    only = len(entered.diagnoses) == 1
    days = [
        day
        for values in _operations(entered, standing)
        if only or _belongs(values, entered.diagnoses[place], place)
        if (day := resection_day(values.get("operation"), values.get("done_on"), catalogue)) is not None
    ]
    return max(days, key=lambda day: (first_day(day), last_day(day)), default=None)


def _operations(entered: SummaryInput, standing: SummaryInput) -> Iterator[Mapping[str, object]]:
    """Each operation with what stands of it where nothing was entered."""
    stood = {each.id: each.values for each in standing.entries.get(OPERATIONS, ())}
    for each in entered.entries.get(OPERATIONS, standing.entries.get(OPERATIONS, ())):
        yield {**stood.get(each.id, {}), **each.values} if each.id is not None else each.values


def _belongs(values: Mapping[str, object], tumor: DiagnosisInput, place: int) -> bool:
    linked = values.get("diagnosis_id")
    return linked is not None and linked in (tumor.id, place)
