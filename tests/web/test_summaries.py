"""The treatment summary's pages: whole, on paper, compared with itself, and a total taken from what was given."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_diagnosis, make_exposure, make_survivor
from tests.integration.given_entries import give, give_drug
from tests.integration.summary_cases import leiomyosarcoma, relapsed_leukemia
from tests.web.staff import Staff
from tracker.clock import FixedClock
from tracker.models import AccessEvent, Allergy, AuditEvent, Clinic, Diagnosis, Exposure, Insurance, Role, Survivor
from tracker.policy import Actor
from tracker.services import editions

DANA = Actor.system("Dana Ruiz")


@pytest.fixture
def staff(app: Flask) -> Staff:
    return Staff(app)


@pytest.fixture
def clinician(staff: Staff) -> FlaskClient:
    return staff.client(Role.CLINICIAN)


def words(page: str) -> str:
    """The page's text on one line, without its marks."""
    body = page[page.index("<main") :] if "<main" in page else page
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def read(client: FlaskClient, survivor_id: UUID, more: str = "") -> str:
    answer = client.get(f"/survivors/{survivor_id}/summary{more}")
    assert answer.status_code == 200
    return words(answer.text)


@pytest.fixture
def ana(staff: Staff, clock: FixedClock) -> UUID:
    with staff.writing() as session:
        return leiomyosarcoma(session, clock, session.get(Clinic, staff.clinic_id), mrn="004417").id


@pytest.fixture
def kenji(staff: Staff, clock: FixedClock) -> UUID:
    with staff.writing() as session:
        return relapsed_leukemia(session, clock, session.get(Clinic, staff.clinic_id)).id


@pytest.fixture
def changing(staff: Staff, clock: FixedClock) -> Iterator[UUID]:
    """A survivor whose summary was kept twice: low grade on November 23, high grade the day after."""
    with staff.writing() as session:
        survivor = make_survivor(session, session.get(Clinic, staff.clinic_id), diagnosis=None)
        diagnosis = make_diagnosis(session, survivor, grade="low")
        editions.keep_edition(session, survivor, change="treatment.recorded", reason="", actor=DANA, clock=clock)
        clock.advance(timedelta(days=1))
        diagnosis.grade = "high"
        give(session, survivor, Allergy, substance="latex")
        editions.keep_edition(
            session, survivor, change="allergies.recorded", reason="Second opinion", actor=DANA, clock=clock
        )
    clock.advance(timedelta(days=1))
    yield survivor.id


@pytest.fixture
def disagreeing(staff: Staff, clock: FixedClock) -> UUID:
    with staff.writing() as session:
        survivor = make_survivor(session, session.get(Clinic, staff.clinic_id), exposures={"doxorubicin_mg_m2": 300})
        give_drug(session, survivor, 390)
        return survivor.id


def test_the_page_says_who_it_is_about_and_who_stands_behind_it(clinician: FlaskClient, ana: UUID) -> None:
    page = read(clinician, ana)
    for said in (
        "Name Ana Rivera",
        "Born Mar 5, 2007 (19 years)",
        "Record number 004417",
        "Interpreter Needed: Spanish",
        "Confirmed Mar 2, 2026 by Dr. Lena Okafor",
    ):
        assert said in page


def test_every_part_of_the_record_is_on_the_page(clinician: FlaskClient, ana: UUID) -> None:
    page = read(clinician, ana)
    for said in (
        "Leiomyosarcoma First diagnosis",
        "Mitotic count 14",
        "Size 62 mm",
        "Not known: the margin of the resection (R0, R1 or R2)",
        "Lung, Nov 2021",
        "Doxorubicin 75 mg/m² × 5, IV, Nov 20, 2021 – Oct 31, 2022",
        "TP53, c.524G>A (p.Arg175His)",
        "Chemotherapy first, then resection with replacement of the vena cava",
        "Dr. Sam Whitfield",
        "penicillin, hives, moderate",
        "ovarian tissue stored",
        "Confidential: never shown to a proxy",
    ):
        assert said in page, said
    assert "XK-4471" not in page
    nothing = page[page.rindex("Nothing is recorded of:", 0, page.index("Cumulative exposures")) :]
    assert "Add to: Stem cell transplants" in nothing


