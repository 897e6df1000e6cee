"""Changing an entry: why, on top of whose change, and what became of the plan."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests.web.section_forms import Record, errors_in, plain
from tracker.clock import FixedClock
from tracker.models import AccessEvent, AuditEvent, Role
from tracker.services import care_plans

NEEDED = "The summary has been confirmed. Enter the reason for this change"


@pytest.fixture
def record(app_sqlite: Flask, clock: FixedClock) -> Record:
    return Record(app_sqlite, clock)


@pytest.fixture
def confirmed(record: Record) -> Record:
    with record.writing() as (_session, survivor):
        survivor.summary_confirmed_on, survivor.summary_confirmed_by = date(2026, 1, 5), "Dr. Lin"
    return record


def entry(record: Record, key: str = "symptoms", **typed: Any) -> Any:
    record.told(record.add(key, **(typed or {"symptom": "Pain"})))
    [row] = record.rows(key)
    return row


def test_a_new_entry_asks_for_no_reason_a_change_does(record: Record) -> None:
    assert "Why are you changing this?" not in record.get("sections.new", key="symptoms")
    page = record.get("sections.edit", key="symptoms", entry_id=entry(record).id)
    assert "Why are you changing this?" in page and "May be left out while the summary is not confirmed." in page


def test_until_the_summary_is_confirmed_a_change_needs_no_reason(record: Record) -> None:
    row = entry(record)
    assert record.told(record.change("symptoms", row.id, symptom="Severe pain")) == "Symptom changed."
    assert record.rows("symptoms")[0].symptom == "Severe pain"


def test_a_change_to_a_confirmed_summary_needs_a_reason_and_keeps_it(confirmed: Record) -> None:
    row = entry(confirmed)
    page = confirmed.get("sections.edit", key="symptoms", entry_id=row.id)
    assert "The summary was confirmed, so a reason is needed." in page
    refused = confirmed.change("symptoms", row.id, symptom="Severe pain")
    assert refused.status_code == 422 and errors_in(plain(refused)) == [NEEDED]
    assert 'href="#change_reason"' in plain(refused) and "Severe pain" in plain(refused)
    confirmed.told(confirmed.change("symptoms", row.id, symptom="Severe pain", change_reason="Read the letter again"))
    with confirmed.writing() as (session, _survivor):
        [event] = session.query(AuditEvent).filter_by(action="symptoms.corrected").all()
        assert event.reason == "Read the letter again"
        assert event.before and event.before["symptom"] == "Pain"
        assert event.after and event.after["symptom"] == "Severe pain"


@pytest.mark.parametrize("key, typed", [("medications", {"name": "Lisinopril"}), ("immunizations", {"vaccine": "Flu"})])
def test_a_field_named_reason_is_not_taken_for_the_reason_of_the_change(
    confirmed: Record, key: str, typed: dict[str, str]
) -> None:
    row = entry(confirmed, key, **typed, reason="High blood pressure")
    refused = confirmed.change(key, row.id, **typed, reason="High blood pressure")
    assert errors_in(plain(refused)) == [NEEDED] and 'href="#change_reason"' in plain(refused)
    confirmed.told(confirmed.change(key, row.id, **typed, reason="Kidneys", change_reason="Asked again"))
    assert confirmed.rows(key)[0].reason == "Kidneys"
    too_long = confirmed.change(key, row.id, **typed, reason="x" * 201, change_reason="Asked again")
    assert 'href="#reason"' in plain(too_long)


def test_a_reason_may_not_grow_without_end(record: Record) -> None:
    row = entry(record)
    answer = record.change("symptoms", row.id, symptom="Pain", change_reason="x" * 401)
    assert errors_in(plain(answer)) == ["Use at most 400 characters"]


@pytest.mark.parametrize("sent", ["1", "", "99999", "-1", "one", "1e3"])
def test_what_was_filled_in_before_somebody_elses_change_is_not_saved_on_top_of_it(record: Record, sent: str) -> None:
    row = entry(record)
    stale = {"version": sent} if sent != "1" else {"version": str(record.version)}
    record.told(record.add("allergies", substance="Peanut"))
    answer = record.change("symptoms", row.id, **stale, symptom="Typed meanwhile", note="Kept with care")
    page = plain(answer)
    assert answer.status_code == 409
    assert "Dana Ruiz changed this record on Nov 23, 2026" in page
    assert "Typed meanwhile" in page and "Kept with care" in page and "As it stands: " in page
    assert record.rows("symptoms")[0].symptom == "Pain"
    assert f'name="version" type="hidden" value="{record.version}"' in page
    record.told(record.change("symptoms", row.id, symptom="Typed meanwhile"))


def test_a_removal_is_not_built_on_what_was_not_seen_either(record: Record) -> None:
    row, seen = entry(record), record.version
    record.told(record.change("symptoms", row.id, symptom="Severe pain"))
    where = record.path("sections.remove", key="symptoms", entry_id=row.id)
    answer = record.client.post(where, data={"version": seen, "reason": "Not hers"})
    assert answer.status_code == 409 and "Severe pain" in plain(answer) and "Not hers" in plain(answer)
    assert len(record.rows("symptoms")) == 1
    record.told(record.client.post(where, data={"version": record.version, "reason": "Not hers"}))


def test_an_entry_that_is_gone_meanwhile_is_not_found(record: Record) -> None:
    row = entry(record)
    where = record.path("sections.remove", key="symptoms", entry_id=row.id)
    record.told(record.client.post(where, data={"version": record.version, "reason": "Not hers"}))
    assert record.change("symptoms", row.id, symptom="Pain").status_code == 404


def test_what_a_treatment_means_for_the_plan_is_told_in_a_sentence(record: Record) -> None:
    with record.writing() as (session, survivor):
        before = {item.test_code for item in care_plans.open_items(session, survivor.id)}
    told = record.told(record.add("drugs", agent="doxorubicin", dose="75", unit="mg/m2", courses="4"))
    with record.writing() as (session, survivor):
        after = {item.test_code for item in care_plans.open_items(session, survivor.id)}
    assert "echocardiogram" in after - before
    assert told.startswith("Cancer medicine recorded. ") and "now planned that" in told
    [row] = record.rows("drugs")
    where = record.path("sections.remove", key="drugs", entry_id=row.id)
    told = record.told(record.client.post(where, data={"version": record.version, "reason": "Given to a sibling"}))
    assert "Cancer medicine removed." in told and "no longer planned" in told


def test_a_treatment_that_changes_nothing_planned_says_so(record: Record) -> None:
    record.told(record.add("drugs", agent="doxorubicin", dose="75", unit="mg/m2", courses="4"))
    [row] = record.rows("drugs")
    told = record.told(
        record.change(
            "drugs", row.id, agent="doxorubicin", dose="75", unit="mg/m2", courses="4", note="From the letter"
        )
    )
    assert told == "Cancer medicine changed. The plan stays as it was."


def test_looking_at_the_record_is_written_down_and_changes_nothing(record: Record) -> None:
    row, version = entry(record), record.version
    record.client = record.signed_in(Role.COORDINATOR)
    for endpoint, values in (("sections.index", {}), ("sections.show", {"key": "symptoms"})):
        record.get(endpoint, **values)
    assert record.version == version and record.rows("symptoms")[0].id == row.id
    with record.writing() as (session, survivor):
        looks = session.query(AccessEvent).filter_by(survivor_id=survivor.id, purpose="record").count()
    assert looks >= 2
