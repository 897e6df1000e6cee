"""Every state of a summary is kept: before the first change, after each, by day, and compared with another."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import AT, make_actor, make_clinic, make_diagnosis, make_exposure, make_survivor
from tests.integration.given_entries import give, give_drug, give_radiation
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.models import (
    Event,
    Insurance,
    Metastasis,
    Predisposition,
    ReproductiveEvent,
    SummaryEdition,
    Surgery,
    Survivor,
)
from tracker.policy import Actor
from tracker.services import audit, editions
from tracker.services.whole_record import content_of, entry_of, read_record, record_from

NY = "America/New_York"


@pytest.fixture
def survivor(session: Session) -> Survivor:
    return make_survivor(session, make_clinic(session), diagnosis=None, birth_date=date(2007, 3, 5))


@pytest.fixture
def actor(session: Session, survivor: Survivor) -> Actor:
    return make_actor(session, survivor.clinic, name="Lena Okafor")


def keep(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock, reason: str = ""
) -> SummaryEdition | None:
    return editions.keep_edition(
        session, survivor, change="treatment.recorded", reason=reason, actor=actor, clock=clock
    )


def content(session: Session, survivor: Survivor) -> dict[str, Any]:
    session.flush()
    session.expire_all()
    return editions.content_of(session, survivor)


def fill(session: Session, survivor: Survivor) -> None:
    """Something in many parts of the record, confidential ones included."""
    diagnosis = make_diagnosis(
        session,
        survivor,
        diagnosed_on=date(2021, 11, 1),
        diagnosed_precision="month",
        end_of_therapy_on=date(2022, 1, 1),
        end_of_therapy_precision="year",
        margin_mm=Decimal("2.50"),
        graded_on=PartialDate(2021, 12),
        mitotic_count=0,
        vessel="vena-cava",
    )
    make_exposure(session, survivor, value="300.0", last_on=date(2022, 6, 1), last_precision="month")
    session.add(Event(survivor_id=survivor.id, name="growth_complete", happened_on=date(2023, 5, 1)))
    session.add(Predisposition(survivor_id=survivor.id, position=0, syndrome="Li-Fraumeni", gene="TP53"))
    give(session, survivor, Metastasis, organ="lung", found_on=PartialDate(2022), diagnosis_id=diagnosis.id)
    give(session, survivor, ReproductiveEvent, kind="menarche", happened_on=PartialDate(2019))
    give(session, survivor, Insurance, kind="medicaid", member_number="XK-4471")
    give_drug(session, survivor, "75.10", courses=4)
    give_radiation(session, survivor, "30.6", organs={"heart_rt_gy": "4.20", "lung_rt_gy": None})


def test_the_content_says_everything_in_plain_values(session: Session, survivor: Survivor) -> None:
    fill(session, survivor)
    found = content(session, survivor)
    assert found["about"]["birth_date"] == "2007-03-05"
    [diagnosis] = found["diagnoses"]
    assert (diagnosis["diagnosed_on"], diagnosis["end_of_therapy_on"], diagnosis["graded_on"]) == (
        "2021-11",
        "2022",
        "2021-12",
    )
    assert (diagnosis["margin_mm"], diagnosis["mitotic_count"]) == ("2.5", 0)
    assert found["exposures"][0]["value"] == "300"
    assert found["exposures"][0]["last_on"] == "2022-06"
    assert found["metastases"][0] == {
        "id": found["metastases"][0]["id"],
        "organ": "lung",
        "found_on": "2022",
        "found_by": "",
        "treated": "",
        "note": "",
        "diagnosis_id": diagnosis["id"],
        "recorded_at": found["metastases"][0]["recorded_at"],
    }
    assert found["radiation"][0]["organs"] == {"heart_rt_gy": "4.20", "lung_rt_gy": None}
    assert found["reproductive"][0]["kind"] == "menarche"
    assert "symptoms" not in found


def test_what_lies_encrypted_is_not_kept_in_the_clear(session: Session, survivor: Survivor) -> None:
    fill(session, survivor)
    found = content(session, survivor)
    assert "XK-4471" not in str(found)
    assert found["insurance"][0]["member_number"].startswith("hidden:")


def test_the_content_is_the_same_before_and_after_it_was_stored(session: Session, survivor: Survivor) -> None:
    fill(session, survivor)
    at_once = content_of(read_record(session, survivor))
    assert at_once == content(session, survivor)


def test_a_content_gives_back_the_rows_it_was_made_from(session: Session, survivor: Survivor) -> None:
    fill(session, survivor)
    found = content(session, survivor)
    again = record_from(found)
    # An encrypted number cannot come back: it is dropped here, and shown as kept where it would stand.
    [insurance] = again.of("insurance")
    assert insurance.member_number == found["insurance"][0]["member_number"]
    insurance.member_number = "XK-4471"
    assert content_of(again) == found
    assert again.about["birth_date"] == date(2007, 3, 5)
    [diagnosis] = again.of("diagnoses")
    assert (diagnosis.diagnosed_on, diagnosis.diagnosed_precision) == (date(2021, 11, 1), "month")
    assert diagnosis.graded_on == PartialDate(2021, 12)
    assert again.of("radiation")[0].dose_gy == Decimal("30.6")
    assert again.of("symptoms") == ()


def test_an_edition_older_than_a_column_can_still_be_read(session: Session, survivor: Survivor) -> None:
    entry = entry_of(make_diagnosis(session, survivor, clinic_subtype="vascular"))
    del entry["clinic_subtype"]
    [row] = record_from({"about": {}, "diagnoses": [entry]}).of("diagnoses")
    assert row.name == "Leiomyosarcoma"


def test_reading_takes_as_many_statements_however_long_the_record(session: Session, survivor: Survivor) -> None:
    fill(session, survivor)
    few = _statements(session, survivor)
    for _ in range(12):
        give_drug(session, survivor)
        give(session, survivor, Metastasis, organ="bone")
    assert _statements(session, survivor) == few


def _statements(session: Session, survivor: Survivor) -> int:
    seen: list[object] = []

    def note(*given: object) -> None:
        seen.append(given[2])

    session.flush()
    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    read_record(session, survivor)
    sa.event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(seen)


def test_the_state_before_the_first_change_is_kept_under_whoever_made_it(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    make_diagnosis(session, survivor)
    importer = Actor.system("case file import")
    audit.record(session, importer, "case.imported", subject=survivor, at=AT, after=survivor, reason="yearly")
    audit.record(session, actor, "result.recorded", subject=survivor, at=AT + timedelta(days=9), after=survivor)

    assert editions.begin(session, survivor, clock) is not None
    make_exposure(session, survivor)
    keep(session, survivor, actor, clock, "dose found")

    first, second = session.scalars(sa.select(SummaryEdition).order_by(SummaryEdition.number)).all()
    assert (first.number, first.change, first.actor, first.recorded_at) == (
        1,
        editions.AS_IT_STOOD,
        "case file import",
        AT,
    )
    assert (first.reason, "exposures" in first.content) == ("yearly", False)
    assert (second.number, second.change, second.actor, second.actor_id) == (
        2,
        "treatment.recorded",
        "Lena Okafor",
        actor.user_id,
    )
    assert (second.reason, second.recorded_at) == ("dose found", clock.now())
    assert second.content == content(session, survivor)


def test_a_state_that_nobody_is_on_record_for_is_kept_as_of_now(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    make_diagnosis(session, survivor)
    found = editions.begin(session, survivor, clock)
    assert found is not None
    assert (found.actor, found.actor_id, found.recorded_at) == ("no person on record", None, clock.now())


def test_an_empty_record_is_not_kept(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> None:
    assert editions.begin(session, survivor, clock) is None
    assert keep(session, survivor, actor, clock) is None
    assert editions.editions_of(session, survivor.id) == []


def test_nothing_is_kept_where_nothing_changed(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    make_diagnosis(session, survivor)
    assert keep(session, survivor, actor, clock) is not None
    assert keep(session, survivor, actor, clock) is None
    assert editions.begin(session, survivor, clock) is None
    survivor.interpreter_needed = "yes"
    found = keep(session, survivor, actor, clock)
    assert found is not None and found.number == 2


def test_a_record_that_was_emptied_is_kept_as_empty(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    diagnosis = make_diagnosis(session, survivor)
    keep(session, survivor, actor, clock)
    session.delete(diagnosis)
    found = keep(session, survivor, actor, clock)
    assert found is not None and list(found.content) == ["about"]


def test_what_an_import_changed_meanwhile_is_not_laid_at_the_next_persons_door(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    diagnosis = make_diagnosis(session, survivor)
    keep(session, survivor, actor, clock)
    clock.advance(timedelta(days=1))
    diagnosis.grade = "high"
    imported_at = clock.now()
    audit.record(session, Actor.system("chart import"), "survivor.imported", subject=survivor, at=imported_at)
    clock.advance(timedelta(days=1))

    editions.begin(session, survivor, clock)
    give_drug(session, survivor)
    keep(session, survivor, actor, clock)

    [_, second, third] = session.scalars(sa.select(SummaryEdition).order_by(SummaryEdition.number)).all()
    assert (second.actor, second.recorded_at, second.change) == ("chart import", imported_at, editions.AS_IT_STOOD)
    assert second.content["diagnoses"][0]["grade"] == "high"
    assert "drugs" not in second.content
    assert third.actor == "Lena Okafor"


def test_a_change_without_a_trace_is_not_laid_at_the_last_persons_door(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    diagnosis = make_diagnosis(session, survivor)
    audit.record(session, actor, "treatment.recorded", subject=survivor, at=clock.now())
    keep(session, survivor, actor, clock)
    clock.advance(timedelta(days=1))
    diagnosis.grade = "high"
    found = editions.begin(session, survivor, clock)
    assert found is not None and (found.actor, found.recorded_at) == ("no person on record", clock.now())


def test_editions_follow_one_another_in_time_whatever_the_clock_says(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    diagnosis = make_diagnosis(session, survivor)
    first = keep(session, survivor, actor, clock)
    clock.advance(timedelta(hours=-3))
    diagnosis.grade = "low"
    second = keep(session, survivor, actor, clock)
    assert first is not None and second is not None
    assert second.recorded_at == first.recorded_at


def test_the_summary_as_of_a_day_is_the_last_one_kept_by_the_end_of_that_day_at_the_clinic(
    session: Session, survivor: Survivor, actor: Actor
) -> None:
    diagnosis = make_diagnosis(session, survivor)
    # 3:30 in the morning UTC on March 2 is still March 1 in New York, whose March 1 ends at 5 UTC.
    for grade, at in (("low", "2026-03-02T03:30"), ("high", "2026-03-02T04:59"), ("intermediate", "2026-03-02T05:00")):
        diagnosis.grade = grade
        keep(session, survivor, actor, FixedClock(_utc(at)))

    def grade_on(day: date) -> str | None:
        found = editions.as_of(session, survivor.id, day, NY)
        return None if found is None else str(found.content["diagnoses"][0]["grade"])

    assert [grade_on(date(2026, 2, 28)), grade_on(date(2026, 3, 1)), grade_on(date(2026, 3, 2))] == [
        None,
        "high",
        "intermediate",
    ]
    assert grade_on(date.max) == "intermediate"
    assert editions.as_of(session, make_survivor(session).id, date(2026, 3, 2), NY) is None


def _utc(text: str) -> Any:
    return AT.fromisoformat(f"{text}:00+00:00")


def test_editions_are_listed_newest_first(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    diagnosis = make_diagnosis(session, survivor)
    for grade in ("low", "high", "intermediate"):
        diagnosis.grade = grade
        keep(session, survivor, actor, clock)
    assert [each.number for each in editions.editions_of(session, survivor.id)] == [3, 2, 1]


def changed(session: Session, survivor: Survivor, before: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (each.kind, each.part.key if each.part else None, [(one.label, one.before, one.after) for one in each.fields])
        for each in editions.compare(before, content(session, survivor))
    ]


def test_a_comparison_names_what_was_added_removed_and_changed_field_by_field(
    session: Session, survivor: Survivor
) -> None:
    diagnosis = make_diagnosis(session, survivor, grade="low", mitotic_count=None)
    metastasis = give(session, survivor, Metastasis, organ="lung", found_on=PartialDate(2022))
    before = content(session, survivor)

    diagnosis.grade, diagnosis.mitotic_count, diagnosis.note = "high", 0, ""
    diagnosis.diagnosed_on, diagnosis.diagnosed_precision = date(2021, 1, 1), "year"
    session.delete(metastasis)
    give(session, survivor, Surgery, operation="splenectomy", done_on=PartialDate(2022, 1))
    survivor.summary_confirmed_on = date(2026, 11, 1)

    assert changed(session, survivor, before) == [
        ("changed", None, [("Summary confirmed on", None, "2026-11-01")]),
        (
            "changed",
            "diagnoses",
            [("Diagnosed", None, "2021"), ("Grade", "low", "high"), ("Mitotic count", None, 0)],
        ),
        ("removed", "metastases", [("Organ", "lung", None), ("Found", "2022", None)]),
        ("added", "surgeries", [("Operation", None, "splenectomy"), ("Done", None, "2022-01")]),
    ]


def test_a_day_known_more_precisely_is_a_change(session: Session, survivor: Survivor) -> None:
    diagnosis = make_diagnosis(session, survivor, diagnosed_on=date(2021, 1, 1), diagnosed_precision="year")
    before = content(session, survivor)
    diagnosis.diagnosed_precision = "day"
    assert changed(session, survivor, before) == [("changed", "diagnoses", [("Diagnosed", "2021", "2021-01-01")])]


def test_the_same_content_has_no_difference_in_whatever_order(session: Session, survivor: Survivor) -> None:
    fill(session, survivor)
    give_drug(session, survivor, 12)
    found = content(session, survivor)
    assert editions.compare(found, found) == []
    turned = found | {"drugs": list(reversed(found["drugs"]))}
    assert editions.compare(turned, found) == []


def test_compared_with_nothing_everything_was_added(session: Session, survivor: Survivor) -> None:
    make_diagnosis(session, survivor)
    differences = editions.compare({}, content(session, survivor))
    assert [(each.kind, each.part.key if each.part else None) for each in differences] == [
        ("changed", None),
        ("added", "diagnoses"),
    ]
