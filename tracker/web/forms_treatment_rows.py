"""The rows of the treatment editor: a tumor, a recorded total, a syndrome, and the entries of the fast sections."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, Form, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from tracker.engine.catalogue import Catalogue
from tracker.engine.partial_dates import as_day, as_partial
from tracker.models import SYNDROME_FIELDS, TUMOR_FIELDS, Certainty, DiagnosisCourse
from tracker.services import diagnosis_names
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.coding import code_of
from tracker.services.sections.registry import SECTIONS
from tracker.services.sections.spec import Field, Kind, Section
from tracker.services.treatment import (
    DiagnosisInput,
    EntryInput,
    ExposureInput,
    PredispositionInput,
    Sheet,
    TumorDetails,
)
from tracker.services.treatment_rows import YES_NO_UNIT
from tracker.web.fields import PartialDatePartsField, QuantityField
from tracker.web.forms_sections import EntryForm, form_for
from tracker.web.section_fields import CountField, LookupBoxesField, LookupField
from tracker.web.treatment_words import COURSES, FIELDS

NOT_GIVEN = "not_given"
CERTAINTIES = [
    (Certainty.KNOWN.value, _("Given")),
    (Certainty.DOSE_UNKNOWN.value, _("Given, dose unknown")),
    (NOT_GIVEN, _("Not given")),
    (Certainty.DATE_ONLY.value, _("Only the date is known")),
]
TUMOR_PREFIX, SYNDROME_PREFIX = "tumor_", "syndrome_"
SEVERAL = ";"
# Which tumor a row belongs to: asked where there are several.
TUMOR = "diagnosis_id"
Tumors = Mapping[str, UUID | int]
# Of each section the fields that most charts fill, and those behind "More"; the rest is on the section's own pages.
FAST: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "surgeries": (("operation", "done_on"), (TUMOR, "laterality", "site", "note")),
    "drugs": (
        ("agent", "dose", "unit", "courses", "ended_on"),
        (TUMOR, "started_on", "route", "timing", "regimen", "single_dose", "weeks", "myeloablative", "note"),
    ),
    "radiation": (
        ("fields", "dose_gy", "fractions", "ended_on"),
        (TUMOR, "started_on", "laterality", "purpose", "note"),
    ),
    "transplants": (("kind", "done_on"), (TUMOR, "donor", "sos", "note")),
    "metastases": (("organ", "found_on"), ("treated", "note")),
}
# The lists of the catalogue from which a tumor's details are chosen; other words are kept as typed.
DETAIL_LISTS = {
    "icdo3_topography": "topography",
    "clinic_subtype": "lms_subtype",
    "tissue": "tissue",
    "laterality": "laterality",
    "bone": "bone",
    "bone_segment": "bone_segment",
    "extremity_part": "extremity_part",
    "vessel_name": "vessel",
    "grade_system": "grade_system",
    "differentiation": "differentiation",
    "stage_system": "stage_system",
}
# A topography is a code: the beginning of a name is enough, and other words are refused.
CLOSED = frozenset({"icdo3_topography"})


class JoinedLookupField(LookupBoxesField):
    """Several words of a list in one box, a semicolon between them."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata([part for typed in valuelist for part in str(typed).split(SEVERAL)])

    @property
    def typed(self) -> str:
        return f"{SEVERAL} ".join(self.data)


def _fast(key: str) -> Section:
    section, (asked, more) = SECTIONS[key], FAST[key]
    return replace(section, fields=tuple(section.field(name) for name in (*asked, *more)))


FAST_SECTIONS: dict[str, Section] = {key: _fast(key) for key in FAST}


def row_form(key: str) -> type[EntryForm]:
    """The form of one row of a fast section."""
    own: dict[str, Any] = {"id": HiddenField()}
    if key == "radiation":
        own["fields"] = JoinedLookupField(_("Fields"), lookup="fields")
    return type("RowForm", (form_for(FAST_SECTIONS[key]),), own)


def _value_field(name: str) -> SelectField:
    # What may be chosen depends on the diagnosis of the row, so the choices are set when the page is made.
    return SelectField(FIELDS[name], choices=[], validate_choice=False, default="")


def _day(label: Any, noun: str) -> PartialDatePartsField:
    return PartialDatePartsField(label, [Optional()], noun=noun)


