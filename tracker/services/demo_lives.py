"""Invented lives for the demonstration: treated by a regimen, then followed visit by visit until near today."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random

from tracker.engine import types as engine
from tracker.engine.evaluate import evaluate
from tracker.engine.rules import Pack
from tracker.engine.schedule import add_months
from tracker.engine.status import Status, status_of
from tracker.models import Certainty
from tracker.services.demo_regimens import FEMALE_ORGANS, MALE_ORGANS, ORGANS, Dose, Regimen, regimens
from tracker.services.facts import date_key
from tracker.services.treatment_rows import DiagnosisInput, ExposureInput, PredispositionInput, SummaryInput

WEEK = timedelta(days=7)
EARLY_YEARS = timedelta(days=5 * 365)
# Visits are this far apart at least, and at each everything is done that falls due before the next one is likely.
EARLY, LATER = (timedelta(days=60), timedelta(days=60)), (timedelta(days=160), timedelta(days=120))
# Older results are left out, save the newest of each test: a plan needs no more, and neither does a demonstration.
KEPT_FOR = timedelta(days=6 * 365)
# Those long off therapy came once at its end and are lived through again from here on.
LIVED_FOR = timedelta(days=7 * 365)
# What is measured rather than judged: the usual span, in the test's own unit.
MEASURED: Mapping[str, tuple[float, float]] = {
    "echocardiogram": (55, 68),
    "thyroid-function": (0.8, 4.1),
    "creatinine-egfr": (88, 128),
    "liver-enzymes": (12, 38),
    "fasting-glucose": (72, 98),
    "body-mass-index": (16, 27),
    "blood-pressure": (98, 126),
    "electrocardiogram": (385, 440),
    "lung-function": (82, 112),
}


class Course(StrEnum):
    """How the follow-up stands today."""

    ON_TIME = "on_time"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class DemoResult:
    """A result as it came about; ``visit`` is the visit it was recorded at, if it was."""

    test_code: str
    on: date
    outcome: str = "normal"
    value: Decimal | None = None
    adequate: bool = True
    claimed: bool = False
    visit: date | None = None


@dataclass
class Life:
    """One invented survivor's story. ``visits`` are clinic days, oldest first."""

    sex: str
    birth_date: date
    summary: SummaryInput
    visits: list[date] = field(default_factory=list)
    results: list[DemoResult] = field(default_factory=list)

    @property
    def end_of_therapy(self) -> date:
        return max(each.end_of_therapy_on or date.min for each in self.summary.diagnoses)

    def facts(self) -> engine.Facts:
        """What the engine is asked about. Of each test the newest counting result is enough for a plan."""
        newest: dict[str, DemoResult] = {}
        for each in self.results:
            if each.adequate and (each.test_code not in newest or newest[each.test_code].on <= each.on):
                newest[each.test_code] = each
        return _facts(self.sex, self.birth_date, self.summary, newest.values())


def live(random: Random, diagnosis: str, pack: Pack, *, today: date, weekday: int, course: Course) -> Life:
    """A survivor of this diagnosis whose follow-up stands today as wanted."""
    life = invent(random, diagnosis, today)
    # What happens today is still to come.
    follow(random, life, pack, today=today - timedelta(days=1), weekday=weekday)
    if course is Course.ON_TIME:
        return life
    return lapse(random, life, pack, today, course)


def invent(random: Random, diagnosis: str, today: date) -> Life:
    """Birth, diagnosis and treatment; the years since are left blank."""
    known = regimens().by_diagnosis[diagnosis]
    regimen = random.choices(known, [each.weight for each in known])[0]
    sex = regimen.sex or random.choice(("female", "male"))
    off = random.triangular(0.2, 24, 5)
    end = today - timedelta(days=round(off * 365.25))
    diagnosed = add_months(end, -random.randint(*regimen.months))
    born = diagnosed - timedelta(days=round(random.uniform(*regimen.ages) * 365.25))
    resected = diagnosed + (end - diagnosed) * random.uniform(0.05, 0.5) if regimen.resected else None
    own = DiagnosisInput(
        name=diagnosis,
        diagnosed_on=diagnosed,
        resected_on=resected,
        end_of_therapy_on=end,
        tumor={name: random.choice(values) for name, values in regimen.tumor.items()},
    )
    summary = SummaryInput(
        diagnoses=(own,),
        exposures=_exposures(random, regimen, sex, diagnosed, end),
        events=_events(random, born, end, today),
        predispositions=tuple(
            PredispositionInput(syndrome=each.name, fields=each.fields)
            for each in regimen.syndromes
            if random.randrange(100) < each.percent
        ),
    )
    return Life(sex, born, summary)


