"""Form fields for the record's entries: words of a list, a dose in Gy or cGy, and the organs in a radiation field."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from wtforms import Field, StringField
from wtforms.form import BaseForm
from wtforms.utils import unset_value
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from tracker.engine.catalogue import title_of
from tracker.web.fields import LONGEST_NUMBER, PLAIN_NUMBER, QuantityField

Entries = Mapping[str, Any]
FEWEST_BOXES = 4
MOST_BOXES = 12
GY, CGY = "Gy", "cGy"
# 1 Gy is 100 cGy: a change of the decimal point, without loss.
PER_GY = {GY: Decimal(1), CGY: Decimal(100)}


class CountField(QuantityField):
    """A whole number with what is counted behind it; ``data`` is an ``int``."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not typed:
            return
        if not typed.isascii() or not typed.isdecimal() or len(typed) > LONGEST_NUMBER:
            raise ValueError(_("Enter a whole number, like 3"))
        self.data = int(typed)

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "" if self.data is None else str(self.data)


class GyField(QuantityField):
    """A radiation dose typed in Gy or cGy (``NAME-unit``); ``data`` is in Gy, and ``conversion`` says what was done."""

    chosen = GY

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Sequence[Any] | None = None) -> None:
        if formdata is not None:
            unit = formdata.get(f"{self.name}-unit", GY)
            self.chosen = unit if unit in PER_GY else GY
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = self.data / PER_GY[self.chosen]

    @property
    def conversion(self) -> str:
        """ "4500 cGy is 45 Gy"; nothing where nothing was converted."""
        if self.chosen == GY or self.data is None:
            return ""
        return str(_("%(typed)s cGy is %(gray)s Gy", typed=self._value().strip(), gray=plain_number(self.data)))


class LookupField(StringField):
    """A word of a list: its code, name or synonym, or how one of them begins."""

    def __init__(self, label: Any = "", validators: Any = None, *, lookup: str = "", **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.lookup = lookup

    def show(self, entries: Entries) -> None:
        """What stands in the record as code, said by its label; typed words stay as typed."""
        if self.raw_data is None:
            self.data = label_of(entries, self.data or "")

    @property
    def typed(self) -> str:
        return " ".join((self.data or "").split())


class LookupBoxesField(Field):
    """Several words of a list, each in a box of its own; ``data`` is what was typed, empty boxes left out."""

    widget = TextInput()
    data: list[str]

    def __init__(self, label: Any = "", validators: Any = None, *, lookup: str = "", **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.lookup = lookup

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [" ".join(str(each).split()) for each in valuelist[:MOST_BOXES] if str(each).strip()]

    def process_data(self, value: Any) -> None:
        self.data = list(value or ())

    def show(self, entries: Entries) -> None:
        if self.raw_data is None:
            self.data = [label_of(entries, each) for each in self.data]

    @property
    def boxes(self) -> list[str]:
        """What stands in each box, with empty ones to go on in."""
        return [*self.data, *[""] * max(1, FEWEST_BOXES - len(self.data))][:MOST_BOXES]


class OrgansField(Field):
    """The organs in a radiation field, each with its mean dose in Gy where it was measured.

    ``data`` is what stands: organ → dose or None, or None for the organs that the fields propose. What was typed
    lies in ``ticked``, ``doses`` and ``shown_for`` (the fields whose organs the page showed; "" where it showed none).
    """

    widget = TextInput()
    data: Mapping[str, Decimal | None] | None

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Sequence[Any] | None = None) -> None:
        super().process(None, data, extra_filters)
        self.is_typed = formdata is not None
        self.ticked = set(formdata.getlist(self.name)) if formdata is not None else set()
        self.shown_for = (formdata.get(f"{self.name}-shown") or "") if formdata is not None else ""
        start = f"{self.name}-dose-"
        self.doses = {
            key.removeprefix(start): text.strip()
            for key, text in (formdata or {}).items()
            if key.startswith(start) and text.strip()
        }
        self.faulty: set[str] = set()

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 (WTForms gives it)
        self.faulty = {
            organ
            for organ, text in self.doses.items()
            if not PLAIN_NUMBER.fullmatch(text) or len(text) > LONGEST_NUMBER
        }
        if self.faulty:
            raise StopValidation(_("Enter each mean dose in Gy as a plain number, like 12.5"))

    def typed(self) -> dict[str, Decimal | None]:
        """The organs that were ticked or given a dose. Ask only after ``validate``."""
        named = [*dict.fromkeys([*sorted(self.ticked), *self.doses])]
        return {organ: Decimal(self.doses[organ]) if organ in self.doses else None for organ in named}


def label_of(entries: Entries, stored: str) -> str:
    """What a stored code is called; words that are no code are what they are."""
    return title_of(entries[stored]) if stored in entries else stored


def plain_number(value: Decimal) -> str:
    """ "45" and "45.5": without zeros at the end, never with an exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
