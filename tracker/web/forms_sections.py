"""The form of a section's entry, made from the section's declaration; what was typed becomes the entry's values."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, StringField
from wtforms.validators import InputRequired, Length

from tracker.engine.catalogue import Catalogue, lookup, title_of
from tracker.engine.partial_dates import as_day, as_partial
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.coding import code_of
from tracker.services.sections.entries import EntryInput, values_of
from tracker.services.sections.registry import SECTIONS
from tracker.services.sections.spec import Field, Kind, Section
from tracker.services.treatment_checks import Problem
from tracker.web.forms_attachments import as_known_uuid
from tracker.web.section_builders import asked_for, first_answers
from tracker.web.section_fields import GyField
from tracker.web.versions import VersionedForm

MOST_SUGGESTED = 3
LONGEST_REASON = 400
# What every form has besides the section's own fields; no section may name one of its fields so.
REASON, CONFIRMED = "change_reason", "confirmed"
REASON_LABEL = _l("Why are you changing this?")


def form_for(section: Section) -> type["EntryForm"]:
    """The form class of a section, made once."""
    return _form_class(section.key) if SECTIONS.get(section.key) is section else _made(section)


@lru_cache(maxsize=64)
def _form_class(key: str) -> type["EntryForm"]:
    return _made(SECTIONS[key])


def _made(section: Section) -> type["EntryForm"]:
    own = {each.name: asked_for(each, section) for each in section.fields}
    asked = {
        CONFIRMED: BooleanField(_l("Yes, this is right")),
        REASON: StringField(REASON_LABEL, [Length(max=LONGEST_REASON, message=_l("Use at most 400 characters"))]),
    }
    return type("EntryForm", (EntryForm,), own | asked)


class EntryForm(VersionedForm):
    """One entry of a section; its fields are the section's."""

    @classmethod
    def of(cls, section: Section, version: int, row: Any = None) -> "EntryForm":
        """The form as the entry stands (None: a new one, with the answers that are assumed at first)."""
        values = first_answers(section) if row is None else values_of(row, section)
        shown = {name: _shown(section.field(name), value) for name, value in values.items()}
        return cls(data={"version": str(version)} | shown)

    def fit(self, section: Section, catalogue: Catalogue, diagnoses: Iterable[tuple[str, str]]) -> "EntryForm":
        """Say codes by their labels, and offer the survivor's tumors."""
        for each in section.fields:
            shown: Any = self[each.name]
            if each.kind in (Kind.LOOKUP, Kind.CODES):
                shown.show(lookup_list(catalogue, each.lookup))
            elif each.kind == Kind.DIAGNOSIS:
                shown.choices = list(diagnoses)
        return self

    def read(self, section: Section, catalogue: Catalogue, entry_id: UUID | None = None) -> "Reading":
        """What was typed, as the service takes it."""
        reading = Reading()
        for each in section.fields:
            if each.kind in READERS:
                READERS[each.kind](self[each.name], each, catalogue, reading)
        reading.look_at_organs(self, section, catalogue)
        reading.entered = EntryInput(reading.values, id=entry_id, confirmed=bool(self[CONFIRMED].data))
        return reading

    @property
    def why(self) -> str:
        """The reason for the change. Some sections have a field of their own named reason."""
        return " ".join((self[REASON].data or "").split())

    def attach(self, problems: Iterable[Problem], section: Section, catalogue: Catalogue) -> None:
        """Put each problem at its field, with what may have been meant where a word is not on a closed list."""
        for problem in problems:
            name = REASON if self._is_about_change(problem, section) else problem.field
            if name not in self:
                self.form_errors.append(problem.message)
                continue
            target: Any = self[name]
            target.errors = [*target.errors, problem.message + _suggested(target, section, catalogue, problem)]
            target.is_questioned = problem.question

    def _is_about_change(self, problem: Problem, section: Section) -> bool:
        """The service calls the reason for a change "reason", as some sections call a field: one that fits is right."""
        if problem.field != "reason" or "reason" not in self:
            return problem.field == "reason"
        return len(self["reason"].data or "") <= section.field("reason").longest

    @property
    def questions(self) -> list[str]:
        """What was asked about and can be right."""
        return [str(each.errors[-1]) for each in self if getattr(each, "is_questioned", False) and each.errors]


class EntryRemovalForm(VersionedForm):
    reason = StringField(
        _l("Why is it removed?"),
        [
            InputRequired(_l("Enter why it is removed")),
            Length(max=LONGEST_REASON, message=_l("Use at most 400 characters")),
        ],
    )