def test_what_is_unknown_stands_first_with_who_could_tell_and_where_to_enter_it(
    clinician: FlaskClient, kenji: UUID
) -> None:
    answer = clinician.get(f"/survivors/{kenji}/summary").text
    page = words(answer)
    first = page.index("Important: Not known (")
    assert first < page.index("Diagnoses")
    asked = "Cyclophosphamide: the dose cannot be converted without the body weight of the day"
    assert page.index(asked) > first
    assert "Ask the pharmacy. Enter it" in page
    assert re.search(rf"/survivors/{kenji}/record/drugs/[0-9a-f-]+\"", answer)


def test_totals_show_their_arithmetic_and_whose_factors_they_use(clinician: FlaskClient, kenji: UUID) -> None:
    page = read(clinician, kenji)
    assert "75 + 0.6 × 120 + 10 × 20 = 347 mg/m²" in page
    assert "Factors: Anthracycline equivalents" in page
    assert "6 (Whole brain) + 12 (Total body) = 18 Gy" in page
    assert "at least 5,200 mg/m²" in page
    # Only possible: whether it is still active nobody knows.
    assert re.search(r"Active chronic graft-versus-host disease Dose ?possible", page)
    assert "Daunorubicin: 120 × 0.6 = 72" in page


def test_entries_about_one_of_several_tumors_stand_under_its_name(clinician: FlaskClient, kenji: UUID) -> None:
    page = read(clinician, kenji)
    part = page[page.index("Chemotherapy and other cancer medicines") : page.index("Cumulative exposures")]
    first, relapse = "Acute lymphoblastic leukemia (Jul 10, 2009)", "Acute lymphoblastic leukemia (Sep 2, 2013)"
    assert part.index(first) < part.index("Daunorubicin 120") < part.index(relapse) < part.index("Mitoxantrone 20")
    assert part.count(first) == 1


def test_an_empty_record_says_so(staff: Staff, clinician: FlaskClient) -> None:
    with staff.writing() as session:
        survivor = make_survivor(session, session.get(Clinic, staff.clinic_id), diagnosis=None)
    page = read(clinician, survivor.id)
    assert "No diagnosis is recorded. Record one" in page
    assert "Not yet confirmed by the treating center" in page
    assert "No exposure is recorded." in page


def test_a_coordinator_may_add_people_but_not_treatment(staff: Staff, ana: UUID) -> None:
    page = staff.client(Role.COORDINATOR).get(f"/survivors/{ana}/summary").text
    assert f"/survivors/{ana}/record/care-team/new" in page
    assert f"/survivors/{ana}/record/drugs/new" not in page
    assert f"/survivors/{ana}/treatment" not in page


def test_reading_is_noted_and_changes_nothing(staff: Staff, clinician: FlaskClient, ana: UUID) -> None:
    for more in ("", "/print", "/compare"):
        read(clinician, ana, more)
    with staff.writing() as session:
        noted = session.scalars(sa.select(AccessEvent.purpose).where(AccessEvent.survivor_id == ana)).all()
        assert session.scalars(sa.select(AuditEvent).where(AuditEvent.survivor_id == ana)).all() == []
    assert set(noted) == {"treatment summary", "treatment summary, printed", "treatment summary, compared"}


def test_the_survivors_page_leads_to_it(clinician: FlaskClient, ana: UUID) -> None:
    assert f'href="/survivors/{ana}/summary"' in clinician.get(f"/survivors/{ana}").text


def test_paper_holds_everything_but_what_is_confidential(clinician: FlaskClient, ana: UUID) -> None:
    page = read(clinician, ana, "/print")
    for said in (
        "As of Nov 23, 2026",
        "Ask for the operative and pathology reports.",
        "Doxorubicin: 75 mg/m² × 5 courses = 375 mg/m²",
        "Radiation to the abdomen, radiation dose to the colon, heart, kidneys",
        "Nothing is recorded of:",
        "stem cell transplants",
        "Not printed because it is confidential: Puberty, fertility and pregnancy.",
        "Rivera, Ana · Mar 5, 2007 · MRN 004417",
    ):
        assert said in page, said
    assert "ovarian tissue" not in page
    assert "XK-4471" not in page
    whole = read(clinician, ana, "/print?confidential=1")
    assert "ovarian tissue" in whole
    assert "Not printed because" not in whole


