"""A small registry on the eve of a busy night: made once, and poured into as many databases as there are kills."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_contact, make_survivor
from tests.integration.nights import DUE_ON, make_items
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Base, Survivor
from tracker.services import care_plans

TONIGHT = DUE_ON
THERAPY: dict[str, str | int | None] = {"doxorubicin_mg_m2": 300, "chest_rt_gy": 20}
REFUSED = "nobody@refused.example"


Rows = list[tuple[sa.Table, list[dict[str, Any]]]]


@dataclass
class Poured:
    """The rows of every table, in the order in which they can be written; for each kind of database its own seals."""

    rows: Rows
    sealed: dict[str, Rows] = field(default_factory=dict)

    def into(self, database: Database) -> None:
        """Fill an empty database."""
        kind = database.engine.dialect.name
        if kind not in self.sealed:
            self._fill(database, self.rows)
            seal(database)
            self.sealed[kind] = rows_of(database)
            return
        self._fill(database, self.sealed[kind])

    def _fill(self, database: Database, everything: Rows) -> None:
        with database.engine.begin() as connection:
            for table, rows in everything:
                connection.execute(sa.insert(table), rows)


def seal(database: Database) -> None:
    """A seal is of the rows as a kind of database tells them: those plans that stand are sealed where they lie."""
    clock = FixedClock.on(TONIGHT)
    with database.transaction() as session:
        for survivor in session.scalars(sa.select(Survivor).where(Survivor.plan_computed_on == TONIGHT)):
            care_plans.refresh(session, survivor, clock=clock)


def make_eve(session: Session) -> None:
    """Two clinics: plans that end tonight, items that cross tonight, families to write to, one address refused."""
    for tz, people in (("America/New_York", 4), ("Australia/Sydney", 1)):
        clinic = make_clinic(session, name=tz, tz=tz)
        for number in range(people):
            survivor = make_survivor(session, clinic, exposures=THERAPY if number == 0 else None)
            make_contact(session, survivor, email=f"{survivor.mrn}@mail.example", reminders_agreed_on=date(2027, 1, 4))
            if number == 0:
                make_contact(session, survivor, email=REFUSED, reminders_agreed_on=date(2027, 1, 4))
            care_plans.refresh(session, survivor, clock=FixedClock.on(date(2027, 12, 1)))
            survivor.plan_holds_until = TONIGHT
            make_items(session, survivor, 6)
        # Somebody whose plan stands as it is.
        care_plans.refresh(session, make_survivor(session, clinic), clock=FixedClock.on(TONIGHT))


def rows_of(database: Database) -> Rows:
    """What every table holds but for what the database works out itself; empty ones are left out."""
    with database.engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        told = {t: sa.select(*(column for column in t.columns if column.computed is None)) for t in tables}
        found = [(t, [dict(row) for row in connection.execute(told[t]).mappings()]) for t in tables]
    return [(table, rows) for table, rows in found if rows]
