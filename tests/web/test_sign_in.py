"""Signing in and out: who gets in, for how long, and that a session once ended is worth nothing."""

from datetime import timedelta
from http.cookies import Morsel, SimpleCookie

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import PASSWORD
from tests.hashing import light_hashing
from tests.web.worlds import Worlds, built, shared_app, worlds
from tracker.db import Database
from tracker.models import AuditEvent, SignInFailure, UserSession
from tracker.services import user_sessions

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


@pytest.mark.parametrize(
    ("role", "first_page"),
    [
        ("coordinator", "/worklist"),
        ("clinician", "/worklist"),
        ("administrator", "/admin/users"),
        ("survivor", "/care"),
        ("proxy", "/care"),
    ],
)
def test_everybody_begins_on_their_own_first_page(worlds: Worlds, role: str, first_page: str) -> None:
    client = worlds.client(None)
    answer = enter(client, email_of(worlds, role))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert client.get("/").headers["Location"] == first_page


def test_the_page_asks_for_address_and_password_in_a_way_managers_understand(worlds: Worlds) -> None:
    html = worlds.client(None).get("/sign-in").get_data(as_text=True)
    assert 'autocomplete="username"' in html
    assert 'autocomplete="current-password"' in html
    assert "onpaste" not in html
    assert "Call your clinic" in html


def test_signing_out_ends_the_session_and_says_goodbye_to_the_cookie(worlds: Worlds) -> None:
    client = worlds.client(None)
    enter(client, email_of(worlds, "clinician"))
    assert is_in(client)
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert cookie(answer)["expires"].startswith("Thu, 01 Jan 1970")
    assert not is_in(client)


def test_a_cookie_saved_before_signing_out_is_worth_nothing_after(worlds: Worlds) -> None:
    client = worlds.client(None)
    saved = cookie(enter(client, email_of(worlds, "clinician")))
    client.post("/sign-out")
    thief = worlds.client(None)
    thief.set_cookie(saved.key, saved.value, domain="localhost")
    assert not is_in(thief)
    assert thief.get("/worklist").status_code == 302


def test_signing_out_here_does_not_sign_out_elsewhere(worlds: Worlds) -> None:
    desk, ward = worlds.client(None), worlds.client(None)
    for client in (desk, ward):
        enter(client, email_of(worlds, "clinician"))
    desk.post("/sign-out")
    assert (is_in(desk), is_in(ward)) == (False, True)


def test_whoever_is_in_already_is_led_on(worlds: Worlds) -> None:
    assert worlds.client("clinician").get("/sign-in").headers["Location"] == "/"


def test_a_sign_in_is_on_the_trail_and_a_refused_one_is_not(worlds: Worlds) -> None:
    client = worlds.client(None)
    enter(client, email_of(worlds, "clinician"), "wrong wrong wrong")
    enter(client, email_of(worlds, "clinician"))
    with worlds.database.reading() as session:
        rows = list(session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "user.signed_in")))
    assert [(row.actor_id, row.after) for row in rows] == [
        (worlds.mine.users["clinician"].id, {"address": "127.0.0.1"})
    ]


# Turned away


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("known", "wrong wrong wrong"),
        ("nobody@clinic.example", PASSWORD),
        ("known", PASSWORD.upper()),
        ("known", PASSWORD + " "),
        ("known' OR 1=1 --", PASSWORD),
    ],
)
def test_every_refusal_reads_the_same(worlds: Worlds, email: str, password: str) -> None:
    client = worlds.client(None)
    answer = enter(client, email.replace("known", email_of(worlds, "clinician")), password)
    assert answer.status_code == 422
    assert WRONG in answer.get_data(as_text=True)
    assert "Error: Sign in" in answer.get_data(as_text=True)
    assert not is_in(client)


def test_what_was_typed_is_kept_but_never_the_password(worlds: Worlds) -> None:
    answer = enter(worlds.client(None), "dana@clinic.example", "wrong wrong wrong", next="/worklist?state=due")
    html = answer.get_data(as_text=True)
    assert 'value="dana@clinic.example"' in html
    assert '<input type="hidden" name="next" value="/worklist?state=due">' in html
    assert "wrong wrong" not in html


@pytest.mark.parametrize(
    ("email", "password", "said"), [("", PASSWORD, "Enter your email"), ("a@b.c", "", "Enter your password")]
)
def test_an_empty_box_is_named_and_the_place_to_go_is_kept(
    worlds: Worlds, email: str, password: str, said: str
) -> None:
    answer = enter(worlds.client(None), email, password, next="/visits/day")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in html
    assert 'name="next" value="/visits/day"' in html


