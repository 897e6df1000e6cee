"""Lists of choices for selects, radios and checkboxes, in the shape the components want."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from wtforms import Field

Item = dict[str, Any]
BLANK: Item = {"value": "", "text": "", "hint": "", "group": "", "selected": False, "disabled": False}


def as_items(choices: Iterable[Any]) -> list[Item]:
    """Every way of writing a choice – text, ``(value, text)`` or a mapping – as a full item."""
    return [_item(choice) for choice in choices]


def _item(choice: Any) -> Item:
    if isinstance(choice, Mapping):
        return BLANK | {"text": choice["value"]} | dict(choice) | {"value": str(choice["value"])}
    value, text = (choice, choice) if isinstance(choice, str) else choice
    return BLANK | {"value": str(value), "text": text}


def grouped_items(choices: Iterable[Any], value: Any = None) -> list[tuple[str, list[Item]]]:
    """Items by group, in the order given, with the one whose value is ``value`` selected."""
    items = [_selected(item, [value]) for item in as_items(choices)]
    return [(group, list(members)) for group, members in groupby(items, key=itemgetter("group"))]


def _selected(item: Item, values: Iterable[Any]) -> Item:
    chosen = {str(value) for value in values if value is not None}
    return item | {"selected": item["selected"] or item["value"] in chosen}


def boxes(
    choices: Iterable[Any], values: Iterable[Any] = (), conditional: Mapping[str, Any] | None = None
) -> list[Item]:
    """Items for the library's radios and checkboxes; ``conditional`` is what shows below a chosen one."""
    wanted = list(values)
    return [_box(_selected(item, wanted), (conditional or {}).get(item["value"])) for item in as_items(choices)]


def _box(item: Item, below: Any) -> Item:
    return {
        "value": item["value"],
        "text": item["text"] if isinstance(item["text"], str) else str(item["text"]),
        "hint": item["hint"] or None,
        "checked": item["selected"],
        "disabled": item["disabled"],
        "conditional": {"html": below} if below else None,
    }


def field_choices(field: Field, hints: Mapping[str, str]) -> list[Item]:
    """The choices of a WTForms select, radio or checkbox field, with what was chosen and a hint for each."""
    return [_from_wtforms(choice, hints, group) for group, choice in _by_group(field)]


def _by_group(field: Any) -> list[tuple[str, tuple[Any, ...]]]:
    if field.has_groups():
        return [(str(group or ""), choice) for group, choices in field.iter_groups() for choice in choices]
    return [("", choice) for choice in field.iter_choices()]


def _from_wtforms(choice: tuple[Any, ...], hints: Mapping[str, str], group: str) -> Item:
    value, text, selected, render_kw = choice
    return {
        "value": str(value),
        "text": str(text),
        "hint": str(hints.get(str(value), "")),
        "group": group,
        "selected": bool(selected),
        "disabled": bool(render_kw.get("disabled")),
    }
