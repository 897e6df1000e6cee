"""What the chart of an invented survivor says of the person: who cares for them, cover, school, and their health."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tracker.engine.schedule import add_months, birthday
from tracker.models import Contact, ContactKind
from tracker.services.demo_charts import Entry, Teller
from tracker.services.demo_people import years_old

ONCOLOGISTS = ("Dr. Miriam Castellanos", "Dr. Owen Talbot", "Dr. Priya Raman")
FAMILY_DOCTORS = ("Dr. Helen Marsh", "Dr. Tomás Iglesias", "Dr. Wei Zhang", "Dr. Abigail Stone")
PRACTICES = ("Old Mill Pediatrics", "Riverside Family Medicine", "Eastgate Community Health Center")
INSURERS = ("Bay Mutual Health", "Commonwealth Plan", "North Shore Health")
LANGUAGES = {
    "es": "Spanish",
    "pt": "Portuguese",
    "vi": "Vietnamese",
    "zh": "Mandarin",
    "fr": "French",
    "ar": "Arabic",
    "ru": "Russian",
}
SPECIALISTS = {
    "anthracycline": ("cardiologist", "Dr. Samuel Brandt"),
    "brain": ("neurologist", "Dr. Yuki Hamada"),
    "thyroid": ("endocrinologist", "Dr. Carla Fontaine"),
    "limb": ("orthopedic-surgeon", "Dr. Jonas Weir"),
    "cisplatin": ("audiologist", "Nora Ellison"),
}
ALLERGIES = (
    ("penicillin", "rash", "mild"),
    ("pegaspargase", "anaphylaxis during infusion", "severe"),
    ("adhesive tape", "blisters", "mild"),
    ("carboplatin", "flushing and hives", "moderate"),
    ("peanut", "swelling of the lips", "severe"),
)
# Vaccines for somebody without a working spleen, by their CVX codes.
WITHOUT_SPLEEN = (("216", 1), ("108", 1), ("108", 2), ("164", 1), ("17", 1))
SPERM_KEPT_FROM, MENARCHE_FROM, VACCINATED_FROM = 13, 11, 11
GUARDED_UNTIL = 18
KINDSHIP = {ContactKind.MOTHER: "mother", ContactKind.FATHER: "father", ContactKind.GUARDIAN: "other"}


@dataclass(frozen=True)
class Household:
    """One survivor's surroundings: whom the clinic calls, and the language they speak."""

    teller: Teller
    contacts: tuple[Contact, ...]

    @property
    def years_old(self) -> int:
        return years_old(self.teller.life.birth_date, self.teller.today)

    def had(self, exposure: str) -> bool:
        """Does this exposure follow from the treatment?"""
        return any(each.name == exposure for each in self.teller.life.derived)

    def took(self, agent: str) -> bool:
        """Was this medicine given?"""
        return any(each.values["agent"] == agent for each in self.teller.given("drugs"))


def household_entries(house: Household) -> Iterator[Entry]:
    """Every entry about the person and those around them."""
    for tell in (_team, _guardians, _insurance, _school, _allergies, _problems, _vaccines, _fertility):
        yield from tell(house)


def interpreter(language: str, chance: float) -> dict[str, str]:
    """Who needs an interpreter, and for which language; of some nobody has asked."""
    if language not in LANGUAGES:
        return {"interpreter_needed": "no" if chance < 0.7 else "unknown"}
    if chance < 0.6:
        return {"interpreter_needed": "yes", "interpreter_language": LANGUAGES[language]}
    return {"interpreter_needed": "no"}


def _team(house: Household) -> Iterator[Entry]:
    teller = house.teller
    choose = teller.random.choice
    yield (
        "care-team",
        {
            "role": "pediatric-oncologist",
            "name": choose(ONCOLOGISTS),
            "organization": "Harbor Children's Hospital",
            "phone": "617-555-0110",
            "from_on": teller.after(1),
            "until_on": teller.when(teller.life.end_of_therapy) if teller.random.random() < 0.4 else None,
        },
    )
    if teller.often(0.85):
        yield (
            "care-team",
            {"role": "primary-care-doctor", "name": choose(FAMILY_DOCTORS), "organization": choose(PRACTICES)},
        )
    for key in _needs(house):
        role, name = SPECIALISTS[key]
        if teller.often(0.55):
            yield "care-team", {"role": role, "name": name, "organization": "Harbor Children's Hospital"}


