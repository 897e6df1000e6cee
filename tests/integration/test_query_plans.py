"""No page and no night reads everybody: every statement finds what it needs by an index, and there are always as many.

Asked of a filled registry of several clinics whose statistics are there, so that what PostgreSQL would rather do is seen.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.conftest import TODAY, make_app
from tests.web.signing_in import sign_in
from tracker.clock import FixedClock
from tracker.current import database as current_database
from tracker.db import Database
from tracker.jobs import cross_boundaries
from tracker.models import Clinic, Diagnosis, Survivor, User
from tracker.services import care_plans, demo, demo_bulk, places, raw_rows
from tracker.services.demo_bulk import Invented
from tracker.services.demo_copies import Copier
from tracker.services.demo_pools import names_by_language

MOST = 45
SITES, FIRST, ALL = 12, 500, 3_000
CLOCK = FixedClock.on(TODAY)
Statement = tuple[str, Any]
# Tables as long as the registry, or longer (of visits, few are in this one).
LONG = "survivors|due_items|results|exposures|contacts|diagnoses|status_events|survivor_words"
# What SQLite finds by the clinic and nothing else is the whole of the clinic.
WHOLE_CLINIC = r"SEARCH survivors USING (?:COVERING )?INDEX \w+ \(clinic_id=\?\)$"
SCANS = re.compile(rf"(?:SCAN|Seq Scan on) (?:{LONG})\b|{WHOLE_CLINIC}", re.MULTILINE)
# Read whole along one of its indexes (not the table) is no better.
SEARCH = re.compile(r"SEARCH|Index (?:Only )?Scan|Bitmap Index Scan")


@contextmanager
def statements(database: Database) -> Iterator[list[Statement]]:
    """Every statement that is run meanwhile, with its values."""
    run: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        run.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield run
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@dataclass
class Filled:
    """A registry in two sizes: what pages took while it was small, and the whole of it."""

    app: Flask
    database: Database
    client: FlaskClient
    family: FlaskClient
    invented: Invented
    when_small: dict[str, int]

    def pages(self) -> dict[str, Callable[[], str]]:
        """Addresses by name; somebody in the middle of the registry is looked at."""
        with self.database.reading() as session:
            survivor = session.scalars(
                sa.select(Survivor).where(Survivor.clinic_id == self.invented.clinic_ids[0]).offset(30).limit(1)
            ).one()
        get = self.page
        search = f"/search?q={survivor.family_name}"
        return {
            "worklist": lambda: get("/worklist"),
            "everyone": lambda: get("/worklist?state=everyone"),
            "overdue": lambda: get("/worklist?state=overdue"),
            "not yet due": lambda: get("/worklist?state=not_yet_due"),
            "declined": lambda: get("/worklist?state=declined"),
            "next page": lambda: get(self.next_page()),
            "by name": lambda: get(f"/worklist?text={survivor.family_name}&state=everyone"),
            "by diagnosis": lambda: get("/worklist?diagnosis=Melanoma&state=everyone"),
            "search by name": lambda: get(search),
            "search by both": lambda: get(f"{search} {survivor.given_name}"),
            "search by beginnings": lambda: get("/search?q=a"),
            "search by number": lambda: get(f"/search?q={survivor.mrn[:4]}"),
            "survivor": lambda: get(f"/survivors/{survivor.id}"),
            "portal": lambda: get("/care", self.family),
        }

    def page(self, address: str, client: FlaskClient | None = None) -> str:
        answer = (client or self.client).get(address, follow_redirects=True)
        assert answer.status_code == 200, address
        return answer.get_data(as_text=True)

    def next_page(self) -> str:
        return str(re.findall(r'href="([^"]*after=[^"]*)"', self.page("/worklist?state=everyone"))[0])

    def counted(self) -> dict[str, int]:
        """How many statements each page takes; the first time, what is kept in memory is still looked up."""
        found = {}
        for name, page in self.pages().items():
            page()
            with statements(self.database) as run:
                page()
            found[name] = len(run)
        return found | {"refresh": len(self.refreshed())}

    def refreshed(self) -> list[Statement]:
        """What refreshing fifty survivors takes; nothing of it stays."""
        with self.database.transaction() as session:
            found = list(session.scalars(sa.select(Survivor).order_by(Survivor.id.desc()).limit(50)))
            with statements(self.database) as run:
                care_plans.refresh_all(session, found, clock=CLOCK)
            session.rollback()
        return run


def _copy(database: Database, invented: Invented, start: int, until: int) -> None:
    rounds = [each for each in demo_bulk.rounds(invented, until) if each.number >= start]
    with database.loading() as connection:
        with connection.begin():
            copier = Copier(connection, invented.patterns, names_by_language(1), at=CLOCK.now())
        with connection.begin(), Session(connection) as session:
            demo_bulk.copy(session, copier, rounds, clock=CLOCK)
            session.flush()
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            # What was copied counts as seen by all, as it would after the night.
            connection.exec_driver_sql("VACUUM ANALYZE")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("plans") / "plans.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield _filled(f"sqlite:///{path}")
        return
    with request.getfixturevalue("kept_databases").one() as url:
        made = _filled(url)
        yield made
        made.database.close()


def _filled(url: str) -> Filled:
    app = make_app(url, CLOCK)
    with app.app_context():
        database = current_database()
    with database.transaction() as session:
        invented = demo_bulk.invent(
            session, whole=8, patterns=16, sites=SITES, seed=5, clock=CLOCK, password=demo.PASSWORD
        )
    _copy(database, invented, 1, FIRST)
    with database.reading() as session:
        people = {user.email: user for user in session.scalars(sa.select(User))}
    client = sign_in(app.test_client(), people["clinician@demo.example"])
    family = sign_in(app.test_client(), people["family@demo.example"])
    made = Filled(app, database, client, family, invented, {})
    made.when_small = made.counted()
    _copy(database, invented, len(list(demo_bulk.rounds(invented, FIRST))) + 1, ALL)
    return made


def plan_of(database: Database, statement: Statement) -> str:
    """How the database would run a statement with these values."""
    text, values = statement
    sqlite = database.engine.dialect.name == "sqlite"
    with database.reading() as session:
        rows = session.connection().exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{text}", values)
        return "\n".join(str(row[-1]) for row in rows)


def scans(database: Database, run: list[Statement]) -> list[str]:
    """The plans that read a long table whole, of all that ask for something."""
    asked = [each for each in run if re.match(r"\s*(SELECT|WITH)\b", each[0])]
    assert asked
    plans = [(text, plan_of(database, (text, values))) for text, values in asked]
    return [f"{text}\n{plan}" for text, plan in plans if SCANS.search(plan)]


def test_there_is_enough_to_be_scanned(filled: Filled) -> None:
    with filled.database.reading() as session:
        assert (session.scalar(sa.select(sa.func.count()).select_from(Survivor)) or 0) >= ALL
    plan = plan_of(filled.database, ("SELECT * FROM survivors WHERE language = 'en'", ()))
    assert SCANS.search(plan) and not SEARCH.search(plan)


def test_no_page_reads_everybody(filled: Filled) -> None:
    for name, page in filled.pages().items():
        page()
        with statements(filled.database) as run:
            page()
        assert scans(filled.database, run) == [], name


def test_pages_take_as_many_statements_whatever_the_registry_s_size(filled: Filled) -> None:
    with filled.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Diagnosis)) or FIRST < 0
    assert filled.counted() == filled.when_small
    assert all(count <= MOST for count in filled.when_small.values()), filled.when_small


@pytest.mark.parametrize("narrowed", ["flag=recurrence", "flag=late_effects&state=overdue", "specialty=cardiology"])
def test_a_list_by_what_is_due_asks_of_each_in_order_and_reads_no_table_whole(filled: Filled, narrowed: str) -> None:
    filled.page(f"/worklist?{narrowed}")
    with statements(filled.database) as run:
        filled.page(f"/worklist?{narrowed}")
    assert scans(filled.database, run) == []


def test_a_page_is_read_from_the_kept_order(filled: Filled) -> None:
    with statements(filled.database) as run:
        filled.page(filled.next_page())
    of_places = [each for each in run if "place_rank" in each[0]]
    assert len(of_places) == 4  # a page and the counts, for the first page and for the next
    for each in of_places:
        plan = plan_of(filled.database, each)
        assert "ix_survivors_places" in plan
        assert "ix_survivors_clinic_id_place_until" in plan and "ix_survivors_clinic_id_placed_on" in plan


def test_a_night_reads_only_what_was_reached(filled: Filled) -> None:
    """With a day's crossings and with places to move on; what is found by id is found by id."""
    night = FixedClock.on(TODAY + timedelta(days=1))
    with statements(filled.database) as run:
        cross_boundaries.run(filled.database, night, holder="one", force=True)
    assert any("next_boundary_on" in text for text, _ in run)
    assert any("placed_on" in text and text.startswith("UPDATE") for text, _ in run)
    assert scans(filled.database, run) == []


