"""One invented survivor as rows: results, visits, contacts, a decision now and then."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.models import Clinic, Contact, ContactKind, Override, OverrideAction, Survivor, VisitStatus
from tracker.services import contacts, names
from tracker.services.demo_lives import DemoResult, Life, whole
from tracker.services.demo_people import People, Person, years_old

Values = dict[str, Any]
ADULT = 18
VISITS_KEPT_FOR = timedelta(days=3 * 365)
# A yearly check of what is asked for less often must not be late on the day it is decided.
CLOSER_WATCH = timedelta(days=400)
DECISIONS = (
    (OverrideAction.DEFER, "The family asked to wait until after the school year"),
    (OverrideAction.STOP, "Another hospital does this and sends us the report"),
    (OverrideAction.SET_INTERVAL, "Watched more closely after a borderline result"),
    (OverrideAction.ADD, "New complaint at the last visit"),
)


@dataclass
class Diary:
    """Which slots of which clinic days are taken; two survivors never share one."""

    slots_per_day: int
    taken: dict[date, int] = field(default_factory=dict)

    def slot(self, day: date) -> int | None:
        """The next free slot of a day; None when it is full."""
        number = self.taken.get(day, 0)
        if number >= self.slots_per_day:
            return None
        self.taken[day] = number + 1
        return number


def survivor_row(clinic: Clinic, person: Person, life: Life, mrn: str, *, today: date, now: datetime) -> Survivor:
    """The survivor, enrolled when therapy had ended."""
    words = {"given": person.given_name, "family": person.family_name, "preferred": person.preferred_name}
    ended = [day for each in life.summary.diagnoses if (day := whole(each.end_of_therapy_on))]
    enrolled_on = min(max(ended, default=today) + timedelta(days=21), today)
    return Survivor(
        id=uuid4(),
        clinic=clinic,
        clinic_id=clinic.id,
        mrn=mrn,
        given_name=person.given_name,
        family_name=person.family_name,
        preferred_name=person.preferred_name,
        pronouns=person.pronouns,
        language=person.language,
        search_name=names.search_name(**words),
        sort_name=names.sort_name(**words),
        birth_date=life.birth_date,
        sex_at_birth=life.sex,
        enrolled_on=enrolled_on,
        created_at=now,
        version=1,
    )


def visit_rows(survivor: Survivor, life: Life, diary: Diary, today: date) -> dict[date, Values]:
    """The completed visits of the last years, by day; a day that was full keeps its results without a visit."""
    rows: dict[date, Values] = {}
    for day in life.visits:
        slot = diary.slot(day) if day > today - VISITS_KEPT_FOR else None
        if slot is not None:
            rows[day] = visit(survivor, day, slot, VisitStatus.COMPLETED)
    return rows


def visit(survivor: Survivor, day: date, slot: int, status: VisitStatus) -> Values:
    over = status is VisitStatus.COMPLETED
    return {
        "id": uuid4(),
        "survivor_id": survivor.id,
        "clinic_id": survivor.clinic_id,
        "planned_on": day,
        "slot": slot,
        "status": status,
        "opened_at": at(day, 14) if over else None,
        "completed_at": at(day, 16) if over else None,
        "note": "",
        "created_at": at(day - timedelta(days=40)),
    }


def at(day: date, hour: int = 15) -> datetime:
    """An instant of that day."""
    return datetime.combine(day, time(hour), tzinfo=UTC)


def result_rows(survivor: Survivor, life: Life, visits: dict[date, Values], pack: Pack) -> Iterator[Values]:
    for each in life.results:
        held = visits.get(each.visit) if each.visit and each.on == each.visit else None
        yield {
            "id": uuid4(),
            "survivor_id": survivor.id,
            "test_code": each.test_code,
            "performed_on": each.on,
            "status": "final",
            "adequate": each.adequate,
            "claimed": each.claimed,
            "value": each.value,
            "unit": pack.tests[each.test_code].ucum if each.value is not None else None,
            "reference_range": "",
            "outcome": None if each.claimed else each.outcome,
            "report": "Repeat: the pictures could not be judged" if not each.adequate else "",
            "source": "Told by the family" if each.claimed else "",
            "visit_id": held["id"] if held else None,
            "recorded_at": at(each.on),
        }


def claim(random: Random, life: Life, pack: Pack, today: date) -> None:
    """The family says that what is due was done elsewhere."""
    last = max(life.visits, default=life.end_of_therapy)
    days = (today - last).days
    plan = evaluate(life.facts(), pack, on=today)
    wanted = [item for item in plan.items if item.due_on <= today and pack.tests[item.test_code].place == "order"]
    if wanted and days > 20:
        on = last + timedelta(days=random.randrange(10, days))
        life.results.append(DemoResult(wanted[0].test_code, on, claimed=True))


def contact_rows(people: People, person: Person, survivor: Survivor, today: date, number: int) -> list[Contact]:
    """A parent for a child; for an adult their own number, and often a parent's beside it."""
    found = []
    if years_old(survivor.birth_date, today) >= ADULT:
        found.append((ContactKind.SELF, survivor.display_name))
    if not found or people.random.random() < 0.4:
        found.append(people.relative(person))
    return [_contact(people, survivor, kind, name, f"{kind}{number:04}") for kind, name in found]


def _contact(people: People, survivor: Survivor, kind: ContactKind, name: str, box: str) -> Contact:
    phone, email = people.phone(), f"{box}@family.example"
    reached = people.random.random()
    agreed_on = survivor.enrolled_on if reached < 0.75 else None
    return Contact(
        survivor_id=survivor.id,
        kind=kind,
        name=name,
        phone=phone,
        phone_key=contacts.phone_key(phone),
        email=email if reached < 0.9 else None,
        email_key=contacts.email_key(email) if reached < 0.9 else None,
        reminders_agreed_on=agreed_on,
        reminders_stopped_on=agreed_on + timedelta(days=90) if agreed_on and reached < 0.04 else None,
        created_at=at(survivor.enrolled_on),
    )


def decision(
    random: Random, survivor: Survivor, life: Life, pack: Pack, today: date, decided_by: UUID
) -> Override | None:
    """A clinician's decision on one test of the plan, made at the last visit."""
    items = [item for item in evaluate(life.facts(), pack, on=today).items if item.due_on > today]
    if not items:
        return None
    (action, reason), item = random.choice(DECISIONS), random.choice(items)
    decided_on = max(life.visits, default=today - timedelta(days=30))
    if action is OverrideAction.SET_INTERVAL and item.due_on > decided_on + CLOSER_WATCH:
        action, reason = DECISIONS[0]
    return Override(
        # A plan names the decision it follows: the same demonstration twice has the same plans.
        id=UUID(int=random.getrandbits(128), version=4),
        survivor_id=survivor.id,
        test_code=item.test_code,
        action=action,
        decided_on=decided_on,
        expires_on=today + timedelta(days=random.randrange(200, 700)),
        due_on=item.due_on if action is OverrideAction.ADD else None,
        repeat_every="P1Y" if action is OverrideAction.SET_INTERVAL else None,
        defer_to=item.due_on + timedelta(days=120) if action is OverrideAction.DEFER else None,
        reason=reason,
        decided_by_id=decided_by,
        recorded_at=at(decided_on, 16),
    )


def confirmed(random: Random, life: Life, by: str, today: date) -> None:
    """Most summaries were looked through by a clinician after the end of therapy."""
    day = life.end_of_therapy + timedelta(days=45)
    if day <= today and random.random() < 0.85:
        life.summary = replace(life.summary, confirmed_on=day, confirmed_by=by)
