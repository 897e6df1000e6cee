"""What an import did, or would do: the same for every kind of file, kept with it, shown, and given out as a table."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from tracker.services.import_records import Code, Tally
from tracker.services.spreadsheets import neutral


class Fate(StrEnum):
    """What an import did to one person's record."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One person (of a FHIR file) or one row (of a table), and what became of it.

    ``place`` is where it stands in the file ("row 12", "entry 1 (Patient/…)"), ``what`` what it is about in words a
    person recognises, ``changes`` what is new or changed, in words. ``fate`` is a ``Fate`` or "skipped".
    """

    place: str
    what: str
    fate: str
    changes: tuple[str, ...] = ()
    survivor_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong in a file, or that somebody should look at.

    ``file`` is its name, ``path`` where in it ("row 12, column birth_date", "entry 3 (Observation/x): valueQuantity"),
    ``reason`` a sentence that says what happened and what to do, ``found_by`` who says so (a validator's name, or
    empty for the tracker itself).
    """

    file: str
    path: str
    reason: str
    found_by: str = ""

    def sentence(self) -> str:
        """The finding without its file, as one line."""
        found = f" ({self.found_by})" if self.found_by else ""
        return f"{self.path}: {self.reason}{found}" if self.path else f"{self.reason}{found}"


@dataclass
class Report:
    """What one file held and what became of it.

    ``resources``: by type (of FHIR) or kind (of a table), how many were stored and how many skipped for which reason.
    ``errors``: why the file was refused, or which rows were left out; ``notes``: what somebody should look at.
    ``touched``: whose record is new or changed, all of them; it is not kept.
    """

    file: str
    kind: str
    patients: Counter[str] = field(default_factory=Counter)
    resources: dict[str, Tally] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    unmapped: Counter[Code] = field(default_factory=Counter)
    touched: list[UUID] = field(default_factory=list)

    def skip(self, name: str, reason: str, count: int = 1) -> None:
        """Count what was not kept."""
        self.resources.setdefault(name, Tally()).reasons[reason] += count

    def store(self, name: str, count: int = 1) -> None:
        """Count what was kept."""
        self.resources.setdefault(name, Tally()).stored += count

    @property
    def skipped(self) -> int:
        return sum(tally.skipped for tally in self.resources.values())

    def as_json(self) -> dict[str, Any]:
        """The report as it is kept with the import."""
        return {
            "file": self.file,
            "kind": self.kind,
            "patients": {fate.value: self.patients[fate] for fate in Fate},
            "resources": {
                name: {"stored": tally.stored, "skipped": tally.skipped, "reasons": dict(sorted(tally.reasons.items()))}
                for name, tally in sorted(self.resources.items())
            },
            "lines": [_line(each) for each in self.lines],
            "errors": [asdict(each) for each in self.errors],
            "notes": [asdict(each) for each in self.notes],
            "unmapped": [
                {"system": system, "code": code, "display": display, "count": count}
                for (system, code, display), count in self.unmapped.most_common()
            ],
        }


def _line(line: Line) -> dict[str, Any]:
    told = asdict(line) | {"changes": list(line.changes)}
    return told | {"survivor_id": str(line.survivor_id) if line.survivor_id else None}


def read_report(told: Mapping[str, Any]) -> Report:
    """A report as it was kept."""
    report = Report(told["file"], told["kind"], Counter(told["patients"]))
    for name, each in told["resources"].items():
        report.resources[name] = Tally(each["stored"], Counter(each["reasons"]))
    for each in told["lines"]:
        survivor_id = UUID(each["survivor_id"]) if each["survivor_id"] else None
        report.lines.append(Line(**(each | {"changes": tuple(each["changes"]), "survivor_id": survivor_id})))
    report.errors = [Finding(**each) for each in told["errors"]]
    report.notes = [Finding(**each) for each in told["notes"]]
    report.unmapped = Counter(
        {(each["system"], each["code"], each["display"]): each["count"] for each in told["unmapped"]}
    )
    return report


COLUMNS = ("file", "place", "what", "became", "details", "said by")


def table_of(reports: Iterable[Report]) -> Iterator[tuple[str, ...]]:
    """The reports as rows of a table to download, heading first; no cell can act as a formula."""
    yield COLUMNS
    for report in reports:
        for line in report.lines:
            yield _cells(report.file, line.place, line.what, line.fate, "; ".join(line.changes), "")
        for name, tally in sorted(report.resources.items()):
            if tally.stored:
                yield _cells(report.file, name, "", "stored", str(tally.stored), "")
            for reason, count in sorted(tally.reasons.items()):
                yield _cells(report.file, name, "", "skipped", f"{reason}: {count}", "")
        for became, findings in (("refused", report.errors), ("look at", report.notes)):
            for each in findings:
                yield _cells(each.file, each.path, "", became, each.reason, each.found_by)


def _cells(*cells: str) -> tuple[str, ...]:
    return tuple(neutral(cell) for cell in cells)
