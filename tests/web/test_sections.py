"""Every part of the record in the browser: its page, its empty form, a full entry, a change, a removal."""

import re
from uuid import uuid4

import pytest
from flask import Flask

from tests.web.section_forms import Record, errors_in, full, plain
from tracker.clock import FixedClock
from tracker.models import AuditEvent, Role
from tracker.services.sections.entries import values_of
from tracker.services.sections.registry import SECTIONS
from tracker.services.sections.spec import Kind

ALL = list(SECTIONS)
REQUIRING = [key for key, section in SECTIONS.items() if any(field.required for field in section.fields)]


@pytest.fixture
def record(app_sqlite: Flask, clock: FixedClock) -> Record:
    return Record(app_sqlite, clock)


@pytest.mark.parametrize("key", ALL)
def test_the_form_of_every_section_asks_for_each_of_its_fields(record: Record, key: str) -> None:
    page = record.get("sections.new", key=key)
    section = SECTIONS[key]
    for field in section.fields:
        assert field.label in page.replace("&amp;", "&"), field.name
        if field.kind != Kind.ORGANS:
            name = f"{field.name}-year" if field.kind in (Kind.PARTIAL_DATE, Kind.DATE) else field.name
            assert f'name="{name}"' in page, field.name
    for field in section.fields:
        assert not field.required or f"“{field.label}”" in page


@pytest.mark.parametrize("key", REQUIRING)
def test_an_empty_entry_is_refused_and_names_what_it_needs(record: Record, key: str) -> None:
    needed = [field for field in SECTIONS[key].fields if field.required]
    answer = record.add(key)
    page = plain(answer)
    assert answer.status_code == 422
    assert len(errors_in(page)) == len(needed)
    for field in needed:
        assert any(f"“{field.label}”" in line for line in errors_in(page))
        assert f'href="#{field.name}"' in page
    assert re.search(r"<title>\s*Error: ", page)
    assert record.rows(key) == []


@pytest.mark.parametrize("key", ALL)
def test_a_full_entry_is_stored_listed_and_shown_again(app: Flask, clock: FixedClock, key: str) -> None:
    record, section = Record(app, clock), SECTIONS[key]
    typed = full(section, record.diagnosis_id)
    told = record.told(record.add(key, **typed))
    assert told.startswith(f"{section.one[:1].upper()}{section.one[1:]} recorded.")
    [row] = record.rows(key)
    values = values_of(row, section)
    for field in section.fields:
        if field.kind != Kind.ORGANS:
            assert values[field.name] not in (None, "", []), field.name
        if field.kind in (Kind.TEXT, Kind.CHOICE, Kind.YES_NO, Kind.LONG_TEXT):
            assert values[field.name] == typed[field.name], field.name
    listed = record.get("sections.show", key=key)
    assert record.path("sections.edit", key=key, entry_id=row.id) in listed
    assert "2019" in listed or not section.on
    form = record.get("sections.edit", key=key, entry_id=row.id)
    for name, text in typed.items():
        if name.endswith("-year"):
            assert re.search(rf'name="{name}"[^>]*value="{text}"', form), name
    # Saved again as it stands, nothing in it has changed.
    assert "changed." in record.told(record.change(key, row.id, **typed))
    [again] = record.rows(key)
    assert values_of(again, section) == values


@pytest.mark.parametrize("key", ALL)
def test_an_entry_is_removed_with_a_reason_and_stays_in_the_history(record: Record, key: str) -> None:
    record.told(record.add(key, **full(SECTIONS[key], record.diagnosis_id)))
    [row] = record.rows(key)
    where = record.path("sections.remove", key=key, entry_id=row.id)
    page = record.get("sections.remove", key=key, entry_id=row.id)
    assert "About note" in page
    refused = record.client.post(where, data={"version": record.version})
    assert refused.status_code == 422 and errors_in(plain(refused)) == ["Enter why it is removed"]
    told = record.told(record.client.post(where, data={"version": record.version, "reason": "Belongs to a sibling"}))
    assert "removed." in told
    assert record.rows(key) == []
    with record.writing() as (session, _survivor):
        [event] = session.query(AuditEvent).filter_by(action=f"{key}.removed").all()
        assert event.reason == "Belongs to a sibling"
        assert event.before and event.before["note"] == "About note"