def _exposures(random: Random, regimen: Regimen, sex: str, diagnosed: date, end: date) -> tuple[ExposureInput, ...]:
    doses = {name: draw(random, dose) for name, dose in regimen.doses.items()}
    for site, dose in regimen.radiation.items():
        doses[site] = draw(random, dose)
        for organ, part in ORGANS.get(site, {}).items():
            if organ not in (FEMALE_ORGANS if sex == "male" else MALE_ORGANS):
                reaching = round(doses[site] * Decimal(str(part)), 1)
                doses[organ] = max(doses.get(organ, Decimal(0)), reaching)
    return tuple(_exposure(random, name, value, diagnosed, end) for name, value in sorted(doses.items()))


def draw(random: Random, dose: Dose) -> Decimal:
    """An amount of that span, as a chart would round it."""
    low, high = dose
    amount = low + (high - low) * random.randrange(21) / 20
    return Decimal(str(round(amount, 1))) if amount < 200 else Decimal(round(amount / 5) * 5)


def _exposure(random: Random, name: str, value: Decimal, diagnosed: date, end: date) -> ExposureInput:
    last_on = diagnosed + (end - diagnosed) * random.uniform(0.4, 1) if random.random() < 0.8 else None
    lost = name.endswith(("_gy", "_mg_m2")) and random.random() < 0.03
    certainty = Certainty.DOSE_UNKNOWN if lost else Certainty.KNOWN
    return ExposureInput(name=name, certainty=certainty, value=None if lost else value, last_on=last_on)


def _events(random: Random, born: date, end: date, today: date) -> dict[str, date]:
    grown = add_months(born, 16 * 12 + random.randrange(18))
    return {"growth_complete": grown} if end < grown <= today and random.random() < 0.7 else {}


def follow(random: Random, life: Life, pack: Pack, *, today: date, weekday: int) -> None:
    """Live through the years: at each visit what is due is done, now and then with a hitch."""
    first = life.end_of_therapy + timedelta(days=random.randint(20, 80))
    day: date | None = clinic_day(first, weekday)
    plan = evaluate(life.facts(), pack, on=first)
    while day is not None and day <= today:
        if plan.holds_until is not None and plan.holds_until <= day:
            plan = evaluate(life.facts(), pack, on=day)
        life.visits.append(day)
        _gap, ahead = _pace(life, day)
        for item in plan.items:
            if item.due_on <= day + ahead:
                life.results += _do(random, item.test_code, day, today, pack)
        plan = evaluate(life.facts(), pack, on=day)
        following = _next_visit(random, life, plan, day, today, weekday)
        day = following and max(following, clinic_day(today - LIVED_FOR, weekday))
    _forget_old(life, today)


def _forget_old(life: Life, today: date) -> None:
    newest = {each.test_code: each for each in sorted(life.results, key=lambda each: each.on)}
    life.results = [each for each in life.results if each.on > today - KEPT_FOR or each is newest[each.test_code]]
    kept = {each.visit for each in life.results}
    life.visits = [day for day in life.visits if day in kept]


def _pace(life: Life, day: date) -> tuple[timedelta, timedelta]:
    """Close follow-up in the early years and with an inherited syndrome; later a visit or two a year."""
    return EARLY if day - life.end_of_therapy < EARLY_YEARS or life.summary.predispositions else LATER


def _do(random: Random, test_code: str, day: date, today: date, pack: Pack) -> list[DemoResult]:
    chance = random.random()
    place = pack.tests[test_code].place
    on = day if place == "visit" else min(day + timedelta(days=random.randrange(-10, 12)), today)
    done = DemoResult(test_code, on, *_outcome(random, test_code, place), visit=day)
    if chance < 0.01:
        return []
    if chance < 0.03 and place == "order":
        # A test that answered nothing is repeated some weeks later.
        again = min(on + timedelta(days=21), today)
        return [replace(done, outcome="indeterminate", value=None, adequate=False), replace(done, on=again)]
    return [done]


