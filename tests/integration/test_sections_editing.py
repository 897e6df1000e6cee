"""Entries of every section: recorded, corrected and removed, with trail, editions, exposures and plan."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_diagnosis, make_survivor
from tests.integration.section_entries import YEAR, correction_of, whole_entry
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.errors import Conflict, Forbidden, NotFound
from tracker.models import AuditEvent, Clinic, Diagnosis, DrugCourse, Exposure, ExposureSource, Role, Survivor
from tracker.policy import Action, Actor
from tracker.services import care_plans, editions
from tracker.services.sections import editing, registry
from tracker.services.sections.editing import SavedEntry
from tracker.services.sections.entries import EntryInput, entries_of, values_of
from tracker.services.sections.spec import Field, Group, Kind, Section
from tracker.services.treatment_checks import SummaryRefused

every_section = pytest.mark.parametrize("section", registry.SECTIONS.values(), ids=lambda each: each.key)
DOXORUBICIN: dict[str, object] = {"agent": "doxorubicin", "dose": Decimal(75), "unit": "mg/m2", "courses": 4}


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def actor(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, name="Lena Okafor")


@pytest.fixture
def survivor(session: Session, clinic: Clinic) -> Survivor:
    return make_survivor(session, clinic, birth_date=date(2007, 3, 5))


def record(
    session: Session,
    survivor: Survivor,
    key: str,
    values: dict[str, object],
    actor: Actor,
    clock: FixedClock,
    *,
    reason: str = "",
    **entry: Any,
) -> SavedEntry:
    entered = EntryInput(values, **entry)
    return editing.record_entry(
        session, survivor.id, key, entered, seen_version=survivor.version, reason=reason, actor=actor, clock=clock
    )


def remove(session: Session, survivor: Survivor, key: str, row: Any, actor: Actor, clock: FixedClock) -> SavedEntry:
    return editing.remove_entry(
        session, survivor.id, key, row.id, seen_version=survivor.version, actor=actor, clock=clock
    )


def acts(session: Session, row: Any) -> list[AuditEvent]:
    query = sa.select(AuditEvent).where(AuditEvent.subject_id == row.id)
    return list(session.scalars(query.order_by(AuditEvent.at)))


def diagnosis_of(session: Session, survivor: Survivor) -> Any:
    return session.scalars(sa.select(Diagnosis.id).where(Diagnosis.survivor_id == survivor.id)).one()


def whole(session: Session, survivor: Survivor, section: Section) -> dict[str, object]:
    return whole_entry(section, diagnosis_of(session, survivor))


@every_section
def test_an_entry_is_recorded_corrected_and_removed_and_every_step_is_kept(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, section: Section
) -> None:
    entered = whole(session, survivor, section)
    saved = record(session, survivor, section.key, entered, actor, clock)
    session.expire_all()
    [row] = entries_of(session, survivor.id, section)
    assert values_of(row, section) == entered
    assert row is saved.row and row.recorded_at == clock.now() and survivor.version == 2
    exposures_and_plan_follow(session, survivor, section, saved)

    clock.set(date(2026, 11, 24))
    changed = correction_of(section)
    corrected = record(session, survivor, section.key, changed, actor, clock, id=row.id, reason="A slip").row
    assert corrected.id == row.id
    assert values_of(corrected, section) == entered | changed

    clock.set(date(2026, 11, 25))
    gone = remove(session, survivor, section.key, row, actor, clock)
    assert entries_of(session, survivor.id, section) == [] and gone.exposures == ()
    assert session.scalars(sa.select(Exposure)).all() == []
    trail_tells(acts(session, row), section, changed)
    editions_tell(session, survivor, section, row.id)


def exposures_and_plan_follow(session: Session, survivor: Survivor, section: Section, saved: SavedEntry) -> None:
    """Where exposures follow from a section they are there, and the plan with them; elsewhere neither is touched."""
    rows = session.scalars(sa.select(Exposure).where(Exposure.survivor_id == survivor.id)).all()
    assert bool(saved.exposures) == section.derives == survivor.has_plan
    assert {row.name for row in rows} == {each.name for each in saved.exposures}
    assert {row.source for row in rows} <= {ExposureSource.GIVEN}
    opened = {item.id for item in care_plans.open_items(session, survivor.id)}
    assert {item.id for item in saved.opened} == opened and bool(opened) == section.derives


def trail_tells(events: list[AuditEvent], section: Section, changed: dict[str, object]) -> None:
    """Three acts in their order, each with what was before and after, by whom and why."""
    first, second, third = events
    verbs = ("recorded", "corrected", "removed")
    assert [event.action for event in events] == [f"{section.key}.{verb}" for verb in verbs]
    assert {event.actor for event in events} == {"Lena Okafor"}
    assert (first.before, third.after, second.reason) == (None, None, "A slip")
    assert (second.before, third.before) == (first.after, second.after)
    assert first.after is not None and second.after is not None
    assert set(first.after) >= {field.name for field in section.fields}
    assert [key for key in second.after if first.after[key] != second.after[key]] == list(changed)


def editions_tell(session: Session, survivor: Survivor, section: Section, row_id: UUID) -> None:
    """Every state can be seen again."""
    found = editions.editions_of(session, survivor.id)[:3]
    verbs = ("removed", "corrected", "recorded")
    assert [edition.change for edition in found] == [f"{section.key}.{verb}" for verb in verbs]
    held = [[entry["id"] for entry in edition.content.get(section.key, [])] for edition in found]
    assert held == [[], [str(row_id)], [str(row_id)]]
    assert found[1].content[section.key] != found[2].content[section.key]


@every_section
def test_the_least_that_can_be_entered_is_enough_and_what_is_taken_back_is_unknown_again(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, section: Section
) -> None:
    entered = whole(session, survivor, section)
    said: dict[str, object] = {"findings": "Lump"} if section.key == "workup-exams" else {}
    least = said | {field.name: entered[field.name] for field in section.fields if field.required}
    row = record(session, survivor, section.key, least, actor, clock).row
    session.expire_all()
    bare = values_of(row, section)
    for field in section.fields:
        if field.name not in least:
            assert starts_from(bare[field.name], field), field.name
    record(session, survivor, section.key, entered, actor, clock, id=row.id)
    emptied: dict[str, object] = {field.name: None for field in section.fields if field.name not in least}
    record(session, survivor, section.key, emptied | least, actor, clock, id=row.id)
    session.expire_all()
    assert values_of(row, section) == bare


def starts_from(value: object, field: Field) -> bool:
    """Is this how a field stands of which nothing was said?"""
    if field.kind == Kind.YES_NO:
        return value in ("unknown", "yes")
    return value in dict(field.choices) if field.kind == Kind.CHOICE else not value


@every_section
def test_nobody_changes_what_is_not_theirs(
    session: Session, survivor: Survivor, clinic: Clinic, actor: Actor, clock: FixedClock, section: Section
) -> None:
    entered = whole(session, survivor, section)
    stranger = make_actor(session, make_clinic(session))
    with pytest.raises(NotFound):
        record(session, survivor, section.key, entered, stranger, clock)
    with pytest.raises(NotFound):
        editing.open_section(session, survivor.id, section.key, actor=stranger)
    coordinator = make_actor(session, clinic, Role.COORDINATOR)
    assert editing.open_section(session, survivor.id, section.key, actor=coordinator).rows == ()
    if section.group == Group.PEOPLE:
        row = record(session, survivor, section.key, entered, coordinator, clock).row
        remove(session, survivor, section.key, row, coordinator, clock)
    else:
        with pytest.raises(Forbidden):
            record(session, survivor, section.key, entered, coordinator, clock)
        with pytest.raises(Forbidden):
            editing.open_section(session, survivor.id, section.key, actor=coordinator, to_edit=True)
    assert entries_of(session, survivor.id, section) == []
    found_only_under_its_survivor_and_section(session, survivor, actor, clock, section)


def found_only_under_its_survivor_and_section(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, section: Section
) -> None:
    row = record(session, survivor, section.key, whole(session, survivor, section), actor, clock).row
    other = make_survivor(session, survivor.clinic)
    elsewhere = "allergies" if section.key != "allergies" else "problems"
    for whose, key in ((other, section.key), (survivor, elsewhere)):
        with pytest.raises(NotFound):
            record(session, whose, key, {"note": "Mine now"}, actor, clock, id=row.id)
        with pytest.raises(NotFound):
            remove(session, whose, key, row, actor, clock)
    with pytest.raises(NotFound):
        record(session, survivor, section.key, {"note": "Nobody's"}, actor, clock, id=uuid4())
    assert len(entries_of(session, survivor.id, section)) == 1


@every_section
def test_a_confirmed_summary_changes_only_with_a_reason_and_stays_confirmed(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, section: Section
) -> None:
    row = record(session, survivor, section.key, whole(session, survivor, section), actor, clock).row
    survivor.summary_confirmed_on, survivor.summary_confirmed_by = date(2026, 11, 1), "Dana Ruiz"
    with pytest.raises(SummaryRefused, match="Enter the reason") as refused:
        record(session, survivor, section.key, correction_of(section), actor, clock, id=row.id, reason=" ")
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    with pytest.raises(SummaryRefused, match="Enter the reason"):
        remove(session, survivor, section.key, row, actor, clock)
    assert values_of(row, section) != values_of(row, section) | correction_of(section)
    record(session, survivor, section.key, correction_of(section), actor, clock, id=row.id, reason="The letter came")
    record(session, survivor, section.key, whole(session, survivor, section), actor, clock)
    assert survivor.summary_confirmed_on == date(2026, 11, 1)
    assert len(entries_of(session, survivor.id, section)) == 2


# What is the same for all


def test_whoever_saves_second_is_told_and_nothing_is_overwritten(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    row = record(session, survivor, "drugs", DOXORUBICIN, actor, clock).row
    with pytest.raises(Conflict, match="Lena Okafor changed this record"):
        editing.record_entry(
            session, survivor.id, "drugs", EntryInput({"dose": None}, row.id), seen_version=1, actor=actor, clock=clock
        )
    with pytest.raises(Conflict):
        editing.remove_entry(session, survivor.id, "drugs", row.id, seen_version=1, actor=actor, clock=clock)
    assert row.dose == 75


def test_what_is_refused_leaves_no_row_no_trail_and_no_edition(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    with pytest.raises(SummaryRefused) as refused:
        record(session, survivor, "drugs", {"agent": "mandrake", "courses": -1, "started_on": 2021}, actor, clock)
    assert [problem.field for problem in refused.value.problems] == ["agent", "courses", "started_on"]
    assert refused.value.field == "agent" and "“mandrake” is not in the pack" in str(refused.value)
    assert session.scalars(sa.select(DrugCourse)).all() == []
    assert session.scalars(sa.select(AuditEvent)).all() == []


def test_the_plan_follows_what_was_given_and_follows_it_back(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    saved = record(session, survivor, "drugs", DOXORUBICIN | {"ended_on": PartialDate(2022, 6)}, actor, clock)
    echo = saved.next_of("echocardiogram")
    assert echo is not None and echo.due_on == date(2024, 10, 31)
    [dose] = [each for each in saved.exposures if each.name == "doxorubicin_mg_m2"]
    assert dose.value == 300
    corrected = record(session, survivor, "drugs", {"courses": 8}, actor, clock, id=saved.row.id)
    [dose] = [each for each in corrected.exposures if each.name == "doxorubicin_mg_m2"]
    assert dose.value == 600
    removed = remove(session, survivor, "drugs", saved.row, actor, clock)
    assert "echocardiogram" in {item.test_code for item in removed.closed}


def test_what_was_asked_about_is_stored_once_confirmed_and_not_asked_again(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    entered: dict[str, object] = {"fields": ["upper-abdomen"], "dose_gy": Decimal(2340), "fractions": 30}
    with pytest.raises(SummaryRefused, match=r"2,340 cGy is 23.4 Gy") as refused:
        record(session, survivor, "radiation", entered, actor, clock)
    assert {problem.field for problem in refused.value.problems} == {"dose_gy", "fractions"}
    assert all(problem.question for problem in refused.value.problems)
    row = record(session, survivor, "radiation", entered, actor, clock, confirmed=True).row
    record(session, survivor, "radiation", {"note": "Read twice"}, actor, clock, id=row.id)
    with pytest.raises(SummaryRefused):
        record(session, survivor, "radiation", {"dose_gy": Decimal(2350)}, actor, clock, id=row.id)
    assert (row.dose_gy, row.note) == (Decimal(2340), "Read twice")


def test_words_that_stand_may_stay_when_something_else_is_corrected(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    row = DrugCourse(survivor_id=survivor.id, agent="from-a-file", recorded_at=clock.now())
    session.add(row)
    session.flush()
    record(session, survivor, "drugs", {"dose": Decimal(10)}, actor, clock, id=row.id)
    with pytest.raises(SummaryRefused, match="from-another-file"):
        record(session, survivor, "drugs", {"agent": "from-another-file"}, actor, clock, id=row.id)
    assert (row.agent, row.dose) == ("from-a-file", Decimal(10))


def test_names_and_synonyms_are_stored_as_their_codes(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    drug = record(session, survivor, "drugs", DOXORUBICIN | {"agent": "Adriamycin"}, actor, clock)
    assert drug.row.agent == "doxorubicin"
    course = record(session, survivor, "radiation", {"fields": ["Upper Abdomen", "pelvis"]}, actor, clock)
    assert course.row.fields == ["upper-abdomen", "pelvis"]


def test_a_tumor_of_another_survivor_is_not_to_be_chosen(
    session: Session, survivor: Survivor, clinic: Clinic, actor: Actor, clock: FixedClock
) -> None:
    theirs = make_diagnosis(session, make_survivor(session, clinic, diagnosis=None))
    with pytest.raises(SummaryRefused, match="diagnoses of this survivor"):
        record(session, survivor, "drugs", DOXORUBICIN | {"diagnosis_id": theirs.id}, actor, clock)


def test_a_section_opens_with_its_entries_in_the_order_of_time(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    for day in (None, PartialDate(2022), PartialDate(2021, 3, 1), YEAR):
        record(session, survivor, "drugs", DOXORUBICIN | {"started_on": day}, actor, clock)
    sheet = editing.open_section(session, survivor.id, "drugs", actor=actor)
    assert [row.started_on for row in sheet.rows] == [YEAR, PartialDate(2021, 3, 1), PartialDate(2022), None]
    assert sheet.section.edit == Action.EDIT_TREATMENT and sheet.may_edit
    assert [each.name for each in sheet.diagnoses] == ["Leiomyosarcoma"]
    assert "doxorubicin" in sheet.catalogue.agents and "doxorubicin_mg_m2" in sheet.pack.exposures
    assert sheet.row(sheet.rows[1].id) is sheet.rows[1] and sheet.row(uuid4()) is None


def test_a_members_number_lies_hidden_in_trail_and_editions(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    row = record(session, survivor, "insurance", {"kind": "Private", "member_number": "XJ 4711"}, actor, clock).row
    [event] = acts(session, row)
    assert event.after is not None and event.after["member_number"].startswith("hidden:")
    assert "XJ 4711" not in str(editions.editions_of(session, survivor.id)[0].content)
    raw = session.scalar(sa.text("SELECT member_number FROM insurances"))
    assert raw and "4711" not in raw
    assert (
        record(session, survivor, "insurance", {"member_number": ""}, actor, clock, id=row.id).row.member_number is None
    )


def test_a_reason_of_any_length_that_the_trail_can_show(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    with pytest.raises(SummaryRefused, match="at most 400"):
        record(session, survivor, "drugs", DOXORUBICIN, actor, clock, reason="x" * 401)
    record(session, survivor, "drugs", DOXORUBICIN, actor, clock, reason="x" * 400)
