"""What must hold whatever was given: order, splitting, adding, and the plan that follows."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.reference.survivors import random_case
from tests.unit.given_tables import BORN, CATALOGUE, UNITS, as_follows
from tracker.engine.catalogue import Catalogue, RadiationField
from tracker.engine.chart import total_doses
from tracker.engine.conditions import Doses
from tracker.engine.evaluate import evaluate
from tracker.engine.given import (
    DerivedExposure,
    DrugGiven,
    Given,
    GvhdFound,
    OperationDone,
    RadiationGiven,
    RadionuclideGiven,
    TransfusionGiven,
    TransplantDone,
)
from tracker.engine.given_exposures import exposures_from
from tracker.engine.given_questions import open_questions
from tracker.engine.given_terms import is_possible
from tracker.engine.given_words import exposure_in_words, question_in_words, term_in_words
from tracker.engine.partial_dates import PartialDate
from tracker.guidelines.cases import parse_case
from tracker.guidelines.loader import load_pack

PACK = load_pack()
KINDS = ("drugs", "radiation", "operations", "transplants", "gvhd", "transfusions", "radionuclides")
ROUNDING = Decimal("0.0001")
ORGANS = ("heart_rt_gy", "breast_rt_gy", "hp_rt_gy", "lung_rt_gy")

amounts = st.none() | st.decimals(0, 5000, places=2)
known = st.decimals("0.01", 5000, places=2)
bodies = st.none() | st.sampled_from([Decimal("0.6"), Decimal("0.75"), Decimal("1.73"), Decimal(0)])
days = st.none() | st.builds(PartialDate, st.integers(1968, 2015), st.none() | st.integers(1, 12))
drugs = st.builds(
    DrugGiven,
    id=st.just(""),
    agent=st.sampled_from(sorted(CATALOGUE.agents)) | st.just("mystery"),
    dose=amounts,
    unit=st.sampled_from(["mg/m2", "g/m2", "mg/kg", "mg", "g", "[U]/m2", "[U]", "AUC"]),
    courses=st.none() | st.integers(0, 9),
    route=st.sampled_from(["", "iv", "po", "it"]),
    single_dose=amounts,
    weight_kg=bodies,
    surface_m2=bodies,
    weeks=st.none() | st.integers(0, 8),
    myeloablative=st.booleans(),
    courses_unknown=st.booleans(),
    started_on=days,
    ended_on=days,
)
courses_of_radiation = st.builds(
    RadiationGiven,
    id=st.just(""),
    fields=st.lists(st.sampled_from([*CATALOGUE.fields, "mystery"]), max_size=3).map(tuple),
    dose_gy=st.none() | st.decimals(0, 60, places=1),
    organs=st.none() | st.dictionaries(st.sampled_from(ORGANS), st.none() | st.decimals(0, 60, places=1), max_size=3),
    started_on=days,
)
others: dict[str, st.SearchStrategy[Any]] = {
    "operations": st.builds(
        OperationDone,
        id=st.just(""),
        operation=st.sampled_from([*CATALOGUE.operations, "mystery"]),
        done_on=days,
        side=st.sampled_from(["", "left", "right", "both"]),
    ),
    "transplants": st.builds(
        TransplantDone,
        id=st.just(""),
        kind=st.sampled_from(["allogeneic", "autologous", "unknown"]),
        done_on=days,
        sos=st.sampled_from(["yes", "no", "unknown"]),
    ),
    "gvhd": st.builds(
        GvhdFound,
        id=st.just(""),
        kind=st.sampled_from(["acute", "chronic"]),
        active=st.sampled_from(["yes", "no", "unknown"]),
        started_on=days,
    ),
    "transfusions": st.builds(
        TransfusionGiven,
        id=st.just(""),
        product=st.sampled_from(["red_cells", "platelets", "plasma", "other"]),
        count=st.none() | st.integers(0, 20),
        started_on=days,
        ended_on=days,
    ),
    "radionuclides": st.builds(
        RadionuclideGiven, id=st.just(""), kind=st.sampled_from(["i131", "mibg"]), given_on=days
    ),
}
entries: dict[str, st.SearchStrategy[Any]] = {"drugs": drugs, "radiation": courses_of_radiation, **others}
everything = st.builds(
    Given,
    birth_date=st.sampled_from([BORN, date(2012, 2, 29), date(1969, 12, 31)]),
    treated_from=days,
    **{kind: st.lists(each, max_size=4).map(tuple) for kind, each in entries.items()},
)
one_more = st.one_of([st.tuples(st.just(kind), each) for kind, each in entries.items()])
exhaustively = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def numbered(given: Given) -> Given:
    """The same with an id for every entry."""
    named: dict[str, Any] = {
        kind: tuple(replace(entry, id=f"{kind}-{place}") for place, entry in enumerate(getattr(given, kind)))
        for kind in KINDS
    }
    return replace(given, **named)


def derived(given: Given) -> tuple[DerivedExposure, ...]:
    return exposures_from(given, CATALOGUE, UNITS)


def doses_after(given: Given) -> Doses:
    """What the engine makes of it, the pack's own derivations included."""
    found = derived(given)
    recorded = {each.name: each.value for each in found}
    at_least = {each.name: each.at_least for each in found}
    return total_doses(recorded, PACK.derivations, has_predisposition=False, at_least=at_least)


