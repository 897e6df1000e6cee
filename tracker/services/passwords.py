"""Passwords: which are good enough, how they are kept, and how one is checked."""

import re
from collections.abc import Iterable
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tracker.errors import Invalid

MIN_PASSWORD, MAX_PASSWORD = 15, 256
MIN_DIFFERENT = 6
# What is left of a password once words everybody would try are taken out must still be this long.
MIN_UNCOMMON = 8
COMMON = (
    "password", "passwort", "passw0rd", "p@ssword", "p@ssw0rd", "letmein", "welcome", "changeme", "iloveyou", "monkey",
    "dragon", "football", "baseball", "superman", "princess", "sunshine", "trustno1", "whatever", "secret", "master",
    "qwertyuiop", "qwerty", "qwertz", "asdfghjkl", "zxcvbnm", "1q2w3e4r", "1qaz2wsx", "abcdefghijklmnopqrstuvwxyz",
    "abcdef", "abc123", "12345678901234567890", "1234567890", "123456789", "12345678", "123456", "0987654321", "654321",
    "admin", "administrator", "login", "january", "february", "september", "october", "november", "december",
    "summer", "winter", "spring", "autumn",
)  # fmt: skip
CONTEXT = (
    "survivorship", "survivors", "survivor", "followup", "follow-up", "tracker", "clinic", "hospital", "oncology",
    "cancer", "patient", "doctor", "nurse", "health",
)  # fmt: skip


class Hashed(str):
    """A password's hash, made beforehand: what is handed on in place of the password where hashing costs too much."""

    __slots__ = ()


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash("nobody has this password")


def new_hash(password: str, *, about: Iterable[str] = ()) -> str:
    """The Argon2 hash of a new password; any characters, spaces too. ``about``: words that belong to its owner.

    Raises:
        Invalid: shorter than 15 or longer than 256 characters, or too easy to guess.
    """
    if isinstance(password, Hashed):
        return str(password)
    if len(password) < MIN_PASSWORD:
        message = f"The password needs at least {MIN_PASSWORD} characters. Three or four unrelated words do well"
        raise Invalid(message, field="password")
    if len(password) > MAX_PASSWORD:
        raise Invalid(f"The password may have at most {MAX_PASSWORD} characters", field="password")
    if is_easy(password, about):
        raise Invalid("This password is too easy to guess. Use three or four unrelated words", field="password")
    return _hasher().hash(password)


def is_easy(password: str, about: Iterable[str] = ()) -> bool:
    """Few different characters, or little beyond words and runs that everybody, or this person, would use."""
    plain = password.lower()
    if len(set(plain)) < MIN_DIFFERENT:
        return True
    own = (part for text in about for part in re.split(r"[\W_]+", text.lower()) if len(part) > 2)
    for word in sorted({*COMMON, *CONTEXT, *own}, key=len, reverse=True):
        plain = plain.replace(word, " ")
    left = "".join(plain.split())
    return len(set(left)) < MIN_DIFFERENT or len(left) < MIN_UNCOMMON


def matches(stored_hash: str | None, password: str) -> bool:
    """Is this the password? Nobody's hash (None) costs the same work, so that the time taken tells nothing."""
    try:
        # One character more than allowed is enough to be wrong, and megabytes would only keep us busy.
        return _hasher().verify(stored_hash or _nobodys_hash(), password[: MAX_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


def rehashed(stored_hash: str, password: str) -> str:
    """The hash to keep from now on: made anew when today's settings ask for more work than those it was made with."""
    return _hasher().hash(password) if _hasher().check_needs_rehash(stored_hash) else stored_hash
