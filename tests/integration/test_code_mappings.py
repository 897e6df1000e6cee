"""Codes that nobody knows: counted for the administrator without anybody's record, listed until they mean something."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_actor, make_clinic, make_survivor
from tests.shared import need_shared
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.errors import Forbidden, NotFound
from tracker.fhir.codes import ALIASES, read_codes
from tracker.guidelines.loader import load_pack
from tracker.models import AuditEvent, ChartEntry, Clinic, CodeMapping, Role, Survivor
from tracker.policy import Actor
from tracker.services import code_mappings, unknown_codes
from tracker.services.code_mappings import NOTHING, Meaning, map_code, mappings_of, unmap
from tracker.services.unknown_codes import UnknownCode, use_of

LOCAL = "http://hospital.example/codes"
ICD_10, ICD_10_CM = "http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.fixture
def clinic(session: Session) -> Clinic:
    return make_clinic(session, name="Harbor Clinic")


@pytest.fixture
def administrator(session: Session, clinic: Clinic) -> Actor:
    return make_actor(session, clinic, Role.ADMINISTRATOR, name="Noor Haddad")


def entry(session: Session, survivor: Survivor, code: str = "EF-1", **given: Any) -> ChartEntry:
    """An entry of an imported chart that means nothing."""
    told: dict[str, Any] = {
        "resource_type": "Observation",
        "external_id": uuid4().hex,
        "code_system": LOCAL,
        "code": code,
        "display": "Ejection fraction",
        "status": "final",
        "occurred_on": date(2024, 5, 14),
        "imported_at": FixedClock.on(date(2026, 11, 2)).now(),
    }
    row = ChartEntry(survivor_id=survivor.id, **(told | given))
    session.add(row)
    session.flush()
    return row


def listed(session: Session, clinic: Clinic, actor: Actor, **given: Any) -> list[tuple[str, int]]:
    found = unknown_codes.unknown_codes(session, clinic.id, actor=actor, **given)
    return [(each.code, each.count) for each in found.rows]


# The list


def test_a_code_is_told_with_how_often_it_occurs_and_in_what(
    session: Session, clinic: Clinic, administrator: Actor
) -> None:
    ana, ben = make_survivor(session, clinic), make_survivor(session, clinic)
    entry(session, ana)
    entry(session, ana, resource_type="DiagnosticReport", imported_at=FixedClock.on(date(2026, 11, 20)).now())
    entry(session, ben)

    found = unknown_codes.unknown_codes(session, clinic.id, actor=administrator)

    assert found.rows == (
        UnknownCode(
            system=LOCAL,
            code="EF-1",
            display="Ejection fraction",
            resource_types={"DiagnosticReport": 1, "Observation": 2},
            count=3,
            people=2,
            first_seen=FixedClock.on(date(2026, 11, 2)).now(),
            last_seen=FixedClock.on(date(2026, 11, 20)).now(),
        ),
    )
    assert (found.has_more, found.in_words) == (False, 0)


def test_the_most_frequent_come_first_and_what_occurs_once_only_on_request(
    session: Session, clinic: Clinic, administrator: Actor
) -> None:
    survivor = make_survivor(session, clinic)
    for code, count in (("b", 2), ("once", 1), ("often", 3), ("a", 2)):
        for _ in range(count):
            entry(session, survivor, code)

    assert listed(session, clinic, administrator) == [("often", 3), ("a", 2), ("b", 2)]
    assert listed(session, clinic, administrator, at_least=1)[-1] == ("once", 1)


def test_pages_follow_one_another_without_gap_or_repetition(
    session: Session, clinic: Clinic, administrator: Actor
) -> None:
    survivor = make_survivor(session, clinic)
    for number in range(7):
        for _ in range(2 + number % 3):
            entry(session, survivor, f"c{number}")
    every = listed(session, clinic, administrator)

    pages = [
        unknown_codes.unknown_codes(session, clinic.id, actor=administrator, page=page, limit=3) for page in (1, 2, 3)
    ]

    assert [(row.code, row.count) for page in pages for row in page.rows] == every
    assert [page.has_more for page in pages] == [True, True, False]
    assert listed(session, clinic, administrator, page=-4, limit=3) == every[:3]


@pytest.mark.parametrize(
    "given",
    [
        {"mapped_to": "echocardiogram"},
        {"status": "entered-in-error"},
        {"resource_type": "Encounter"},
        {"resource_type": "Appointment"},
        {"code": "", "display": "Ana Rivera called, wants her mother to know"},
    ],
)
def test_what_no_mapping_could_reach_is_not_listed(
    session: Session, clinic: Clinic, administrator: Actor, given: dict[str, Any]
) -> None:
    survivor = make_survivor(session, clinic)
    for _ in range(3):
        entry(session, survivor, **given)

    assert listed(session, clinic, administrator, at_least=1) == []


def test_entries_in_words_alone_are_counted_and_their_words_stay_where_they_are(
    session: Session, clinic: Clinic, administrator: Actor
) -> None:
    survivor = make_survivor(session, clinic)
    for number in range(3):
        entry(session, survivor, "", code_system="", display=f"Ana's brother Tomás {number}")

    found = unknown_codes.unknown_codes(session, clinic.id, actor=administrator, at_least=1)

    assert (found.rows, found.in_words) == ((), 3)
    assert "Tomás" not in repr(found)
    with pytest.raises(NotFound):
        use_of(session, clinic.id, "", "", actor=administrator)


def test_another_clinic_s_entries_and_those_of_withdrawn_records_do_not_count(
    session: Session, clinic: Clinic, administrator: Actor, clock: FixedClock
) -> None:
    other = make_survivor(session, make_clinic(session))
    gone = make_survivor(session, clinic, withdrawn_at=clock.now())
    for survivor in (other, gone, make_survivor(session, clinic)):
        entry(session, survivor)

    assert listed(session, clinic, administrator) == []
    assert listed(session, clinic, administrator, at_least=1) == [("EF-1", 1)]
    assert use_of(session, clinic.id, LOCAL, "EF-1", actor=administrator).found.count == 1


def test_one_code_under_several_names_of_its_system_is_one_code(
    session: Session, clinic: Clinic, administrator: Actor
) -> None:
    survivor = make_survivor(session, clinic)
    for system in (ICD_10, ICD_10_CM, "urn:oid:2.16.840.1.113883.6.90"):
        entry(session, survivor, "D43.2", code_system=system, resource_type="Condition")

    [found] = unknown_codes.unknown_codes(session, clinic.id, actor=administrator, aliases=ALIASES).rows

    assert (found.system, found.count) == (ICD_10, 3)
    for system in (ICD_10, ICD_10_CM):
        assert use_of(session, clinic.id, system, "D43.2", actor=administrator, aliases=ALIASES).found.count == 3


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CLINICIAN])
def test_only_the_clinic_s_own_administrator_sees_it(
    session: Session, clinic: Clinic, clock: FixedClock, role: Role
) -> None:
    elsewhere = make_actor(session, make_clinic(session), Role.ADMINISTRATOR)
    for actor, error in ((make_actor(session, clinic, role), Forbidden), (elsewhere, NotFound)):
        with pytest.raises(error):
            unknown_codes.unknown_codes(session, clinic.id, actor=actor)
        with pytest.raises(error):
            use_of(session, clinic.id, LOCAL, "EF-1", actor=actor)
        with pytest.raises(error):
            mappings_of(session, clinic.id, actor=actor)
        with pytest.raises(error):
            map_code(session, clinic.id, meaning(), targets=["x"], actor=actor, clock=clock)


def test_the_page_of_a_code_tells_what_the_files_call_it(
    session: Session, clinic: Clinic, administrator: Actor
) -> None:
    survivor = make_survivor(session, clinic)
    for display in ("EF", "Ejection fraction", "EF"):
        entry(session, survivor, display=display)
    entry(session, survivor, display="EF", source=b"x")

    found = use_of(session, clinic.id, LOCAL, "EF-1", actor=administrator)

    assert found.displays == (("EF", 3), ("Ejection fraction", 1))
    assert (found.found.count, found.whole) == (4, 1)
    with pytest.raises(NotFound, match="any more"):
        use_of(session, clinic.id, LOCAL, "EF-2", actor=administrator)


# Mappings


def meaning(**given: Any) -> Meaning:
    told = {"system": LOCAL, "code": "EF-1", "kind": "test", "target": "echocardiogram"}
    return Meaning(**(told | given))


def said(session: Session, clinic: Clinic, actor: Actor, clock: FixedClock, **given: Any) -> CodeMapping:
    targets = ["echocardiogram", "doxorubicin"]
    return map_code(session, clinic.id, meaning(**given), targets=targets, actor=actor, clock=clock)


def test_a_mapped_code_leaves_the_list_and_comes_back_when_the_mapping_goes(
    session: Session, clinic: Clinic, administrator: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    entry(session, survivor)
    entry(session, survivor)

    mapping = said(session, clinic, administrator, clock)
    assert listed(session, clinic, administrator) == []
    assert [(each.mapping.code, each.left) for each in mappings_of(session, clinic.id, actor=administrator)] == [
        ("EF-1", 2)
    ]

    unmap(session, clinic.id, mapping.id, actor=administrator, clock=clock)
    assert listed(session, clinic, administrator) == [("EF-1", 2)]
    assert mappings_of(session, clinic.id, actor=administrator) == []


def test_what_means_nothing_is_not_listed_again_under_any_name_of_its_system(
    session: Session, clinic: Clinic, administrator: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    entry(session, survivor, "D43.2", code_system=ICD_10_CM, resource_type="Condition")
    entry(session, survivor, "D43.3", code_system=ICD_10_CM, resource_type="Condition")

    said(session, clinic, administrator, clock, system=ICD_10, code="D43.2", kind=NOTHING, target="")

    assert listed(session, clinic, administrator, at_least=1, aliases=ALIASES) == [("D43.3", 1)]


def test_own_codes_are_what_the_import_asks_for(
    session: Session, clinic: Clinic, administrator: Actor, clock: FixedClock
) -> None:
    said(session, clinic, administrator, clock)
    said(session, clinic, administrator, clock, kind="agent", target="doxorubicin")

    own = code_mappings.own_codes(session, clinic.id)

    assert own == {("test", LOCAL, "EF-1"): "echocardiogram", ("agent", LOCAL, "EF-1"): "doxorubicin"}
    assert code_mappings.own_codes(session, make_clinic(session).id) == {}
    assert read_codes(load_pack()).with_own(own).tables["test"][LOCAL, "EF-1"] == "echocardiogram"


def test_mapping_and_unmapping_leave_a_trail_with_the_name_of_who_did_it(
    session: Session, clinic: Clinic, administrator: Actor, clock: FixedClock
) -> None:
    mapping = said(session, clinic, administrator, clock, note=" As the laboratory told us ")
    assert (mapping.mapped_by, mapping.mapped_by_id) == ("Noor Haddad", administrator.user_id)
    assert mapping.note == "As the laboratory told us"
    clock.advance(timedelta(hours=1))
    unmap(session, clinic.id, mapping.id, actor=administrator, clock=clock)
    session.flush()

    events = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.at)).all()
    assert [(each.action, each.actor, each.clinic_id) for each in events] == [
        ("code.mapped", "Noor Haddad", clinic.id),
        ("code.unmapped", "Noor Haddad", clinic.id),
    ]
    assert (events[1].before or {})["target"] == "echocardiogram"


def test_another_clinic_s_mapping_cannot_be_found_or_ended(
    session: Session, clinic: Clinic, administrator: Actor, clock: FixedClock
) -> None:
    other = make_clinic(session)
    theirs = said(session, other, make_actor(session, other, Role.ADMINISTRATOR), clock)

    with pytest.raises(NotFound):
        unmap(session, clinic.id, theirs.id, actor=administrator, clock=clock)
    said(session, clinic, administrator, clock)
    assert len(session.scalars(sa.select(CodeMapping)).all()) == 2


def test_two_administrators_at_once_map_a_code_once(database: Database, clock: FixedClock) -> None:
    with database.transaction() as session:
        clinic_id = make_clinic(session, name="Harbor Clinic").id
        session.add(
            CodeMapping(
                clinic_id=clinic_id, system=LOCAL, code="EF-1", kind="test", mapped_by="x", mapped_at=clock.now()
            )
        )
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as session:
        session.add(
            CodeMapping(
                clinic_id=clinic_id, system=LOCAL, code="EF-1", kind="test", mapped_by="y", mapped_at=clock.now()
            )
        )


def hostile() -> list[str]:
    path = need_shared("data", "strings") / "blns.json"
    found: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return [each for each in found if each.strip() and "\x00" not in each]


def test_hostile_codes_and_displays_come_back_byte_for_byte(
    session: Session, clinic: Clinic, administrator: Actor, clock: FixedClock
) -> None:
    survivor = make_survivor(session, clinic)
    texts = list(dict.fromkeys(each for each in hostile() if each == each.strip() and len(each) <= 80))
    for text in texts:
        entry(session, survivor, text, code_system=text, display=text)

    found = unknown_codes.unknown_codes(session, clinic.id, actor=administrator, at_least=1, limit=2000)
    assert sorted(each.code for each in found.rows) == sorted(texts)
    assert {(each.system, each.display) for each in found.rows} == {(text, text) for text in texts}

    for text in texts[:60]:
        use = use_of(session, clinic.id, text, text, actor=administrator)
        assert use.displays == ((text, 1),)
        [some] = unknown_codes.to_read_again(session, clinic.id, [text], text, with_narrower=True)
        assert text in {each.code for rows in some.entries.values() for each in rows}
        said(session, clinic, administrator, clock, system=text, code=text, display=text)
    assert {row.code for row in session.scalars(sa.select(CodeMapping))} == set(texts[:60])
