"""On the demonstration clinic every open date proves itself, and every link it shows leads to a row that is there."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.conftest import TODAY
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.engine.proof import missing_links, prove
from tracker.engine.types import Reason, RuleKind
from tracker.models import Clinic, DueItem, Exposure, Override, Result, Survivor
from tracker.services import care_plans
from tracker.services.demo import seed_demo
from tracker.services.packs import pack_for

drill = pytest.mark.skipif(os.environ.get("TRACKER_DRILL") != "1", reason="a drill: set TRACKER_DRILL=1")


@pytest.fixture(scope="module")
def demo(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(migrated_sqlite, path)
    yield from seeded(Database(f"sqlite:///{path}"), 24)


def seeded(store: Database, survivors: int) -> Iterator[Session]:
    with store.transaction() as session:
        seed_demo(session, survivors=survivors, clock=FixedClock.on(TODAY))
    with store.reading() as session:
        yield session
    store.close()


def check(session: Session) -> Counter[str]:
    """Prove every open item; what was met on the way."""
    seen: Counter[str] = Counter()
    query = sa.select(DueItem, Clinic).join(Clinic, Clinic.id == DueItem.clinic_id).where(DueItem.closed_on.is_(None))
    for item, clinic in session.execute(query):
        pack = pack_for(clinic)
        reasons = care_plans.reasons_of(item)
        proof = prove(reasons, upcoming_days=pack.upcoming_days, overdue_days=pack.overdue_days)
        assert proof.proves(care_plans.as_planned(item, reasons, pack)), item.test_code
        assert [reason.wins for reason in reasons].count(True) == 1
        for reason in reasons:
            assert missing_links(reason) == (), reason
            check_links(session, item, reason)
            seen.update([reason.kind, "result" if reason.last_result_id else "first time"])
    return seen


def check_links(session: Session, item: DueItem, reason: Reason) -> None:
    if reason.last_result_id is not None:
        result = session.get_one(Result, UUID(reason.last_result_id))
        assert (result.survivor_id, result.test_code, result.performed_on) == (
            *(item.survivor_id, reason.last_result_code, reason.last_result_on),
        )
    if reason.kind is RuleKind.OVERRIDE:
        decided = session.get_one(Override, UUID(reason.override_id or ""))
        assert (decided.survivor_id, decided.decided_on) == (item.survivor_id, reason.start_on)
        return
    survivor = session.get_one(Survivor, item.survivor_id)
    rule = pack_for(survivor.clinic).rules[reason.rule_id]
    assert (rule.source, pack_for(survivor.clinic).key) == (reason.source, reason.pack)


def test_every_open_date_of_the_demonstration_proves_itself(demo: Session) -> None:
    seen = check(demo)
    assert {RuleKind.LATE_EFFECTS, RuleKind.RECURRENCE, "result", "first time"} <= seen.keys()
    assert seen.total() > 200


def test_the_exposures_that_decided_are_on_record(demo: Session) -> None:
    """By name: recorded itself with this dose, or derived from what is recorded (then it has no row)."""
    recorded = {
        (row.survivor_id, row.name): row.value for row in demo.scalars(sa.select(Exposure)) if row.value is not None
    }
    found = 0
    for item in demo.scalars(sa.select(DueItem).where(DueItem.closed_on.is_(None))):
        for reason in care_plans.reasons_of(item):
            for name, value in reason.exposures:
                if (item.survivor_id, name) in recorded:
                    assert recorded[item.survivor_id, name] == value
                    found += 1
    assert found > 50


@drill
@pytest.mark.drill
def test_every_open_date_of_a_large_demonstration_proves_itself(database: Database) -> None:
    for session in seeded(database, 400):
        assert set(RuleKind) - check(session).keys() <= {RuleKind.PREDISPOSITION}
