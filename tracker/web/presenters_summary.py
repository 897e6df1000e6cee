"""The treatment summary's page: whom it is about, what is not known, each part with its entries, doses and sums."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from tracker.engine.catalogue import Catalogue
from tracker.engine.explain import explain_gap
from tracker.engine.given_one_sex import concerns
from tracker.engine.given_words import exposure_in_words, input_in_words, question_in_words, term_in_words
from tracker.engine.schedule import age_on
from tracker.engine.types import DataGap
from tracker.models import Diagnosis, DiagnosisCourse, PlanGap
from tracker.policy import Action
from tracker.services.record_parts import COURSES, DIAGNOSES, EVENTS_PART, PREDISPOSITIONS
from tracker.services.sections.registry import SECTIONS
from tracker.services.sections.spec import Group, Section
from tracker.services.unknowns import UnknownDose, UnknownField, unknown_fields
from tracker.services.whole_summary import Total, WholeSummary
from tracker.web.formats import us_date, us_instant
from tracker.web.presenters_sections import GROUPS
from tracker.web.presenters_summary_words import (
    SEXES,
    YES_NO,
    YES_NO_UNIT,
    Fact,
    SummaryReader,
    as_said,
    capital,
    exposure_words,
    factors_words,
    how_words,
    in_a_row,
    last_day,
    total_amount,
    total_day,
    total_dose,
    who_words,
)
from tracker.web.presenters_survivor import named
from tracker.web.treatment_words import FIELDS

SPOKEN = {
    "diagnosed_on": "the date of diagnosis",
    "resected_on": "the date of resection",
    "resection": "the margin of the resection (R0, R1 or R2)",
    "end_of_therapy_on": "the end of therapy",
}


@dataclass(frozen=True)
class EntryView:
    """One entry: its line, what the line leaves out, and which of several tumors it is about."""

    id: UUID
    text: str
    facts: tuple[Fact, ...] = ()
    tumor: str = ""


@dataclass(frozen=True)
class PartView:
    """One part of the record on the summary. ``key`` leads to its page, where it has one of its own."""

    section: Section
    title: str
    entries: tuple[EntryView, ...]
    may_edit: bool


@dataclass(frozen=True)
class DiagnosisView:
    """One diagnosis with every detail; ``unknown``: the fields its schedule asks for that nobody recorded; ``texts``:
    what the pack has to say about such a tumor."""

    heading: str
    caption: str
    facts: tuple[Fact, ...]
    unknown: tuple[str, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnknownView:
    """Something not known: what, who could tell, what the plan does meanwhile, and where to enter it."""

    text: str
    who: str
    meanwhile: str
    key: str = ""
    entry_id: UUID | None = None


@dataclass(frozen=True)
class TotalView:
    """One cumulative exposure. ``terms``: each entry it is made of, with its own arithmetic. ``amount``: what is
    certain of the dose, as its arithmetic ends."""

    name: str
    label: str
    dose: str
    amount: str
    day: str
    how: str
    terms: tuple[Fact, ...]
    factors: str


@dataclass(frozen=True)
class DisagreementView:
    """A recorded total beside the sum of what was given."""

    name: str
    label: str
    recorded: str
    given: str


def head_facts(summary: WholeSummary) -> list[Fact]:
    """Who it is about, and who stands behind the summary."""
    about = summary.about
    full_name = " ".join(part for part in (about["given_name"], about["family_name"]) if part)
    facts = [
        (_("Name"), f"{full_name} ({about['preferred_name']})" if about["preferred_name"] else full_name),
        (_("Born"), _born(summary)),
        (_("Record number"), about["mrn"]),
        (_("Sex at birth"), str(SEXES[about["sex_at_birth"]])),
        (_("Interpreter"), _interpreter(summary)),
        (_("Confirmed"), confirmed_words(summary)),
    ]
    if about["ltfu_entry_on"]:
        facts.append((_("In long-term follow-up since"), us_date(about["ltfu_entry_on"])))
    return [(str(label), str(words)) for label, words in facts]


def _born(summary: WholeSummary) -> str:
    born, survivor = summary.about["birth_date"], summary.survivor
    age = age_on(born, survivor.deceased_on or summary.today)
    return str(_("%(day)s (%(age)s years)", day=us_date(born), age=age))


def _interpreter(summary: WholeSummary) -> str:
    needed, language = summary.about["interpreter_needed"], summary.about["interpreter_language"]
    if needed == "yes" and language:
        return str(_("Needed: %(language)s", language=language))
    return str({"yes": _("Needed"), "no": _("Not needed")}.get(needed, YES_NO["unknown"]))


def confirmed_words(summary: WholeSummary) -> str:
    """Who confirmed the summary and when, and whether it was changed since."""
    on, by = summary.about["summary_confirmed_on"], summary.about["summary_confirmed_by"]
    if not on:
        return str(_("Not yet confirmed by the treating center"))
    said = _("%(day)s by %(who)s", day=us_date(on), who=by or _("the treating center"))
    changed = changed_words(summary)
    return f"{said}. {changed}" if changed else str(said)


def changed_words(summary: WholeSummary) -> str:
    """How often the summary was changed since it was confirmed, and when last."""
    last = summary.last_change
    if last is None or not last.since_confirmed:
        return ""
    at = us_instant(last.at, summary.clinic.tz)
    times = ngettext("Changed %(num)d time since", "Changed %(num)d times since", last.since_confirmed)
    return str(_("%(times)s, last %(at)s by %(who)s", times=times, at=at, who=last.actor))


def diagnosis_views(summary: WholeSummary) -> list[DiagnosisView]:
    """Every diagnosis in its order, with all that is recorded of it."""
    reader = SummaryReader.of(summary)
    return [_diagnosis(row, summary, reader) for row in summary.diagnoses]


def _diagnosis(row: Diagnosis, summary: WholeSummary, reader: SummaryReader) -> DiagnosisView:
    facts = reader.facts(DIAGNOSES, row, leave_out=("name", "course"))
    course = str(_(COURSES[DiagnosisCourse(row.course)]))
    unknown = tuple(field_label(name) for name in unknown_fields(row, summary.pack))
    return DiagnosisView(row.name, course, facts, unknown, tuple(reference_texts(row, summary.catalogue)))


def reference_texts(row: Diagnosis, catalogue: Catalogue) -> Iterator[str]:
    """The pack's sentences about tumors like this one: of its diagnosis, and with everything the sentence is about."""
    for term in catalogue.terms["reference_text"].values():
        if term.group == row.name and all(_held(row, name) == value for name, value in term.follows):
            yield str(_(term.label))


