"""Invented names and contacts for the demonstration, in the languages and scripts of a real clinic."""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from faker import Faker

from tracker.models import ContactKind

# Locale, the language spoken with the family, and how many of a hundred families it stands for.
ORIGINS = (
    ("en_US", "en", 60),
    ("es_MX", "es", 15),
    ("pt_BR", "pt", 6),
    ("vi_VN", "vi", 4),
    ("zh_CN", "zh", 4),
    ("fr_FR", "fr", 4),
    ("ar_AA", "ar", 3),
    ("ru_RU", "ru", 2),
    ("pl_PL", "en", 2),
)
PRONOUNS = {"female": "she/her", "male": "he/him"}


@dataclass(frozen=True)
class Person:
    """A name as the registry keeps it."""

    given_name: str
    family_name: str
    preferred_name: str
    pronouns: str
    language: str
    origin: str


class People:
    """Names from a fixed seed: the same demonstration twice has the same people."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 (invents people, guards nothing)
        self._fakers: dict[str, Any] = {}
        self._seed = seed

    def person(self, sex: str) -> Person:
        """Somebody of this sex; a few go by another name."""
        locale, language, _share = self.random.choices(ORIGINS, [share for _l, _s, share in ORIGINS])[0]
        faker = self._faker(locale)
        given = self._given(faker, sex)
        preferred = self._given(faker, sex) if self.random.random() < 0.05 else ""
        pronouns = PRONOUNS[sex] if self.random.random() < 0.4 else ""
        family = str(faker.last_name_female() if sex == "female" else faker.last_name_male())
        return Person(given, family, preferred, "they/them" if preferred else pronouns, language, locale)

    def relative(self, person: Person) -> tuple[ContactKind, str]:
        """Mother, father or guardian, mostly with the same family name."""
        kind = self.random.choices((ContactKind.MOTHER, ContactKind.FATHER, ContactKind.GUARDIAN), (60, 32, 8))[0]
        faker = self._faker(person.origin)
        given = self._given(faker, "male" if kind is ContactKind.FATHER else "female")
        family = faker.last_name() if kind is ContactKind.GUARDIAN else person.family_name
        return kind, f"{given} {family}"

    def phone(self) -> str:
        """A number of the range kept free for fiction."""
        return f"617-555-01{self.random.randrange(100):02}"

    def _given(self, faker: Any, sex: str) -> str:
        return str(faker.first_name_female() if sex == "female" else faker.first_name_male())

    def _faker(self, locale: str) -> Any:
        if locale not in self._fakers:
            self._fakers[locale] = Faker(locale)
            self._fakers[locale].seed_instance(f"{self._seed}:{locale}")
        return self._fakers[locale]


def years_old(birth_date: date, today: date) -> int:
    """Completed years of age."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
