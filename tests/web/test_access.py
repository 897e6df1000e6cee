"""Every route stands in an access table, and answers each role on each side as the table says."""

import pytest
import sqlalchemy as sa

from tests.web.access.table import ROLES, Row
from tests.web.worlds import ROWS, Worlds, built, contents, named, shared_app, worlds
from tracker.models import Survivor

__all__ = ["built", "shared_app", "worlds"]
DENIED = {403, 404}
PAGES = {"static"}
NOT_THE_RECORD = frozenset({"user_sessions", "access_events"})
every_row = pytest.mark.parametrize("row", ROWS, ids=named)


def test_every_route_has_a_row_and_every_row_a_route(worlds: Worlds) -> None:
    routes = {
        (rule.endpoint, method)
        for rule in worlds.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint not in PAGES
    }
    tabled = [(row.endpoint, row.method) for row in ROWS]
    assert routes - set(tabled) == set(), "routes without a row in tests/web/access"
    assert set(tabled) - routes == set(), "rows without a route"
    assert len(tabled) == len(set(tabled)), "a route has two rows"


@every_row
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_on_its_own_side_what_the_table_says(worlds: Worlds, row: Row, role: str) -> None:
    row.check()
    status = worlds.ask(worlds.client(role), row).status_code
    if role in row.allowed or row.needs == "public":
        assert status < 500
        assert status not in {401, *DENIED}
    else:
        assert status == row.denied(role)


@pytest.mark.parametrize("row", [row for row in ROWS if row.needs in {"survivor", "clinic"}], ids=named)
def test_nobody_reaches_the_other_side(worlds: Worlds, row: Row) -> None:
    names_a_record = worlds.path(row, worlds.mine) != worlds.path(row, worlds.theirs)
    for role in ROLES if names_a_record else ():
        status = worlds.ask(worlds.client(role), row, worlds.theirs).status_code
        # By role alone a page may be refused at once; a record of the other side is never told from none.
        assert status == 404 or (status == 403 and row.needs == "clinic" and role not in row.allowed), role


@pytest.mark.parametrize("row", [row for row in ROWS if row.needs == "survivor"], ids=named)
def test_a_family_reaches_no_other_child_of_its_own_clinic(worlds: Worlds, row: Row) -> None:
    with worlds.database.transaction() as session:
        other_child = sa.update(Survivor).where(Survivor.id == worlds.theirs.survivor.id)
        session.execute(other_child.values(clinic_id=worlds.mine.clinic.id))
    for role in ("survivor", "proxy"):
        assert worlds.ask(worlds.client(role), row, worlds.theirs).status_code == 404, role


@every_row
def test_nobody_signed_out_gets_past_the_sign_in_page(worlds: Worlds, row: Row) -> None:
    answer = worlds.ask(worlds.client(None), row)
    if row.needs == "public":
        assert answer.status_code not in {401, *DENIED}
    else:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "POST" and row.needs == "survivor"], ids=named)
def test_a_refused_change_leaves_no_trace_in_the_record(worlds: Worlds, row: Row) -> None:
    before = contents(worlds.database, NOT_THE_RECORD)
    for role in set(ROLES) - set(row.allowed):
        worlds.ask(worlds.client(role), row)
    worlds.ask(worlds.client("clinician"), row, worlds.theirs)
    assert contents(worlds.database, NOT_THE_RECORD) == before
