"""Patient → a person: what is kept, what never is, and what is refused."""

from datetime import date
from typing import Any

import pytest

from tests.fhir.builders import ANA, HOSPITAL, as_bytes, bundle, codes, identifier, patient, read, read_person
from tracker.errors import ImportRefused
from tracker.fhir.bundle import read_bundle
from tracker.fhir.patient import ADDRESS, RESOURCE_ID

BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"


def refusal(**given: Any) -> str:
    with pytest.raises(ImportRefused) as caught:
        read(patient(**given))
    return str(caught.value)


def test_a_person_is_read_with_name_birth_date_sex_and_numbers() -> None:
    person = read_person()

    assert (person.family_name, person.given_name, person.preferred_name) == ("Rivera", "Ana", "")
    assert person.birth_date == date(2007, 3, 5)
    assert person.sex_at_birth == "female"
    assert person.identifiers == ((HOSPITAL, "MR-11111111"),)
    assert person.resource_ids == ((RESOURCE_ID, ANA),)
    assert (person.deceased, person.deceased_on) == ("", None)
    assert (person.phone, person.email, person.language) == ("", "", "")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([{"use": "maiden", "family": "Organa", "given": ["Leia"]}, {"use": "official", "family": "Solo", "given": ["Leia"]}],
         ("Solo", "Leia")),
        ([{"use": "usual", "family": "Usual"}, {"use": "old", "family": "Old"}], ("Usual", "")),
        ([{"family": "Plain", "given": ["A", "B"]}, {"use": "maiden", "family": "Maiden"}], ("Plain", "A B")),
        ([{"use": "usual", "given": ["Kenzi"]}], ("Kenzi", "")),
        ([{"text": "Sukarno"}], ("Sukarno", "")),
        ([{"use": "official"}, {"family": "Second"}], ("Second", "")),
        ([{"family": " ", "given": ["Given"]}], ("Given", "")),
        ([{"family": "Mejía", "given": ["Jesús"]}], ("Mejía", "Jesús")),
        ([{"family": "O'Conner-Peña", "given": ["  spaced  "]}], ("O'Conner-Peña", "  spaced  ")),
        ([{"family": "Cafe\u0301"}], ("Cafe\u0301", "")),
        ([{"family": "Odd", "given": [None, 5, "", "Only"]}], ("Odd", "Only")),
        (["nonsense", {"family": "Kept"}], ("Kept", "")),
    ],
)  # fmt: skip
def test_the_official_name_comes_first_and_is_kept_as_it_is_written(
    names: list[Any], expected: tuple[str, str]
) -> None:
    person = read_person(name=names)

    assert (person.family_name, person.given_name) == expected


def test_a_nickname_is_the_name_somebody_goes_by() -> None:
    names = [{"use": "nickname", "given": ["Annie"]}, {"use": "official", "family": "Rivera", "given": ["Ana"]}]

    person = read_person(name=names)

    assert (person.family_name, person.given_name, person.preferred_name) == ("Rivera", "Ana", "Annie")


@pytest.mark.parametrize("name", [None, [], [{}], [{"family": " ", "given": [" "]}], "Ana", [{"prefix": ["Dr."]}]])
def test_a_person_without_a_name_is_refused(name: object) -> None:
    assert refusal(name=name) == f"entry 1 (Patient/{ANA}): the patient has no name"


def test_a_name_that_would_have_to_be_cut_is_refused() -> None:
    assert read_person(name=[{"family": "R" * 120, "given": ["A" * 120]}]).family_name == "R" * 120
    assert "the family name has 121 characters; at most 120 can be kept" in refusal(name=[{"family": "R" * 121}])
    assert "the given name has 121" in refusal(name=[{"family": "R", "given": ["A" * 121]}])


@pytest.mark.parametrize(
    ("birth_date", "why"),
    [
        (None, "has no birth date"),
        ("", "has no birth date"),
        (20070305, "has no birth date"),
        ("2007", "2007 is not a whole date; year, month and day are needed"),
        ("2007-03", "2007-03 is not a whole date"),
        ("2000-13-01", "is not a date"),
        ("2007-02-29", "is not a date"),
        ("March 5", "is not a date"),
    ],
)
def test_without_a_whole_birth_date_the_file_is_refused(birth_date: object, why: str) -> None:
    assert why in refusal(birthDate=birth_date)


