"""The survivor's page in small: each sentence and word it is made of, for every case it may meet."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask_babel import Babel

from tracker.engine.rules import Pack
from tracker.engine.status import Status
from tracker.guidelines.loader import load_pack
from tracker.models import (
    Certainty,
    ClosedBy,
    Diagnosis,
    DueItem,
    Exposure,
    Outcome,
    Override,
    Result,
    ResultStatus,
    VisitStatus,
)
from tracker.services.care_plans import PlanChange
from tracker.services.results import RecordedResult
from tracker.services.states import State
from tracker.web.forms_results import as_uuid, plain
from tracker.web.presenters_due import PLACES, place_words, since_words, soft_words
from tracker.web.presenters_record import act_words, action_words, closed_words, is_in_force, visit_words, why_words
from tracker.web.presenters_results import Act, outcome_words, present_recorded, says, standing_words
from tracker.web.presenters_survivor import diagnosis_words, exposure_dose, span_words, state_tag
from tracker.web.statuses import LOOKS

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def pages() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def item(**given: Any) -> DueItem:
    values = {
        "test_code": "echocardiogram",
        "upcoming_on": date(2026, 9, 1),
        "due_on": date(2026, 11, 1),
        "overdue_after": date(2026, 11, 20),
        "reasons": [],
    }
    return DueItem(**(values | given))


def result(**given: Any) -> Result:
    values = {
        "id": uuid4(),
        "test_code": "echocardiogram",
        "performed_on": date(2026, 11, 1),
        "status": "final",
        "adequate": True,
        "claimed": False,
    }
    return Result(**(values | given))


@pytest.mark.parametrize(
    "status, words",
    [
        (Status.OVERDUE, "since Nov 21, 2026, 2 days ago"),
        (Status.DUE, "since Nov 1, 2026, 3 weeks ago"),
        (Status.UPCOMING, "due Nov 1, 2026, 3 weeks ago"),
    ],
)
def test_since_when_counts_from_the_first_day_of_the_status(status: Status, words: str) -> None:
    assert since_words(item(), status, TODAY) == words


def test_what_is_overdue_the_day_after_it_was_due_says_so() -> None:
    late = item(due_on=date(2026, 11, 22), overdue_after=date(2026, 11, 22))
    assert since_words(late, Status.OVERDUE, TODAY) == "since Nov 23, 2026, today"


def test_the_soft_date_is_said_only_where_there_is_one() -> None:
    assert soft_words(item()) == ""
    assert soft_words(item(soft_due_on=date(2028, 3, 1))) == "Mar 1, 2028, if what the family told is confirmed"


@pytest.mark.parametrize(
    "value, unit, outcome, usual, words",
    [
        (Decimal("58.0000"), "%", None, "", "58%"),
        (Decimal("58.5"), "%", "normal", "55-70", "58.5% (reported range 55-70), normal"),
        (Decimal("1.2"), "m[IU]/L", None, "", "1.2 mIU/L"),
        (None, None, "abnormal", "", "abnormal"),
        (None, None, None, "", "no outcome recorded"),
    ],
)
def test_a_result_says_value_range_and_finding(
    value: Decimal | None, unit: str | None, outcome: str | None, usual: str, words: str
) -> None:
    assert says(value, unit, outcome, usual) == words


@pytest.mark.parametrize(
    "given, words",
    [
        ({}, "counts"),
        ({"status": "corrected"}, "counts, corrected"),
        ({"status": "amended"}, "counts"),
        ({"status": "preliminary"}, "preliminary: does not count"),
        ({"status": "entered-in-error"}, "taken back: entered in error"),
        ({"claimed": True}, "told by the family: does not count yet"),
        ({"adequate": False}, "not adequate: does not count"),
        ({"superseded_at": datetime(2026, 11, 2, tzinfo=UTC)}, "replaced by a correction"),
    ],
)
def test_whether_a_result_counts_is_said_with_its_reason(given: dict[str, Any], words: str) -> None:
    assert standing_words(result(**given)) == words


@pytest.mark.parametrize(
    "given, words",
    [
        ({"certainty": Certainty.KNOWN, "value": Decimal("300.0000"), "unit": "mg/m2"}, "300 mg/m²"),
        ({"certainty": Certainty.KNOWN, "value": Decimal(0), "unit": "Gy"}, "not given"),
        ({"certainty": Certainty.KNOWN, "value": Decimal(1), "unit": "1"}, "given"),
        ({"certainty": Certainty.KNOWN, "value": Decimal(0), "unit": "1"}, "not given"),
        ({"certainty": Certainty.DOSE_UNKNOWN, "value": None, "unit": "Gy"}, "given, dose not known"),
        ({"certainty": Certainty.DOSE_UNKNOWN, "value": None, "unit": "1"}, "given"),
        ({"certainty": Certainty.DOSE_UNKNOWN, "value": None, "unit": "{count}"}, "given, number not known"),
        ({"certainty": Certainty.DATE_ONLY, "value": None, "unit": "Gy"}, "only the date is recorded"),
    ],
)
def test_unknown_is_never_said_as_no(given: dict[str, Any], words: str) -> None:
    assert exposure_dose(Exposure(name="x", **given)) == words


@pytest.mark.parametrize(
    "start, end, words",
    [
        (date(2024, 3, 14), date(2024, 3, 14), "0 y 0 m"),
        (date(2024, 3, 14), date(2025, 3, 13), "0 y 11 m"),
        (date(2024, 3, 14), date(2025, 3, 14), "1 y 0 m"),
        (date(2024, 1, 31), date(2024, 2, 29), "0 y 0 m"),
    ],
)
def test_a_span_counts_completed_months(start: date, end: date, words: str) -> None:
    assert span_words(start, end) == words


def test_a_diagnosis_is_said_with_the_fields_that_choose_its_schedule() -> None:
    row = Diagnosis(name="Neuroblastoma", risk="high", mibg="positive-at-end-of-therapy")
    assert diagnosis_words(row) == "Neuroblastoma, risk high, MIBG positive at end of therapy"


@pytest.mark.parametrize(
    "given, words",
    [
        ({"course": "relapse", "diagnosed_on": date(2019, 5, 1)}, "ALL, relapsed 2019, risk high"),
        ({"course": "relapse"}, "ALL, relapsed, risk high"),
        ({"course": "progression", "diagnosed_on": date(2019, 1, 1)}, "ALL, progressed 2019, risk high"),
        ({"course": "primary", "diagnosed_on": date(2019, 1, 1)}, "ALL, risk high"),
    ],
)
def test_a_diagnosis_says_its_course(given: dict[str, Any], words: str) -> None:
    assert diagnosis_words(Diagnosis(name="ALL", risk="high", **given)) == words


def test_the_margin_is_named_where_it_is_not_known() -> None:
    assert diagnosis_words(Diagnosis(name="Leiomyosarcoma", resection="unknown")).endswith("resection margin unknown")


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_word(state: State) -> None:
    tag, words = state_tag(state)
    assert words or tag in LOOKS


@pytest.mark.parametrize(
    "given, words",
    [
        ({"action": "add", "due_on": date(2027, 1, 2)}, "Added: due Jan 2, 2027"),
        ({"action": "add", "due_on": date(2027, 1, 2), "repeat_every": "P1Y"}, "Added: due Jan 2, 2027 (every year)"),
        ({"action": "set_interval", "repeat_every": "P6M"}, "Re-timed: every 6 months"),
        ({"action": "defer", "defer_to": date(2027, 1, 2)}, "Deferred to Jan 2, 2027"),
        ({"action": "stop"}, "Stopped"),
    ],
)
def test_a_decision_is_said_with_its_terms(given: dict[str, Any], words: str) -> None:
    assert action_words(Override(**given)) == words


@pytest.mark.parametrize(
    "given, in_force",
    [
        ({"expires_on": None}, True),
        ({"expires_on": date(2026, 11, 24)}, True),
        ({"expires_on": date(2026, 11, 23)}, False),
        ({"decided_on": date(2026, 11, 24)}, False),
        ({"decided_on": date(2026, 11, 23)}, True),
        ({"withdrawn_at": datetime(2026, 11, 2, tzinfo=UTC)}, False),
    ],
)
def test_a_decision_is_in_force_from_its_day_until_its_end(given: dict[str, Any], in_force: bool) -> None:
    assert is_in_force(Override(**({"decided_on": date(2026, 1, 1)} | given)), TODAY) is in_force


def test_every_closed_list_has_a_word_for_each_of_its_values() -> None:
    assert all(closed_words(item(closed_by=value)) for value in ClosedBy)
    assert all(visit_words(value) for value in VisitStatus)
    assert all(outcome_words(value) for value in Outcome)
    assert all(place_words(place) for place in PLACES)


def test_what_we_have_no_words_for_is_still_readable() -> None:
    assert act_words("visit.booked") == "Visit booked"
    assert act_words("adverse-events.corrected") == "Side effects: entry changed"
    assert act_words("radiation.removed").endswith(": entry removed")
    assert why_words("some_new_code") == "Some new code"


@pytest.mark.parametrize(
    "act, given, sentence",
    [
        (Act.RECORDED, {}, "Echocardiogram recorded. Nothing more is planned for it."),
        (Act.CORRECTED, {}, "Echocardiogram corrected. Nothing more is planned for it."),
        (
            Act.RECORDED,
            {"claimed": True},
            "Echocardiogram recorded. Told by the family: the clinic's own date stays until the report is here.",
        ),
        (Act.RECORDED, {"adequate": False}, "Echocardiogram recorded. It was not adequate, so it moves no date."),
        (
            Act.RETRACTED,
            {"status": ResultStatus.ENTERED_IN_ERROR},
            "Echocardiogram taken back. Dates are what they were without it.",
        ),
    ],
)
def test_where_nothing_is_due_the_sentence_after_saving_says_so(
    pack: Pack, act: Act, given: dict[str, Any], sentence: str
) -> None:
    recorded = RecordedResult(result(**given), PlanChange(), (), pack)
    assert present_recorded(recorded, pack, act) == sentence


def reason(**given: Any) -> dict[str, Any]:
    base = {"rule_id": "r", "kind": "late_effects", "pack": "p", "start_basis": "end_of_therapy", "wins": True}
    return base | {"exposures": [], "context": []} | given


@pytest.mark.parametrize(
    "given, cause",
    [
        ({"exposures": [["doxorubicin_mg_m2", "300"]]}, "doxorubicin, 300 mg/m²"),
        ({"exposures": [["doxorubicin_mg_m2", None]]}, "doxorubicin, dose unknown"),
        (
            {"kind": "recurrence", "context": [["diagnosis", "Leiomyosarcoma"]]},
            "recurrence surveillance after Leiomyosarcoma",
        ),
        (
            {"kind": "predisposition", "context": [["syndrome", "Li-Fraumeni"]]},
            "the inherited predisposition Li-Fraumeni",
        ),
        ({"kind": "override", "override_action": "defer"}, "a clinician's decision"),
    ],
)
def test_the_next_date_is_told_with_what_decided_it(pack: Pack, given: dict[str, Any], cause: str) -> None:
    following = item(due_on=date(2028, 5, 14), reasons=[reason(wins=False), reason(**given)])
    recorded = RecordedResult(result(), PlanChange(), (following,), pack)
    assert present_recorded(recorded, pack) == (f"Echocardiogram recorded. Next due May 14, 2028, because of {cause}.")


def test_of_a_test_that_was_stood_in_for_only_the_date_is_told(pack: Pack) -> None:
    following = item(test_code="chest-x-ray", due_on=date(2028, 5, 14), reasons=[reason()])
    recorded = RecordedResult(result(test_code="chest-ct"), PlanChange(), (following,), pack)
    assert present_recorded(recorded, pack) == "CT chest recorded. Chest X-ray next due May 14, 2028."


@pytest.mark.parametrize(
    "stored, typed", [("58.0000", "58"), ("58.5000", "58.5"), ("0.0000", "0"), ("100.0000", "100"), ("-2.5000", "-2.5")]
)
def test_a_value_is_offered_for_correction_as_it_was_typed(stored: str, typed: str) -> None:
    assert format(plain(result(value=Decimal(stored))), "f") == typed


@pytest.mark.parametrize("text", [None, "", "17", "not-an-id"])
def test_what_is_no_id_is_none(text: str | None) -> None:
    assert as_uuid(text) is None
