"""The treatment summary's page: what each row offers, and what a save changed, in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from tracker.engine.explain import explain_gap
from tracker.engine.rules import Pack
from tracker.engine.status import Status, status_of
from tracker.engine.types import DataGap
from tracker.models import SYNDROME_FIELDS, TUMOR_FIELDS, DiagnosisCourse
from tracker.services import diagnosis_names
from tracker.services.treatment import RecordedSummary, Removal, Sheet, with_followed
from tracker.web.fields import PartsField, QuantityField
from tracker.web.formats import unit_words, us_date
from tracker.web.forms_treatment import SYNDROME_PREFIX, TUMOR_PREFIX, SummaryForm, tumor_key
from tracker.web.forms_treatment_rows import FAST, TUMOR, JoinedLookupField, is_filled, read_diagnosis, say_codes
from tracker.web.section_fields import GyField, LookupField
from tracker.web.treatment_lists import Option, lists_of
from tracker.web.treatment_words import (
    COURSES,
    ENTRY_LEGENDS,
    dose_unit,
    exposure_choices,
    stranger_words,
    syndrome_fields_of,
    tumor_fields_of,
    value_choices,
    value_words,
)

# What is asked of a tumor before it has a name.
USUAL_TUMOR_FIELDS = ("grade", "site", "resection")
# What is asked of some tumors only, and lies folded for the others.
FITTED = ("resected_on", "icdo3_topography", "clinic_subtype", "vessel_name")
DETAIL_FIELDS = (
    *("tissue", "laterality", "bone", "bone_segment", "extremity_part"),
    *("grade_system", "graded_on", "differentiation", "mitotic_count", "mitotic_field"),
    *("size_mm", "margin_mm", "stage_system", "symptom_onset_on", "lesion", "note"),
)


ANCHOR_ASKED = {
    "resected_on": _l("Enter the date on which the tumor was removed"),
    "end_of_therapy_on": _l("Enter the end of therapy"),
    "diagnosed_on": _l("Enter the date of diagnosis"),
}


@dataclass(frozen=True)
class Cell:
    """One box of a row, and how it is shown."""

    form: Any
    kind: str = "other"
    suffix: str = ""


@dataclass(frozen=True)
class RowView:
    """One row of the form: its heading, the fields its entry asks for, the others, and a remark.

    ``about``: where everything about an entry that stands is shown.
    """

    key: str
    form: Any
    legend: str
    asked: tuple[Any, ...] = ()
    others: tuple[Any, ...] = ()
    remark: str = ""
    unit: str = ""
    is_open: bool = False
    is_questioned: bool = False
    id: str = ""


@dataclass(frozen=True)
class SummaryPage:
    """All rows of the form, ready to be shown. ``lists``: what can be chosen by name, by the list's name."""

    diagnoses: list[RowView]
    entries: dict[str, list[RowView]]
    exposures: list[RowView]
    predispositions: list[RowView]
    lists: dict[str, list[Option]]
    opens: dict[str, bool]
    asks_reason: bool


def present_page(form: SummaryForm, sheet: Sheet) -> SummaryPage:
    """Give every row its choices, for the diagnosis or treatment it holds."""
    pack = sheet.pack
    choices = exposure_choices(pack, [row.form["name"].data for row in form.exposures.entries])
    tumors = tumor_choices(form)
    return SummaryPage(
        diagnoses=[_diagnosis_row(row, place, sheet) for place, row in enumerate(form.diagnoses.entries)],
        entries={key: _entry_rows(form[key], key, sheet, tumors) for key in FAST},
        exposures=[_exposure_row(row, place, pack, choices) for place, row in enumerate(form.exposures.entries)],
        predispositions=[_syndrome_row(row, place, pack) for place, row in enumerate(form.predispositions.entries)],
        lists=lists_of(sheet),
        opens=_opens(form),
        asks_reason=sheet.summary.confirmed_on is not None,
    )


def _opens(form: SummaryForm) -> dict[str, bool]:
    """Which folded parts say something already, or have a problem."""
    lists = {
        "exposures": [row.form["name"].data for row in form.exposures.entries],
        "metastases": form.metastases.entries,
        "predispositions": form.predispositions.entries,
    }
    found = {name: any(rows) or bool(form[name].errors) for name, rows in lists.items()}
    days = (*form.events.form, form.ltfu_entry_on)
    return found | {"events": any(day.data or day.errors for day in days)}


