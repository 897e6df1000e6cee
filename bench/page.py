"""``python -m bench.page NAME …``: the table and the chart of ``docs/performance.md``, out of results that were kept.

Sizes that one run could not hold come from several; a row measured again counts as the later name has it.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

import pygal
from pygal.style import Style

from bench import report
from bench.goals import GOALS, Row
from bench.registries import POSTGRESQL, SQLITE
from config import PROJECT

PAGE = PROJECT / "docs" / "performance.md"
CHART = PROJECT / "docs" / "performance.svg"
BEGIN, END = "<!-- figures of {names} -->", "<!-- end of the figures -->"
FIGURES = re.compile(r"<!-- figures of (?P<names>[\w, -]+) -->\n.*?<!-- end of the figures -->", re.DOTALL)
NAMES = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL", "": ""}
COLORS = ("#005eb8", "#00703c", "#aeb7bd")
MARKS = [digit * 10**power for power in range(-3, 5) for digit in (1, 2, 5)]
COLUMNS = ("work", "on", "survivors", "measured", "yardstick", "value", "reach", "aim", "")


def figures(names: Sequence[str], folder: Path = report.RESULTS) -> str:
    """The part of the page between its marks, made of kept results."""
    found = kept(names, folder)
    lines = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    lines += [_line(_cells(row)) for row in report.in_order(merged(found))]
    return "\n".join([BEGIN.format(names=", ".join(names)), *_told(found), *lines, END])


def kept(names: Sequence[str], folder: Path = report.RESULTS) -> list[report.Report]:
    """The results of these names."""
    return [report.read(folder / f"{name}.json") for name in names]


def merged(found: Sequence[report.Report]) -> list[Row]:
    """The rows of several results, each figure once."""
    return list({(row.key, row.database, row.size): row for each in found for row in each.rows}.values())


def _told(found: Sequence[report.Report]) -> list[str]:
    """What each run was of and where; runs that differ in the machine's load alone are told once, with their loads."""
    loads: dict[str, list[str]] = {}
    for each in found:
        sizes = " and ".join(f"{size:,}" for size in sorted({row.size for row in each.rows if row.database}))
        machine = ", ".join(f"{key} {value}" for key, value in each.facts.items() if key != "load")
        run = f"{sizes} survivors: medians of {each.rounds} rounds, each in turns with its yardstick; {machine}"
        loads.setdefault(run, []).extend([str(each.facts["load"])] if "load" in each.facts else [])
    return [f"{run}{'; load ' if told else ''}{', '.join(told)}.\n" for run, told in loads.items()]


def _cells(row: Row) -> Sequence[str]:
    work, database, *rest = report.cells(row)
    verdict = rest.pop()
    return work, NAMES[database], *rest, f"**{verdict}**" if verdict == report.WORDS["missed"] else verdict


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def chart(rows: Sequence[Row]) -> bytes:
    """How far each figure is beyond what has to be reached (1), of the largest registry measured; and the aim."""
    # From small to large: the last one stays.
    largest = {(row.key, row.database): row for row in report.in_order(rows)}
    shown = [row for row in largest.values() if row.goal.reach is not None and row.goal.unit]
    keys = list(dict.fromkeys(row.key for row in shown))[::-1]
    style = Style(
        background="#fff", plot_background="#fff", colors=COLORS, font_family="sans-serif", label_font_size=13
    )
    # A picture is all it is: neither a script nor anything of another site.
    drawn = pygal.HorizontalBar(
        js=[], logarithmic=True, style=style, width=1100, height=34 * len(keys) + 120, legend_at_bottom=True
    )
    drawn.title = "Times what has to be reached, largest registry measured (logarithmic; more is better)"
    drawn.x_labels = [GOALS[key].work.replace("`", "") for key in keys]
    for kind in (SQLITE, POSTGRESQL):
        by_key = {row.key: row for row in shown if row.database == kind}
        if by_key:
            drawn.add(NAMES[kind], [beyond(key, by_key[key].value) if key in by_key else None for key in keys])
    told = [value for key in keys for value in (beyond(key, GOALS[key].aim), *_values(shown, key)) if value]
    drawn.y_labels = [mark for mark in MARKS if min(told) <= mark <= max(told)]
    drawn.add("aim", [beyond(key, GOALS[key].aim) for key in keys])
    drawn.add_xml_filter(_without_scripts)
    return drawn.render()


def _without_scripts(root: Element) -> Element:
    for parent in root.iter():
        for script in parent.findall("script"):
            parent.remove(script)
    return root


def _values(rows: Sequence[Row], key: str) -> list[float | None]:
    return [beyond(key, row.value) for row in rows if row.key == key]


def beyond(key: str, value: float | None) -> float | None:
    """A value as a multiple of what has to be reached: from 1 on it is."""
    goal = GOALS[key]
    if goal.reach is None or value is None:
        return None
    return round(value / goal.reach if goal.more else goal.reach / value, 3)


def main(names: Sequence[str]) -> None:
    """Put kept results into the page, and draw them."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(FIGURES.sub(lambda _: figures(names), text), encoding="utf-8")
    CHART.write_bytes(chart(merged(kept(names))))


if __name__ == "__main__":
    main(sys.argv[1:])