@dataclass
class Reading:
    """What a form says. ``remarks``: how words and doses were understood, where they were not typed that way."""

    values: dict[str, object] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    entered: EntryInput = field(default_factory=lambda: EntryInput({}))

    def understood(self, typed: str, spec: Field, entries: Mapping[str, Any]) -> str:
        """The code of what was typed; said aloud where the label reads otherwise (a code stands for itself)."""
        code = code_of(spec, typed, entries)
        label = title_of(entries[code]) if code in entries else typed
        if typed.casefold() not in (label.casefold(), code.casefold()):
            self.remarks.append(str(_("“%(typed)s” is recorded as %(label)s", typed=typed, label=label)))
        return code

    def look_at_organs(self, form: Form, section: Section, catalogue: Catalogue) -> None:
        """Organs that were changed count for the fields they were shown for: if those changed too, ask again."""
        for each in section.fields:
            if each.kind == Kind.ORGANS:
                self._organs(form[each.name], each, _field_codes(section, self.values), catalogue)

    def _organs(self, typed: Any, spec: Field, codes: list[str], catalogue: Catalogue) -> None:
        if not typed.shown_for:
            return
        organs, shown_codes = typed.typed(), typed.shown_for.split(",")
        if organs == dict.fromkeys(proposed(catalogue, shown_codes)):
            self.values[spec.name] = None
        elif shown_codes == codes:
            self.values[spec.name] = organs
        else:
            words = _("The fields changed after these organs were shown. Look at the organs again, then save")
            self.problems.append(Problem(spec.name, str(words)))


def proposed(catalogue: Catalogue, codes: Iterable[str]) -> list[str]:
    """The organs that lie in these fields, each once, in the order of the fields."""
    known = (catalogue.fields[code] for code in codes if code in catalogue.fields)
    return list(dict.fromkeys(organ for each in known for organ in each.organ_exposures))


def _field_codes(section: Section, values: Mapping[str, object]) -> list[str]:
    found = (values.get(each.name) for each in section.fields if each.kind == Kind.CODES)
    return [str(code) for codes in found if isinstance(codes, list) for code in codes]


def field_codes(form: Form, section: Section, catalogue: Catalogue) -> list[str]:
    """The codes of the radiation fields that the form names now."""
    asked = [each for each in section.fields if each.kind == Kind.CODES]
    typed = (code_of(each, text, catalogue.fields) for each in asked for text in form[each.name].data)
    return list(dict.fromkeys(typed))


def _suggested(target: Any, section: Section, catalogue: Catalogue, problem: Problem) -> str:
    spec = next((each for each in section.fields if each.name == problem.field), None)
    if spec is None or spec.kind not in (Kind.LOOKUP, Kind.CODES) or spec.open:
        return ""
    entries = lookup_list(catalogue, spec.lookup)
    typed = target.data if isinstance(target.data, list) else [target.typed]
    unknown = next((text for text in typed if code_of(spec, text, entries) not in entries), "")
    likely = [title_of(each) for each in lookup(entries, unknown, MOST_SUGGESTED)]
    return str(_(". Did you mean %(names)s?", names=_(" or ").join(likely))) if likely else ""


def _shown(spec: Field, value: Any) -> Any:
    """A stored value as its field takes it."""
    if spec.kind == Kind.PARTIAL_DATE:
        return as_day(value)
    if spec.kind == Kind.DECIMAL and value is not None:
        return value.quantize(1) if value == value.to_integral_value() else value.normalize()
    return str(value or "") if spec.kind == Kind.DIAGNOSIS else value


# How what was typed is understood


def _read_plain(typed: Any, spec: Field, _catalogue: Catalogue, reading: Reading) -> None:
    reading.values[spec.name] = typed.data


def _read_text(typed: Any, spec: Field, _catalogue: Catalogue, reading: Reading) -> None:
    reading.values[spec.name] = " ".join((typed.data or "").split())


def _read_long(typed: Any, spec: Field, _catalogue: Catalogue, reading: Reading) -> None:
    reading.values[spec.name] = (typed.data or "").replace("\r\n", "\n").strip()


def _read_day(typed: Any, spec: Field, _catalogue: Catalogue, reading: Reading) -> None:
    reading.values[spec.name] = as_partial(typed.data) if spec.kind == Kind.PARTIAL_DATE else typed.data


def _read_number(typed: Any, spec: Field, _catalogue: Catalogue, reading: Reading) -> None:
    reading.values[spec.name] = typed.data
    if isinstance(typed, GyField) and typed.conversion:
        reading.remarks.append(typed.conversion)


def _read_lookup(typed: Any, spec: Field, catalogue: Catalogue, reading: Reading) -> None:
    text = typed.typed
    reading.values[spec.name] = reading.understood(text, spec, lookup_list(catalogue, spec.lookup)) if text else ""


def _read_codes(typed: Any, spec: Field, catalogue: Catalogue, reading: Reading) -> None:
    entries = lookup_list(catalogue, spec.lookup)
    reading.values[spec.name] = list(dict.fromkeys(reading.understood(text, spec, entries) for text in typed.data))


def _read_diagnosis(typed: Any, spec: Field, _catalogue: Catalogue, reading: Reading) -> None:
    reading.values[spec.name] = as_known_uuid(typed.data)


# The organs are read last: they count for the fields they were shown for.
READERS: dict[Kind, Callable[[Any, Field, Catalogue, Reading], None]] = {
    Kind.TEXT: _read_text,
    Kind.LONG_TEXT: _read_long,
    Kind.CHOICE: _read_plain,
    Kind.CODES: _read_codes,
    Kind.YES_NO: _read_plain,
    Kind.DATE: _read_day,
    Kind.PARTIAL_DATE: _read_day,
    Kind.DECIMAL: _read_number,
    Kind.INTEGER: _read_number,
    Kind.LOOKUP: _read_lookup,
    Kind.DIAGNOSIS: _read_diagnosis,
}
