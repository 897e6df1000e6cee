"""The list of imports, who reaches it, and what taking one back would do."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_family, make_survivor
from tracker.clock import FixedClock
from tracker.errors import Conflict, Forbidden, NotFound
from tracker.models import ChangeKind, ChangeSet, ChangeState, Clinic, Role, Survivor, Upload
from tracker.policy import Actor, Scope
from tracker.services import change_sets, uploads
from tracker.services.import_report import Fate, Finding, Line, Report

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


def test_the_list_has_the_newest_first_in_pages_that_miss_nobody(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PER_PAGE", 3)
    made = []
    for number in range(8):
        made.append(keep(session, clinic, actor, clock, name=f"{number}.csv"))
        # Pairs of them at the same instant: a page may end between two of one.
        clock.advance(timedelta(minutes=number % 2))
    seen: list[UUID] = []
    pages = 0
    after: UUID | None = None
    while True:
        page = uploads.imports_of(session, clinic.id, actor=actor, after=after)
        seen += [row.change_set.id for row in page.rows]
        pages, after = pages + 1, seen[-1]
        if not page.has_more:
            break
    assert pages == 3 and len(seen) == len(set(seen)) and set(seen) == {each.id for each in made}
    when = {each.id: each.created_at for each in made}
    assert [when[each] for each in seen] == sorted(when.values(), reverse=True)


def test_a_row_of_the_list_tells_counts_and_state_without_the_lines(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    keep(session, clinic, actor, clock)
    session.flush()
    session.expunge_all()
    [row] = uploads.imports_of(session, clinic.id, actor=actor).rows
    assert dict(row.patients) == {"new": 1, "updated": 2, "unchanged": 0}
    assert row.resources["survivors"] == {"stored": 3, "skipped": 0, "reasons": {}}
    assert (row.change_set.title, row.change_set.actor) == ("people.csv", actor.name)
    assert "report" in sa.inspect(row.change_set).unloaded


def test_the_list_holds_imports_alone_and_those_of_this_clinic(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    made = keep(session, clinic, actor, clock)
    elsewhere = keep(session, make_clinic(session), Actor.system("Test"), clock)
    with change_sets.applying(
        session, clinic.id, kind=ChangeKind.MERGE, title="Two records", actor=actor, clock=clock
    ) as merge:
        pass
    for after in (None, elsewhere.id, uuid4()):
        page = uploads.imports_of(session, clinic.id, actor=actor, after=after)
        assert [row.change_set.id for row in page.rows] == [made.id], after
    for other in (merge.id, elsewhere.id, uuid4()):
        with pytest.raises(NotFound):
            uploads.one(session, clinic.id, other, actor=actor)


def test_only_those_who_may_bring_records_in_reach_an_import(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    made = keep(session, clinic, actor, clock)
    survivor = make_survivor(session, clinic)
    mother = make_family(session, survivor)
    administrator = make_actor(session, clinic, Role.ADMINISTRATOR)
    proxy = Actor(name="Maria", user_id=mother.id, scopes=(Scope(Role.PROXY, survivor_id=survivor.id),))
    elsewhere = make_actor(session, make_clinic(session), Role.COORDINATOR)
    for stranger, kind in ((administrator, Forbidden), (proxy, NotFound), (elsewhere, NotFound)):
        for attempt in (uploads.one, uploads.content_of, uploads.what_undo_does):
            with pytest.raises(kind):
                attempt(session, clinic.id, made.id, actor=stranger)
        for change in (uploads.take_up, uploads.discard):
            with pytest.raises(kind):
                change(session, clinic.id, made.id, actor=stranger, clock=clock)
        with pytest.raises(kind):
            uploads.imports_of(session, clinic.id, actor=stranger)
        with pytest.raises(kind):
            uploads.clinic_at(session, clinic.id, actor=stranger)
        with pytest.raises(kind):
            keep(session, clinic, stranger, clock)
    clinician = make_actor(session, clinic, Role.CLINICIAN)
    assert uploads.one(session, clinic.id, made.id, actor=clinician).id == made.id
    assert kept_bytes(session, made) is not None


def test_another_clinics_import_is_not_reached_through_ones_own(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    theirs = keep(session, make_clinic(session), Actor.system("Test"), clock)
    with pytest.raises(NotFound):
        uploads.take_up(session, clinic.id, theirs.id, actor=actor, clock=clock)
    with pytest.raises(NotFound):
        uploads.discard(session, clinic.id, theirs.id, actor=actor, clock=clock)
    assert kept_bytes(session, theirs) is not None


def test_what_an_undo_would_do_is_counted_by_people_and_rows(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    known = make_survivor(session, clinic, preferred_name="")
    made = keep(session, clinic, actor, clock)
    uploads.take_up(session, clinic.id, made.id, actor=actor, clock=clock)
    told: Mapping[str, Any] = {"kind": ChangeKind.IMPORT, "title": "", "actor": actor, "clock": clock}
    with change_sets.applying(session, clinic.id, existing=made, **told):
        make_survivor(session, clinic, diagnosis="Wilms tumor")
        make_survivor(session, clinic, diagnosis=None)
        known.preferred_name = "Annie"
    found = uploads.what_undo_does(session, clinic.id, made.id, actor=actor)
    assert (found.withdrawn, found.put_back, found.rows) == (2, 1, 4)
    assert (found.standing, found.named_ids) == ((), ())


def test_why_an_undo_is_refused_names_people_and_says_who_they_are(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    made = keep(session, clinic, actor, clock)
    first, second = apply(session, made, actor, clock, make=2)
    first.preferred_name = "Annie"
    session.flush()
    found = uploads.what_undo_does(session, clinic.id, made.id, actor=actor)
    assert found.standing and "Number 0" in found.standing[0] and "Number 1" not in "".join(found.standing)
    assert found.named_ids == (first.id,) and second.id not in found.named_ids


@pytest.mark.parametrize("state", [ChangeState.PREVIEWED, ChangeState.DISCARDED, ChangeState.UNDONE])
def test_what_is_not_in_force_cannot_be_taken_back(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, state: ChangeState
) -> None:
    made = keep(session, clinic, actor, clock)
    if state == ChangeState.UNDONE:
        apply(session, made, actor, clock)
        change_sets.undo(session, clinic.id, made.id, reason="Wrong file", actor=actor, clock=clock)
    elif state == ChangeState.DISCARDED:
        uploads.discard(session, clinic.id, made.id, actor=actor, clock=clock)
    with pytest.raises(Conflict, match="not in force"):
        uploads.what_undo_does(session, clinic.id, made.id, actor=actor)


def test_of_the_people_a_preview_names_only_those_on_record_here_are_known(
    session: Session, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    here, gone = make_survivor(session, clinic), make_survivor(session, clinic)
    elsewhere = make_survivor(session, make_clinic(session))
    change_sets.withdraw(session, gone, clock=clock)
    found = uploads.on_record(session, clinic.id, [here.id, gone.id, elsewhere.id, uuid4()])
    assert found == {here.id, gone.id}
    assert uploads.followed(session, found) == {here.id}
    assert uploads.on_record(session, clinic.id, []) == set() == uploads.followed(session, set())
