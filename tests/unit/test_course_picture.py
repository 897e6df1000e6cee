"""The course picture: places in order of time, every fact in picture and table, nothing unescaped, still readable."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask_babel import Babel

from tracker.engine.partial_dates import PartialDate
from tracker.services.course import Course, CourseFact, Lane, Mark
from tracker.web.course_svg import (
    ATTENTION,
    LEFT,
    MERGE_WITHIN,
    RIGHT,
    SHAPES,
    WIDTH,
    Scale,
    clusters,
    draw,
    label_rows,
    legend,
    table_rows,
)
from tracker.web.course_words import fact_words
from tracker.web.formats import us_date

TODAY = date(2026, 11, 23)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def pages() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def fact(lane: Lane, mark: Mark, on: date, about: str = "CT chest", until: date | None = None) -> CourseFact:
    return CourseFact(lane, mark, on, about, until)


def course(*facts: CourseFact, birth_date: date = date(2007, 3, 5)) -> Course:
    days = [TODAY, *(each.on for each in facts), *(each.until for each in facts if each.until)]
    return Course(birth_date, TODAY, min(days), max(days), tuple(sorted(facts, key=lambda each: each.on)))


DIAGNOSIS = fact(Lane.DISEASE, Mark.DIAGNOSIS, date(2023, 2, 1), "Leiomyosarcoma")
THERAPY = fact(Lane.THERAPY, Mark.TREATMENT, date(2023, 2, 1), "Leiomyosarcoma", until=date(2024, 3, 14))
NORMAL = fact(Lane.RESULTS, Mark.NORMAL, date(2025, 4, 20))
OVERDUE = fact(Lane.RECURRENCE, Mark.OVERDUE, date(2026, 7, 20), "MRI abdomen")
VISIT = fact(Lane.VISITS, Mark.VISIT_DONE, date(2025, 10, 3), "")
SHORT = course(DIAGNOSIS, THERAPY, NORMAL, OVERDUE, VISIT)


def sixty_years() -> Course:
    """Followed from 1966 on: ten results a year, a visit each."""
    found = []
    for year in range(1966, 2027):
        found += [fact(Lane.RESULTS, Mark.NORMAL, date(year, month, 9)) for month in range(1, 11)]
        found.append(fact(Lane.VISITS, Mark.VISIT_DONE, date(year, 5, 9), ""))
    return course(*found, birth_date=date(1960, 2, 29))


def parsed(drawn: Course) -> ElementTree.Element:
    return ElementTree.fromstring(str(draw(drawn)))


def test_a_later_day_never_stands_left_of_an_earlier_one() -> None:
    scale = Scale.over(sixty_years())
    places = [scale.x(date(1966, 1, 1) + timedelta(days=days)) for days in range(0, 22_280, 7)]
    assert all(left <= right for left, right in pairwise(places))
    assert (places[0], scale.x(date(2027, 1, 1))) == (LEFT, WIDTH - RIGHT)


def test_days_outside_the_picture_stand_at_its_edges() -> None:
    scale = Scale(date(2020, 1, 1), date(2030, 1, 1))
    assert (scale.x(date(1900, 1, 1)), scale.x(date(2100, 1, 1))) == (LEFT, WIDTH - RIGHT)


@pytest.mark.parametrize("start, end", [(2026, 2027), (2023, 2037), (1966, 2027), (1930, 2037)])
def test_the_years_on_the_axis_keep_apart(start: int, end: int) -> None:
    scale = Scale(date(start, 1, 1), date(end, 1, 1))
    places = [scale.x(date(year, 1, 1)) for year in scale.years()]
    assert len(places) >= 2
    assert all(right - left >= 40 for left, right in pairwise(places))


def test_every_fact_is_in_the_picture_and_in_the_table() -> None:
    for drawn in (SHORT, sixty_years()):
        titles = "\n".join(title.text or "" for title in parsed(drawn).iter(f"{SVG}title")).split("\n")
        rows = list(table_rows(drawn))
        assert len(rows) == len(drawn.facts)
        for each in drawn.facts:
            when = us_date(each.on) + (f" – {us_date(each.until)}" if each.until else "")
            assert f"{when}: {fact_words(each)}" in titles
            assert [when, fact_words(each)] in [[row[0], row[2]] for row in rows]


def test_marks_that_would_cover_each_other_become_one_with_their_number() -> None:
    scale = Scale.over(sixty_years())
    grouped = clusters(sixty_years().facts, scale)
    assert all(right.x - left.x >= MERGE_WITHIN for left, right in pairwise(grouped))
    assert sum(len(cluster.facts) for cluster in grouped) == len(sixty_years().facts)
    assert len(grouped) <= (WIDTH - LEFT - RIGHT) / MERGE_WITHIN + 1


def test_of_marks_drawn_as_one_the_one_that_needs_attention_shows() -> None:
    near = [fact(Lane.CHECKS, mark, date(2026, 7, 20)) for mark in (Mark.PLANNED, Mark.OVERDUE, Mark.DUE)]
    [cluster] = clusters(near, Scale.over(sixty_years()))
    assert (cluster.mark, len(cluster.facts)) == (Mark.OVERDUE, 3)


def test_every_mark_has_a_rank_and_every_mark_but_a_span_its_shape() -> None:
    assert set(ATTENTION) == set(Mark)
    assert set(SHAPES) == set(Mark) - {Mark.TREATMENT}


def test_no_two_marks_look_alike() -> None:
    assert len(set(SHAPES.values())) == len(SHAPES)


def test_words_below_the_marks_keep_apart() -> None:
    names = ["Leiomyosarcoma", "Osteosarcoma", "Melanoma"]
    facts = [
        fact(Lane.DISEASE, Mark.DIAGNOSIS, date(2023, month, 1), name)
        for month, name in zip((2, 4, 6), names, strict=True)
    ]
    scale = Scale.over(course(*facts))
    assert label_rows(facts, scale) == [2, 1, 0]
    far = [facts[0], fact(Lane.DISEASE, Mark.END_OF_THERAPY, date(2026, 1, 1), "Melanoma")]
    assert label_rows(far, Scale.over(course(*far))) == [0, 0]


def test_a_picture_without_facts_still_shows_today() -> None:
    words = [text.text for text in parsed(course()).iter(f"{SVG}text")]
    assert "today" in words and "2026" in words


def test_each_lane_is_named_after_its_marks_so_that_the_name_covers_what_it_passes() -> None:
    lanes = [each for each in parsed(SHORT).iter(f"{SVG}g") if "app-course__lane" in (each.get("class") or "")]
    assert len(lanes) >= 4
    for lane in lanes:
        assert lane[-1].get("class") == "app-course__name"


def test_the_picture_has_a_title_and_a_description_for_those_who_do_not_see_it() -> None:
    picture = parsed(SHORT)
    assert picture.get("role") == "img"
    names = (picture.get("aria-labelledby") or "").split()
    found = {element.get("id"): element.text for element in picture if element.get("id")}
    assert [name for name in names if found[name]] == names
    assert "Results: 1" in (found["course-desc"] or "")
    assert "Nov 23, 2026" in (found["course-desc"] or "")


def test_what_people_typed_is_escaped() -> None:
    wicked = '<script>alert("x")</script> & <b>'
    drawn = str(
        draw(course(fact(Lane.RESULTS, Mark.NORMAL, TODAY, wicked), fact(Lane.DISEASE, Mark.DIAGNOSIS, TODAY, wicked)))
    )
    assert "<script" not in drawn and "<b>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_no_style_is_written_into_the_picture() -> None:
    for element in parsed(SHORT).iter():
        assert element.get("style") is None
        assert element.get("fill", "currentColor") in ("currentColor", "none")
        assert element.get("stroke", "currentColor") == "currentColor"


def test_the_legend_explains_the_marks_that_are_drawn_and_no_others() -> None:
    assert [words for _shape, words in legend(SHORT)] == ["diagnosis", "normal", "visit", "overdue"]


def test_overdue_alone_is_warm() -> None:
    warm = [element for element in parsed(SHORT).iter(f"{SVG}g") if element.get("class") == "app-warm"]
    assert len(warm) == 1


def test_the_last_year_of_the_calendar_can_be_drawn() -> None:
    assert parsed(course(fact(Lane.CHECKS, Mark.PLANNED, date(9999, 12, 31)))).get("role") == "img"


def test_a_day_known_in_part_is_said_no_finer() -> None:
    drawn = course(
        CourseFact(
            Lane.THERAPY, Mark.TREATMENT, date(2019, 3, 1), "Leiomyosarcoma", date(2019, 12, 1),
            known_on=PartialDate(2019), known_until=PartialDate(2019, 12),
        ),
        CourseFact(Lane.DISEASE, Mark.RESECTION, date(2019, 9, 1), "Leiomyosarcoma", known_on=PartialDate(2019, 9)),
        NORMAL,
    )  # fmt: skip
    assert [row[0] for row in table_rows(drawn)] == ["2019 – Dec 2019", "Sep 2019", "Apr 20, 2025"]
    titles = [each.text for each in parsed(drawn).iter() if each.tag.endswith("title")]
    assert "2019 – Dec 2019: Treatment: Leiomyosarcoma" in titles
    assert "Sep 2019: Resection: Leiomyosarcoma" in titles