def test_a_character_no_database_can_hold_is_a_bad_request(worlds: Worlds) -> None:
    assert enter(worlds.client(None), "da\x00na@clinic.example").status_code == 400
    assert worlds.client("clinician").get("/search?q=ri%00vera").status_code == 400


def test_after_ten_failures_the_door_is_closed_and_opens_by_itself(worlds: Worlds) -> None:
    client, email = worlds.client(None), email_of(worlds, "clinician")
    assert {enter(client, email, "wrong wrong wrong").status_code for _ in range(10)} == {422}
    answer = enter(client, email, next="/worklist")
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.get_data(as_text=True)
    assert 'name="next" value="/worklist"' in answer.get_data(as_text=True)
    worlds.clock.advance(15 * MINUTE)
    assert enter(client, email).status_code == 303


def test_one_address_is_closed_for_all_accounts_and_another_stays_open(worlds: Worlds) -> None:
    client = worlds.client(None)
    for number in range(10):
        enter(client, f"guess{number}@clinic.example", "wrong wrong wrong")
    email = email_of(worlds, "clinician")
    assert enter(client, email).status_code == 429
    other = {"REMOTE_ADDR": "198.51.100.10"}
    form = {"email": email, "password": PASSWORD}
    assert client.post("/sign-in", data=form, environ_base=other).status_code == 303


def test_a_failure_is_kept_although_the_answer_is_a_refusal(worlds: Worlds) -> None:
    enter(worlds.client(None), "nobody@clinic.example", "wrong wrong wrong")
    with worlds.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(SignInFailure)) == 2


# The session


def test_the_token_is_new_at_sign_in_and_the_old_one_dead(worlds: Worlds) -> None:
    client = worlds.client(None)
    planted = cookie(client.get("/sign-in"))
    fresh = cookie(enter(client, email_of(worlds, "clinician")))
    assert fresh.value != planted.value
    assert len(fresh.value) >= 43
    attacker = worlds.client(None)
    attacker.set_cookie(planted.key, planted.value, domain="localhost")
    assert not is_in(attacker)


def test_nothing_from_before_signing_in_lives_on(worlds: Worlds) -> None:
    client = worlds.client(None)
    client.get("/sign-in")
    with client.session_transaction() as stored:
        stored["planted"] = "value"
    enter(client, email_of(worlds, "clinician"))
    with client.session_transaction() as stored:
        assert "planted" not in stored


def test_signing_in_as_somebody_else_ends_the_first_session(worlds: Worlds) -> None:
    client = worlds.client(None)
    first = cookie(enter(client, email_of(worlds, "clinician")))
    enter(client, email_of(worlds, "proxy"))
    assert client.get("/").headers["Location"] == "/care"
    other = worlds.client(None)
    other.set_cookie(first.key, first.value, domain="localhost")
    assert not is_in(other)


def test_the_table_holds_only_the_tokens_hash(worlds: Worlds) -> None:
    token = cookie(enter(worlds.client(None), email_of(worlds, "clinician"))).value
    with worlds.database.engine.connect() as connection:
        stored = " ".join(map(str, connection.execute(sa.select(UserSession.__table__)).all()))
    assert token not in stored
    assert user_sessions.token_hash(token) in stored


@pytest.mark.parametrize(
    ("role", "idle"), [("coordinator", 15), ("clinician", 15), ("administrator", 15), ("survivor", 60), ("proxy", 60)]
)
def test_a_session_left_alone_ends(worlds: Worlds, role: str, idle: int) -> None:
    client = worlds.client(role)
    worlds.clock.advance(idle * MINUTE - timedelta(seconds=1))
    assert is_in(client)
    worlds.clock.advance(idle * MINUTE)
    assert not is_in(client)
    assert not is_in(client)


def test_using_it_keeps_it_alive_until_twelve_hours_have_passed(worlds: Worlds) -> None:
    client = worlds.client("clinician")
    for _ in range(71):
        worlds.clock.advance(10 * MINUTE)
        assert is_in(client)
    worlds.clock.advance(10 * MINUTE - timedelta(seconds=1))
    assert is_in(client)
    worlds.clock.advance(timedelta(seconds=1))
    assert not is_in(client)


def test_whoever_was_signed_out_is_told_so_once_and_led_back(worlds: Worlds) -> None:
    client = worlds.client("clinician")
    worlds.clock.advance(20 * MINUTE)
    answer = client.get("/worklist?state=due")
    assert answer.headers["Location"] == "/sign-in?next=/worklist?state%3Ddue"
    page = client.get(answer.headers["Location"])
    assert "You were signed out to keep records safe" in page.get_data(as_text=True)
    assert 'name="next" value="/worklist?state=due"' in page.get_data(as_text=True)
    assert "signed out" not in client.get("/sign-in").get_data(as_text=True)
