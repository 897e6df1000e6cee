"""What copies of a pattern are told apart by: names in the languages of a real clinic, and ways to be reached."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faker import Faker

from tracker.services import contacts
from tracker.services.demo_people import ORIGINS
from tracker.services.names import folded

SEXES = ("female", "male")
# So often a name is drawn for each language and sex; most are met more than once.
DRAWN = 1_500
REACHES = 20_000
NUMBERS_KEPT_FREE = 100
# Area codes that are written like one, and are not for services.
AREA_CODES = tuple(code for code in range(201, 990) if code % 100 != 11 and code % 10 != 0)
Row = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """The names of one language: family names, and given names by sex."""

    family: tuple[str, ...]
    given: Mapping[str, tuple[str, ...]]


def names_by_language(seed: int) -> dict[str, Names]:
    """Names from the same sources as those of the small demonstration; the same for the same seed."""
    found: dict[str, Names] = {}
    for locale, language, _share in ORIGINS:
        if language not in found:
            found[language] = _names(locale, seed)
    return found


def _names(locale: str, seed: int) -> Names:
    faker = Faker(locale)
    faker.seed_instance(f"{seed}:{locale}")
    firsts = {"female": faker.first_name_female, "male": faker.first_name_male}
    return Names(family=_drawn(faker.last_name), given={sex: _drawn(firsts[sex]) for sex in SEXES})


def _drawn(name: Any) -> tuple[str, ...]:
    # Some names of some languages are several words in other letters; all are searched by their folded words.
    return tuple(each for each in dict.fromkeys(str(name()) for _draw in range(DRAWN)) if folded(each))


def reaches(number: int = REACHES) -> Iterator[Row]:
    """Telephone numbers kept free for fiction and addresses that reach nobody, each with its key."""
    for place in range(number):
        code, last = AREA_CODES[place // NUMBERS_KEPT_FREE % len(AREA_CODES)], place % NUMBERS_KEPT_FREE
        phone, email = f"{code}-555-01{last:02}", f"household{place:05}@family.example"
        yield {
            "place": place,
            "phone": phone,
            "phone_key": contacts.phone_key(phone),
            "email": email,
            "email_key": contacts.email_key(email),
        }