def _needs(house: Household) -> list[str]:
    found = {
        "anthracycline": house.had("doxorubicin_mg_m2") or house.had("daunorubicin_mg_m2"),
        "brain": house.had("neurosurgery_brain"),
        "thyroid": house.had("thyroidectomy_total") or house.had("thyroid_rt_gy"),
        "limb": house.had("limb_sparing") or house.had("amputation"),
        "cisplatin": house.had("cisplatin_mg_m2"),
    }
    return [key for key, is_needed in found.items() if is_needed]


def _guardians(house: Household) -> Iterator[Entry]:
    if house.years_old >= GUARDED_UNTIL:
        return
    grown = birthday(house.teller.life.birth_date, GUARDED_UNTIL)
    for contact in house.contacts:
        if contact.kind in KINDSHIP:
            is_parent = contact.kind != ContactKind.GUARDIAN
            yield (
                "guardians",
                {
                    "name": contact.name,
                    "relation": KINDSHIP[ContactKind(contact.kind)],
                    "ground": "parent" if is_parent else "court",
                    "may_decide": "yes",
                    "may_be_told": "yes",
                    "until_on": house.teller.when_ahead(grown),
                },
            )


def _insurance(house: Household) -> Iterator[Entry]:
    random = house.teller.random
    if not house.teller.often(0.8):
        return
    if house.years_old < GUARDED_UNTIL:
        kind = random.choice(("medicaid", "chip", "parent-plan", "parent-plan"))
    else:
        kind = random.choice(("parent-plan", "employer", "medicaid", "marketplace", "none"))
    values: dict[str, Any] = {"kind": kind}
    if kind != "none":
        values |= {"insurer": random.choice(INSURERS), "member_number": f"DEMO-{random.randrange(10**6):06}"}
        values |= {
            "phone": "617-555-0160",
            "from_on": house.teller.when(date(house.teller.today.year - random.randrange(4), 1, 1)),
        }
    yield "insurance", values


def _school(house: Household) -> Iterator[Entry]:
    random, age = house.teller.random, house.years_old
    if not house.teller.often(0.7):
        return
    kind, level = _level(age, random.random())
    values: dict[str, Any] = {"kind": kind, "level": level}
    needs_help = house.had("cranial_rt_gy") or house.had("it_chemo") or house.had("neurosurgery_brain")
    if 5 <= age < GUARDED_UNTIL and random.random() < (0.7 if needs_help else 0.15):
        values["support"] = random.choice(
            ("Extra time in tests", "Education plan, reviewed each spring", "Shorter days")
        )
    yield "schooling", values


def _level(age: int, chance: float) -> tuple[str, str]:
    if age < 3:
        return "not-yet", ""
    if age < 6:
        return "preschool", ""
    if age < 11:
        return "elementary", f"Grade {age - 5}"
    if age < 14:
        return "middle-school", f"Grade {age - 5}"
    if age < 18:
        return "high-school", f"Grade {age - 5}"
    if age < 23 and chance < 0.6:
        return "college", "Undergraduate"
    return ("employed-full", "") if chance < 0.8 else ("looking-for-work", "")


def _allergies(house: Household) -> Iterator[Entry]:
    teller = house.teller
    chance = teller.random.random()
    if chance < 0.62 or (teller.is_leiomyosarcoma and chance < 0.8):
        yield "allergies", {"substance": "none known"}
    elif chance < 0.85 or teller.is_leiomyosarcoma:
        substance, reaction, severity = teller.random.choice(ALLERGIES[:1] + ALLERGIES[2:3] + ALLERGIES[4:])
        yield "allergies", {"substance": substance, "reaction": reaction, "severity": severity}


