"""A summary with its courses: rows that keep their tumor, exposures that follow, and changes that need a reason."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_survivor
from tracker.clock import FixedClock
from tracker.engine.partial_dates import PartialDate
from tracker.models import AuditEvent, Clinic, Diagnosis, DrugCourse, Event, Exposure, SummaryEdition, Surgery, Survivor
from tracker.policy import Actor
from tracker.services import treatment
from tracker.services.sections.entries import EntryInput
from tracker.services.treatment import (
    DiagnosisInput,
    ExposureInput,
    RecordedSummary,
    SummaryInput,
    SummaryRefused,
    TumorDetails,
    write_summary,
)

LMS = DiagnosisInput(
    name="Leiomyosarcoma", diagnosed_on=date(2021, 11, 2), end_of_therapy_on=date(2022, 10, 31), tumor={"grade": "high"}
)
WILMS = DiagnosisInput(name="Wilms tumor", diagnosed_on=date(2009, 1, 1))
DOXORUBICIN = EntryInput({"agent": "doxorubicin", "dose": Decimal(75), "unit": "mg/m2", "courses": 6})
IFOSFAMIDE = EntryInput({"agent": "ifosfamide", "dose": Decimal(9), "unit": "g/m2", "courses": 6})
SUMMARY = SummaryInput(diagnoses=(LMS,), entries={"drugs": (DOXORUBICIN, IFOSFAMIDE)})


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session)


@pytest.fixture
def actor(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, name="Lena Okafor")


@pytest.fixture
def survivor(session: Session, clinic: Clinic) -> Survivor:
    return make_survivor(session, clinic, diagnosis=None, birth_date=date(2007, 3, 5))


class Desk:
    """Records summaries one after another, as the same clinician."""

    def __init__(self, session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> None:
        self.session, self.survivor, self.actor, self.clock = session, survivor, actor, clock

    def record(self, summary: SummaryInput = SUMMARY, *, reason: str = "", **changed: Any) -> RecordedSummary:
        return treatment.record_summary(
            self.session,
            self.survivor.id,
            replace(summary, **changed),
            seen_version=self.survivor.version,
            reason=reason,
            actor=self.actor,
            clock=self.clock,
        )

    def stands(self) -> SummaryInput:
        return treatment.read_whole(self.session, self.survivor)

    def rows(self, table: Any) -> list[Any]:
        return list(self.session.scalars(sa.select(table).where(table.survivor_id == self.survivor.id)))

    def exposures(self) -> dict[str, tuple[Decimal | None, str]]:
        return {row.name: (row.value, row.source) for row in self.rows(Exposure)}


@pytest.fixture
def desk(session: Session, survivor: Survivor, actor: Actor, clock: FixedClock) -> Desk:
    return Desk(session, survivor, actor, clock)


# Tumors keep their rows


def test_what_belongs_to_a_tumor_stays_with_it_when_the_order_changes(desk: Desk) -> None:
    desk.record(diagnoses=(LMS, WILMS), entries={})
    first, second = desk.stands().diagnoses
    operation = EntryInput({"operation": "splenectomy", "diagnosis_id": second.id})
    desk.record(diagnoses=(first, second), entries={"surgeries": (operation,)})
    desk.record(diagnoses=(replace(second, name="Neuroblastoma", diagnosed_on=date(2009, 2, 1)), first), entries={})
    now = desk.stands().diagnoses
    assert [(each.id, each.name) for each in now] == [(second.id, "Neuroblastoma"), (first.id, "Leiomyosarcoma")]
    assert [row.diagnosis_id for row in desk.rows(Surgery)] == [second.id]


def test_a_new_tumor_does_not_inherit_the_row_of_a_removed_one(desk: Desk) -> None:
    desk.record(diagnoses=(LMS, WILMS), entries={})
    first, second = desk.stands().diagnoses
    melanoma = DiagnosisInput(name="Melanoma", diagnosed_on=date(2024, 1, 1))
    desk.record(diagnoses=(first, melanoma), entries={})
    assert second.id not in {each.id for each in desk.stands().diagnoses}


def test_the_details_of_a_tumor_come_back_as_entered(desk: Desk) -> None:
    details = TumorDetails(
        course="relapse",
        icdo3_topography="C49.4",
        vessel_name="inferior-vena-cava",
        graded_on=PartialDate(2021, 11),
        mitotic_count=12,
        mitotic_field="10 HPF",
        size_mm=84,
        margin_mm=Decimal("1.5"),
        symptom_onset_on=PartialDate(2021),
        lesion="",
        note="Seen at the tumor board",
    )
    desk.record(diagnoses=(replace(LMS, details=details),), entries={})
    [stored] = desk.stands().diagnoses
    assert stored.details == details
    assert stored.tumor == {"grade": "high", "vessel": "vena-cava", "site": "vascular"}, "a vein is a vascular site"


def test_what_somebody_entered_is_not_replaced_by_what_follows(desk: Desk) -> None:
    details = TumorDetails(vessel_name="inferior-vena-cava")
    desk.record(diagnoses=(replace(LMS, tumor={"site": "retroperitoneal"}, details=details),), entries={})
    assert desk.stands().diagnoses[0].tumor == {"site": "retroperitoneal", "vessel": "vena-cava"}


def test_an_import_that_knows_no_details_wipes_none(desk: Desk) -> None:
    details = TumorDetails(size_mm=84, note="Seen at the tumor board")
    desk.record(diagnoses=(replace(LMS, details=details),))
    pack = treatment.sheet_for_editing(desk.session, desk.survivor.id, actor=desk.actor).pack
    write_summary(desk.session, desk.survivor, SummaryInput(diagnoses=(replace(LMS, name="Leiomyosarcoma"),)), pack)
    assert desk.stands().diagnoses[0].details == details
    assert len(desk.stands().entries["drugs"]) == 2, "and its courses stay too"


@pytest.mark.parametrize(
    ("changed", "box", "words"),
    [
        ({"course": "again"}, "course", "first cancer"),
        ({"icdo3_topography": "belly"}, "icdo3_topography", "code like C49.4"),
        ({"graded_on": PartialDate(2027)}, "graded_on", "in the future"),
        ({"symptom_onset_on": PartialDate(2006)}, "symptom_onset_on", "before the date of birth"),
        ({"size_mm": 1001}, "size_mm", "from 0 to 1000"),
        ({"mitotic_count": -1}, "mitotic_count", "from 0 to 1000"),
        ({"margin_mm": Decimal("0.00001")}, "margin_mm", "4 decimal places"),
        ({"tissue": "x" * 61}, "tissue", "at most 60"),
    ],
)
def test_a_detail_that_cannot_be_right_is_refused_at_its_field(
    desk: Desk, changed: dict[str, Any], box: str, words: str
) -> None:
    with pytest.raises(SummaryRefused) as refused:
        desk.record(diagnoses=(replace(LMS, details=TumorDetails(**changed)),))
    assert [problem.field for problem in refused.value.problems] == [f"diagnoses-0-{box}"]
    assert words in refused.value.problems[0].message


# Dates known in part


def test_dates_known_in_part_come_back_as_they_are_known(desk: Desk) -> None:
    partly = replace(LMS, diagnosed_on=PartialDate(2021), end_of_therapy_on=PartialDate(2022, 10), resected_on=None)
    total = ExposureInput(name="chest_rt_gy", value=Decimal(20), last_on=PartialDate(2022))
    desk.record(diagnoses=(partly,), exposures=(total,), events={"growth_complete": PartialDate(2023, 6)}, entries={})
    stood = desk.stands()
    assert (stood.diagnoses[0].diagnosed_on, stood.diagnoses[0].end_of_therapy_on) == (
        PartialDate(2021),
        PartialDate(2022, 10),
    )
    assert stood.exposures[0].last_on == PartialDate(2022)
    assert stood.events == {"growth_complete": PartialDate(2023, 6)}
    [row] = desk.rows(Diagnosis)
    assert (row.diagnosed_on, row.diagnosed_precision) == (date(2021, 1, 1), "year")
    [event] = desk.rows(Event)
    assert (event.happened_on, event.happened_precision) == (date(2023, 6, 1), "month")


def test_a_date_in_part_is_refused_only_where_every_day_of_it_is_wrong(desk: Desk) -> None:
    this_month, birth_year = PartialDate(2026, 11), PartialDate(2007)
    desk.record(diagnoses=(replace(LMS, diagnosed_on=birth_year, end_of_therapy_on=this_month),), entries={})
    same_year = replace(LMS, diagnosed_on=date(2022, 12, 31), end_of_therapy_on=PartialDate(2022))
    desk.record(diagnoses=(same_year,), entries={})
    for wrong in ({"diagnosed_on": PartialDate(2006)}, {"end_of_therapy_on": PartialDate(2026, 12)}):
        with pytest.raises(SummaryRefused):
            desk.record(diagnoses=(replace(LMS, **wrong),), entries={})  # type: ignore[arg-type]


# Courses and what follows from them


def test_exposures_follow_from_the_courses_and_are_nobodys_entry(desk: Desk) -> None:
    recorded = desk.record()
    assert desk.exposures() == {
        "doxorubicin_mg_m2": (Decimal(450), "given"),
        "ifosfamide_mg_m2": (Decimal(54_000), "given"),
    }
    assert desk.stands().exposures == ()
    echo = recorded.next_of("echocardiogram")
    assert echo is not None and echo.reasons[0]["exposures"][0][0] == "anthracycline_mg_m2"
    ids = {row.id for row in desk.rows(Exposure)}
    desk.record(entries={})
    assert desk.exposures()["doxorubicin_mg_m2"] == (Decimal(450), "given"), "saving something else keeps them"
    assert {row.id for row in desk.rows(Exposure)} == ids, "the very rows"


def test_a_recorded_total_takes_the_place_of_a_sum_until_it_is_removed(desk: Desk) -> None:
    desk.record()
    total = ExposureInput(name="doxorubicin_mg_m2", value=Decimal(375))
    recorded = desk.record(exposures=(total,), entries={})
    assert desk.exposures()["doxorubicin_mg_m2"] == (Decimal(375), "recorded")
    assert [each.name for each in recorded.derived.disagreements] == ["doxorubicin_mg_m2"]
    desk.record(entries={})
    assert desk.exposures()["doxorubicin_mg_m2"] == (Decimal(450), "given")


def test_rows_of_a_section_are_changed_removed_and_left_alone(desk: Desk) -> None:
    desk.record()
    doxorubicin, ifosfamide = sorted(desk.stands().entries["drugs"], key=lambda each: str(each.values["agent"]))
    fewer = replace(doxorubicin, values={"courses": 4})
    desk.record(entries={"drugs": (fewer,)})
    [row] = desk.rows(DrugCourse)
    assert (row.id, row.courses, row.dose, row.agent) == (doxorubicin.id, 4, 75, "doxorubicin")
    assert desk.exposures() == {"doxorubicin_mg_m2": (Decimal(300), "given")}
    desk.record(entries={"surgeries": ()})
    assert len(desk.rows(DrugCourse)) == 1, "a section that is not entered is left alone"
    assert ifosfamide.id != doxorubicin.id


def test_a_new_row_belongs_to_the_only_tumor_and_to_none_of_several(desk: Desk) -> None:
    desk.record()
    [own] = desk.stands().diagnoses
    assert {row.diagnosis_id for row in desk.rows(DrugCourse)} == {own.id}
    desk.record(diagnoses=(own, WILMS), entries={"surgeries": (EntryInput({"operation": "splenectomy"}),)})
    assert [row.diagnosis_id for row in desk.rows(Surgery)] == [None]


def test_problems_of_rows_are_told_with_their_place_and_nothing_is_stored(desk: Desk) -> None:
    wrong = EntryInput({"agent": "doxorubicin", "dose": Decimal(-1)})
    with pytest.raises(SummaryRefused) as refused:
        desk.record(diagnoses=(replace(LMS, name=" "),), entries={"drugs": (DOXORUBICIN, wrong)})
    assert {problem.field for problem in refused.value.problems} == {"diagnoses-0-name", "drugs-1-dose"}
    assert desk.rows(DrugCourse) == []


def test_a_row_somebody_else_removed_is_said_to_be_gone(desk: Desk) -> None:
    desk.record()
    stood = desk.stands().entries["drugs"]
    desk.record(entries={"drugs": ()})
    with pytest.raises(SummaryRefused, match="Somebody removed this row"):
        desk.record(entries={"drugs": stood})


# History and reasons


def test_a_confirmed_summary_is_changed_only_with_a_reason(desk: Desk) -> None:
    confirmed: dict[str, Any] = {"confirmed_on": date(2026, 11, 20), "confirmed_by": "Lena Okafor"}
    desk.record(**confirmed)
    stood = desk.stands()
    desk.record(stood, confirmed_on=date(2026, 11, 23))  # confirming it again changes nothing that it says
    tumor = replace(stood.diagnoses[0], tumor={"grade": "low"})
    with pytest.raises(SummaryRefused) as refused:
        desk.record(stood, diagnoses=(tumor,))
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    desk.record(stood, diagnoses=(tumor,), reason=" The pathology was reviewed ")
    last = desk.session.scalars(sa.select(AuditEvent).where(AuditEvent.reason != "")).one()
    assert last.reason == "The pathology was reviewed"
    with pytest.raises(SummaryRefused, match="at most 400"):
        desk.record(stood, reason="x" * 401)


@pytest.mark.parametrize(
    "changed",
    [
        {"exposures": (ExposureInput(name="splenectomy", value=Decimal(1)),)},
        {"events": {"growth_complete": date(2024, 1, 1)}},
        {"diagnoses": ()},
        {"entries": {"drugs": ()}},
        {"entries": {"surgeries": (EntryInput({"operation": "splenectomy"}),)}},
        {"ltfu_entry_on": date(2025, 1, 1)},
    ],
)
def test_every_part_of_a_confirmed_summary_asks_for_a_reason(desk: Desk, changed: dict[str, Any]) -> None:
    desk.record(confirmed_on=date(2026, 11, 20), confirmed_by="Lena Okafor")
    with pytest.raises(SummaryRefused, match="Enter the reason for this change"):
        desk.record(desk.stands(), **changed)


def test_each_change_is_kept_as_an_edition_and_a_trail_with_its_courses(desk: Desk) -> None:
    desk.record()
    desk.record(desk.stands(), entries={"drugs": ()})
    editions = desk.session.scalars(sa.select(SummaryEdition).order_by(SummaryEdition.number)).all()
    assert [each.change for each in editions] == ["treatment.recorded", "treatment.recorded"]
    event = desk.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "treatment.recorded").order_by(AuditEvent.at, AuditEvent.id)
    ).all()
    befores = [each.before["entries"]["drugs"] for each in event if each.before is not None]
    assert sorted(len(rows) for rows in befores) == [0, 2]


# The day on which a tumor was removed


def operation(code: str, done_on: object = PartialDate(2022, 1), **values: object) -> EntryInput:
    return EntryInput({"operation": code, "done_on": done_on, **values})


@pytest.mark.parametrize(
    ("operations", "day", "precision"),
    [
        ((operation("vena-cava-resection"),), date(2022, 1, 1), "month"),
        ((operation("wide-excision", date(2021, 12, 3)), operation("re-excision", date(2022, 2, 4))),
         date(2022, 2, 4), "day"),
        ((operation("wide-excision", PartialDate(2022, 1)), operation("csf-shunt", PartialDate(2022, 5))),
         date(2022, 1, 1), "month"),
        ((operation("central-line"),), None, "day"),
        ((operation("wide-excision", None),), None, "day"),
    ],
)  # fmt: skip
def test_a_tumors_day_of_removal_is_that_of_its_newest_resection(
    desk: Desk, operations: tuple[EntryInput, ...], day: date | None, precision: str
) -> None:
    recorded = desk.record(entries={"surgeries": operations})
    [row] = desk.rows(Diagnosis)
    assert row.resected_on == day
    assert day is None or row.resected_precision == precision
    assert [each.name for each in recorded.removals] == (["Leiomyosarcoma"] if day else [])


def test_a_day_of_removal_that_somebody_entered_stays(desk: Desk) -> None:
    own = replace(LMS, resected_on=date(2021, 12, 24))
    recorded = desk.record(diagnoses=(own,), entries={"surgeries": (operation("vena-cava-resection"),)})
    assert desk.rows(Diagnosis)[0].resected_on == date(2021, 12, 24)
    assert recorded.removals == ()


def test_of_several_tumors_only_the_linked_operation_counts_and_a_new_one_is_named_by_its_place(desk: Desk) -> None:
    desk.record(
        diagnoses=(LMS, WILMS),
        entries={"surgeries": (operation("nephrectomy", diagnosis_id=1), operation("wide-excision"))},
    )
    lms, wilms = sorted(desk.rows(Diagnosis), key=lambda row: row.position)
    assert (lms.resected_on, wilms.resected_on) == (None, date(2022, 1, 1))
    assert {row.operation: row.diagnosis_id for row in desk.rows(Surgery)} == {
        "nephrectomy": wilms.id,
        "wide-excision": None,
    }


def test_an_operation_that_stands_counts_where_the_operations_are_not_entered_again(desk: Desk) -> None:
    desk.record(diagnoses=(), entries={"surgeries": (operation("vena-cava-resection"),)})
    desk.record(entries={})
    assert desk.rows(Diagnosis)[0].resected_on == date(2022, 1, 1)


def test_confirming_again_asks_for_no_reason_because_of_a_day_that_follows(desk: Desk) -> None:
    confirmed: dict[str, Any] = {"confirmed_on": date(2026, 11, 20), "confirmed_by": "Lena Okafor"}
    desk.record(entries={"surgeries": (operation("vena-cava-resection"),)}, **confirmed)
    desk.rows(Diagnosis)[0].resected_on = None
    desk.record(desk.stands())
    assert desk.rows(Diagnosis)[0].resected_on == date(2022, 1, 1)


def test_rows_saved_together_stay_in_the_order_in_which_they_were_typed(desk: Desk) -> None:
    agents = ["vincristine", "dactinomycin", "doxorubicin", "cisplatin", "etoposide", "carboplatin", "ifosfamide"]
    desk.record(entries={"drugs": tuple(EntryInput({"agent": agent}) for agent in agents)})
    assert [each.values["agent"] for each in desk.stands().entries["drugs"]] == agents
