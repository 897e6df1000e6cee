"""The operator's commands: the schema, the first clinic and its people, a password forgotten, a pack looked at."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result as Answer
from flask import Flask

from tests.factories import PASSWORD
from tests.hashing import light_hashing
from tracker import migrate
from tracker.db import Database
from tracker.guidelines.catalogue import load_catalogue
from tracker.models import AuditEvent, Base, Clinic, User
from tracker.policy import load_actor
from tracker.services import accounts
from tracker.web.context import clock, database

__all__ = ["light_hashing"]
pytestmark = pytest.mark.usefixtures("light_hashing")
NEW_PASSWORD = "violin meadow marble"


def run(app: Flask, *words: str, password: str = PASSWORD) -> Answer:
    return app.test_cli_runner().invoke(args=list(words), env={"TRACKER_NEW_PASSWORD": password})


def said(app: Flask, *words: str, password: str = PASSWORD) -> str:
    answer = run(app, *words, password=password)
    assert answer.exit_code == 0, answer.output
    return answer.output.strip()


def refused(app: Flask, *words: str, password: str = PASSWORD) -> str:
    answer = run(app, *words, password=password)
    assert answer.exit_code == 1, answer.output
    assert "Traceback" not in answer.output
    return answer.output.strip()


def store(app: Flask) -> Database:
    with app.app_context():
        return database()


def test_a_clinic_and_somebody_with_two_roles_are_added_and_can_sign_in(app_sqlite: Flask) -> None:
    assert (
        said(app_sqlite, "create-clinic", "Harbor Clinic", "--tz", "America/Chicago")
        == "Added the clinic Harbor Clinic"
    )
    words = (
        "create-user",
        "Dana@Clinic.example",
        "--name",
        "Dana Ruiz",
        "--role",
        "administrator",
        "--role",
        "clinician",
    )
    assert said(app_sqlite, *words) == "Added Dana@Clinic.example as administrator, clinician at Harbor Clinic"
    with app_sqlite.app_context(), database().transaction() as session:
        user = accounts.sign_in(session, "dana@clinic.example", PASSWORD, address="", clock=clock())
        assert user is not None
        assert {role.value for role in load_actor(session, user, clock=clock()).roles()} == {
            "administrator",
            "clinician",
        }
        assert session.scalars(sa.select(Clinic.tz)).all() == ["America/Chicago"]
        by = set(session.scalars(sa.select(AuditEvent.actor)))
    assert by == {"command line", "Dana Ruiz"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create-clinic", "Harbor Clinic"), "Another clinic has this name"),
        (("create-clinic", "River Clinic", "--tz", "Boston"), "like America/New_York"),
        (("create-clinic", " "), "Enter the clinic's name"),
        (("create-user", "no address", "--name", "A", "--role", "clinician"), "Enter an email address"),
        (("create-user", "a@b.example", "--name", " ", "--role", "clinician"), "Enter the person's name"),
        (
            ("create-user", "a@b.example", "--name", "A", "--role", "clinician", "--clinic", "Lake Clinic"),
            "no clinic named Lake Clinic",
        ),
        (("set-password", "nobody@clinic.example"), "Nobody has the email address nobody@clinic.example"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(app_sqlite: Flask, words: tuple[str, ...], sentence: str) -> None:
    said(app_sqlite, "create-clinic", "Harbor Clinic")
    assert sentence in refused(app_sqlite, *words)


def test_without_a_clinic_the_way_to_one_is_told(app_sqlite: Flask) -> None:
    words = ("create-user", "a@b.example", "--name", "A", "--role", "clinician")
    assert "flask create-clinic NAME" in refused(app_sqlite, *words)


def test_of_several_clinics_one_must_be_named(app_sqlite: Flask) -> None:
    for name in ("Harbor Clinic", "River Clinic"):
        said(app_sqlite, "create-clinic", name)
    words = ("create-user", "a@b.example", "--name", "Al Bee", "--role", "coordinator")
    assert "Say which: --clinic NAME" in refused(app_sqlite, *words)
    assert said(app_sqlite, *words, "--clinic", "River Clinic").endswith("at River Clinic")


def test_a_weak_password_makes_no_account(app_sqlite: Flask) -> None:
    said(app_sqlite, "create-clinic", "Harbor Clinic")
    words = ("create-user", "a@b.example", "--name", "Al Bee", "--role", "clinician")
    assert "at least 15 characters" in refused(app_sqlite, *words, password="short")
    with store(app_sqlite).reading() as session:
        assert session.scalars(sa.select(User)).all() == []


@pytest.mark.parametrize("role", ["proxy", "survivor", "owner"])
def test_only_a_staff_role_can_be_named(app_sqlite: Flask, role: str) -> None:
    answer = run(app_sqlite, "create-user", "a@b.example", "--name", "A", "--role", role)
    assert answer.exit_code == 2
    assert "coordinator" in answer.output


def test_somebody_who_forgot_gets_a_new_password(app_sqlite: Flask) -> None:
    said(app_sqlite, "create-clinic", "Harbor Clinic")
    said(app_sqlite, "create-user", "dana@clinic.example", "--name", "Dana Ruiz", "--role", "clinician")
    answer = said(app_sqlite, "set-password", "Dana@clinic.example", password=NEW_PASSWORD)
    assert answer == "dana@clinic.example can sign in with the new password"
    with app_sqlite.app_context(), database().transaction() as session:
        assert accounts.sign_in(session, "dana@clinic.example", PASSWORD, address="", clock=clock()) is None
        assert accounts.sign_in(session, "dana@clinic.example", NEW_PASSWORD, address="", clock=clock()) is not None


def test_the_schema_goes_down_and_up_again(app: Flask) -> None:
    assert said(app, "db", "current") == f"{migrate.head()} (newest: {migrate.head()})"
    assert said(app, "db", "downgrade", "base") == "The database is at base"
    answer = run(app, "db", "current")
    assert (answer.exit_code, answer.output.strip()) == (1, f"empty (newest: {migrate.head()})")
    assert said(app, "db", "upgrade") == f"The database is at {migrate.head()}"
    found = set(sa.inspect(store(app).engine).get_table_names())
    assert set(Base.metadata.tables) <= found


def test_the_shipped_pack_can_be_used_and_an_empty_folder_cannot(app_sqlite: Flask, tmp_path: Path) -> None:
    answer = said(app_sqlite, "check-guidelines").splitlines()
    agents, regimens = len(load_catalogue().agents), len(load_catalogue().regimens)
    assert answer[0] == "childhood-cancer 2026.1: can be used"
    assert answer[1].startswith(f"Its catalogue: {agents} agents, {regimens} regimens, ")
    assert str(tmp_path) in refused(app_sqlite, "check-guidelines", str(tmp_path))