def _problems(house: Household) -> Iterator[Entry]:
    """What the treatment left behind, each with the medicine that is taken for it."""
    teller, ended = house.teller, house.teller.life.end_of_therapy
    left_behind = (
        (
            "thyroidectomy_total",
            1.0,
            "Hypothyroidism after thyroidectomy",
            "E89.0",
            ("Levothyroxine", "100 µg once a day"),
        ),
        ("splenectomy", 1.0, "No spleen", "Z90.81", ("Penicillin V", "250 mg twice a day")),
        ("cisplatin_mg_m2", 0.3, "Hearing loss at high pitch", "H90.3", None),
        ("thyroid_rt_gy", 0.2, "Hypothyroidism", "E03.9", ("Levothyroxine", "75 µg once a day")),
        ("hp_rt_gy", 0.2, "Growth hormone deficiency", "E23.0", None),
        ("nephrectomy", 0.5, "Single kidney", "Z90.5", None),
        ("cgvhd_active", 1.0, "Chronic graft-versus-host disease", "D89.811", ("Tacrolimus", "1 mg twice a day")),
        (
            "neurosurgery_brain",
            0.25,
            "Epilepsy after brain surgery",
            "G40.909",
            ("Levetiracetam", "500 mg twice a day"),
        ),
        ("amputation", 0.6, "Phantom limb pain", "G54.6", ("Gabapentin", "300 mg at night")),
    )
    for exposure, chance, problem, icd10, medicine in left_behind:
        if house.had(exposure) and teller.random.random() < chance:
            began = teller.when(ended + timedelta(days=teller.random.randrange(400)))
            yield "problems", {"problem": problem, "icd10": icd10, "status": "active", "began_on": began}
            if medicine:
                name, dose = medicine
                yield "medications", {"name": name, "dose": dose, "reason": problem, "started_on": began}
    if teller.often(0.2):
        yield "medications", {"name": "Cholecalciferol", "dose": "1000 units once a day", "reason": "Low vitamin D"}


def _vaccines(house: Household) -> Iterator[Entry]:
    teller, ended = house.teller, house.teller.life.end_of_therapy
    if house.had("splenectomy"):
        for place, (vaccine, number) in enumerate(WITHOUT_SPLEEN):
            given_on = teller.when(ended + timedelta(days=30 + 60 * place))
            yield (
                "immunizations",
                {
                    "vaccine": vaccine,
                    "given": "yes",
                    "given_on": given_on,
                    "dose_number": number,
                    "reason": "no spleen",
                },
            )
    if house.had("hsct_allo") or house.had("hsct_auto"):
        for number in (1, 2, 3):
            given_on = teller.when(ended + timedelta(days=60 * number))
            values = {"vaccine": "152", "given": "yes", "given_on": given_on, "dose_number": number}
            yield "immunizations", values | {"reason": "again after the transplant"}
    if teller.often(0.55):
        season = max(date(teller.today.year - 1, 10, teller.random.randint(1, 31)), ended)
        yield "immunizations", {"vaccine": "88", "given": "yes", "given_on": teller.when(season)}
    if house.years_old >= VACCINATED_FROM and teller.random.random() < 0.35:
        declined = teller.random.random() < 0.15
        values = {"vaccine": "165", "given": "no" if declined else "yes"}
        yield "immunizations", values | {"reason": "declined by the family" if declined else ""}


def _fertility(house: Household) -> Iterator[Entry]:
    teller, life = house.teller, house.teller.life
    at_diagnosis = years_old(life.birth_date, life.diagnosed)
    if life.sex == "male" and at_diagnosis >= SPERM_KEPT_FROM and house.teller.given("drugs"):
        kept = teller.random.random() < 0.6
        values = {"kind": "fp-sperm" if kept else "fp-declined", "happened_on": teller.after(2)}
        yield "reproductive", values | {"place": "Harbor Reproductive Laboratory" if kept else ""}
    if house.years_old > MENARCHE_FROM + 3 and teller.often(0.5):
        kind = "menarche" if life.sex == "female" else "puberty-complete"
        day = add_months(
            life.birth_date, 12 * (MENARCHE_FROM if life.sex == "female" else 14) + teller.random.randrange(30)
        )
        yield "reproductive", {"kind": kind, "happened_on": teller.when(day)}
    if house.years_old >= 24 and teller.random.random() < 0.25:
        kind = "live-birth" if life.sex == "female" else "partner-pregnancy"
        day = teller.today - timedelta(days=teller.random.randrange(100, 900))
        yield "reproductive", {"kind": kind, "happened_on": teller.when(day), "outcome": "healthy child"}
