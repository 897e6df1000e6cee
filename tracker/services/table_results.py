"""The table of results: by survivor, test, day, and the result's own number where its source has one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from tracker.errors import Invalid
from tracker.models import Result, ResultStatus, Survivor
from tracker.services import audit, results
from tracker.services.import_report import Fate
from tracker.services.import_told import plain, plain_values
from tracker.services.results import ResultInput
from tracker.services.table_desk import Desk, Memory, Outcome, People, Told, check_contradictions, in_words, rows_of
from tracker.services.table_words import NotOne, exactly
from tracker.tables.reading import TableRow

SECTION = "results"
# Columns of the table → fields of a result.
FIELDS = {
    "value": "value",
    "unit": "unit",
    "reference_range": "reference_range",
    "outcome": "outcome",
    "status": "status",
    "adequate": "adequate",
    "claimed": "claimed",
    "done_elsewhere": "source",
    "report": "report",
}
COLUMNS = {name: column for column, name in FIELDS.items()} | {"test_code": "test", "performed_on": "date"}
ENTERED = tuple(name for name in FIELDS.values() if name != "status")


@dataclass
class Plan:
    """What a row says, and the result it is about (None: a new one)."""

    survivor: Survivor
    test_code: str
    day: date
    values: dict[str, Any]
    told: Told
    key: str
    standing: Result | None = None
    news: dict[str, Any] = field(default_factory=dict)


class Results:
    """Results as a table tells of them."""

    plans, derives = True, False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._people = People(desk)
        rows: dict[UUID, list[Result]] = rows_of(desk.session, Result, self._people.ids)
        self._by_id = {row.id: row for own in rows.values() for row in own}
        self._replaced = {row.replaces_id: row for row in self._by_id.values() if row.replaces_id is not None}
        self._on: dict[tuple[UUID, str, date], list[Result]] = {}
        for row in self._by_id.values():
            if row.superseded_at is None:
                self._on.setdefault((row.survivor_id, row.test_code, row.performed_on), []).append(row)
        self._memory = Memory(desk, SECTION, self._people.ids)
        # Versions of what tables told of: they are found by what is remembered, never by their day.
        owned = (self._current(row_id) for row_id in self._memory.row_ids())
        self._owned = {each.id for each in owned if each is not None}
        self._planned: dict[int, Plan] = {}

    def _current(self, row_id: UUID | None) -> Result | None:
        """The version of a result that stands."""
        found = self._by_id.get(row_id) if row_id is not None else None
        while found is not None and found.superseded_at is not None:
            found = self._replaced.get(found.id)
        return found

    # Checking

    def check(self) -> None:
        """Find every problem of every row; writes nothing."""
        keyed: list[tuple[object, TableRow]] = []
        for row in self._desk.table.rows:
            survivor, test_code = self._people.whose(row), self._test(row)
            day: Any = row.values.get("date")
            if survivor is None or not test_code or day is None:
                continue
            values: dict[str, Any] = {name: row.values[each] for each, name in FIELDS.items() if each in row.values}
            key = "|".join((test_code, day.isoformat(), row.text("source_id")))
            plan = Plan(survivor, test_code, day, values, plain_values(values), key)
            self._planned[row.number] = plan
            keyed.append(((survivor.id, key), row))
            self._match(row, plan)
            self._check(row, plan)
        check_contradictions(self._desk, keyed, "Give each its own source_id, or keep one of them")

    def _test(self, row: TableRow) -> str:
        typed, tests = row.text("test"), self._desk.pack.tests
        if not typed:
            return ""
        by_loinc = {code for code, each in tests.items() if each.loinc and each.loinc == typed}
        if typed in self._desk.loinc:
            by_loinc.add(self._desk.loinc[typed])
        if len(by_loinc) == 1:
            return by_loinc.pop()
        try:
            return exactly({code: _Named(code, each.name, (each.plain_name,)) for code, each in tests.items()}, typed)
        except NotOne as why:
            self._desk.problem(row, "test", str(why))
            return ""

    def _match(self, row: TableRow, plan: Plan) -> None:
        known = self._memory.of(plan.survivor.id, plan.key)
        news = self._memory.news(plan.survivor.id, plan.key, plan.told)
        if known is not None and known.row_id is not None:
            plan.standing = self._current(known.row_id)
        else:
            plan.standing = self._elsewhere(row, plan, {name: plan.values[name] for name in news})
        if plan.standing is not None:
            standing = plan.standing
            plan.news = {
                name: plan.values[name] for name in news if plain(getattr(standing, name)) != plain(plan.values[name])
            }

    def _elsewhere(self, row: TableRow, plan: Plan, news: dict[str, Any]) -> Result | None:
        """A result of this test and day that came in another way; one that says otherwise is a problem."""
        found = self._on.get((plan.survivor.id, plan.test_code, plan.day), [])
        others = [each for each in found if each.id not in self._owned and not _is_void(each)]
        agreeing = [each for each in others if not _contradicted(each, news)]
        if agreeing:
            return agreeing[0]
        if others and not row.text("source_id"):
            name = _contradicted(others[0], news)[0]
            said = plain(getattr(others[0], name))
            reason = (
                f"Of this test and day the record says {said}, which no table has said. Correct one of the two, or "
                "give this result a source_id if the test was done twice"
            )
            self._desk.problem(row, COLUMNS[name], reason)
        return None

    def _check(self, row: TableRow, plan: Plan) -> None:
        stands = asdict(results.as_input(plan.standing)) if plan.standing is not None else {}
        said = {name: value for name, value in plan.values.items() if name in ENTERED}
        entered = ResultInput(**{**stands, "test_code": plan.test_code, "performed_on": plan.day, **said})
        try:
            results.check(self._desk.session, plan.survivor, entered, today=self._desk.today)
        except Invalid as error:
            self._desk.problem(row, COLUMNS.get(error.field or "", ""), str(error))

    # Writing

    def changed(self, _rows: Sequence[TableRow]) -> list[UUID]:
        """No summary has results in it."""
        return []

    def write(self, rows: Sequence[TableRow]) -> list[Outcome]:
        """Store good rows, and say of each what became of it."""
        return [self._write(row, self._planned[row.number]) for row in rows]

    def _write(self, row: TableRow, plan: Plan) -> Outcome:
        known = self._memory.of(plan.survivor.id, plan.key)
        if plan.standing is not None:
            return self._alter(row, plan, known.row_id if known is not None else None)
        if known is not None:
            # A second row that says the same.
            return Outcome(Fate.UNCHANGED, plan.survivor)
        made = self._store(plan, plan.values)
        self._desk.trail("result.recorded", made)
        self._memory.keep(plan.survivor.id, plan.key, plan.told, made.id)
        return Outcome(Fate.NEW, plan.survivor, [self._words(plan)])

    def _alter(self, row: TableRow, plan: Plan, made: UUID | None) -> Outcome:
        standing = plan.standing
        assert standing is not None
        outcome = Outcome(Fate.UNCHANGED, plan.survivor)
        if plan.news and (_is_void(standing) or (made not in (None, standing.id) and standing.recorded_by_id)):
            self._desk.note(row, "", "Somebody has corrected this result here, so what the table says anew is left out")
            self._memory.keep(plan.survivor.id, plan.key, plan.told, made)
            return outcome
        if plan.news:
            corrected = self._correct(plan, standing)
            # What came in another way stays another's, however much of it is filled up here.
            made = corrected.id if made is not None else None
            outcome.fate = Fate.UPDATED
            changes = (in_words(COLUMNS[name], getattr(standing, name), value) for name, value in plan.news.items())
            outcome.changes = [self._words(plan), *changes]
        self._memory.keep(plan.survivor.id, plan.key, plan.told, made)
        return outcome

    def _correct(self, plan: Plan, standing: Result) -> Result:
        before = audit.snapshot(standing)
        standing.superseded_at = self._desk.clock.now()
        kept = asdict(results.as_input(standing)) | {"status": ResultStatus.CORRECTED.value}
        values = {name: kept[name] for name in (*ENTERED, "status", "visit_id")} | plan.news
        found = self._store(plan, values, replaces_id=standing.id)
        self._desk.trail("result.corrected", found, before=before)
        return found

    def _store(self, plan: Plan, values: dict[str, Any], **more: Any) -> Result:
        made = Result(
            id=uuid4(),
            survivor_id=plan.survivor.id,
            test_code=plan.test_code,
            performed_on=plan.day,
            recorded_at=self._desk.clock.now(),
            **values,
            **more,
        )
        self._desk.session.add(made)
        return made

    def _words(self, plan: Plan) -> str:
        return f"{self._desk.pack.tests[plan.test_code].name}, {plan.day.isoformat()}"


@dataclass(frozen=True)
class _Named:
    """A test as names are looked up."""

    code: str
    name: str
    synonyms: tuple[str, ...]


def _is_void(row: Result) -> bool:
    return row.status == ResultStatus.ENTERED_IN_ERROR


def _contradicted(row: Result, values: dict[str, Any]) -> list[str]:
    """What the row says otherwise; an answer that was merely not given contradicts nothing."""
    found = []
    for name, value in values.items():
        stands = plain(getattr(row, name))
        if stands is not None and stands != plain(value) and name != "status":
            found.append(name)
    return found
