"""How well the day is known from which a reason counts: said with the reason, so that its words can say it too."""

from collections.abc import Iterable
from datetime import date

from tracker.engine.asks import Ask
from tracker.engine.chart import Chart, end_of_therapy
from tracker.engine.precision import DIAGNOSIS_DATES, MONTH, YEAR
from tracker.engine.recurrence import current_diagnoses
from tracker.engine.rules import Band, LateEffectRule
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
from tracker.engine.types import Diagnosis, Facts


def note_start_precision(asks: Iterable[Ask], chart: Chart) -> None:
    """Have each ask say whether it counts from a date known to the month or year only."""
    current = {each.name: each for each in current_diagnoses(chart.facts.diagnoses)}
    by_start: dict[str, str | None] = {}
    for ask in asks:
        rule, text = ask.rule, ask.rule.start_text
        if isinstance(rule, Band):
            precision = current[rule.diagnosis].precision.get(DIAGNOSIS_DATES[text])
        elif isinstance(rule, LateEffectRule) and chart.anchors is not None:
            if text not in by_start:
                by_start[text] = _of_start(rule.start, chart.anchors, chart.facts)
            precision = by_start[text]
        else:
            continue
        ask.start_precision = precision if precision in (MONTH, YEAR) else None


def _of_start(start: Start, anchors: Anchors, facts: Facts) -> str | None:
    if isinstance(start, LaterOf):
        return _of_start(_deciding(start, anchors), anchors, facts)
    if isinstance(start, After):
        return _of_start(start.origin, anchors, facts)
    if isinstance(start, AtAge):
        return None
    if isinstance(start, EventDate):
        return facts.event_precision.get(start.name)
    if isinstance(start, ExposureDate):
        name = _dated_by(start.name, anchors)
        return facts.exposure_precision.get(name) if name else _of_end(facts.diagnoses)
    is_recorded = isinstance(start, LtfuEntry) and facts.ltfu_entry_on is not None
    return None if is_recorded else _of_end(facts.diagnoses)


def _deciding(start: LaterOf, anchors: Anchors) -> Start:
    first, second = start.first.day(anchors) or date.min, start.second.day(anchors) or date.min
    return start.first if first >= second else start.second


def _dated_by(exposure: str, anchors: Anchors) -> str | None:
    """The exposure whose recorded last day is taken; None where the end of therapy is."""
    dates = anchors.exposure_dates
    if exposure == "hsct":
        return max((name for name in TRANSPLANT_NAMES if name in dates), key=lambda name: dates[name], default=None)
    if exposure in dates:
        return exposure
    return "tbi" if exposure.endswith("_rt") and anchors.tbi_on is not None else None


def _of_end(diagnoses: tuple[Diagnosis, ...]) -> str | None:
    newest = end_of_therapy(diagnoses)
    return next(
        (
            each.precision["end_of_therapy_on"]
            for each in diagnoses
            if each.end_of_therapy_on == newest and "end_of_therapy_on" in each.precision
        ),
        None,
    )