@exhaustively
@for_all(everything, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_does_not_matter(given: Given, random: Any) -> None:
    given = numbered(given)
    mixed: dict[str, Any] = {
        kind: tuple(random.sample(getattr(given, kind), k=len(getattr(given, kind)))) for kind in KINDS
    }
    shuffled = replace(given, **mixed)
    first, second = derived(given), derived(shuffled)
    assert as_follows(first) == as_follows(second)
    assert [(each.name, each.last_on, set(each.missing)) for each in first] == [
        (each.name, each.last_on, set(each.missing)) for each in second
    ]
    assert {(each.given_id, each.code) for each in open_questions(given, CATALOGUE)} == {
        (each.given_id, each.code) for each in open_questions(shuffled, CATALOGUE)
    }


@exhaustively
@for_all(drugs, known, st.integers(1, 5), st.integers(1, 5))
def test_splitting_courses_in_two_gives_the_same_total(drug: DrugGiven, dose: Decimal, few: int, more: int) -> None:
    drug = replace(drug, dose=dose, courses_unknown=False)
    whole = derived(Given(birth_date=BORN, drugs=(replace(drug, id="a", courses=few + more),)))
    parts = (replace(drug, id="a", courses=few), replace(drug, id="b", courses=more))
    split = derived(Given(birth_date=BORN, drugs=parts))
    assert as_follows(whole) == as_follows(split)


@exhaustively
@for_all(courses_of_radiation, st.decimals("0.1", 30, places=1), st.decimals("0.1", 30, places=1))
def test_splitting_a_radiation_course_gives_the_same_total(course: RadiationGiven, one: Decimal, two: Decimal) -> None:
    course = replace(course, organs=None, fields=tuple(each for each in course.fields if each != "tbi") or ("leg",))
    whole = derived(Given(birth_date=BORN, radiation=(replace(course, id="a", dose_gy=one + two),)))
    parts = (replace(course, id="a", dose_gy=one), replace(course, id="b", dose_gy=two))
    assert as_follows(whole) == as_follows(derived(Given(birth_date=BORN, radiation=parts)))


@exhaustively
@for_all(everything, one_more)
def test_one_more_entry_never_lowers_a_dose(given: Given, more: tuple[str, Any]) -> None:
    kind, entry = more
    longer: dict[str, Any] = {kind: (*getattr(given, kind), entry)}
    before, after = doses_after(numbered(given)), doses_after(numbered(replace(given, **longer)))
    for name, certain in before.certain.items():
        assert after.certain[name] >= certain, name
    assert before.given <= after.given
    assert before.unknown <= after.unknown


@exhaustively
@for_all(everything, drugs)
def test_an_unknown_dose_takes_nothing_from_what_is_known(given: Given, drug: DrugGiven) -> None:
    before = {each.name: each for each in derived(numbered(given))}
    unknown = replace(drug, dose=None)
    for each in derived(numbered(replace(given, drugs=(*given.drugs, unknown)))):
        if each.name in before and each.unit != "1":
            assert each.at_least == before[each.name].at_least
            assert each.value in (None, before[each.name].value)


@exhaustively
@for_all(everything)
def test_the_terms_add_up_and_name_their_entries(given: Given) -> None:
    given = numbered(given)
    ids = {entry.id for kind in KINDS for entry in getattr(given, kind)} | {""}
    for each in derived(given):
        assert each.terms and {term.given_id for term in each.terms} <= ids
        assert (each.value is None) == (each.unit != "1" and any(term.amount is None for term in each.terms))
        if each.unit != "1":
            known_parts = [term.at_least if term.amount is None else term.amount for term in each.terms]
            assert abs(sum(known_parts) - each.at_least) <= ROUNDING / 2
            if each.value is not None and not any("÷" in step for term in each.terms for step in term.steps):
                assert sum(known_parts) == each.value


@exhaustively
@for_all(everything)
def test_whatever_is_missing_is_asked_about_and_everything_can_be_told(given: Given) -> None:
    given = numbered(given)
    questions = open_questions(given, CATALOGUE, UNITS)
    asked = {(question.given_id, name) for question in questions for name in question.exposures}
    for each in derived(given):
        wanting = {term.given_id for term in each.terms if term.missing}
        assert bool(each.missing) == bool(wanting)
        assert {(given_id, each.name) for given_id in wanting} <= asked
        assert bool(wanting) or not any(is_possible(term) for term in each.terms)
        told = [exposure_in_words(each), *(term_in_words(term, each.unit) for term in each.terms)]
        assert all(text and "{" not in text and "None" not in text and "  " not in text for text in told), told
    for question in questions:
        assert "{" not in question_in_words(question)
    assert len({(question.given_id, question.code) for question in questions}) == len(questions)
    assert {(q.given_id, q.code) for q in questions} <= {(q.given_id, q.code) for q in open_questions(given, CATALOGUE)}


# The plan is the same whether exposures are derived or typed

FIELD_DOSES = tuple(each for each in PACK.exposures if each.endswith("_rt_gy") and each != "any_rt_gy")
NO_ORGANS: dict[str, Decimal | None] = {}


def one_field_each() -> Catalogue:
    """A field for every dose to a field or an organ, that fills this one alone."""
    fields = {name: RadiationField(code=name, label=name, field_exposures=(name,)) for name in FIELD_DOSES}
    return replace(CATALOGUE, fields={"tbi": CATALOGUE.fields["tbi"], **fields})


def given_for(exposures: dict[str, float | None], born: date) -> tuple[Given, set[str]]:
    """Entries that lead to these exposures, in two courses each, and the exposures they reach."""
    drugs, radiation, reached = [], [], set()
    by_dose = {each.dose_exposure: each.code for each in CATALOGUE.agents.values() if each.dose_exposure}
    for name, typed in exposures.items():
        halves = (None,) if typed is None else (Decimal(str(typed)) / 2,) * 2
        if name in by_dose:
            unit = UNITS[name]
            drugs += [
                DrugGiven(id=f"{name}{place}", agent=by_dose[name], dose=half, unit=unit, route="iv",
                          started_on=PartialDate(born.year + 5))
                for place, half in enumerate(halves)
            ]  # fmt: skip
        elif name in FIELD_DOSES or name == "tbi_gy":
            code = "tbi" if name == "tbi_gy" else name
            radiation += [
                RadiationGiven(id=f"{name}{place}", fields=(code,), dose_gy=half) for place, half in enumerate(halves)
            ]
        else:
            continue
        if typed != 0:
            reached.add(name)
    return Given(birth_date=born, drugs=tuple(drugs), radiation=tuple(radiation)), reached


@pytest.mark.parametrize("chunk", range(6))
def test_the_plan_is_that_of_the_same_exposures_typed_by_hand(chunk: int) -> None:
    catalogue, compared = one_field_each(), 0
    for seed in range(700_000 + 40 * chunk, 700_040 + 40 * chunk):
        case = random_case(seed)
        given, reached = given_for(case["exposures"], date.fromisoformat(case["survivor"]["birth_date"]))
        typed = case | {"exposures": {name: dose for name, dose in case["exposures"].items() if name in reached}}
        if not reached:
            continue
        compared += 1
        read = parse_case(typed, PACK)
        found = exposures_from(given, catalogue, UNITS)
        assert {each.name: each.value for each in found} == dict(read.facts.exposures), seed
        facts = replace(read.facts, exposures={each.name: each.value for each in found})
        assert evaluate(facts, PACK, on=read.as_of) == evaluate(read.facts, PACK, on=read.as_of)
    assert compared >= 10