def _outcome(random: Random, test_code: str, place: str) -> tuple[str, Decimal | None]:
    abnormal = place in ("order", "referral") and random.random() < 0.04
    if test_code not in MEASURED:
        return ("abnormal" if abnormal else "normal"), None
    low, high = MEASURED[test_code]
    value = random.uniform(low, high) if not abnormal else low - (high - low) / 4
    return ("abnormal" if abnormal else "normal"), Decimal(str(round(value, 1 if high < 10 else 0)))


def _next_visit(
    random: Random, life: Life, plan: engine.CarePlan, last: date, today: date, weekday: int
) -> date | None:
    """A clinic day about when the next thing falls due; most come a little early, some months late."""
    if not plan.items:
        # Nothing is asked for until a window opens: look again then.
        return None if plan.holds_until is None else clinic_day(plan.holds_until, weekday)
    due = plan.items[0].due_on
    late = timedelta(days=random.randint(15, 90)) if random.random() < 0.12 else timedelta(days=-random.randrange(15))
    day = max(clinic_day(due + late, weekday), clinic_day(last + _pace(life, last)[0], weekday))
    if day > today and due <= today:
        day = clinic_day(today - WEEK + timedelta(days=1), weekday)
    return day if day > last else None


def clinic_day(day: date, weekday: int) -> date:
    """The day itself, or the next one on which the clinic is held."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def lapse(random: Random, life: Life, pack: Pack, today: date, course: Course) -> Life:
    """The same life begun whole weeks earlier, so that what came next is due, or overdue, today."""
    plan = evaluate(life.facts(), pack, on=today)
    if not plan.items:
        return life
    until_due = (plan.items[0].due_on - today).days
    spans = [(4, 20), (4, 45), (21, 60)] if course is Course.DUE else [(100, 220), (190, 330), (300, 520)]
    for _attempt in range(3):
        for low, high in spans:
            weeks = round((until_due + random.randint(low, high)) / 7)
            earlier = shifted(life, timedelta(weeks=-max(weeks, 0)))
            if stands(earlier, pack, today) is course:
                return earlier
    return life


def stands(life: Life, pack: Pack, today: date) -> Course:
    """How the follow-up stands on a day."""
    statuses = {status_of(item, today) for item in evaluate(life.facts(), pack, on=today).items}
    if Status.OVERDUE in statuses:
        return Course.OVERDUE
    return Course.DUE if Status.DUE in statuses else Course.ON_TIME


def shifted(life: Life, by: timedelta) -> Life:
    """The same life at another time; weekdays stay when the step is whole weeks."""
    summary = life.summary
    moved = replace(
        summary,
        diagnoses=tuple(
            replace(
                each,
                diagnosed_on=_moved(each.diagnosed_on, by),
                resected_on=_moved(each.resected_on, by),
                end_of_therapy_on=_moved(each.end_of_therapy_on, by),
            )
            for each in summary.diagnoses
        ),
        exposures=tuple(replace(each, last_on=_moved(each.last_on, by)) for each in summary.exposures),
        events={name: day + by for name, day in summary.events.items()},
    )
    results = [replace(each, on=each.on + by, visit=_moved(each.visit, by)) for each in life.results]
    return Life(life.sex, life.birth_date + by, moved, [day + by for day in life.visits], results)


def _moved(day: date | None, by: timedelta) -> date | None:
    return None if day is None else day + by


def _facts(sex: str, birth_date: date, summary: SummaryInput, told: Iterable[DemoResult]) -> engine.Facts:
    return engine.Facts(
        birth_date=birth_date,
        sex=sex,
        diagnoses=tuple(
            engine.Diagnosis(each.name, each.diagnosed_on, each.resected_on, each.end_of_therapy_on, each.tumor)
            for each in summary.diagnoses
        ),
        ltfu_entry_on=summary.ltfu_entry_on,
        exposures={each.name: each.value for each in summary.exposures},
        exposure_dates={date_key(each.name): each.last_on for each in summary.exposures if each.last_on},
        events=summary.events,
        predispositions=tuple(engine.Predisposition(each.syndrome, each.fields) for each in summary.predispositions),
        results=tuple(engine.Result(each.test_code, each.on) for each in told),
    )
