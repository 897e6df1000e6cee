"""Form fields of our own: a date in three boxes, whole or in part, and a quantity. All keep what was typed."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.fields import (
    BooleanField,
    FieldList,
    FileField,
    FormField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.form import BaseForm
from wtforms.utils import unset_value
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from tracker.engine.partial_dates import Day, PartialDate, as_day

PARTS = ("month", "day", "year")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
LONGEST_NUMBER = 20


class PartsRefused(ValueError):
    """What was typed is not a date: the sentence to show, and the boxes at fault."""

    def __init__(self, message: str, *parts: str) -> None:
        super().__init__(message)
        self.parts = parts


class PartsField(Field):
    """A date asked as month, day, year in boxes ``NAME-month``, ``NAME-day``, ``NAME-year``.

    Required unless ``Optional()`` stands among its validators. ``noun`` is how errors speak of it
    ("the date of the echocardiogram"); without it the label is used.
    """

    widget = TextInput()
    data: Any

    def __init__(self, label: str = "", validators: Any = None, *, noun: str | None = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self._noun = noun
        self._refused: str | None = None
        self.parts: dict[str, str] = dict.fromkeys(PARTS, "")
        self.error_parts: tuple[str, ...] = ()

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Sequence[Any] | None = None) -> None:
        super().process(None, data, extra_filters)
        if self.data is not None:
            self.parts = {part: str(getattr(self.data, part) or "") for part in PARTS}
        if formdata is not None:
            self._process_typed({part: (formdata.get(f"{self.name}-{part}") or "").strip() for part in PARTS})

    def _process_typed(self, typed: dict[str, str]) -> None:
        self.parts = typed
        self.raw_data = [text for text in typed.values() if text]
        self.data = None
        try:
            if self.raw_data:
                self._refuse_missing()
                self.data = as_day(self._read())
            elif not self.flags.optional:
                raise PartsRefused(_("Enter %(date)s, like 3 14 2026", date=self.noun), *PARTS)
        except PartsRefused as refused:
            self._refused, self.error_parts = str(refused), refused.parts

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 (WTForms gives it)
        if self._refused:
            raise StopValidation(self._refused)

    def _required(self) -> tuple[str, ...]:
        """The boxes that what was typed cannot do without."""
        return PARTS

    def _refuse_missing(self) -> None:
        missing = tuple(part for part in self._required() if not self.parts[part])
        if missing:
            raise PartsRefused(missing_message(self.noun, missing), *missing)

    def _read(self) -> PartialDate:
        month, day, year = month_number(self.parts["month"]), self.parts["day"], self.parts["year"]
        if month is None and self.parts["month"]:
            raise PartsRefused(_("The month must be a number from 1 to 12, or its name"), "month")
        if day and not re.fullmatch(r"[0-9]{1,2}", day):
            raise PartsRefused(_("The day must be a number from 1 to 31"), "day")
        if not re.fullmatch(r"[12][0-9]{3}", year):
            raise PartsRefused(_("The year must have four digits, like 2026"), "year")
        try:
            return PartialDate(int(year), month, int(day) if day else None)
        except ValueError:
            message = _("That month has no day %(day)s. Check the month and the day", day=day)
            raise PartsRefused(message, "day") from None

    @property
    def noun(self) -> str:
        label = str(self.label.text)
        return self._noun or str(_("the %(label)s", label=label[:1].lower() + label[1:]))


class DatePartsField(PartsField):
    """A date known to the day; ``data`` is a ``date``."""

    data: date | None


class PartialDatePartsField(PartsField):
    """A date of which the day, or the month and the day, may be left empty; ``data`` is a ``Day``.

    A whole date is a plain ``date``; one that is known to the year or the month only is a ``PartialDate``.
    """

    data: Day | None

    def __init__(self, label: str = "", validators: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("description", _l("Month and day may be left empty"))
        super().__init__(label, validators, **kwargs)

    def _required(self) -> tuple[str, ...]:
        # A day means nothing without its month.
        return ("month", "year") if self.parts["day"] else ("year",)


def missing_message(noun: str, missing: tuple[str, ...]) -> str:
    """ "The date of birth must include a month and a year": which boxes were left empty."""
    words = {"month": _("a month"), "day": _("a day"), "year": _("a year")}
    listed = _(" and ").join(words[part] for part in missing)
    return str(_("%(date)s must include %(parts)s", date=noun[:1].upper() + noun[1:], parts=listed))


def month_number(typed: str) -> int | None:
    """1 to 12 for "3", "03", "Mar" or "March"; None for anything else."""
    word = typed.lower().rstrip(".")
    if re.fullmatch(r"[0-9]{1,2}", word):
        return int(word) if 1 <= int(word) <= 12 else None
    named = [number for number, name in enumerate(MONTHS, start=1) if word in (name, name[:3])]
    return named[0] if named else None


class QuantityField(Field):
    """A plain decimal number with its UCUM unit shown behind it; ``data`` is a ``Decimal``, never a float."""

    widget = TextInput()
    data: Decimal | None

    def __init__(self, label: str = "", validators: Any = None, *, unit: str = "", **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.unit = unit

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        if not PLAIN_NUMBER.fullmatch(typed) or len(typed) > LONGEST_NUMBER:
            raise ValueError(_("Enter a plain number, like 12.5, without commas or a unit"))
        self.data = Decimal(typed)

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 (WTForms gives it)
        # Without this a DataRequired behind it would replace the sentence that helps by "required".
        if self.process_errors:
            raise StopValidation()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format(self.data, "f")


# The first class that fits decides which component shows a field.
KINDS: tuple[tuple[type[Field], str], ...] = (
    (PartsField, "date_parts"),
    (QuantityField, "text"),
    (RadioField, "radios"),
    (SelectMultipleField, "checkboxes"),
    (SelectField, "select"),
    (BooleanField, "checkbox"),
    (TextAreaField, "textarea"),
    (PasswordField, "password"),
    (FileField, "file"),
    (HiddenField, "hidden"),
)


def field_kind(field: Field) -> str:
    """Which component shows this field; ``text`` for every single-line box."""
    return next((kind for cls, kind in KINDS if isinstance(field, cls)), "text")


def field_type(field: Field) -> str:
    """The ``type`` of a single-line box; numbers are typed as text, for a browser's spin buttons lose digits."""
    kind = str(getattr(field.widget, "input_type", "text"))
    return "text" if kind == "number" else kind


