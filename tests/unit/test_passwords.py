"""What makes a password good enough: its length, and that nobody would try it first."""

import pytest

from tracker.errors import Invalid
from tracker.services import passwords

GOOD = "correct horse battery staple"


def refused(password: str, *about: str) -> str:
    with pytest.raises(Invalid) as error:
        passwords.new_hash(password, about=about)
    assert error.value.field == "password"
    return str(error.value)


def test_fourteen_characters_are_too_few_and_fifteen_are_enough() -> None:
    assert "at least 15 characters" in refused("violin-meadow7")
    assert passwords.new_hash("violin-meadow-7").startswith("$argon2id$")


def test_very_long_passwords_are_welcome_up_to_a_limit() -> None:
    sentence = "We went down to the harbor on the first warm day, and it rained. " * 4
    assert passwords.matches(passwords.new_hash(sentence[:64]), sentence[:64])
    assert passwords.new_hash(sentence[:256])
    assert "at most 256" in refused(sentence[:257])


@pytest.mark.parametrize(
    "password",
    [
        "  spaces   count too  ",
        "ümläuts und ein Fluß",
        "四つの単語でできた長い秘密の合い言葉",
        "4$8!93@1#57&20*64%7",
        "<script>'; DROP--",
        "river-candle-window-marble-42",
        "correcthorsebatterystaple",
        "f3b1c07d9e2a4856ba77",
    ],
)
def test_any_characters_will_do(password: str) -> None:
    assert not passwords.is_easy(password, ("Dana Ruiz", "dana@clinic.example"))
    assert passwords.matches(passwords.new_hash(password), password)


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaa",
        "ababababababababab",
        "passwordpassword",
        "Password123456789",
        "P@ssw0rd!P@ssw0rd!",
        "qwertyuiopasdfghjkl",
        "12345678901234567890",
        "abcdefghijklmnopqrstuvwxyz",
        "survivorship-clinic",
        "Survivorship follow-up tracker",
        "Welcome to the clinic",
        "Summer2026Summer2026",
        "letmein letmein letmein",
    ],
)
def test_what_everybody_would_try_is_refused(password: str) -> None:
    assert "too easy to guess" in refused(password)


@pytest.mark.parametrize(
    "password",
    ["dana.ruiz.dana.ruiz", "RuizDanaRuizDana1", "danadanadanadana", "Dana Ruiz password", "harborharborharbor"],
)
def test_the_owners_own_words_are_refused(password: str) -> None:
    assert "too easy to guess" in refused(password, "Dana Ruiz", "dana.ruiz@harbor.example")


def test_the_same_words_are_fine_for_somebody_else() -> None:
    assert not passwords.is_easy("dana.ruiz.and.the.marble", ("Sam Okafor", "sam@clinic.example"))


def test_a_wrong_password_a_broken_hash_and_nobody_do_not_match() -> None:
    stored = passwords.new_hash(GOOD)
    assert passwords.matches(stored, GOOD)
    assert not passwords.matches(stored, GOOD + " ")
    assert not passwords.matches(stored, "")
    assert not passwords.matches("not a hash", GOOD)
    assert not passwords.matches(None, GOOD)


def test_nobodys_password_signs_nobody_in_even_when_it_is_known() -> None:
    # It does match its own hash; the sign-in refuses because there is no account behind it.
    assert passwords.matches(None, "nobody has this password")


def test_a_password_beyond_the_limit_is_wrong_even_when_its_beginning_is_right() -> None:
    longest = ("violin meadow marble " * 13)[:256]
    stored = passwords.new_hash(longest)
    assert passwords.matches(stored, longest)
    assert not passwords.matches(stored, longest + "x")
    assert not passwords.matches(stored, longest + "x" * 1_000_000)


def test_a_hash_made_with_less_work_is_made_anew() -> None:
    cheap = "$argon2id$v=19$m=8,t=1,p=1$1rTKZjXEdhMj15jDr3pHKw$XQmPIQtZXNyR+H+KBnFkbbm6Z7O9Pq5ELcLPai6Oh20"
    renewed = passwords.rehashed(cheap, GOOD)
    assert renewed != cheap
    assert passwords.matches(renewed, GOOD)
    assert passwords.rehashed(renewed, GOOD) == renewed


def test_a_hash_made_beforehand_is_kept_as_it_is() -> None:
    hashed = passwords.new_hash(GOOD)
    assert passwords.new_hash(passwords.Hashed(hashed)) == hashed
    with pytest.raises(Invalid):
        passwords.new_hash("short")
