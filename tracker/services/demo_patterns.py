"""Patterns: invented survivors with short charts, planned for once, of whom copies are made by the thousand.

A chart is short where it says what a plan needs and no more: totals in place of courses, and of each test the newest
result. Everything of a copy but its ids, names, numbers and day of birth is the pattern's, so its plan is too. Days of
birth vary among those for which the engine gives exactly the same plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.evaluate import evaluate
from tracker.engine.origins import BIRTH
from tracker.engine.rules import Pack
from tracker.engine.types import CarePlan, Facts, Reason
from tracker.guidelines.catalogue import load_catalogue
from tracker.models import Clinic, Result, Survivor
from tracker.services import care_plans
from tracker.services.demo import Fate, awaiting, course_for, diagnoses_for, fates_for, relapsed, stand
from tracker.services.demo_lives import DemoResult, Guide, Life, invent, live
from tracker.services.demo_people import People
from tracker.services.demo_regimens import regimens
from tracker.services.demo_rows import claim, confirmed, contact_rows, result_rows, survivor_row
from tracker.services.facts import facts_of, load_recorded
from tracker.services.packs import pack_for
from tracker.services.raw_rows import Recorded
from tracker.services.treatment_rows import write_summary

# A plan of many tests makes a registry of a million large, and shows nothing that a shorter one does not.
MOST_TESTS = 16
TRIES, TRIES_OF_ITS_OWN = 20, 2
AT_ONCE = 40
# Days of birth that are tried: the own one, and earlier ones.
BIRTHS = tuple(timedelta(days=-6 * step) for step in range(16))
CONFIRMED_BY = "Lena Okafor"


@dataclass(frozen=True)
class Pattern:
    """One survivor to be copied. ``births``: the days of birth that leave the plan as it is. ``bookable``: a visit may
    be booked for a copy. ``results``: how many there are."""

    survivor_id: UUID
    births: tuple[date, ...]
    bookable: bool
    results: int


def invent_patterns(session: Session, clinic: Clinic, number: int, *, seed: int, clock: Clock) -> list[Pattern]:
    """Add so many survivors with short charts to a clinic and plan for them; the same for the same seed and day.

    No audit and no reminder: the caller, who fills the database, tells of all of them at once.
    """
    random = Random(seed)  # noqa: S311 (invents people, guards nothing)
    fates: list[Fate] = [Fate.ON_TIME if fate is Fate.BOOKED else fate for fate in fates_for(number)]
    random.shuffle(fates)
    wanted = list(zip(diagnoses_for(number), fates, strict=True))
    maker = _Maker(session, clinic, random, People(seed), clock)
    found: list[Pattern] = []
    for start in range(0, number, AT_ONCE):
        found += maker.make(wanted[start : start + AT_ONCE], first=start + 1)
    return found


class _Maker:
    """Makes patterns a few at a time, so that memory does not grow with their number."""

    def __init__(self, session: Session, clinic: Clinic, random: Random, people: People, clock: Clock) -> None:
        self.session, self.clinic, self.random, self.people, self.clock = session, clinic, random, people, clock
        self.today = clock.today(clinic.tz)
        self.pack: Pack = pack_for(clinic)
        self.guide = Guide(self.pack, load_catalogue(clinic.pack))
        self.diagnoses = sorted(regimens().shares)

    def make(self, wanted: list[tuple[str, Fate]], *, first: int) -> list[Pattern]:
        made = [self._put(number, *each) for number, each in enumerate(wanted, start=first)]
        care_plans.refresh_all(self.session, made, clock=self.clock)
        self.session.flush()
        recorded = load_recorded(self.session, [survivor.id for survivor in made])
        return [
            Pattern(
                survivor.id,
                self._births(survivor, recorded),
                _may_be_booked(survivor, fate),
                len(recorded[survivor.id].results),
            )
            for survivor, (_diagnosis, fate) in zip(made, wanted, strict=True)
        ]

    def _put(self, number: int, diagnosis: str, fate: Fate) -> Survivor:
        life = self._life(diagnosis, fate)
        person = replace(self.people.person(life.sex), preferred_name="")
        # The numbers of the copies have more digits.
        survivor = survivor_row(self.clinic, person, life, f"{900000 + number}", today=self.today, now=self.clock.now())
        stand(survivor, life, fate, self.today)
        life.results = shortest(life, self.pack, self.today)
        self.session.add(survivor)
        self.session.flush()
        write_summary(self.session, survivor, life.summary, self.pack)
        self.session.add_all(contact_rows(self.people, person, survivor, self.today, number))
        rows = list(result_rows(survivor, life, {}, self.pack))
        if rows:
            self.session.execute(sa.insert(Result), rows)
        return survivor

    def _life(self, diagnosis: str, fate: Fate) -> Life:
        """A life of this fate whose plan is short, of another diagnosis where this one's never is."""
        if fate is Fate.AWAITING_SUMMARY:
            return awaiting(invent(self.random, diagnosis, self.guide, self.today), self.random)
        tried = []
        for attempt in range(TRIES):
            life = live(
                self.random,
                diagnosis if attempt < TRIES_OF_ITS_OWN else self.random.choice(self.diagnoses),
                self.guide,
                today=self.today,
                weekday=self.clinic.weekday,
                course=course_for(fate, self.random),
                totals_only=True,
                attempts=1,
            )
            tried.append((len(evaluate(life.facts(), self.pack, on=self.today).items), life))
            if tried[-1][0] <= MOST_TESTS:
                break
        life = min(tried, key=lambda each: each[0])[1]
        if fate is Fate.DUE and self.random.random() < 0.3:
            claim(self.random, life, self.pack, self.today)
        confirmed(self.random, life, CONFIRMED_BY, self.today)
        return relapsed(life, self.today) if fate is Fate.ON_TREATMENT else life

    def _births(self, survivor: Survivor, recorded: Mapping[UUID, Recorded]) -> tuple[date, ...]:
        """The days of birth for which the engine gives this very plan, reasons and gaps and all."""
        if care_plans.is_paused(survivor):
            return tuple(survivor.birth_date + step for step in BIRTHS)
        facts = facts_of(recorded[survivor.id])
        plans = self._plans(facts)

        def same(born: date) -> bool:
            return self._plans(replace(facts, birth_date=born)) == plans

        tried = (survivor.birth_date + step for step in BIRTHS)
        return tuple(born for born in tried if born == survivor.birth_date or same(born))

    def _plans(self, facts: Facts) -> list[CarePlan]:
        """The plan, and the one there would be if what families claim counted; whatever day of birth either names."""
        believed = replace(facts, results=tuple(replace(result, claimed=False) for result in facts.results))
        asked = [facts] if believed == facts else [facts, believed]
        return [_unborn(evaluate(each, self.pack, on=self.today)) for each in asked]


def _unborn(plan: CarePlan) -> CarePlan:
    """The plan without the day of birth that a reason was counted from: a copy's own is put there."""

    def of(reason: Reason) -> Reason:
        kept = tuple((name, date.min if name == BIRTH else day) for name, day in reason.origins)
        return replace(reason, origins=kept)

    items = (replace(item, reasons=tuple(of(reason) for reason in item.reasons)) for item in plan.items)
    return replace(plan, items=tuple(items))


def shortest(life: Life, pack: Pack, today: date) -> list[DemoResult]:
    """Of each test that is asked for the newest result that counts, and what the family claims."""
    asked = {item.test_code for item in evaluate(life.facts(), pack, on=today).items}
    newest: dict[tuple[str, bool], DemoResult] = {}
    for each in sorted(life.results, key=lambda each: each.on):
        answers = asked.intersection(pack.satisfied_by_result.get(each.test_code, (each.test_code,)))
        if answers and (each.adequate or each.claimed):
            newest[each.test_code, each.claimed] = each
    return [replace(each, visit=None) for each in newest.values()]


def _may_be_booked(survivor: Survivor, fate: Fate) -> bool:
    return survivor.has_plan and fate in (Fate.ON_TIME, Fate.DUE, Fate.OVERDUE)
