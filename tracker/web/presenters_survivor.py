"""The survivor's page: who it is, what needs attention first, and what was done to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.engine.conditions import Doses
from tracker.engine.explain import explain_gap
from tracker.engine.partial_dates import first_day, known_to, precision_of
from tracker.engine.schedule import age_on
from tracker.engine.status import Status, status_of
from tracker.engine.types import DataGap, Flag
from tracker.models import Certainty, Diagnosis, DiagnosisCourse, DueItem, Event, Exposure, PlanGap
from tracker.services.standing import died_on
from tracker.services.states import State
from tracker.services.survivor_page import SurvivorPage
from tracker.web.formats import dose, number, unit_words, us_date
from tracker.web.presenters_summary_words import given_words, last_day, stored

SHOWN_FIRST = 3
TESTS_NAMED = 4
FIELDS = {
    "mibg": _l("MIBG"),
    "resection": _l("resection margin"),
    "diagnosed_on": _l("date of diagnosis"),
    "resected_on": _l("date of resection"),
    "end_of_therapy_on": _l("end of therapy"),
}
COURSE_WORDS: dict[str, str] = {
    DiagnosisCourse.RELAPSE: _l("relapsed"),
    DiagnosisCourse.PROGRESSION: _l("progressed"),
    DiagnosisCourse.SECOND_PRIMARY: _l("another cancer"),
}
RETURNED = (DiagnosisCourse.RELAPSE, DiagnosisCourse.PROGRESSION)
# What is not known, by what it does to the plan: first what is not planned at all, last what only shifts a date.
GRAVEST_FIRST = (
    "not_scheduled", "no_anchor_date", "history_missing", "not_in_pack", "treated_as_met", "planned_for_both_ends",
)  # fmt: skip
Said = tuple[str, str]


@dataclass(frozen=True)
class Attention:
    """One thing to look at first. ``warm``: overdue; ``settle``: who could answer what is not known."""

    text: str
    settle: str = ""
    warm: bool = False


def state_tag(state: State) -> Said:
    """The survivor's state as the tag's known name, and its words where the tag does not know them."""
    known = {
        State.NOT_YET_DUE: "not_due",
        State.BEING_TRACED: "tracing",
    }
    words = {
        State.ON_TREATMENT: _("On treatment again"),
        State.TRANSFERRED_UNACKNOWLEDGED: _("Transferred, not yet acknowledged"),
        State.LOST: _("Lost after tracing"),
    }
    return known.get(state, state.value), str(words.get(state, ""))


def headline(page: SurvivorPage) -> str:
    """ "19 years · she/her · MRN 004417 · born Mar 5, 2007" """
    survivor = page.survivor
    lived = survivor.deceased_on or page.today
    parts = [
        _("%(age)s years", age=age_on(survivor.birth_date, lived)),
        survivor.pronouns,
        _("MRN %(mrn)s", mrn=survivor.mrn),
        _("born %(day)s", day=us_date(survivor.birth_date)),
    ]
    return " · ".join(str(part) for part in parts if part)


def disease_line(page: SurvivorPage) -> str:
    """The newest diagnosis with its fields, and since when off therapy."""
    named = "; ".join(_each_cancer(page.diagnoses)) or str(_("No diagnosis recorded"))
    ended = page.end_of_therapy_on
    if ended is None:
        return f"{named} · {_('end of therapy not recorded')}"
    day = us_date(ended)
    if first_day(ended) > page.today:
        return f"{named} · {_('on therapy until %(day)s', day=day)}"
    if precision_of(ended) == "year":  # months could not be counted from it
        return f"{named} · {_('off therapy since %(day)s', day=day)}"
    span = span_words(first_day(ended), page.today)
    return f"{named} · {_('off therapy since %(day)s (%(span)s)', day=day, span=span)}"


def _each_cancer(rows: Sequence[Diagnosis]) -> list[str]:
    """One part for each cancer, its returns with it: "Acute lymphoblastic leukemia, relapsed 2019"."""
    found: dict[str, str] = {}
    for row in rows:
        words = diagnosis_words(row)
        if row.name not in found:
            found[row.name] = words
        elif row.course in RETURNED:
            found[row.name] += words.removeprefix(row.name)
        else:
            found[f"{row.name} {row.position}"] = words
    return list(found.values())


def span_words(start: date, end: date) -> str:
    """ "2 y 8 m": how long ago, to the completed month."""
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return str(_("%(years)s y %(months)s m", years=months // 12, months=months % 12))


def diagnosis_words(row: Diagnosis) -> str:
    """ "Leiomyosarcoma, retroperitoneal, grade high" """
    fields = [f"{field_words(name)} {value.replace('-', ' ')}" for name, value in row.tumor().items()]
    return ", ".join(part for part in (row.name, course_words(row), *fields) if part)


def course_words(row: Diagnosis) -> str:
    """What an entry is, where it is not a first cancer: "relapsed 2019"."""
    words = COURSE_WORDS.get(row.course or "")
    if words is None:
        return ""
    return f"{words} {row.diagnosed_on.year}" if row.diagnosed_on else str(words)


def field_words(name: str) -> str:
    """A field of the tumor or syndrome, as it is spoken of."""
    return str(FIELDS.get(name, name.replace("_", " ")))


def attention(page: SurvivorPage) -> tuple[list[Attention], list[Attention]]:
    """What stands out (three things at most), and the rest of it."""
    late = [*_overdue_recurrence(page), *_overdue_others(page)]
    found = [*_state_notes(page), *late, *_gap_notes(page), *_claims(page)]
    return found[:SHOWN_FIRST], found[SHOWN_FIRST:]


def _state_notes(page: SurvivorPage) -> Iterator[Attention]:
    survivor = page.survivor
    if page.state == State.AWAITING_SUMMARY:
        text = _("The treatment summary has no diagnosis with an end of therapy, so nothing can be planned yet.")
        yield Attention(text, _("Ask the treating center, then complete the treatment summary."))
    elif survivor.deceased_on:
        yield Attention(_("Died %(day)s. Nothing is due.", day=us_date(died_on(survivor))))
    elif survivor.standing_reason:
        yield Attention(survivor.standing_reason, " ".join(_standing_notes(page)))


def _standing_notes(page: SurvivorPage) -> Iterator[str]:
    """Who follows meanwhile, and when the decision is looked at again."""
    survivor = page.survivor
    if survivor.followed_by and page.state == State.ON_TREATMENT:
        yield _("Follow-up is paused; in charge: %(team)s.", team=survivor.followed_by)
    elif survivor.followed_by:
        yield _("Followed by: %(clinic)s.", clinic=survivor.followed_by)
    if survivor.review_on and survivor.review_on <= page.today:
        yield _("To be looked at again since %(day)s.", day=us_date(survivor.review_on))
    elif survivor.review_on:
        yield _("Review on %(day)s.", day=us_date(survivor.review_on))


def _overdue_recurrence(page: SurvivorPage) -> Iterator[Attention]:
    late = _overdue(page, recurrence=True)
    if late:
        names = named([page.test_name(item.test_code) for item in late])
        since = us_date(min(item.due_on for item in late))
        yield Attention(
            _("Recurrence screening is overdue: %(tests)s (due since %(day)s).", tests=names, day=since), warm=True
        )


def _overdue_others(page: SurvivorPage) -> Iterator[Attention]:
    late = _overdue(page, recurrence=False)
    if late:
        names = named([page.test_name(item.test_code) for item in late])
        yield Attention(_("Other checks are overdue: %(tests)s.", tests=names), warm=True)


def _overdue(page: SurvivorPage, *, recurrence: bool) -> list[DueItem]:
    late = [item for item in page.items if status_of(item, page.today) == Status.OVERDUE]
    return [item for item in late if (Flag.RECURRENCE in item.flags()) is recurrence]


def named(names: list[str]) -> str:
    """A few names, and how many more there are."""
    shown = ", ".join(names[:TESTS_NAMED])
    more = len(names) - TESTS_NAMED
    return str(_("%(names)s and %(more)s more", names=shown, more=number(more))) if more > 0 else shown


def _claims(page: SurvivorPage) -> Iterator[Attention]:
    told = [row for row in page.standing_results() if row.claimed]
    if told:
        names = named([page.test_name(row.test_code) for row in told])
        text = _("Told by the family, report not here: %(tests)s.", tests=names)
        yield Attention(text, _("Ask for the report, then accept it below."))


def _gap_notes(page: SurvivorPage) -> Iterator[Attention]:
    groups: dict[tuple[tuple[str, ...], str], list[PlanGap]] = {}
    # Where nothing can be planned for want of an end of therapy, that has been said first of all.
    said = ["end_of_therapy_on"] if page.state == State.AWAITING_SUMMARY else None
    for gap in page.gaps:
        if list(gap.missing) == said:
            continue
        groups.setdefault((tuple(gap.missing), gap.consequence), []).append(gap)
    for (missing, consequence), gaps in sorted(groups.items(), key=lambda group: _gravity(group[0][1])):
        yield _gap_note(page, missing, consequence, gaps)


def _gravity(consequence: str) -> int:
    return GRAVEST_FIRST.index(consequence) if consequence in GRAVEST_FIRST else 0


def _gap_note(page: SurvivorPage, missing: tuple[str, ...], consequence: str, gaps: list[PlanGap]) -> Attention:
    tests = list(dict.fromkeys(page.test_name(gap.test_code) for gap in gaps if gap.test_code))
    unknown = ", ".join(
        page.exposure_name(name) if name in page.pack.exposures else field_words(name) for name in missing
    )
    if consequence == "treated_as_met":
        text = _("Not known: %(fact)s. Planned as a precaution: %(tests)s.", fact=unknown, tests=named(tests))
        return Attention(text, _settled_by(missing))
    if consequence == "no_anchor_date":
        text = _("Not known: %(fact)s. Could not be scheduled: %(tests)s.", fact=unknown, tests=named(tests))
        return Attention(text, _settled_by(missing))
    texts = [explain_gap(DataGap(gap.gap, missing, consequence, gap.test_code), page.pack, translate=_) for gap in gaps]
    return Attention(" ".join(dict.fromkeys(texts)))


def _settled_by(missing: tuple[str, ...]) -> str:
    if missing == ("sex",):
        return str(_("The survivor or the referring clinic can settle it."))
    return str(_("The treating center can settle it."))


def exposure_rows(page: SurvivorPage) -> list[list[str]]:
    """What was given: name, dose or what is not known of it, last day."""
    return [
        [page.exposure_name(row.name), exposure_dose(row), us_date(last_day(row)) or _("not recorded")]
        for row in page.told_exposures()
    ]


def exposure_dose(row: Exposure) -> str:
    """A dose with its unit; what is not known is said aloud."""
    if row.certainty == Certainty.DATE_ONLY:
        return str(_("only the date is recorded"))
    if row.value is None:
        return given_words(row.unit)
    if row.value == 0:
        return str(_("not given"))
    return str(_("given")) if row.unit == "1" else dose(row.value, row.unit)


def sum_rows(page: SurvivorPage) -> list[list[str]]:
    """Cumulative doses that were worked out rather than recorded, each with its arithmetic."""
    doses = page.doses()
    recorded = {row.name for row in page.exposures if row.certainty != Certainty.DATE_ONLY}
    rows = []
    for derivation in page.pack.derivations:
        given = [(name, factor) for name, factor in derivation.inputs if name in doses.given]
        if derivation.rule != "sum" or derivation.name in recorded or not given:
            continue
        parts = [f"{page.exposure_name(name)} {_part(name, doses)}{_times(factor)}" for name, factor in given]
        unit = unit_words(page.pack.exposures[derivation.name].unit)
        total = f"{number(doses.certain[derivation.name])} {unit}"
        if derivation.name in doses.unknown:
            total = str(_("at least %(total)s", total=total))
        rows.append([page.exposure_name(derivation.name), total, " + ".join(parts)])
    return rows


def _part(name: str, doses: Doses) -> str:
    value, certain = doses.value(name), doses.certain[name]
    if value is not None:
        return number(value)
    return str(_("(at least %(dose)s)", dose=number(certain)) if certain else _("(dose not known)"))


def _times(factor: Decimal) -> str:
    return "" if factor == 1 else f" × {number(factor)}"


def diagnosis_rows(page: SurvivorPage) -> list[list[str]]:
    """Each diagnosis with its dates; a date that is missing is said to be."""
    missing = _("not recorded")
    return [
        [
            diagnosis_words(row),
            *(us_date(stored(row, name)) or missing for name in ("diagnosed_on", "resected_on", "end_of_therapy_on")),
        ]
        for row in page.diagnoses
    ]


def event_day(row: Event) -> str:
    """When an event happened, as far as that is known."""
    return us_date(known_to(row.happened_on, row.happened_precision))
