"""The table of treatments: courses, operations and transplants, found again by what was given, when and where."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from tracker.models import Diagnosis, Survivor
from tracker.services import audit
from tracker.services.import_report import Fate
from tracker.services.import_told import plain, plain_values
from tracker.services.sections import registry
from tracker.services.sections.checks import IF_RIGHT, Surroundings, check_change, check_entry, lookup_list
from tracker.services.sections.entries import EntryInput, fill_row, is_blank, values_of
from tracker.services.sections.removals import fill_removal
from tracker.services.sections.spec import Section
from tracker.services.sections.words import headline
from tracker.services.table_desk import (
    Desk,
    Memory,
    Outcome,
    People,
    Told,
    check_contradictions,
    in_words,
    rows_of,
)
from tracker.services.table_diagnoses import Names
from tracker.services.table_words import NotOne, exactly, named, or_as_typed
from tracker.services.treatment_checks import Problem
from tracker.tables.reading import TableRow
from tracker.tables.treatment_columns import DRUG, RADIATION, SURGERY, TRANSPLANT

SECTIONS = {DRUG: "drugs", RADIATION: "radiation", SURGERY: "surgeries", TRANSPLANT: "transplants"}
PERIOD = {"first_day": "started_on", "last_day": "ended_on"}
# Columns of the table → fields of the section.
FIELDS: Mapping[str, Mapping[str, str]] = {
    DRUG: {each: each for each in ("agent", "dose", "unit", "courses", "route", "note")} | PERIOD,
    RADIATION: {"field": "fields", "dose_gy": "dose_gy", "fractions": "fractions", "side": "laterality", "note": "note"}
    | PERIOD,
    SURGERY: {
        "operation": "operation",
        "site": "site",
        "side": "laterality",
        "first_day": "done_on",
        "place": "place",
        "note": "note",
    },
    TRANSPLANT: {
        "transplant_kind": "kind",
        "graft_source": "graft_source",
        "conditioning": "conditioning",
        "first_day": "done_on",
        "place": "place",
        "note": "note",
    },
}
NEEDED = {DRUG: "agent", RADIATION: "field", SURGERY: "operation"}
# What tells one entry from another, and what does so only where both say it.
KEYS: Mapping[str, tuple[str, ...]] = {
    DRUG: ("agent", "started_on", "ended_on"),
    RADIATION: ("fields", "started_on", "ended_on"),
    SURGERY: ("operation", "done_on"),
    TRANSPLANT: ("done_on",),
}
BESIDE: Mapping[str, str] = {DRUG: "route", RADIATION: "laterality", SURGERY: "laterality", TRANSPLANT: "kind"}
SEPARATORS = (";", "|", "\n")
ADVICE = "Tell the two apart by their dates, or keep one of them"
IF_CHECKED = "If it is right, write yes in the column checked"


@dataclass
class Plan:
    """What a row says in the words of its section, and the entry it is about (None: a new one)."""

    survivor: Survivor
    section: Section
    values: dict[str, object]
    told: Told
    key: str
    standing: Any = None
    news: dict[str, object] = field(default_factory=dict)
    is_gone: bool = False


class Treatments:
    """Treatments as a table tells of them."""

    plans, derives = True, True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._people = People(desk)
        ids = self._people.ids
        self._sections = {kind: registry.section(key) for kind, key in SECTIONS.items()}
        self._rows = {kind: rows_of(desk.session, section.table, ids) for kind, section in self._sections.items()}
        self._memories = {kind: Memory(desk, key, ids) for kind, key in SECTIONS.items()}
        self._diagnoses: dict[UUID, list[Diagnosis]] = rows_of(desk.session, Diagnosis, ids)
        self._names = Names(desk)
        self._planned: dict[int, Plan] = {}
        self._claimed: set[UUID] = set()

    # Checking

    def check(self) -> None:
        """Find every problem of every row; writes nothing."""
        keyed: list[tuple[object, TableRow]] = []
        for row in self._desk.table.rows:
            survivor, kind = self._people.whose(row), row.text("kind")
            values = self._values(row, kind, survivor) if kind else {}
            if survivor is not None and kind:
                plan = self._plan(row, kind, survivor, values)
                keyed.append(((survivor.id, plan.key), row))
        check_contradictions(self._desk, keyed, ADVICE)
        for row in self._desk.table.rows:
            self._check(row)

    def _values(self, row: TableRow, kind: str, survivor: Survivor | None) -> dict[str, object]:
        values: dict[str, object] = {}
        for column, name in FIELDS[kind].items():
            if column in row.values:
                values[name] = self._coded(row, kind, column)
        needed = NEEDED.get(kind)
        if needed and needed not in row.values:
            self._desk.problem(row, needed, f"Fill the {needed}: a {kind} cannot be kept without it")
        if "dose" in row.values and "unit" not in row.values:
            self._desk.problem(row, "unit", "Fill the unit of the dose; it is never guessed")
        if row.text("diagnosis") and survivor is not None:
            values["diagnosis_id"] = self._diagnosis(row, survivor)
        return {name: value for name, value in values.items() if value is not None}

    def _coded(self, row: TableRow, kind: str, column: str) -> object:
        read = CODED.get(column)
        if read is None:
            return row.values[column]
        section = self._sections[kind]
        known = lookup_list(self._desk.catalogue, section.field(FIELDS[kind][column]).lookup)
        try:
            return read(known, row.text(column))
        except NotOne as why:
            self._desk.problem(row, column, str(why))
            return None

    def _diagnosis(self, row: TableRow, survivor: Survivor) -> UUID | None:
        name, _ = self._names.meant(row.text("diagnosis"))
        known = self._diagnoses.get(survivor.id, [])
        found = [each for each in known if each.name.casefold() == name.casefold()]
        if len(found) == 1:
            return found[0].id
        listed = "”, “".join(each.name for each in known)
        why = f"On record: “{listed}”" if known else "No diagnosis is on record"
        which = "is on record more than once. Leave this cell empty" if found else f"is not on record. {why}"
        self._desk.problem(row, "diagnosis", f"“{row.text('diagnosis')[:80]}” {which}")
        return None

    def _plan(self, row: TableRow, kind: str, survivor: Survivor, values: dict[str, object]) -> Plan:
        key = "|".join(_key_text(values.get(name)) for name in (*KEYS[kind], BESIDE[kind]))
        told = plain_values(values)
        if "diagnosis_id" in values:
            told["diagnosis_id"] = str(values["diagnosis_id"])
        plan = Plan(survivor, self._sections[kind], values, told, f"{kind}|{key}")
        self._planned[row.number] = plan
        return plan

    def _check(self, row: TableRow) -> None:
        plan = self._planned.get(row.number)
        if plan is None:
            return
        kind = row.text("kind")
        self._match(kind, plan)
        is_confirmed = row.values.get("checked") is True
        around = self._around(plan.survivor)
        if plan.standing is None:
            found = check_entry(plan.section, EntryInput(plan.values, confirmed=is_confirmed), around)
        else:
            self._check_other_entry(row, kind, plan)
            entered = EntryInput(plan.news, id=plan.standing.id, confirmed=is_confirmed)
            standing = values_of(plan.standing, plan.section)
            found = check_change(plan.section, entered, standing, around) if plan.news else []
        unread = {FIELDS[kind].get(name, name) for name in row.unread}
        for each in found:
            if each.field not in unread and not self._has_problem(row, kind, each):
                self._desk.problem(row, _column(kind, each.field), each.message.replace(IF_RIGHT, IF_CHECKED))

    def _has_problem(self, row: TableRow, kind: str, found: Problem) -> bool:
        column = _column(kind, found.field)
        return any(each.row == row.number and each.column == column for each in self._desk.problems)

    def _match(self, kind: str, plan: Plan) -> None:
        """Find the entry that a row is about, and what it says anew."""
        memory, rows = self._memories[kind], self._rows[kind].get(plan.survivor.id, [])
        known = memory.of(plan.survivor.id, plan.key)
        if known is not None and known.row_id is not None:
            plan.standing = next((each for each in rows if each.id == known.row_id), None)
            plan.is_gone = plan.standing is None
        else:
            free = [each for each in rows if each.id not in self._claimed | memory.row_ids()]
            plan.standing = _same(kind, plan, free)
        if plan.standing is not None:
            self._claimed.add(plan.standing.id)
            stands = values_of(plan.standing, plan.section)
            news = memory.news(plan.survivor.id, plan.key, plan.told)
            plan.news = {
                name: plan.values[name] for name in news if not _equal(name, stands.get(name), plan.values[name])
            }

    def _check_other_entry(self, row: TableRow, kind: str, plan: Plan) -> None:
        """What somebody else entered is filled up, never contradicted."""
        known = self._memories[kind].of(plan.survivor.id, plan.key)
        if known is not None and known.row_id is not None:
            return
        stands = values_of(plan.standing, plan.section)
        for name in plan.news:
            if not is_blank(stands.get(name)) and stands[name] != "unknown":
                said = plain(stands[name])
                reason = f"The record says {said} here, which no table has said. Correct one of the two"
                self._desk.problem(row, _column(kind, name), reason)

    def _around(self, survivor: Survivor) -> Surroundings:
        return Surroundings(
            pack=self._desk.pack,
            catalogue=self._desk.catalogue,
            birth_date=survivor.birth_date,
            today=self._desk.today,
            diagnosis_ids=frozenset(each.id for each in self._diagnoses.get(survivor.id, [])),
        )

    # Writing

    def changed(self, rows: Sequence[TableRow]) -> list[UUID]:
        """Whose summary these rows change."""
        plans = [self._planned[row.number] for row in rows]
        return list({each.survivor.id: None for each in plans if each.news or each.standing is None})

    def write(self, rows: Sequence[TableRow]) -> list[Outcome]:
        """Store good rows, and say of each what became of it."""
        return [self._write(row, self._planned[row.number]) for row in rows]

    def _write(self, row: TableRow, plan: Plan) -> Outcome:
        kind = row.text("kind")
        known = self._memories[kind].of(plan.survivor.id, plan.key)
        if plan.is_gone or (plan.standing is None and known is not None):
            return self._again(row, kind, plan)
        if plan.standing is None:
            return self._add(row, kind, plan)
        outcome = Outcome(Fate.UNCHANGED, plan.survivor)
        if plan.news:
            self._alter(plan, outcome)
        # What came in another way stays another's, however much of it is filled up here.
        self._memories[kind].keep(plan.survivor.id, plan.key, plan.told, known.row_id if known is not None else None)
        return outcome

    def _add(self, row: TableRow, kind: str, plan: Plan) -> Outcome:
        self._note_alike(row, kind, plan)
        desk, section = self._desk, plan.section
        made: Any = section.table(id=uuid4(), survivor_id=plan.survivor.id, recorded_at=desk.clock.now())
        fill_row(made, section, {**_empty(section), **plan.values})
        desk.session.add(made)
        desk.trail(f"{section.key}.imported", made)
        self._memories[kind].keep(plan.survivor.id, plan.key, plan.told, made.id)
        self._removal(kind, made)
        said = headline(made, section, desk.catalogue)
        return Outcome(Fate.NEW, plan.survivor, [said])

    def _alter(self, plan: Plan, outcome: Outcome) -> None:
        section, stands = plan.section, values_of(plan.standing, plan.section)
        before = audit.snapshot(plan.standing)
        fill_row(plan.standing, section, plan.news)
        self._desk.trail(f"{section.key}.corrected", plan.standing, before=before)
        self._removal(section.key, plan.standing)
        outcome.fate = Fate.UPDATED
        said = headline(plan.standing, section, self._desk.catalogue)
        outcome.changes = [
            said,
            *(in_words(name, stands.get(name), value, _shown) for name, value in plan.news.items()),
        ]

    def _again(self, row: TableRow, kind: str, plan: Plan) -> Outcome:
        """A second row that says the same, or an entry that somebody has taken out: it is not entered again."""
        known = self._memories[kind].of(plan.survivor.id, plan.key)
        if plan.is_gone:
            self._desk.note(row, "", f"This {plan.section.one} was taken out of the record, and is not entered again")
        elif known is not None:
            self._memories[kind].keep(plan.survivor.id, plan.key, plan.told, known.row_id)
        return Outcome(Fate.UNCHANGED, plan.survivor)

    def _removal(self, kind: str, made: Any) -> None:
        if kind in (SURGERY, SECTIONS[SURGERY]):
            self._desk.session.flush()
            fill_removal(self._desk.session, made, self._desk.catalogue, actor=self._desk.actor, clock=self._desk.clock)

    def _note_alike(self, row: TableRow, kind: str, plan: Plan) -> None:
        """The same was recorded with other dates, or none: perhaps it is counted twice now."""
        main = KEYS[kind][0]
        alike = [
            each
            for each in self._rows[kind].get(plan.survivor.id, [])
            if kind != TRANSPLANT and _key_text(values_of(each, plan.section)[main]) == _key_text(plan.values.get(main))
        ]
        if alike:
            said = headline(alike[0], plan.section, self._desk.catalogue)
            self._desk.note(row, "", f"The record already has “{said}”. Check that this is not the same once more")


def _empty(section: Section) -> dict[str, object]:
    """A field that a table does not fill is as it would be in a form left blank."""
    texts = ("text", "long_text", "choice", "lookup", "yes_no")
    return {each.name: "" for each in section.fields if each.kind.value in texts}


def _same(kind: str, plan: Plan, rows: Sequence[Any]) -> Any:
    """The entry that says this already; where only one of the two tells the route or side, the one that there is."""
    stands = [(each, values_of(each, plan.section)) for each in rows]
    keyed = [
        (each, values)
        for each, values in stands
        if all(_key_text(values.get(name)) == _key_text(plan.values.get(name)) for name in KEYS[kind])
    ]
    beside, mine = BESIDE[kind], _key_text(plan.values.get(BESIDE[kind]))
    equal = [each for each, values in keyed if _key_text(values.get(beside)) == mine]
    loose = [each for each, values in keyed if not mine or not _key_text(values.get(beside))]
    return equal[0] if equal else loose[0] if len(loose) == 1 else None


def _key_text(value: object) -> str:
    if isinstance(value, list | tuple):
        return "+".join(sorted(str(each) for each in value))
    found = plain(value)
    return "" if found in (None, "unknown") else str(found)


def _equal(name: str, one: object, other: object) -> bool:
    if name == "fields":
        return _key_text(one) == _key_text(other)
    return bool(plain(one) == plain(other))


def _shown(value: object) -> str:
    return str(plain(value))


def _column(kind: str, name: str) -> str:
    """The column that fills a field of the section."""
    columns = {field_name: column for column, field_name in FIELDS[kind].items()}
    return "diagnosis" if name == "diagnosis_id" else columns.get(name, "")


def _fields(known: Mapping[str, Any], typed: str) -> list[str]:
    if len(named(known, typed)) == 1:
        return [exactly(known, typed)]
    parts = [typed]
    for separator in SEPARATORS:
        parts = [each for part in parts for each in part.split(separator)]
    return [exactly(known, each.strip()) for each in parts if each.strip()]


CODED: Mapping[str, Callable[[Mapping[str, Any], str], object]] = {
    "agent": exactly,
    "field": _fields,
    "operation": exactly,
    "side": exactly,
    "site": or_as_typed,
    "graft_source": or_as_typed,
    "conditioning": or_as_typed,
}
