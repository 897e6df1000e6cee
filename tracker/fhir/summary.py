"""What an import did, as numbers: for a machine as JSON, for a person as a short table."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tracker.services.import_records import Code, Tally
from tracker.services.import_report import Fate, Finding, Report

SHOWN_CODES = 10


@dataclass
class Summary:
    """Counts over all files. A file that failed adds to ``files`` and ``errors`` alone."""

    files: int = 0
    patients: Counter[str] = field(default_factory=Counter)
    resources: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    unmapped: Counter[Code] = field(default_factory=Counter)
    notes: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)

    def add(self, file: str, report: Report) -> None:
        """Count a file that was imported."""
        self.files += 1
        self.patients += report.patients
        self.unmapped += report.unmapped
        self.notes.extend((file, note.sentence()) for note in report.notes)
        for name, tally in report.resources.items():
            self.resources[name].stored += tally.stored
            self.resources[name].reasons += tally.reasons

    def fail(self, file: str, why: str, findings: Iterable[Finding] = ()) -> None:
        """Count a file of which nothing was stored; ``findings``: each reason by itself, where there are several."""
        self.files += 1
        self.errors.append((file, why))
        self.findings.extend(findings)

    def pass_over(self, file: str, why: str) -> None:
        """Name a file that was left alone: it is none of ours, or was imported before."""
        self.passed_over.append((file, why))

    def as_json(self) -> dict[str, object]:
        """The summary as ``--json`` prints it; codes without a meaning here come most frequent first."""
        return {
            "files": self.files,
            "patients": {fate.value: self.patients[fate] for fate in Fate},
            "resources": {
                name: {"stored": tally.stored, "skipped": tally.skipped, "reasons": dict(sorted(tally.reasons.items()))}
                for name, tally in sorted(self.resources.items())
            },
            "errors": [{"file": file, "error": why} for file, why in self.errors],
            "findings": [
                {"file": each.file, "path": each.path, "reason": each.reason, "found_by": each.found_by}
                for each in self.findings
            ],
            "passed_over": [{"file": file, "reason": why} for file, why in self.passed_over],
            "notes": [{"file": file, "note": note} for file, note in self.notes],
            "unmapped": [
                {"system": system, "code": code, "display": display, "count": count}
                for (system, code, display), count in self._most_frequent()
            ],
        }

    def _most_frequent(self) -> list[tuple[Code, int]]:
        """By code (by words, where there is no code); of several displays of one code, the one used most."""
        displays: defaultdict[Code, Counter[str]] = defaultdict(Counter)
        for (system, code, display), count in self.unmapped.items():
            displays[system, code, "" if code else display][display] += count
        merged = [
            ((system, code, max(sorted(found), key=found.__getitem__)), found.total())
            for (system, code, _), found in displays.items()
        ]
        return sorted(merged, key=lambda each: (-each[1], each[0]))

    def lines(self) -> Iterator[str]:
        """The summary for a person to read; errors are told apart from it."""
        done = self.files - len(self.errors)
        yield f"{done} of {_counted(self.files, 'file')} imported"
        yield "Patients: " + ", ".join(f"{self.patients[fate]} {fate}" for fate in Fate)
        if self.resources:
            width = max(len(name) for name in self.resources)
            yield f"{'':{width}}  stored  skipped"
            for name, tally in sorted(self.resources.items()):
                why = ", ".join(f"{reason}: {count}" for reason, count in sorted(tally.reasons.items()))
                yield f"{name:{width}}  {tally.stored:6}  {tally.skipped:7}  {why}".rstrip()
        yield from self._code_lines()
        for file, why in self.passed_over:
            yield f"Passed over: {file} {why}"
        for file, note in self.notes:
            yield f"Look at: {file}: {note}"

    def _code_lines(self) -> Iterator[str]:
        codes = self._most_frequent()
        if codes:
            yield f"Kept in the chart, but neither a test nor a diagnosis here: {_counted(len(codes), 'code')}, such as"
        for (_, code, display), count in codes[:SHOWN_CODES]:
            yield f"{count:6}  {' '.join(part for part in (code, display) if part)}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
