"""Our own checks: what is wrong in a FHIR file and neither validator sees."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fhir.builders import ANA, BEN, Json, concept, condition, observation, patient
from tracker.fhir.reading import Entry
from tracker.fhir.validation import own
from tracker.fhir.validation.spots import LONGEST_PATH, LONGEST_SHOWN, quoted, spots

MEDICATION = {"resourceType": "Medication", "id": "med-1", "code": {"text": "Vincristine"}}


def paths(resource: Json, **given: Any) -> list[str]:
    return [wrong.path for wrong in own.check(resource, **given)]


def reason(resource: Json) -> str:
    [wrong] = own.check(resource)
    return wrong.reason


def test_sound_resources_have_nothing_wrong() -> None:
    for resource in (patient(), observation(), condition()):
        assert own.check(resource) == []


@pytest.mark.parametrize("length", [1, 63, 64])
def test_an_id_of_up_to_64_characters_is_allowed(length: int) -> None:
    assert own.check(patient(id="a" * length)) == []


def test_an_id_of_65_characters_is_one_too_many() -> None:
    [wrong] = own.check(patient(id="a" * 65))

    assert wrong == ("id", "has 65 characters; FHIR allows 64")


@pytest.mark.parametrize("name", ["a.b-C3", "0", "-", ".", "A" * 64])
def test_letters_digits_hyphens_and_dots_make_an_id(name: str) -> None:
    assert own.check(patient(id=name)) == []


@pytest.mark.parametrize("name", ["a_b", "a b", "a/b", "ä", "a\n", "٣", "a:b", "<b>", "a\u200b", "a" * 63 + "_"])
def test_any_other_character_in_an_id_is_refused(name: str) -> None:
    [wrong] = own.check(patient(id=name))

    assert wrong.path == "id"
    assert "may hold only letters from a to z, digits" in wrong.reason


@pytest.mark.parametrize("value", [5, True, ["x"], {"x": "y"}])
def test_an_id_that_is_no_text_is_refused(value: object) -> None:
    assert ("id", "is no text; an id is written in quotes") in own.check(patient() | {"id": value})


def test_the_id_of_a_contained_resource_follows_the_same_rule() -> None:
    contained = [MEDICATION | {"id": "m" * 64}, MEDICATION | {"id": "m" * 65}]

    assert paths(observation(contained=contained)) == ["contained[1].id"]


@pytest.mark.parametrize(
    ("value", "name"), [([], "an empty list"), ({}, "an empty object"), ("", "an empty text"), (None, "null")]
)
def test_an_empty_value_is_refused_wherever_it_stands(value: object, name: str) -> None:
    top = own.check(patient() | {"maritalStatus": value})
    deep = own.check(patient(name=[{"family": "Rivera", "period": {"start": "2020", "extension": [{"url": value}]}}]))

    assert top == [("maritalStatus", f"is {name}; what is not known is left out in FHIR")]
    assert [wrong.path for wrong in deep] == ["name[0].period.extension[0].url"]


@pytest.mark.parametrize("value", [0, False, Decimal(0), Decimal("0.0"), " "])
def test_false_zero_and_a_blank_are_not_empty(value: object) -> None:
    assert own.check(patient() | {"multipleBirthInteger": value}) == []


def test_a_null_may_keep_the_place_of_a_value_that_has_only_an_extension() -> None:
    why = {"extension": [{"url": "https://clinic.example/why", "valueString": "not told"}]}

    assert own.check(patient(name=[{"given": ["Ana", None], "_given": [None, why]}])) == []


def test_a_null_in_a_list_without_extensions_is_refused() -> None:
    assert paths(patient(name=[{"given": ["Ana", None]}])) == ["name[0].given[1]"]


def test_an_empty_list_in_a_list_is_found_at_its_own_place() -> None:
    assert paths(patient(name=[{"family": "Rivera"}, []])) == ["name[1]"]


def test_a_fragment_that_a_contained_resource_answers_is_sound() -> None:
    sound = observation(contained=[MEDICATION], partOf=[{"reference": "#med-1"}], subject={"reference": "#"})

    assert own.check(sound) == []


@pytest.mark.parametrize("contained", [None, [MEDICATION], [MEDICATION | {"id": "med-22"}]])
def test_a_fragment_that_no_contained_resource_answers_is_refused(contained: object) -> None:
    [wrong] = own.check(observation(contained=contained, partOf=[{"reference": "#med-2"}]))

    assert wrong == ("partOf[0].reference", "“#med-2” leads to nothing; no contained resource has that id")


def test_one_contained_resource_may_refer_to_another() -> None:
    substance = {"resourceType": "Substance", "id": "sub", "code": {"text": "x"}}
    holding = MEDICATION | {"ingredient": [{"itemReference": {"reference": "#sub"}}]}

    assert own.check(observation(contained=[holding, substance])) == []
    assert paths(observation(contained=[holding])) == ["contained[0].ingredient[0].itemReference.reference"]


def test_two_contained_resources_with_one_id_are_refused() -> None:
    [wrong] = own.check(observation(contained=[MEDICATION, MEDICATION | {"code": {"text": "Other"}}]))

    assert wrong.path == "contained[1].id"
    assert "is the id of another contained resource too" in wrong.reason


@pytest.mark.parametrize("contained", ["x", {"resourceType": "Medication"}, 5])
def test_contained_must_be_a_list(contained: object) -> None:
    assert paths(observation(contained=contained)) == ["contained"]


@pytest.mark.parametrize("each", [5, "x", {"id": "x"}, {"resourceType": 5}])
def test_what_is_contained_must_be_a_resource(each: object) -> None:
    assert "contained[0]" in paths(observation(contained=[each]))


@pytest.mark.parametrize("kind", [5, ["Patient"], {"a": 1}, True])
def test_a_type_that_is_no_text_is_refused(kind: object) -> None:
    assert "resourceType" in paths(patient() | {"resourceType": kind})


def test_a_type_that_nobody_knows_is_not_for_these_checks() -> None:
    assert own.check({"resourceType": "Permission", "id": "x"}) == []


@pytest.mark.parametrize("start", ["urn:uuid:", "urn:oid:"])
def test_a_reference_that_can_only_mean_this_file_must_lead_somewhere(start: str) -> None:
    resource = observation(subject={"reference": f"{start}1.2.3"})

    assert own.check(resource, lambda reference: reference == f"{start}1.2.3") == []
    assert paths(resource, leads=lambda _: False) == ["subject.reference"]


def test_outside_a_bundle_such_a_reference_is_not_judged() -> None:
    assert own.check(observation(subject={"reference": f"urn:uuid:{BEN}"})) == []


@pytest.mark.parametrize(
    "reference",
    ["Patient/1", "Patient/1/_history/2", "https://clinic.example/fhir/Patient/1", "Patient?identifier=x|1", "x"],
)
def test_a_reference_that_another_server_may_answer_is_only_unknown(reference: str) -> None:
    assert own.check(observation(subject={"reference": reference}), lambda _: False) == []


def test_a_place_in_another_entry_is_looked_for_in_that_entry() -> None:
    asked: list[str] = []

    def leads(name: str) -> bool:
        asked.append(name)
        return True

    assert own.check(observation(subject={"reference": f"urn:uuid:{ANA}#part"}), leads) == []
    assert asked == [f"urn:uuid:{ANA}"]


@pytest.mark.parametrize("kind", ["Bundle", "Parameters"])
def test_references_inside_a_bundle_inside_are_its_own_affair(kind: str) -> None:
    inner = observation(subject={"reference": f"urn:uuid:{BEN}"}, partOf=[{"reference": "#x"}])

    assert own.check({"resourceType": kind, "entry": [{"resource": inner}]}, lambda _: False) == []


def entries(*named: tuple[str, str]) -> list[Entry]:
    return [
        Entry(number, url, patient() | ({"meta": {"versionId": version}} if version else {}))
        for number, (url, version) in enumerate(named, start=1)
    ]


def test_an_address_that_two_entries_have_is_refused_at_the_second() -> None:
    [(entry, wrong)] = own.repeated_addresses(entries(("urn:uuid:a", ""), ("urn:uuid:b", ""), ("urn:uuid:a", "")))

    assert (entry.number, wrong.path) == (3, "fullUrl")
    assert wrong.reason == "“urn:uuid:a” is the address of entry 1 too; each needs its own"


def test_two_versions_of_one_resource_may_share_an_address() -> None:
    assert list(own.repeated_addresses(entries(("urn:uuid:a", "1"), ("urn:uuid:a", "2")))) == []
    assert len(list(own.repeated_addresses(entries(("urn:uuid:a", "1"), ("urn:uuid:a", "1"))))) == 1


def test_entries_without_an_address_share_none() -> None:
    assert list(own.repeated_addresses(entries(("", ""), ("", "")))) == []


def test_spots_come_in_the_order_of_the_file() -> None:
    found = [spot.path for spot in spots({"a": [{"b": 1}, {"c": [2]}], "d": {"e": 3}})]

    assert found == ["a", "a[0]", "a[0].b", "a[1]", "a[1].c", "a[1].c[0]", "d", "d.e"]


def test_a_chart_nested_far_deeper_than_any_is_walked_to_its_end() -> None:
    deep: Any = ""
    for _ in range(20_000):
        deep = [deep]

    [wrong] = own.check(patient(name=deep))
    assert "is an empty text" in wrong.reason


def test_a_name_of_a_million_characters_does_not_become_a_path_of_that_length() -> None:
    long: Json = {"x" * 1_000_000: {"y" * 1_000_000: {"z": ""}}}

    [wrong] = own.check(patient() | long)
    assert len(wrong.path) < 4 * LONGEST_PATH


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "“plain”"),
        ("x" * LONGEST_SHOWN, f"“{'x' * LONGEST_SHOWN}”"),
        ("x" * (LONGEST_SHOWN + 1), f"“{'x' * LONGEST_SHOWN}…”"),
        ("a\nb\u202ec\x00", "“a·b·c·”"),
        (5, "“5”"),
        (True, "“true”"),
        (None, ""),
        ({"name": "Ana"}, ""),
        (["Ana"], ""),
    ],
)
def test_a_value_in_a_sentence_is_cut_and_harmless(value: object, shown: str) -> None:
    assert quoted(value) == shown


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(),
    lambda held: st.lists(held, max_size=4) | st.dictionaries(st.text(), held, max_size=4),
    max_leaves=20,
)
names = st.sampled_from(["id", "contained", "name", "start", "end", "birthDate", "reference", "period", "resourceType"])


@given(st.dictionaries(names | st.text(), json_values, max_size=8))
def test_arbitrary_json_never_raises(resource: Json) -> None:
    for wrong in own.check(resource, lambda _: False):
        assert wrong.reason


@given(st.text())
def test_any_text_may_stand_in_any_text(text: str) -> None:
    resource = patient(
        name=[{"family": text or "x", "text": text or "x"}], maritalStatus=concept("M", text or "x", text=text)
    )

    assert own.check(resource) == []