def field_error(field: Field) -> str:
    """The first error of a field as plain text, or an empty string; WTForms' own words said as a request."""
    return plainer(str(field.errors[0])) if field.errors else ""


def plainer(message: str) -> str:
    requests = {
        "Not a valid choice.": _("Choose one of the answers"),
        "This field is required.": _("This must be filled in"),
        "Not a valid integer value.": _("Enter a whole number, like 3"),
        "Invalid email address.": _("Enter an email address, like name@example.com"),
    }
    return str(requests.get(message, message))


def error_target(field: Field) -> str:
    """Where the error summary's link must land: the first box at fault."""
    if isinstance(field, PartsField):
        return f"#{field.id}-{(field.error_parts or PARTS)[0]}"
    return f"#{field.id}"


def form_errors(form: BaseForm) -> list[dict[str, str]]:
    """Every field at fault, in the form's order, as ``{text, href}``; nested forms and lists included."""
    errors = [{"text": str(text), "href": ""} for text in getattr(form, "form_errors", ())]
    for field in form:
        errors += _errors_below(field)
    return errors


def _errors_below(field: Field) -> list[dict[str, str]]:
    if isinstance(field, FormField):
        return form_errors(field.form)
    if isinstance(field, FieldList):
        found = [error for entry in field.entries for error in _errors_below(entry)]
        return found or [{"text": str(text), "href": f"#{field.id}"} for text in field.errors if isinstance(text, str)]
    text = field_error(field)
    return [{"text": text, "href": error_target(field)}] if text else []
