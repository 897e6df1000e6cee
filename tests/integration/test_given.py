"""Exposures follow from what was given: rows read as facts, totals written, and recorded ones never overwritten."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_diagnosis, make_exposure, make_survivor
from tests.integration.given_entries import CATALOGUE, give, give_drug, give_radiation
from tracker.clock import FixedClock
from tracker.engine.given import (
    DrugGiven,
    Given,
    GvhdFound,
    OperationDone,
    RadiationGiven,
    RadionuclideGiven,
    TransfusionGiven,
    TransplantDone,
)
from tracker.engine.partial_dates import PartialDate
from tracker.errors import Forbidden, Invalid, NotFound
from tracker.guidelines.catalogue import load_catalogue
from tracker.guidelines.loader import load_pack
from tracker.models import (
    AuditEvent,
    Clinic,
    Exposure,
    GvhdEpisode,
    RadionuclideTherapy,
    Role,
    SummaryEdition,
    Surgery,
    Survivor,
    Transfusion,
    Transplant,
)
from tracker.policy import Actor
from tracker.services import care_plans, given
from tracker.services.given import Derived

PACK = load_pack("childhood-cancer/2026.1")


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def actor(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, name="Lena Okafor")


@pytest.fixture
def survivor(session: Session, clinic: Clinic) -> Survivor:
    return make_survivor(session, clinic, birth_date=date(2007, 3, 5))


@pytest.fixture(autouse=True)
def small_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "catalogue_for", lambda _survivor: CATALOGUE)


def derive(session: Session, survivor: Survivor) -> Derived:
    return given.derive_exposures(session, survivor, PACK, CATALOGUE)


def exposure(session: Session, survivor: Survivor, name: str) -> Exposure | None:
    session.expire_all()
    return session.scalar(sa.select(Exposure).where(Exposure.survivor_id == survivor.id, Exposure.name == name))


def stored(session: Session, survivor: Survivor, name: str = "doxorubicin_mg_m2") -> Exposure:
    found = exposure(session, survivor, name)
    assert found is not None
    return found


def test_every_kind_of_entry_becomes_a_fact_of_the_engine(session: Session, survivor: Survivor) -> None:
    drug = give_drug(
        session,
        survivor,
        dose=75,
        courses=4,
        route="iv",
        single_dose=Decimal(75),
        weight_kg=Decimal(30),
        surface_m2=Decimal("1.1"),
        weeks=3,
        myeloablative="yes",
        started_on=PartialDate(2021, 12),
        ended_on=PartialDate(2022, 4, 1),
    )
    beam = give_radiation(
        session, survivor, "30.6", organs={"heart_rt_gy": "4.2", "lung_rt_gy": None}, ended_on=PartialDate(2022)
    )
    operation = give(
        session, survivor, Surgery, operation="splenectomy", laterality="left", done_on=PartialDate(2022, 1)
    )
    graft = give(session, survivor, Transplant, kind="allogeneic", sos="yes", done_on=PartialDate(2022, 9, 3))
    gvhd = give(
        session,
        survivor,
        GvhdEpisode,
        kind="chronic",
        active="no",
        started_on=PartialDate(2023),
        ended_on=PartialDate(2024),
    )
    blood = give(session, survivor, Transfusion, product="red_cells", count=12, started_on=PartialDate(2021))
    iodine = give(session, survivor, RadionuclideTherapy, kind="mibg", given_on=PartialDate(2022, 2))

    assert given.load_given(session, survivor) == Given(
        birth_date=date(2007, 3, 5),
        drugs=(
            DrugGiven(
                id=str(drug.id),
                agent="doxorubicin",
                dose=Decimal(75),
                courses=4,
                route="iv",
                single_dose=Decimal(75),
                weight_kg=Decimal(30),
                surface_m2=Decimal("1.1"),
                weeks=3,
                myeloablative=True,
                started_on=PartialDate(2021, 12),
                ended_on=PartialDate(2022, 4, 1),
            ),
        ),
        radiation=(
            RadiationGiven(
                id=str(beam.id),
                fields=("mantle",),
                dose_gy=Decimal("30.6"),
                organs={"heart_rt_gy": Decimal("4.2"), "lung_rt_gy": None},
                ended_on=PartialDate(2022),
            ),
        ),
        operations=(
            OperationDone(id=str(operation.id), operation="splenectomy", side="left", done_on=PartialDate(2022, 1)),
        ),
        transplants=(TransplantDone(id=str(graft.id), kind="allogeneic", done_on=PartialDate(2022, 9, 3), sos="yes"),),
        gvhd=(
            GvhdFound(
                id=str(gvhd.id), kind="chronic", active="no", started_on=PartialDate(2023), ended_on=PartialDate(2024)
            ),
        ),
        transfusions=(TransfusionGiven(id=str(blood.id), product="red_cells", count=12, started_on=PartialDate(2021)),),
        radionuclides=(RadionuclideGiven(id=str(iodine.id), kind="mibg", given_on=PartialDate(2022, 2)),),
        treated_from=PartialDate(2021, 12),
    )


def test_treatment_began_at_the_earliest_of_the_diagnosis_and_the_courses(
    session: Session, clinic: Clinic, survivor: Survivor
) -> None:
    assert given.load_given(session, survivor).treated_from is None
    give_drug(session, survivor, started_on=PartialDate(1992, 7, 1))
    make_diagnosis(session, survivor, position=1, diagnosed_on=date(1992, 1, 1), diagnosed_precision="year")
    assert given.load_given(session, survivor).treated_from == PartialDate(1992)

    # Somebody else's entries are not read.
    assert given.load_given(session, make_survivor(session, clinic, diagnosis=None)).drugs == ()


def test_unknown_conditioning_and_organs_proposed_by_the_field_stay_unknown(
    session: Session, survivor: Survivor
) -> None:
    give_drug(session, survivor, None)
    give_radiation(session, survivor, None)
    facts = given.load_given(session, survivor)
    assert (facts.drugs[0].dose, facts.drugs[0].myeloablative) == (None, False)
    assert (facts.radiation[0].dose_gy, facts.radiation[0].organs) == (None, None)


def test_carboplatin_before_a_transplant_is_not_taken_as_harmless_while_nobody_has_said(
    session: Session, survivor: Survivor
) -> None:
    drug = give_drug(session, survivor, 800, agent="carboplatin")
    give(session, survivor, Transplant, kind="autologous")
    agents = load_catalogue()
    assert given.derive_exposures(session, survivor, PACK, agents).named("carboplatin_myeloablative") is not None
    drug.myeloablative = "no"
    assert given.derive_exposures(session, survivor, PACK, agents).named("carboplatin_myeloablative") is None


def test_totals_are_written_with_unit_day_and_source(session: Session, survivor: Survivor) -> None:
    give_drug(session, survivor, dose=75, courses=4, ended_on=PartialDate(2022, 4))
    give_drug(session, survivor, None, agent="vincristine")
    derived = derive(session, survivor)
    assert [each.name for each in derived.exposures] == ["doxorubicin_mg_m2", "vinca_alkaloid"]

    dose = stored(session, survivor)
    assert (dose.source, dose.certainty, dose.value, dose.unit) == ("given", "known", Decimal(300), "mg/m2")
    assert (dose.last_on, dose.last_precision, dose.at_least) == (date(2022, 4, 1), "month", None)
    yes = stored(session, survivor, "vinca_alkaloid")
    assert (yes.value, yes.unit, yes.last_on) == (Decimal(1), "1", None)


def test_an_unknown_course_leaves_the_total_unknown_but_not_less_than_the_known_ones(
    session: Session, survivor: Survivor
) -> None:
    give_drug(session, survivor, 150)
    give_drug(session, survivor, None)
    derive(session, survivor)
    dose = stored(session, survivor)
    assert (dose.certainty, dose.value, dose.at_least) == ("dose_unknown", None, Decimal(150))


def test_nothing_certain_is_no_least_amount(session: Session, survivor: Survivor) -> None:
    give_drug(session, survivor, None)
    derive(session, survivor)
    assert stored(session, survivor).at_least is None


def test_deriving_twice_changes_nothing(session: Session, survivor: Survivor) -> None:
    give_drug(session, survivor, "100.3333", courses=3)
    give_drug(session, survivor, None, agent="daunorubicin")
    derive(session, survivor)
    ids = {row.name: row.id for row in session.scalars(sa.select(Exposure))}
    session.expire_all()
    written: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *seen: written.append(seen[2]))
    derive(session, survivor)
    assert [text for text in written if not text.startswith("SELECT")] == []
    assert {row.name: row.id for row in session.scalars(sa.select(Exposure))} == ids


def test_a_course_corrected_or_removed_takes_its_total_along(session: Session, survivor: Survivor) -> None:
    course, other = give_drug(session, survivor, 300), give_drug(session, survivor, None, agent="vincristine")
    derive(session, survivor)
    course.dose = Decimal(375)
    session.delete(other)
    derive(session, survivor)
    assert stored(session, survivor).value == Decimal(375)
    assert exposure(session, survivor, "vinca_alkaloid") is None


def test_a_recorded_total_is_never_overwritten_nor_removed(session: Session, survivor: Survivor) -> None:
    make_exposure(session, survivor, value=250)
    make_exposure(session, survivor, "cyclophosphamide_mg_m2", value=3000)
    give_drug(session, survivor, 390)
    [found] = derive(session, survivor).disagreements
    assert (found.name, found.recorded.value, found.derived.value) == ("doxorubicin_mg_m2", Decimal(250), Decimal(390))
    assert (stored(session, survivor).value, stored(session, survivor).source) == (Decimal(250), "recorded")
    assert stored(session, survivor, "cyclophosphamide_mg_m2").value == Decimal(3000)


@pytest.mark.parametrize(
    ("recorded", "dose", "more", "disagrees"),
    [
        (390, 390, None, False),
        ("390.0001", 390, None, True),
        (390, 391, None, True),
        (None, 390, None, True),
        (300, 300, "unknown", False),
        (301, 300, "unknown", False),
        (299, 300, "unknown", True),
        (None, 300, "unknown", False),
        (0, 300, None, True),
    ],
)
def test_a_recorded_total_disagrees_when_both_cannot_be_right(
    session: Session, survivor: Survivor, recorded: str | int | None, dose: int, more: str | None, disagrees: bool
) -> None:
    make_exposure(session, survivor, value=recorded)
    give_drug(session, survivor, dose)
    if more:
        give_drug(session, survivor, None)
    assert bool(derive(session, survivor).disagreements) is disagrees


@pytest.mark.parametrize(
    ("recorded_on", "precision", "ended_on", "disagrees"),
    [
        (date(2022, 6, 30), "day", PartialDate(2022, 6, 30), False),
        (date(2022, 6, 30), "day", PartialDate(2022, 7), True),
        (date(2022, 6, 30), "day", PartialDate(2022), False),
        (date(2022, 1, 1), "year", PartialDate(2022, 12, 31), False),
        (date(2022, 1, 1), "year", PartialDate(2023, 1, 1), True),
        (None, "day", PartialDate(2022), True),
        (date(2022, 6, 30), "day", None, False),
    ],
)
def test_last_days_disagree_when_they_cannot_be_the_same_day(
    session: Session,
    survivor: Survivor,
    recorded_on: date | None,
    precision: str,
    ended_on: PartialDate | None,
    disagrees: bool,
) -> None:
    make_exposure(session, survivor, value=300, last_on=recorded_on, last_precision=precision)
    give_drug(session, survivor, 300, ended_on=ended_on)
    assert bool(derive(session, survivor).disagreements) is disagrees


@pytest.mark.parametrize(("recorded", "disagrees"), [(1, False), (None, False), (0, True)])
def test_given_or_not_disagrees_only_with_a_recorded_no(
    session: Session, survivor: Survivor, recorded: int | None, disagrees: bool
) -> None:
    make_exposure(session, survivor, "vinca_alkaloid", value=recorded)
    give_drug(session, survivor, None, agent="vincristine")
    assert bool(derive(session, survivor).disagreements) is disagrees


def test_what_is_only_possible_is_settled_by_a_recorded_answer(session: Session, survivor: Survivor) -> None:
    give(session, survivor, GvhdEpisode, kind="chronic", active="unknown")
    assert derive(session, survivor).named("cgvhd_active") is not None
    session.delete(stored(session, survivor, "cgvhd_active"))
    session.flush()
    make_exposure(session, survivor, "cgvhd_active", value=0)
    assert derive(session, survivor).disagreements == ()


def test_the_number_of_statements_does_not_grow_with_the_courses(session: Session, survivor: Survivor) -> None:
    give_drug(session, survivor)
    few = _statements(session, survivor)
    for _ in range(15):
        give_drug(session, survivor)
        give_radiation(session, survivor)
    derive(session, survivor)
    assert _statements(session, survivor) <= few


def _statements(session: Session, survivor: Survivor) -> int:
    seen: list[str] = []

    def note(*given: object) -> None:
        seen.append(str(given[2]))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    derive(session, survivor)
    event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(seen)


def test_taking_what_was_given_replaces_the_total_plans_anew_and_says_why(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    make_exposure(session, survivor, value=90, last_on=date(2022, 6, 30))
    give_drug(session, survivor, 390, ended_on=PartialDate(2022, 6, 30))
    derive(session, survivor)
    care_plans.refresh(session, survivor, clock=clock)
    version = survivor.version

    taken = given.use_what_was_given(
        session,
        survivor.id,
        "doxorubicin_mg_m2",
        reason="The total left out the relapse",
        actor=actor,
        clock=clock,
    )

    assert taken.derived.value == Decimal(390)
    assert (stored(session, survivor).value, stored(session, survivor).source) == (Decimal(390), "given")
    assert survivor.version == version + 1
    audit = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "exposure.taken_from_given")).one()
    assert (audit.actor, audit.reason) == ("Lena Okafor", "The total left out the relapse")
    assert audit.before is not None and audit.after is not None
    assert (audit.before["value"], audit.after["value"]) == ("90.0000", "390.0000")
    editions = session.scalars(sa.select(SummaryEdition).order_by(SummaryEdition.number)).all()
    assert [each.content["exposures"][0]["value"] for each in editions] == ["90", "390"]
    # 390 mg/m² is a high anthracycline dose: its echocardiogram is now planned by that rule.
    reasons = [reason for item in care_plans.open_items(session, survivor.id) for reason in item.reasons]
    doses = {(name, Decimal(value)) for reason in reasons for name, value in reason["exposures"] if value}
    assert ("anthracycline_mg_m2", Decimal(390)) in doses
    assert ("anthracycline_mg_m2", Decimal(90)) not in doses


def test_without_a_recorded_total_or_without_courses_nothing_is_taken(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    def take(name: str) -> None:
        given.use_what_was_given(session, survivor.id, name, reason="", actor=actor, clock=clock)

    give_drug(session, survivor, 390)
    derive(session, survivor)
    with pytest.raises(Invalid, match="no longer recorded by hand"):
        take("doxorubicin_mg_m2")
    make_exposure(session, survivor, "cyclophosphamide_mg_m2", value=3000)
    with pytest.raises(Invalid, match="Record the courses first"):
        take("cyclophosphamide_mg_m2")


def test_only_clinicians_of_the_clinic_may_take_it(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    def take(actor: Actor) -> None:
        given.use_what_was_given(session, survivor.id, "doxorubicin_mg_m2", reason="", actor=actor, clock=clock)

    with pytest.raises(Forbidden):
        take(make_actor(session, survivor.clinic, Role.COORDINATOR))
    with pytest.raises(NotFound):
        take(make_actor(session, make_clinic(session)))
