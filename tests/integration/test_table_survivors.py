"""Lists of survivors: enrolled, brought up to date with what a list says anew, and never mixed up."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.factories import make_contact
from tests.integration.table_desk import ANA, PEOPLE, TableDesk
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import AuditEvent, Contact, Diagnosis, DueItem, Survivor, SurvivorIdentifier
from tracker.services import survivors
from tracker.services.states import State, state_of


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> TableDesk:
    return TableDesk(database, clock)


def person(**columns: str) -> list[tuple[str, ...]]:
    """Ana with more columns, or others in place of hers."""
    named = dict(zip(PEOPLE, ANA, strict=True)) | columns
    return [tuple(named), tuple(named.values())]


def test_a_whole_row_gives_a_person_with_contact_number_diagnosis_and_a_plan(desk: TableDesk) -> None:
    rows = person(
        preferred_name="Anita",
        sex="F",
        language="Spanish",
        other_number="R-00012",
        other_system="State cancer registry",
        phone="617-555-0123",
        email="Ana@Family.example",
        enrolled_on="2023-01-09",
        diagnosis="Leiomyosarcoma",
        diagnosed_on="2021-02",
        end_of_therapy_on="2022-10-31",
    )
    assert desk.brings_in("survivors", rows) == ["new"]
    ana = desk.survivor()
    assert (ana.family_name, ana.given_name, ana.preferred_name, ana.birth_date) == (
        *("Rivera", "Ana", "Anita"),
        date(2007, 3, 5),
    )
    assert (ana.sex_at_birth, ana.language, ana.enrolled_on, ana.version) == ("female", "es", date(2023, 1, 9), 1)
    assert (ana.search_name, ana.sort_name) == ("rivera ana anita", "rivera anita")
    number, contact, diagnosis = desk.only(SurvivorIdentifier), desk.only(Contact), desk.only(Diagnosis)
    assert (number.system, number.value) == ("State cancer registry", "R-00012")
    assert (contact.kind, contact.phone, contact.email) == ("self", "617-555-0123", "ana@family.example")
    assert contact.reminders_agreed_on is None
    assert (diagnosis.name, diagnosis.diagnosed_on, diagnosis.diagnosed_precision) == (
        *("Leiomyosarcoma", date(2021, 2, 1)),
        "month",
    )
    assert (diagnosis.end_of_therapy_on, diagnosis.end_of_therapy_precision) == (date(2022, 10, 31), "day")
    assert ana.has_plan and desk.rows(DueItem)


def test_the_least_that_is_needed_gives_somebody_who_awaits_the_summary(desk: TableDesk, clock: FixedClock) -> None:
    desk.ana()
    ana = desk.survivor()
    assert (ana.sex_at_birth, ana.language, ana.enrolled_on) == ("unknown", "en", date(2026, 11, 23))
    assert state_of(ana, clock.today("America/New_York")) == State.AWAITING_SUMMARY
    assert desk.rows(Contact) == [] and desk.rows(Diagnosis) == []


def test_every_change_is_in_the_trail_under_whoever_brought_it_in(desk: TableDesk) -> None:
    desk.ana(phone="617-555-0123", diagnosis="Neuroblastoma")
    events = {each.action: each for each in desk.rows(AuditEvent)}
    assert {"survivor.enrolled", "contact.added", "diagnosis.imported", "import.file"} <= events.keys()
    assert {each.actor for each in events.values()} == {"Import by Dana Ruiz"}
    assert events["survivor.enrolled"].after["mrn"] == "004417"
    assert events["diagnosis.imported"].after["course"] == "primary"
    assert "617-555-0123" not in str([each.after for each in events.values()])


def test_the_same_file_twice_changes_nothing(desk: TableDesk) -> None:
    rows = person(phone="617-555-0123", diagnosis="Neuroblastoma", diagnosed_on="2012", other_number="7")
    rows = [(*rows[0], "other_system"), (*rows[1], "Registry")]
    assert desk.brings_in("survivors", rows) == ["new"]
    before = desk.tables()
    assert desk.brings_in("survivors", rows) == ["unchanged"]
    assert desk.tables() == before


def test_a_later_list_corrects_what_it_said_before_and_wipes_nothing(desk: TableDesk) -> None:
    desk.brings_in("survivors", person(phone="617-555-0123", language="es", diagnosis="Neuroblastoma"))
    later = person(phone="", given_name="Anabel", diagnosis="Neuroblastoma", end_of_therapy_on="2013-07-01")
    report = desk.report("survivors", later)
    assert [(each.fate, each.changes) for each in report.lines] == [
        ("updated", ("given name: Ana → Anabel", "end of therapy on: 2013-07-01"))
    ]
    assert report.patients == {"updated": 1}
    ana = desk.survivor()
    assert (ana.given_name, ana.language, ana.version) == ("Anabel", "es", 2)
    assert ana.search_name == "rivera anabel" and ana.has_plan
    assert desk.only(Contact).phone == "617-555-0123"


def test_what_a_person_has_corrected_since_stays_while_the_list_repeats_itself(desk: TableDesk) -> None:
    desk.ana(language="es")
    with desk.database.transaction() as session:
        ana = session.scalars(sa.select(Survivor)).one()
        entered = survivors.details_of(ana)
        changed = type(entered)(**(entered.__dict__ | {"language": "en", "given_name": "Anna"}))
        survivors.edit(session, ana.id, changed, seen_version=None, actor=desk.actor, clock=desk.clock)
    assert desk.brings_in("survivors", person(language="es")) == ["unchanged"]
    assert (desk.survivor().language, desk.survivor().given_name) == ("en", "Anna")
    assert desk.brings_in("survivors", person(language="fr")) == ["updated"]
    assert (desk.survivor().language, desk.survivor().given_name) == ("fr", "Anna")


def test_somebody_enrolled_by_hand_is_found_by_the_record_number_and_an_unknown_sex_says_nothing(
    desk: TableDesk,
) -> None:
    desk.enrolled(sex_at_birth="female")
    assert desk.brings_in("survivors", person(sex="unknown", preferred_name="Anita")) == ["updated"]
    assert (desk.survivor().sex_at_birth, desk.survivor().preferred_name) == ("female", "Anita")


def test_a_record_number_with_another_name_and_another_birth_date_is_another_person(desk: TableDesk) -> None:
    desk.ana()
    [why] = desk.refusal("survivors", person(family_name="Lind", birth_date="2010-02-14"))
    assert why.startswith("row 2, column record_number: This record number belongs to somebody with another")
    assert desk.brings_in("survivors", person(family_name="Rivera-Lind")) == ["updated"]
    assert desk.brings_in("survivors", person(family_name="rivera lind", birth_date="2007-03-06")) == ["updated"]


def test_leading_zeros_are_kept_and_their_loss_is_seen(desk: TableDesk) -> None:
    desk.ana()
    [why] = desk.refusal("survivors", person(record_number="4417"))
    assert "Somebody here has the record number 004417. Were zeros at the front lost?" in why
    report = desk.report("survivors", [PEOPLE, (88, "Lind", "Ben", date(2010, 2, 14))], xlsx=True)
    assert report.notes[0].sentence().startswith("row 2, column record_number: In one row")
    assert desk.survivor("88").birth_date == date(2010, 2, 14)


@pytest.mark.parametrize(
    "columns, column, said",
    [
        ({"birth_date": "2027-01-01"}, "birth_date", "in the future"),
        ({"death_date": "2027"}, "death_date", "in the future"),
        ({"death_date": "2006"}, "death_date", "before the date of birth"),
        ({"enrolled_on": "2007-03-04"}, "enrolled_on", "before the date of birth"),
        ({"enrolled_on": "2026-11-24"}, "enrolled_on", "in the future"),
        ({"phone": "call me"}, "phone", "Enter a phone number"),
        ({"email": "nobody"}, "email", "Enter an email address"),
        ({"other_number": "7"}, "other_system", "Fill both"),
        ({"other_system": "Registry"}, "other_number", "Fill both"),
        ({"diagnosed_on": "2019"}, "diagnosed_on", "Fill the column diagnosis"),
        (
            {"diagnosis": "Neuroblastoma", "diagnosed_on": "2019-05", "end_of_therapy_on": "2019-04"},
            "end_of_therapy_on",
            "The end of therapy is before the diagnosis",
        ),
        ({"diagnosis": "Neuroblastoma", "diagnosed_on": "2006"}, "diagnosed_on", "before the date of birth"),
        ({"diagnosis": "neu"}, "diagnosis", "begins several names"),
    ],
)
def test_what_cannot_be_is_refused_by_row_and_column(
    desk: TableDesk, columns: dict[str, str], column: str, said: str
) -> None:
    [why] = desk.refusal("survivors", person(**columns))
    assert why.startswith(f"row 2, column {column}: ") and said in why


@pytest.mark.parametrize("typed", ["leiomyosarcoma", "LMS", "8890/3"])
def test_a_diagnosis_is_stored_by_its_usual_name(desk: TableDesk, typed: str) -> None:
    desk.ana(diagnosis=typed)
    assert desk.only(Diagnosis).name == "Leiomyosarcoma"


def test_a_diagnosis_that_no_list_has_is_kept_with_a_note(desk: TableDesk) -> None:
    report = desk.report("survivors", person(diagnosis="A rare  thing", end_of_therapy_on="2020"))
    assert desk.only(Diagnosis).name == "A rare thing"
    assert "has no schedule of its own" in report.notes[0].reason


def test_another_diagnosis_than_on_record_is_for_a_person_to_add(desk: TableDesk) -> None:
    desk.enrolled()
    with desk.database.transaction() as session:
        ana = session.scalars(sa.select(Survivor)).one()
        session.add(Diagnosis(survivor_id=ana.id, position=0, name="Neuroblastoma"))
    [why] = desk.refusal("survivors", person(diagnosis="Leiomyosarcoma"))
    assert "Another diagnosis is on record: “Neuroblastoma”" in why
    assert desk.brings_in("survivors", person(end_of_therapy_on="2013-07-01")) == ["updated"]
    assert desk.only(Diagnosis).end_of_therapy_on == date(2013, 7, 1)


def test_a_list_corrects_the_diagnosis_that_a_list_made(desk: TableDesk) -> None:
    desk.ana(diagnosis="A rare thing")
    assert desk.brings_in("survivors", person(diagnosis="Leiomyosarcoma")) == ["updated"]
    assert desk.only(Diagnosis).name == "Leiomyosarcoma"


@pytest.mark.parametrize("is_new", [True, False])
def test_a_death_ends_the_plan(desk: TableDesk, is_new: bool) -> None:
    therapy = {"diagnosis": "Leiomyosarcoma", "end_of_therapy_on": "2022-10-31"}
    if not is_new:
        desk.ana(**therapy)
    assert desk.brings_in("survivors", person(death_date="2024-06", **therapy)) == ["new" if is_new else "updated"]
    ana = desk.survivor()
    assert (ana.deceased_on, ana.deceased_precision) == (date(2024, 6, 30), "month")
    assert not [each for each in desk.rows(DueItem) if each.closed_on is None]
    before = desk.tables()
    assert desk.brings_in("survivors", person(death_date="2024-06", **therapy)) == ["unchanged"]
    assert desk.tables() == before
    [why] = desk.refusal("survivors", person(birth_date="2025-01-01"))
    assert "after the death on record" in why


def test_a_number_of_another_system_belongs_to_one_person(desk: TableDesk) -> None:
    number = {"other_number": "7", "other_system": "Registry"}
    desk.ana(**number)
    [why] = desk.refusal("survivors", person(record_number="9", **number))
    assert "Another survivor here has this number of “Registry”" in why
    heading, row = person(record_number="9", other_number="8", other_system="Registry")
    both = desk.refusal("survivors", [heading, row, ("10", *row[1:])])
    assert [each.split(":")[0] for each in both] == ["row 2, column other_number", "row 3, column other_number"]


def test_two_rows_of_one_person_may_add_to_but_not_contradict_each_other(desk: TableDesk) -> None:
    heading = (*PEOPLE, "phone", "email")
    rows: list[Any] = [heading, (*ANA, "617-555-0123", ""), (*ANA, "", "ana@family.example")]
    assert desk.brings_in("survivors", rows) == ["new", "updated"]
    assert (desk.only(Contact).phone, desk.only(Contact).email) == ("617-555-0123", "ana@family.example")
    other = ("77", "Lind", "Ben", "2010-02-14")
    both = desk.refusal("survivors", [heading, (*other, "617-555-0123", ""), (*other, "617-555-0124", "")])
    assert both == [
        "row 2, column phone: Row 3 says something else of the same. Keep one of them",
        "row 3, column phone: Row 2 says something else of the same. Keep one of them",
    ]


def test_an_agreement_to_reminders_stays_and_its_new_address_is_noted(desk: TableDesk) -> None:
    desk.enrolled()
    with Session(desk.database.engine) as session:
        ana = session.scalars(sa.select(Survivor)).one()
        make_contact(session, ana, kind="self", name="", email="old@x.example", reminders_agreed_on=date(2026, 1, 1))
        session.commit()
    report = desk.report("survivors", person(email="new@x.example"))
    assert desk.only(Contact).email == "new@x.example" and desk.only(Contact).reminders_agreed_on
    assert "Reminders were agreed to" in report.notes[0].reason
