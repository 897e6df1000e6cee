"""The whole treatment summary: what it says today and on an earlier day, what is unknown, and what changed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_diagnosis, make_exposure, make_survivor
from tests.integration.given_entries import CATALOGUE, give, give_drug
from tests.integration.summary_cases import leiomyosarcoma, relapsed_leukemia
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.errors import Forbidden, NotFound
from tracker.guidelines.loader import load_pack
from tracker.models import AccessEvent, AuditEvent, Diagnosis, PlanGap, Role, Surgery, Survivor, Transplant
from tracker.policy import Action, Actor
from tracker.services import editions, given, whole_summary
from tracker.services.unknowns import unknown_fields, unknowns_of, who_knows
from tracker.services.whole_summary import Comparison, WholeSummary

PACK = load_pack("childhood-cancer/2026.1")


@pytest.fixture
def survivor(session: Session) -> Survivor:
    return make_survivor(session, make_clinic(session), diagnosis=None, birth_date=date(2007, 3, 5))


@pytest.fixture
def actor(session: Session, survivor: Survivor) -> Actor:
    return make_actor(session, survivor.clinic, name="Lena Okafor")


def read(session: Session, survivor: Survivor, clock: FixedClock, as_of: date | None = None) -> WholeSummary:
    system = Actor.system("test")
    return whole_summary.whole_summary(session, survivor.id, actor=system, clock=clock, as_of=as_of)


def keep(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> None:
    editions.keep_edition(session, survivor, change="treatment.recorded", reason="", actor=actor, clock=clock)


def test_it_says_everything_that_is_recorded_of_a_sarcoma(session: Session, clock: FixedClock) -> None:
    found = read(session, leiomyosarcoma(session, clock), clock)
    assert (found.about["family_name"], found.about["interpreter_needed"]) == ("Rivera", "yes")
    assert [row.name for row in found.diagnoses] == ["Leiomyosarcoma"]
    assert {key: len(rows) for key, rows in found.record.rows.items()} == {
        "diagnoses": 1,
        "metastases": 1,
        "symptoms": 3,
        "tumor-variants": 1,
        "germline-findings": 1,
        "immune-statuses": 1,
        "relatives": 3,
        "workup-exams": 1,
        "workup-imaging": 3,
        "biopsies": 1,
        "workup-labs": 3,
        "conferences": 2,
        "surgeries": 1,
        "radiation": 1,
        "drugs": 3,
        "transfusions": 1,
        "adverse-events": 2,
        "care-team": 4,
        "guardians": 1,
        "insurance": 1,
        "schooling": 1,
        "allergies": 1,
        "medications": 1,
        "problems": 1,
        "immunizations": 1,
        "reproductive": 1,
        "exposures": len(found.record.of("exposures")),
    }


def test_totals_carry_where_they_come_from(session: Session, clock: FixedClock) -> None:
    survivor = relapsed_leukemia(session, clock)
    make_exposure(session, survivor, "bleomycin_u_m2", value=60)
    totals = {each.name: each for each in read(session, survivor, clock).totals}

    recorded = totals["bleomycin_u_m2"]
    assert recorded.recorded is not None
    assert (recorded.recorded.value, recorded.derived, recorded.terms) == (Decimal(60), None, None)
    dose = totals["daunorubicin_mg_m2"]
    assert dose.derived is not None and dose.derived.value == Decimal(120)
    # 75 doxorubicin + 0.6 × 120 daunorubicin + 10 × 20 mitoxantrone.
    worked_out = totals["anthracycline_mg_m2"]
    assert worked_out.terms is not None and worked_out.factors is not None
    assert (worked_out.recorded, worked_out.terms.total, worked_out.terms.at_least) == (None, Decimal(347), False)
    assert worked_out.factors.exposure == "anthracycline_mg_m2"
    assert "any_chemo" in totals and "alkylator_any" not in totals


def test_a_sum_with_an_unknown_part_is_at_least_its_known_part(
    session: Session, survivor: Survivor, clock: FixedClock
) -> None:
    make_diagnosis(session, survivor)
    give_drug(session, survivor, 300)
    give_drug(session, survivor, None)
    given.derive_exposures(session, survivor, PACK, CATALOGUE)
    total = next(each for each in read(session, survivor, clock).totals if each.name == "anthracycline_mg_m2")
    assert total.terms is not None
    assert (total.terms.at_least, total.terms.total) == (True, Decimal(300))


def test_disagreements_are_read_without_writing(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    make_exposure(session, survivor, value=300)
    give_drug(session, survivor, 390)
    session.flush()
    [found] = read(session, survivor, clock).disagreements
    assert (found.name, found.recorded.value, found.derived.value) == ("doxorubicin_mg_m2", Decimal(300), Decimal(390))
    assert not session.dirty and not session.new and not session.deleted


def test_what_is_unknown_names_who_could_tell(session: Session, clock: FixedClock) -> None:
    found = read(session, leiomyosarcoma(session, clock), clock).unknowns
    assert [(each.field, each.who) for each in found.fields] == [("resection", "operation_and_pathology")]
    leukemia = read(session, relapsed_leukemia(session, clock), clock).unknowns
    asked = {(each.question.code, each.question.who) for each in leukemia.doses}
    assert {("conversion", "pharmacy"), ("gvhd_activity", "transplant_center")} <= asked


def test_an_unknown_dose_leads_to_its_entry(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    course = give_drug(session, survivor, None)
    transplant = give(session, survivor, Transplant, kind="unknown")
    found = read(session, survivor, clock).unknowns.doses
    assert {each.entry_id for each in found} == {course.id, transplant.id}
    assert [each.question.code for each in found if each.entry_id == course.id] == ["dose"]


def tumor(name: str = "Leiomyosarcoma", **given_fields: str) -> Diagnosis:
    days = {"diagnosed_on": date(2021, 1, 1), "resected_on": date(2021, 2, 1), "end_of_therapy_on": date(2022, 1, 1)}
    return Diagnosis(name=name, position=0, **(days | given_fields))


def test_a_field_that_no_schedule_could_ask_for_is_not_unknown() -> None:
    in_a_limb = tumor(site="extremity", grade="high", resection="r0")
    assert list(unknown_fields(in_a_limb, PACK)) == []
    in_a_vessel = tumor(site="vascular", grade="high", resection="r0")
    assert list(unknown_fields(in_a_vessel, PACK)) == ["vessel"]
    in_the_skin = tumor(site="cutaneous", grade="low", resection="r0")
    assert list(unknown_fields(in_the_skin, PACK)) == ["depth"]


def test_a_field_said_to_be_unknown_stays_unknown() -> None:
    assert list(unknown_fields(tumor(site="extremity", grade="unknown", resection="unknown"), PACK)) == [
        "grade",
        "resection",
    ]


def test_days_that_are_missing_are_unknown() -> None:
    undated = Diagnosis(name="Leiomyosarcoma", position=0, site="extremity", grade="high", resection="r0")
    assert list(unknown_fields(undated, PACK)) == ["diagnosed_on", "end_of_therapy_on"]
    # Checks after a tumor of the vena cava count from its resection.
    undated.site, undated.vessel = "vascular", "vena-cava"
    assert list(unknown_fields(undated, PACK)) == ["diagnosed_on", "resected_on", "end_of_therapy_on"]


def test_a_diagnosis_outside_the_pack_has_no_field_to_ask_for() -> None:
    assert list(unknown_fields(tumor("Chordoma"), PACK)) == []


def test_who_could_tell_is_known_for_every_field_and_the_treating_center_otherwise() -> None:
    assert who_knows("grade") == "pathology"
    assert who_knows("mibg") == "nuclear_medicine"
    assert who_knows("end_of_therapy_on") == "treating_center"


def gap(name: str, *missing: str, consequence: str = "treated_as_met") -> PlanGap:
    return PlanGap(gap=name, missing=list(missing), consequence=consequence, test_code="echocardiogram")


def test_a_gap_of_the_plan_stands_with_the_unknown_fact_it_follows_from() -> None:
    row = tumor(site="extremity", grade="high")
    about_it = gap("no-schedule:Leiomyosarcoma", "resection", consequence="not_scheduled")
    of_another = gap("no-schedule:Osteosarcoma", "resection", consequence="not_scheduled")
    alone = gap("rule-1", "sex")
    too_late = gap("history:x", "results", consequence="history_missing")
    found = unknowns_of([row], (), [about_it, of_another, alone, too_late], PACK)
    assert [(each.field, each.gaps) for each in found.fields] == [("resection", (about_it,))]
    assert found.gaps == (of_another, alone)
    assert found.count == 3


def test_as_of_an_earlier_day_it_says_what_it_said_then(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    diagnosis = make_diagnosis(session, survivor, grade="low", diagnosed_on=date(2021, 1, 1))
    give_drug(session, survivor, 300, ended_on=PartialDate(2022))
    given.derive_exposures(session, survivor, PACK, CATALOGUE)
    keep(session, survivor, actor, clock)
    clock.advance(timedelta(days=2))
    diagnosis.grade = "high"
    give(session, survivor, Surgery, operation="splenectomy")
    keep(session, survivor, actor, clock)

    then = read(session, survivor, clock, date(2026, 11, 24))
    assert (then.diagnoses[0].grade, then.record.of("surgeries"), then.unknowns.count) == ("low", (), 0)
    assert then.edition is not None and then.edition.number == 1
    doxorubicin = next(each for each in then.totals if each.name == "doxorubicin_mg_m2")
    assert doxorubicin.derived is not None and doxorubicin.derived.value == Decimal(300)
    now = read(session, survivor, clock, date(2026, 11, 25))
    assert (now.diagnoses[0].grade, now.edition) == ("high", None)
    with pytest.raises(NotFound, match="before November 22, 2026"):
        read(session, survivor, clock, date(2026, 11, 22))


def test_changes_since_it_was_confirmed_are_counted_from_that_edition(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    assert read(session, survivor, clock).last_change is None
    diagnosis = make_diagnosis(session, survivor)
    keep(session, survivor, actor, clock)
    last = read(session, survivor, clock).last_change
    assert last is not None and last.since_confirmed is None

    # Confirmed by a letter of two years ago, entered today: that is no change since.
    survivor.summary_confirmed_on, survivor.summary_confirmed_by = date(2024, 3, 1), "Dr. Osei"
    keep(session, survivor, actor, clock)
    last = read(session, survivor, clock).last_change
    assert last is not None and last.since_confirmed == 0
    for grade in ("low", "high"):
        diagnosis.grade = grade
        keep(session, survivor, actor, clock)
    last = read(session, survivor, clock).last_change
    assert last is not None
    assert (last.since_confirmed, last.actor, last.at) == (2, "Lena Okafor", clock.now())


def test_reading_takes_as_many_statements_however_long_the_record(session: Session, clock: FixedClock) -> None:
    survivor = relapsed_leukemia(session, clock)
    few = _statements(session, survivor, clock)
    for _ in range(15):
        give_drug(session, survivor)
        give(session, survivor, Transplant, kind="autologous")
    assert _statements(session, survivor, clock) <= few


def _statements(session: Session, survivor: Survivor, clock: FixedClock) -> int:
    seen: list[object] = []

    def note(*given_to: object) -> None:
        seen.append(given_to[2])

    session.flush()
    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    read(session, survivor, clock)
    sa.event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(seen)


def test_who_may_read_it(session: Session, survivor: Survivor, clock: FixedClock) -> None:
    def look(actor: Actor) -> frozenset[Action]:
        return whole_summary.whole_summary(session, survivor.id, actor=actor, clock=clock).allowed

    assert Action.EDIT_TREATMENT in look(make_actor(session, survivor.clinic))
    assert Action.EDIT_TREATMENT not in look(make_actor(session, survivor.clinic, Role.COORDINATOR))
    with pytest.raises(NotFound):
        look(make_actor(session, make_clinic(session)))
    with pytest.raises(NotFound):
        look(make_actor(session, survivor.clinic, Role.ADMINISTRATOR))
    assert session.scalars(sa.select(AuditEvent)).all() == []
    assert session.scalars(sa.select(AccessEvent)).all() == []


def compare(
    session: Session, survivor: Survivor, actor: Actor, earlier: date | None = None, later: date | None = None
) -> Comparison:
    return whole_summary.compare_days(session, survivor.id, earlier_on=earlier, later_on=later, actor=actor)


def test_two_days_are_compared_and_without_days_the_last_two_editions(
    session: Session, survivor: Survivor, actor: Actor, clock: FixedClock
) -> None:
    diagnosis = make_diagnosis(session, survivor)
    for grade in ("low", "intermediate", "high"):
        diagnosis.grade = grade
        keep(session, survivor, actor, clock)
        clock.advance(timedelta(days=1))

    def grades(found: Comparison) -> list[tuple[object, object]]:
        return [(one.before, one.after) for each in found.differences for one in each.fields]

    first, last = date(2026, 11, 23), date(2026, 11, 25)
    assert grades(compare(session, survivor, actor)) == [("intermediate", "high")]
    assert grades(compare(session, survivor, actor, first, last)) == [("low", "high")]
    assert grades(compare(session, survivor, actor, earlier=first)) == [("low", "high")]
    assert grades(compare(session, survivor, actor, later=date(2026, 11, 24))) == [("low", "intermediate")]
    assert compare(session, survivor, actor, first, first).differences == ()
    before_all = compare(session, survivor, actor, date(2026, 1, 1), first)
    assert before_all.earlier is None
    assert [each.kind for each in before_all.differences] == ["changed", "added"]


def test_comparing_is_for_those_who_may_read(session: Session, survivor: Survivor, actor: Actor) -> None:
    assert compare(session, survivor, actor).editions == ()
    with pytest.raises(NotFound):
        compare(session, survivor, make_actor(session, make_clinic(session)))
    family = Actor(name="Maria", scopes=())
    with pytest.raises((NotFound, Forbidden)):
        compare(session, survivor, family)


def test_a_survivor_is_found_by_number_or_id(session: Session, survivor: Survivor) -> None:
    def find(written: str, **narrowed: object) -> Survivor:
        clinic_id = narrowed.get("clinic_id")
        return whole_summary.survivor_named(session, written, clinic_id=clinic_id, actor=Actor.system("test"))  # type: ignore[arg-type]

    assert find(survivor.mrn) is survivor
    assert find(str(survivor.id)) is survivor
    other = make_survivor(session, mrn=survivor.mrn)
    with pytest.raises(NotFound, match="Several clinics"):
        find(survivor.mrn)
    assert find(survivor.mrn, clinic_id=other.clinic_id) is other
    with pytest.raises(NotFound, match="Nobody has"):
        find("no such number")
