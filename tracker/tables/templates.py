"""Templates and documentation of the tables, written from their declarations."""

import csv
import io
from itertools import zip_longest

from tracker.tables.columns import Column, Layout, Value

KINDS_OF_VALUE = {
    Value.TEXT: "text",
    Value.NAME: "text",
    Value.LONG_TEXT: "text of any number of lines",
    Value.IDENTIFIER: "text (a number with its zeros)",
    Value.LANGUAGE: "code",
    Value.DAY: "date",
    Value.PART_DAY: "date, year, or year and month",
    Value.NUMBER: "number",
    Value.COUNT: "whole number",
    Value.YES_NO: "yes or no",
}


def template(layout: Layout) -> str:
    """A table of this kind with its heading and a few rows as examples, as CSV in UTF-8 with a mark at its beginning.

    Without the mark, spreadsheets would read letters beyond ASCII wrongly.
    """
    written = io.StringIO(newline="")
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow([each.name for each in layout.columns])
    count = max(len(each.examples) for each in layout.columns)
    filled = ([*each.examples, *[""] * (count - len(each.examples))] for each in layout.columns)
    rows.writerows(zip_longest(*filled, fillvalue=""))
    return "\ufeff" + written.getvalue()


def documentation(layout: Layout) -> str:
    """The columns of a table as Markdown."""
    lines = ["| column | needed | holds | meaning | example |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*lines, *(_line(each) for each in layout.columns)]) + "\n"


def _line(column: Column) -> str:
    needed = "yes" if column.required else ""
    only = f" Only of: {', '.join(column.only_of)}." if column.only_of else ""
    also = f" Also: {', '.join(column.aliases)}." if column.aliases else ""
    cells = (f"`{column.name}`", needed, _holds(column), f"{column.meaning}{only}{also}", column.example)
    return "| " + " | ".join(cells) + " |"


def _holds(column: Column) -> str:
    if column.value == Value.CHOICE:
        return "one of: " + ", ".join(column.choices or ())
    longest = f", at most {column.longest} characters" if column.value in TEXTS else ""
    return KINDS_OF_VALUE[column.value] + longest


TEXTS = frozenset({Value.TEXT, Value.NAME, Value.LONG_TEXT, Value.IDENTIFIER})
