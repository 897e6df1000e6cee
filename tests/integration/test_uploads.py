"""Files that are looked at first: kept encrypted for a day, taken up once, discarded, forgotten, listed and undone."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_survivor
from tracker import crypto
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict
from tracker.models import AuditEvent, ChangeKind, ChangeSet, ChangeState, Clinic, Role, Survivor, Upload
from tracker.policy import Actor
from tracker.services import change_sets, jobs, uploads
from tracker.services.import_report import Fate, Finding, Line, Report, read_report

CONTENT = "mrn,family_name\n004417,Peña\n".encode()
DAY = timedelta(hours=24)


def make_report(**given: Any) -> Report:
    report = Report("people.csv", "survivors", Counter({Fate.NEW: 1, Fate.UPDATED: 2}))
    report.lines = [Line(place="row 2", what="José Peña (004417)", fate=Fate.NEW, changes=("enrolled",))]
    report.errors = [Finding(file="people.csv", path="row 3, column birth_date", reason="Oct 32 is no date")]
    report.store("survivors", 3)
    for name, value in given.items():
        setattr(report, name, value)
    return report


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def actor(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.COORDINATOR)


def keep(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, **given: Any) -> ChangeSet:
    told: dict[str, Any] = {"name": "people.csv", "content": CONTENT, "options": {"kind": "survivors"}}
    told |= {"report": make_report()} | given
    return uploads.keep_upload(
        session,
        clinic.id,
        told["name"],
        told["content"],
        told["options"],
        told["report"],
        actor=actor,
        clock=clock,
    )


def kept_bytes(session: Session, change_set: ChangeSet) -> bytes | None:
    """The bytes in the table, as they lie there."""
    return session.scalar(sa.select(Upload.content).where(Upload.change_set_id == change_set.id))


def events(session: Session, action: str) -> list[AuditEvent]:
    session.flush()
    return list(session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.at)))


def apply(session: Session, change_set: ChangeSet, actor: Actor, clock: FixedClock, *, make: int = 0) -> list[Survivor]:
    """Bring in a preview that enrolls so many people."""
    uploads.take_up(session, change_set.clinic_id, change_set.id, actor=actor, clock=clock)
    with change_sets.applying(
        session,
        change_set.clinic_id,
        kind=ChangeKind.IMPORT,
        title="",
        actor=actor,
        clock=clock,
        existing=change_set,
    ):
        clinic = session.get_one(Clinic, change_set.clinic_id)
        return [make_survivor(session, clinic, family_name=f"Number {number}") for number in range(make)]


def test_a_preview_keeps_the_file_its_options_and_what_it_would_do(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    options = {"kind": "survivors", "date_format": "day-first", "sheet": "", "skip_bad_rows": True}
    made = keep(session, clinic, actor, clock, options=options)
    session.flush()
    session.expire_all()
    found = uploads.one(session, clinic.id, made.id, actor=actor)
    assert (found.state, found.kind, found.title) == (ChangeState.PREVIEWED, ChangeKind.IMPORT, "people.csv")
    assert (found.actor, found.actor_id, found.created_at) == (actor.name, actor.user_id, clock.now())
    assert found.options == options and found.applied_at is None
    assert read_report(found.report) == make_report()
    assert uploads.content_of(session, clinic.id, made.id, actor=actor) == CONTENT


def test_what_lies_in_the_table_says_nothing_without_the_key(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    stored = kept_bytes(session, keep(session, clinic, actor, clock))
    assert stored is not None and b"004417" not in stored and "Peña".encode() not in stored
    assert crypto.decrypt_bytes(stored) == CONTENT


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"x" * 300_000])
def test_any_bytes_come_back_as_they_were(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, content: bytes
) -> None:
    made = keep(session, clinic, actor, clock, content=content)
    assert uploads.content_of(session, clinic.id, made.id, actor=actor) == content


@pytest.mark.parametrize(
    "name, shown",
    [
        ("people.csv", "people.csv"),
        ("C:\\Users\\Dana\\people.csv", "people.csv"),
        ("../../etc/passwd", "passwd"),
        ("", "file"),
        ("   ", "file"),
        ("\x00\n\t", "file"),
        ("a\x00b\u202ec.csv", "abc.csv"),
        ("<b>José</b>.csv", "b>.csv"),
        (f"{'x' * 500}.xlsx", f"{'x' * 395}.xlsx"),
        (f"{'x' * 395}.xlsx", f"{'x' * 395}.xlsx"),
        ("x" * 500, "x" * 400),
        (f"x.{'y' * 500}", f"x.{'y' * 398}"),
        ("lone \udcff.csv", "lone .csv"),
    ],
)
def test_a_file_name_is_its_own_and_can_be_stored_and_shown(name: str, shown: str) -> None:
    assert uploads.file_name(name) == shown


def test_looking_and_discarding_are_in_the_trail_without_the_file(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    made = keep(session, clinic, actor, clock)
    uploads.discard(session, clinic.id, made.id, actor=actor, clock=clock)
    [looked], [left] = events(session, "import.previewed"), events(session, "import.discarded")
    assert looked.after == {
        "file": made.digest,
        "title": "people.csv",
        "bytes": len(CONTENT),
        "patients": {"new": 1, "updated": 2},
    }
    for event in (looked, left):
        assert (event.subject_id, event.clinic_id, event.actor, event.at) == (
            made.id,
            clinic.id,
            actor.name,
            clock.now(),
        )
        assert "004417" not in str(event.after) and "Peña" not in str(event.after)


def test_a_discarded_file_is_gone_and_so_are_the_people_it_named(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    made, other = keep(session, clinic, actor, clock), keep(session, clinic, actor, clock)
    uploads.discard(session, clinic.id, made.id, actor=actor, clock=clock)
    session.flush()
    session.expire_all()
    assert made.state == ChangeState.DISCARDED
    assert kept_bytes(session, made) is None and kept_bytes(session, other) is not None
    assert "Peña" not in str(made.report) and "Oct 32" not in str(made.report)
    assert read_report(made.report).patients == Counter({Fate.NEW: 1, Fate.UPDATED: 2, Fate.UNCHANGED: 0})


def test_a_preview_is_taken_up_once_with_its_file_and_what_was_foreseen(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    made = keep(session, clinic, actor, clock)
    taken = uploads.take_up(session, clinic.id, made.id, actor=actor, clock=clock)
    assert (taken.change_set, taken.content, taken.foreseen) == (made, CONTENT, make_report().as_json())
    assert kept_bytes(session, made) is None
    with pytest.raises(Conflict):
        uploads.take_up(session, clinic.id, made.id, actor=actor, clock=clock)


def test_who_brings_a_file_in_answers_for_it_whoever_looked_at_it(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    made = keep(session, clinic, actor, clock)
    colleague = make_actor(session, clinic, Role.CLINICIAN, name="Rosa Lind")
    apply(session, made, colleague, clock)
    assert (made.actor, made.actor_id) == ("Rosa Lind", colleague.user_id)
    [looked] = events(session, "import.previewed")
    assert looked.actor_id == actor.user_id


def test_whoever_comes_second_hears_what_happened(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    applied, undone, discarded = (keep(session, clinic, actor, clock) for _ in range(3))
    apply(session, applied, actor, clock)
    apply(session, undone, actor, clock)
    change_sets.undo(session, clinic.id, undone.id, reason="Wrong file", actor=actor, clock=clock)
    uploads.discard(session, clinic.id, discarded.id, actor=actor, clock=clock)
    for change_set, said in (
        (applied, "brought in already. Nothing was done a second time"),
        (undone, "taken back again"),
        (discarded, "was discarded"),
    ):
        for late in (uploads.take_up, uploads.discard):
            with pytest.raises(Conflict, match=said):
                late(session, clinic.id, change_set.id, actor=actor, clock=clock)
        with pytest.raises(Conflict, match=said):
            uploads.content_of(session, clinic.id, change_set.id, actor=actor)
    assert [each.state for each in (applied, undone, discarded)] == ["applied", "undone", "discarded"]


@pytest.mark.parametrize("late, forgotten", [(timedelta(0), 0), (timedelta(seconds=1), 1)])
def test_a_preview_is_forgotten_after_a_day_and_not_a_moment_before(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, late: timedelta, forgotten: int
) -> None:
    made = keep(session, clinic, actor, clock)
    clock.advance(DAY + late)
    assert uploads.forget_old(session, clock=clock) == forgotten
    session.flush()
    assert (kept_bytes(session, made) is None) is bool(forgotten)
    assert made.state == (ChangeState.DISCARDED if forgotten else ChangeState.PREVIEWED)
    assert [event.reason for event in events(session, "import.discarded")] == ["Not decided within a day"] * forgotten
    assert [event.actor_id for event in events(session, "import.discarded")] == [None] * forgotten


def test_the_nightly_clean_up_and_the_next_preview_forget_old_ones(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    by_night, applied = keep(session, clinic, actor, clock), keep(session, clinic, actor, clock)
    apply(session, applied, actor, clock)
    clock.advance(2 * DAY)
    jobs.prune(session, clock=clock)
    assert (by_night.state, applied.state) == (ChangeState.DISCARDED, ChangeState.APPLIED)
    by_the_next = keep(session, clinic, actor, clock)
    clock.advance(2 * DAY)
    newest = keep(session, make_clinic(session), Actor.system("Test"), clock)
    assert (by_the_next.state, newest.state) == (ChangeState.DISCARDED, ChangeState.PREVIEWED)


def test_a_preview_that_is_too_old_is_not_brought_in_even_before_it_is_forgotten(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    made = keep(session, clinic, actor, clock)
    clock.advance(DAY + timedelta(seconds=1))
    with pytest.raises(Conflict, match="more than a day old"):
        uploads.take_up(session, clinic.id, made.id, actor=actor, clock=clock)
    assert kept_bytes(session, made) is not None


def test_of_two_at_the_same_moment_one_brings_it_in(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        clinic = make_clinic(session)
        made = keep(session, clinic, Actor.system("Test"), clock)
    both_have_read, told = threading.Barrier(2), []
    reads = uploads.content_of

    def reads_with_the_other(*args: Any, **given: Any) -> bytes:
        content = reads(*args, **given)
        # Where writers wait for each other, the second has not even begun.
        with suppress(threading.BrokenBarrierError):
            both_have_read.wait(2)
        return content

    monkeypatch.setattr(uploads, "content_of", reads_with_the_other)

    def takes() -> None:
        try:
            with database.transaction() as session:
                uploads.take_up(session, clinic.id, made.id, actor=Actor.system("Test"), clock=clock)
                change_set = session.get_one(ChangeSet, made.id)
                change_set.state, change_set.applied_at = ChangeState.APPLIED, clock.now()
            told.append("brought in")
        except Conflict as refused:
            told.append(str(refused))

    threads = [threading.Thread(target=takes) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(told) == ["This file was brought in already. Nothing was done a second time", "brought in"]


def test_a_refusal_while_bringing_in_leaves_the_preview_as_it_was(database: Database, clock: FixedClock) -> None:
    with database.transaction() as session:
        clinic = make_clinic(session)
        made = keep(session, clinic, Actor.system("Test"), clock)
    with pytest.raises(RuntimeError), database.transaction() as session:
        uploads.take_up(session, clinic.id, made.id, actor=Actor.system("Test"), clock=clock)
        raise RuntimeError
    with database.reading() as session:
        assert uploads.content_of(session, clinic.id, made.id, actor=Actor.system("Test")) == CONTENT
        assert session.get_one(ChangeSet, made.id).state == ChangeState.PREVIEWED
