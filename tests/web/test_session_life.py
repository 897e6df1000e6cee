"""Sessions after signing in: how they end, and that nothing of them lives on."""

import re
from collections.abc import Iterator
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import Config
from tests.conftest import KEYS
from tests.factories import PASSWORD, make_clinic, make_user
from tests.hashing import light_hashing
from tests.web.worlds import Worlds, built, shared_app, worlds
from tracker.app import create_app
from tracker.db import Database
from tracker.models import Grant, Role, User, UserSession
from tracker.services import user_sessions
from tracker.web.auth import own_path

__all__ = ["built", "light_hashing", "shared_app", "worlds"]
pytestmark = pytest.mark.usefixtures("light_hashing")
MINUTE = timedelta(minutes=1)
WRONG = "The email address or the password is not right"


def enter(client: FlaskClient, email: str, password: str = PASSWORD, **form: str) -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": password, **form})


def email_of(worlds: Worlds, role: str) -> str:
    return worlds.mine.users[role].email


def is_in(client: FlaskClient) -> bool:
    """Does the front door lead on, rather than to the sign-in page?"""
    answer = client.get("/")
    return not answer.headers.get("Location", "").startswith("/sign-in")


def cookie(answer: TestResponse) -> Morsel[str]:
    [header] = answer.headers.getlist("Set-Cookie")
    [morsel] = SimpleCookie(header).values()
    return morsel


def sessions(database: Database) -> list[UserSession]:
    with database.reading() as session:
        return list(session.scalars(sa.select(UserSession).order_by(UserSession.created_at)))


# In and out


def test_an_idle_session_is_ended_in_the_table_too(worlds: Worlds) -> None:
    client = worlds.client("clinician")
    worlds.clock.advance(20 * MINUTE)
    is_in(client)
    assert [row.revoked_at is not None for row in sessions(worlds.database)] == [True, False]


def test_a_page_asked_for_twice_in_a_minute_writes_nothing_the_second_time(worlds: Worlds) -> None:
    client = worlds.client("administrator")
    client.get("/admin/users")  # puts the forms' token into the session
    [begun] = [row.last_seen_at for row in sessions(worlds.database)]
    worlds.clock.advance(timedelta(seconds=59))
    client.get("/admin/users")
    assert [row.last_seen_at for row in sessions(worlds.database)] == [begun]
    worlds.clock.advance(timedelta(seconds=1))
    client.get("/admin/users")
    assert [row.last_seen_at for row in sessions(worlds.database)] == [worlds.clock.now()]


def test_somebody_switched_off_is_out_at_the_next_request(worlds: Worlds) -> None:
    victim, boss = worlds.client("clinician"), worlds.client("administrator")
    assert is_in(victim)
    boss.post(f"/admin/users/{worlds.mine.users['clinician'].id}/active", data={"active": "0"})
    assert not is_in(victim)
    assert enter(worlds.client(None), email_of(worlds, "clinician")).status_code == 422


def test_a_role_that_ended_is_gone_at_the_next_request(worlds: Worlds) -> None:
    client = worlds.client("clinician")
    assert client.get("/worklist").status_code == 200
    with worlds.database.transaction() as session:
        session.execute(
            sa.update(Grant)
            .where(Grant.user_id == worlds.mine.users["clinician"].id)
            .values(ends_on=worlds.clock.today("America/New_York"))
        )
    assert client.get("/worklist").status_code == 403


def test_a_slow_request_cannot_revive_a_session_that_was_ended(worlds: Worlds) -> None:
    with worlds.database.transaction() as session:
        user = worlds.mine.users["clinician"]
        user_sessions.begin(session, "token", {"_user_id": str(user.id)}, user.id, clock=worlds.clock)
        session.flush()
        user_sessions.end(session, "token", clock=worlds.clock)
        user_sessions.update(session, "token", {"_user_id": str(user.id)}, clock=worlds.clock)
        assert user_sessions.find(session, "token") is None
    assert [row.contents for row in sessions(worlds.database)] == [{}]


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "'; DROP TABLE users; --", "é" * 20])
def test_a_made_up_cookie_is_no_session(worlds: Worlds, token: str) -> None:
    client = worlds.client(None)
    client.set_cookie("tracker", token, domain="localhost")
    assert not is_in(client)


# Where to go afterwards


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
        *("javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", "evil.example", " /x", ""),
        *("http:evil.example", "/\r\nSet-Cookie: a=b"),
    ],
)
def test_nobody_is_led_away_from_this_site(worlds: Worlds, target: str) -> None:
    assert own_path(target) is None
    answer = enter(worlds.client(None), email_of(worlds, "clinician"), next=target)
    assert answer.headers["Location"] == "/"
    page = worlds.client(None).get("/sign-in", query_string={"next": target})
    assert 'name="next"' not in page.get_data(as_text=True)


@pytest.mark.parametrize("target", ["/worklist", "/worklist?state=due&flag=visit", "/care/1#later"])
def test_a_place_on_this_site_is_gone_back_to(worlds: Worlds, target: str) -> None:
    answer = enter(worlds.client(None), email_of(worlds, "clinician"), next=target)
    assert answer.headers["Location"] == target


def test_a_form_sent_while_signed_out_does_not_become_a_place_to_go_back_to(worlds: Worlds) -> None:
    answer = worlds.client(None).post("/admin/pack/adopt")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")


# The cookie


