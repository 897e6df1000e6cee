"""A code gets a meaning after its entries came in: the registry is as if it had been known before."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_survivor
from tests.fhir.builders import (
    as_bytes,
    bundle,
    concept,
    observation,
    patient,
    quantity,
)
from tests.integration.replaying import (
    ACTOR,
    AGENT,
    DIAGNOSIS,
    LOCAL,
    OPERATION,
    RXNORM,
    TEST,
    VACCINE,
    bring_in,
    chart,
    clinic,
    course,
    due,
    keep,
    lump,
    mapped,
    medicine,
    registry,
    scan,
    vaccination,
    with_plan,
)
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.intake import runs
from tracker.intake.replay import map_and_replay
from tracker.intake.runs import Options
from tracker.intake.sources import Source
from tracker.models import (
    AuditEvent,
    Clinic,
    CodeMapping,
    Diagnosis,
    Result,
    Role,
)
from tracker.services import care_plans
from tracker.services.code_mappings import Meaning

__all__ = ["clinic"]


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
