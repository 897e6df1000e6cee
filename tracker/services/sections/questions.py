"""What is asked about the entries of single sections, and the few things that cannot be true of them together.

The limits are limits of data entry, wide of every regimen: above them a number is more often a slip of the pen (cGy for
Gy, a total in place of a dose) than a treatment. They are no statement about safety.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from tracker.engine.catalogue import Agent
from tracker.engine.given import DrugGiven
from tracker.engine.given_amounts import course_amount, total_amount
from tracker.engine.given_words import number
from tracker.services.sections.checks import IF_RIGHT, Surroundings, certainly_before
from tracker.services.sections.entries import Values, as_partial_date, is_blank
from tracker.services.sections.shared_fields import DOSE_UNITS
from tracker.services.treatment_checks import QUESTIONED_ABOVE, Problem, questioned_above

MOST_GY_PER_FRACTION, LEAST_GY_PER_FRACTION = Decimal(8), Decimal("0.5")
MOST_AUC = Decimal(20)
# What is taken by mouth may be counted by the day, over years of maintenance.
MOST_COURSES, MOST_DAYS_BY_MOUTH = 150, 1100
UNITS_OF_ACTIVITY = frozenset({"[U]/m2", "[U]"})
UNIT_WORDS = dict(DOSE_UNITS)
CARBOPLATIN = "carboplatin"
IN_GBQ = {"GBq": Decimal(1), "MBq": Decimal("0.001"), "mCi": Decimal("0.037")}
MOST_GBQ = {"i131": Decimal(40), "mibg": Decimal(120)}


def number_of(values: Values, name: str) -> Decimal | None:
    """A number that was entered; None where there is none, or what was entered is none."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return None
    found = Decimal(value)
    return found if found.is_finite() and found >= 0 else None


