"""Rows written by the hundred arrive as they were told, whatever is in them, on both databases and either way."""

from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_survivor
from tests.integration.plan_registry import TODAY
from tracker.clock import FixedClock
from tracker.models import DueItem, PlanGap, Survivor
from tracker.services import many_rows
from tracker.services.row_ids import rising

ITEMS, GAPS = (cast("sa.Table", model.__table__) for model in (DueItem, PlanGap))
NOW = FixedClock.on(TODAY).now()
COLUMNS = ("gap", "missing", "consequence", "test_code")
HOSTILE = [
    "tab\tbreak\nreturn\r",
    "back\\slash",
    "\\N",
    "\\.",
    "'; DROP TABLE x; --",
    '"',
    "漢字 é",
    "%s ? :x",
    "{}",
    "[]",
    " ",
]


@pytest.fixture(params=[1, 10_000], ids=["as many", "as few"])
def owner(request: pytest.FixtureRequest, session: Session, monkeypatch: pytest.MonkeyPatch) -> Survivor:
    monkeypatch.setattr(many_rows, "FEW", request.param)
    return make_survivor(session)


def rows_of(texts: list[str]) -> list[tuple[Any, ...]]:
    # JSON that is text, and a code that is now there and now not.
    return [(text, '["\\u00e9\\t", null]', "none", [None, text][place % 2]) for place, text in enumerate(texts)]


def kept(session: Session) -> list[tuple[Any, ...]]:
    query = sa.select(PlanGap.gap, PlanGap.missing, PlanGap.consequence, PlanGap.test_code).order_by(PlanGap.id)
    return [tuple(row) for row in session.execute(query)]


def told(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(gap, ["é\t", None], consequence, code) for gap, _, consequence, code in rows]


def test_whatever_is_in_them(session: Session, owner: Survivor) -> None:
    ids, connection = rising(NOW, len(HOSTILE)), session.connection()
    ids.sort()
    rows = rows_of(HOSTILE)
    inserted = [(each, owner.id.hex, *row) for each, row in zip(ids, rows, strict=True)]
    many_rows.insert(connection, GAPS, ("id", "survivor_id", *COLUMNS), inserted)
    assert kept(session) == told(rows)

    turned = rows_of([f"{text}!" for text in reversed(HOSTILE)])
    many_rows.update(connection, GAPS, COLUMNS, [(*row, each) for each, row in zip(ids, turned, strict=True)])
    assert kept(session) == told(turned)

    many_rows.delete(connection, GAPS, ids[1:])
    assert kept(session) == told(turned[:1])


def test_truth_dates_and_what_is_not_there(session: Session, owner: Survivor) -> None:
    [item_id], connection = rising(NOW, 1), session.connection()
    flags = ("recurrence", "late_effects", "predisposition", "visit", "added")
    dates = ("upcoming_on", "due_on", "overdue_after", "stops_on")
    row = (item_id, owner.id.hex, owner.clinic_id.hex, "echocardiogram", "[]", "2026-11-23 12:00:00.000001")
    columns = ("id", "survivor_id", "clinic_id", "test_code", "reasons", "opened_at", *flags, *dates)
    values = (True, False, False, False, True, "2026-01-31", "2026-02-28", "2028-02-29", None)
    many_rows.insert(connection, ITEMS, columns, [row + values])
    item = session.scalars(sa.select(DueItem)).one()
    assert [getattr(item, name) for name in flags] == [True, False, False, False, True]
    assert [str(getattr(item, name)) for name in dates] == ["2026-01-31", "2026-02-28", "2028-02-29", "None"]
    assert item.opened_at.isoformat() == "2026-11-23T12:00:00.000001+00:00"

    many_rows.update(connection, ITEMS, ("added", "stops_on", "closed_on"), [(False, "2029-01-01", None, item_id)])
    session.refresh(item)
    assert (item.added, str(item.stops_on), item.closed_on) == (False, "2029-01-01", None)


def test_nothing_is_no_statement(session: Session, owner: Survivor) -> None:
    nothing: list[Any] = []
    for rows in (nothing, tuple(nothing)):
        many_rows.insert(session.connection(), GAPS, COLUMNS, rows)
        many_rows.update(session.connection(), GAPS, COLUMNS, rows)
        many_rows.delete(session.connection(), GAPS, rows)
    assert kept(session) == []