@pytest.mark.parametrize(
    ("gender", "sex"),
    [("female", "female"), ("male", "male"), ("other", "unknown"), ("unknown", "unknown"), (None, "unknown"),
     ("F", "unknown"), (["male"], "unknown")],
)  # fmt: skip
def test_sex_is_the_gender_where_it_is_female_or_male_and_else_unknown(gender: object, sex: str) -> None:
    assert read_person(gender=gender).sex_at_birth == sex


@pytest.mark.parametrize(
    ("told", "gender", "sex"),
    [("F", "male", "female"), ("M", "other", "male"), ("UNK", "male", "male"), (5, "male", "male")],
)
def test_the_sex_recorded_at_birth_comes_before_the_gender_of_today(told: object, gender: str, sex: str) -> None:
    extension = [{"url": "http://other.example", "valueCode": "F"}, {"url": BIRTH_SEX, "valueCode": told}]

    assert read_person(extension=extension, gender=gender).sex_at_birth == sex


@pytest.mark.parametrize(
    ("elements", "said", "day"),
    [
        ({}, "", None),
        ({"deceasedBoolean": False}, "", None),
        ({"deceasedBoolean": "true"}, "", None),
        ({"deceasedBoolean": True}, "yes", None),
        ({"deceasedDateTime": "2020-11-24T02:39:21+00:00"}, "2020-11-24", date(2020, 11, 24)),
        ({"deceasedDateTime": "2020-11-24T23:30:00-11:00"}, "2020-11-24", date(2020, 11, 24)),
        ({"deceasedDateTime": "2020"}, "2020", date(2020, 12, 31)),
        ({"deceasedDateTime": "2020-02"}, "2020-02", date(2020, 2, 29)),
    ],
)
def test_a_death_is_read_with_what_is_known_of_its_day(elements: dict[str, Any], said: str, day: date | None) -> None:
    person = read_person(**elements)

    assert (person.deceased, person.deceased_on) == (said, day)


def test_a_death_on_a_day_that_does_not_exist_is_refused() -> None:
    assert "the date of death is not a date" in refusal(deceasedDateTime="2020-02-30")


@pytest.mark.parametrize(
    "private",
    [
        identifier("999-10-9339", system="http://hl7.org/fhir/sid/us-ssn", kind="SS"),
        identifier("999-10-9339", system="http://hl7.org/fhir/sid/us-ssn", kind=""),
        identifier("999-10-9339", system="urn:oid:2.16.840.1.113883.4.1", kind=""),
        identifier("999-10-9339", system="http://any.example", kind="SS"),
        identifier("S99941714", system="urn:oid:2.16.840.1.113883.4.3.25", kind="DL"),
        identifier("S99941714", system="urn:oid:2.16.840.1.113883.4.3.25", kind=""),
        identifier("S99941714", system="http://any.example", kind="", text="Driver's License"),
        identifier("X71227772X", system="http://any.example/passportNumber", kind="PPN"),
        identifier("X71227772X", system="http://any.example/passportNumber", kind=""),
        identifier("X71227772X", system="http://any.example", kind="PPN"),
        identifier("1", system="http://any.example", kind="", text="Social Security Number"),
        identifier("ACC-1", system="http://bank.example", kind="AN"),
        identifier("FAMILY-1", system="http://insurer.example", kind="MB"),
    ],
)
def test_numbers_of_the_state_or_of_a_family_are_never_kept(private: dict[str, Any]) -> None:
    person = read_person(identifier=[private, identifier("MR-7")])

    assert person.identifiers == ((HOSPITAL, "MR-7"),)
    assert private["value"] not in person.record_numbers


@pytest.mark.parametrize(
    "useless",
    [
        {},
        {"value": ""},
        {"value": " ", "system": HOSPITAL},
        {"system": HOSPITAL},
        {"value": 5, "system": HOSPITAL},
        "x",
    ],
)
def test_an_identifier_without_a_value_is_left_out(useless: object) -> None:
    assert read_person(identifier=[useless]).identifiers == ()


def test_an_identifier_without_a_system_identifies_nobody_but_may_be_the_record_number() -> None:
    bare = identifier("MR-9")
    del bare["system"]

    person = read_person(identifier=[bare])

    assert person.identifiers == ()
    assert person.record_numbers[0] == "MR-9"