def test_a_long_report_is_shortened_on_paper_and_whole_on_the_screen(staff: Staff, clinician: FlaskClient) -> None:
    with staff.writing() as session:
        survivor = make_survivor(session, session.get(Clinic, staff.clinic_id))
        give(session, survivor, Allergy, substance="latex", note="word " * 60 + "end")
    assert "word end" in read(clinician, survivor.id)
    paper = read(clinician, survivor.id, "/print")
    assert "word end" not in paper
    assert "word…" in paper


def test_an_earlier_day_is_shown_as_it_was_and_offers_no_change(changing: UUID, clinician: FlaskClient) -> None:
    answer = clinician.get(f"/survivors/{changing}/summary?on=2026-11-23").text
    page = words(answer)
    assert "This is the summary as it stood on Nov 23, 2026" in page
    assert "Grade Low" in page
    assert "latex" not in page
    assert "/record/" not in answer.split("The whole record")[1]
    now = read(clinician, changing)
    assert "Grade High" in now and "latex" in now
    assert "As it stood on Nov 23, 2026" in read(clinician, changing, "/print?on=2026-11-23")


def test_before_anything_was_kept_there_is_nothing_to_show(changing: UUID, clinician: FlaskClient) -> None:
    answer = clinician.get(f"/survivors/{changing}/summary?on=2020-01-01")
    assert answer.status_code == 404
    assert "No summary was kept on or before January 1, 2020" in words(answer.text)


def test_a_day_that_is_none_shows_today(changing: UUID, clinician: FlaskClient) -> None:
    assert "Grade High" in read(clinician, changing, "?on=yesterday")


def test_differences_are_said_in_words_with_who_when_and_why(changing: UUID, clinician: FlaskClient) -> None:
    page = read(clinician, changing, "/compare")
    assert "Compared: edition 1 of Nov 23, 2026, 7:00 AM, with edition 2 of Nov 24, 2026, 7:00 AM." in page
    assert "Diagnoses: changed Leiomyosarcoma" in page
    assert re.search(r"Grade (Before )?Low (After )?High", page)
    assert "Allergies: added latex" in page
    assert "Dana Ruiz" in page and "Allergy: added" in page and "Second opinion" in page


def test_two_chosen_days_are_compared(changing: UUID, clinician: FlaskClient) -> None:
    assert "Nothing is different." in read(clinician, changing, "/compare?from=2026-11-24&to=2026-11-24")
    before = read(clinician, changing, "/compare?from=2026-11-01&to=2026-11-23")
    assert "Compared: nothing was recorded yet, with edition 1" in before
    assert "Diagnoses: added Leiomyosarcoma" in before


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=tomorrow", "Choose a day from the calendar, or write it like 2026-03-14"),
        ("from=2026-11-24&to=2026-11-23", "The second day is before the first. Change one of them"),
    ],
)
def test_days_that_cannot_be_compared_are_refused_where_they_were_typed(
    changing: UUID, clinician: FlaskClient, query: str, said: str
) -> None:
    answer = clinician.get(f"/survivors/{changing}/summary/compare?{query}")
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert words(answer.text).count(said) == 2
    assert 'value="' + query.split("=")[1].split("&")[0] + '"' in answer.text


def test_nothing_kept_is_nothing_to_compare(clinician: FlaskClient, ana: UUID) -> None:
    assert "Nothing to compare yet" in read(clinician, ana, "/compare")


def test_an_encrypted_number_is_neither_shown_nor_compared_in_the_clear(
    staff: Staff, changing: UUID, clinician: FlaskClient, clock: FixedClock
) -> None:
    with staff.writing() as session:
        survivor = session.get_one(Survivor, changing)
        give(session, survivor, Insurance, kind="medicaid", member_number="XK-4471")
        editions.keep_edition(session, survivor, change="insurance.recorded", reason="", actor=DANA, clock=clock)
    page = read(clinician, changing, "/compare")
    assert "kept encrypted" in page
    assert "XK-4471" not in page and "hidden:" not in page


