"""How alike two people on record are, from 0 to 100, and why: reasons are data, to be put into words elsewhere.

A score only puts two records in front of somebody; nothing is ever merged because of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import permutations

from rapidfuzz.distance import OSA

from tracker.services.names import folded
from tracker.services.sounds import english_key, is_short_for, spanish_key, words_of

# From this score on a pair is put on the list. The same name, birth date and sex with two numbers of one system
# (78) must be on it, the same given name on the same day under another family name (60) must not.
PROPOSED_FROM = 70
# From this likeness in percent on two names may be one name written twice; below, they are two names.
ALIKE_FROM = 70
# From this likeness on, two given names of people of different sex may still be one name ("Andrea", "Andréa").
SAME_FROM = 95

BIRTH_DATE = {"birth_date_equal": 36, "birth_date_swapped": 30, "birth_date_digit": 27, "birth_date_year": 25}
BIRTH_DATE_DIFFERS = -8
FAMILY_NAME, FAMILY_NAME_DIFFERS, FAMILY_NAME_MISSING = 30, -10, 10
GIVEN_NAME, GIVEN_NAME_MISSING = 26, 10
SAME_SEX, UNKNOWN_SEX, OTHER_SEX = 8, 4, -15
PHONE, EMAIL = 15, 12
SAME_NUMBER, NUMBER_ELSEWHERE, OTHER_NUMBERS = 40, 20, -22
# Two people who cannot be one, whatever else they share: brothers and sisters, twins among them.
TWO_NAMES_AT_MOST = PROPOSED_FROM - 1

BY_SPANISH_SOUND, BY_ENGLISH_SOUND, BY_SHORT_FORM, BY_INITIAL, ONE_LEFT_OUT, OTHER_ORDER = 95, 90, 90, 80, 92, 97
OTHER_FIRST_LETTER = 15
# A sound counts only where the letters are not far apart: metaphone takes "Neal" and "Noel" for one.
LETTERS_BEHIND_A_SOUND = 60
MOST_WORDS = 4
# In place of a name: a newborn's file, somebody nobody could ask.
NO_NAME = frozenset(
    ("baby", "boy", "girl", "babyboy", "babygirl", "infant", "newborn", "unknown", "unnamed", "bebe", "rn", "nn")
)
# A number shorter than this is nobody's alone: "1" is in every system.
SHORTEST_NUMBER = 5
SEPARATORS = re.compile(r"[ \-./]+")
# The number by which the clinic itself knows somebody: everybody has another, so that two of them say nothing.
OWN_SYSTEM = "urn:tracker:record-number"
FORMER_SYSTEM = "urn:tracker:former-record-number"
# The ids by which another server's records came in: what is "1" at one is somebody else at the next.
RESOURCE_ID, ADDRESS = "urn:tracker:fhir-patient-id", "urn:tracker:fhir-patient-url"
SAYS_NOTHING = frozenset({OWN_SYSTEM, RESOURCE_ID, ADDRESS})
YEARS_APART = (1, 10, 100)
SWAPPED = ("names_swapped",)
UNKNOWN = "unknown"
Reason = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is compared of one record. ``numbers``: (system, value); telephone and email as their keyed hashes."""

    family_name: str
    birth_date: date
    given_name: str = ""
    preferred_name: str = ""
    sex: str = UNKNOWN
    numbers: frozenset[tuple[str, str]] = frozenset()
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Likeness:
    """How alike two people are, and what speaks for it and against it."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def is_proposed(self) -> bool:
        """Should somebody look at the two side by side?"""
        return self.score >= PROPOSED_FROM


def alike(first: Person, second: Person) -> Likeness:
    """Compare two people. The same the other way round, but for the order of the two values within a reason."""
    points, reasons = _by_birth_date(first.birth_date, second.birth_date)
    given = _given_alike(first, second)
    swapped = _swapped(first, second)
    same_number = _same_numbers(first, second)
    for value, found in (
        _by_family_name(first, second) if not swapped else (FAMILY_NAME + GIVEN_NAME, [SWAPPED]),
        _by_given_name(first, second, given) if not swapped else (0, []),
        _by_sex(first.sex, second.sex),
        _by_numbers(first, second, same_number),
        _by_reach(first, second),
    ):
        points += value
        reasons += found
    two_names = given is not None and given < (SAME_FROM if _other_sex(first.sex, second.sex) else ALIKE_FROM)
    if two_names and not swapped and not same_number:
        points = min(points, TWO_NAMES_AT_MOST)
    return Likeness(max(0, min(100, points)), tuple(reasons))


def may_be_one(first: Person, second: Person) -> bool:
    """Can the two reach the list by names and birth dates alone? Quick, for the many who cannot."""
    names = _is_alike(_given_alike(first, second)) and _is_alike(names_alike(first.family_name, second.family_name))
    return names or _swapped(first, second)


def near_dates(day: date) -> set[date]:
    """Every date that may be this one mistyped, and the date itself."""
    return {day} | {other for other in _mistyped(day) if birth_date_reason(day, other)}


@lru_cache(maxsize=50_000)
def birth_date_reason(one: date, other: date) -> str:
    """How two birth dates may be the same day; empty where they may not."""
    if one == other:
        return "birth_date_equal"
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return "birth_date_swapped"
    if _one_slip(one.isoformat(), other.isoformat()):
        return "birth_date_digit"
    same_day = (one.month, one.day) == (other.month, other.day)
    return "birth_date_year" if same_day and abs(one.year - other.year) in YEARS_APART else ""


def _one_slip(one: str, other: str) -> bool:
    """One digit another, or two neighboring digits the other way round."""
    apart = [place for place, (left, right) in enumerate(zip(one, other, strict=True)) if left != right]
    if len(apart) == 2:
        left, right = apart
        return right - left == 1 and one[left] + one[right] == other[right] + other[left]
    return len(apart) == 1


def _mistyped(day: date) -> Iterator[date]:
    text = day.isoformat()
    variants = {text[:place] + digit + text[place + 1 :] for place in range(10) for digit in "0123456789"}
    variants |= {text[:place] + text[place + 1] + text[place] + text[place + 2 :] for place in range(9)}
    variants |= {f"{day.year:04}-{day.day:02}-{day.month:02}"}
    variants |= {f"{day.year + sign * years:04}{text[4:]}" for years in YEARS_APART for sign in (1, -1)}
    for variant in variants:
        try:
            yield date.fromisoformat(variant)
        except ValueError:
            continue


def _by_birth_date(one: date, other: date) -> tuple[int, list[Reason]]:
    found = birth_date_reason(one, other)
    days = () if found == "birth_date_equal" else (one.isoformat(), other.isoformat())
    return BIRTH_DATE.get(found, BIRTH_DATE_DIFFERS), [(found or "birth_date_differs", *days)]


def _given_alike(first: Person, second: Person) -> int | None:
    straight = names_alike(first.given_name, second.given_name, given=True)
    if not (first.preferred_name or second.preferred_name):
        return straight
    called = [
        names_alike(one, other, given=True)
        for one in (first.given_name, first.preferred_name)
        for other in (second.given_name, second.preferred_name)
    ]
    return max((each for each in called if each is not None), default=None)


def names_alike(one: str, other: str, *, given: bool = False) -> int | None:
    """How alike two names are in percent; None where one of them is no name.

    ``given``: short forms and initials count too.
    """
    together, words = _read(one, given)
    others_together, others = _read(other, given)
    if not words or not others:
        return 100 if one == other and one.strip() and not given else None
    if together == others_together:
        return 100
    if len(words) == len(others) == 1:
        return _word(words[0], others[0], given)
    if sorted(words) == sorted(others):
        return OTHER_ORDER
    paired = _best_pairing(words[:MOST_WORDS], others[:MOST_WORDS], given)
    # "O'Connor" and "Oconor": what one list writes in two words may be one in another.
    return paired if len(words) == len(others) else max(paired, _letters("".join(words), "".join(others)))


@lru_cache(maxsize=50_000)
def _read(name: str, given: bool) -> tuple[str, tuple[str, ...]]:
    """A name in one piece, and the words of it that say whose it is."""
    words = words_of(name)
    return folded(name).replace(" ", ""), tuple(word for word in words if not (given and word in NO_NAME))


def _best_pairing(words: tuple[str, ...], others: tuple[str, ...], given: bool) -> int:
    """Each word of the shorter name with one of the longer: the mean of the best way to pair them."""
    short, long = sorted((words, others), key=lambda each: (len(each), each))
    pairings = (
        [_word(one, other, given) for one, other in zip(short, chosen, strict=True)]
        for chosen in permutations(long, len(short))
    )
    best = max(pairings, key=sum)
    # One word that is clearly another makes two names of them, however well the others go together.
    mean = sum(best) // len(best) if min(best) >= ALIKE_FROM else min(best)
    return mean if len(short) == len(long) else mean * ONE_LEFT_OUT // 100


def _word(one: str, other: str, given: bool) -> int:
    if one == other:
        return 100
    if given and is_short_for(one, other):
        return BY_SHORT_FORM
    if given and 1 in (len(one), len(other)):
        return BY_INITIAL if one[0] == other[0] else 0
    if spanish_key(one) == spanish_key(other):
        return BY_SPANISH_SOUND
    letters = _letters(one, other)
    if letters >= LETTERS_BEHIND_A_SOUND and english_key(one) == english_key(other) != "":
        return max(letters, BY_ENGLISH_SOUND)
    return letters if one[0] == other[0] else max(0, letters - OTHER_FIRST_LETTER)


def _letters(one: str, other: str) -> int:
    return round(100 * OSA.normalized_similarity(one, other))


def _by_family_name(first: Person, second: Person) -> tuple[int, list[Reason]]:
    pair = (first.family_name, second.family_name)
    percent = names_alike(*pair)
    if percent is None:
        return FAMILY_NAME_MISSING, []
    if percent == 100:
        return FAMILY_NAME, [("family_name_equal", first.family_name)]
    if percent >= ALIKE_FROM:
        return FAMILY_NAME * percent // 100, [("family_name_alike", *pair)]
    reached = bool(first.phones & second.phones or first.emails & second.emails)
    return 0 if reached else FAMILY_NAME_DIFFERS, [("family_name_differs", *pair)]


def _by_given_name(first: Person, second: Person, percent: int | None) -> tuple[int, list[Reason]]:
    pair = (first.given_name, second.given_name)
    if percent is None:
        return GIVEN_NAME_MISSING, []
    if percent < ALIKE_FROM:
        return 0, [("given_name_differs", *pair)]
    same = folded(first.given_name) == folded(second.given_name)
    found = ("given_name_equal", first.given_name) if same else ("given_name_alike", *pair)
    return GIVEN_NAME * percent // 100, [found]


def _swapped(first: Person, second: Person) -> bool:
    """Was one's given name entered as the family name, and the other way round?"""
    crossed = ((first.family_name, second.given_name), (first.given_name, second.family_name))
    return all((names_alike(*pair) or 0) >= SAME_FROM for pair in crossed) and not _is_alike(
        names_alike(first.family_name, second.family_name)
    )


