"""Strings that break programs are stored in every text of every section and come back as they were."""

import json
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import AT, make_actor, make_survivor
from tests.shared import need_shared
from tracker.clock import FixedClock
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack
from tracker.services.sections import editing, registry
from tracker.services.sections.checks import Surroundings, can_be_stored, check_entry
from tracker.services.sections.coding import as_coded
from tracker.services.sections.entries import EntryInput, entries_of, values_of, write_entry
from tracker.services.sections.spec import Field, Kind, Section
from tracker.services.sections.words import headline

# Every section gets every eighth string, beginning with another one: all strings are stored somewhere.
STEP = 8
OWN = [
    "<script>alert(1)</script>",
    "Robert'); DROP TABLE surgeries;--",
    "{{ 7 * 7 }} %s %(x)s {0} {name}",
    "  spaces around  ",
    "e\u0301 \u202eright to left\u202c 𝔘𝔫𝔦 👩‍👩‍👧‍👦 \ufeff",
    "null",
    "\t tab and\r\nline",
    "=1+1",
]
every_section = pytest.mark.parametrize("section", registry.SECTIONS.values(), ids=lambda each: each.key)


def texts(section: Section) -> list[Field]:
    return [
        field
        for field in section.fields
        if field.kind in (Kind.TEXT, Kind.LONG_TEXT) or (field.kind == Kind.LOOKUP and field.open)
    ]


def needed(section: Section) -> dict[str, object]:
    """What an entry cannot do without, apart from texts."""
    needs: dict[str, object] = {}
    for field in section.fields:
        if field.required and field not in texts(section):
            codes = list(dict(field.choices) or getattr(load_catalogue(), field.lookup))
            needs[field.name] = codes[:1] if field.kind == Kind.CODES else codes[0]
    return needs


def store_and_read(session: Session, section: Section, strings: list[str], clock: FixedClock) -> None:
    survivor = make_survivor(session)
    around = Surroundings(load_pack(), load_catalogue(), survivor.birth_date, clock.today("America/New_York"))
    written: dict[Any, dict[str, object]] = {}
    for text in strings:
        values = needed(section) | {field.name: text[: field.longest] for field in texts(section)}
        assert check_entry(section, EntryInput(values), around) == [], text
        written[write_entry(session, survivor, section, EntryInput(values), at=AT).id] = values
    session.flush()
    session.expire_all()
    rows = entries_of(session, survivor.id, section)
    assert len(rows) == len(strings)
    for row in rows:
        stored = values_of(row, section)
        assert {name: stored[name] for name in written[row.id]} == written[row.id]
        assert headline(row, section, load_catalogue())


@every_section
def test_awkward_texts_come_back_as_they_were(session: Session, clock: FixedClock, section: Section) -> None:
    store_and_read(session, section, OWN, clock)


@every_section
def test_the_naughty_strings_come_back_as_they_were(session: Session, clock: FixedClock, section: Section) -> None:
    listed = json.loads(need_shared("data", "strings", "blns.json").read_text(encoding="utf-8"))
    offset = list(registry.SECTIONS).index(section.key) % STEP
    strings = [text for text in listed if text.strip() and can_be_stored(text)][offset::STEP]
    assert len(strings) > 40
    store_and_read(session, section, strings, clock)


def test_a_text_goes_through_the_whole_of_recording_unchanged(session: Session, clock: FixedClock) -> None:
    survivor = make_survivor(session)
    actor = make_actor(session, survivor.clinic)
    for text in OWN:
        values = {"substance": text, "reaction": text, "note": text}
        entered = EntryInput(values)
        assert as_coded(registry.section("allergies"), entered, load_catalogue()) == entered
        row = editing.record_entry(
            session, survivor.id, "allergies", entered, seen_version=None, reason=text, actor=actor, clock=clock
        ).row
        session.expire_all()
        assert (row.substance, row.reaction, row.note) == (text, text, text)
