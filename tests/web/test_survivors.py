"""The survivor's page: what needs attention, what is due with its proof, and the folded rest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_exposure, make_result, make_staff, make_survivor, make_visit
from tests.web.signing_in import sign_in
from tracker.clock import FixedClock
from tracker.models import AccessEvent, Clinic, Role, Survivor, User
from tracker.policy import Actor, Scope
from tracker.services import care_plans
from tracker.services.overrides import OverrideInput, decide
from tracker.services.packs import pack_for
from tracker.services.results import ResultInput, correct_result, record_result
from tracker.web.context import database
from tracker.web.presenters_survivor import named

TODAY = date(2026, 11, 23)


@dataclass
class Setting:
    app: Flask
    client: FlaskClient
    session: Session
    clock: FixedClock
    clinic: Clinic
    user: User
    survivor: Survivor

    @property
    def actor(self) -> Actor:
        return Actor(self.user.name, self.user.id, (Scope(Role.CLINICIAN, clinic_id=self.clinic.id),))

    def on(self, today: date) -> None:
        """Let days pass, and sign in again."""
        self.session.commit()
        self.clock.set(today)
        sign_in(self.client, self.user)

    def get(self, endpoint: str = "survivors.show", **values: Any) -> str:
        """The page as text, tags left out, every run of spaces as one."""
        html = self.html(endpoint, **values)
        html = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace(" .", ".").replace(" ,", ",")

    def html(self, endpoint: str = "survivors.show", **values: Any) -> str:
        care_plans.refresh(self.session, self.survivor, clock=self.clock)
        self.session.commit()
        with self.app.test_request_context():
            path = url_for(endpoint, survivor_id=self.survivor.id, **values)
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.status_code
        return answer.get_data(as_text=True)


@pytest.fixture
def ana(app_sqlite: Flask, clock: FixedClock) -> Iterator[Setting]:
    """Ana: leiomyosarcoma of a limb, high grade, off therapy since March 14, 2024; seen by Dana, a clinician."""
    with app_sqlite.app_context():
        store = database()
    with Session(store.engine, expire_on_commit=False) as session:
        clinic = make_clinic(session, name="Survivorship clinic")
        user = make_staff(session, clinic)
        survivor = make_survivor(
            session,
            clinic,
            mrn="004417",
            pronouns="she/her",
            end_of_therapy_on=date(2024, 3, 14),
            tumor={"grade": "high", "site": "extremity"},
            exposures={"doxorubicin_mg_m2": 300},
        )
        session.commit()
        client = sign_in(app_sqlite.test_client(), user)
        yield Setting(app_sqlite, client, session, clock, clinic, user, survivor)


def test_the_header_says_who_it_is(ana: Setting) -> None:
    page = ana.get()
    assert "19 years · she/her · MRN 004417 · born Mar 5, 2007" in page
    assert "Leiomyosarcoma, grade high, site extremity · off therapy since Mar 14, 2024 (2 y 8 m)" in page


@pytest.mark.parametrize(
    "today, span", [(date(2026, 11, 13), "2 y 7 m"), (date(2026, 11, 14), "2 y 8 m"), (date(2027, 3, 14), "3 y 0 m")]
)
def test_the_time_off_therapy_counts_completed_months(ana: Setting, today: date, span: str) -> None:
    ana.on(today)
    assert f"off therapy since Mar 14, 2024 ({span})" in ana.get()


def test_overdue_recurrence_screening_comes_first(ana: Setting) -> None:
    page = ana.get()
    attention = page[page.index("Needs attention") : page.index("Course")]
    assert re.search(r"Recurrence screening is overdue: .*CT chest", attention)
    assert "(due since Jun 14, 2024)" in attention
    assert attention.index("Recurrence screening") < attention.index("Other checks")


def test_what_is_unknown_is_said_with_its_consequence_and_who_can_settle_it(ana: Setting) -> None:
    ana.session.execute(sa.text("DELETE FROM exposures"))
    make_exposure(ana.session, ana.survivor, "heart_rt_gy", None)
    page = ana.get()
    said = re.search(r"Not known: ([^.]*)\. Planned as a precaution: ([^.]*)\.", page)
    assert said is not None
    assert said[1] == pack_for(ana.clinic).exposures["heart_rt_gy"].label
    assert said[2].count(",") == 3 and said[2].endswith("Echocardiogram")
    assert "The treating center can settle it." in page


@pytest.mark.parametrize(
    "names, words",
    [(["a"], "a"), (["a", "b", "c", "d"], "a, b, c, d"), (["a", "b", "c", "d", "e"], "a, b, c, d and 1 more")],
)
def test_of_many_tests_four_are_named(app_sqlite: Flask, names: list[str], words: str) -> None:
    with app_sqlite.test_request_context():
        assert named(names) == words


def test_at_most_three_things_stand_out_and_the_rest_is_folded(ana: Setting) -> None:
    for name in ("heart_rt_gy", "neck_rt_gy", "cranial_rt_gy", "kidney_rt_gy"):
        make_exposure(ana.session, ana.survivor, name, None)
    html = ana.html()
    attention = html[html.index("Needs attention") : html.index('id="course"')]
    first, _, folded = attention.partition("<details")
    assert first.count("<li>") == 3
    assert re.search(r"[1-9]\d* more", folded) and folded.count("<li>") >= 1


def test_somebody_without_a_summary_is_told_what_to_do_next(ana: Setting) -> None:
    ana.session.execute(sa.text("UPDATE diagnoses SET end_of_therapy_on = NULL"))
    ana.session.expire_all()
    page = ana.get()
    assert "Awaiting treatment summary" in page
    assert "Ask the treating center, then complete the treatment summary." in page
    assert "Nothing can be planned before the treatment summary is complete." in page


def test_the_dead_have_nothing_due(ana: Setting) -> None:
    ana.survivor.deceased_on = date(2026, 5, 1)
    page = ana.get()
    assert "Died May 1, 2026. Nothing is due." in page
    assert "overdue" not in page.lower()


def test_nobody_is_asked_to_book_a_visit_for_the_dead(ana: Setting) -> None:
    assert "Book visit" in ana.get()
    ana.survivor.deceased_on = date(2026, 5, 1)
    page = ana.get()
    assert "Book visit" not in page
    assert "Needs attention" not in page


def test_everything_overdue_stands_before_what_is_unknown(ana: Setting) -> None:
    make_exposure(ana.session, ana.survivor, "heart_rt_gy", None)
    page = ana.get()
    attention = page[page.index("Needs attention") : page.index("Course")]
    assert attention.index("Other checks are overdue") < attention.index("Not known:")


def test_a_missing_end_of_therapy_is_said_once(ana: Setting) -> None:
    ana.session.execute(sa.text("UPDATE diagnoses SET end_of_therapy_on = NULL"))
    ana.session.expire_all()
    page = ana.get()
    assert page.count("no diagnosis with an end of therapy") == 1
    assert "Not known: end of therapy" not in page


def test_contacts_and_the_follow_up_decision_are_one_press_away(ana: Setting) -> None:
    html = ana.html()
    for rest in ("contacts", "standing", "edit", "treatment"):
        assert f'href="/survivors/{ana.survivor.id}/{rest}"' in html, rest


def test_what_is_due_is_grouped_by_where_it_is_done_most_urgent_first(ana: Setting) -> None:
    page = ana.get()
    due = page[page.index("What is due") : page.index("Planned for later")]
    assert due.index("At the visit (") < due.index("By order (")
    chest = due[due.index("CT chest") :]
    assert chest.startswith("CT chest Overdue Recurrence since Sep 15, 2024, 2 years ago · never done")


def test_among_the_overdue_recurrence_screening_stands_first_though_others_are_later_still(ana: Setting) -> None:
    for code in ("history-and-physical-examination", "survivorship-clinic-visit"):
        make_result(ana.session, ana.survivor, code, date(2026, 2, 10), outcome="normal")
    page = ana.get()
    visit = page[page.index("At the visit (") : page.index("By order (")]
    exam, mood = visit.index("History and physical examination"), visit.index("Mental health screen")
    assert "since Aug 11, 2026" in visit[exam:mood]
    assert "since Jun 13, 2026" in visit[mood : mood + 80]


def test_every_date_opens_into_its_proof(ana: Setting) -> None:
    result = make_result(ana.session, ana.survivor, "echocardiogram", date(2026, 3, 20), outcome="normal")
    page = ana.get()
    proof = page[
        page.index("Why : Echocardiogram") if "Why : Echocardiogram" in page else page.index("Why: Echocardiogram") :
    ]
    proof = proof[: proof.index("Stop")]
    for piece in (
        "Due every 2 years because of doxorubicin-equivalent anthracycline dose, 300 mg/m² (≥ 250 mg/m²).",
        "Last done March 20, 2026.",
        "Counted from 2 years after the end of therapy, March 14, 2026.",
        "Rule echo-high of childhood-cancer/2026.1:",
        "(confirmed)",
        "March 20, 2028",
        "Mar 20, 2026, Echocardiogram, normal",
    ):
        assert piece in proof, piece
    assert result.id


def test_a_claim_shows_both_dates(ana: Setting) -> None:
    make_result(ana.session, ana.survivor, "echocardiogram", date(2026, 11, 1), claimed=True)
    page = ana.get()
    assert "Nov 1, 2028, if what the family told is confirmed" in page
    assert "Told by the family, report not here: Echocardiogram." in page
    assert "told by the family: does not count yet" in page


def test_what_is_planned_for_later_stands_by_year(ana: Setting) -> None:
    make_result(ana.session, ana.survivor, "echocardiogram", date(2026, 3, 20), outcome="normal")
    html = ana.html()
    later = html[html.index('id="later"') : html.index('id="decisions"')]
    assert re.search(r"<h3[^>]*>2028</h3>", later)
    assert later.index("Echocardiogram") > later.index("2028</h3>")


def test_results_stand_newest_first_with_the_corrected_one_struck_out(ana: Setting) -> None:
    entered = ResultInput("echocardiogram", date(2026, 3, 20), outcome="normal", report="Good function")
    old = record_result(ana.session, ana.survivor.id, entered, actor=ana.actor, clock=ana.clock).result
    right = ResultInput("echocardiogram", date(2026, 3, 21), outcome="abnormal")
    correct_result(ana.session, ana.survivor.id, old.id, right, actor=ana.actor, clock=ana.clock, reason="Typed wrong")
    html = ana.html()
    results = html[html.index('id="results"') : html.index('id="treatment"')]
    assert results.index("Mar 21, 2026") < results.index("<s>Mar 20, 2026</s>")
    assert "<s>normal</s>" in results and "replaced by a correction" in results and "counts, corrected" in results
    assert "Good function" in results


def test_the_treatment_summary_names_doses_says_what_is_unknown_and_shows_its_sums(ana: Setting) -> None:
    make_exposure(ana.session, ana.survivor, "epirubicin_mg_m2", 100, last_on=date(2023, 9, 1))
    make_exposure(ana.session, ana.survivor, "cisplatin_mg_m2", None)
    make_exposure(ana.session, ana.survivor, "vinca_alkaloid", 1)
    make_exposure(ana.session, ana.survivor, "tbi_gy", 0)
    page = ana.get()
    summary = page[page.index("Treatment summary Not yet") :]
    for piece in (
        "doxorubicin Dose 300 mg/m²",
        "epirubicin Dose 100 mg/m² Last day Sep 1, 2023",
        "cisplatin Dose given, dose not known Last day not recorded",
        "vinca alkaloid Dose given",
        "Dose not given",
        "doxorubicin-equivalent anthracycline dose Dose 380 mg/m² How doxorubicin 300 + epirubicin 100 × 0.8",
        "Diagnosed not recorded",
    ):
        assert piece.lower() in summary.lower(), piece


def test_an_unknown_part_makes_a_sum_a_least_amount(ana: Setting) -> None:
    make_exposure(ana.session, ana.survivor, "epirubicin_mg_m2", None)
    assert "at least 300 mg/m² How doxorubicin 300 + epirubicin (dose not known) × 0.8" in ana.get()


def test_a_decision_is_shown_with_what_the_guideline_says(ana: Setting) -> None:
    entered = OverrideInput("chest-ct", "stop", "Agreed with the family", date(2027, 6, 1))
    decide(ana.session, ana.survivor.id, entered, actor=ana.actor, clock=ana.clock)
    page = ana.get()
    table = page[page.index("Decisions in force") : page.index("Add a test")]
    assert "CT chest Stopped Agreed with the family Dana Ruiz, Nov 23, 2026 Jun 1, 2027 due Jun 14, 2024" in table


def test_a_decision_past_its_end_is_history(ana: Setting) -> None:
    entered = OverrideInput("chest-ct", "stop", "Agreed", date(2027, 6, 1))
    decide(ana.session, ana.survivor.id, entered, actor=ana.actor, clock=ana.clock)
    for today, in_force in ((date(2027, 5, 31), True), (date(2027, 6, 1), False)):
        ana.on(today)
        page = ana.get()
        assert ("Decisions in force" in page) is in_force
        assert ("Past decisions (1)" in page) is not in_force


def test_a_coordinator_sees_the_page_without_the_clinicians_acts(ana: Setting) -> None:
    other = make_staff(ana.session, ana.clinic, Role.COORDINATOR, name="Carl Moss")
    ana.session.commit()
    mine = ana.html()
    ana.client = sign_in(ana.app.test_client(), other)
    theirs = ana.html()
    for act in ("Log a result", "Log result", "Defer", "Edit treatment summary", "Add a test"):
        assert act in mine and act not in theirs, act
    for act in ("Book visit", "Edit details"):
        assert act in mine and act in theirs, act


def test_a_booked_visit_is_one_press_away(ana: Setting) -> None:
    visit = make_visit(ana.session, ana.survivor, date(2026, 12, 7))
    html = ana.html()
    assert f"/visits/{visit.id}" in html and "Open visit of Dec 7, 2026" in html
    assert "Book visit" not in html


def test_every_look_at_the_page_is_written_down(ana: Setting) -> None:
    ana.get()
    ana.get("survivors.not_needed")
    ana.get("survivors.history")
    ana.session.rollback()
    purposes = ana.session.scalars(
        sa.select(AccessEvent.purpose).where(AccessEvent.survivor_id == ana.survivor.id)
    ).all()
    assert sorted(purposes) == ["history of the record", "survivor page", "what is not needed"]


def test_the_course_is_a_picture_and_a_table(ana: Setting) -> None:
    html = ana.html()
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in html and 'role="img"' in html
    table = html[html.index("Course, as a table") :]
    assert "End of therapy: Leiomyosarcoma" in table[: table.index("</table>")]


def test_names_with_markup_stay_text(ana: Setting) -> None:
    ana.survivor.preferred_name = "<b>Ana</b>"
    html = ana.html()
    assert "<b>Ana</b>" not in html and "&lt;b&gt;Ana&lt;/b&gt;" in html


def test_what_is_not_needed_is_grouped_by_why(ana: Setting) -> None:
    page = ana.get("survivors.not_needed")
    assert page.index("Not exposed, or not enough") < page.index("For another diagnosis")
    assert "The exposures do not fit" in page


def test_the_history_names_what_was_done_and_by_whom(ana: Setting) -> None:
    entered = ResultInput("echocardiogram", date(2026, 3, 20), outcome="normal")
    record_result(ana.session, ana.survivor.id, entered, actor=ana.actor, clock=ana.clock)
    assert "Dana Ruiz What Result recorded" in ana.get("survivors.history")


def test_the_page_takes_the_same_number_of_statements_however_long_the_history(ana: Setting) -> None:
    ana.html()
    few = _statements(ana)
    for year in range(2015, 2026):
        for month in range(1, 13):
            make_result(ana.session, ana.survivor, "blood-pressure", date(year, month, 5), outcome="normal")
    ana.html()
    assert _statements(ana) == few


def _statements(ana: Setting) -> int:
    with ana.app.app_context():
        engine = database().engine
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    with ana.app.test_request_context():
        path = url_for("survivors.show", survivor_id=ana.survivor.id)
    ana.client.get(path)
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)