def _held(row: Diagnosis, name: str) -> str | None:
    # The clinic's own subtype is one of the list named after the tumor it sorts.
    return row.clinic_subtype if name == "lms_subtype" else getattr(row, name, None)


def field_label(name: str) -> str:
    """A field of a diagnosis as it is spoken of."""
    if name in SPOKEN:
        return str(_(SPOKEN[name]))
    words = str(FIELDS.get(name, name.replace("_", " ")))
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def groups(summary: WholeSummary) -> list[tuple[str, str, list[PartView]]]:
    """Every group with its heading and the parts in it, empty ones too: nothing recorded is something to see."""
    reader = SummaryReader.of(summary)
    found = [(group.value, str(words), list(_parts(group, summary, reader))) for group, words in GROUPS.items()]
    return [each for each in found if each[2]]


def _parts(group: Group, summary: WholeSummary, reader: SummaryReader) -> Iterator[PartView]:
    if group == Group.RISK and summary.predispositions:
        yield part_view(PREDISPOSITIONS, summary, reader)
    for section in SECTIONS.values():
        if section.group == group:
            yield part_view(section, summary, reader)
    if group == Group.HEALTH and summary.events:
        yield part_view(EVENTS_PART, summary, reader)


def part_view(section: Section, summary: WholeSummary, reader: SummaryReader) -> PartView:
    """One part with its entries, in the order of their dates."""
    rows = summary.record.of(section.key)
    if section in (PREDISPOSITIONS, EVENTS_PART):
        entries = tuple(EntryView(row.id, own_line(section, row, reader)) for row in rows)
        return PartView(section, str(_(section.title)), entries, may_edit=Action.EDIT_TREATMENT in summary.allowed)
    in_order = sorted(
        (EntryView(row.id, reader.line(section, row), reader.more(section, row), reader.tumor(row)) for row in rows),
        key=lambda entry: [*reader.entries.diagnoses.values()].index(entry.tumor) if entry.tumor else -1,
    )
    return PartView(section, str(_(section.title)), tuple(in_order), may_edit=section.edit in summary.allowed)


def own_line(section: Section, row: object, reader: SummaryReader) -> str:
    """A syndrome or an event in one line."""
    facts = reader.facts(section, row)
    first, *rest = [words for _label, words in facts[:1]] + [f"{label} {words}" for label, words in facts[1:]]
    return ", ".join([first, *rest])


