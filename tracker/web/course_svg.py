"""The course picture: a pure function from dated facts to an SVG that reads in black and white, and in the dark.

Shapes carry the meaning, color only helps: it comes from the page's own classes through ``currentColor``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element, SubElement, tostring

from flask_babel import gettext as _
from markupsafe import Markup

from tracker.engine.partial_dates import Day
from tracker.engine.schedule import age_on
from tracker.services.course import Course, CourseFact, Lane, Mark, in_lane
from tracker.web.course_words import fact_words, lane_words, mark_words
from tracker.web.formats import us_date

WIDTH = 1100
LEFT = 132  # room for the lanes' names
RIGHT = 24
TOP = 48  # room for years and ages
LANE = 40
FOOT = 20  # room for the word "today"
LABEL_ROW = 18
MERGE_WITHIN = 15  # two marks closer than this would cover each other
LETTER = 7.2  # a letter's usual width at this size, for keeping labels apart
SIZE = "13"
STEPS = (1, 2, 5, 10, 20)
ROOM_FOR_YEAR = 44


@dataclass(frozen=True)
class Scale:
    """Days to horizontal places. Monotone: a later day never stands left of an earlier one."""

    first: date
    last: date

    @classmethod
    def over(cls, course: Course) -> "Scale":
        """Whole years around everything that is known, so that the axis begins and ends at a tick."""
        return cls(date(course.starts_on.year, 1, 1), date(min(course.ends_on.year, date.max.year - 1) + 1, 1, 1))

    def x(self, day: date) -> float:
        share = (day - self.first).days / (self.last - self.first).days
        return round(LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)

    def years(self) -> list[int]:
        """The years that get a tick: as many as can be read."""
        span = self.last.year - self.first.year
        step = next((step for step in STEPS if (WIDTH - LEFT - RIGHT) / span * step >= ROOM_FOR_YEAR), 50)
        return [year for year in range(self.first.year, self.last.year + 1) if year % step == 0 or span <= step]


@dataclass(frozen=True)
class Cluster:
    """Marks that would cover each other, drawn as one with their number."""

    x: float
    facts: tuple[CourseFact, ...]

    @property
    def mark(self) -> Mark:
        """The one to show: what needs attention before what is in order."""
        return min((fact.mark for fact in self.facts), key=ATTENTION.index)


ATTENTION = (
    Mark.OVERDUE, Mark.DUE, Mark.UPCOMING, Mark.PLANNED, Mark.ABNORMAL, Mark.NORMAL, Mark.NO_OUTCOME, Mark.NOT_COUNTED,
    Mark.VISIT_MISSED, Mark.VISIT_DONE, Mark.VISIT_PLANNED, Mark.DIAGNOSIS, Mark.END_OF_THERAPY, Mark.RESECTION,
    Mark.EXPOSURE, Mark.TREATMENT, Mark.BEYOND,
)  # fmt: skip
# Each shape is drawn around (0, 0): its path, and whether it is filled.
SHAPES: dict[Mark, tuple[str, bool]] = {
    Mark.DIAGNOSIS: ("M0-7L7 0 0 7-7 0Z", True),
    Mark.RESECTION: ("M0-7L7 0 0 7-7 0Z", False),
    Mark.END_OF_THERAPY: ("M-6-6V6M-6 0H6M2-4L6 0 2 4", False),
    Mark.EXPOSURE: ("M0-7V7", False),
    Mark.NORMAL: ("M-5 0L-1.5 4 5-5", False),
    Mark.ABNORMAL: ("M-1.5-7H1.5L1 2H-1ZM-1.2 4.5H1.2V6.5H-1.2Z", True),
    Mark.NO_OUTCOME: ("M-2.5 0A2.5 2.5 0 1 0 2.5 0A2.5 2.5 0 1 0-2.5 0Z", True),
    Mark.NOT_COUNTED: ("M-5-5L5 5M5-5L-5 5", False),
    Mark.VISIT_DONE: ("M-5-5H5V5H-5Z", True),
    Mark.VISIT_PLANNED: ("M-5-5H5V5H-5Z", False),
    Mark.VISIT_MISSED: ("M-5-5H5V5H-5ZM-5-5L5 5M5-5L-5 5", False),
    Mark.PLANNED: ("M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z", False),
    Mark.UPCOMING: ("M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0ZM0-5V5", False),
    Mark.DUE: ("M-6 0A6 6 0 1 0 6 0A6 6 0 1 0-6 0Z", True),
    Mark.OVERDUE: ("M0-7L7 6H-7Z", True),
    Mark.BEYOND: ("M-6 0H6M2-4L6 0 2 4", False),
}


def clusters(facts: Iterable[CourseFact], scale: Scale) -> list[Cluster]:
    """Facts of one lane, in order; neighbors too close to tell apart become one cluster."""
    found: list[Cluster] = []
    for fact in sorted(facts, key=lambda each: each.on):
        x = scale.x(fact.on)
        if found and x - found[-1].x < MERGE_WITHIN:
            found[-1] = Cluster(found[-1].x, (*found[-1].facts, fact))
        else:
            found.append(Cluster(x, (fact,)))
    return found


def draw(course: Course) -> Markup:
    """The picture, with a title and a description for those who do not see it. All text is escaped."""
    scale = Scale.over(course)
    disease = in_lane(course.facts, Lane.DISEASE)
    rows = label_rows(disease, scale)
    places, height = _lane_places(course, len(set(rows)) if rows else 0)
    svg = Element("svg", _frame(height))
    SubElement(svg, "title", id="course-title").text = _("Course of disease and follow-up")
    SubElement(svg, "desc", id="course-desc").text = describe(course)
    _draw_axis(svg, course, scale, height)
    for lane, y in places.items():
        _draw_lane(svg, course, lane, y, scale)
    _draw_labels(svg, disease, rows, scale, places.get(Lane.DISEASE, 0))
    _draw_today(svg, scale.x(course.today), height)
    # The serialiser escapes every text and attribute, so what comes out is markup.
    return Markup(tostring(svg, encoding="unicode"))  # noqa: S704


def describe(course: Course) -> str:
    """The picture in a sentence or two; the table beside it has every fact."""
    counts = {lane: len(in_lane(course.facts, lane)) for lane in Lane}
    listed = ", ".join(f"{lane_words(lane)}: {count}" for lane, count in counts.items() if count)
    return str(
        _(
            "From %(start)s to %(end)s, today is %(today)s. %(listed)s. The same facts stand in the table below.",
            start=us_date(_bound(course, course.starts_on)),
            end=us_date(_bound(course, course.ends_on)),
            today=us_date(course.today),
            listed=listed or _("Nothing is recorded yet"),
        )
    )


def _bound(course: Course, day: date) -> Day:
    """The first or last day of the picture, no finer than the fact that it belongs to is known."""
    said = [fact.said_on for fact in course.facts if fact.on == day]
    said += [fact.said_until or day for fact in course.facts if fact.until == day]
    return day if day == course.today or day in said else next(iter(said), day)


def label_rows(facts: list[CourseFact], scale: Scale) -> list[int]:
    """For each labelled fact the row below the marks in which its words meet no other's.

    The later fact takes the upper row, so that the line from an earlier mark to its words crosses nothing.
    """
    starts: list[float] = []
    rows = []
    for fact in reversed(facts):
        left, right = _label_span(fact, scale)
        row = next((place for place, start in enumerate(starts) if right < start), len(starts))
        starts[row:] = [left, *starts[row + 1 :]]
        rows.append(row)
    return rows[::-1]


def _label_span(fact: CourseFact, scale: Scale) -> tuple[float, float]:
    x, width = scale.x(fact.on), len(fact_words(fact)) * LETTER + 10
    return (x - 4, x + width) if _fits_right(fact, scale) else (x - width, x + 4)


def _fits_right(fact: CourseFact, scale: Scale) -> bool:
    return scale.x(fact.on) + len(fact_words(fact)) * LETTER <= WIDTH


def _frame(height: float) -> dict[str, str]:
    return {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH} {height:g}",
        "width": str(WIDTH),
        "height": f"{height:g}",
        "role": "img",
        "aria-labelledby": "course-title course-desc",
        "class": "app-course__picture",
        "font-size": SIZE,
        "fill": "currentColor",
    }


def _lane_places(course: Course, label_rows_used: int) -> tuple[dict[Lane, float], float]:
    y = float(TOP + LANE / 2)
    places = {}
    for lane in Lane:
        if in_lane(course.facts, lane):
            places[lane] = y
            y += LANE + (label_rows_used * LABEL_ROW if lane == Lane.DISEASE else 0)
    return places, y - LANE / 2 + 8 + FOOT


def _draw_axis(svg: Element, course: Course, scale: Scale, height: float) -> None:
    axis = SubElement(svg, "g", {"class": "app-muted"})
    for year in scale.years():
        x = scale.x(date(year, 1, 1))
        _line(axis, x, TOP - 8, x, height - FOOT, {"stroke-opacity": "0.25"})
        _text(axis, x, 16, str(year), anchor="middle")
        if year > course.birth_date.year:
            age = age_on(course.birth_date, date(year, 1, 1))
            _text(axis, x, 33, _("age %(age)s", age=age), anchor="middle")


def _draw_lane(svg: Element, course: Course, lane: Lane, y: float, scale: Scale) -> None:
    group = SubElement(svg, "g", {"class": f"app-course__lane app-course__lane--{lane}"})
    _line(group, LEFT, y, WIDTH - RIGHT, y, {"stroke-opacity": "0.25"})
    facts = in_lane(course.facts, lane)
    for fact in facts:
        if fact.until is not None:
            _draw_span(group, fact, y, scale)
    for cluster in clusters((fact for fact in facts if fact.until is None), scale):
        _draw_cluster(group, cluster, y)
    # Last, so that on a phone, where the names move along with the picture, they cover what they pass.
    _text(group, 0, y + 5, lane_words(lane), anchor="start").set("class", "app-course__name")


def _draw_span(group: Element, fact: CourseFact, y: float, scale: Scale) -> None:
    x = scale.x(fact.on)
    width = max(scale.x(fact.until or fact.on) - x, 2)
    attributes = {"x": f"{x:g}", "y": f"{y - 7:g}", "width": f"{width:g}", "height": "14", "fill-opacity": "0.18"}
    bar = SubElement(group, "rect", attributes | {"stroke": "currentColor"})
    SubElement(bar, "title").text = _dated(fact)


def _draw_cluster(group: Element, cluster: Cluster, y: float) -> None:
    overdue = cluster.mark == Mark.OVERDUE
    place = SubElement(
        group, "g", {"transform": f"translate({cluster.x:g} {y:g})", "class": "app-warm" if overdue else ""}
    )
    SubElement(place, "title").text = "\n".join(_dated(fact) for fact in cluster.facts)
    path, filled = SHAPES[cluster.mark]
    fill = "currentColor" if filled else "none"
    SubElement(place, "path", {"d": path, "fill": fill, "stroke": "currentColor", "stroke-width": "1.5"})
    if len(cluster.facts) > 1:
        _text(place, 0, -9, str(len(cluster.facts)), anchor="middle", size="11")


def _draw_labels(svg: Element, facts: list[CourseFact], rows: list[int], scale: Scale, y: float) -> None:
    group = SubElement(svg, "g")
    for fact, row in zip(facts, rows, strict=True):
        x, base = scale.x(fact.on), y + 22 + row * LABEL_ROW
        _line(group, x, y + 7, x, base - 10, {"stroke-opacity": "0.5"})
        right = _fits_right(fact, scale)
        _text(group, x - 3 if right else x + 3, base, fact_words(fact), anchor="start" if right else "end")


def _draw_today(svg: Element, x: float, height: float) -> None:
    group = SubElement(svg, "g", {"class": "app-course__today"})
    _line(group, x, TOP - 6, x, height - FOOT, {"stroke-width": "2", "stroke-dasharray": "4 3"})
    _text(group, x, height - 4, _("today"), anchor="middle", weight="600")


def _dated(fact: CourseFact) -> str:
    return f"{_when(fact)}: {fact_words(fact)}"


def _when(fact: CourseFact) -> str:
    """The day, or from when until when, as far as it is known."""
    on = us_date(fact.said_on)
    return f"{on} – {us_date(fact.said_until)}" if fact.until else on


def _line(parent: Element, x1: float, y1: float, x2: float, y2: float, extra: dict[str, str]) -> None:
    ends = {"x1": f"{x1:g}", "y1": f"{y1:g}", "x2": f"{x2:g}", "y2": f"{y2:g}"}
    SubElement(parent, "line", ends | {"stroke": "currentColor"} | extra)


def _text(
    parent: Element, x: float, y: float, words: str, *, anchor: str, size: str = SIZE, weight: str = "normal"
) -> Element:
    attributes = {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor, "font-size": size, "font-weight": weight}
    text = SubElement(parent, "text", attributes)
    text.text = words
    return text


def table_rows(course: Course) -> Iterator[list[str]]:
    """The same facts as rows: when, which lane, what."""
    for fact in course.facts:
        yield [_when(fact), lane_words(fact.lane), fact_words(fact)]


def legend(course: Course) -> list[tuple[Markup, str]]:
    """Each mark that the picture uses, with its meaning, in the order of the lanes."""
    used = {fact.mark for fact in course.facts if fact.mark in SHAPES}
    return [(_sample(mark), mark_words(mark)) for mark in Mark if mark in used]


def _sample(mark: Mark) -> Markup:
    frame = {"viewBox": "-9 -9 18 18", "width": "18", "height": "18", "aria-hidden": "true", "focusable": "false"}
    svg = Element("svg", frame | {"class": "app-warm" if mark == Mark.OVERDUE else ""})
    path, filled = SHAPES[mark]
    fill = "currentColor" if filled else "none"
    SubElement(svg, "path", {"d": path, "fill": fill, "stroke": "currentColor", "stroke-width": "1.5"})
    return Markup(tostring(svg, encoding="unicode"))  # noqa: S704
