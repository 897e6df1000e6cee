"""The summary's arithmetic in words, organs of one sex, and what only radiation oncology can tell."""

import re
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import make_exposure, make_survivor
from tests.integration.given_entries import give, give_drug, give_radiation
from tests.integration.summary_cases import relapsed_leukemia
from tests.web.staff import Staff
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.models import Clinic, Diagnosis, GermlineFinding, Role, Survivor, Transfusion
from tracker.services import care_plans
from tracker.services.given import catalogue_for, derive_exposures
from tracker.services.packs import pack_for

ASKED = "whether the upper abdominal field reaches the breasts is not known. Ask radiation oncology."
UPPER = "Upper abdominal field likely reaching breast tissue"


@pytest.fixture
def staff(app: Flask) -> Staff:
    return Staff(app)


@pytest.fixture
def clinician(staff: Staff) -> FlaskClient:
    return staff.client(Role.CLINICIAN)


def survivor_of(session: Session, staff: Staff, **given: str) -> Survivor:
    return make_survivor(session, session.get(Clinic, staff.clinic_id), **given)  # type: ignore[arg-type]


def derive(session: Session, survivor: Survivor) -> UUID:
    derive_exposures(session, survivor, pack_for(survivor.clinic), catalogue_for(survivor))
    return survivor.id


def irradiated(staff: Staff, sex: str = "female", answer: int | None = None) -> UUID:
    """21.6 Gy to the left flank; ``answer``: what radiation oncology said of the breasts."""
    with staff.writing() as session:
        survivor = survivor_of(session, staff, sex_at_birth=sex)
        give_radiation(session, survivor, "21.6", "flank-left", ended_on=PartialDate(2022, 4, 8))
        if answer is not None:
            make_exposure(session, survivor, "upper_abdomen_rt_breast", answer)
        return derive(session, survivor)


