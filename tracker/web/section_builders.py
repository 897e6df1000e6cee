"""How each kind of field is asked for, and what a new form says before anything is typed."""

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from tracker.services.sections.spec import Field, Kind, Section
from tracker.web.fields import DatePartsField, PartialDatePartsField, PartsField, QuantityField
from tracker.web.section_fields import GY, CountField, GyField, LookupBoxesField, LookupField, OrgansField

YES_NO = (("yes", _l("Yes")), ("no", _l("No")), ("unknown", _l("Unknown")))


def asked_for(spec: Field, section: Section) -> Any:
    """The form field of a field, not yet bound to a form."""
    return BUILDERS[spec.kind](spec, section)


def _named(spec: Field) -> dict[str, Any]:
    said = {"description": _l(spec.hint)} if spec.hint else {}
    return {"label": _l(spec.label)} | said


def _text(spec: Field, _section: Section) -> Any:
    return StringField(**_named(spec), render_kw={"autocomplete": "off"})


def _choice(spec: Field, section: Section) -> Any:
    choices = [(code, _l(label)) for code, label in spec.choices]
    if _first_answer(spec, section) not in dict(spec.choices):
        choices.insert(0, ("", _l("Choose") if spec.required else _l("Not recorded")))
    return SelectField(**_named(spec), choices=choices, validate_choice=False, default="")


def _yes_no(spec: Field, _section: Section) -> Any:
    return RadioField(**_named(spec), choices=list(YES_NO), validate_choice=False, default="unknown")


def _day(kind: type[PartsField]) -> Callable[[Field, Section], Any]:
    return lambda spec, _section: kind(
        **_named(spec), validators=[Optional()], noun=_l("“%(label)s”", label=_l(spec.label))
    )


def _number(spec: Field, _section: Section) -> Any:
    return GyField(**_named(spec)) if spec.unit == GY else QuantityField(**_named(spec), unit="")


BUILDERS: dict[Kind, Callable[[Field, Section], Any]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: lambda spec, _section: TextAreaField(**_named(spec)),
    Kind.CHOICE: _choice,
    Kind.CODES: lambda spec, _section: LookupBoxesField(**_named(spec), lookup=spec.lookup),
    Kind.YES_NO: _yes_no,
    Kind.DATE: _day(DatePartsField),
    Kind.PARTIAL_DATE: _day(PartialDatePartsField),
    Kind.DECIMAL: _number,
    Kind.INTEGER: lambda spec, _section: CountField(**_named(spec)),
    Kind.LOOKUP: lambda spec, _section: LookupField(**_named(spec), lookup=spec.lookup),
    Kind.DIAGNOSIS: lambda spec, _section: SelectField(**_named(spec), choices=[], validate_choice=False, default=""),
    Kind.ORGANS: lambda spec, _section: OrgansField(**_named(spec)),
}


# What a new form says before anything is typed: what the table's own columns say


def first_answers(section: Section) -> dict[str, object]:
    asked = (Kind.CHOICE, Kind.YES_NO)
    return {each.name: _first_answer(each, section) for each in section.fields if each.kind in asked}


def _first_answer(spec: Field, section: Section) -> str:
    default = section.table.__table__.columns[spec.name].default
    said = str(getattr(default, "arg", "")) if default is not None else ""
    return said or ("unknown" if spec.kind == Kind.YES_NO else "")
