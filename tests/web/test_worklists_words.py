"""What a worklist's row says, in words, day by day."""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from flask import Flask

from tests.web.gallery import make_gallery_app
from tracker.engine.types import Flag
from tracker.guidelines.loader import load_pack
from tracker.models import Contact, Diagnosis, Survivor, Visit
from tracker.services.due_lines import DueLine
from tracker.services.states import State
from tracker.services.worklist_rank import FAR, Rank
from tracker.services.worklist_rows import WorklistRow
from tracker.web import presenters_worklists as presenters

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module", autouse=True)
def in_a_request() -> Iterator[Flask]:
    app = make_gallery_app()
    with app.test_request_context():
        yield app


def line(test_code: str, due_on: date, *flags: Flag, overdue_after: date | None = None) -> DueLine:
    return DueLine(uuid4(), uuid4(), test_code, due_on, due_on, overdue_after or due_on, flags)


def row(rank: Rank, since: date, *due: DueLine, state: State = State.OVERDUE) -> WorklistRow:
    survivor = Survivor(id=uuid4(), birth_date=date(2007, 3, 5))
    return WorklistRow(survivor, state, rank, since, list(due), None, None, None, may_book=True)


@pytest.mark.parametrize(
    ("people", "more", "words"),
    [(0, False, "0"), (1000, False, "1,000"), (1734, False, "1,734"), (1001, True, "1,000+"), (2734, True, "2,000+")],
)
def test_people_are_numbers_and_beyond_what_was_counted_there_are_more(people: int, more: bool, words: str) -> None:
    assert presenters.counted(people, more=more) == words


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (date(2026, 11, 23), "1 day"),
        (date(2026, 11, 22), "2 days"),
        (date(2026, 11, 11), "13 days"),
        (date(2026, 11, 10), "2 weeks"),
        (date(2026, 9, 23), "8 weeks"),
        (date(2026, 9, 22), "2 months"),
        (date(2026, 7, 24), "3 months"),
        (date(2026, 7, 23), "4 months"),
        (date(2024, 11, 24), "23 months"),
        (date(2024, 11, 23), "2 years"),
        (date(2006, 11, 23), "20 years"),
    ],
)
def test_lateness_is_said_in_days_weeks_months_or_years(since: date, words: str) -> None:
    assert presenters.span_words(since, TODAY) == words


@pytest.mark.parametrize(
    ("rank", "state", "words"),
    [
        (Rank.RECURRENCE_OVERDUE, State.OVERDUE, "Recurrence screening, 2 months overdue"),
        (Rank.OVERDUE, State.OVERDUE, "Follow-up, 2 months overdue"),
        (Rank.RECURRENCE_DUE, State.DUE, "Recurrence screening, due 8 weeks ago"),
        (Rank.DUE, State.DUE, "Follow-up, due 8 weeks ago"),
        (Rank.BEING_TRACED, State.BEING_TRACED, "Being traced since Sep 22, 2026"),
        (Rank.AWAITING_SUMMARY, State.AWAITING_SUMMARY, "Without a treatment summary since Sep 22, 2026"),
        (Rank.REVIEW_REACHED, State.DECLINED, "Declined; to be asked again since Sep 22, 2026"),
        (
            Rank.REVIEW_REACHED,
            State.ON_TREATMENT,
            "On treatment again; the treating team to be asked since Sep 22, 2026",
        ),
        (Rank.REVIEW_REACHED, State.LOST, "Lost after tracing; to be searched for again since Sep 22, 2026"),
        (Rank.ON_TREATMENT, State.ON_TREATMENT, "On treatment again since Sep 22, 2026"),
        (Rank.LOST, State.LOST, "Lost after tracing, since Sep 22, 2026"),
        (Rank.TRANSFERRED, State.TRANSFERRED, "Transferred Sep 22, 2026, acknowledged"),
        (Rank.DECEASED, State.DECEASED, "Died Sep 22, 2026"),
    ],
)
def test_every_rank_has_its_words(rank: Rank, state: State, words: str) -> None:
    assert presenters.why_first(row(rank, date(2026, 9, 22), state=state), TODAY) == words


@pytest.mark.parametrize(
    ("rank", "state", "words"),
    [
        (Rank.BOOKED, State.BOOKED, "Booked for Nov 30, 2026 (in 7 days)"),
        (Rank.UPCOMING, State.NOT_YET_DUE, "Next due Nov 30, 2026 (in 7 days)"),
        (Rank.DECLINED, State.DECLINED, "Declined; to be asked again on Nov 30, 2026"),
    ],
)
def test_what_lies_ahead_is_said_with_its_day(rank: Rank, state: State, words: str) -> None:
    assert presenters.why_first(row(rank, date(2026, 11, 30), state=state), TODAY) == words


