"""The treatment summary as a form: rows that repeat, kept as typed until everything in them is right."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, Form, FormField, StringField
from wtforms.validators import Length, Optional

from tracker.engine.catalogue import Regimen, RegimenPart, lookup, resolve, title_of
from tracker.engine.partial_dates import Day, as_partial
from tracker.models import EventName
from tracker.services import diagnosis_names
from tracker.services.treatment import Problem, Sheet, SummaryInput
from tracker.web.fields import DatePartsField, PartialDatePartsField
from tracker.web.forms_treatment_rows import (
    FAST,
    FAST_SECTIONS,
    SYNDROME_PREFIX,
    TUMOR_PREFIX,
    DiagnosisForm,
    ExposureForm,
    PredispositionForm,
    as_uuid,
    assumed_answers,
    diagnosis_values,
    entry_values,
    exposure_values,
    is_filled,
    plain,
    predisposition_values,
    read_diagnosis,
    read_entry,
    read_exposure,
    read_predisposition,
    row_form,
)
from tracker.web.section_fields import LookupField
from tracker.web.treatment_words import EVENTS
from tracker.web.versions import VersionedForm

__all__ = ["SYNDROME_PREFIX", "TUMOR_PREFIX", "SummaryForm", "plain", "without_row"]

# The rows that a page begins with, where nothing stands in a list; what is rarer is added with a press.
BLANK = {"diagnoses": 1, "surgeries": 1, "drugs": 1, "radiation": 1, "exposures": 1}
LISTS = ("diagnoses", *FAST, "exposures", "predispositions")
FIRST_FIELD = {
    "diagnoses": "name",
    "surgeries": "operation",
    "drugs": "agent",
    "radiation": "fields",
    "transplants": "kind",
    "metastases": "organ",
    "exposures": "name",
    "predispositions": "syndrome",
}
LIKELY = 4
SEVERAL_TUMORS = 2


class EventsForm(Form):
    pass


for _event, _words in EVENTS.items():
    setattr(EventsForm, _event.value, PartialDatePartsField(_words, [Optional()], noun="the date"))


class SummaryForm(VersionedForm):
    diagnoses = FieldList(FormField(DiagnosisForm), max_entries=30)
    surgeries = FieldList(FormField(row_form("surgeries")), max_entries=40)
    regimen = LookupField(_("Protocol"), lookup="regimens")
    drugs = FieldList(FormField(row_form("drugs")), max_entries=150)
    radiation = FieldList(FormField(row_form("radiation")), max_entries=40)
    transplants = FieldList(FormField(row_form("transplants")), max_entries=15)
    metastases = FieldList(FormField(row_form("metastases")), max_entries=40)
    regimen_ended_on = PartialDatePartsField(_("Last day"), [Optional()], noun="the last day")
    exposures = FieldList(FormField(ExposureForm), max_entries=150)
    predispositions = FieldList(FormField(PredispositionForm), max_entries=15)
    events = FormField(EventsForm)
    ltfu_entry_on = DatePartsField(
        _("Entered long-term follow-up"), [Optional()], noun="the entry to long-term follow-up"
    )
    confirm_today = BooleanField(_("I confirm this summary today"))
    confirmed_on = DatePartsField(_("Confirmed on"), [Optional()], noun="the date of the confirmation")
    confirmed_by = StringField(_("Confirmed by"), [Optional(), Length(max=120)])
    reason = StringField(_("Why is it changed?"), [Length(max=400)])

    @classmethod
    def of(cls, sheet: Sheet) -> "SummaryForm":
        """The form as the summary stands, with an empty row to go on in where a list has none."""
        form = cls(data=_form_values(sheet))
        for name, count in BLANK.items():
            rows: Any = form[name]
            for _each in range(0 if rows.entries else count):
                form.append(name)
        return form

    def append(self, to: str, values: dict[str, Any] | None = None) -> Any:
        """One more row at the end of a list, as long as it takes more."""
        rows: Any = self[to]
        if len(rows.entries) >= rows.max_entries:
            return None
        return rows.append_entry(assumed_answers(to) | (values or {}))

    def add_row(self, to: str) -> None:
        """One more empty row, in which the page then begins."""
        if to in LISTS:
            self.focus(self.append(to), to)

    def add_regimen(self, sheet: Sheet) -> None:
        """The medicines of the protocol typed in its box, with planned dose and courses, to be corrected."""
        regimens = sheet.catalogue.regimens
        code = resolve(regimens, self.regimen.typed)
        if code is None:
            self.regimen.errors = [_not_one(self.regimen.typed, lookup(regimens, self.regimen.typed, LIKELY))]
            return
        if not self.regimen_ended_on.validate(self):
            return
        rows: Any = self.drugs
        rows.entries = [row for row in rows.entries if is_filled(row.form, "drugs")]
        if not rows.entries:
            rows.last_index = -1
        last = self.regimen_ended_on.data
        added = [self.append("drugs", _planned(part, regimens[code], last)) for part in regimens[code].parts]
        self.regimen.data = ""
        self.regimen.raw_data = None
        self.regimen_ended_on.process(None, None)
        self.focus(next(iter(added), None), "drugs", "dose")

    def focus(self, row: Any, to: str, name: str = "") -> None:
        """Let the page begin in this box: whoever works with the keyboard goes on where the row came in."""
        if row is not None:
            box = row.form[name or FIRST_FIELD[to]]
            box.render_kw = {**(box.render_kw or {}), "autofocus": True}

    def read(self, sheet: Sheet, confirmer: str = "") -> "Reading":
        """What was typed, empty rows left out, with the way back from each row to its fields."""
        return Reading.of(self, sheet, confirmer)


def tumors_of(rows: list[Any]) -> dict[str, UUID | int]:
    """What a row can be said to belong to, where there are several tumors: those that stand by their id, new ones by
    their place."""
    if len(rows) < SEVERAL_TUMORS:
        return {}
    return {tumor_key(row): as_uuid(row.form.id.data) or place for place, row in enumerate(rows)}


def tumor_key(row: Any) -> str:
    """How a tumor's row is called in the rows that belong to it."""
    return str(row.form.id.data or row.name)