def test_a_disagreement_is_shown_and_settled_with_one_act(
    staff: Staff, clinician: FlaskClient, disagreeing: UUID
) -> None:
    page = read(clinician, disagreeing)
    assert "Doxorubicin: the total and what was given differ" in page
    assert "Recorded as a total: 300 mg/m². What was given: 390 mg/m²." in page
    answer = clinician.post(
        f"/survivors/{disagreeing}/summary/use-given",
        data={"name": "doxorubicin_mg_m2", "reason": "Two courses were forgotten"},
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/survivors/{disagreeing}/summary#totals"
    after = read(clinician, disagreeing)
    assert "The total now follows from what was given" in after
    assert "differ" not in after
    with staff.writing() as session:
        row = session.scalars(sa.select(Exposure).where(Exposure.survivor_id == disagreeing)).one()
        assert (row.value, row.source) == (Decimal(390), "given")
        audit = session.scalars(sa.select(AuditEvent).where(AuditEvent.survivor_id == disagreeing)).one()
        assert (audit.actor, audit.reason) == ("Dana Ruiz", "Two courses were forgotten")


def test_without_a_reason_nothing_is_settled(clinician: FlaskClient, disagreeing: UUID) -> None:
    answer = clinician.post(f"/survivors/{disagreeing}/summary/use-given", data={"name": "doxorubicin_mg_m2"})
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert 'href="#reason-doxorubicin_mg_m2"' in answer.text
    assert words(answer.text).count("Enter why the sum of what was given is right") == 2


def test_a_total_that_gave_way_meanwhile_says_so_and_keeps_what_was_typed(
    staff: Staff, clinician: FlaskClient, disagreeing: UUID
) -> None:
    with staff.writing() as session:
        survivor = session.get_one(Survivor, disagreeing)
        make_exposure(session, survivor, "cyclophosphamide_mg_m2", value=10)
    answer = clinician.post(
        f"/survivors/{disagreeing}/summary/use-given", data={"name": "cyclophosphamide_mg_m2", "reason": "as given"}
    )
    assert answer.status_code == 422
    assert "Record the courses first" in words(answer.text)
    again = clinician.post(
        f"/survivors/{disagreeing}/summary/use-given", data={"name": "doxorubicin_mg_m2", "reason": "x" * 401}
    )
    assert again.status_code == 422
    assert "x" * 401 in again.text


def test_what_a_coordinator_cannot_settle_is_shown_without_the_act(staff: Staff, disagreeing: UUID) -> None:
    page = staff.client(Role.COORDINATOR).get(f"/survivors/{disagreeing}/summary").text
    assert "the total and what was given differ" in page
    assert "use-given" not in page


def test_a_change_after_the_confirmation_is_said(
    staff: Staff, changing: UUID, clinician: FlaskClient, clock: FixedClock
) -> None:
    with staff.writing() as session:
        survivor = session.get_one(Survivor, changing)
        survivor.summary_confirmed_on, survivor.summary_confirmed_by = date(2026, 11, 25), "Dr. Osei"
        editions.keep_edition(session, survivor, change="treatment.recorded", reason="", actor=DANA, clock=clock)
        session.scalars(sa.select(Diagnosis).where(Diagnosis.survivor_id == changing)).one().grade = "low"
        editions.keep_edition(session, survivor, change="treatment.recorded", reason="", actor=DANA, clock=clock)
    assert "Nov 25, 2026 by Dr. Osei. Changed 1 time since, last Nov 25, 2026, 7:00 AM by Dana Ruiz" in read(
        clinician, changing
    )


@pytest.mark.parametrize(
    ("tumor", "words_of_the_pack"),
    [({"site": "gi"}, "chemotherapy and radiation have had little effect"), ({"clinic_subtype": "bone"}, "MRI shows")],
)
def test_what_the_pack_says_of_such_a_tumor_stands_beside_it(
    staff: Staff, clinician: FlaskClient, tumor: dict[str, str], words_of_the_pack: str
) -> None:
    with staff.writing() as session:
        clinic = session.get(Clinic, staff.clinic_id)
        like_this = make_survivor(session, clinic, diagnosis=None)
        make_diagnosis(session, like_this, **tumor)
        otherwise = make_survivor(session, clinic, tumor={"site": "extremity"})
    assert words_of_the_pack in read(clinician, like_this.id)
    assert words_of_the_pack not in read(clinician, otherwise.id)