def test_moving_places_on_reads_their_index(filled: Filled) -> None:
    with filled.database.transaction() as session, statements(filled.database) as run:
        clinic = session.get_one(Clinic, filled.invented.clinic_ids[1])
        places.anything_ended(session, clinic, clock=CLOCK)
        places.move_on(session, clinic, clock=CLOCK)
    assert scans(filled.database, run) == []
    assert any("place_until" in plan_of(filled.database, each) for each in run if each[0].startswith("SELECT"))


def test_refreshing_some_reads_no_table_whole(filled: Filled) -> None:
    assert scans(filled.database, filled.refreshed()) == []


def test_the_diagnoses_to_choose_from_are_looked_up_without_a_join(filled: Filled) -> None:
    """With one, PostgreSQL walks through the survivors of a large registry until it meets somebody with the diagnosis."""
    filled.page("/worklist")
    with statements(filled.database) as run:
        filled.page("/worklist")
    (asked,) = [each for each in run if "WITH RECURSIVE names" in each[0]]
    assert not re.search("Join|Nested Loop", plan_of(filled.database, asked))


def test_the_end_of_a_chunk_is_found_along_the_ids(filled: Filled) -> None:
    """Nothing is sorted: what comes after the chunk is most of the registry, and is asked about once for each chunk."""
    with statements(filled.database) as run, filled.database.reading() as session:
        raw_rows.last_of_chunk(session.connection(), raw_rows.FIRST_ID, 100)
    plan = plan_of(filled.database, run[-1])
    assert SEARCH.search(plan)
    assert not re.search(r"Sort|TEMP B-TREE", plan), plan


def test_a_chunk_s_rows_are_sorted_no_further_than_within_a_survivor(filled: Filled) -> None:
    """Who they are of has an index on both databases; sorted as text, which PostgreSQL would do, it has none."""
    dialect = filled.database.engine.dialect.name
    with filled.database.reading() as session:
        upto = raw_rows.last_of_chunk(session.connection(), raw_rows.FIRST_ID, 100)
    for part in (raw_rows.PERSON, *raw_rows.PARTS):
        asked = raw_rows.statement(part, dialect, "range"), (raw_rows.FIRST_ID, upto)
        assert "::text)" not in "".join(re.findall(r"Sort Key:.*", plan_of(filled.database, asked))), part
