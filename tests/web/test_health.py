"""What machines ask: alive, ready, and did the nightly check run; and what people see when it did not."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import TODAY, make_app
from tests.factories import make_clinic, make_family, make_staff, make_survivor
from tests.integration.nights import night
from tests.web.signing_in import sign_in
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.jobs import check_plans
from tracker.models import Clinic, Role, Survivor, User
from tracker.services import care_plans
from tracker.web.context import database

HOUR = timedelta(hours=1)
STAFF_WARNING = "The nightly check has not finished for 26 hours"
FAMILY_WARNING = "Dates here may be a little behind"


@pytest.fixture
def store(app_sqlite: Flask) -> Database:
    with app_sqlite.app_context():
        return database()


@pytest.fixture
def served(store: Database, clock: FixedClock) -> Database:
    """A clinic whose nightly check has just run."""
    with store.transaction() as session:
        make_clinic(session)
    night(store, clock)
    return store


def unreachable_app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(f"sqlite:///{tmp_path}/no/such/folder/tracker.db", clock)


def test_alive_and_ready(app_sqlite: Flask) -> None:
    client = app_sqlite.test_client()
    for path, status in (("/livez", "alive"), ("/readyz", "ready")):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.get_json() == {"status": status}


def test_alive_asks_nothing_of_the_database(tmp_path: Path, clock: FixedClock) -> None:
    app = unreachable_app(tmp_path, clock)
    client = app.test_client()
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], "some token")
    assert client.get("/livez").status_code == 200
    assert "tracker_database" not in app.extensions


@pytest.mark.parametrize("path", ["/readyz", "/health/jobs"])
def test_without_a_database_it_is_not_ready(tmp_path: Path, clock: FixedClock, path: str) -> None:
    answer = unreachable_app(tmp_path, clock).test_client().get(path)
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "database unreachable"}


@pytest.mark.parametrize("version", [None, "0006_jobs"])
def test_a_database_that_is_not_at_the_newest_migration_is_not_ready(
    app_sqlite: Flask, store: Database, version: str | None
) -> None:
    with store.transaction() as session:
        session.execute(sa.text("DELETE FROM alembic_version"))
        if version is not None:
            session.execute(sa.text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})
    answer = app_sqlite.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "migration needed"}


def test_an_empty_database_is_not_ready_and_its_job_is_not_well(tmp_path: Path, clock: FixedClock) -> None:
    client = make_app(f"sqlite:///{tmp_path}/empty.db", clock).test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/health/jobs").status_code == 503


def test_being_ready_does_not_wait_for_a_writer(app_sqlite: Flask, store: Database) -> None:
    with store.transaction() as session:
        make_clinic(session)
        session.flush()
        assert app_sqlite.test_client().get("/readyz").status_code == 200


@pytest.mark.parametrize(("ago", "status"), [(26 * HOUR, 200), (26 * HOUR + timedelta(seconds=1), 503)])
def test_the_job_is_not_well_after_26_hours_of_silence(
    app_sqlite: Flask, served: Database, clock: FixedClock, ago: timedelta, status: int
) -> None:
    finished_at = clock.now().isoformat()
    clock.advance(ago)
    answer = app_sqlite.test_client().get("/health/jobs")
    assert answer.status_code == status
    told = answer.get_json()
    expected = {"job": "cross_boundaries", "last_good_run": finished_at, "stale": status == 503}
    assert {name: told[name] for name in expected} == expected


def test_a_job_that_never_ran_is_not_well(app_sqlite: Flask) -> None:
    answer = app_sqlite.test_client().get("/health/jobs")
    assert answer.status_code == 503
    check = {"job": "check_plans", "last_good_run": None, "stale": False, "differing": 0, "failed": 0}
    assert answer.get_json() == {"job": "cross_boundaries", "last_good_run": None, "stale": True, "check": check}


def test_the_weekly_check_is_told_beside_it(app_sqlite: Flask, served: Database, clock: FixedClock) -> None:
    assert app_sqlite.test_client().get("/health/jobs").get_json()["check"]["stale"], "none since the clinic began"
    assert check_plans.run(served, clock, holder="week") is not None
    answer = app_sqlite.test_client().get("/health/jobs")
    told = {"last_good_run": clock.now().isoformat(), "stale": False, "differing": 0, "failed": 0}
    assert (answer.status_code, answer.get_json()["check"]) == (200, told | {"job": "check_plans"})


def test_a_plan_that_differs_is_an_alarm_until_a_check_finds_none(
    app_sqlite: Flask, served: Database, clock: FixedClock
) -> None:
    with served.transaction() as session:
        survivor = make_survivor(session, session.scalars(sa.select(Clinic)).one())
        care_plans.refresh(session, survivor, clock=clock)
        digest, survivor.plan_digest = survivor.plan_digest, "0" * 64
        survivor_id = survivor.id
    check_plans.run(served, clock, holder="week")
    answer = app_sqlite.test_client().get("/health/jobs")
    assert (answer.status_code, answer.get_json()["check"]["differing"]) == (503, 1)
    with served.transaction() as session:
        session.get_one(Survivor, survivor_id).plan_digest = digest
    clock.advance(HOUR)
    check_plans.run(served, clock, holder="by hand", force=True)
    assert app_sqlite.test_client().get("/health/jobs").status_code == 200


def test_a_stale_job_does_not_take_the_worklist_away(app_sqlite: Flask, served: Database, clock: FixedClock) -> None:
    clock.advance(timedelta(days=3))
    client = app_sqlite.test_client()
    assert client.get("/health/jobs").status_code == 503
    assert client.get("/readyz").status_code == 200


def people(store: Database) -> dict[str, User]:
    with store.transaction() as session:
        clinic = session.scalars(sa.select(Clinic)).one()
        survivor = make_survivor(session, clinic)
        staff = {role.value: make_staff(session, clinic, role) for role in (Role.COORDINATOR, Role.ADMINISTRATOR)}
        return staff | {"family": make_family(session, survivor, Role.SURVIVOR)}


@pytest.mark.parametrize(
    ("who", "warning"),
    [("coordinator", STAFF_WARNING), ("administrator", STAFF_WARNING), ("family", FAMILY_WARNING)],
)
def test_every_signed_in_page_warns_of_a_stale_job_and_stops_when_it_has_run(
    app_sqlite: Flask, served: Database, clock: FixedClock, who: str, warning: str
) -> None:
    person = people(served)[who]
    assert warning not in first_page(app_sqlite, person)
    clock.advance(26 * HOUR + timedelta(minutes=1))
    assert warning in first_page(app_sqlite, person)
    night(served, clock)
    assert warning not in first_page(app_sqlite, person)


def first_page(app: Flask, person: User) -> str:
    answer = sign_in(app.test_client(), person).get("/", follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_whoever_is_not_signed_in_is_told_nothing_about_jobs(
    app_sqlite: Flask, served: Database, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=3))
    answer = app_sqlite.test_client().get("/", follow_redirects=True)
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert STAFF_WARNING not in text
    assert FAMILY_WARNING not in text


def test_health_answers_name_nobody(app_sqlite: Flask, served: Database) -> None:
    with served.transaction() as session:
        clinic = session.scalars(sa.select(Clinic)).one()
        make_survivor(session, clinic, family_name="Unmistakable", mrn="4711")
    client = app_sqlite.test_client()
    for path in ("/livez", "/readyz", "/health/jobs"):
        text = client.get(path).get_data(as_text=True)
        assert "Unmistakable" not in text
        assert "4711" not in text
    assert TODAY.isoformat() in client.get("/health/jobs").get_data(as_text=True)