def _is_alike(percent: int | None) -> bool:
    return percent is None or percent >= ALIKE_FROM


def _other_sex(one: str, other: str) -> bool:
    return UNKNOWN not in (one, other) and one != other


def _by_sex(one: str, other: str) -> tuple[int, list[Reason]]:
    if UNKNOWN in (one, other):
        return UNKNOWN_SEX, []
    return (SAME_SEX, [("sex_equal",)]) if one == other else (OTHER_SEX, [("sex_differs", one, other)])


def number_key(value: str) -> str:
    """A number as it is compared: without separators, capitals and leading zeros. The query has the same rule."""
    return SEPARATORS.sub("", value).upper().lstrip("0")


def _keyed(person: Person) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for system, value in person.numbers:
        if number_key(value):
            found.setdefault(OWN_SYSTEM if system == FORMER_SYSTEM else system, set()).add(number_key(value))
    return found


def _same_numbers(first: Person, second: Person) -> list[tuple[str, str]]:
    one, other = _keyed(first), _keyed(second)
    systems = (one.keys() & other.keys()) - SAYS_NOTHING
    return sorted((system, value) for system in systems for value in one[system] & other[system])


def _by_numbers(first: Person, second: Person, same: list[tuple[str, str]]) -> tuple[int, list[Reason]]:
    if same:
        return SAME_NUMBER, [("number_shared", *same[0])]
    one, other = _keyed(first), _keyed(second)
    elsewhere = sorted(value for value in _all(one) & _all(other) if len(value) >= SHORTEST_NUMBER)
    if elsewhere:
        return NUMBER_ELSEWHERE, [("number_elsewhere", elsewhere[0])]
    against = sorted((one.keys() & other.keys()) - SAYS_NOTHING)
    return (OTHER_NUMBERS, [("numbers_differ", against[0])]) if against else (0, [])


def _all(keyed: dict[str, set[str]]) -> set[str]:
    return {value for values in keyed.values() for value in values}


def _by_reach(first: Person, second: Person) -> tuple[int, list[Reason]]:
    phone, email = bool(first.phones & second.phones), bool(first.emails & second.emails)
    found: list[Reason] = [("phone_shared",)] if phone else []
    return PHONE * phone + EMAIL * email, [*found, *([("email_shared",)] if email else [])]
