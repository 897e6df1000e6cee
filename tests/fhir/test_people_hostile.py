"""The readers of people and circumstances, given anything at all: a file may hold it, and nothing may break."""

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.builders import SNOMED, concept
from tests.fhir.people_builders import (
    READERS,
    ROLE_CODE,
    Json,
    activity,
    age,
    allergy,
    doctor,
    document,
    had,
    order,
    person,
    plan,
    problems,
    read,
    relative,
    team,
    vaccine,
    visit,
)
from tests.shared import need_shared
from tracker.errors import ImportRefused
from tracker.fhir.values import Skipped
from tracker.services.import_records import ChartRecord
from tracker.services.sections.registry import section

NOTE = [{"text": "a note"}]
ADAM = {"resourceType": "Practitioner", "id": "adam", "name": [{"family": "Careful"}], "telecom": [{"system": "phone"}]}
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "role",
    "practitioner": {"reference": "#adam"},
    "organization": {"display": "Harbor"},
    "specialty": [{"text": "Cardiology"}],
}
PERIOD = {"start": "2020-01", "end": "2021"}

# Each with as many elements as its reader looks at.
FULL: dict[str, Json] = {
    "Immunization": vaccine(
        statusReason={"text": "a"}, reasonCode=[{"text": "b"}], lotNumber="L", note=NOTE, occurrenceString="c"
    ),
    "AllergyIntolerance": allergy(
        type="intolerance", criticality="high", lastOccurrence="2012", note=NOTE, onsetPeriod=PERIOD,
        recordedDate="2013", reaction=[{"substance": {"text": "a"}, "manifestation": [{"text": "b"}],
                                        "severity": "mild", "description": "c", "note": NOTE}],
    ),
    "FamilyMemberHistory": relative(
        had("Breast cancer", 64, contributedToDeath=True, note=NOTE),
        had("Gout", onsetRange={"low": age(40), "high": age(50)}),
        had("Asthma", onsetString="young"),
        deceasedBoolean=False, deceasedAge=age(70), note=NOTE,
    ),
    "RelatedPerson": person(concept("GUARD", "guardian", system=ROLE_CODE), period=PERIOD),
    "CareTeam": team(
        doctor(period=PERIOD, onBehalfOf={"display": "Harbor"}), doctor(member={"reference": "#role"}),
        contained=[ADAM, ROLE], reasonCode=[{"text": "a"}], category=[{"text": "b"}],
    ),
    "CarePlan": plan(activity("Chemotherapy", description="a"), title="b", addresses=[{"display": "c"}]),
    "Appointment": visit(description="a", comment="b", reasonCode=[{"text": "c"}], requestedPeriod=[PERIOD]),
    "ServiceRequest": order(
        occurrenceTiming={"event": ["2023"]}, note=NOTE, reasonCode=[{"text": "a"}], patientInstruction="b",
        doNotPerform=False, orderDetail=[{"text": "c"}], category=[{"text": "d"}],
    ),
    "DocumentReference": document(
        docStatus="final", description="a", category=[{"text": "b"}], context={"period": PERIOD}
    ),
}  # fmt: skip

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=90)
NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.just(Decimal("1E+99999"))
PLACES = st.sampled_from(["2010", "2010-13", "#adam", "#", "Patient/1", "urn:uuid:1", "no-known-allergies", SNOMED])
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS | PLACES
KEYS = st.sampled_from(
    ["text", "coding", "code", "system", "display", "value", "unit", "start", "end", "reference", "id"]
)
ANYTHING = st.recursive(LEAVES, lambda held: st.lists(held, max_size=3) | st.dictionaries(KEYS, held, max_size=4))

Path = tuple[str | int, ...]
SHAPES: tuple[Any, ...] = (
    None, "", [], {}, [None], [[]], {"x": None}, 0, -1, True, Decimal("1E+99999"), "\u202e" * 9999,
)  # fmt: skip


def paths(value: object, here: Path = ()) -> Iterator[Path]:
    """Every element of a resource, whole and in its parts."""
    if here:
        yield here
    parts: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in parts:
        yield from paths(held, (*here, key))


def changed(resource: Json, path: Path, value: object) -> Json:
    """The resource with another value in one place."""
    found = copy.deepcopy(resource)
    holder: Any = found
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return found


def check(resource: Json) -> ChartRecord | None:
    """Read a resource; nothing but a reason or a sentence may come of what cannot be read."""
    try:
        record = read(resource)
    except (Skipped, ImportRefused):
        return None
    assert [each for entry in record.entries for each in problems(entry)] == []
    assert len({entry.part for entry in record.entries}) == len(record.entries)
    assert all(len(entry.part) <= 200 for entry in record.entries)
    limits = ((record.code_system, 200), (record.code, 80), (record.display, 400), (record.status, 40),
              (record.value_text, 400), (record.mapped_to, 200))  # fmt: skip
    assert all(len(text) <= longest for text, longest in limits)
    return record


def test_every_reader_is_tried() -> None:
    assert FULL.keys() == READERS.keys()
    assert all(check(resource) is not None for resource in FULL.values())