def without_row(typed: MultiDict[str, str], row: str) -> MultiDict[str, str]:
    """What was typed, without the fields of one row ("exposures-2")."""
    return MultiDict([(key, value) for key, value in typed.items(multi=True) if not key.startswith(f"{row}-")])


def _not_one(typed: str, likely: Iterable[Any]) -> str:
    named = [title_of(each) for each in likely]
    if not typed:
        return str(gettext("Enter the name of a protocol, or how it begins"))
    if not named:
        return str(gettext("“%(typed)s” is no protocol of the list. Add its medicines one by one", typed=typed))
    names = str(gettext(" or ")).join(named)
    return str(gettext("“%(typed)s” can be several. Did you mean %(names)s?", typed=typed, names=names))


def _planned(part: RegimenPart, regimen: Regimen, last: Day | None) -> dict[str, Any]:
    values = {
        "agent": part.agent,
        "dose": part.dose,
        "unit": part.unit,
        "courses": part.courses,
        "route": part.route,
        "single_dose": part.single_dose,
        "weeks": part.weeks,
        "myeloablative": "yes" if part.myeloablative else "no",
        "ended_on": as_partial(last),
        "regimen": regimen.code,
    }
    return entry_values("drugs", values)


@dataclass
class Reading:
    """A summary read from a form. ``rows``: for each list, the form rows in the order of the summary's.

    ``remarks``: by row, how words and doses were understood where they were not typed that way.
    """

    summary: SummaryInput
    sheet: Sheet
    rows: dict[str, list[Any]] = field(default_factory=dict)
    remarks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, form: SummaryForm, sheet: Sheet, confirmer: str = "") -> "Reading":
        lists: dict[str, Any] = {name: form[name] for name in LISTS}
        rows = {name: [row for row in each.entries if is_filled(row.form, name)] for name, each in lists.items()}
        tumors = tumors_of(rows["diagnoses"])
        read = {key: [read_entry(row.form, key, sheet.catalogue, tumors) for row in rows[key]] for key in FAST}
        confirms = bool(form.confirm_today.data and confirmer)
        summary = SummaryInput(
            diagnoses=tuple(read_diagnosis(row.form, sheet) for row in rows["diagnoses"]),
            exposures=tuple(read_exposure(row.form, sheet) for row in rows["exposures"]),
            events={event: day for event in EventName if (day := form.events.form[event.value].data) is not None},
            predispositions=tuple(read_predisposition(row.form, sheet) for row in rows["predispositions"]),
            ltfu_entry_on=form.ltfu_entry_on.data,
            confirmed_on=sheet.today if confirms else form.confirmed_on.data,
            confirmed_by=confirmer if confirms else " ".join((form.confirmed_by.data or "").split()),
            entries={key: tuple(each.entered for each in entries) for key, entries in read.items()},
        )
        remarks = {row.name: each.remarks for key in FAST for row, each in zip(rows[key], read[key], strict=True)}
        return cls(summary, sheet, rows, remarks, list(_undecided(summary, sheet)))

    def attach(self, form: SummaryForm, problems: Iterable[Problem]) -> None:
        """Put each problem at the field where it was typed, or on top of the form."""
        for problem in problems:
            name, _sep, rest = problem.field.partition("-")
            place, _sep, key = rest.partition("-")
            if name in FAST and place.isdecimal():
                row = self.rows[name][int(place)].form
                own = Problem(key, problem.message, problem.question)
                row.attach([own], FAST_SECTIONS[name], self.sheet.catalogue)
                row.is_questioned = getattr(row, "is_questioned", False) or problem.question
            else:
                self._attach(form, problem)

    def _attach(self, form: SummaryForm, problem: Problem) -> None:
        target = self._field(form, problem.field)
        if target is None:
            form.form_errors.append(problem.message)
            return
        target.errors = [*target.errors, problem.message]
        if problem.question:
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


def _undecided(summary: SummaryInput, sheet: Sheet) -> Iterator[Problem]:
    """Diagnoses of which the beginning of several names was typed."""
    for place, each in enumerate(summary.diagnoses):
        found = diagnosis_names.undecided(sheet.pack, sheet.catalogue, each.name)
        if found:
            names = str(gettext(" or ")).join(found[:LIKELY])
            words = gettext("“%(typed)s” can be several. Did you mean %(names)s?", typed=each.name, names=names)
            yield Problem(f"diagnoses-{place}-name", str(words))


def _form_values(sheet: Sheet) -> dict[str, Any]:
    summary = sheet.summary
    entries = {
        key: [assumed_answers(key) | entry_values(key, each.values, each.id) for each in summary.entries.get(key, ())]
        for key in FAST
    }
    return {
        "version": str(sheet.survivor.version),
        "diagnoses": [diagnosis_values(each) for each in summary.diagnoses],
        "exposures": [exposure_values(each, sheet) for each in summary.exposures],
        "predispositions": [predisposition_values(each) for each in summary.predispositions],
        "events": dict(summary.events),
        "ltfu_entry_on": summary.ltfu_entry_on,
        "confirmed_on": summary.confirmed_on,
        "confirmed_by": summary.confirmed_by,
    } | entries
