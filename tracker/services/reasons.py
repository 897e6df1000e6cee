"""An item's reasons as JSON and back: they are stored with the item as they stood."""

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from operator import attrgetter
from typing import Any

from tracker.engine.types import Reason, RuleKind

NAMES = tuple(field.name for field in fields(Reason))
DATES = ("due_on", "start_on", "last_result_on", "floor_on")


def to_json(reason: Reason) -> dict[str, Any]:
    """The reason's fields that say something; an unknown dose stays ``null``, its known part beside it."""
    told = ((name, getattr(reason, name)) for name in NAMES)
    stored = {key: value for key, value in told if value not in (None, (), "")}
    for key in DATES:
        if key in stored:
            stored[key] = stored[key].isoformat()
    stored["exposures"] = [[name, None if value is None else str(value)] for name, value in reason.exposures]
    stored["context"] = [list(pair) for pair in reason.context]
    if reason.origins:
        stored["origins"] = [[name, day.isoformat()] for name, day in reason.origins]
    if not reason.other_end:
        del stored["other_end"]
    if reason.at_least:
        stored["at_least"] = [[name, str(part)] for name, part in reason.at_least]
    stored["kind"] = reason.kind.value
    return stored


def from_json(stored: dict[str, Any]) -> Reason:
    """The reason as the engine gave it. Keys that this version does not know are left alone."""
    values = {key: value for key, value in stored.items() if key in NAMES}
    for key in DATES:
        if key in values:
            values[key] = date.fromisoformat(values[key])
    values["kind"] = RuleKind(values["kind"])
    values["exposures"] = tuple(
        (name, None if value is None else Decimal(value)) for name, value in values.get("exposures", [])
    )
    values["context"] = tuple((name, value) for name, value in values.get("context", []))
    values["at_least"] = tuple((name, Decimal(part)) for name, part in values.get("at_least", []))
    values["origins"] = tuple((name, date.fromisoformat(day)) for name, day in values.get("origins", []))
    values.setdefault("due_on", None)
    values.setdefault("start_basis", "")
    return Reason(**values)


def dumps(reasons: tuple[Reason, ...]) -> str:
    """Reasons as the text that is stored: what ``json.dumps`` makes of ``to_json`` of each, in less time.

    Text is compared with text when plans are, so every character counts.
    """
    return f"[{', '.join(map(_dumped, reasons))}]"


def _dumped(reason: Reason) -> str:
    opening, basis, every, source = _same_for_all(*RULE(reason))
    due_on = "" if reason.due_on is None else f', "due_on": "{iso(reason.due_on)}"'
    start_on = "" if reason.start_on is None else f', "start_on": "{iso(reason.start_on)}"'
    exposures = f', "exposures": {_amounts(reason.exposures)}' if reason.exposures else ""
    context = f', "context": {_words(reason.context)}' if reason.context else ""
    last = _last(reason) if any(LAST.values(reason)) else ""
    is_plain = not any(SELDOM(reason))
    decided = "" if is_plain else _told(DECIDED, reason)
    rest = _origins(reason) if is_plain else _told(REST, reason)
    wins = ', "wins": true' if reason.wins else ', "wins": false'
    empty = ("" if exposures else ', "exposures": []') + ("" if context else ', "context": []')
    return (
        f"{{{opening}{due_on}{basis}{start_on}{every}{exposures}{context}{last}{decided}{source}{wins}{rest}{empty}}}"
    )


def _origins(reason: Reason) -> str:
    return f', "origins": {_days(reason.origins)}' if reason.origins else ""


def _last(reason: Reason) -> str:
    result_id, code, on = LAST.values(reason)
    if result_id and code and on:
        which = f'"last_result_id": {_quoted(result_id)}, "last_result_code": {_quoted(code)}'
        return f', {which}, "last_result_on": "{iso(on)}"'
    return _told(LAST, reason)


class _Some:
    """A few fields that follow one another: their names, and how to ask for all of them at once."""

    def __init__(self, *names: str) -> None:
        self.names, self.values = names, attrgetter(*names)


def _told(some: _Some, reason: Reason) -> str:
    """Of some fields those that say something."""
    told = zip(some.names, some.values(reason), strict=True)
    return "".join(f', "{name}": {DUMPS.get(name, DUMPS[""])(value)}' for name, value in told if value)


@lru_cache(maxsize=4096)
def _same_for_all(*told: Any) -> tuple[str, str, str, str]:
    """What a rule says of everybody, in four parts: what is a survivor's own comes in between."""
    rule_id, kind, pack, basis, interval, interval_max, source, confidence = (
        value and _quoted(value) for value in told
    )
    opening = f'"rule_id": {rule_id}, "kind": {kind}, "pack": {pack}'
    every = _named(interval=interval, interval_max=interval_max)
    return opening, _named(start_basis=basis), every, _named(source=source, confidence=confidence)


def _named(**told: str | None) -> str:
    return "".join(f', "{name}": {value}' for name, value in told.items() if value)


def _amounts(pairs: Iterable[tuple[str, Decimal | None]]) -> str:
    told = [
        f'[{_quoted(name)}, "{value}"]' if value is not None else f"[{_quoted(name)}, null]" for name, value in pairs
    ]
    return f"[{', '.join(told)}]"


def _words(pairs: Iterable[tuple[str, str]]) -> str:
    return f"[{', '.join([f'[{_quoted(name)}, {_quoted(value)}]' for name, value in pairs])}]"


# A survivor's reasons mostly count from the same days. (Doses are not kept: 300 and 300.0 would be taken for the same.)
@lru_cache(maxsize=4096)
def _days(pairs: tuple[tuple[str, date], ...]) -> str:
    told = [f'[{_quoted(name)}, "{iso(day)}"]' for name, day in pairs]
    return f"[{', '.join(told)}]"


# The same days come again and again, by the thousand.
iso = lru_cache(maxsize=8192)(date.isoformat)
RULE = attrgetter("rule_id", "kind", "pack", "start_basis", "interval", "interval_max", "source", "confidence")
LAST = _Some("last_result_id", "last_result_code", "last_result_on")
DECIDED = _Some("override_id", "override_action", "gap")
REST = _Some("at_least", "start_precision", "origins", "phase_from", "floor_on", "other_end")
SELDOM = attrgetter(
    *("override_id", "override_action", "gap", "at_least", "start_precision", "phase_from", "floor_on", "other_end")
)
# By field; what is not named here is text.
DUMPS: dict[str, Callable[[Any], str]] = {
    "": _quoted,
    "last_result_on": lambda day: f'"{iso(day)}"',
    "floor_on": lambda day: f'"{iso(day)}"',
    "at_least": _amounts,
    "origins": _days,
    "other_end": lambda _: "true",
}


def loads(text: str) -> tuple[Reason, ...]:
    """The reasons that a stored text says."""
    return tuple(from_json(stored) for stored in json.loads(text))
