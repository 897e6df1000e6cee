"""The validator in Node: its findings as plain sentences, and that each belongs to its resource."""

from decimal import Decimal

import pytest

from tests.fhir.builders import CLINICAL, Json, concept, condition, imaging, observation, patient, quantity
from tests.fhir.validating import ask, needs_node
from tracker.fhir.validation.node_validator import NodeValidator
from tracker.fhir.validation.python_validator import CannotJudge
from tracker.fhir.validation.spots import JUDGED, parts_of

WHY = {"extension": [{"url": "https://clinic.example/why", "valueString": "not told"}]}
REQUEST = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {"text": "Vincristine"},
    "subject": {"reference": "Patient/1"},
}


def wrongs(*resources: Json) -> list[list[tuple[str, str]]]:
    validator = NodeValidator()
    try:
        tickets = [validator.begin(parts_of(each)) for each in resources]
        found = [[(each.path, each.reason) for each in validator.finish(ticket)] for ticket in tickets]
    finally:
        validator.close()
    assert validator.notes == []
    return found


@needs_node
def test_each_finding_is_a_place_and_a_sentence() -> None:
    resources = [
        patient(),
        observation(status="done"),
        patient(gender="woman"),
        observation(status=None),
        patient(shoeSize=40),
        patient(name={"family": "A"}),
        observation(valueQuantity=quantity("21.5", "kg")),
        patient(active="true"),
        observation(subject={"reference": "Practitioner/1"}),
        condition(clinicalStatus=concept("bogus", system=CLINICAL)),
        observation(contained=[patient(id="p", gender="q")]),
        imaging(started="x"),
        observation(status="x" * 500),
    ]

    assert wrongs(*resources) == [
        [],
        [("status", "“done” is none of the codes that FHIR allows here")],
        [("gender", "“woman” is none of the codes that FHIR allows here")],
        [("status", "is missing; FHIR requires it")],
        [("shoeSize", "“40” is no element that FHIR R4 has here")],
        [("name", "must be a list")],
        [("valueQuantity.value", "“21.5” is text where FHIR has a number; write it without quotes")],
        [("active", "“true” must be true or false")],
        [("subject", "“Practitioner/1” refers to a type of resource that FHIR does not allow here")],
        [("clinicalStatus", "“bogus” is none of the codes that FHIR allows here")],
        [("contained[0].gender", "“q” is none of the codes that FHIR allows here")],
        [("started", "“x” has a form that FHIR does not allow here")],
        [("status", f"“{'x' * 60}…” is none of the codes that FHIR allows here")],
    ]


@needs_node
def test_it_misses_a_month_and_a_day_that_do_not_exist_and_an_empty_list() -> None:
    missed = [patient(birthDate="2000-13-01"), patient(birthDate="2023-02-30"), patient(name=[]), patient(id="a" * 65)]

    assert wrongs(*missed) == [[], [], [], []]


