"""No form is taken from elsewhere, and looking changes nothing."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.factories import PASSWORD
from tests.hashing import light_hashing
from tests.web.access.table import Row
from tests.web.worlds import ROWS, Worlds, built, contents, named, shared_app, worlds

__all__ = ["built", "light_hashing", "shared_app", "worlds"]
POSTS = [row for row in ROWS if row.method == "POST"]
GETS = [row for row in ROWS if row.method == "GET"]
# What a look may leave behind: when a session was last used, and who looked.
TRACES_OF_A_LOOK = frozenset({"user_sessions", "access_events"})


@pytest.fixture
def guarded(worlds: Worlds) -> Worlds:
    worlds.app.config["WTF_CSRF_ENABLED"] = True
    return worlds


def token(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert found is not None
    return found[1]


def somebody_allowed(row: Row) -> str:
    return sorted(row.allowed)[0]


def test_every_route_that_changes_something_is_walked_through(worlds: Worlds) -> None:
    changing = {"POST", "PUT", "PATCH", "DELETE"}
    routes = {
        (rule.endpoint, method)
        for rule in worlds.app.url_map.iter_rules()
        for method in (rule.methods or set()) & changing
    }
    assert routes == {(row.endpoint, row.method) for row in POSTS}


@pytest.mark.parametrize("row", [row for row in POSTS if row.endpoint != "auth.create_session"], ids=named)
def test_a_form_without_its_token_is_refused_and_changes_nothing(guarded: Worlds, row: Row) -> None:
    client = guarded.client(somebody_allowed(row))
    before = contents(guarded.database, TRACES_OF_A_LOOK)
    answer = guarded.ask(client, row)
    assert answer.status_code == 400
    assert "This form was open for too long or came from another page" in answer.get_data(as_text=True)
    assert contents(guarded.database, TRACES_OF_A_LOOK) == before


@pytest.mark.parametrize("wrong", ["", "made-up", "IjAi.aaaa.bbbb"])
def test_a_wrong_token_is_no_better_than_none(guarded: Worlds, wrong: str) -> None:
    client = guarded.client("administrator")
    assert client.post("/admin/pack/adopt", data={"csrf_token": wrong}).status_code == 400


def test_another_persons_token_does_not_serve(guarded: Worlds) -> None:
    theirs = token(guarded.client("administrator", guarded.theirs), "/admin/pack")
    client = guarded.client("administrator")
    own = token(client, "/admin/pack")
    assert client.post("/admin/pack/adopt", data={"csrf_token": theirs}).status_code == 400
    assert client.post("/admin/pack/adopt", data={"csrf_token": own}).status_code == 303


def test_a_token_in_the_address_does_not_serve(guarded: Worlds) -> None:
    client = guarded.client("administrator")
    own = token(client, "/admin/pack")
    assert client.post(f"/admin/pack/adopt?csrf_token={own}").status_code == 400


def test_an_old_sign_in_form_leads_back_to_a_fresh_one(guarded: Worlds) -> None:
    client = guarded.client(None)
    form = {"email": "dana@clinic.example", "password": PASSWORD, "next": "/visits/day"}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/visits/day")
    assert "The page was open for too long. Try again" in client.get("/sign-in").get_data(as_text=True)


@pytest.mark.usefixtures("light_hashing")
def test_the_fresh_form_opens_and_its_token_is_spent_with_the_session(guarded: Worlds) -> None:
    client = guarded.client(None)
    first = token(client, "/sign-in")
    form = {"email": guarded.mine.users["administrator"].email, "password": PASSWORD, "csrf_token": first}
    assert client.post("/sign-in", data=form).status_code == 303
    assert client.post("/admin/pack/adopt", data={"csrf_token": first}).status_code == 400


def test_a_form_sent_after_the_session_ended_leads_to_the_sign_in_page(guarded: Worlds) -> None:
    client = guarded.client("administrator")
    own = token(client, "/admin/pack")
    guarded.clock.advance(timedelta(hours=1))
    answer = client.post("/admin/pack/adopt", data={"csrf_token": own})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert "You were signed out" in client.get("/sign-in").get_data(as_text=True)


def test_signing_out_needs_the_token_too(guarded: Worlds) -> None:
    client = guarded.client("proxy")
    assert client.post("/sign-out").status_code == 400
    assert client.get("/care").status_code == 302
    path = f"/care/{guarded.mine.survivor.id}"
    assert client.post("/sign-out", data={"csrf_token": token(client, path)}).status_code == 303


@pytest.mark.parametrize("row", GETS, ids=named)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(worlds: Worlds, row: Row, method: str) -> None:
    before = contents(worlds.database, TRACES_OF_A_LOOK)
    for role in sorted(row.allowed):
        assert worlds.client(role).open(worlds.path(row), method=method).status_code < 500
    assert contents(worlds.database, TRACES_OF_A_LOOK) == before
