"""How alike two people are: names in two languages, mistyped dates, numbers, and the twins who are two."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.fhir import patient
from tracker.services import likeness
from tracker.services.likeness import (
    ALIKE_FROM,
    PROPOSED_FROM,
    Person,
    alike,
    birth_date_reason,
    names_alike,
    near_dates,
)
from tracker.services.sounds import is_short_for, spanish_key, words_of

BORN = date(2007, 3, 5)


def person(family_name: str = "Rivera", given_name: str = "Ana", **changed: Any) -> Person:
    values: dict[str, Any] = {"birth_date": BORN, "sex": "female"} | changed
    return Person(family_name=family_name, given_name=given_name, **values)


def kinds(found: likeness.Likeness) -> set[str]:
    return {reason[0] for reason in found.reasons}


# Family names

ONE_FAMILY_NAME = [
    ("Rivera", "Rivera"),
    ("Rivera", "RIVERA"),
    ("Rivera", "Ribera"),
    ("Peña", "Pena"),
    ("Núñez", "Nunes"),
    ("González", "Gonsales"),
    ("Hernández", "Ernandes"),
    ("Jiménez", "Giménez"),
    ("Jiménez", "Ximénez"),
    ("Vázquez", "Basques"),
    ("Vásquez", "Vázquez"),
    ("Zapata", "Sapata"),
    ("Cervantes", "Servantes"),
    ("Castillo", "Castiyo"),
    ("Llanos", "Yanos"),
    ("Quintero", "Kintero"),
    ("Guerrero", "Gerrero"),
    ("Huerta", "Uerta"),
    ("Sánchez", "Sanches"),
    ("Chávez", "Chabes"),
    ("García López", "López García"),
    ("García López", "García"),
    ("García", "Garcia Lopez"),
    ("García-López", "Garcia Lopez"),
    ("de la Cruz", "Cruz"),
    ("De La Cruz", "Delacruz"),
    ("del Río", "Rio"),
    ("Ortega y Gasset", "Ortega Gasset"),
    ("Muñoz Rivera", "Ribera Munos"),
    ("O'Connor", "Oconnor"),
    ("O'Connor", "O'Conner"),
    ("McDonald", "MacDonald"),
    ("Smith", "Smyth"),
    ("Clark", "Clarke"),
    ("Thompson", "Thomson"),
    ("Johnson", "Jonson"),
    ("Philips", "Phillips"),
    ("Stephenson", "Stevenson"),
    ("Schmidt", "Schmitt"),
    ("Nguyen", "Nguyn"),
    ("Williams", "Wiliams"),
    ("van Dyke", "Vandyke"),
]
TWO_FAMILY_NAMES = [
    ("Rivera", "Rojas"),
    ("García López", "García Pérez"),
    ("Rivera", "Herrera"),
    ("Smith", "Jones"),
    ("Brown", "Whitfield-Meyer"),
    ("Pérez", "Reyes"),
    ("Torres", "Flores"),
    ("Lee", "Li"),
    ("Johnson", "Jackson"),
    ("Ng", "Wu"),
]


@pytest.mark.parametrize(("one", "other"), ONE_FAMILY_NAME)
def test_a_family_name_written_in_two_ways_is_one(one: str, other: str) -> None:
    assert (names_alike(one, other) or 0) >= ALIKE_FROM
    assert alike(person(one), person(other)).is_proposed


@pytest.mark.parametrize(("one", "other"), TWO_FAMILY_NAMES)
def test_two_family_names_are_two(one: str, other: str) -> None:
    assert (names_alike(one, other) or 0) < ALIKE_FROM
    assert not alike(person(one), person(other)).is_proposed


# Given names

ONE_GIVEN_NAME = [
    ("José", "Jose"),
    ("José", "Pepe"),
    ("José", "Chepe"),
    ("Francisco", "Paco"),
    ("Francisco", "Pancho"),
    ("Guadalupe", "Lupita"),
    ("Guillermo", "Memo"),
    ("Ignacio", "Nacho"),
    ("Enrique", "Kike"),
    ("Jesús", "Chuy"),
    ("María Luisa", "Maria L."),
    ("María Luisa", "Maria"),
    ("María Luisa", "Luisa María"),
    ("María Luisa", "Marialuisa"),
    ("Ma. Luisa", "M. Luisa"),
    ("María", "M."),
    ("Graciela", "Grasiela"),
    ("Javier", "Xavier"),
    ("Gerardo", "Jerardo"),
    ("Esteban", "Estevan"),
    ("Yolanda", "Llolanda"),
    ("Robert", "Bob"),
    ("Bob", "Rob"),
    ("Elizabeth", "Liz"),
    ("William", "Bill"),
    ("Katherine", "Catherine"),
    ("Margaret", "Peggy"),
    ("Jon", "John"),
    ("Sean", "Seán"),
    ("Michael", "Micheal"),
    ("Jennifer", "Jenifer"),
    ("Anne Marie", "Anne-Marie"),
    ("Stephen", "Steven"),
]
TWO_GIVEN_NAMES = [
    ("Ana", "Eva"),
    ("Ana", "Elena"),
    ("María Luisa", "María Elena"),
    ("Juan Carlos", "Juan Pablo"),
    ("Emma", "Ella"),
    ("Jayden", "Hayden"),
    ("Mateo", "Marco"),
    ("Luis", "Jesús"),
    ("Sofía", "Lucía"),
    ("Ryan", "Bryan"),
    ("Diego", "Santiago"),
    ("Mia", "Nia"),
]


@pytest.mark.parametrize(("one", "other"), ONE_GIVEN_NAME)
def test_a_given_name_written_in_two_ways_is_one(one: str, other: str) -> None:
    assert (names_alike(one, other, given=True) or 0) >= ALIKE_FROM
    assert alike(person(given_name=one), person(given_name=other)).is_proposed


@pytest.mark.parametrize(("one", "other"), TWO_GIVEN_NAMES)
def test_twins_are_two_whatever_else_they_share(one: str, other: str) -> None:
    household: dict[str, Any] = {"phones": frozenset({"phone"}), "emails": frozenset({"email"})}
    found = alike(person(given_name=one, **household), person(given_name=other, **household))
    assert {"birth_date_equal", "family_name_equal", "given_name_differs", "phone_shared"} <= kinds(found)
    assert found.score < PROPOSED_FROM


@pytest.mark.parametrize(
    ("one", "other"), [("Daniel", "Daniela"), ("Carlos", "Carla"), ("Juan", "Juana"), ("Mario", "Maria")]
)
def test_a_brother_and_a_sister_of_nearly_the_same_name_are_two(one: str, other: str) -> None:
    assert not alike(person(given_name=one, sex="male"), person(given_name=other, sex="female")).is_proposed


def test_twins_with_one_number_between_them_are_looked_at() -> None:
    number = frozenset({("urn:ssn", "123-45-6789")})
    found = alike(person(given_name="Ana", numbers=number), person(given_name="Eva", numbers=number))
    assert found.is_proposed
    assert ("number_shared", "urn:ssn", "123456789") in found.reasons


def test_the_name_somebody_goes_by_counts_as_a_given_name() -> None:
    found = alike(person(given_name="José", preferred_name="Tito"), person(given_name="Tito"))
    assert found.is_proposed
    assert ("given_name_alike", "José", "Tito") in found.reasons


@pytest.mark.parametrize("given_name", ["", "Baby Girl", "Newborn", "RN"])
def test_a_child_who_had_no_name_yet_may_be_the_one_who_has(given_name: str) -> None:
    found = alike(person(given_name=given_name), person())
    assert found.is_proposed
    assert not kinds(found) & {"given_name_equal", "given_name_alike", "given_name_differs"}


def test_names_in_each_others_place_are_seen() -> None:
    found = alike(person("Rivera", "Ana"), person("Ana", "Ribera"))
    assert found.is_proposed
    assert "names_swapped" in kinds(found)
    assert not alike(person("Rivera", "Ana"), person("Ana", "Flores")).is_proposed


def test_three_people_born_on_one_day_are_three() -> None:
    three = [person("Rivera", "Ana"), person("Oakhurst", "Beatrix"), person("Nguyen", "Mai")]
    assert not any(alike(one, other).is_proposed for one in three for other in three if one is not other)


def test_somebody_who_married_is_found_where_the_telephone_is_the_same() -> None:
    before, after = person("Rivera"), person("Whitfield")
    assert not alike(before, after).is_proposed
    reached: dict[str, Any] = {"phones": frozenset({"key"})}
    assert alike(person("Rivera", **reached), person("Whitfield", **reached)).is_proposed


# Birth dates


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (date(2007, 3, 5), "birth_date_equal"),
        (date(2007, 5, 3), "birth_date_swapped"),
        (date(2007, 3, 6), "birth_date_digit"),
        (date(2007, 3, 15), "birth_date_digit"),
        (date(2008, 3, 5), "birth_date_digit"),
        (date(2070, 3, 5), "birth_date_digit"),
        (date(1907, 3, 5), "birth_date_year"),
        (date(1997, 3, 5), "birth_date_year"),
        (date(2006, 3, 5), "birth_date_digit"),
        (date(2007, 8, 9), ""),
        (date(2011, 11, 21), ""),
        (date(1984, 3, 5), ""),
    ],
)
def test_a_mistyped_birth_date_is_recognized(other: date, reason: str) -> None:
    assert birth_date_reason(BORN, other) == reason
    assert alike(person(), person(birth_date=other)).is_proposed == bool(reason)


def test_two_digits_in_each_others_place_are_one_slip() -> None:
    assert birth_date_reason(date(2012, 3, 21), date(2012, 3, 12)) == "birth_date_digit"
    assert birth_date_reason(date(2012, 3, 21), date(2021, 3, 21)) == "birth_date_digit"
    assert birth_date_reason(date(2012, 3, 21), date(2012, 3, 13)) == ""


def test_the_same_name_on_another_day_is_looked_at_only_where_something_else_is_shared() -> None:
    other = date(2001, 8, 19)
    assert not alike(person(), person(birth_date=other)).is_proposed
    reached: dict[str, Any] = {"emails": frozenset({"key"})}
    assert not alike(person(**reached), person("Ribera", birth_date=other, **reached)).is_proposed
    reached = {"phones": frozenset({"key"})}
    assert alike(person(**reached), person(birth_date=other, **reached)).is_proposed


@given(st.dates(date(1930, 1, 1), date(2026, 12, 31)), st.integers(-4000, 4000))
def test_near_dates_are_exactly_those_that_may_be_a_slip(day: date, apart: int) -> None:
    other = day + timedelta(days=apart)
    assert (other in near_dates(day)) == bool(birth_date_reason(day, other))
    assert birth_date_reason(day, other) == birth_date_reason(other, day)
    assert len(near_dates(day)) <= 110


# Numbers and sex


def test_the_same_name_and_birth_date_with_two_numbers_of_one_system_is_for_a_person_to_decide() -> None:
    one = person(numbers=frozenset({("urn:ssn", "123-45-6789")}))
    other = person(numbers=frozenset({("urn:ssn", "987-65-4321")}))
    found = alike(one, other)
    assert found.is_proposed
    assert ("numbers_differ", "urn:ssn") in found.reasons
    assert found.score < alike(person(), person()).score


@pytest.mark.parametrize("system", [likeness.OWN_SYSTEM, likeness.RESOURCE_ID, likeness.ADDRESS])
def test_numbers_that_everybody_has_of_their_own_say_nothing(system: str) -> None:
    one, other = (person(numbers=frozenset({(system, value)})) for value in ("A-10001", "A-10002"))
    assert alike(one, other) == alike(person(), person())


def test_the_systems_named_here_are_those_of_the_import() -> None:
    assert (likeness.RESOURCE_ID, likeness.ADDRESS) == (patient.RESOURCE_ID, patient.ADDRESS)


def test_a_number_written_in_two_ways_is_one() -> None:
    one, other = (person(numbers=frozenset({("urn:mrn", value)})) for value in ("00-4417a", "4417A"))
    assert "number_shared" in kinds(alike(one, other))


def test_a_number_under_another_systems_name_is_a_hint() -> None:
    one = person(numbers=frozenset({(likeness.OWN_SYSTEM, "HB-20417")}))
    other = person("Flores", numbers=frozenset({("urn:hospital", "hb20417")}))
    assert ("number_elsewhere", "HB20417") in alike(one, other).reasons
    short = person(numbers=frozenset({("urn:other", "17")})), person(numbers=frozenset({("urn:hospital", "17")}))
    assert "number_elsewhere" not in kinds(alike(*short))


def test_sex_speaks_for_it_against_it_or_not_at_all() -> None:
    same = alike(person(), person())
    unknown = alike(person(), person(sex="unknown"))
    other = alike(person(), person(sex="male"))
    assert (same.score, same.score > unknown.score > other.score) == (100, True)
    assert ("sex_differs", "female", "male") in other.reasons
    assert other.is_proposed, "the sex may be mistyped: somebody looks"


# Sounds


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("rivera", "ribera"),
        ("gimenez", "jimenes"),
        ("ximenez", "jimenes"),
        ("hernandez", "ernandes"),
        ("quique", "kike"),
        ("guerra", "gera"),
        ("llanos", "yanos"),
        ("chavez", "chabes"),
        ("cecilia", "sesilia"),
        ("felix", "felis"),
        ("godoy", "godoi"),
    ],
)
def test_a_word_is_keyed_by_its_spanish_sound(word: str, key: str) -> None:
    assert spanish_key(word) == key


def test_short_forms_meet_in_their_full_name() -> None:
    assert is_short_for("pepe", "jose") and is_short_for("jose", "pepe")
    assert is_short_for("bob", "rob") and is_short_for("beth", "liz")
    assert not is_short_for("pepe", "paco")
    assert is_short_for("zelda", "zelda") and not is_short_for("zelda", "ana")


def test_particles_are_no_names_but_where_there_is_nothing_else() -> None:
    assert words_of("de la Cruz y Peña") == ("cruz", "pena")
    assert words_of("De La") == ("de", "la")
    assert names_alike("—", "Rivera") is None
    assert names_alike("—", "—") == 100


# Laws

NAMES = st.sampled_from(
    [*{name for pair in (*ONE_FAMILY_NAME, *TWO_FAMILY_NAMES, *ONE_GIVEN_NAME, *TWO_GIVEN_NAMES) for name in pair}]
)
PEOPLE = st.builds(
    Person,
    family_name=NAMES,
    given_name=st.one_of(NAMES, st.just(""), st.text(max_size=8)),
    preferred_name=st.one_of(st.just(""), NAMES),
    birth_date=st.dates(date(2006, 12, 25), date(2007, 2, 20)),
    sex=st.sampled_from(["female", "male", "unknown"]),
    numbers=st.frozensets(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["10001", "10002", "x"])), max_size=2),
    phones=st.frozensets(st.sampled_from(["p", "q"]), max_size=1),
    emails=st.frozensets(st.sampled_from(["e", "f"]), max_size=1),
)


@settings(max_examples=300)
@given(PEOPLE, PEOPLE)
def test_it_does_not_matter_who_is_named_first(one: Person, other: Person) -> None:
    there, back = alike(one, other), alike(other, one)
    assert there.score == back.score
    assert kinds(there) == kinds(back)
    assert 0 <= there.score <= 100


@given(PEOPLE)
def test_everybody_is_like_themselves(someone: Person) -> None:
    assert alike(someone, someone).is_proposed
    assert not kinds(alike(someone, someone)) & {"birth_date_differs", "family_name_differs", "given_name_differs"}
