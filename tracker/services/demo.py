"""The demonstration: a clinic of invented survivors in every state, a small neighbor, and people who sign in."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tracker.clock import Clock
from tracker.engine.rules import Pack
from tracker.errors import Conflict
from tracker.guidelines.catalogue import load_catalogue
from tracker.models import Clinic, Result, Role, Standing, Survivor, User, Visit, VisitStatus
from tracker.policy import Actor
from tracker.services import accounts, audit, care_plans, clinics, contacts, editions
from tracker.services.demo_charts import LEIOMYOSARCOMA, Teller
from tracker.services.demo_households import interpreter
from tracker.services.demo_lives import ATTEMPTS, Course, Guide, Life, clinic_day, invent, live
from tracker.services.demo_people import People, years_old
from tracker.services.demo_records import DISAGREES_ON, miscounted, record
from tracker.services.demo_regimens import regimens
from tracker.services.demo_rows import (
    Diary,
    claim,
    confirmed,
    contact_rows,
    decision,
    result_rows,
    survivor_row,
    visit,
    visit_rows,
)
from tracker.services.packs import pack_for
from tracker.services.treatment_rows import DiagnosisInput, SummaryInput

PASSWORD = "harbor lantern demo 2026"  # noqa: S105 (printed for everyone to read: the data are invented)
NOT_EMPTY = "The database is not empty, so no demonstration was put into it. Use a new one"
ACTOR = Actor.system("demonstration")
HARBOR = clinics.ClinicInput(
    name="Harbor Children's Survivorship Clinic",
    tz="America/New_York",
    phone="617-555-0100",
    address="1 Harbor Way, Boston, MA 02110",
)
LAKESIDE = clinics.ClinicInput(
    name="Lakeside Late Effects Clinic",
    tz="America/Chicago",
    phone="312-555-0140",
    address="20 Lake Street, Chicago, IL 60601",
    weekday=3,
)
LAKESIDE_SURVIVORS = 6
FIRST_DAY_BOOKINGS, LATER_BOOKINGS = 9, 6


class Fate(StrEnum):
    """Where a survivor stands today."""

    ON_TIME = "on_time"
    DUE = "due"
    OVERDUE = "overdue"
    BOOKED = "booked"
    AWAITING_SUMMARY = "awaiting_summary"
    ON_TREATMENT = "on_treatment"
    BEING_TRACED = "being_traced"
    DECLINED = "declined"
    TRANSFERRED_UNACKNOWLEDGED = "transferred_unacknowledged"
    TRANSFERRED = "transferred"
    LOST = "lost"
    DECEASED = "deceased"


# Of 250; whoever is left is on time.
FATES = {
    Fate.OVERDUE: 31,
    Fate.DUE: 40,
    Fate.BOOKED: 34,
    Fate.AWAITING_SUMMARY: 6,
    Fate.ON_TREATMENT: 5,
    Fate.BEING_TRACED: 8,
    Fate.DECLINED: 4,
    Fate.TRANSFERRED_UNACKNOWLEDGED: 3,
    Fate.TRANSFERRED: 3,
    Fate.LOST: 3,
    Fate.DECEASED: 3,
}
# One chart in so many holds totals only, as an import or an old letter gives them.
TOTALS_ONLY_EVERY = 6
LAPSED = (Fate.OVERDUE, Fate.BEING_TRACED, Fate.LOST, Fate.DECLINED)


@dataclass(frozen=True)
class SignIn:
    """Somebody who can sign in, and as what."""

    email: str
    name: str
    role: str


@dataclass(frozen=True)
class SeededDemo:
    """What was made; every sign-in has the same printed password."""

    clinic: str
    survivors: int
    results: int
    sign_ins: tuple[SignIn, ...]
    password: str = PASSWORD


def is_empty(session: Session) -> bool:
    """Nothing is here yet that a demonstration could be mixed up with."""
    return all(session.scalar(sa.select(table.id).limit(1)) is None for table in (Clinic, User, Survivor))


def seed_demo(
    session: Session, *, survivors: int = 250, seed: int = 2026, clock: Clock, password: str = PASSWORD
) -> SeededDemo:
    """Fill an empty database; the same for the same seed, number and day.

    ``password``: the printed one, or what ``passwords.new_hash`` made of it beforehand.

    Raises:
        Conflict: the database holds a clinic, a survivor or an account already.
    """
    if not is_empty(session):
        raise Conflict(NOT_EMPTY)
    harbor = clinics.create(session, HARBOR, actor=ACTOR, clock=clock)
    lakeside = clinics.create(session, LAKESIDE, actor=ACTOR, clock=clock)
    staff = _staff(session, harbor, lakeside, password, clock)
    main = _Registry(session, harbor, staff["clinician"], People(seed), Random(seed), clock)  # noqa: S311
    main.fill(diagnoses_for(survivors), fates_for(survivors))
    small = _Registry(session, lakeside, staff["lakeside"], People(seed + 1), Random(seed + 1), clock)  # noqa: S311
    small.fill(diagnoses_for(LAKESIDE_SURVIVORS), fates_for(LAKESIDE_SURVIVORS))
    family = _family(session, main.made, password, clock)
    return SeededDemo(
        clinic=harbor.name,
        survivors=len(main.made) + len(small.made),
        results=main.results + small.results,
        sign_ins=(*(SignIn(user.email, user.name, role) for role, user in staff.items()), *family),
    )


def diagnoses_for(survivors: int) -> list[str]:
    """Every diagnosis at least once where there are survivors enough, else the commonest."""
    shares = regimens().shares
    total = sum(shares.values())
    counts = {name: max(1, share * survivors // total) for name, share in shares.items()}
    found = list(chain.from_iterable([name] * count for name, count in counts.items()))
    commonest = sorted(shares, key=lambda name: -shares[name])
    if len(found) > survivors:
        return [name for name, _n in zip(commonest * survivors, range(survivors), strict=False)]
    return found + [commonest[place % len(commonest)] for place in range(survivors - len(found))]


def fates_for(survivors: int) -> list[Fate]:
    """Every state at least once where there are survivors enough; most are on time."""
    counts = {
        fate: max(1 if survivors >= len(Fate) * 2 else 0, round(n * survivors / 250)) for fate, n in FATES.items()
    }
    found = list(chain.from_iterable([fate] * count for fate, count in counts.items()))
    return found + [Fate.ON_TIME] * (survivors - len(found))


def _staff(session: Session, harbor: Clinic, lakeside: Clinic, password: str, clock: Clock) -> dict[str, User]:
    people = (
        ("coordinator", "coordinator@demo.example", "Dana Ruiz", Role.COORDINATOR, harbor),
        ("clinician", "clinician@demo.example", "Lena Okafor", Role.CLINICIAN, harbor),
        ("administrator", "admin@demo.example", "Sam Whitfield", Role.ADMINISTRATOR, harbor),
        ("lakeside", "lakeside@demo.example", "Noor Haddad", Role.COORDINATOR, lakeside),
    )
    return {
        key: accounts.add_user(
            session, clinic.id, accounts.NewUser(email, name, password, (role,)), actor=ACTOR, clock=clock
        )
        for key, email, name, role, clinic in people
    }


@dataclass(frozen=True)
class Made:
    """A survivor who was put in, and how they stand."""

    survivor: Survivor
    fate: Fate


class _Registry:
    """Fills one clinic: lives first, rows in bulk, plans last."""

    def __init__(
        self, session: Session, clinic: Clinic, clinician: User, people: People, random: Random, clock: Clock
    ) -> None:
        self.session, self.clinic, self.clinician, self.clock = session, clinic, clinician, clock
        self.people, self.random = people, random
        self.today = clock.today(clinic.tz)
        self.pack: Pack = pack_for(clinic)
        self.guide = Guide(self.pack, load_catalogue(clinic.pack))
        self.disagrees = False
        self.diary = Diary(clinic.slots_per_day)
        self.made: list[Made] = []
        self.results = 0
        self._rows: dict[type[Any], list[dict[str, Any]]] = {Visit: [], Result: []}

    def fill(self, diagnoses: list[str], fates: list[Fate]) -> None:
        self.random.shuffle(fates)
        for number, (diagnosis, fate) in enumerate(zip(diagnoses, fates, strict=True), start=1):
            self._put(number, diagnosis, fate)
        self._book([made.survivor for made in self.made if made.fate is Fate.BOOKED])
        self.session.flush()
        for table, rows in self._rows.items():
            if rows:
                self.session.execute(sa.insert(table), rows)
        self.results = len(self._rows[Result])
        for made in self.made:
            care_plans.refresh(self.session, made.survivor, clock=self.clock)
            editions.keep_edition(
                self.session, made.survivor, change="summary.recorded", reason="", actor=ACTOR, clock=self.clock
            )

    def _put(self, number: int, diagnosis: str, fate: Fate) -> None:
        life = self._life(number, diagnosis, fate)
        person = self.people.person(life.sex)
        mrn = f"{4000 + number * 7:06}"
        survivor = survivor_row(self.clinic, person, life, mrn, today=self.today, now=self.clock.now())
        stand(survivor, life, fate, self.today)
        for column, value in interpreter(person.language, self.random.random()).items():
            setattr(survivor, column, value)
        self.session.add(survivor)
        self.session.flush()
        audit.record(
            self.session,
            ACTOR,
            "survivor.enrolled",
            subject=survivor,
            survivor_id=survivor.id,
            at=self.clock.now(),
            after={"mrn": mrn, "invented": True},
        )
        called = contact_rows(self.people, person, survivor, self.today, number)
        teller = Teller(self.random, life, survivor.deceased_on or self.today)
        self.session.add_all([*called, *record(self.session, survivor, teller, called, self.pack)])
        self._history(survivor, life, fate)
        self.made.append(Made(survivor, fate))

    def _life(self, number: int, diagnosis: str, fate: Fate) -> Life:
        if fate is Fate.AWAITING_SUMMARY:
            return awaiting(invent(self.random, diagnosis, self.guide, self.today), self.random)
        course = course_for(fate, self.random)
        life = live(
            self.random,
            diagnosis,
            self.guide,
            today=self.today,
            weekday=self.clinic.weekday,
            course=course,
            totals_only=number % TOTALS_ONLY_EVERY == 0 and diagnosis != LEIOMYOSARCOMA,
            # Whoever has a visit ahead counts as booked, whatever is due.
            attempts=1 if fate is Fate.BOOKED else ATTEMPTS,
        )
        self._miscount(life)
        confirmed(self.random, life, self.clinician.name, self.today)
        return relapsed(life, self.today) if fate is Fate.ON_TREATMENT else life

    def _miscount(self, life: Life) -> None:
        """Of one survivor the recorded total is not what the courses add up to."""
        total = next((each.value for each in life.derived if each.name == DISAGREES_ON), None)
        if total is not None and not self.disagrees and self.clinic.name == HARBOR.name:
            self.disagrees = True
            life.summary = miscounted(life.summary, total)

    def _history(self, survivor: Survivor, life: Life, fate: Fate) -> None:
        if fate is Fate.DUE and self.random.random() < 0.3:
            claim(self.random, life, self.pack, self.today)
        visits = visit_rows(survivor, life, self.diary, self.today)
        self._rows[Visit] += visits.values()
        self._rows[Result] += result_rows(survivor, life, visits, self.pack)
        if fate is Fate.OVERDUE and self.random.random() < 0.4:
            self._missed(survivor)
        if fate in (Fate.ON_TIME, Fate.BOOKED) and self.random.random() < 0.09:
            decided = decision(self.random, survivor, life, self.pack, self.today, self.clinician.id)
            self.session.add_all([decided] if decided else [])

    def _missed(self, survivor: Survivor) -> None:
        day = clinic_day(self.today - timedelta(weeks=self.random.randrange(5, 16)), self.clinic.weekday)
        # A slot whose visit was missed is free again, so it takes none of the day's.
        self._rows[Visit].append(visit(survivor, day, 0, VisitStatus.MISSED))

    def _book(self, waiting: list[Survivor]) -> None:
        day = clinic_day(self.today, self.clinic.weekday)
        room = FIRST_DAY_BOOKINGS
        for survivor in waiting:
            slot = self.diary.slot(day) if room else None
            if slot is None:
                day, room = day + timedelta(weeks=1), LATER_BOOKINGS
                slot = self.diary.slot(day) or 0
            room -= 1
            row = visit(survivor, day, slot, VisitStatus.PLANNED)
            self._rows[Visit].append(row | {"created_at": self.clock.now(), "booked_by_id": None})
            survivor.booked_on = day


def course_for(fate: Fate, random: Random) -> Course:
    """How the follow-up of somebody of this fate stands."""
    if fate is Fate.BOOKED:
        return random.choice(list(Course))
    return Course.OVERDUE if fate in LAPSED else Course.DUE if fate is Fate.DUE else Course.ON_TIME


def awaiting(life: Life, random: Random) -> Life:
    """Somebody of whom only the diagnosis is known so far, or not even that."""
    told = (DiagnosisInput(name=life.summary.diagnoses[0].name),) if random.random() < 0.7 else ()
    return Life(life.sex, life.birth_date, SummaryInput(diagnoses=told))


def relapsed(life: Life, today: date) -> Life:
    """The same cancer came back some weeks ago, and its treatment goes on."""
    own = life.summary.diagnoses[0]
    again = replace(own, diagnosed_on=today - timedelta(days=45), resected_on=None, end_of_therapy_on=None)
    life.summary = replace(life.summary, diagnoses=(own, again))
    return life


def stand(survivor: Survivor, life: Life, fate: Fate, today: date) -> None:
    """Store what was decided about this survivor's follow-up."""
    last = max(life.visits, default=today - timedelta(days=200))
    since = min(last + timedelta(days=100), today - timedelta(days=10))
    seen = max((each.on for each in life.results), default=since)
    decided: dict[Fate, dict[str, Any]] = {
        Fate.ON_TREATMENT: {
            "standing": Standing.ON_TREATMENT,
            "standing_reason": "Relapse; the oncology team treats",
            "followed_by": "Harbor solid tumor team",
            "review_on": today + timedelta(days=120),
        },
        Fate.BEING_TRACED: {"standing": Standing.BEING_TRACED, "standing_reason": "Letters come back; no number works"},
        Fate.DECLINED: {
            "standing": Standing.DECLINED,
            "standing_reason": "Wants no visits for now",
            "review_on": today + timedelta(days=150),
        },
        Fate.TRANSFERRED_UNACKNOWLEDGED: {
            "standing": Standing.TRANSFERRED,
            "standing_reason": "Moved away; records sent to the adult clinic",
            "followed_by": "Lakeside adult survivorship clinic",
        },
        Fate.TRANSFERRED: {
            "standing": Standing.TRANSFERRED,
            "standing_reason": "Adult clinic took over",
            "followed_by": "Lakeside adult survivorship clinic",
            "acknowledged_on": since + timedelta(days=7),
        },
        Fate.LOST: {
            "standing": Standing.LOST,
            "standing_reason": "Three attempts over six weeks, no answer",
            "review_on": today + timedelta(days=300),
        },
        Fate.DECEASED: {"deceased_on": max(since, seen), "standing_reason": "The family told us"},
    }
    for key, value in decided.get(fate, {}).items():
        setattr(survivor, key, value)
        survivor.standing_since = since


