"""Invented lives for the demonstration: treated by a regimen, then followed visit by visit until near today."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random

from tracker.engine import types as engine
from tracker.engine.catalogue import Catalogue
from tracker.engine.evaluate import evaluate
from tracker.engine.given import DerivedExposure
from tracker.engine.partial_dates import Day, first_day
from tracker.engine.rules import Pack
from tracker.engine.schedule import add_months
from tracker.engine.status import Status, status_of
from tracker.services.demo_courses import WITH_A_SIDE, Draft, Illness, treatment
from tracker.services.demo_exposures import follows_from, recorded_facts, recorded_totals, standing
from tracker.services.demo_regimens import Regimen, regimens
from tracker.services.facts import date_key
from tracker.services.treatment_rows import DiagnosisInput, PredispositionInput, SummaryInput

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

# Stages of tumors that have not spread, by staging system; where they have, it is the fourth.
STAGES: Mapping[str, tuple[str, ...]] = {
    "ajcc": ("ib", "iia", "iib"),
    "ann-arbor": ("ii", "iii"),
    "murphy": ("ii", "iii"),
    "cog-renal": ("i", "ii", "iii"),
    "irs-group": ("ii", "iii"),
    "pretext": ("ii", "iii"),
    "inss": ("iii",),
}

# How many days overdue those are who lapsed, one span tried after the other; and how many weeks due those who did not.
LAPSES = ((100, 220), (190, 330), (300, 520))
MOST_WEEKS_DUE = 6
# Where a test has no days of grace, nobody can be due for it and not overdue: then another life is invented.
ATTEMPTS = 4


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
    """One invented survivor's story. ``visits`` are clinic days, oldest first.

    ``treatment``: what was given; what follows from it is in ``derived``. Of somebody whose chart holds totals only,
    ``totals_only``, those are the exposures of the summary, and nothing else is told of the treatment.
    """

    sex: str
    birth_date: date
    summary: SummaryInput
    visits: list[date] = field(default_factory=list)
    results: list[DemoResult] = field(default_factory=list)
    regimen: Regimen | None = None
    treatment: tuple[Draft, ...] = ()
    totals_only: bool = False
    derived: tuple[DerivedExposure, ...] = ()

    @property
    def end_of_therapy(self) -> date:
        return max(whole(each.end_of_therapy_on) or date.min for each in self.summary.diagnoses)

    @property
    def diagnosed(self) -> date:
        """The day from which the treatment counts its days."""
        return whole(self.summary.diagnoses[0].diagnosed_on) or self.birth_date

    def facts(self) -> engine.Facts:
        """What the engine is asked about. Of each test the newest counting result is enough for a plan."""
        newest: dict[str, DemoResult] = {}
        for each in self.results:
            if each.adequate and (each.test_code not in newest or newest[each.test_code].on <= each.on):
                newest[each.test_code] = each
        return _facts(self, newest.values())


@dataclass(frozen=True)
class Guide:
    """What treatment is made of and what follows from it."""

    pack: Pack
    catalogue: Catalogue


def live(
    random: Random,
    diagnosis: str,
    guide: Guide,
    *,
    today: date,
    weekday: int,
    course: Course,
    totals_only: bool = False,
    attempts: int = ATTEMPTS,
) -> Life:
    """A survivor of this diagnosis whose follow-up stands today as wanted, or nearly: after so many attempts."""
    for _attempt in range(attempts):
        life = invent(random, diagnosis, guide, today, totals_only=totals_only)
        # What happens today is still to come.
        follow(random, life, guide.pack, today=today - timedelta(days=1), weekday=weekday)
        if course is not Course.ON_TIME:
            life = lapse(random, life, guide, today, course)
        if course is Course.ON_TIME or stands(life, guide.pack, today) is course:
            return life
    return life


def invent(random: Random, diagnosis: str, guide: Guide, today: date, *, totals_only: bool = False) -> Life:
    """Birth, diagnosis and treatment; the years since are left blank."""
    ways = regimens().by_diagnosis[diagnosis]
    regimen = random.choices(ways, [each.weight for each in ways])[0]
    sex = regimen.sex or random.choice(("female", "male"))
    off = random.triangular(0.2, 24, 5)
    end = today - timedelta(days=round(off * 365.25))
    diagnosed = add_months(end, -random.randint(*regimen.months))
    years_old = random.uniform(*regimen.ages)
    born = diagnosed - timedelta(days=round(years_old * 365.25))
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
        events=_events(random, born, end, today),
        predispositions=tuple(
            PredispositionInput(syndrome=each.name, fields=each.fields)
            for each in regimen.syndromes
            if random.randrange(100) < each.percent
        ),
    )
    illness = Illness(
        regimen=regimen,
        years_old=years_old,
        resected=(resected - diagnosed).days if resected else None,
        end=(end - diagnosed).days,
        tumor=own.tumor,
        side=random.choice(
            [side for side in regimen.details.get("laterality", ("",)) if side in (*WITH_A_SIDE, "")] or [""]
        ),
    )
    given = treatment(random, illness, guide.catalogue)
    summary = replace(summary, diagnoses=(replace(own, tumor={**own.tumor, **_stage(random, regimen, given)}),))
    life = Life(sex, born, summary, regimen=regimen, treatment=given, totals_only=totals_only)
    return _with_exposures(life, guide)


def _stage(random: Random, regimen: Regimen, given: tuple[Draft, ...]) -> dict[str, str]:
    """The stage in the system of the regimen, where the guideline's words have none already."""
    systems = [each for each in regimen.details.get("stage_system", ()) if each in STAGES]
    if "stage" in regimen.tumor or not systems:
        return {}
    has_spread = any(each.section == "metastases" for each in given)
    return {"stage": "iv" if has_spread else random.choice(STAGES[systems[0]])}