def tumor_choices(form: SummaryForm) -> list[tuple[str, str]]:
    """The tumors that a row can belong to, where there are several."""
    rows = form.diagnoses.entries
    return [(tumor_key(row), _tumor_words(row.form, place)) for place, row in enumerate(rows)] if len(rows) > 1 else []


def _tumor_words(form: Any, place: int) -> str:
    name = form["name"].typed or _("Diagnosis %(number)s", number=place + 1)
    course = COURSES.get(form.course.data, "") if form.course.data != DiagnosisCourse.PRIMARY else ""
    return ", ".join(str(each) for each in (name, course, us_date(form.diagnosed_on.data)) if each)


def _entry_rows(rows: Any, key: str, sheet: Sheet, tumors: list[tuple[str, str]]) -> list[RowView]:
    return [_entry_row(row, place, key, sheet, tumors) for place, row in enumerate(rows.entries)]


def _offer_tumors(form: Any, key: str, tumors: list[tuple[str, str]]) -> None:
    """A new row belongs to the last tumor; one that was filled while there was only one, to that one."""
    field = form[TUMOR]
    if not form["id"].data and not field.raw_data:
        was_typed_for_one = field.raw_data is not None and is_filled(form, key)
        field.data = tumors[0 if was_typed_for_one else -1][0]


def _entry_row(row: Any, place: int, key: str, sheet: Sheet, tumors: list[tuple[str, str]]) -> RowView:
    form, (asked, more) = row.form, FAST[key]
    say_codes(form, key, sheet.catalogue, [("", str(_("Not recorded"))), *tumors])
    if TUMOR in more:
        more = tuple(name for name in more if name != TUMOR)
        asked = (*asked, TUMOR) if tumors else asked
    if TUMOR in asked:
        _offer_tumors(form, key, tumors)
    number = str(ENTRY_LEGENDS[key] % {"number": place + 1})
    named = _named(form[asked[0]])
    return RowView(
        key=row.name,
        form=form,
        legend=f"{number}: {named}" if named else number,
        asked=tuple(cell_of(form[name]) for name in asked),
        others=tuple(cell_of(form[name]) for name in more),
        remark=_entry_remark(form, key),
        is_open=any(form[name].errors for name in more),
        is_questioned=getattr(form, "is_questioned", False) or bool(form["confirmed"].data),
        id=form["id"].data or "",
    )


def _named(field: Any) -> str:
    return str(field.typed) if hasattr(field, "typed") else ""


def _entry_remark(form: Any, key: str) -> str:
    """What an empty box means, and what becomes of cGy."""
    if key == "radiation" and form["dose_gy"].conversion:
        return str(form["dose_gy"].conversion)
    if key == "drugs" and form["agent"].typed and not form["dose"].data and not form["dose"].errors:
        return str(_("Given, dose unknown"))
    if key == "radiation" and form["fields"].data and form["dose_gy"].data is None and not form["dose_gy"].errors:
        return str(_("Given, dose unknown"))
    return ""


def cell_of(field: Any) -> Cell:
    """How a box is shown."""
    kinds: tuple[tuple[Any, str], ...] = (
        (GyField, "gray"),
        ((LookupField, JoinedLookupField), "lookup"),
        (QuantityField, "number"),
        (PartsField, "day"),
    )
    kind = next((kind for cls, kind in kinds if isinstance(field, cls)), "other")
    return Cell(field, kind, unit_words(field.unit) if kind == "number" else "")