def read(client: FlaskClient, survivor_id: UUID, more: str = "") -> str:
    answer = client.get(f"/survivors/{survivor_id}/summary{more}")
    assert answer.status_code == 200
    body = answer.text[answer.text.index("<main") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.mark.parametrize(
    ("sex", "answer", "asked", "said"),
    [
        ("female", None, True, f"{UPPER} Dose possible"),
        ("unknown", None, True, f"{UPPER} Dose possible"),
        ("male", None, False, ""),
        ("female", 0, False, f"{UPPER} Dose not given"),
        ("female", 1, False, f"{UPPER} Dose given"),
    ],
)
def test_whether_an_upper_abdominal_field_reaches_the_breasts_is_asked_until_somebody_says(
    staff: Staff, clinician: FlaskClient, sex: str, answer: int | None, asked: bool, said: str
) -> None:
    survivor_id = irradiated(staff, sex, answer)
    page = read(clinician, survivor_id)
    assert (ASKED in page) is asked
    assert said in page
    assert (UPPER in page) is bool(said)
    assert "the total and what was given differ" not in page


def test_breasts_are_checked_until_radiation_oncology_says_no(staff: Staff, clock: FixedClock) -> None:
    planned = {}
    for answer in (None, 1, 0):
        survivor_id = irradiated(staff, answer=answer)
        with staff.writing() as session:
            survivor = session.get(Survivor, survivor_id)
            assert survivor is not None
            care_plans.refresh(session, survivor, clock=clock)
            planned[answer] = {item.test_code for item in care_plans.open_items(session, survivor_id)}
    breasts = {"mammogram", "breast-mri", "clinical-breast-examination"}
    assert breasts <= planned[None] and breasts <= planned[1]
    assert not breasts & planned[0]


@pytest.mark.parametrize(
    ("sex", "shown", "hidden"),
    [
        ("male", ("testes",), ("ovaries", "uterus", "breast")),
        ("female", ("ovaries", "uterus", "breast"), ("testes",)),
        ("unknown", ("testes", "ovaries", "uterus", "breast"), ()),
    ],
)
def test_organs_of_the_other_sex_are_left_out_of_page_and_paper(
    staff: Staff, clinician: FlaskClient, sex: str, shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    with staff.writing() as session:
        survivor = survivor_of(session, staff, sex_at_birth=sex)
        give_radiation(session, survivor, 12, "tbi", ended_on=PartialDate(2020, 1, 20))
        survivor_id = derive(session, survivor)
    for more in ("", "/print"):
        page = read(clinician, survivor_id, more)
        assert all(organ in page for organ in shown), more
        assert not any(organ in page for organ in hidden), more
        assert "heart" in page.lower()


def test_what_was_recorded_by_hand_is_never_hidden(staff: Staff, clinician: FlaskClient) -> None:
    with staff.writing() as session:
        survivor = survivor_of(session, staff, sex_at_birth="male")
        make_exposure(session, survivor, "ovary_rt_gy", 12)
        survivor_id = survivor.id
    assert "dose to the ovaries" in read(clinician, survivor_id)


def test_nothing_is_multiplied_by_one_and_what_is_certain_is_said(staff: Staff, clinician: FlaskClient) -> None:
    with staff.writing() as session:
        survivor = survivor_of(session, staff)
        give_radiation(session, survivor, "50.4", "mantle", ended_on=PartialDate(2020))
        give_drug(session, survivor, 3000, agent="cyclophosphamide", route="iv")
        give_drug(session, survivor, None, agent="cyclophosphamide", route="iv")
        give_drug(session, survivor, 450, agent="lomustine", route="po")
        survivor_id = derive(session, survivor)
    page = read(clinician, survivor_id)
    assert "× 1 =" not in page and "dose not known =" not in page
    assert "Radiation dose to the heart: 50.4 Gy" in page
    assert "Cyclophosphamide: at least 3,000 mg/m²" in page
    assert "Lomustine: 450 × 16 = 7,200 mg/m²" in page


def test_an_answer_names_each_reason_once(staff: Staff, clinician: FlaskClient) -> None:
    with staff.writing() as session:
        survivor = survivor_of(session, staff)
        for _course in range(3):
            give_drug(session, survivor, "1.5", agent="vincristine", route="iv")
        give_drug(session, survivor, 1800, agent="cytarabine", route="iv", single_dose=75)
        give(session, survivor, Transfusion, product="red_cells")
        survivor_id = derive(session, survivor)
    page = read(clinician, survivor_id)
    totals = page[page.index("Cumulative exposures, and where") :]
    assert "Given:" not in totals and "date not recorded: Vincristine" not in totals
    assert "Vinca alkaloid Dose given Last day not recorded How Vincristine" in totals
    assert totals.count("Vincristine") == 1
    assert "given, number not known" in totals


def test_what_an_answer_is_made_of_is_listed_by_its_days(staff: Staff, clinician: FlaskClient) -> None:
    with staff.writing() as session:
        survivor = survivor_of(session, staff)
        for year in (2019, 2020, 2020):
            give_drug(session, survivor, "1.5", agent="vincristine", route="iv", ended_on=PartialDate(year))
        survivor_id = derive(session, survivor)
    page = read(clinician, survivor_id)
    assert page.count("Vincristine, 2019") == page.count("Vincristine, 2020") == 1


def test_the_margin_and_the_day_of_resection_are_asked_by_their_names(staff: Staff, clinician: FlaskClient) -> None:
    with staff.writing() as session:
        survivor = survivor_of(session, staff)
        for row in session.query(Diagnosis).filter_by(survivor_id=survivor.id):
            row.site, row.vessel, row.resection = "vascular", "vena-cava", "unknown"
        give(session, survivor, GermlineFinding, gene="TP53", variant="none found", significance="none_found")
        survivor_id = survivor.id
    page = read(clinician, survivor_id)
    assert "Leiomyosarcoma: the margin of the resection (R0, R1 or R2) is not known." in page
    assert "Leiomyosarcoma: the date of resection is not known. Ask the treating center." in page
    assert "TP53, none found" in page and "None found" not in page


def test_the_name_of_a_link_has_no_space_before_its_colon(
    staff: Staff, clinician: FlaskClient, clock: FixedClock
) -> None:
    with staff.writing() as session:
        kenji = relapsed_leukemia(session, clock, session.get(Clinic, staff.clinic_id)).id
    html = clinician.get(f"/survivors/{kenji}/summary").text
    for said in ("Enter it", "Change"):
        assert re.search(rf'aria-label="{said}: [^"]+">{said}</a>', html), said
        assert f'{said}<span class="nhsuk-u-visually-hidden">:' not in html
