"""Paragraph 2, recurrence surveillance."""

from datetime import date

from tests.reference.asked import Asked, Said
from tests.reference.dates import add_period
from tests.reference.known import Entry, Known
from tests.reference.strata import matches
from tests.reference.tables import Row, Tables

Schedule = list[Row]


def entries_that_count(known: Known) -> list[Entry]:
    """ "For the same name the entry with the newest end of therapy replaces the older (on a tie the one listed
    later; the survivor's own entry counts as first)"."""
    kept: dict[str, Entry] = {}
    for entry in known.entries:
        older = kept.get(entry.diagnosis)
        if older is None or end_of(entry) >= end_of(older):
            kept[entry.diagnosis] = entry
    return list(kept.values())


def end_of(entry: Entry) -> date:
    return entry.end_of_therapy_on or date.min


def schedules_of(diagnosis: str, tables: Tables) -> list[Schedule]:
    """ "A schedule is the default rows with the same diagnosis, stratum, test and source"."""
    schedules: dict[tuple[str, str, str], Schedule] = {}
    for row in tables.recurrence:
        if row["diagnosis"] == diagnosis:
            schedules.setdefault((row["stratum"], row["test_code"], row["source"]), []).append(row)
    return list(schedules.values())


def stratum_matches(schedule: Schedule, entry: Entry, known: Known) -> bool:
    fields = {**entry.tumor, "sex": known.sex}  # "sex is the survivor's"
    ages = {"age": known.on, "age_at_diagnosis": entry.diagnosed_on}
    return matches(schedule[0]["stratum"], fields, birth=known.birth, ages=ages)


def anchor_of(schedule: Schedule, entry: Entry) -> date | None:
    return {
        "end_of_therapy": entry.end_of_therapy_on,
        "resection": entry.resected_on,
        "diagnosis": entry.diagnosed_on,
    }[schedule[0]["anchor"]]


def band_end(row: Row, anchor: date) -> date:
    return add_period(anchor, row["to"]) if row["to"] else date.max


def next_in(schedule: Schedule, anchor: date, base: date) -> tuple[date, date] | None:
    """Due and overdue dates, band after band; None once past the last."""
    for row in sorted(schedule, key=lambda row: add_period(anchor, row["from"])):
        first, end = add_period(anchor, row["from"]), band_end(row, anchor)
        if base >= end:  # "begin with the band that holds the base"
            continue
        due = max(first, add_period(base, row["interval"]))
        if due <= end:  # "the day `to` itself is still in time"
            return due, max(due, add_period(base, row["interval_max"] or row["interval"]))
    return None


def follow(schedule: Schedule, entry: Entry, known: Known, tables: Tables, said: Said) -> None:
    anchor = anchor_of(schedule, entry)
    if anchor is None:  # "No anchor date: its rows' ids are gaps."
        said.gaps |= {row["id"] for row in schedule}
        return
    test_code = schedule[0]["test_code"]
    # "Only results from the anchor on count; without one the anchor is the base."
    base = known.base(test_code, tables, since=anchor)
    # "If the last band is over and no counting result is on record since the anchor, the schedule asks for nothing
    # and reports the gap `history:` + the id of its first row in the table."
    if base is None and known.on >= max(band_end(row, anchor) for row in schedule):
        said.gaps.add(f"history:{schedule[0]['id']}")
        return
    dates = next_in(schedule, anchor, base or anchor)
    if dates:
        said.asked.append(Asked(test_code, dates[0], dates[1]))


def recurrence(known: Known, tables: Tables) -> Said:
    said = Said()
    for entry in entries_that_count(known):
        schedules = schedules_of(entry.diagnosis, tables)
        matching = [schedule for schedule in schedules if stratum_matches(schedule, entry, known)]
        if not schedules:
            said.gaps.add(f"diagnosis-not-in-pack:{entry.diagnosis}")
        elif not matching:
            said.gaps.add(f"no-schedule:{entry.diagnosis}")
        for schedule in matching:
            follow(schedule, entry, known, tables, said)
    return said
