"""A code gets a meaning after its entries came in: the registry is as if it had been known before; and taken back."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_diagnosis, make_exposure, make_survivor
from tests.fhir.builders import (
    as_bytes,
    bundle,
    concept,
    condition,
    observation,
    patient,
    procedure,
    quantity,
)
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.intake import replay, runs
from tracker.intake.replay import Replayed, map_and_replay, unmap_and_take_back
from tracker.intake.runs import Options
from tracker.intake.sources import Source
from tracker.models import (
    AuditEvent,
    Base,
    ChangeSet,
    ChartEntry,
    Clinic,
    CodeMapping,
    Diagnosis,
    DrugCourse,
    DueItem,
    Result,
    Role,
    Survivor,
)
from tracker.policy import Actor
from tracker.services import care_plans, code_mappings, import_chart, results, unknown_codes
from tracker.services.code_mappings import Meaning

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOCAL = "http://hospital.example/codes"
ACTOR = Actor.system("Dana Ruiz")
Tables = dict[str, list[dict[str, Any]]]
# Trails, and what a change of the record leaves of itself.
TRAILS = frozenset(
    {"audit_events", "changed_rows", "change_sets", "uploads", "access_events", "clinics", "summary_editions"}
)
OPEN_ITEMS = "due_items"


def medicine(id: str = "med-1", **given: Any) -> dict[str, Any]:  # noqa: A002
    """A dose of a medicine with a local code, given to Ana."""
    found = {
        "resourceType": "MedicationAdministration",
        "id": id,
        "status": "completed",
        "medicationCodeableConcept": concept("M-12", "Cytovex", system=LOCAL),
        "subject": {"reference": observation()["subject"]["reference"]},
        "effectiveDateTime": "2020-02-03",
        "reasonReference": [{"reference": "urn:uuid:con-1"}],
    }
    return found | given


def vaccination(id: str = "vac-1", **given: Any) -> dict[str, Any]:  # noqa: A002
    """A vaccine with a local code, given to Ana."""
    found = {
        "resourceType": "Immunization",
        "id": id,
        "status": "completed",
        "vaccineCode": concept("V-7", "House vaccine", system=LOCAL),
        "patient": {"reference": observation()["subject"]["reference"]},
        "occurrenceDateTime": "2024-10-01",
    }
    return found | given


def scan(id: str = "obs-1", **given: Any) -> dict[str, Any]:  # noqa: A002
    """An ejection fraction with a local code."""
    quantity = {"value": 61.5, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    told = {"code": concept("EF-1", "Ejection fraction", system=LOCAL), "valueQuantity": quantity}
    return observation(id, **(told | {"effectiveDateTime": "2026-10-02"} | given))


def lump(id: str = "con-1", **given: Any) -> dict[str, Any]:  # noqa: A002
    """A diagnosis with a local code, which the file calls something that the pack does not know."""
    return condition(id, **({"code": concept("D-99", "Lump", system=LOCAL)} | given))


def course(**given: Any) -> dict[str, Any]:
    """An operation with a local code."""
    return procedure("pro-9", **({"code": concept("P-5", "Removal of the spleen", system=LOCAL)} | given))


TEST = Meaning(system=LOCAL, code="EF-1", kind="test", target="echocardiogram", note="Our ultrasound")
DIAGNOSIS = Meaning(system=LOCAL, code="D-99", kind="diagnosis", target="Leiomyosarcoma")
AGENT = Meaning(system=LOCAL, code="M-12", kind="agent", target="doxorubicin")
VACCINE = Meaning(system=LOCAL, code="V-7", kind="vaccine", target="133")
OPERATION = Meaning(system=LOCAL, code="P-5", kind="operation", target="splenectomy")


def bring_in(session: Session, clinic: Clinic, clock: FixedClock, *resources: dict[str, Any], **given: Any) -> None:
    """A bundle comes in. What validators say is of no interest here."""
    content = as_bytes(bundle(*resources, **given))
    with runs.running(()) as run:
        source = Source.of_bytes("from the hospital.json", content)
        runs.store(session, clinic.id, source, Options(kind="fhir"), run, actor=ACTOR, clock=clock)
    session.flush()


def mapped(session: Session, clinic: Clinic, clock: FixedClock, *meanings: Meaning) -> list[Replayed]:
    """Each code gets its meaning, a minute after the one before."""
    found = []
    for each in meanings:
        clock.advance(timedelta(minutes=1))
        found.append(map_and_replay(session, clinic.id, each, actor=ACTOR, clock=clock))
    return found


def registry(session: Session) -> Tables:
    """Every row of every table, without ids, instants, trails and counts of changes."""
    session.flush()
    found: Tables = {}
    for table in Base.metadata.sorted_tables:
        if table.name in TRAILS:
            continue
        columns = [each for each in table.columns if not _is_of_the_moment(each)]
        query = sa.select(*columns) if columns else sa.select(sa.literal(1).label("row")).select_from(table)
        if table.name == OPEN_ITEMS:
            query = query.where(table.c.closed_on.is_(None))
        rows = [dict(row) for row in session.connection().execute(query).mappings()]
        found[table.name] = sorted(rows, key=repr)
    return found


def _is_of_the_moment(column: sa.Column[Any]) -> bool:
    name = column.name
    return isinstance(column.type, sa.Uuid) or name.endswith("_at") or name in ("version", "plan_digest", "reasons")


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session, name="Harbor Clinic")


def with_plan(session: Session, clinic: Clinic, clock: FixedClock) -> Survivor:
    """Ana, on record with a plan in which an echocardiogram is due."""
    bring_in(session, clinic, clock, patient())
    survivor = session.scalars(sa.select(Survivor)).one()
    make_diagnosis(session, survivor, "Osteosarcoma", end_of_therapy_on=date(2021, 6, 30))
    make_exposure(session, survivor, "doxorubicin_mg_m2", 300)
    return survivor


CASES = {
    "a test": ([scan(), scan("obs-2", effectiveDateTime="2024-10")], TEST),
    "a diagnosis": ([lump(), lump("con-2", onsetDateTime="2021-01-01")], DIAGNOSIS),
    "an agent": ([lump(), medicine(), medicine("med-2", effectiveDateTime="2020-03-01")], AGENT),
    "a vaccine": ([vaccination(), vaccination("vac-2", occurrenceDateTime="2025")], VACCINE),
    "an operation": ([course()], OPERATION),
    "a narrower ICD-10 code": (
        [lump(code=concept("D43.2", "Growth", system="http://hl7.org/fhir/sid/icd-10-cm"))],
        Meaning(system="http://hl7.org/fhir/sid/icd-10", code="D43", kind="diagnosis", target="Low-grade glioma"),
    ),
    "a diagnosis that a medicine waits for": (
        [
            lump(),
            medicine(medicationCodeableConcept=concept("3639", "doxorubicin", system=RXNORM)),
            observation(
                "obs-size",
                code=concept("21889-1", "Size Tumor"),
                valueQuantity=quantity(31, "mm"),
                focus=[{"reference": "urn:uuid:con-1"}],
            ),
        ],
        DIAGNOSIS,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_import_then_map_gives_the_registry_that_map_then_import_gives(
    database: Database, clock: FixedClock, case: str
) -> None:
    resources, meaning = CASES[case]
    found = []
    for map_first in (True, False):
        with Session(database.engine, expire_on_commit=False) as session:
            clinic = make_clinic(session, name="Harbor Clinic")
            with_plan(session, clinic, clock)
            if map_first:
                mapped(session, clinic, clock, meaning)
            bring_in(session, clinic, clock, patient(), *resources)
            before = registry(session)
            if not map_first:
                [replayed] = mapped(session, clinic, clock, meaning)
                assert registry(session) != before
                assert replayed.entries == len([each for each in resources if _is_mapped(each, meaning)])
            found.append(registry(session))
            session.rollback()
    assert found[0] == found[1]
    assert all(entry["source"] is None for entry in found[0]["chart_entries"] if entry["mapped_to"])


def _is_mapped(resource: dict[str, Any], meaning: Meaning) -> bool:
    return f'"{meaning.code}' in json.dumps(resource)


def chart(session: Session) -> list[ChartEntry]:
    session.expire_all()
    return list(session.scalars(sa.select(ChartEntry).order_by(ChartEntry.external_id)))


def due(session: Session, test_code: str) -> DueItem:
    query = sa.select(DueItem).where(DueItem.test_code == test_code, DueItem.closed_on.is_(None))
    return session.scalars(query).one()


# What it changes


def test_a_scan_of_an_unknown_code_counts_for_the_plan_as_soon_as_the_code_means_something(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor = with_plan(session, clinic, clock)
    bring_in(session, clinic, clock, patient(), scan())
    care_plans.refresh(session, survivor, clock=clock)
    assert due(session, "echocardiogram").due_on < date(2026, 10, 2)

    [replayed] = mapped(session, clinic, clock, TEST)

    assert replayed.counts() == {
        **dict.fromkeys(("people", "entries", "results"), 1),
        **dict.fromkeys(("diagnoses", "parts", "left", "needs_file", "to_check"), 0),
    }
    [result] = session.scalars(sa.select(Result))
    assert (result.test_code, result.performed_on, result.value) == (
        "echocardiogram",
        date(2026, 10, 2),
        Decimal("61.5"),
    )
    assert due(session, "echocardiogram").due_on > date(2026, 10, 2)
    assert [(each.mapped_to, each.source) for each in chart(session)] == [("echocardiogram", None)]


def test_the_trail_names_who_mapped_and_says_of_each_record_that_it_was_read_again(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    with_plan(session, clinic, clock)
    bring_in(session, clinic, clock, patient(), scan())
    administrator = make_actor(session, clinic, Role.ADMINISTRATOR, name="Noor Haddad")

    map_and_replay(session, clinic.id, TEST, actor=administrator, clock=clock)

    events = {each.action: each for each in session.scalars(sa.select(AuditEvent))}
    assert (events["code.mapped"].actor, events["code.mapped"].reason) == ("Noor Haddad", "Our ultrasound")
    assert (events["code.mapped"].after or {})["target"] == "echocardiogram"
    again = events["chart.read_again"]
    assert (again.actor, (again.after or {})["results"]) == ("Mapping by Noor Haddad", 1)
    assert again.survivor_id is not None


def test_importing_the_same_file_again_after_the_mapping_changes_nothing(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    resources = [patient(), scan(), vaccination(), lump(), medicine(), course()]
    bring_in(session, clinic, clock, *resources)
    mapped(session, clinic, clock, TEST, VACCINE, DIAGNOSIS, AGENT, OPERATION)
    before = registry(session)

    bring_in(session, clinic, clock, *resources)

    assert registry(session) == before


def test_the_order_in_which_codes_are_mapped_makes_no_difference(database: Database, clock: FixedClock) -> None:
    found = []
    for meanings in ((TEST, VACCINE, DIAGNOSIS, AGENT), (AGENT, DIAGNOSIS, VACCINE, TEST)):
        with Session(database.engine, expire_on_commit=False) as session:
            clinic = make_clinic(session, name="Harbor Clinic")
            bring_in(session, clinic, clock, patient(), scan(), vaccination(), lump(), medicine())
            mapped(session, clinic, clock, *meanings)
            found.append({name: rows for name, rows in registry(session).items() if rows})
            session.rollback()
    assert found[0] == found[1]


def test_numbers_are_read_again_exactly_as_they_were_written(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    content = as_bytes(bundle(patient(), scan())).replace(b"61.5", b"61.123456789012345678901")
    with runs.running(()) as run:
        source = Source.of_bytes("exact.json", content)
        runs.store(session, clinic.id, source, Options(kind="fhir"), run, actor=ACTOR, clock=clock)

    mapped(session, clinic, clock, TEST)

    assert [each.value_text for each in chart(session)] == ["61.123456789012345678901"]


# What stays as it is


def test_what_is_not_certain_stays_and_is_kept_whole(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    provisional: dict[str, Any] = {"verificationStatus": concept("provisional", system="http://x.example/status")}
    bring_in(session, clinic, clock, patient(), lump(**provisional))

    [replayed] = mapped(session, clinic, clock, DIAGNOSIS)

    assert (replayed.people, replayed.left) == (0, 1)
    [entry] = chart(session)
    assert (entry.mapped_to, session.scalars(sa.select(Diagnosis)).all()) == ("", [])
    assert entry.source is not None


def test_what_its_source_took_back_is_not_read_again(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    bring_in(session, clinic, clock, patient(), scan())
    bring_in(session, clinic, clock, patient(), scan(status="entered-in-error"))

    [replayed] = mapped(session, clinic, clock, TEST)

    assert (replayed.people, replayed.entries) == (0, 0)
    assert [each.status for each in chart(session)] == ["entered-in-error"]
    assert session.scalars(sa.select(Result)).all() == []


def test_another_clinic_and_a_withdrawn_record_are_left_alone(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    other = make_clinic(session, name="River Clinic")
    bring_in(session, other, clock, patient(), scan())
    gone = make_survivor(session, clinic, withdrawn_at=clock.now())
    keep(session, gone, clock, "obs-3")

    [replayed] = mapped(session, clinic, clock, TEST)

    assert replayed.people == 0
    assert {each.mapped_to for each in chart(session)} == {""}


def test_a_code_that_means_nothing_changes_no_record(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    bring_in(session, clinic, clock, patient(), scan())
    before = registry(session)

    mapped(session, clinic, clock, Meaning(system=LOCAL, code="EF-1", kind="nothing"))

    after = registry(session)
    assert {name for name in after if after[name] != before[name]} == {"code_mappings"}
    mapped(session, clinic, clock, TEST)
    assert [each.kind for each in session.scalars(sa.select(CodeMapping))] == ["test"]
    assert [each.mapped_to for each in chart(session)] == ["echocardiogram"]


# Entries of which only the columns were kept


def keep(session: Session, survivor: Survivor, clock: FixedClock, external_id: str, **given: Any) -> ChartEntry:
    """An entry that came in before whole resources were kept."""
    told: dict[str, Any] = {
        "resource_type": "Observation",
        "code_system": LOCAL,
        "code": "EF-1",
        "display": "Ejection fraction",
        "status": "final",
        "occurred_on": date(2026, 10, 2),
        "value_text": "61.5",
        "unit": "%",
    }
    row = ChartEntry(survivor_id=survivor.id, external_id=external_id, imported_at=clock.now(), **(told | given))
    session.add(row)
    session.flush()
    return row


@pytest.mark.parametrize(
    "given, value, report",
    [
        ({}, Decimal("61.5"), ""),
        ({"unit": "mm"}, None, "61.5 mm"),
        ({"value_text": "<40"}, None, "<40 %"),
        ({"value_text": "NaN"}, None, "NaN %"),
        ({"value_text": "normal", "unit": ""}, None, "normal"),
        ({"resource_type": "DiagnosticReport", "value_text": "", "unit": ""}, None, ""),
        ({"resource_type": "Procedure", "status": "completed", "value_text": "fine", "unit": ""}, None, "fine"),
        ({"resource_type": "ImagingStudy", "status": "available", "value_text": "", "unit": ""}, None, ""),
    ],
)
def test_a_test_s_result_is_made_from_the_columns_alone(
    session: Session, clinic: Clinic, clock: FixedClock, given: dict[str, Any], value: Decimal | None, report: str
) -> None:
    keep(session, make_survivor(session, clinic), clock, "obs-1", **given)

    [replayed] = mapped(session, clinic, clock, TEST)

    assert (replayed.results, replayed.needs_file) == (1, 0)
    [result] = session.scalars(sa.select(Result))
    assert (result.test_code, result.value, result.report) == ("echocardiogram", value, report)
    assert (result.performed_on, result.status) == (date(2026, 10, 2), "final")


@pytest.mark.parametrize(
    "given, meaning",
    [
        ({"occurred_on": None}, TEST),
        ({"value_text": ""}, TEST),
        ({"value_text": "No value: Unable to obtain"}, TEST),
        ({"resource_type": "Procedure", "status": "in-progress"}, TEST),
        ({"resource_type": "ImagingStudy", "status": "registered"}, TEST),
        ({"resource_type": "Immunization"}, replace(VACCINE, code="EF-1")),
        ({"resource_type": "MedicationRequest"}, replace(AGENT, code="EF-1")),
        ({"resource_type": "Procedure", "status": "completed"}, replace(OPERATION, code="EF-1")),
        ({"resource_type": "Condition", "status": "active, provisional"}, replace(DIAGNOSIS, code="EF-1")),
    ],
)
def test_where_the_columns_do_not_tell_enough_the_file_is_needed_again(
    session: Session, clinic: Clinic, clock: FixedClock, given: dict[str, Any], meaning: Meaning
) -> None:
    keep(session, make_survivor(session, clinic), clock, "x-1", **given)
    before = registry(session)

    [replayed] = mapped(session, clinic, clock, meaning)

    assert (replayed.people, replayed.needs_file) == (0, 1)
    after = registry(session)
    assert {name for name in after if after[name] != before[name]} == {"code_mappings"}


def test_a_diagnosis_is_made_from_the_columns_without_guessing_its_day(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    bring_in(session, clinic, clock, patient())
    keep(
        session,
        session.scalars(sa.select(Survivor)).one(),
        clock,
        "con-1",
        resource_type="Condition",
        status="active",
        code="D-99",
        value_text="",
        unit="",
    )

    mapped(session, clinic, clock, DIAGNOSIS)

    [diagnosis] = session.scalars(sa.select(Diagnosis))
    assert (diagnosis.name, diagnosis.diagnosed_on, diagnosis.external_id) == ("Leiomyosarcoma", None, "con-1")


# Taking it back


def test_a_mapping_is_taken_back_with_all_it_did(session: Session, clinic: Clinic, clock: FixedClock) -> None:
    survivor = with_plan(session, clinic, clock)
    bring_in(session, clinic, clock, patient(), scan(), vaccination(), lump(), medicine())
    care_plans.refresh(session, survivor, clock=clock)
    before = registry(session)
    replayed = mapped(session, clinic, clock, TEST, DIAGNOSIS, AGENT, VACCINE)
    assert registry(session) != before

    for each in reversed(replayed):
        assert each.mapping_id is not None
        people = unmap_and_take_back(session, clinic.id, each.mapping_id, actor=ACTOR, clock=clock)
        assert people == 1

    assert registry(session) == before
    assert {each.state for each in session.scalars(sa.select(ChangeSet).where(ChangeSet.kind == "mapping"))} == {
        "undone"
    }
    assert all(each.source for each in chart(session))
    mapped(session, clinic, clock, TEST)
    assert session.scalars(sa.select(Result)).one().test_code == "echocardiogram"


def test_what_somebody_changed_since_is_not_taken_away_and_the_refusal_names_nobody(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    survivor = with_plan(session, clinic, clock)
    bring_in(session, clinic, clock, patient(), scan())
    [replayed] = mapped(session, clinic, clock, TEST)
    assert replayed.mapping_id is not None
    result = session.scalars(sa.select(Result)).one()
    entered = replace(results.as_input(result), report="Read again by the cardiologist")
    results.correct_result(session, survivor.id, result.id, entered, reason="A second look", actor=ACTOR, clock=clock)

    with pytest.raises(Conflict, match="can no longer be taken back") as caught:
        unmap_and_take_back(session, clinic.id, replayed.mapping_id, actor=ACTOR, clock=clock)

    assert survivor.family_name not in str(caught.value)
    assert replay.what_builds_on(session, clinic.id, replayed.mapping_id, actor=ACTOR) > 0
    code_mappings.unmap(session, clinic.id, replayed.mapping_id, actor=ACTOR, clock=clock)
    assert session.scalars(sa.select(CodeMapping)).all() == []
    assert session.scalars(sa.select(Result).where(Result.superseded_at.is_(None))).one().report == entered.report


def test_a_later_mapping_of_the_same_records_is_taken_back_first(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    # A tumor that came by a mapping, and a medicine that was given for it.
    bring_in(session, clinic, clock, patient(), lump(), medicine())
    first, second = mapped(session, clinic, clock, DIAGNOSIS, AGENT)
    assert first.mapping_id is not None and second.mapping_id is not None
    assert session.scalars(sa.select(DrugCourse)).one().diagnosis_id is not None

    with pytest.raises(Conflict):
        unmap_and_take_back(session, clinic.id, first.mapping_id, actor=ACTOR, clock=clock)
    unmap_and_take_back(session, clinic.id, second.mapping_id, actor=ACTOR, clock=clock)
    unmap_and_take_back(session, clinic.id, first.mapping_id, actor=ACTOR, clock=clock)

    assert session.scalars(sa.select(Diagnosis)).all() == []


# Refusals, and whole or nothing


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"target": "Echocardiogram"}, Invalid),
        ({"target": ""}, Invalid),
        ({"kind": "organ"}, Invalid),
        ({"kind": "nothing"}, Invalid),
        ({"kind": "agent"}, Invalid),
        ({"code": "  "}, Invalid),
        ({"code": "x" * 81}, Invalid),
        ({"system": "http://" + "x" * 200}, Invalid),
        ({"note": "x" * 2001}, Invalid),
    ],
)
def test_a_mapping_that_leads_nowhere_is_refused_and_changes_nothing(
    session: Session, clinic: Clinic, clock: FixedClock, wrong: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        mapped(session, clinic, clock, replace(TEST, **wrong))
    session.flush()
    assert session.scalars(sa.select(CodeMapping)).all() == []


@pytest.mark.parametrize(
    "meaning", [TEST, replace(TEST, target="chest-ct"), Meaning(system=LOCAL, code="EF-1", kind="nothing")]
)
def test_a_code_has_one_meaning_of_a_kind(
    session: Session, clinic: Clinic, clock: FixedClock, meaning: Meaning
) -> None:
    mapped(session, clinic, clock, TEST)
    with pytest.raises(Conflict, match="already"):
        mapped(session, clinic, clock, meaning)
    mapped(session, clinic, clock, replace(OPERATION, code="EF-1"))


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CLINICIAN])
def test_only_an_administrator_of_the_clinic_maps(
    session: Session, clinic: Clinic, clock: FixedClock, role: Role
) -> None:
    with pytest.raises(Forbidden):
        map_and_replay(session, clinic.id, TEST, actor=make_actor(session, clinic, role), clock=clock)
    elsewhere = make_actor(session, make_clinic(session), Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        map_and_replay(session, clinic.id, TEST, actor=elsewhere, clock=clock)


def test_a_failure_in_the_middle_leaves_nothing_of_the_mapping(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        clinic = make_clinic(session, name="Harbor Clinic")
        crowd(session, clinic, clock, 3)
    before = all_rows(database)
    real, calls = import_chart.store_chart, []

    def failing(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("the power went")
        return real(*arguments, **named)

    monkeypatch.setattr(replay, "store_chart", failing)
    with pytest.raises(RuntimeError), database.transaction() as session:
        map_and_replay(session, clinic.id, TEST, actor=ACTOR, clock=clock)
    assert len(calls) == 3
    assert all_rows(database) == before


def all_rows(database: Database) -> dict[str, list[str]]:
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in Base.metadata.sorted_tables
        }


def crowd(session: Session, clinic: Clinic, clock: FixedClock, count: int) -> None:
    """So many people with two scans each."""
    for number in range(count):
        id = f"{number:08}-1111-4111-8111-111111111111"  # noqa: A001
        about = {"subject": {"reference": f"urn:uuid:{id}"}}
        person = patient(id, name=[{"family": f"Rivera{number}", "given": ["Ana"]}])
        bring_in(session, clinic, clock, person, scan(f"a{number}", **about), scan(f"b{number}", **about))


def test_everybody_is_read_again_some_at_a_time(
    session: Session, clinic: Clinic, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_codes, "AT_ONCE", 2)
    crowd(session, clinic, clock, 5)
    sizes = [len(each.rows) for each in unknown_codes.to_read_again(session, clinic.id, [LOCAL], "EF-1")]
    assert sizes == [2, 2, 1]

    [replayed] = mapped(session, clinic, clock, TEST)

    assert (replayed.people, replayed.entries, replayed.results) == (5, 10, 10)
    assert {each.mapped_to for each in chart(session)} == {"echocardiogram"}


def test_of_two_mappings_about_one_person_the_first_can_be_taken_back_alone(
    session: Session, clinic: Clinic, clock: FixedClock
) -> None:
    bring_in(session, clinic, clock, patient(), scan(), vaccination())
    mapped(session, clinic, clock, VACCINE)
    wanted = registry(session)
    session.rollback()
    clinic = make_clinic(session, name="Harbor Clinic")
    bring_in(session, clinic, clock, patient(), scan(), vaccination())
    first, _second = mapped(session, clinic, clock, TEST, VACCINE)
    assert first.mapping_id is not None

    unmap_and_take_back(session, clinic.id, first.mapping_id, actor=ACTOR, clock=clock)

    assert registry(session) == wanted
