"""What can be chosen by name in the treatment editor: lists of labels, each with the other names it is found by."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tracker.engine.catalogue import title_of
from tracker.services import diagnosis_names
from tracker.services.sections.checks import lookup_list
from tracker.services.treatment import Sheet

# As the pages of the record call them: the name of the list in the catalogue.
LISTS = (
    *("agents", "regimens", "fields", "operations", "topography", "lms_subtype", "vessel", "tissue", "laterality"),
    *("bone", "bone_segment", "extremity_part", "grade_system", "differentiation", "stage_system", "organ"),
    *("resection", "donor"),
)

OWN_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Option:
    """A label, and its code and synonyms in one line: a browser finds an option by either."""

    label: str
    others: str = ""


def lists_of(sheet: Sheet) -> dict[str, list[Option]]:
    """Every list that a box of the editor may name."""
    found = {name: _options(lookup_list(sheet.catalogue, name).values()) for name in LISTS}
    found["diagnoses"] = _options(diagnosis_names.choices(sheet.pack, sheet.catalogue))
    found["syndromes"] = [Option(name) for name in sorted(sheet.pack.predispositions, key=str.casefold)]
    return {name: options for name, options in found.items() if options}


def _options(entries: Iterable[Any]) -> list[Option]:
    return [Option(title_of(each), _others(each)) for each in entries]


def _others(entry: Any) -> str:
    title = title_of(entry).casefold()
    # Our own codes are no names that anybody knows; "C49.4" and "8890/3" are.
    codes = () if OWN_CODE.fullmatch(entry.code) else (entry.code,)
    names = dict.fromkeys((*codes, *entry.synonyms))
    return "; ".join(name for name in names if name.casefold() != title)