def test_the_record_number_is_the_medical_one_then_another_that_fits_then_the_id() -> None:
    numbers = [identifier("other-1", system="http://x.example", kind=""), identifier("MR-1"), identifier("M" * 41)]

    person = read_person(identifier=numbers)

    assert person.record_numbers[:3] == ("MR-1", "other-1", ANA)
    assert all(len(number) <= 40 for number in person.record_numbers)


def test_where_nothing_fits_a_record_number_is_made_always_the_same() -> None:
    long_id = "a" * 41

    first, second = (read_person(id=long_id, identifier=[]).record_numbers for _ in range(2))

    assert first == second
    assert len(first) == 1
    assert first[0].startswith("F-")
    assert len(read_person(id="a" * 40, identifier=[]).record_numbers) == 2


def test_an_identifier_too_long_to_keep_whole_is_refused() -> None:
    assert read_person(identifier=[identifier("9" * 200)]).identifiers == ((HOSPITAL, "9" * 200),)
    assert "an identifier has more than 200 characters" in refusal(identifier=[identifier("9" * 201)])
    assert "an identifier has more than 200" in refusal(identifier=[identifier("9", system="h" * 201)])


def test_where_a_resource_comes_from_is_one_of_its_numbers() -> None:
    url = "https://hospital.example/fhir/Patient/7"
    content = as_bytes(bundle(patient(id="7"), urls={"7": url}, kind="collection"))

    [part] = read_bundle(content, codes(), today=date(2026, 11, 23)).people

    assert part.described.resource_ids == ((RESOURCE_ID, "7"), (ADDRESS, url))


def test_in_a_transaction_the_address_is_the_id_of_a_patient_without_one() -> None:
    resource = patient()
    del resource["id"]
    content = as_bytes(bundle(resource, urls={"": f"urn:uuid:{ANA}"}))

    [part] = read_bundle(content, codes(), today=date(2026, 11, 23)).people

    assert part.described.resource_ids == ((RESOURCE_ID, ANA),)


def test_a_patient_without_any_id_is_refused() -> None:
    resource = patient()
    del resource["id"]

    with pytest.raises(ImportRefused, match=r"^entry 1 \(Patient\): the patient has no id$"):
        read_bundle(as_bytes(bundle(resource, urls={"": ""})), codes(), today=date(2026, 11, 23))


def _speaks(code: str, **given: Any) -> dict[str, Any]:
    return {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}} | given


@pytest.mark.parametrize(
    ("spoken", "language"),
    [
        ([_speaks("en-US")], "en"),
        ([_speaks("es")], "es"),
        ([_speaks("ZH-Hant")], "zh"),
        ([_speaks("en"), _speaks("es", preferred=True)], "es"),
        ([_speaks("klingon"), _speaks("pt-BR")], "pt"),
        ([{"language": {"text": "Spanish"}}], ""),
        ([], ""),
        ("es", ""),
    ],
)
def test_the_language_is_the_preferred_one_without_its_country(spoken: object, language: str) -> None:
    assert read_person(communication=spoken).language == language


@pytest.mark.parametrize(
    ("telecom", "phone", "email"),
    [
        ([{"system": "phone", "value": "555-339-6961", "use": "home"}], "555-339-6961", ""),
        ([{"system": "phone", "value": "555-111-2222", "use": "work"}, {"system": "phone", "value": "555-333-4444", "use": "mobile"}],
         "555-333-4444", ""),
        ([{"system": "email", "value": "ana@family.example"}], "", "ana@family.example"),
        ([{"system": "email", "value": "not an address"}, {"system": "email", "value": "b@c.example"}], "", "b@c.example"),
        ([{"system": "phone", "value": "call me"}, {"system": "fax", "value": "555-339-6961"}], "", ""),
        ([{"system": "phone", "value": "12"}, {"value": "555-339-6961"}, {"system": "phone"}, None], "", ""),
        ("555", "", ""),
    ],
)  # fmt: skip
def test_how_to_reach_somebody_is_kept_where_it_can_be_right(telecom: object, phone: str, email: str) -> None:
    person = read_person(telecom=telecom)

    assert (person.phone, person.email) == (phone, email)
