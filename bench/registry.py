"""A small filled registry on SQLite for the bench."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from tests.factories import make_clinic, make_result, make_survivor
from tracker import migrate
from tracker.clock import FixedClock
from tracker.crypto import use_keys
from tracker.db import Database
from tracker.models import Survivor
from tracker.services import care_plans
from tracker.services.facts import load_facts

SIZE = 200
EXPOSURES = {"doxorubicin_mg_m2": 300, "ifosfamide_mg_m2": 36000, "chest_rt_gy": 30, "heart_rt_gy": 20}
RESULTS = ("echocardiogram", "chest-ct", "creatinine-egfr", "history-and-physical-examination")


class Registry:
    """Survivors with a plan already stored."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FixedClock.on(date(2026, 11, 23))
        self.size = SIZE

    def fill(self) -> None:
        with self.database.transaction() as session:
            clinic = make_clinic(session)
            for _ in range(SIZE):
                survivor = make_survivor(session, clinic, exposures=EXPOSURES)
                for code in RESULTS:
                    make_result(session, survivor, code, date(2026, 3, 2))
                care_plans.refresh(session, survivor, clock=self.clock)

    def refresh_all(self) -> None:
        """Each survivor in a transaction of its own, as a save does it."""
        for survivor_id in self._ids():
            with self.database.transaction() as session:
                care_plans.refresh(session, session.get_one(Survivor, survivor_id), clock=self.clock)

    def read_all(self) -> None:
        for survivor_id in self._ids():
            with self.database.reading() as session:
                load_facts(session, session.get_one(Survivor, survivor_id))

    def _ids(self) -> list[object]:
        with self.database.reading() as session:
            return list(session.scalars(sa.select(Survivor.id)))


@contextmanager
def filled_registry(path: Path) -> Iterator[Registry]:
    use_keys(["a bench key that is long enough 0123456789"])
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database.engine)
    registry = Registry(database)
    registry.fill()
    yield registry
    database.close()