def _diagnosis_row(row: Any, place: int, sheet: Sheet) -> RowView:
    form, pack = row.form, sheet.pack
    say_codes(form, "diagnoses", sheet.catalogue)
    typed, code = form["name"].typed, (form.icdo3_morphology.data or "").strip()
    begun = diagnosis_names.begun(pack, sheet.catalogue, typed)
    name, code = diagnosis_names.meant(pack, sheet.catalogue, begun, code)
    wanted = tumor_fields_of(pack, name) if name else USUAL_TUMOR_FIELDS
    asked, others = _offer(form, pack, "recurrence", name, TUMOR_FIELDS, TUMOR_PREFIX, wanted)
    first = fitted_fields(form, name, pack)
    read = read_diagnosis(form, sheet)
    followed = unchosen_words(with_followed(read, name, pack, sheet.catalogue), form)
    for field in (*asked, *others):
        field.choices[0] = ("", followed[field.short_name])
    number = _("Diagnosis %(number)s", number=place + 1)
    legend = f"{number}: {name}" if name else str(number)
    folded = [each for each in FITTED if each not in first]
    details = [cell_of(form[each]) for each in (*folded, *DETAIL_FIELDS, "course", "icdo3_morphology")]
    return RowView(
        row.name,
        form,
        legend,
        tuple(cell_of(each) for each in (*(form[name] for name in first), *asked)),
        (*(Cell(each) for each in others), *details),
        diagnosis_remark(pack, name, code),
        is_open=any(cell.form.errors for cell in details) or any(each.errors for each in others),
    )


def asked_fields(form: Any, name: str, pack: Pack) -> tuple[str, ...]:
    """The boxes of a tumor's row that are not folded, beside its name and the date of diagnosis."""
    wanted = tumor_fields_of(pack, name) if name else USUAL_TUMOR_FIELDS
    return (*fitted_fields(form, name, pack), *(TUMOR_PREFIX + each for each in wanted))


def fitted_fields(form: Any, name: str, pack: Pack) -> tuple[str, ...]:
    """Of the boxes asked of some tumors only, those that this one's schedules want, and those that say something."""
    asked = pack.strata.get(("recurrence", name), {})
    of_vessels = not name or "vessel" in asked
    wanted = {
        "resected_on": not name or any(each.anchor == "resection" for each in pack.schedules.get(name, ())),
        "icdo3_topography": True,
        "clinic_subtype": of_vessels,
        "vessel_name": of_vessels,
    }
    return tuple(each for each in FITTED if wanted[each] or form[each].data or form[each].errors or form[each].raw_data)


def unchosen_words(tumor: Mapping[str, str], form: Any) -> dict[str, str]:
    """What each choice of a tumor says while nothing is chosen: what follows from other words, if something does."""
    found = {}
    for field in TUMOR_FIELDS:
        value = "" if form[TUMOR_PREFIX + field].data else tumor.get(field, "")
        words = _("%(value)s (follows from what was entered)", value=value_words(field, value)) if value else ""
        found[TUMOR_PREFIX + field] = str(words or _("Not recorded"))
    return found


def diagnosis_remark(pack: Pack, name: str, code: str) -> str:
    """Said aloud where the guideline has nothing for a diagnosis."""
    if not name or name in pack.diagnoses:
        return ""
    meant = diagnosis_names.suggestion(pack, name, code)
    if meant is not None:
        return str(_("The code belongs to %(name)s. Write that name to use its schedule", name=meant))
    return str(_("Not in the guideline pack: no recurrence checks are planned for this diagnosis"))


def _syndrome_row(row: Any, place: int, pack: Pack) -> RowView:
    form, name = row.form, (row.form.syndrome.data or "").strip()
    wanted = syndrome_fields_of(pack, name)
    asked, others = _offer(form, pack, "predisposition", name, SYNDROME_FIELDS, SYNDROME_PREFIX, wanted)
    number = _("Syndrome %(number)s", number=place + 1)
    unknown = bool(name) and name not in pack.predispositions
    remark = str(_("Not in the guideline pack: no checks are planned for this syndrome")) if unknown else ""
    return RowView(row.name, form, f"{number}: {name}" if name else str(number), asked, others, remark)