@pytest.mark.parametrize("kind", FULL)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_anything_in_any_element_is_read_or_skipped(kind: str, data: st.DataObject) -> None:
    places = [path for path in paths(FULL[kind]) if path != ("resourceType",)]
    resource = FULL[kind]
    for path in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
        try:
            resource = changed(resource, path, data.draw(ANYTHING))
        except (KeyError, IndexError, TypeError):
            continue  # An earlier change has taken this place away.

    check(resource)


@pytest.mark.parametrize("kind", FULL)
def test_every_element_may_be_missing_null_empty_or_of_another_shape(kind: str) -> None:
    for path in paths(FULL[kind]):
        for value in SHAPES:
            if path != ("resourceType",):
                check(changed(FULL[kind], path, value))


def strings() -> list[str]:
    found = json.loads(need_shared("data", "strings", "blns.json").read_text(encoding="utf-8"))
    # What is blank says nothing and is left out; NUL and half characters the reading of a file refuses by itself.
    return [
        text
        for text in found
        if text.strip() and "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
    ]


# Where a text stands in a resource, and where it stands in the record: a field of the entry, or of the chart.
KEPT: tuple[tuple[str, Path, str], ...] = (
    ("Immunization", ("vaccineCode", "text"), "vaccine"),
    ("Immunization", ("statusReason", "text"), "reason"),
    ("Immunization", ("reasonCode", 0, "text"), "reason"),
    ("Immunization", ("lotNumber",), "note"),
    ("Immunization", ("occurrenceString",), "note"),
    ("Immunization", ("note", 0, "text"), "note"),
    ("AllergyIntolerance", ("code", "text"), "substance"),
    ("AllergyIntolerance", ("reaction", 0, "manifestation", 0, "text"), "reaction"),
    ("AllergyIntolerance", ("reaction", 0, "description"), "note"),
    ("AllergyIntolerance", ("note", 0, "text"), "note"),
    ("FamilyMemberHistory", ("relationship", "text"), "relation"),
    ("FamilyMemberHistory", ("condition", 0, "code", "text"), "condition"),
    ("FamilyMemberHistory", ("condition", 2, "onsetString"), "condition"),
    ("FamilyMemberHistory", ("note", 0, "text"), "note"),
    ("RelatedPerson", ("name", 0, "family"), "name"),
    ("CareTeam", ("participant", 0, "role", 0, "text"), "role"),
    ("CareTeam", ("participant", 0, "member", "display"), "name"),
    ("CareTeam", ("participant", 0, "onBehalfOf", "display"), "organization"),
    ("CareTeam", ("name",), "value_text"),
    ("CarePlan", ("title",), "value_text"),
    ("CarePlan", ("category", 0, "text"), "display"),
    ("CarePlan", ("addresses", 0, "display"), "value_text"),
    ("CarePlan", ("activity", 0, "detail", "code", "text"), "value_text"),
    ("Appointment", ("serviceType", 0, "text"), "display"),
    ("Appointment", ("description",), "value_text"),
    ("Appointment", ("comment",), "value_text"),
    ("Appointment", ("participant", 1, "actor", "display"), "value_text"),
    ("ServiceRequest", ("code", "text"), "display"),
    ("ServiceRequest", ("reasonCode", 0, "text"), "value_text"),
    ("ServiceRequest", ("note", 0, "text"), "value_text"),
    ("ServiceRequest", ("patientInstruction",), "value_text"),
    ("DocumentReference", ("type", "text"), "display"),
    ("DocumentReference", ("description",), "value_text"),
    ("DocumentReference", ("content", 0, "attachment", "title"), "value_text"),
)
CHART = {"display": 400, "value_text": 400}
# Other texts of the same place would stand before them.
WITHOUT_CODE = {"code", "type", "vaccineCode", "relationship", "category", "serviceType", "role"}


def placed(kind: str, path: Path, text: str) -> Json:
    """The resource with this text in one place, where a concept has no code beside its words."""
    if path[-1] == "text" and WITHOUT_CODE & set(path):
        return changed(FULL[kind], path[:-1], {"text": text})
    return changed(FULL[kind], path, text)


def stands_in(text: str, held: str, longest: int) -> bool:
    """Does a text stand unchanged where it is held, or as much of it as there is room for?"""
    if text in held:
        return True
    is_full = len(held) == longest
    return is_full and any(held.endswith(text[:size]) for size in range(min(len(text), longest), 19, -1))


@pytest.mark.parametrize(("kind", "path", "where"), KEPT, ids=lambda value: str(value))
def test_a_hostile_text_comes_out_as_it_went_in(kind: str, path: Path, where: str) -> None:
    for text in strings():
        record = check(placed(kind, path, text))

        assert record is not None
        if where in CHART:
            longest, held = CHART[where], str(getattr(record, where))
        else:
            entry = record.entries[0]
            longest, held = section(entry.section).field(where).longest, str(entry.values[where])
        assert stands_in(text, held, longest), (text, held)


def test_a_hostile_relationship_comes_out_as_it_went_in() -> None:
    for text in strings():
        record = check(person({"text": text}, concept("GUARD", "guardian", system=ROLE_CODE)))

        assert record is not None
        assert record.display == text[:400]
        assert record.entries[0].values["relation"] == text[:60]


def test_a_hostile_name_of_somebody_to_reach_comes_out_as_it_went_in() -> None:
    for text in strings():
        contact = read(person(name=[{"text": text}])).contact

        assert contact is not None
        assert contact.name == text[:120]
