"""The survivor's page says dates no finer than they are known, each cancer once, and the gravest gap first."""

import re
from datetime import date
from html import unescape
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_diagnosis, make_exposure, make_survivor
from tests.integration.summary_cases import relapsed_leukemia
from tests.web.staff import Staff
from tracker.clock import FixedClock
from tracker.models import Clinic, Diagnosis, Event, Exposure, PlanGap, Role, Survivor


@pytest.fixture
def staff(app: Flask) -> Staff:
    return Staff(app)


@pytest.fixture
def clinician(staff: Staff) -> FlaskClient:
    return staff.client(Role.CLINICIAN)


@pytest.fixture
def kenji(staff: Staff, clock: FixedClock) -> UUID:
    with staff.writing() as session:
        return relapsed_leukemia(session, clock, session.get(Clinic, staff.clinic_id)).id


def page_of(client: FlaskClient, survivor_id: UUID) -> str:
    answer = client.get(f"/survivors/{survivor_id}")
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def plain_survivor(staff: Staff, **given: object) -> UUID:
    with staff.writing() as session:
        return make_survivor(session, session.get(Clinic, staff.clinic_id), **given).id  # type: ignore[arg-type]


def change(staff: Staff, table: type, survivor_id: UUID, **values: object) -> None:
    with staff.writing() as session:
        session.execute(sa.update(table).where(table.survivor_id == survivor_id).values(**values))  # type: ignore[attr-defined]


def test_a_cancer_that_came_back_is_named_once_with_when(clinician: FlaskClient, kenji: UUID) -> None:
    page = page_of(clinician, kenji)
    headline = page[: page.index("· off therapy since")]
    assert headline.count("Acute lymphoblastic leukemia") == 1
    assert "Acute lymphoblastic leukemia, risk high, relapsed 2013, site bone marrow and CNS" in headline


def test_two_cancers_are_both_named(staff: Staff, clinician: FlaskClient) -> None:
    survivor_id = plain_survivor(staff)
    with staff.writing() as session:
        survivor = session.get(Survivor, survivor_id)
        assert survivor is not None
        make_diagnosis(session, survivor, "Melanoma", position=1, course="second_primary")
        make_diagnosis(session, survivor, "Leiomyosarcoma", position=2)
    assert "Leiomyosarcoma; Melanoma, another cancer; Leiomyosarcoma ·" in page_of(clinician, survivor_id)


@pytest.mark.parametrize(
    "precision, words",
    [
        ("day", "off therapy since Dec 1, 2019 (6 y 11 m)"),
        ("month", "off therapy since Dec 2019 (6 y 11 m)"),
        ("year", "off therapy since 2019 "),
    ],
)
def test_the_end_of_therapy_is_said_as_far_as_it_is_known(
    staff: Staff, clinician: FlaskClient, precision: str, words: str
) -> None:
    survivor_id = plain_survivor(staff, end_of_therapy_on=date(2019, 12, 1))
    change(staff, Diagnosis, survivor_id, end_of_therapy_precision=precision)
    page = page_of(clinician, survivor_id)
    assert words in page
    assert ("Dec 1, 2019" in page.split("What is due")[0]) is (precision == "day")
    assert ("(6 y" in page) is (precision != "year")


def test_every_other_date_of_the_summary_is_said_as_far_as_it_is_known(staff: Staff, clinician: FlaskClient) -> None:
    survivor_id = plain_survivor(staff, end_of_therapy_on=date(2020, 6, 30))
    with staff.writing() as session:
        survivor = session.get(Survivor, survivor_id)
        assert survivor is not None
        make_exposure(session, survivor, "doxorubicin_mg_m2", 300, last_on=date(2019, 8, 1))
        session.add(Event(survivor_id=survivor.id, name="growth_complete", happened_on=date(2022, 1, 1)))
    values = {"diagnosed_on": date(2019, 1, 1), "diagnosed_precision": "year"}
    change(staff, Diagnosis, survivor_id, **values, resected_on=date(2019, 9, 1), resected_precision="month")
    change(staff, Exposure, survivor_id, last_precision="month")
    change(staff, Event, survivor_id, happened_precision="year")
    page = page_of(clinician, survivor_id)
    assert "Diagnosed 2019 Resected Sep 2019 End of therapy Jun 30, 2020" in page
    assert "300 mg/m² Last day Aug 2019" in page
    assert "Growth complete: 2022 " in page
    assert "When 2019 – Jun 30, 2020 Kind Therapy" in page
    assert "When Aug 2019 Kind Therapy What doxorubicin, last day of a therapy" in page
    assert not re.search(r"Jan 1, 2019 |Sep 1, 2019|Aug 1, 2019|Jan 1, 2022", page.split("What is due")[0])


def test_what_is_not_planned_stands_before_what_only_shifts_a_date(staff: Staff, clinician: FlaskClient) -> None:
    survivor_id = plain_survivor(staff)
    gaps = {
        "a-precision:resection:Leiomyosarcoma": ("planned_for_both_ends", ["resected_on", "2019-09"], None),
        "b-met": ("treated_as_met", ["heart_rt_gy"], "echocardiogram"),
        "c-anchor": ("no_anchor_date", ["resected_on"], "chest-ct"),
        "d-schedule:Leiomyosarcoma": ("not_scheduled", ["grade"], None),
    }
    with staff.writing() as session:
        session.execute(sa.delete(PlanGap).where(PlanGap.survivor_id == survivor_id))
        for gap, (consequence, missing, test) in gaps.items():
            session.add(
                PlanGap(survivor_id=survivor_id, gap=gap, missing=missing, consequence=consequence, test_code=test)
            )
    page = page_of(clinician, survivor_id)
    places = [
        page.index(words)
        for words in (
            "No schedule could be chosen for Leiomyosarcoma",
            "Could not be scheduled: CT chest",
            "Planned as a precaution: Echocardiogram",
            "Only the month of the resection",
        )
    ]
    assert places == sorted(places)


def test_doses_to_organs_of_the_other_sex_are_not_shown_but_kept(
    staff: Staff, clinician: FlaskClient, kenji: UUID
) -> None:
    with staff.writing() as session:
        survivor = session.get(Survivor, kenji)
        assert survivor is not None
        make_exposure(session, survivor, "ovary_rt_gy", 12, source="given")
        make_exposure(session, survivor, "testis_rt_gy", 12, source="given")
        make_exposure(session, survivor, "uterus_rt_gy", 3)
    page = page_of(clinician, kenji)
    assert "dose to the testes" in page
    assert "dose to the ovaries" not in page
    assert "dose to the uterus" in page  # somebody recorded it: it is never hidden
    with staff.writing() as session:
        session.execute(sa.update(Survivor).where(Survivor.id == kenji).values(sex_at_birth="unknown"))
    assert "dose to the ovaries" in page_of(clinician, kenji)


def test_the_words_of_a_link_have_no_space_before_their_colon(clinician: FlaskClient, kenji: UUID) -> None:
    html = clinician.get(f"/survivors/{kenji}").text
    for said in ("Log result", "Defer", "Re-time", "Stop"):
        assert re.search(rf'aria-label="{said}: [^"]+">{said}</a>', html), said
        assert f'{said}<span class="nhsuk-u-visually-hidden">:' not in html