def unknown_views(summary: WholeSummary) -> list[UnknownView]:
    """Everything unknown on which something depends: of the diagnoses, of what was given, then of the plan alone."""
    found = summary.unknowns
    views = [_unknown_field(each, summary) for each in found.fields]
    views += [_unknown_dose(each, summary) for each in found.doses]
    plan = (_gap_words([gap], summary) for gap in found.gaps)
    return views + [UnknownView(text, "", "") for text in dict.fromkeys(plan)]


def _unknown_field(each: UnknownField, summary: WholeSummary) -> UnknownView:
    text = _("%(diagnosis)s: %(field)s is not known.", diagnosis=each.diagnosis.name, field=field_label(each.field))
    return UnknownView(str(text), who_words(each.who), _gap_words(each.gaps, summary))


def _unknown_dose(each: UnknownDose, summary: WholeSummary) -> UnknownView:
    sentence, _dot, who = question_in_words(each.question, translate=_).rpartition(". ")
    key = next((key for key, rows in summary.record.rows.items() if any(row.id == each.entry_id for row in rows)), "")
    return UnknownView(f"{sentence}.", who, _gap_words(each.gaps, summary), key, each.entry_id if key else None)


def _gap_words(gaps: Iterable[PlanGap], summary: WholeSummary) -> str:
    """What the plan does while something is unknown."""
    tests: dict[str, list[str]] = {}
    said: dict[str, None] = {}
    for gap in gaps:
        if gap.consequence in ("treated_as_met", "no_anchor_date") and gap.test_code:
            info = summary.pack.tests.get(gap.test_code)
            tests.setdefault(gap.consequence, []).append(info.name if info else gap.test_code)
        else:
            told = DataGap(gap.gap, tuple(gap.missing), gap.consequence, gap.test_code)
            said[explain_gap(told, summary.pack, translate=_)] = None
    for consequence, names in tests.items():
        words = named(list(dict.fromkeys(names)))
        planned = consequence == "treated_as_met"
        text = (
            _("Planned as a precaution: %(tests)s.", tests=words)
            if planned
            else _("Not scheduled: %(tests)s.", tests=words)
        )
        said[str(text)] = None
    return " ".join(said)


def total_views(summary: WholeSummary) -> list[TotalView]:
    """Every cumulative exposure with where it comes from; those with the same dose for the same reason are one."""
    reader = SummaryReader.of(summary)
    groups: dict[tuple[object, ...], list[TotalView]] = {}
    for each in summary.totals:
        view = _total(each, reader, summary.about["sex_at_birth"])
        groups.setdefault((view.dose, view.day, view.how, view.terms), []).append(view)
    return [replace(views[0], label=in_a_row([view.label for view in views])) for views in groups.values()]


def _total(total: Total, reader: SummaryReader, sex: str) -> TotalView:
    return TotalView(
        name=total.name,
        label=reader.exposure(total.name),
        dose=total_dose(total, reader),
        amount=total_amount(total, reader),
        day=total_day(total),
        how=how_words(total, reader),
        terms=tuple(dict.fromkeys(_terms(total, reader, sex)) if _is_yes_no(total) else _terms(total, reader, sex)),
        factors=factors_words(total),
    )


def _is_yes_no(total: Total) -> bool:
    return total.derived is not None and total.derived.unit == YES_NO_UNIT


def _terms(total: Total, reader: SummaryReader, sex: str) -> Iterator[Fact]:
    """What it is made of; the words are empty where they would only say the label again."""
    if total.derived is not None:
        for term in total.derived.terms:
            when = as_said(term.on) or str(_("date not recorded"))
            words = term_in_words(term, total.derived.unit, translate=_)
            yield f"{term.label}, {when}", "" if words == term.label else capital(words)
    if total.terms is not None:
        unit = reader.pack.exposures[total.name].unit
        for each in total.terms.inputs:
            if concerns(each.name, sex):
                yield reader.exposure(each.name), input_in_words(each, unit, translate=_)


def disagreement_views(summary: WholeSummary) -> list[DisagreementView]:
    """Recorded totals to which what was given does not add up."""
    reader = SummaryReader.of(summary)
    views = []
    for each in summary.disagreements:
        recorded = ", ".join(part for part in (exposure_words(each.recorded), us_date(last_day(each.recorded))) if part)
        given = ", ".join(
            part for part in (exposure_in_words(each.derived, translate=_), as_said(each.derived.last_on)) if part
        )
        views.append(DisagreementView(each.name, reader.exposure(each.name), recorded, given))
    return views
