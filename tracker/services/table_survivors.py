"""The table of survivors: enrolled, or brought up to date with what the table says anew."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from tracker.engine.partial_dates import first_day, last_day, precision_of
from tracker.models import Contact, ContactKind, Diagnosis, Sex, Standing, Survivor, SurvivorIdentifier
from tracker.services import accounts, names, standing, table_diagnoses, table_reach
from tracker.services.import_people import DATED
from tracker.services.import_report import Fate
from tracker.services.import_told import plain_values
from tracker.services.table_desk import (
    Desk,
    Memory,
    Outcome,
    People,
    Told,
    check_contradictions,
    chunks,
    in_words,
    rows_of,
)
from tracker.services.table_diagnoses import Meant, Names
from tracker.tables.reading import TableRow

SECTION = "survivors"
# Columns of the table → columns of the record.
DETAILS = {
    "family_name": "family_name",
    "given_name": "given_name",
    "preferred_name": "preferred_name",
    "birth_date": "birth_date",
    "sex": "sex_at_birth",
    "language": "language",
    "enrolled_on": "enrolled_on",
}


class Survivors:
    """Survivors as a table tells of them."""

    plans, derives = True, True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._people = People(desk)
        ids = self._people.ids
        self._diagnoses: dict[UUID, list[Diagnosis]] = rows_of(desk.session, Diagnosis, ids)
        self._contacts: dict[UUID, list[Contact]] = rows_of(desk.session, Contact, ids)
        self._memory = Memory(desk, SECTION, ids)
        self._numbers = self._owners()
        self._names = Names(desk)
        self._meant: dict[int, Meant] = {}
        self._enrolled: dict[str, Survivor] = {}
        # What is remembered of each row.
        self._told: dict[int, Told] = {}

    def _owners(self) -> dict[tuple[str, str], UUID]:
        """Who is known by the other numbers of this table already."""
        values = sorted({row.text("other_number") for row in self._desk.table.rows} - {""})
        owners = dict[tuple[str, str], UUID]()
        for some in chunks(values):
            query = sa.select(SurvivorIdentifier).where(
                SurvivorIdentifier.clinic_id == self._desk.clinic.id, SurvivorIdentifier.value.in_(some)
            )
            owners |= {(each.system, each.value): each.survivor_id for each in self._desk.session.scalars(query)}
        return owners

    # Checking

    def check(self) -> None:
        """Find every problem of every row; writes nothing."""
        rows = self._desk.table.rows
        for row in rows:
            self._check_person(row, self._people.of(row))
            self._check_days(row, self._people.of(row))
            self._check_number(row, self._people.of(row))
            ways = table_reach.check_ways(self._desk, row)
            self._check_diagnosis(row, self._people.of(row), ways)
        check_contradictions(
            self._desk, ((row.text("record_number"), row) for row in rows if row.text("record_number"))
        )
        self._check_shared_numbers()

    def _check_person(self, row: TableRow, survivor: Survivor | None) -> None:
        almost = self._people.almost(row) if survivor is None else None
        if almost:
            reason = f"Somebody here has the record number {almost}. Were zeros at the front lost? Correct the number"
            self._desk.problem(row, "record_number", reason)
        if survivor is None or {"family_name", "birth_date"} & row.unread:
            return
        other_name = names.folded(row.text("family_name")) != names.folded(survivor.family_name)
        if other_name and row.values.get("birth_date") != survivor.birth_date:
            reason = "This record number belongs to somebody with another family name and date of birth. Check it"
            self._desk.problem(row, "record_number", reason)

    def _check_days(self, row: TableRow, survivor: Survivor | None) -> None:
        born: Any = row.values.get("birth_date")
        died: Any = row.values.get("death_date")
        if survivor is not None and died is None:
            died = standing.died_on(survivor)
        for column in ("birth_date", "death_date", "enrolled_on", *table_diagnoses.DATES):
            day: Any = row.values.get(column)
            if day is None:
                continue
            if first_day(day) > self._desk.today:
                self._desk.problem(row, column, "This day is in the future. Check the year")
            elif born is not None and last_day(day) < born:
                self._desk.problem(row, column, "This day is before the date of birth. Check both")
        if born is not None and "death_date" not in row.values and died is not None and last_day(died) < born:
            self._desk.problem(row, "birth_date", "The date of birth is after the death on record. Check both")

    def _check_number(self, row: TableRow, survivor: Survivor | None) -> None:
        number, system = row.text("other_number"), row.text("other_system")
        if bool(number) != bool(system) and not {"other_number", "other_system"} & row.unread:
            missing = "other_system" if number else "other_number"
            self._desk.problem(row, missing, "Fill both other_number and other_system, or neither")
        owner = self._numbers.get((system, number))
        if owner is not None and (survivor is None or owner != survivor.id):
            self._desk.problem(row, "other_number", f"Another survivor here has this number of “{system}”. Check it")

    def _check_shared_numbers(self) -> None:
        seen: dict[tuple[str, str], TableRow] = {}
        for row in self._desk.table.rows:
            number = row.text("other_system"), row.text("other_number")
            first = seen.setdefault(number, row) if number[1] else row
            if first.text("record_number") != row.text("record_number"):
                for one, other in ((row, first), (first, row)):
                    self._desk.problem(one, "other_number", f"Row {other.number} gives this number to somebody else")

    def _check_diagnosis(self, row: TableRow, survivor: Survivor | None, ways: Told) -> None:
        known = self._diagnoses.get(survivor.id, []) if survivor else []
        made = self._memory.of(survivor.id, SECTION) if survivor else None
        meant = table_diagnoses.meant_by(self._desk, self._names, row, known, made.row_id if made else None)
        told = plain_values({name: value for name, value in row.values.items() if name not in table_reach.WAYS})
        self._told[row.number] = told | ways
        if meant is not None:
            self._meant[row.number] = meant
            if "diagnosis" in told:
                self._told[row.number]["diagnosis"] = meant.name
            table_diagnoses.check_dates(self._desk, row, meant, self._news(row, survivor))

    # Writing

    def changed(self, rows: Sequence[TableRow]) -> list[UUID]:
        """Whose summary these rows may change: those of whom something is news."""
        found = [(self._people.of(row), row) for row in rows]
        return [survivor.id for survivor, row in found if survivor is not None and self._news(row, survivor)]

    def write(self, rows: Sequence[TableRow]) -> list[Outcome]:
        """Store good rows, and say of each what became of it."""
        for row in rows:
            if self._people.of(row) is None and row.text("record_number") not in self._enrolled:
                self._enrolled[row.text("record_number")] = self._enrol(row)
        self._desk.session.flush()
        return [self._write(row) for row in rows]

    def _enrol(self, row: TableRow) -> Survivor:
        desk = self._desk
        survivor = Survivor(
            id=uuid4(),
            clinic=desk.clinic,
            clinic_id=desk.clinic.id,
            mrn=row.text("record_number"),
            family_name=row.text("family_name"),
            given_name=row.text("given_name"),
            preferred_name=row.text("preferred_name"),
            birth_date=row.values["birth_date"],
            sex_at_birth=row.text("sex") or Sex.UNKNOWN.value,
            language=row.text("language") or "en",
            enrolled_on=row.values.get("enrolled_on", desk.today),
            created_at=desk.clock.now(),
            standing=Standing.ACTIVE,
            version=0,
        )
        _rename(survivor)
        died: Any = row.values.get("death_date")
        if died is not None:
            survivor.deceased_on, survivor.deceased_precision = min(last_day(died), desk.today), precision_of(died)
            survivor.standing_since, survivor.standing_reason = desk.today, DATED
        desk.session.add(survivor)
        after = {name: getattr(survivor, name) for name in ("mrn", "deceased_on", *DETAILS.values())}
        desk.trail("survivor.enrolled", survivor, after=after)
        return survivor

    def _write(self, row: TableRow) -> Outcome:
        new = self._enrolled.get(row.text("record_number"))
        survivor = new or self._people.of(row)
        assert survivor is not None
        told, news = self._told[row.number], self._news(row, survivor)
        changes: list[str] = []
        if new is None:
            self._update(row, survivor, news, changes)
        self._identify(row, survivor, changes)
        self._reach(row, survivor, news, changes)
        diagnosis = self._diagnose(row, survivor, news, changes)
        first_of_new = new is not None and self._memory.of(survivor.id, SECTION) is None
        made = self._memory.of(survivor.id, SECTION)
        row_id = diagnosis.id if diagnosis is not None else (made.row_id if made else None)
        self._memory.keep(survivor.id, SECTION, told, row_id)
        if first_of_new:
            return Outcome(Fate.NEW, survivor, ["enrolled", *changes])
        return Outcome(Fate.UPDATED if changes else Fate.UNCHANGED, survivor, changes)

    def _news(self, row: TableRow, survivor: Survivor | None) -> Told:
        told = self._told[row.number]
        return told if survivor is None else self._memory.news(survivor.id, SECTION, told)

    def _update(self, row: TableRow, survivor: Survivor, news: Told, changes: list[str]) -> None:
        before, was = {}, survivor.birth_date
        for column, name in DETAILS.items():
            value, stands = row.values.get(column), getattr(survivor, name)
            if column in news and value != stands and not (column == "sex" and value == Sex.UNKNOWN):
                before[name] = stands
                setattr(survivor, name, value)
                changes.append(in_words(column, stands, value))
        if before:
            _rename(survivor)
            after = {name: getattr(survivor, name) for name in before}
            self._desk.trail("survivor.edited", survivor, before=before, after=after)
        if survivor.birth_date != was:
            accounts.move_majority(
                self._desk.session, survivor, was=was, actor=self._desk.actor, clock=self._desk.clock
            )
        self._death(row, survivor, news, changes)

    def _death(self, row: TableRow, survivor: Survivor, news: Told, changes: list[str]) -> None:
        day: Any = row.values.get("death_date")
        stands = standing.died_on(survivor)
        if "death_date" not in news or day is None or stands == day:
            return
        decision = standing.StandingInput(
            standing=standing.Decision.DECEASED, since=self._desk.today, reason=DATED, deceased_on=day
        )
        standing.set_standing(
            self._desk.session,
            survivor.id,
            decision,
            seen_version=None,
            actor=self._desk.actor,
            clock=self._desk.clock,
        )
        changes.append(in_words("death_date", stands, day))

    def _identify(self, row: TableRow, survivor: Survivor, changes: list[str]) -> None:
        system, value = row.text("other_system"), row.text("other_number")
        if not value or (system, value) in self._numbers:
            return
        self._numbers[system, value] = survivor.id
        found = SurvivorIdentifier(
            id=uuid4(), survivor_id=survivor.id, clinic_id=survivor.clinic_id, system=system, value=value
        )
        self._desk.session.add(found)
        self._desk.trail("survivor.numbered", found)
        changes.append(f"{system}: {value}")

    def _reach(self, row: TableRow, survivor: Survivor, news: Told, changes: list[str]) -> None:
        own = [each for each in self._contacts.get(survivor.id, []) if each.kind == ContactKind.SELF]
        contact = next(iter(own), None)
        ways = {name: news[name] for name in table_reach.WAYS if name in news}
        differing = {name: ways[name] for name in table_reach.differing(contact, ways)}
        if differing:
            found = table_reach.write_ways(self._desk, survivor, ContactKind.SELF.value, contact, row, differing)
            if contact is None:
                self._contacts.setdefault(survivor.id, []).append(found)
            changes.extend(sorted(differing))

    def _diagnose(self, row: TableRow, survivor: Survivor, news: Told, changes: list[str]) -> Diagnosis | None:
        meant = self._meant.get(row.number)
        if meant is None:
            return None
        known = self._diagnoses.setdefault(survivor.id, [])
        if meant.standing is None and known:
            # An earlier row of this table has just told of it.
            meant = Meant(meant.name, meant.code, known[-1])
        found = table_diagnoses.write(self._desk, survivor, row, meant, news, len(known), changes)
        if found not in known:
            known.append(found)
        return found


def _rename(survivor: Survivor) -> None:
    words = {"given": survivor.given_name, "family": survivor.family_name, "preferred": survivor.preferred_name}
    survivor.search_name, survivor.sort_name = names.search_name(**words), names.sort_name(**words)
