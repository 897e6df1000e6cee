"""The treatment summary as a form: rows that repeat, kept as typed until everything in them is right."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, Form, FormField, SelectField, StringField
from wtforms.validators import Length, Optional

from tracker.models import SYNDROME_FIELDS, TUMOR_FIELDS, Certainty, EventName
from tracker.services.treatment import (
    DiagnosisInput,
    ExposureInput,
    PredispositionInput,
    Problem,
    Sheet,
    SummaryInput,
)
from tracker.services.treatment_rows import YES_NO_UNIT
from tracker.web.fields import DatePartsField, QuantityField
from tracker.web.treatment_words import EVENTS, FIELDS
from tracker.web.versions import VersionedForm

NOT_GIVEN = "not_given"
CERTAINTIES = [
    (Certainty.KNOWN.value, _("Given")),
    (Certainty.DOSE_UNKNOWN.value, _("Given, dose unknown")),
    (NOT_GIVEN, _("Not given")),
    (Certainty.DATE_ONLY.value, _("Only the date is known")),
]
BLANK_EXPOSURES = 2
LISTS = ("diagnoses", "exposures", "predispositions")
TUMOR_PREFIX, SYNDROME_PREFIX = "tumor_", "syndrome_"


def _value_field(name: str) -> SelectField:
    # What may be chosen depends on the diagnosis of the row, so the choices are set when the page is made.
    return SelectField(FIELDS[name], choices=[], validate_choice=False, default="")


class DiagnosisForm(Form):
    name = StringField(_("Diagnosis"), [Length(max=200)], render_kw={"list": "diagnosis-names", "autocomplete": "off"})
    icdo3_morphology = StringField(_("ICD-O-3 code"), [Optional(), Length(max=10)])
    diagnosed_on = DatePartsField(_("Diagnosed"), [Optional()], noun="the date of diagnosis")
    resected_on = DatePartsField(_("Tumor removed"), [Optional()], noun="the date of the operation")
    end_of_therapy_on = DatePartsField(_("End of therapy"), [Optional()], noun="the end of therapy")


class ExposureForm(Form):
    name = SelectField(_("Treatment"), choices=[], validate_choice=False, default="")
    certainty = SelectField(_("Known?"), choices=CERTAINTIES, default=Certainty.KNOWN.value)
    value = QuantityField(_("Total dose"))
    last_on = DatePartsField(_("Last day"), [Optional()], noun="the last day")
    confirmed = BooleanField(_("Yes, this dose is right"))


class PredispositionForm(Form):
    syndrome = StringField(_("Syndrome"), [Length(max=200)], render_kw={"list": "syndromes", "autocomplete": "off"})


class EventsForm(Form):
    pass


for _name in TUMOR_FIELDS:
    setattr(DiagnosisForm, TUMOR_PREFIX + _name, _value_field(_name))
for _name in SYNDROME_FIELDS:
    setattr(PredispositionForm, SYNDROME_PREFIX + _name, _value_field(_name))
for _event, _words in EVENTS.items():
    setattr(EventsForm, _event.value, DatePartsField(_words, [Optional()], noun="the date"))


class SummaryForm(VersionedForm):
    diagnoses = FieldList(FormField(DiagnosisForm), max_entries=30)
    exposures = FieldList(FormField(ExposureForm), max_entries=150)
    predispositions = FieldList(FormField(PredispositionForm), max_entries=15)
    events = FormField(EventsForm)
    ltfu_entry_on = DatePartsField(
        _("Entered long-term follow-up"), [Optional()], noun="the entry to long-term follow-up"
    )
    confirmed_on = DatePartsField(_("Confirmed on"), [Optional()], noun="the date of the confirmation")
    confirmed_by = StringField(_("Confirmed by"), [Optional(), Length(max=120)])

    @classmethod
    def of(cls, sheet: Sheet) -> "SummaryForm":
        """The form as the summary stands, with a few empty rows to go on in."""
        form = cls(data=_form_values(sheet))
        if not form.diagnoses.entries:
            form.diagnoses.append_entry()
        for _each in range(BLANK_EXPOSURES):
            form.exposures.append_entry()
        return form

    def add_row(self, to: str) -> None:
        """One more empty row at the end of a list."""
        rows: Any = self[to] if to in LISTS else None
        if rows is not None and len(rows.entries) < rows.max_entries:
            rows.append_entry()

    def read(self, sheet: Sheet) -> "Reading":
        """What was typed, empty rows left out, with the way back from each row to its fields."""
        return Reading.of(self, sheet)


def without_row(typed: MultiDict[str, str], row: str) -> MultiDict[str, str]:
    """What was typed, without the fields of one row ("exposures-2")."""
    return MultiDict([(key, value) for key, value in typed.items(multi=True) if not key.startswith(f"{row}-")])


@dataclass
class Reading:
    """A summary read from a form. ``rows``: for each list, the form rows in the order of the summary's."""

    summary: SummaryInput
    rows: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, form: SummaryForm, sheet: Sheet) -> "Reading":
        lists: dict[str, Any] = {name: form[name] for name in LISTS}
        rows = {name: [row for row in each.entries if _is_filled(row.form)] for name, each in lists.items()}
        summary = SummaryInput(
            diagnoses=tuple(_diagnosis(row.form) for row in rows["diagnoses"]),
            exposures=tuple(_exposure(row.form, sheet) for row in rows["exposures"]),
            events={event: day for event in EventName if (day := form.events.form[event.value].data) is not None},
            predispositions=tuple(_predisposition(row.form) for row in rows["predispositions"]),
            ltfu_entry_on=form.ltfu_entry_on.data,
            confirmed_on=form.confirmed_on.data,
            confirmed_by=" ".join((form.confirmed_by.data or "").split()),
        )
        return cls(summary, rows)

    def attach(self, form: SummaryForm, problems: Iterable[Problem]) -> None:
        """Put each problem at the field where it was typed, or on top of the form."""
        for problem in problems:
            target = self._field(form, problem.field)
            if target is None:
                form.form_errors.append(problem.message)
            else:
                target.errors = [*target.errors, problem.message]
            if problem.question and target is not None:
                target.is_questioned = True

    def _field(self, form: SummaryForm, path: str) -> Any:
        name, _sep, rest = path.partition("-")
        if name == "events":
            return form.events.form[rest]
        if name not in self.rows:
            return next((entry for entry in form if entry.name == path), None)
        place, _sep, key = rest.partition("-")
        inner = self.rows[name][int(place)].form
        return next((inner[each] for each in (key, TUMOR_PREFIX + key, SYNDROME_PREFIX + key) if each in inner), None)