@needs_node
def test_sound_r4_that_looks_strange_is_let_pass() -> None:
    strange = [
        patient(birthDate=None, _birthDate=WHY),
        patient(name=[{"given": ["Ana", None], "_given": [None, WHY]}]),
        patient(deceasedBoolean=False, multipleBirthInteger=0),
        observation(status=None, _status=WHY),
        {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/1"}, "category": [None, "food"], "_category": [WHY, None]},
        observation(valueQuantity=quantity(Decimal("1E-9"), "g")),
        observation(valueQuantity=quantity(Decimal("1E+400"), "g")),
        observation(valueQuantity=quantity(10**400, "g")),
        observation(subject={"reference": "Patient/1/_history/2"}),
        observation(subject={"reference": "https://clinic.example/people/5"}),
        observation(subject={"reference": "urn:uuid:a/b"}),
        REQUEST | {"substitution": {"allowedBoolean": False}},
        REQUEST | {"substitution": {"_allowedBoolean": WHY}},
        patient(extension=[{"url": "https://clinic.example/x", "valueUuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}]),
        condition(clinicalStatus={"coding": [{"system": "https://clinic.example", "code": "A"}, {"system": CLINICAL, "code": "active"}]}),
    ]  # fmt: skip

    assert wrongs(*strange) == [[] for _ in strange]


@needs_node
def test_a_concept_without_any_of_the_codes_that_fhir_allows_is_refused() -> None:
    local = {"coding": [{"system": "https://clinic.example", "code": "A"}, {"system": CLINICAL, "code": "bogus"}]}

    [found] = wrongs(condition(clinicalStatus=local))
    assert {path for path, _ in found} == {"clinicalStatus"}


@needs_node
def test_a_type_the_tracker_does_not_keep_is_not_judged_alone_nor_contained() -> None:
    odd = {"resourceType": "Claim", "nonsense": True}

    assert wrongs(odd, observation(contained=[odd | {"id": "c"}])) == [[], []]


@needs_node
def test_every_type_the_tracker_keeps_is_judged() -> None:
    found = wrongs(*({"resourceType": kind, "nonsense": True} for kind in sorted(JUDGED)))

    assert all(("nonsense", "“true” is no element that FHIR R4 has here") in each for each in found)


@needs_node
def test_a_shape_it_stumbles_over_is_not_judged_and_the_next_one_is() -> None:
    validator = NodeValidator()
    with pytest.raises(CannotJudge):
        ask(validator, observation(subject={"reference": 5}))

    assert ask(validator, observation(status="done")) != []
    validator.close()


@needs_node
def test_what_cannot_be_written_as_json_is_not_judged() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    validator = NodeValidator()

    for value in (float("nan"), {1, 2}, deep):
        with pytest.raises(CannotJudge):
            ask(validator, patient(active=value))
    assert ask(validator, patient()) == []
    validator.close()


@needs_node
@pytest.mark.parametrize(
    "text", ["\u2028", "\u2029\r\n", "\ud800", "\x00", "😀" * 10, "</script>", '"}\n{"', "x" * 3_000_000]
)
def test_hostile_and_very_long_text_comes_through_as_one_line(text: str) -> None:
    sound, odd = wrongs(patient(name=[{"family": text}]), patient(name=[{"family": text}], gender=text))

    assert sound == []
    assert {path for path, _ in odd} == {"gender"}


@needs_node
def test_answers_belong_to_their_tickets_in_whatever_order_they_are_fetched() -> None:
    validator = NodeValidator()
    tickets = [validator.begin(parts_of(observation(status=f"wrong-{number}"))) for number in range(300)]
    for number in (299, 0, 150):
        [wrong] = validator.finish(tickets[number])
        assert f"“wrong-{number}”" in wrong.reason
    validator.close()


@needs_node
def test_much_is_sent_ahead_without_either_side_waiting_for_the_other() -> None:
    large = patient(name=[{"family": "x" * 1_000_000}], nonsense=True)
    validator = NodeValidator()
    tickets = [validator.begin(parts_of(large)) for _ in range(30)]

    assert [len(validator.finish(ticket)) for ticket in tickets] == [1] * 30
    validator.close()


@needs_node
def test_an_answer_that_has_come_already_can_be_forgotten_too() -> None:
    validator = NodeValidator()
    first, second = (validator.begin(parts_of(observation(status="done"))) for _ in range(2))
    validator.finish(second)
    assert validator.unfetched == 1

    validator.forget(first)

    assert validator.unfetched == 0
    validator.close()


@needs_node
def test_an_answer_nobody_wants_any_more_is_not_kept() -> None:
    validator = NodeValidator()
    forgotten, wanted = (validator.begin(parts_of(observation(status="done"))) for _ in range(2))
    validator.forget(forgotten)

    assert len(validator.finish(wanted)) == 1
    assert validator.unfetched == 0
    assert validator.finish(forgotten) == []
    validator.close()