class DiagnosisForm(Form):
    id = HiddenField()
    name = LookupField(_("Diagnosis"), [Length(max=200)], lookup="diagnoses")
    icdo3_morphology = StringField(_("ICD-O-3 morphology"), [Optional(), Length(max=10)])
    diagnosed_on = _day(_("Diagnosed"), "the date of diagnosis")
    resected_on = _day(_("Tumor removed"), "the date of the operation")
    end_of_therapy_on = _day(_("End of therapy"), "the end of therapy")
    course = SelectField(_("What it is"), choices=list(COURSES.items()), default=DiagnosisCourse.PRIMARY.value)
    icdo3_topography = LookupField(_("Where (ICD-O-3)"), lookup="topography")
    clinic_subtype = LookupField(_("Clinic’s subtype"), lookup="lms_subtype")
    vessel_name = LookupField(_("Which vessel"), lookup="vessel")
    tissue = LookupField(_("Tissue of origin"), lookup="tissue")
    laterality = LookupField(_("Side"), lookup="laterality")
    bone = LookupField(_("Bone"), lookup="bone")
    bone_segment = LookupField(_("Part of the bone"), lookup="bone_segment")
    extremity_part = LookupField(_("Part of the limb"), lookup="extremity_part")
    grade_system = LookupField(_("Grading system"), lookup="grade_system")
    graded_on = _day(_("Graded"), "the date of the grading")
    differentiation = LookupField(_("Differentiation"), lookup="differentiation")
    mitotic_count = CountField(_("Mitoses"))
    mitotic_field = StringField(_("Counted in"), render_kw={"placeholder": "10 HPF"})
    size_mm = CountField(_("Largest diameter"), unit="mm")
    margin_mm = QuantityField(_("Margin of healthy tissue"), unit="mm")
    stage_system = LookupField(_("Staging system"), lookup="stage_system")
    symptom_onset_on = _day(_("First symptom"), "the onset of symptoms")
    lesion = StringField(_("Skin lesion, in words"))
    note = TextAreaField(_("Note"))


class ExposureForm(Form):
    name = SelectField(_("Treatment"), choices=[], validate_choice=False, default="")
    certainty = SelectField(_("Known?"), choices=CERTAINTIES, default=Certainty.KNOWN.value)
    value = QuantityField(_("Total dose"))
    last_on = PartialDatePartsField(_("Last day"), [Optional()], noun="the last day")
    confirmed = BooleanField(_("Yes, this dose is right"))


class PredispositionForm(Form):
    syndrome = StringField(
        _("Syndrome"), [Length(max=200)], render_kw={"list": "list-syndromes", "autocomplete": "off"}
    )


for _name in TUMOR_FIELDS:
    setattr(DiagnosisForm, TUMOR_PREFIX + _name, _value_field(_name))
for _name in SYNDROME_FIELDS:
    setattr(PredispositionForm, SYNDROME_PREFIX + _name, _value_field(_name))


# What a row says


def read_diagnosis(form: Any, sheet: Sheet) -> DiagnosisInput:
    """What was typed of one tumor; the beginning of a name is enough where it begins only one."""
    name = diagnosis_names.begun(sheet.pack, sheet.catalogue, form["name"].typed)
    row_id, code = as_uuid(form["id"].data), (form.icdo3_morphology.data or "").strip()
    return DiagnosisInput(
        id=row_id,
        name=name,
        # A tumor that stands without a code keeps it so: whoever saves something else has not coded it.
        icdo3_morphology=code or ("" if row_id else diagnosis_names.code_of(sheet.catalogue, name)),
        diagnosed_on=form.diagnosed_on.data,
        resected_on=form.resected_on.data,
        end_of_therapy_on=form.end_of_therapy_on.data,
        tumor=_chosen(form, TUMOR_FIELDS, TUMOR_PREFIX),
        details=_details(form, sheet.catalogue),
    )


def _details(form: Any, catalogue: Catalogue) -> TumorDetails:
    lookups = {name: _detail(form[name].typed, name, catalogue) for name in DETAIL_LISTS}
    return TumorDetails(
        course=form.course.data or DiagnosisCourse.PRIMARY,
        graded_on=as_partial(form.graded_on.data),
        mitotic_count=form.mitotic_count.data,
        mitotic_field=_line(form.mitotic_field.data),
        size_mm=form.size_mm.data,
        margin_mm=form.margin_mm.data,
        symptom_onset_on=as_partial(form.symptom_onset_on.data),
        lesion=_line(form.lesion.data),
        note=(form.note.data or "").replace("\r\n", "\n").strip(),
        **lookups,
    )


def _detail(typed: str, name: str, catalogue: Catalogue) -> str:
    spec = Field(name=name, label=name, kind=Kind.LOOKUP, open=name not in CLOSED)
    return code_of(spec, typed, lookup_list(catalogue, DETAIL_LISTS[name])) if typed else ""


def read_exposure(form: Any, sheet: Sheet) -> ExposureInput:
    """One recorded total; of what is only given or not, "given" is enough."""
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


def read_predisposition(form: Any, _sheet: Sheet) -> PredispositionInput:
    return PredispositionInput(
        syndrome=_line(form.syndrome.data), fields=_chosen(form, SYNDROME_FIELDS, SYNDROME_PREFIX)
    )


def as_uuid(typed: str | None) -> UUID | None:
    """The id of a row that stands already; a form that was tampered with has none."""
    try:
        return UUID(typed or "")
    except ValueError:
        return None


