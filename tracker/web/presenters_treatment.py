"""The treatment summary's page: what each row offers, and what a save changed, in a sentence."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from tracker.engine.rules import Pack
from tracker.engine.status import Status, status_of
from tracker.models import SYNDROME_FIELDS, TUMOR_FIELDS
from tracker.services import diagnosis_names
from tracker.services.treatment import RecordedSummary, Sheet
from tracker.web.forms_treatment import SYNDROME_PREFIX, TUMOR_PREFIX, SummaryForm
from tracker.web.treatment_words import (
    dose_unit,
    exposure_choices,
    stranger_words,
    syndrome_fields_of,
    tumor_fields_of,
    value_choices,
)


@dataclass(frozen=True)
class RowView:
    """One row of the form: its heading, the fields its entry asks for, the others, and a remark."""

    key: str
    form: Any
    legend: str
    asked: tuple[Any, ...] = ()
    others: tuple[Any, ...] = ()
    remark: str = ""
    unit: str = ""


@dataclass(frozen=True)
class SummaryPage:
    """All rows of the form, ready to be shown."""

    diagnoses: list[RowView]
    exposures: list[RowView]
    predispositions: list[RowView]
    names: list[str]
    syndromes: list[str]


def present_page(form: SummaryForm, sheet: Sheet) -> SummaryPage:
    """Give every row its choices, for the diagnosis or treatment it holds."""
    pack = sheet.pack
    choices = exposure_choices(pack, [row.form["name"].data for row in form.exposures.entries])
    others = {name for info in pack.diagnoses.values() for name in (info.name, *info.synonyms)}
    return SummaryPage(
        diagnoses=[_diagnosis_row(row, place, pack) for place, row in enumerate(form.diagnoses.entries)],
        exposures=[_exposure_row(row, place, pack, choices) for place, row in enumerate(form.exposures.entries)],
        predispositions=[_syndrome_row(row, place, pack) for place, row in enumerate(form.predispositions.entries)],
        names=sorted(others, key=str.casefold),
        syndromes=sorted(pack.predispositions, key=str.casefold),
    )


def _diagnosis_row(row: Any, place: int, pack: Pack) -> RowView:
    form, typed = row.form, (row.form["name"].data or "").strip()
    code = (form.icdo3_morphology.data or "").strip()
    name = diagnosis_names.normalised(pack, typed, code)
    asked, others = _offer(form, pack, "recurrence", name, TUMOR_FIELDS, TUMOR_PREFIX, tumor_fields_of(pack, name))
    number = _("Diagnosis %(number)s", number=place + 1)
    legend = f"{number}: {name}" if name else str(number)
    return RowView(row.name, form, legend, asked, others, diagnosis_remark(pack, name, code))


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
    """ "Treatment summary saved. 12 checks planned; 3 due now, 1 of them overdue." """
    statuses = [status_of(item, recorded.today) for item in recorded.items]
    overdue = statuses.count(Status.OVERDUE)
    due = overdue + statuses.count(Status.DUE)
    planned = ngettext("%(num)d check planned", "%(num)d checks planned", len(statuses))
    now = _("%(count)s due now", count=due) if due else _("none due now")
    late = _(", %(count)s of them overdue", count=overdue) if overdue else ""
    if not recorded.items:
        return str(_("Treatment summary saved. Nothing can be planned yet: the end of therapy is missing"))
    return str(_("Treatment summary saved. %(planned)s; %(now)s%(late)s", planned=planned, now=now, late=late))


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