def test_every_rank_can_be_said_also_without_a_date() -> None:
    assert presenters.why_first(row(Rank.NOT_YET_DUE, FAR, state=State.NOT_YET_DUE), TODAY) == "Nothing is planned"
    assert presenters.why_first(row(Rank.BEING_TRACED, FAR, state=State.BEING_TRACED), TODAY) == "Being traced"
    for rank in Rank:
        assert presenters.why_first(row(rank, TODAY), TODAY)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((Flag.LATE_EFFECTS,), "Late-effects review"),
        ((Flag.LATE_EFFECTS, Flag.PREDISPOSITION), "Late-effects review"),
        ((Flag.PREDISPOSITION,), "Predisposition screening"),
        ((Flag.LATE_EFFECTS, Flag.VISIT), "Yearly visit"),
        ((), "Test added by a clinician"),
    ],
)
def test_the_item_that_gave_the_date_gives_the_word(flags: tuple[Flag, ...], words: str) -> None:
    leading = line("echocardiogram", date(2026, 6, 1), *flags, overdue_after=date(2026, 9, 21))
    other = line("chest-ct", date(2026, 5, 1), Flag.RECURRENCE, overdue_after=date(2027, 1, 1))
    said = presenters.why_first(row(Rank.OVERDUE, date(2026, 9, 22), other, leading), TODAY)
    assert said == f"{words}, 2 months overdue"
    due = presenters.why_first(row(Rank.DUE, date(2026, 6, 1), other, leading, state=State.DUE), TODAY)
    assert due == f"{words}, due 5 months ago"


def test_items_are_grouped_by_where_they_are_done_and_folded_when_many() -> None:
    codes = ["chest-ct", "fatigue-screen", "pain-screen", "skin-examination", "neck-palpation", "echocardiogram"]
    places = presenters.by_place([line(code, TODAY) for code in codes], load_pack())
    assert [(place.label, place.shown, place.more) for place in places] == [
        ("At the visit", "Fatigue screen · Pain screen", "+2 more"),
        ("By order", "CT chest · Echocardiogram", ""),
    ]
    assert places[0].names == ["Fatigue screen", "Pain screen", "Skin examination", "Neck palpation"]


def test_one_more_than_fits_is_named_rather_than_counted() -> None:
    codes = ["fatigue-screen", "pain-screen", "skin-examination"]
    [place] = presenters.by_place([line(code, TODAY) for code in codes], load_pack())
    assert (place.shown, place.more) == ("Fatigue screen · Pain screen · Skin examination", "")


def test_a_test_that_the_pack_no_longer_knows_is_still_shown() -> None:
    [place] = presenters.by_place([line("old-test", TODAY)], load_pack())
    assert place.shown == "old-test"


def test_what_comes_next_says_when_and_how_soon_once_it_is_near() -> None:
    near = DueLine(uuid4(), uuid4(), "echocardiogram", TODAY, date(2027, 1, 4), date(2027, 4, 4), ())
    far = DueLine(uuid4(), uuid4(), "chest-ct", date(2027, 1, 3), date(2027, 3, 4), date(2027, 6, 4), ())
    assert (
        presenters.upcoming_words([far, near], load_pack(), TODAY) == "Next: Echocardiogram, Jan 4, 2027 (in 6 weeks)"
    )
    assert presenters.upcoming_words([far], load_pack(), TODAY) == "Next: CT chest, Mar 4, 2027"
    assert presenters.upcoming_words([], load_pack(), TODAY) == ""


def test_diagnosis_contact_and_visit_are_said_shortly_and_left_out_where_unknown() -> None:
    assert (
        presenters.diagnosis_words(Diagnosis(name="Wilms tumor", diagnosed_on=date(2019, 1, 2))) == "Wilms tumor, 2019"
    )
    assert presenters.diagnosis_words(Diagnosis(name="Wilms tumor")) == "Wilms tumor"
    assert presenters.contact_words(Contact(kind="father", name="")) == "Father"
    assert presenters.contact_words(Contact(kind="other", name="Kim Lee")) == "Kim Lee (contact)"
    assert [presenters.diagnosis_words(None), presenters.contact_words(None), presenters.visit_words(None, TODAY)] == [
        ""
    ] * 3


@pytest.mark.parametrize(
    ("status", "planned_on", "words"),
    [
        ("planned", date(2026, 11, 24), "Visit Nov 24, 2026"),
        ("planned", date(2026, 11, 23), "Visit Nov 23, 2026"),
        ("planned", date(2026, 11, 22), "Visit of Nov 22, 2026, not closed"),
        ("in_progress", date(2026, 11, 23), "Visit of Nov 23, 2026, open"),
    ],
)
def test_a_visit_that_nobody_closed_says_so(status: str, planned_on: date, words: str) -> None:
    assert presenters.visit_words(Visit(status=status, planned_on=planned_on), TODAY) == words