def test_a_second_entry_can_follow_the_first_at_once(record: Record) -> None:
    answer = record.add("symptoms", symptom="Night sweats", act="another")
    assert answer.headers["Location"].endswith("/record/symptoms/new")
    assert "Symptom recorded." in record.told(answer)


def test_the_newest_entry_comes_first_and_one_without_a_date_last(record: Record) -> None:
    for symptom, year in (("Oldest one", "2015"), ("Undated one", ""), ("Newest one", "2019")):
        record.told(record.add("symptoms", **{"symptom": symptom, "onset_on-year": year}))
    page = record.get("sections.show", key="symptoms")
    assert page.index("Newest one") < page.index("Oldest one") < page.index("Undated one")
    assert "date not recorded" in page or "–" in page


def test_the_contents_page_shows_every_part_its_newest_entries_and_what_is_missing(record: Record) -> None:
    for year in ("2011", "2012", "2013", "2014"):
        record.told(record.add("symptoms", **{"symptom": f"Symptom of {year}", "onset_on-year": year}))
    page = record.get("sections.index")
    for heading in ("Diagnosis", "Risk", "Work-up", "Treatment", "People", "Health"):
        assert re.search(rf">{heading}</h2>", page)
    for key, section in SECTIONS.items():
        assert record.path("sections.show", key=key) in page
        assert record.path("sections.new", key=key) in page
        assert section.empty in page or key == "symptoms"
    assert page.index("Symptom of 2014") < page.index("Symptom of 2012") and "Symptom of 2011" not in page
    assert "and 1 more" in page
    for elsewhere in ("attachments.index", "summaries.show", "treatment.edit"):
        assert record.path(elsewhere) in page


def test_a_part_without_entries_says_so_and_offers_to_add_one(record: Record) -> None:
    page = record.get("sections.show", key="metastases")
    assert "No metastasis is recorded." in page and record.path("sections.new", key="metastases") in page


@pytest.mark.parametrize("key", ["", "horoscopes", "SYMPTOMS", "symptoms/../drugs"])
def test_a_part_that_is_not_there_is_not_found(record: Record, key: str) -> None:
    assert record.client.get(f"/survivors/{record.id}/record/{key}").status_code == 404


def test_an_entry_of_another_section_or_of_nobody_is_not_found(record: Record) -> None:
    record.told(record.add("symptoms", symptom="Pain"))
    [row] = record.rows("symptoms")
    for endpoint in ("sections.edit", "sections.remove"):
        for key, entry_id in (("drugs", row.id), ("symptoms", uuid4())):
            where = record.path(endpoint, key=key, entry_id=entry_id)
            assert record.client.get(where).status_code == 404
            assert record.client.post(where, data={"reason": "x"}).status_code == 404


@pytest.mark.parametrize("key", ALL)
def test_a_coordinator_changes_what_is_about_people_and_reads_the_rest(record: Record, key: str) -> None:
    typed = full(SECTIONS[key], record.diagnosis_id)
    record.told(record.add(key, **typed))
    [row] = record.rows(key)
    record.client = record.signed_in(Role.COORDINATOR)
    about_people = key in ("care-team", "guardians", "insurance", "schooling")
    expected = 200 if about_people else 403
    new, edit = record.path("sections.new", key=key), record.path("sections.edit", key=key, entry_id=row.id)
    assert record.client.get(new).status_code == expected
    assert record.client.get(edit).status_code == expected
    assert record.client.get(record.path("sections.remove", key=key, entry_id=row.id)).status_code == expected
    assert record.add(key, **typed).status_code == (303 if about_people else 403)
    assert (new in record.get("sections.show", key=key)) is about_people
    assert (new in record.get("sections.index")) is about_people
