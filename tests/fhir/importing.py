"""Runs ``flask import-fhir`` against a database of its own, and looks at every table before and after."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from click.testing import Result as Invoked
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import make_clinic
from tests.fhir.builders import Json, as_bytes, bundle
from tracker.cli_fhir import import_fhir
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import Base, ChartEntry, Diagnosis, Result, Survivor

Tables = dict[str, list[tuple[Any, ...]]]


@dataclass
class Importer:
    """A registry with one clinic, files to import, and the command."""

    database: Database
    clock: FixedClock
    folder: Path
    clinic: str | None = "Harbor Clinic"
    _written: int = field(default=0)

    def __post_init__(self) -> None:
        self.app = Flask("importing")
        self.app.extensions.update(tracker_database=self.database, tracker_clock=self.clock)
        if self.clinic is not None:
            with self.database.transaction() as session:
                make_clinic(session, name=self.clinic)

    def file(self, *resources: Json, name: str = "", **given: Any) -> Path:
        """A bundle of these resources, written to a file."""
        self._written += 1
        return self.write(name or f"{self._written:03}.json", as_bytes(bundle(*resources, **given)))

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def run(self, *arguments: str | Path) -> Invoked:
        """The command as it is typed."""
        found = self.app.test_cli_runner().invoke(import_fhir, [str(each) for each in arguments])
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found

    def summary(self, *arguments: str | Path) -> Json:
        """What ``--json`` prints, with the exit status beside it."""
        found = self.run("--json", *arguments)
        summary: Json = json.loads(found.stdout)
        return summary | {"exit": found.exit_code}

    def store(self, *resources: Json, **given: Any) -> Json:
        """Import one bundle of these resources; fails if it was refused."""
        summary = self.summary(self.file(*resources, **given))
        assert summary["errors"] == []
        assert summary["exit"] == 0
        return summary

    def refusal(self, *arguments: str | Path) -> str:
        """Import what must fail: why, after seeing that no table changed."""
        before = self.tables()
        summary = self.summary(*arguments)
        assert summary["exit"] == 1
        assert self.tables() == before
        [error] = summary["errors"]
        return str(error["error"])

    def tables(self) -> Tables:
        """Every row of every table."""
        with self.database.engine.connect() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
                for table in Base.metadata.sorted_tables
            }

    def survivors(self) -> list[Survivor]:
        with Session(self.database.engine) as session:
            found = list(session.scalars(sa.select(Survivor).order_by(Survivor.sort_name, Survivor.mrn)))
            session.expunge_all()
            return found

    def survivor(self) -> Survivor:
        [found] = self.survivors()
        return found

    def rows(self, table: type[ChartEntry] | type[Result] | type[Diagnosis]) -> list[Any]:
        """All rows of a table, in the order of what they are rather than of their ids."""
        order: dict[Any, list[Any]] = {
            ChartEntry: [ChartEntry.resource_type, ChartEntry.external_id],
            Result: [Result.performed_on, Result.test_code, Result.recorded_at, Result.superseded_at],
            Diagnosis: [Diagnosis.survivor_id, Diagnosis.position],
        }
        with Session(self.database.engine) as session:
            found = list(session.scalars(sa.select(table).order_by(*order[table])))
            session.expunge_all()
            return found

    def change(self, statement: Any) -> None:
        """Something that happens to the registry between two imports."""
        with self.database.transaction() as session:
            session.execute(statement)