def _with_exposures(life: Life, guide: Guide) -> Life:
    """What follows from the treatment at its dates, or the totals that a chart without courses holds."""
    told = recorded_facts(life.regimen.facts if life.regimen else ())
    follows = follows_from(life.birth_date, life.diagnosed, life.treatment, guide.catalogue, guide.pack)
    if life.totals_only:
        told, follows = (*told, *recorded_totals(follows)), ()
    life.summary, life.derived = replace(life.summary, exposures=told), follows
    return life


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


def lapse(random: Random, life: Life, guide: Guide, today: date, course: Course) -> Life:
    """The same life begun whole weeks earlier, so that what came next is due, or overdue, today."""
    plan = evaluate(life.facts(), guide.pack, on=today)
    if not plan.items:
        return life
    for weeks in _weeks(random, plan, today, course):
        earlier = shifted(life, timedelta(weeks=-weeks), guide)
        if stands(earlier, guide.pack, today) is course:
            return earlier
    return life


def _weeks(random: Random, plan: engine.CarePlan, today: date, course: Course) -> list[int]:
    """How much earlier the life may have begun, to be tried one after another."""
    until_due = (plan.items[0].due_on - today).days
    if course is Course.OVERDUE:
        return [max(round((until_due + random.randint(*span)) / 7), 0) for span in LAPSES for _attempt in range(3)]
    # Something must be due then, and nothing overdue: what has no days of grace must still be ahead.
    until_overdue = min((item.overdue_after - today).days for item in plan.items)
    soonest, latest = max(-(-until_due // 7), 0), until_overdue // 7
    fitting = range(soonest, min(latest, soonest + MOST_WEEKS_DUE) + 1)
    return random.sample(fitting, min(len(fitting), 3))


def stands(life: Life, pack: Pack, today: date) -> Course:
    """How the follow-up stands on a day."""
    statuses = {status_of(item, today) for item in evaluate(life.facts(), pack, on=today).items}
    if Status.OVERDUE in statuses:
        return Course.OVERDUE
    return Course.DUE if Status.DUE in statuses else Course.ON_TIME


def shifted(life: Life, by: timedelta, guide: Guide) -> Life:
    """The same life at another time; weekdays stay when the step is whole weeks."""
    summary = life.summary
    moved = replace(
        summary,
        diagnoses=tuple(
            replace(
                each,
                diagnosed_on=_moved(whole(each.diagnosed_on), by),
                resected_on=_moved(whole(each.resected_on), by),
                end_of_therapy_on=_moved(whole(each.end_of_therapy_on), by),
            )
            for each in summary.diagnoses
        ),
        events={name: first_day(day) + by for name, day in summary.events.items()},
    )
    results = [replace(each, on=each.on + by, visit=_moved(each.visit, by)) for each in life.results]
    later = replace(
        life,
        birth_date=life.birth_date + by,
        summary=moved,
        visits=[day + by for day in life.visits],
        results=results,
    )
    return _with_exposures(later, guide)


def whole(day: Day | None) -> date | None:
    """Invented lives know every date to the day."""
    return None if day is None else first_day(day)


def _moved(day: date | None, by: timedelta) -> date | None:
    return None if day is None else day + by


def _facts(life: Life, told: Iterable[DemoResult]) -> engine.Facts:
    """As ``facts.load_facts`` says it of the rows, save that a day known in part counts as its first possible one: to
    plan for both its ends at every visit would take long, and the plans that are kept are made of the rows."""
    summary, exposures = life.summary, standing(life.derived, life.summary.exposures)
    return engine.Facts(
        birth_date=life.birth_date,
        sex=life.sex,
        diagnoses=tuple(
            engine.Diagnosis(
                each.name, whole(each.diagnosed_on), whole(each.resected_on), whole(each.end_of_therapy_on), each.tumor
            )
            for each in summary.diagnoses
        ),
        ltfu_entry_on=summary.ltfu_entry_on,
        exposures={name: each.value for name, each in exposures.items()},
        exposure_dates={date_key(name): each.last_on for name, each in exposures.items() if each.last_on},
        events={name: first_day(day) for name, day in summary.events.items()},
        predispositions=tuple(engine.Predisposition(each.syndrome, each.fields) for each in summary.predispositions),
        results=tuple(engine.Result(each.test_code, each.on) for each in told),
        at_least={name: each.at_least for name, each in exposures.items() if each.at_least},
    )