def _is_filled(form: Any) -> bool:
    """Was anything entered in this row? How much is known of no treatment is nothing."""
    return any(entry.data or _typed(entry) for entry in form if _counts(entry))


def _typed(entry: Any) -> bool:
    return any(isinstance(text, str) and text.strip() for text in entry.raw_data or ())


def _counts(entry: Any) -> bool:
    if entry.short_name in ("certainty", "confirmed"):
        return False
    return not isinstance(entry, SelectField) or bool(entry.data)


def _diagnosis(form: Any) -> DiagnosisInput:
    return DiagnosisInput(
        name=" ".join((form["name"].data or "").split()),
        icdo3_morphology=(form.icdo3_morphology.data or "").strip(),
        diagnosed_on=form.diagnosed_on.data,
        resected_on=form.resected_on.data,
        end_of_therapy_on=form.end_of_therapy_on.data,
        tumor=_chosen(form, TUMOR_FIELDS, TUMOR_PREFIX),
    )


def _exposure(form: Any, sheet: Sheet) -> ExposureInput:
    name, certainty, value = form["name"].data or "", form.certainty.data, form.value.data
    info = sheet.pack.exposures.get(name)
    if certainty == NOT_GIVEN:
        certainty, value = Certainty.KNOWN, Decimal(0)
    elif certainty == Certainty.KNOWN and info is not None and info.unit == YES_NO_UNIT and value is None:
        value = Decimal(1)
    return ExposureInput(
        name=name,
        certainty=certainty,
        value=value if certainty == Certainty.KNOWN else None,
        last_on=form.last_on.data,
        # A dose that stands as it was is not asked about again.
        confirmed=bool(form.confirmed.data) or _stands(sheet, name, value),
    )


def _stands(sheet: Sheet, name: str, value: Decimal | None) -> bool:
    return any(each.name == name and each.value == value for each in sheet.summary.exposures)


def _predisposition(form: Any) -> PredispositionInput:
    return PredispositionInput(
        syndrome=" ".join((form.syndrome.data or "").split()), fields=_chosen(form, SYNDROME_FIELDS, SYNDROME_PREFIX)
    )


def _chosen(form: Any, names: tuple[str, ...], prefix: str) -> dict[str, str]:
    return {name: form[prefix + name].data for name in names if form[prefix + name].data}


def _form_values(sheet: Sheet) -> dict[str, Any]:
    summary = sheet.summary
    return {
        "version": str(sheet.survivor.version),
        "diagnoses": [_diagnosis_values(each) for each in summary.diagnoses],
        "exposures": [_exposure_values(each, sheet) for each in summary.exposures],
        "predispositions": [
            {"syndrome": each.syndrome} | {SYNDROME_PREFIX + name: value for name, value in each.fields.items()}
            for each in summary.predispositions
        ],
        "events": dict(summary.events),
        "ltfu_entry_on": summary.ltfu_entry_on,
        "confirmed_on": summary.confirmed_on,
        "confirmed_by": summary.confirmed_by,
    }


def _diagnosis_values(each: DiagnosisInput) -> dict[str, Any]:
    dates = {
        "diagnosed_on": each.diagnosed_on,
        "resected_on": each.resected_on,
        "end_of_therapy_on": each.end_of_therapy_on,
    }
    tumor = {TUMOR_PREFIX + name: value for name, value in each.tumor.items()}
    return {"name": each.name, "icdo3_morphology": each.icdo3_morphology} | dates | tumor


def _exposure_values(each: ExposureInput, sheet: Sheet) -> dict[str, Any]:
    info = sheet.pack.exposures.get(each.name)
    yes_no = info is None or info.unit == YES_NO_UNIT
    not_given = each.certainty == Certainty.KNOWN and each.value == 0
    shown = None if not_given or (yes_no and each.value == 1) else each.value
    return {
        "name": each.name,
        "certainty": NOT_GIVEN if not_given else str(each.certainty),
        "value": None if shown is None else plain(shown),
        "last_on": each.last_on,
    }


def plain(value: Decimal) -> Decimal:
    """Without the zeros that the database keeps behind the point: 300, not 300.0000."""
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()
