"""The dates a start was counted from, kept with a reason so that its arithmetic can be done again from it alone.

Source: docs/adr/0012-a-date-proves-itself.md.
"""

from collections.abc import Iterator

from tracker.engine.chart import Chart
from tracker.engine.rules import LateEffectRule
from tracker.engine.starts import (
    TRANSPLANT_NAMES,
    After,
    Anchors,
    AtAge,
    EventDate,
    ExposureDate,
    LaterOf,
    LtfuEntry,
    Start,
)
from tracker.engine.types import Origin

BIRTH, END, ENTRY, TBI = "birth", "end_of_therapy", "ltfu_entry", "date(tbi)"


def origins_of(rule: LateEffectRule, chart: Chart, anchors: Anchors) -> tuple[Origin, ...]:
    """The recorded dates behind a row's start, by name; empty where the start is itself such a date.

    A start that is not recorded is counted from what stands in for it: the entry to follow-up from the end of
    therapy, a field's last day from that of total body irradiation or, as any last day, from the end of therapy.
    """
    found = chart.origins.get(rule.start_text)
    if found is None:
        has_entry = chart.facts.ltfu_entry_on is not None
        named = tuple(dict(_dates(rule.start, anchors, has_entry=has_entry)).items())
        found = chart.origins[rule.start_text] = () if [name for name, _ in named] == [rule.start_text] else named
    return found


def _dates(start: Start, anchors: Anchors, *, has_entry: bool) -> Iterator[Origin]:
    if isinstance(start, LaterOf):
        yield from _dates(start.first, anchors, has_entry=has_entry)
        yield from _dates(start.second, anchors, has_entry=has_entry)
    elif isinstance(start, After):
        yield from _dates(start.origin, anchors, has_entry=has_entry)
    elif isinstance(start, AtAge):
        yield BIRTH, anchors.birth_date
    elif isinstance(start, ExposureDate):
        yield _last_day(start.name, anchors)
    elif isinstance(start, EventDate):
        yield f"event({start.name})", anchors.events[start.name]
    elif isinstance(start, LtfuEntry) and has_entry:
        yield ENTRY, anchors.ltfu_entry
    else:
        yield END, anchors.end_of_therapy


def _last_day(name: str, anchors: Anchors) -> Origin:
    dates = anchors.exposure_dates
    if name in dates or (name == "hsct" and any(each in dates for each in TRANSPLANT_NAMES)):
        return f"date({name})", anchors.last_day_of(name)
    if name.endswith("_rt") and anchors.tbi_on is not None:
        return TBI, anchors.tbi_on
    return END, anchors.end_of_therapy