def test_on_a_laptop_the_cookie_is_for_this_site_alone_and_no_script_reads_it(worlds: Worlds) -> None:
    found = cookie(enter(worlds.client(None), email_of(worlds, "clinician")))
    assert found.key == "tracker"
    assert (found["httponly"], found["samesite"], found["path"], found["domain"]) == (True, "Lax", "/", "")
    assert (found["secure"], found["expires"], found["max-age"]) == ("", "", "")


@pytest.fixture
def secure(sqlite_url: str, tmp_path: Path) -> Iterator[FlaskClient]:
    """The application as it is served over https, with a clinic and a clinician."""
    config = Config(
        database_url=sqlite_url,
        instance=tmp_path,
        encryption_keys=tuple(KEYS),
        base_url="https://clinic.example",
        testing=True,
    )
    app = create_app(config)
    app.config["WTF_CSRF_ENABLED"] = False
    store = app.extensions["tracker_database"] = Database(sqlite_url)
    with store.transaction() as session:
        make_clinic(session)
        make_user(session, email="dana@clinic.example")
    yield app.test_client()
    store.close()


def test_over_https_the_cookie_is_bound_to_host_and_line(secure: FlaskClient) -> None:
    for answer in (
        secure.get("/sign-in", base_url="https://clinic.example"),
        secure.post(
            "/sign-in",
            data={"email": "dana@clinic.example", "password": PASSWORD},
            base_url="https://clinic.example",
        ),
        secure.post("/sign-out", base_url="https://clinic.example"),
    ):
        found = cookie(answer)
        assert found.key == "__Host-tracker"
        assert (found["secure"], found["httponly"], found["samesite"], found["path"], found["domain"]) == (
            *(True, True, "Lax", "/", ""),
        )


# Somebody with no role, and with several


@pytest.fixture
def lonely(worlds: Worlds) -> User:
    with worlds.database.transaction() as session:
        return make_user(session, "Lee Gone", "lee@clinic.example")


def test_somebody_without_any_role_gets_a_page_that_helps_and_can_sign_out(worlds: Worlds, lonely: User) -> None:
    client = worlds.client(None)
    enter(client, lonely.email)
    answer = client.get("/")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "ask your clinic's administrator" in html
    assert 'action="/sign-out"' in html
    assert "<nav" not in html
    assert client.get("/care").status_code == client.get("/worklist").status_code == 403
    assert client.post("/sign-out").status_code == 303


def give(worlds: Worlds, role: Role, clinic_of: str = "mine") -> None:
    clinic = worlds.mine.clinic if clinic_of == "mine" else worlds.theirs.clinic
    with worlds.database.transaction() as session:
        user = worlds.mine.users["administrator"]
        session.add(Grant(user_id=user.id, role=role, clinic_id=clinic.id, starts_on=clinic.created_at.date()))


def test_an_administrator_who_is_also_a_clinician_has_both(worlds: Worlds) -> None:
    give(worlds, Role.CLINICIAN)
    client = worlds.client("administrator")
    assert client.get("/").headers["Location"] == "/worklist"
    html = client.get("/admin/users").get_data(as_text=True)
    assert re.findall(r'class="app-nav__link"[^>]*>([^<]+)<', html) == [
        *("Worklist", "Clinic day", "Enroll", "Imports"),
        *("Users", "Clinics", "Job runs", "Guideline pack", "Codes"),
    ]
    assert 'role="search"' in html
    assert client.get(f"/survivors/{worlds.mine.survivor.id}").status_code == 200
    assert client.get(f"/survivors/{worlds.theirs.survivor.id}").status_code == 404


def test_somebody_who_works_at_two_clinics_chooses_between_them(worlds: Worlds) -> None:
    give(worlds, Role.ADMINISTRATOR, "theirs")
    client = worlds.client("administrator")
    here, there = worlds.mine.clinic, worlds.theirs.clinic
    page = client.get("/workplace").get_data(as_text=True)
    assert here.name in page
    assert there.name in page
    for clinic, other in ((there, here), (here, there)):
        assert client.post("/workplace", data={"clinic_id": str(clinic.id)}).status_code == 303
        html = client.get("/admin/users").get_data(as_text=True)
        assert f'app-header__clinic">{clinic.name}<' in html
        assert ("Change clinic" in html) is True
        assert f'app-header__clinic">{other.name}<' not in html


@pytest.mark.parametrize("clinic_id", ["", "not-an-id", "00000000-0000-0000-0000-000000000000"])
def test_a_clinic_one_does_not_work_at_cannot_be_chosen(worlds: Worlds, clinic_id: str) -> None:
    client = worlds.client("clinician")
    assert client.post("/workplace", data={"clinic_id": clinic_id}).status_code == 404
    assert client.post("/workplace", data={"clinic_id": str(worlds.theirs.clinic.id)}).status_code == 404
    assert "Change clinic" not in client.get("/worklist").get_data(as_text=True)


# What a page costs


def test_the_reads_around_every_page_are_few_and_always_the_same(worlds: Worlds) -> None:
    statements: list[str] = []
    sa.event.listen(
        worlds.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]), named=False
    )
    client, counts = worlds.client("administrator"), []
    client.get("/admin/users")  # puts the forms' token into the session
    for path in ("/admin/users/new", "/admin/clinics/new", "/admin/users/new"):
        statements.clear()
        assert client.get(path).status_code == 200
        counts.append(len([line for line in statements if line.startswith("SELECT")]))
    # Session, is it staff, user, roles with their zones; clinic, the job's clinic and its last run.
    assert counts == [7, 7, 7]