def _offer(
    form: Any, pack: Pack, table: str, name: str, fields: tuple[str, ...], prefix: str, wanted: tuple[str, ...]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The fields this entry asks for (and those that say something already), and the rest."""
    for field in fields:
        entry = form[prefix + field]
        entry.choices = value_choices(pack, table, name, field, entry.data or "")
    shown = [field for field in fields if field in wanted or form[prefix + field].data or form[prefix + field].errors]
    asked = tuple(form[prefix + field] for field in shown)
    return asked, tuple(form[prefix + field] for field in fields if field not in shown)


def _exposure_row(row: Any, place: int, pack: Pack, choices: dict[str, Any]) -> RowView:
    form = row.form
    form["name"].choices = choices
    info = pack.exposures.get(form["name"].data or "")
    number = _("Treatment %(number)s", number=place + 1)
    if info is None:
        held = form["name"].data
        return RowView(row.name, form, f"{number}: {stranger_words(held)}" if held else str(number))
    return RowView(row.name, form, f"{number}: {info.label}", unit=dose_unit(info))


def present_recorded(recorded: RecordedSummary) -> str:
    """ "Treatment summary saved. 12 checks planned; 3 due now, 1 of them overdue", and what an operation told."""
    several = len(recorded.removals) > 1
    return ". ".join([_planned_words(recorded), *(removal_words(each, several=several) for each in recorded.removals)])


def _planned_words(recorded: RecordedSummary) -> str:
    statuses = [status_of(item, recorded.today) for item in recorded.items]
    overdue = statuses.count(Status.OVERDUE)
    due = overdue + statuses.count(Status.DUE)
    planned = ngettext("%(num)d check planned", "%(num)d checks planned", len(statuses))
    now = _("%(count)s due now", count=due) if due else _("none due now")
    late = _(", %(count)s of them overdue", count=overdue) if overdue else ""
    if not recorded.items:
        return str(_("Treatment summary saved. Nothing can be planned yet: the end of therapy is missing"))
    return str(_("Treatment summary saved. %(planned)s; %(now)s%(late)s", planned=planned, now=now, late=late))


def removal_words(removal: Removal, *, several: bool) -> str:
    """ "Tumor removed: Sep 2019, from the operation" """
    on = us_date(removal.on)
    if several:
        return str(_("%(tumor)s: tumor removed: %(on)s, from the operation", tumor=removal.name, on=on))
    return str(_("Tumor removed: %(on)s, from the operation", on=on))


def present_unscheduled(recorded: RecordedSummary) -> list[str]:
    """What could not be planned at all after this save, and the date that would settle it."""
    if not recorded.items or recorded.pack is None:
        return []
    dated: dict[tuple[str, ...], dict[str, None]] = {}
    texts = []
    for gap in recorded.gaps:
        if gap.consequence == "no_anchor_date" and gap.test_code:
            test = recorded.pack.tests.get(gap.test_code)
            dated.setdefault(tuple(gap.missing), {})[test.name if test else gap.test_code] = None
        elif gap.consequence == "not_scheduled":
            each = DataGap(gap.gap, tuple(gap.missing), gap.consequence, gap.test_code)
            texts.append(explain_gap(each, recorded.pack, translate=_))
    return [_unscheduled(missing, ", ".join(tests)) for missing, tests in dated.items()] + list(dict.fromkeys(texts))


def _unscheduled(missing: tuple[str, ...], tests: str) -> str:
    ask = " ".join(str(ANCHOR_ASKED[name]) for name in missing if name in ANCHOR_ASKED)
    return f"{_('Could not be scheduled: %(tests)s.', tests=tests)} {ask}".strip()


def back_on_treatment_words(tumor: str, link: str) -> Markup:
    """That a survivor may be on treatment again, with the page on which that is decided."""
    said = _(
        "%(tumor)s came back and no end of therapy is entered: the survivor may be on treatment again.", tumor=tumor
    )
    return Markup('{} <a class="nhsuk-link" href="{}">{}</a>').format(said, link, _("Decide about the follow-up"))


def present_warnings(recorded: RecordedSummary) -> list[str]:
    """What the plan lacks after this save: diagnoses the guideline does not know, and unknowns."""
    found = [
        str(_("%(name)s is not in the guideline pack: no recurrence checks are planned for it", name=name))
        for name in recorded.not_in_pack
    ]
    cautious = sum(1 for gap in recorded.gaps if gap.consequence == "treated_as_met")
    if cautious:
        words = ngettext(
            "%(num)d rule is applied as a precaution, because something is unknown",
            "%(num)d rules are applied as a precaution, because something is unknown",
            cautious,
        )
        found.append(str(words))
    return found
