"""When something goes wrong: a page that helps, a log that tells where, and no word of anybody's record in either."""

import logging
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, ImATeapot, RequestEntityTooLarge, ServiceUnavailable, TooManyRequests

from tests.web.worlds import Worlds, built, shared_app, worlds
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound, TrackerError
from tracker.services import clinics

__all__ = ["built", "shared_app", "worlds"]
ROLES = ["coordinator", "clinician", "administrator", "survivor", "proxy"]


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """From now on the administrator's list of clinics fails like this."""

    def fail(*_given: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(clinics, "administered", fail)


def main_of(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotFound("There is no such record, or it is not yours to see"), 404, "There is no such record"),
        (Forbidden("Ask a clinician"), 403, "Ask a clinician"),
        (Conflict("Dana Ruiz changed this record at 10:42"), 409, "Dana Ruiz changed this record at 10:42"),
        (Invalid("The date is in the future. Check the year"), 422, "The date is in the future"),
        (RequestEntityTooLarge(), 413, "That file is too large"),
        (TooManyRequests(), 429, "Too many attempts"),
        (ServiceUnavailable(), 503, "not available right now"),
        (ImATeapot(), 418, "We could not read that request"),
        (TrackerError("of no kind of its own"), 500, "Something went wrong on our side"),
    ],
)
def test_each_error_has_its_page_in_our_own_words(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, said: str
) -> None:
    fail_with(monkeypatch, error)
    answer = worlds.client("administrator").get("/admin/clinics")
    main = main_of(answer.get_data(as_text=True))
    assert answer.status_code == status
    assert said in main
    assert "<h1" in main
    if isinstance(error, HTTPException) and error.description:
        assert error.description not in main


@pytest.mark.parametrize("role", [None, *ROLES])
def test_an_address_that_leads_nowhere_helps_everybody_on(worlds: Worlds, role: str | None) -> None:
    answer = worlds.client(role).get("/nowhere")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert "We could not find that page" in html
    assert ('action="/sign-out"' in html) is (role is not None)


def test_a_page_opened_the_wrong_way_says_which_ways_there_are(worlds: Worlds) -> None:
    answer = worlds.client("administrator").get("/admin/pack/adopt")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert "use the button on the page" in answer.get_data(as_text=True)


def test_a_slip_of_ours_gives_a_reference_and_no_trace(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_with(monkeypatch, RuntimeError("Anabel Riverstone, born 2012-02-29, has no plan"))
    answer = worlds.client("administrator").get("/admin/clinics")
    html = answer.get_data(as_text=True)
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    reference = record.getMessage().split("reference=")[1][:8]
    assert answer.status_code == 500
    assert f"<b>{reference}</b>" in html
    for word in ("Anabel", "RuntimeError", "Traceback", ".py"):
        assert word not in html


def test_the_log_tells_where_and_of_which_kind_but_not_what_it_said(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    inner = ValueError("Key (mrn)=(004417) already exists")
    outer = IntegrityError("INSERT INTO survivors …", {"family_name": "Riverstone"}, inner)
    outer.__context__ = inner
    fail_with(monkeypatch, outer)
    worlds.client("administrator").get("/admin/clinics")
    assert "endpoint=admin.clinics_list" in caplog.text
    assert "ValueError" in caplog.text
    assert "IntegrityError" in caplog.text
    assert "tracker/web/admin.py" in caplog.text
    for word in ("004417", "Riverstone", "INSERT"):
        assert word not in caplog.text


def test_an_error_after_the_page_was_made_is_told_in_the_same_way(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise RuntimeError("Anabel Riverstone cannot be noted")

    client = worlds.client("clinician")
    client.get("/worklist")
    monkeypatch.setattr("tracker.services.audit.record_access", fail)
    monkeypatch.setattr(worlds.app, "testing", False)
    answer = client.get(f"/survivors/{worlds.mine.survivor.id}")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "Riverstone" not in main_of(html), "a page that could not be noted must not go out"
    assert "Riverstone" not in caplog.text
    assert "reference=" in caplog.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_an_error_page_shows_nobody_and_notes_nobody(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[object] = []
    monkeypatch.setattr("tracker.services.audit.record_access", lambda *given, **named: noted.append(given))
    monkeypatch.setattr("tracker.web.survivors.render_template", lambda *given, **named: 1 / 0)
    answer = worlds.client("clinician").get(f"/survivors/{worlds.mine.survivor.id}")
    assert answer.status_code == 500
    assert "Riverstone" not in answer.get_data(as_text=True)
    assert noted == []


# The database is gone


def break_database(worlds: Worlds, tmp_path: Path) -> None:
    worlds.app.extensions["tracker_database"] = Database(f"sqlite:///{tmp_path}/no-such-folder/tracker.db")


def test_a_visitor_is_told_that_the_records_cannot_be_reached(worlds: Worlds, tmp_path: Path) -> None:
    client = worlds.client(None)
    client.get("/sign-in")
    break_database(worlds, tmp_path)
    answer = client.get("/sign-in")
    assert answer.status_code == 503
    assert "cannot reach its records" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", ROLES)
def test_so_is_everybody_who_is_signed_in(worlds: Worlds, tmp_path: Path, role: str) -> None:
    client = worlds.client(role)
    break_database(worlds, tmp_path)
    for answer in (client.get("/"), client.get("/nowhere"), client.post("/sign-out")):
        html = answer.get_data(as_text=True)
        assert answer.status_code == 503
        assert "cannot reach its records" in html
        assert "Reference:" in html
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_nobody_loses_the_session_by_it(worlds: Worlds, tmp_path: Path) -> None:
    client = worlds.client("administrator")
    break_database(worlds, tmp_path)
    assert client.get("/admin/users").status_code == 503
    worlds.use()
    assert client.get("/admin/users").status_code == 200


class Flaky:
    """A database that answers a number of times and is then gone."""

    def __init__(self, real: Database, answers: int) -> None:
        self.real, self.left = real, answers

    def __getattr__(self, name: str) -> object:
        self.left -= 1
        if self.left < 0:
            raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))
        return getattr(self.real, name)


@pytest.mark.parametrize("answers", range(6))
@pytest.mark.parametrize("path", ["/admin/users", "/admin/clinics/new"])
def test_wherever_in_a_request_it_goes_the_page_says_so(worlds: Worlds, answers: int, path: str) -> None:
    client = worlds.client("administrator")
    worlds.app.extensions["tracker_database"] = Flaky(worlds.database, answers)
    answer = client.get(path)
    assert answer.status_code in {200, 503}
    if answer.status_code == 503:
        assert "cannot reach its records" in answer.get_data(as_text=True)
    worlds.use()
    assert client.get(path).status_code == 200


def test_the_story_reaches_every_place_at_which_a_page_asks_the_database(worlds: Worlds) -> None:
    client = worlds.client("administrator")
    client.get("/admin/users")
    found = []
    for answers in range(6):
        worlds.app.extensions["tracker_database"] = Flaky(worlds.database, answers)
        found.append(client.get("/admin/users").status_code)
    # Session, person, the people listed, what the header shows: from the fifth on nothing is asked any more.
    assert found == [503, 503, 503, 503, 200, 200]


def test_other_words_for_a_lost_connection_are_understood(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, InterfaceError("SELECT 1", {}, Exception("connection already closed")))
    assert worlds.client("administrator").get("/admin/clinics").status_code == 503


def test_a_health_check_without_a_database_is_no_error(worlds: Worlds, tmp_path: Path) -> None:
    client: FlaskClient = worlds.client("administrator")
    break_database(worlds, tmp_path)
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 503