def _family(session: Session, made: list[Made], password: str, clock: Clock) -> list[SignIn]:
    """A parent who sees one child, and a teenager's own account."""
    today = clock.today(HARBOR.tz)
    minors = [each for each in made if years_old(each.survivor.birth_date, today) < accounts.MAJORITY]
    planned = [each for each in minors if each.survivor.has_plan]
    child = _first(planned, today, range(5, 13)) or _first(planned, today, range(18))
    teen = _first([each for each in planned if each != child], today, range(14, 18))
    wanted = [
        (child, "family@demo.example", Role.PROXY, "Maria"),
        (teen, "teen@demo.example", Role.SURVIVOR, ""),
    ]
    found = []
    for one, email, role, given in wanted:
        if one is not None:
            name = f"{given} {one.survivor.family_name}" if given else one.survivor.display_name
            contacts.invite_family(
                session, one.survivor.id, email, name, role, actor=ACTOR, clock=clock, password=password
            )
            found.append(SignIn(email, name, "family" if role is Role.PROXY else "survivor"))
    return found


def _first(made: list[Made], today: date, ages: range) -> Made | None:
    """Somebody of these ages, one with a visit ahead before others."""
    fitting = [each for each in made if years_old(each.survivor.birth_date, today) in ages]
    booked = [each for each in fitting if each.fate is Fate.BOOKED]
    return next(iter(booked or [each for each in fitting if each.fate in (Fate.DUE, Fate.ON_TIME)]), None)
