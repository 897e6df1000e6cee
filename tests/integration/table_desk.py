"""A clinic that brings in tables: rows in, reports and refusals out, and every table of the database before and after."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic
from tests.tables.making import as_csv, as_xlsx
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import ImportRefused
from tracker.intake import runs
from tracker.intake.runs import Options
from tracker.models import Base, Clinic, Role, Survivor
from tracker.policy import Actor
from tracker.services import survivors
from tracker.services.import_report import Report
from tracker.services.survivors import SurvivorInput

Rows = Iterable[Sequence[Any]]
ANA = ("004417", "Rivera", "Ana", "2007-03-05")
PEOPLE = ("record_number", "family_name", "given_name", "birth_date")


class TableDesk:
    """One clinic, with a coordinator who brings in tables."""

    def __init__(self, database: Database, clock: FixedClock, role: Role = Role.COORDINATOR) -> None:
        self.database, self.clock = database, clock
        with database.transaction() as session:
            clinic = make_clinic(session, name="Harbor Clinic")
            self.clinic_id, self.actor = clinic.id, make_actor(session, clinic, role)

    def report(
        self, kind: str, rows: Rows, *, name: str = "list.csv", dates: str = "", skip: bool = False, xlsx: bool = False
    ) -> Report:
        """Bring in these rows, the heading first."""
        content = as_xlsx(rows) if xlsx else as_csv(rows)
        options = Options(kind, dates, "", skip)
        with self.database.transaction() as session:
            _, report = runs.bring_in(
                session, self.clinic_id, name, content, options, actor=self.actor, clock=self.clock
            )
        return report

    def brings_in(self, kind: str, rows: Rows, **given: Any) -> list[str]:
        """What became of each row; fails if one is left out."""
        report = self.report(kind, rows, **given)
        assert report.errors == []
        return [line.fate for line in report.lines]

    def refusal(self, kind: str, rows: Rows, **given: Any) -> list[str]:
        """Bring in what must be refused: every problem, after seeing that no table changed."""
        before = self.tables()
        try:
            self.report(kind, rows, **given)
        except ImportRefused as error:
            assert self.tables() == before
            return [each.sentence() for each in error.findings] or [str(error)]
        raise AssertionError("nothing was refused")

    def ana(self, **more: str) -> None:
        """Ana Rivera, 004417, on record by an import."""
        assert self.brings_in("survivors", [(*PEOPLE, *more), (*ANA, *more.values())]) == ["new"]

    def enrolled(self, mrn: str = "004417", **given: Any) -> None:
        """Somebody whom a person has enrolled by hand."""
        entered: dict[str, Any] = {
            "mrn": mrn,
            "family_name": "Rivera",
            "given_name": "Ana",
            "birth_date": date(2007, 3, 5),
        } | given
        with self.database.transaction() as session:
            survivors.enrol(session, self.clinic_id, SurvivorInput(**entered), actor=self.actor, clock=self.clock)

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table."""
        with Session(self.database.engine) as session:
            found = list(session.scalars(sa.select(table)))
            session.expunge_all()
            return found

    def only(self, table: Any) -> Any:
        [found] = self.rows(table)
        return found

    def survivor(self, mrn: str = "004417") -> Survivor:
        found: Survivor = next(each for each in self.rows(Survivor) if each.mrn == mrn)
        return found

    def tables(self, *without: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with self.database.engine.connect() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
                for table in Base.metadata.sorted_tables
                if table.name not in without
            }

    def clinician(self, session: Session) -> Actor:
        """Somebody who may record results by hand."""
        return make_actor(session, session.get_one(Clinic, self.clinic_id), name="Lee Park")