def text_of(values: Values, name: str) -> str:
    """A text or code that was entered."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _ask(field: str, message: str) -> Problem:
    return Problem(field, f"{message}. {IF_RIGHT}", question=True)


# Radiation


def check_radiation(values: Values, surroundings: Surroundings) -> Iterator[Problem]:
    """A dose in cGy, a dose per fraction that nobody gives, an organ with more than what was prescribed."""
    dose = number_of(values, "dose_gy")
    if dose is not None:
        yield from _prescribed(dose, values, surroundings)
        yield from _per_fraction(dose, number_of(values, "fractions"))
    yield from _organ_doses(dose, values.get("organs"), surroundings)


def _prescribed(dose: Decimal, values: Values, surroundings: Surroundings) -> Iterator[Problem]:
    if dose > _most_gy(values, surroundings):
        yield _ask(
            "dose_gy",
            f"{number(dose)} Gy is more than is usual. Did you mean cGy? {number(dose)} cGy is {number(dose / 100)} Gy",
        )


def _most_gy(values: Values, surroundings: Surroundings) -> Decimal:
    """The least of the limits of the fields: total body irradiation has one of its own."""
    codes = values.get("fields")
    fields = [surroundings.catalogue.fields.get(code) for code in codes] if isinstance(codes, list | tuple) else []
    names = [name for each in fields if each is not None for name in each.field_exposures]
    infos = [surroundings.pack.exposures[name] for name in names if name in surroundings.pack.exposures]
    return min((questioned_above(each) for each in infos), default=QUESTIONED_ABOVE["Gy"])


def _per_fraction(dose: Decimal, fractions: Decimal | None) -> Iterator[Problem]:
    if not dose or not fractions:
        return
    each = round(dose / fractions, 2)
    words = f"{number(dose)} Gy in {fractions:f} fractions is {number(each)} Gy each"
    if each > MOST_GY_PER_FRACTION:
        yield _ask("fractions", f"{words}, which is a lot. Check both numbers")
    elif each < LEAST_GY_PER_FRACTION:
        yield _ask("fractions", f"{words}, which is very little. Check both numbers")


def _organ_doses(dose: Decimal | None, organs: object, surroundings: Surroundings) -> Iterator[Problem]:
    most = QUESTIONED_ABOVE["Gy"] if dose is None else dose
    for name in organs if isinstance(organs, Mapping) else ():
        mean = number_of(organs, name) if isinstance(organs, Mapping) else None
        info = surroundings.pack.exposures.get(name)
        if mean is not None and mean > most and info is not None:
            words = "than is usual" if dose is None else f"than the {number(dose)} Gy prescribed"
            yield _ask(
                "organs", f"A mean dose of {number(mean)} Gy to {info.label} is more {words}. Check both numbers"
            )


# Medicines


def check_drug(values: Values, surroundings: Surroundings) -> Iterator[Problem]:
    """A cumulative dose beyond any regimen, a unit that does not fit, a single dose above that of its course."""
    agent = surroundings.catalogue.agents.get(text_of(values, "agent"))
    if agent is None:
        return
    drug = drug_given(values)
    yield from _unit_of_agent(drug, agent)
    yield from _cumulative(drug, agent, surroundings)
    yield from _single_dose(drug)
    yield from _courses(drug)


def drug_given(values: Values) -> DrugGiven:
    """The numbers of an entry as the engine takes them; what is no number counts as unknown."""
    courses = number_of(values, "courses")
    return DrugGiven(
        id="",
        agent=text_of(values, "agent"),
        dose=number_of(values, "dose"),
        unit=text_of(values, "unit") or "mg/m2",
        courses=None if courses is None else int(courses),
        route=text_of(values, "route"),
        single_dose=number_of(values, "single_dose"),
        weight_kg=number_of(values, "weight_kg"),
        surface_m2=number_of(values, "surface_m2"),
    )


def _courses(drug: DrugGiven) -> Iterator[Problem]:
    most = MOST_DAYS_BY_MOUTH if drug.route == "po" else MOST_COURSES
    if drug.courses is not None and drug.courses > most:
        yield _ask("courses", f"{drug.courses} courses are more than is usual. Check the number")


def _unit_of_agent(drug: DrugGiven, agent: Agent) -> Iterator[Problem]:
    unit, usual = (UNIT_WORDS.get(each, each) for each in (drug.unit, agent.dose_unit))
    fits = (drug.unit in UNITS_OF_ACTIVITY) == (agent.dose_unit in UNITS_OF_ACTIVITY)
    if drug.unit == "AUC" and agent.code != CARBOPLATIN:
        yield _ask("unit", f"{agent.name} is not dosed by AUC, but in {usual}. Check the unit")
    elif not fits:
        yield _ask("unit", f"{agent.name} is dosed in {usual}, not in {unit}. Check the unit")
    if drug.unit == "AUC" and drug.dose is not None and drug.dose > MOST_AUC:
        yield _ask("dose", f"An AUC of {number(drug.dose)} is more than is usual for one course. Check the number")


def _cumulative(drug: DrugGiven, agent: Agent, surroundings: Surroundings) -> Iterator[Problem]:
    info = surroundings.pack.exposures.get(agent.dose_exposure)
    total = None if info is None else total_amount(drug, info.unit).value
    if info is None or total is None or total <= questioned_above(info):
        return
    unit = UNIT_WORDS.get(info.unit, info.unit)
    times = f" ({number(drug.dose)} × {drug.courses})" if drug.dose is not None and drug.courses is not None else ""
    yield _ask("dose", f"{number(round(total, 2))} {unit} of {agent.name}{times} is more than is usual. Check it")


def _single_dose(drug: DrugGiven) -> Iterator[Problem]:
    course = course_amount(drug, "mg/m2").value
    if drug.single_dose is not None and course is not None and drug.single_dose > course:
        of = "the total" if drug.courses is None else "a course"
        words = f"is more than the {number(round(course, 2))} mg/m² of {of}"
        yield _ask("single_dose", f"A single dose of {number(drug.single_dose)} mg/m² {words}. Check both numbers")


# What else was given, and what it did


def check_gvhd(values: Values, _surroundings: Surroundings) -> Iterator[Problem]:
    """Active, yet ended."""
    if text_of(values, "active") == "yes" and not is_blank(values.get("ended_on")):
        yield _ask("active", "It is active now, but has an end. Check both")


def check_transfusion(values: Values, _surroundings: Surroundings) -> Iterator[Problem]:
    """No blood given, yet counted."""
    if text_of(values, "product") == "none" and number_of(values, "count"):
        yield Problem("count", "The entry says that none was given. Take the number out, or choose the product")


def check_radionuclide(values: Values, _surroundings: Surroundings) -> Iterator[Problem]:
    """mCi or MBq entered as GBq. The conversion serves this question alone; the activity is stored as entered."""
    activity, unit = number_of(values, "activity"), text_of(values, "activity_unit") or "GBq"
    most = MOST_GBQ.get(text_of(values, "kind"))
    if activity is None or most is None or unit not in IN_GBQ:
        return
    courses = number_of(values, "treatments") or Decimal(1)
    if activity * IN_GBQ[unit] > most * max(courses, Decimal(1)):
        yield _ask("activity", f"{number(activity)} {unit} is more than is usual. Check the number and its unit")


def check_adverse_event(values: Values, _surroundings: Surroundings) -> Iterator[Problem]:
    """Resolved, though it is grade 5; not resolved, though it has a day on which it was."""
    resolved = text_of(values, "resolved")
    if number_of(values, "grade") == 5 and resolved == "yes":
        yield _ask("resolved", "Grade 5 is death from the side effect, and it is marked as resolved. Check both")
    if resolved == "no" and not is_blank(values.get("resolved_on")):
        yield _ask("resolved", "It is not resolved, but has a day on which it was. Check both")


# The tumor, the family and the problem list


def check_relative(values: Values, _surroundings: Surroundings) -> Iterator[Problem]:
    """Ages that cannot follow each other, and ages that contradict the answers."""
    diagnosed, died = number_of(values, "age_at_diagnosis"), number_of(values, "age_at_death")
    if diagnosed is not None and died is not None and died < diagnosed:
        yield Problem("age_at_death", "The age at death is below the age at diagnosis. Check both")
    if diagnosed is not None and text_of(values, "affected") == "no":
        yield _ask("affected", "An age at diagnosis is given for someone without cancer. Check both")
    if died is not None and text_of(values, "deceased") == "no":
        yield _ask("deceased", "An age at death is given for someone who is alive. Check both")


def check_exam(values: Values, _surroundings: Surroundings) -> Iterator[Problem]:
    """An examination of which nothing at all is said."""
    said = (value for name, value in values.items() if name != "diagnosis_id" and value != "not_examined")
    if all(is_blank(value) for value in said):
        yield Problem("findings", "Enter what was found, or at least when; an entry that says nothing is not kept")


def check_biopsy(values: Values, _surroundings: Surroundings) -> Iterator[Problem]:
    """Reported before it was done."""
    done, reported = as_partial_date(values.get("done_on")), as_partial_date(values.get("reported_on"))
    if certainly_before(reported, done):
        yield Problem("reported_on", "The report is dated before the biopsy. Check both years")


def check_problem(values: Values, _surroundings: Surroundings) -> Iterator[Problem]:
    """Active, yet resolved on a day."""
    if text_of(values, "status") == "active" and not is_blank(values.get("resolved_on")):
        yield _ask("status", "The problem is active, but has a day on which it was resolved. Check both")
