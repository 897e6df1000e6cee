"""The diagnosis that a row of the table of survivors tells of: found among those on record, added, or corrected."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from tracker.engine.catalogue import FEWEST_LETTERS
from tracker.engine.partial_dates import Day, first_day, known_to, last_day, precision_of
from tracker.models import Diagnosis, Survivor
from tracker.services import audit, diagnosis_names
from tracker.services.table_desk import Desk, Told, in_words
from tracker.tables.reading import TableRow

DATES = ("diagnosed_on", "end_of_therapy_on")
COLUMNS = ("diagnosis", *DATES)


@dataclass(frozen=True)
class Meant:
    """The diagnosis a row means: the name and code to store, and the row of the record (None: none yet)."""

    name: str
    code: str
    standing: Diagnosis | None


class Names:
    """What diagnoses may be called; each text is looked up once, however many rows have it."""

    def __init__(self, desk: Desk) -> None:
        self._pack, self._catalogue = desk.pack, desk.catalogue
        self._meant: dict[str, tuple[str, str]] = {}

    def meant(self, typed: str) -> tuple[str, str]:
        """Name and morphology code to store; what no list has is kept as typed."""
        if typed not in self._meant:
            self._meant[typed] = diagnosis_names.meant(self._pack, self._catalogue, typed)
        return self._meant[typed]

    def begun(self, typed: str) -> tuple[str, ...]:
        """The names that a text begins; none where it is a word by itself, like "sarcoma", or too short to tell."""
        text = even(typed)
        found = [(label, words) for label, words in self._choices if any(each.startswith(text) for each in words)]
        whole = {word for _, words in found for each in words for word in each.split()}
        return () if len(text) < FEWEST_LETTERS or text in whole else tuple(label for label, _ in found)

    @cached_property
    def _choices(self) -> list[tuple[str, tuple[str, ...]]]:
        offered = diagnosis_names.choices(self._pack, self._catalogue)
        return [(each.label, tuple(even(name) for name in diagnosis_names.names_of(each))) for each in offered]


def even(text: str) -> str:
    """A name as it is compared."""
    return " ".join(text.casefold().split())


def meant_by(desk: Desk, names: Names, row: TableRow, standing: Sequence[Diagnosis], made: UUID | None) -> Meant | None:
    """What the row's diagnosis is; None where it tells of none, or cannot be told. ``made``: by an earlier import."""
    typed = row.text("diagnosis")
    if not typed:
        return _only_one(desk, row, standing)
    name, code = names.meant(typed)
    is_known = name in desk.pack.diagnoses
    begun = () if is_known or code else names.begun(typed)
    if len(begun) > 1:
        listed = "”, “".join(begun[:5])
        desk.problem(row, "diagnosis", f"“{typed}” begins several names: “{listed}”. Write the whole name")
        return None
    same = next((each for each in standing if each.name.casefold() == name.casefold()), None)
    own = next((each for each in standing if each.id == made), None)
    if same is None and own is None and standing:
        known = "”, “".join(each.name for each in standing)
        desk.problem(
            row,
            "diagnosis",
            f"Another diagnosis is on record: “{known}”. Correct the table, or add the second diagnosis by hand",
        )
        return None
    if not is_known:
        hint = f" Is it “{begun[0]}”?" if begun else ""
        reason = f"“{name[:80]}” has no schedule of its own in the guideline.{hint} It is kept as it is"
        desk.note(row, "diagnosis", reason)
    return Meant(name, code, same or own)


def _only_one(desk: Desk, row: TableRow, standing: Sequence[Diagnosis]) -> Meant | None:
    dated = next((name for name in DATES if name in row.values), None)
    if dated is None or "diagnosis" in row.unread:
        return None
    if len(standing) == 1:
        return Meant(standing[0].name, standing[0].icdo3_morphology, standing[0])
    why = "of several diagnoses" if standing else "of a diagnosis that is not told"
    desk.problem(row, dated, f"This is a date {why}. Fill the column diagnosis")
    return None


def check_dates(desk: Desk, row: TableRow, meant: Meant, told: Told) -> None:
    """The end of therapy is not before the diagnosis, whichever of the two is new."""
    days = {name: _effective(row, name, meant.standing, told) for name in DATES}
    begins, ends = days["diagnosed_on"], days["end_of_therapy_on"]
    if begins is not None and ends is not None and last_day(ends) < first_day(begins):
        column = "end_of_therapy_on" if "end_of_therapy_on" in row.values else "diagnosed_on"
        desk.problem(row, column, "The end of therapy is before the diagnosis. Check both years")


def _effective(row: TableRow, name: str, standing: Diagnosis | None, told: Told) -> Day | None:
    if name in told:
        found: Any = row.values.get(name)
        return found if not isinstance(found, str) else None
    return None if standing is None else _day_of(standing, name)


def _day_of(row: Diagnosis, name: str) -> Day | None:
    return known_to(getattr(row, name), getattr(row, f"{name.removesuffix('_on')}_precision"))


def write(
    desk: Desk, survivor: Survivor, row: TableRow, meant: Meant, news: Told, position: int, changes: list[str]
) -> Diagnosis:
    """Store what is news of a diagnosis; ``changes`` gets what changed in words."""
    found = meant.standing
    before = None if found is None else audit.snapshot(found)
    count = len(changes)
    if found is None:
        found = Diagnosis(
            id=uuid4(), survivor_id=survivor.id, position=position, name=meant.name, icdo3_morphology=meant.code
        )
        desk.session.add(found)
        changes.append(in_words("diagnosis", None, meant.name))
    elif "diagnosis" in news and found.name != meant.name:
        changes.append(in_words("diagnosis", found.name, meant.name))
        found.name, found.icdo3_morphology = meant.name, meant.code
    for name in DATES:
        day: Any = row.values.get(name)
        if name in news and _day_of(found, name) != day:
            changes.append(in_words(name, _day_of(found, name), day))
            setattr(found, name, first_day(day))
            setattr(found, f"{name.removesuffix('_on')}_precision", precision_of(day))
    if len(changes) > count:
        desk.trail("diagnosis.imported" if before is None else "diagnosis.corrected", found, before=before)
    return found