def _chosen(form: Any, names: tuple[str, ...], prefix: str) -> dict[str, str]:
    return {name: form[prefix + name].data for name in names if form[prefix + name].data}


def _line(typed: str | None) -> str:
    return " ".join((typed or "").split())


# What a row shows of what stands


def diagnosis_values(each: DiagnosisInput) -> dict[str, Any]:
    details = each.details or TumorDetails()
    shown = {name: getattr(details, name) for name in TumorDetails.__dataclass_fields__}
    shown |= {name: as_day(shown[name]) for name in ("graded_on", "symptom_onset_on")}
    shown["margin_mm"] = None if details.margin_mm is None else plain(details.margin_mm)
    own = {
        name: getattr(each, name)
        for name in ("name", "icdo3_morphology", "diagnosed_on", "resected_on", "end_of_therapy_on")
    }
    return {
        "id": str(each.id or ""),
        **own,
        **shown,
        **{TUMOR_PREFIX + name: value for name, value in each.tumor.items()},
    }


def exposure_values(each: ExposureInput, sheet: Sheet) -> dict[str, Any]:
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


def predisposition_values(each: PredispositionInput) -> dict[str, Any]:
    return {"syndrome": each.syndrome} | {SYNDROME_PREFIX + name: value for name, value in each.fields.items()}


def entry_values(key: str, values: Mapping[str, Any], row_id: UUID | None = None) -> dict[str, Any]:
    """The values of an entry as its row takes them."""
    section = FAST_SECTIONS[key]
    shown = {spec.name: _shown(spec, values[spec.name]) for spec in section.fields if spec.name in values}
    return {"id": str(row_id or "")} | shown


def _shown(spec: Field, value: Any) -> Any:
    if spec.kind == Kind.PARTIAL_DATE:
        return as_day(value)
    if spec.kind == Kind.DIAGNOSIS:
        return str(value or "")
    return plain(value) if spec.kind == Kind.DECIMAL and value is not None else value


def plain(value: Decimal) -> Decimal:
    """Without the zeros that the database keeps behind the point: 300, not 300.0000."""
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()


def say_codes(form: Any, key: str, catalogue: Catalogue, tumors: Iterable[tuple[str, str]] = ()) -> None:
    """Show the codes that stand in a row by their labels, and offer the tumors; what was typed stays as typed."""
    if key == "diagnoses":
        for name, words in DETAIL_LISTS.items():
            form[name].show(lookup_list(catalogue, words))
    elif key in FAST_SECTIONS:
        form.fit(FAST_SECTIONS[key], catalogue, tumors)


@dataclass(frozen=True)
class ReadRow:
    """One entry as typed, and how its words and doses were understood."""

    entered: EntryInput
    remarks: tuple[str, ...] = ()


def read_entry(form: EntryForm, key: str, catalogue: Catalogue, tumors: Tumors) -> ReadRow:
    """``tumors``: those that can be chosen, where there are several: an id, or the place of one that is new."""
    found = form.read(FAST_SECTIONS[key], catalogue, as_uuid(form["id"].data))
    values = {name: value for name, value in found.entered.values.items() if name != TUMOR}
    if TUMOR in form and form[TUMOR].raw_data and tumors:
        chosen = form[TUMOR].data
        values |= {} if chosen and chosen not in tumors else {TUMOR: tumors.get(chosen)}
    return ReadRow(replace(found.entered, values=values), tuple(found.remarks))


IGNORED = ("certainty", "confirmed", "id", "version", "change_reason", "course", TUMOR)


def is_filled(form: Any, key: str = "") -> bool:
    """Was anything entered in this row? A row that stands already counts; an answer that is assumed does not."""
    if "id" in form and form["id"].data:
        return True
    assumed = assumed_answers(key)
    return any(_says_something(entry, assumed.get(entry.short_name, "")) for entry in form if _counts(entry))


def _counts(entry: Any) -> bool:
    return entry.short_name not in IGNORED


def _says_something(entry: Any, assumed: str) -> bool:
    if hasattr(entry, "choices"):
        return bool(entry.data) and entry.data != assumed
    return bool(entry.data) or any(isinstance(text, str) and text.strip() for text in entry.raw_data or ())


def assumed_answers(key: str) -> dict[str, str]:
    """What the choices of a new row say before anything is chosen: what the table's own columns say."""
    section = FAST_SECTIONS.get(key)
    return (
        {each.name: _assumed(each, section) for each in section.fields if each.choices or each.kind == Kind.YES_NO}
        if section
        else {}
    )


def _assumed(spec: Field, section: Section) -> str:
    default = getattr(section.table.__table__.columns[spec.name].default, "arg", None)
    if default is not None:
        return str(default)
    return "unknown" if spec.kind == Kind.YES_NO else spec.choices[0][0]
