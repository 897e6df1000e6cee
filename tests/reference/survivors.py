"""Invented survivors who live on boundaries: month ends, birthdays, band ends, thresholds, ties. The same for a seed."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from tests.reference.dates import add_months, add_period, birthday
from tests.reference.edges import Edge, of_late_effects, of_predisposition, of_recurrence
from tests.reference.plan import plan
from tests.reference.tables import read_tables
from tests.reference.vocabulary import dated_name, vocabulary

T = TypeVar("T")
Json = dict[str, Any]

BOUND_AGES = (1, 6, 7, 8, 9, 10, 11, 12, 18, 19, 20, 25, 30, 40, 60)
BANDS = ("P6M", "P1Y", "P2Y", "P3Y", "P4Y", "P5Y", "P8Y", "P10Y", "P15Y")
INTERVALS = ("P1M", "P2M", "P3M", "P4M", "P6M", "P1Y", "P2Y", "P3Y", "P5Y")
# Diagnoses whose strata ask an age: worth meeting more often.
AGED = ("Germ cell tumor, extracranial", "Retinoblastoma")
DECIDED_INTERVALS = (*INTERVALS, "P2W", "P45D", "P18M", "P10Y")
TRICKY_DAYS = ((2, 29), (2, 28), (3, 1), (1, 31), (3, 31), (8, 31), (11, 30), (12, 31), (1, 1))
NOT_COUNTING: tuple[Json, ...] = (
    {"adequate": False},
    {"claimed": True},
    {"status": "entered-in-error"},
    {"status": "preliminary"},
    {"status": "cancelled"},
)
COUNTING: tuple[Json, ...] = ({"status": "amended"}, {"status": "corrected"}, {"status": "final", "adequate": True})


def on_tricky_day(year: int, month_day: tuple[int, int]) -> date:
    month, day = month_day
    return add_months(date(year, 1, 31), month - 1) if day > 28 else date(year, month, day)


class Inventor:
    """One survivor: therapy first, then the landmarks that follow from it, then everything placed around these."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.words = vocabulary()
        self.tables = read_tables()
        self.birth = self.invent_birth()
        self.entries = self.invent_entries()
        self.sex = self.pick(("female", "female", "male", "male", "unknown"))
        self.end = max(date.fromisoformat(entry["end_of_therapy_on"]) for entry in self.entries)
        self.ltfu_entry = self.invent_ltfu_entry()
        self.exposures = self.invent_exposures()
        self.exposure_dates = self.invent_exposure_dates()
        self.predispositions = self.invent_predispositions()
        self.landmarks = self.find_landmarks()
        self.scene = self.invent_scene()
        self.as_of = max(self.birth, self.invent_as_of())
        self.relevant = self.find_relevant_tests()

    # Chances

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.random.randrange(len(choices))]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def between(self, first: date, last: date) -> date:
        """A day of that stretch; often a month's end, the last of February above all."""
        day = first + timedelta(days=self.random.randrange(max((last - first).days, 0) + 1))
        if self.chance(40):
            tricky = on_tricky_day(day.year, self.pick(TRICKY_DAYS))
            return tricky if first <= tricky <= last else day
        return day

    def near(self, day: date) -> date:
        return day + timedelta(days=self.pick((-1, 0, 0, 0, 1)))

    def before(self, day: date, period: str) -> date:
        """The day that a period earlier: base + interval then falls on or about ``day``."""
        if period.endswith("W"):
            return self.near(day - (add_period(day, period) - day))
        months = (add_period(date(2000, 1, 1), period).year - 2000) * 12
        months += add_period(date(2000, 1, 1), period).month - 1
        return self.near(add_months(day, -months))

    # Therapy

    def invent_birth(self) -> date:
        year = self.random.randrange(1950, 2020)
        if self.chance(20):
            return date(year - year % 4, 2, 29)
        return self.between(date(year, 1, 1), date(year, 12, 31))

    def invent_entry(self, earliest: date, diagnosis: str) -> Json:
        diagnosed = self.between(earliest, add_months(earliest, self.pick((12, 36, 120, 216))))
        if self.chance(40 if diagnosis in AGED else 10):
            diagnosed = max(earliest, self.near(birthday(self.birth, self.pick((1, 1, 7, 10)))))
        resected = self.between(diagnosed, add_months(diagnosed, 9))
        end = self.between(diagnosed, add_months(diagnosed, self.pick((3, 12, 36, 60))))
        entry: Json = {"diagnosis": diagnosis, "end_of_therapy_on": end.isoformat()}
        if self.chance(85):
            entry["diagnosed_on"] = diagnosed.isoformat()
        if self.chance(70):
            entry["resected_on"] = resected.isoformat()
        if self.chance(90):
            entry["tumor"] = self.invent_fields(diagnosis)
        return entry

    def invent_fields(self, name: str) -> dict[str, str]:
        """Stratum fields: a value the tables use, one they do not, or none at all."""
        fields = self.words.strata.get(name, {})
        kept = {field: self.pick((*values, *values, "other")) for field, values in fields.items()}
        return {field: value for field, value in kept.items() if self.chance(80)}

    def invent_diagnosis(self) -> str:
        if self.chance(10):
            return self.pick(AGED)
        return "Something not in any table" if self.chance(4) else self.pick(self.tables.diagnoses)

    def invent_entries(self) -> list[Json]:
        entries = [self.invent_entry(self.birth, self.invent_diagnosis())]
        for _ in range(self.pick((0, 0, 0, 0, 1, 1, 2, 3))):
            older = self.pick(entries)
            name = older["diagnosis"] if self.chance(50) else self.invent_diagnosis()
            entry = self.invent_entry(date.fromisoformat(older.get("diagnosed_on", self.birth.isoformat())), name)
            if self.chance(25):
                entry["end_of_therapy_on"] = older["end_of_therapy_on"]
            entries.append(entry)
        return entries

    def invent_ltfu_entry(self) -> date | None:
        if self.chance(40):
            return None
        if self.chance(25):
            return max(self.end, self.near(birthday(self.birth, 18)))
        months = self.pick((0, 12, 24, 60))
        return self.near(add_months(self.end, months)) if months else self.end

    # Exposures

    def invent_dose(self, name: str) -> float | None:
        if self.chance(15):
            return None
        if self.chance(8):
            return 0
        doses = self.words.doses[name]
        dose = self.pick(doses) if doses else Decimal(1)
        return int(dose) if dose == int(dose) else float(dose)

    def invent_exposures(self) -> dict[str, float | None]:
        """Names that one row asks about together, so that its bounds are met; and some at random."""
        names = {name for _ in range(self.pick((0, 1, 2, 4, 8))) for name in self.pick(self.words.names_by_row)}
        names |= {self.pick(self.words.names) for _ in range(self.pick((0, 0, 2, 5, 12)))}
        if self.chance(15):
            names |= {"tbi_gy", self.pick(("hsct_allo", "hsct_auto", "hsct_any"))}
        given = {name: self.invent_dose(name) for name in sorted(names) if self.chance(75)}
        return given | self.invent_sum() if self.chance(10) else given

    def invent_sum(self) -> dict[str, float | None]:
        """Parts of one derived exposure: some known, each often enough by itself, and some not."""
        derivation = self.pick([one for one in self.tables.derivations if one.rule != "any" and len(one.inputs) > 1])
        parts = self.random.sample([name for name, _ in derivation.inputs], 3)
        return {name: None if self.chance(40) else self.invent_dose(name) for name in parts}

    def invent_exposure_dates(self) -> dict[str, str]:
        names = {dated_name(name) for name in self.exposures if self.chance(60)}
        if self.chance(8):
            names |= {self.pick(("hsct", "tbi", "hp_rt", "breast_rt"))}
        first = self.birth if self.chance(20) else add_months(self.end, -24)
        return {name: self.between(max(first, self.birth), self.end).isoformat() for name in sorted(names)}

    def invent_predispositions(self) -> list[dict[str, str]]:
        count = self.pick((0, 0, 0, 0, 0, 1, 1, 1, 1, 2))
        held = self.random.sample(self.words.syndromes, count)
        return [{"syndrome": name, **self.invent_fields(name)} for name in held]

    # Where plans change

    def find_landmarks(self) -> list[date]:
        anchors = [
            date.fromisoformat(entry[key])
            for entry in self.entries
            for key in ("end_of_therapy_on", "resected_on", "diagnosed_on")
            if key in entry
        ]
        anchors += [date.fromisoformat(day) for day in self.exposure_dates.values()]
        found = [add_period(anchor, band) for anchor in anchors for band in BANDS] + anchors
        found += [self.ltfu_entry or add_months(self.end, 24)] * 3
        found += [birthday(self.birth, age) for age in BOUND_AGES] * 2
        for held in self.predispositions:
            rows = [row for row in self.tables.predisposition if row["syndrome"] == held["syndrome"]]
            found += [add_period(self.birth, row[key]) for row in rows for key in ("start_age", "until") if row[key]]
        return found

    def invent_scene(self) -> tuple[Edge, date] | None:
        """Most survivors stand at an edge: the test, and the day of its newest result."""
        kinds = (
            of_recurrence(self.entries, self.tables),
            of_predisposition(self.birth, (held["syndrome"] for held in self.predispositions), self.tables),
            of_late_effects(self.birth, self.exposures, self.tables),
        )
        ahead = [[edge for edge in edges if edge.day > self.end or self.chance(10)] for edges in kinds]
        later = self.pick([edges for edges in ahead if edges] or [[]])
        if not later or self.chance(40):
            return None
        edge = self.pick(later)
        return edge, max(self.birth, self.before(edge.day, edge.interval))

    def invent_as_of(self) -> date:
        """Seldom before the end of therapy."""
        if self.scene:
            edge, done = self.scene
            return self.pick((done, self.near(edge.day), self.between(done, edge.day), add_months(edge.day, 1)))
        later = [day for day in self.landmarks if day >= self.end] or [self.end]
        if self.chance(60):
            return self.near(self.pick(later))
        if self.chance(8):
            return self.near(add_months(self.end, -self.pick((0, 1, 6))))
        return self.between(self.end, add_months(self.end, self.pick((24, 72, 240, 600))))

    def find_relevant_tests(self) -> list[str]:
        """Codes the tables may ask of this survivor, recurrence twice over; and some they never do."""
        names = {entry["diagnosis"] for entry in self.entries}
        held = {one["syndrome"] for one in self.predispositions}
        given = {*self.exposures, "any_cancer"}
        found = [row["test_code"] for row in self.tables.recurrence if row["diagnosis"] in names]
        found = list(dict.fromkeys(found)) * 6
        found += [row["test_code"] for row in self.tables.predisposition if row["syndrome"] in held] * 2
        found += [row["test_code"] for row in self.tables.late_effects if given & set(row["exposure"].split())]
        return found + [self.pick(self.words.test_codes) for _ in range(4)]

    # What happened since

    def invent_code(self) -> str:
        """A test, or now and then a result that satisfies it."""
        code = self.pick(self.relevant)
        standing_in = sorted(self.tables.codes_for(code))
        return self.pick(standing_in) if self.chance(30) else code

    def invent_result_day(self) -> date:
        kind = self.random.randrange(100)
        if kind < 20:
            return self.before(self.pick(self.landmarks), "P3M")
        if kind < 45:
            return self.before(self.pick(self.landmarks), self.pick(INTERVALS))
        if kind < 60:
            return self.near(self.pick(self.landmarks))
        if kind < 75:
            return self.before(self.as_of, self.pick(INTERVALS))
        if kind < 80:
            return self.near(self.as_of)
        return self.between(add_months(self.end, -24), max(self.as_of, self.end))

    def invent_result(self) -> Json:
        day = self.invent_result_day()
        if day > self.as_of and self.chance(70):
            day = self.before(self.as_of, self.pick(INTERVALS))
        result: Json = {"test_code": self.invent_code(), "on": max(day, self.birth).isoformat()}
        if self.chance(15):
            return result | self.pick(NOT_COUNTING)
        return result | self.pick(COUNTING) if self.chance(15) else result

    def invent_override(self) -> Json:
        decided = self.near(self.as_of) if self.chance(40) else self.between(self.end, max(self.as_of, self.end))
        if self.chance(15):
            decided = self.near(self.pick(self.landmarks))
        action = self.pick(("add", "set_interval", "defer", "stop"))
        decision: Json = {"test_code": self.invent_code(), "action": action, "decided_on": decided.isoformat()}
        if self.chance(50):
            expires = self.near(self.as_of) if self.chance(50) else add_months(decided, self.pick((1, 12, 60)))
            decision["expires_on"] = max(expires, decided + timedelta(days=1)).isoformat()
        return decision | self.invent_decision(action, decided)

    def invent_decision(self, action: str, decided: date) -> Json:
        """What the action needs: a day about the landmarks or the day asked about, an interval, or nothing."""
        day = self.near(self.pick((self.as_of, self.pick(self.landmarks), add_months(decided, 12))))
        interval = self.pick(DECIDED_INTERVALS)
        if action == "add":
            return {"due_on": day.isoformat()} | ({"interval": interval} if self.chance(50) else {})
        if action == "set_interval":
            return {"interval": interval}
        return {"to": day.isoformat()} if action == "defer" else {}

    def invent_overrides(self) -> list[Json]:
        """Some decide again on the same test; a few on the very same day."""
        decisions = [self.invent_override() for _ in range(self.pick((0, 0, 0, 1, 2, 4)))]
        for decision in list(decisions):
            if self.chance(35):
                again = self.invent_override()
                same = ("test_code", "action", "decided_on") if self.chance(50) else ("test_code",)
                needs = self.invent_decision(decision["action"], date.fromisoformat(decision["decided_on"]))
                repeated = {key: decision[key] for key in same}
                decisions.append(
                    {**repeated, "action": decision["action"], **needs} if len(same) == 3 else again | repeated
                )
        return decisions

    def invent_results(self) -> list[Json]:
        """In a scene its result is the newest of its test, most of the time."""
        results = [self.invent_result() for _ in range(self.pick((0, 2, 5, 10, 20, 30)))]
        if not self.scene:
            return results
        edge, done = self.scene
        codes = self.tables.codes_for(edge.test_code)
        kept = [one for one in results if one["test_code"] not in codes or one["on"] < done.isoformat()]
        scene = {"test_code": self.pick(sorted(codes)), "on": done.isoformat()}
        return [*(kept if self.chance(80) else results), scene]

    def with_days_that_tie(self, case: Json) -> Json:
        """Some tests are added, or deferred to, the very day on which the tables ask for them (or one beside it)."""
        if not case["overrides"] or self.chance(50):
            return case
        due = {item["test_code"]: item["due_on"] for item in plan(case | {"overrides": []})["items"]}
        for decision in case["overrides"]:
            for key in ("due_on", "to"):
                if key in decision and decision["test_code"] in due:
                    decision[key] = self.near(date.fromisoformat(due[decision["test_code"]])).isoformat()
        return case

    def invent_events(self) -> dict[str, str]:
        names = ("pregnancy_planned", "growth_complete", "fertility_request")
        days = {name: self.near(self.pick((self.as_of, *self.landmarks[-30:], self.end))) for name in names}
        return {name: day.isoformat() for name, day in days.items() if self.chance(30) and day >= self.birth}

    def still_treated(self, entry: Json) -> Json:
        """A few further primaries have no end of therapy on record."""
        return {key: value for key, value in entry.items() if key != "end_of_therapy_on"} if self.chance(6) else entry

    def case(self) -> Json:
        survivor: Json = {"birth_date": self.birth.isoformat(), "sex": self.sex, **self.entries[0]}
        if self.ltfu_entry:
            survivor["ltfu_entry_on"] = self.ltfu_entry.isoformat()
        if self.entries[1:]:
            survivor["other_diagnoses"] = [self.still_treated(entry) for entry in self.entries[1:]]
        return {
            "id": f"invented-{self.seed}",
            "as_of": self.as_of.isoformat(),
            "survivor": survivor,
            "exposures": self.exposures,
            "exposure_dates": self.exposure_dates,
            "events": self.invent_events(),
            "results": self.invent_results(),
            "predispositions": self.predispositions,
            "overrides": self.invent_overrides(),
        }


def random_case(seed: int) -> Json:
    """A case file of an invented survivor; the same seed always gives the same."""
    inventor = Inventor(seed)
    return inventor.with_days_that_tie(inventor.case())
