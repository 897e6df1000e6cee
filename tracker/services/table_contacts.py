"""The table of contacts: whom to reach about a survivor, by who they are and their name."""

from collections.abc import Sequence
from uuid import UUID

from tracker.models import Contact, Survivor
from tracker.services import names, table_reach
from tracker.services.import_report import Fate
from tracker.services.table_desk import Desk, Memory, Outcome, People, Told, check_contradictions, rows_of
from tracker.tables.reading import TableRow

SECTION = "contacts"


class Contacts:
    """Contacts as a table tells of them."""

    plans = derives = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._people = People(desk)
        self._standing: dict[UUID, list[Contact]] = rows_of(desk.session, Contact, self._people.ids)
        self._memory = Memory(desk, SECTION, self._people.ids)
        self._told: dict[int, Told] = {}

    def check(self) -> None:
        """Find every problem of every row; writes nothing."""
        for row in self._desk.table.rows:
            self._people.whose(row)
            self._told[row.number] = table_reach.check_ways(self._desk, row) | _named(row)
            if not (row.text("phone") or row.text("email") or row.unread & set(table_reach.WAYS)):
                self._desk.problem(row, "phone", "Fill the telephone number or the email address")
        named = (row for row in self._desk.table.rows if row.text("record_number"))
        check_contradictions(self._desk, ((self._key(row), row) for row in named))

    def _key(self, row: TableRow) -> tuple[str, str, str]:
        return row.text("record_number"), row.text("kind"), names.folded(row.text("name"))

    def changed(self, _rows: Sequence[TableRow]) -> list[UUID]:
        """No summary has contacts in it."""
        return []

    def write(self, rows: Sequence[TableRow]) -> list[Outcome]:
        """Store good rows, and say of each what became of it."""
        return [self._write(row, survivor) for row in rows if (survivor := self._people.of(row)) is not None]

    def _write(self, row: TableRow, survivor: Survivor) -> Outcome:
        key = "|".join(self._key(row)[1:])
        told = self._told[row.number]
        news = self._memory.news(survivor.id, key, told)
        contact = self._find(survivor, row, key)
        changed = table_reach.differing(contact, news)
        if contact is None and self._memory.of(survivor.id, key) is not None:
            return self._removed(row, survivor, key, told, news)
        outcome = Outcome(Fate.UNCHANGED, survivor)
        if changed:
            outcome.fate = Fate.NEW if contact is None else Fate.UPDATED
            outcome.changes = [f"{row.text('kind')}: {', '.join(sorted(changed))}"]
            applied = {name: news[name] for name in changed}
            contact = table_reach.write_ways(self._desk, survivor, row.text("kind"), contact, row, applied)
            if outcome.fate == Fate.NEW:
                self._standing.setdefault(survivor.id, []).append(contact)
        self._memory.keep(survivor.id, key, told, None if contact is None else contact.id)
        return outcome

    def _removed(self, row: TableRow, survivor: Survivor, key: str, told: Told, news: Told) -> Outcome:
        """Somebody has taken this contact out since; only something new brings them back."""
        if not news:
            return Outcome(Fate.UNCHANGED, survivor)
        contact = table_reach.write_ways(self._desk, survivor, row.text("kind"), None, row, told)
        self._standing.setdefault(survivor.id, []).append(contact)
        self._memory.keep(survivor.id, key, told, contact.id)
        return Outcome(Fate.NEW, survivor, [f"{row.text('kind')}: {', '.join(sorted(told))}"])

    def _find(self, survivor: Survivor, row: TableRow, key: str) -> Contact | None:
        """The contact a row means: the one an earlier table made, or whoever is of this kind and name."""
        standing = self._standing.get(survivor.id, [])
        made = self._memory.of(survivor.id, key)
        if made is not None:
            found = next((each for each in standing if each.id == made.row_id), None)
            return found if found is not None and (found.name or found.phone or found.email) else None
        of_kind = [each for each in standing if each.kind == row.text("kind")]
        name = names.folded(row.text("name"))
        same = [each for each in of_kind if names.folded(each.name) == name]
        # Where one of the two has no name, the only one of this kind is meant.
        alone = [each for each in of_kind if not name or not each.name] if len(of_kind) == 1 else []
        return next(iter([*same, *alone]), None)


def _named(row: TableRow) -> Told:
    return {"name": row.text("name")} if row.text("name") else {}
