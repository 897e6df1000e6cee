"""Fields that many parts of the record share."""

from decimal import Decimal

from tracker.services.sections.spec import Field, Kind

TUMOR = Field(
    name="diagnosis_id",
    label="Which tumor",
    kind=Kind.DIAGNOSIS,
    hint="Leave it open if the record does not say, or if it belongs to no tumor in particular.",
)
NOTE = Field(
    name="note", label="Note", kind=Kind.LONG_TEXT, longest=4000, hint="Whatever else a colleague should know."
)
SIDE = Field(name="laterality", label="Side", kind=Kind.LOOKUP, lookup="laterality", longest=60)
NOT_SAID = ("", "Not recorded")
UNKNOWN = ("unknown", "Unknown")
LONG_REPORT = 20_000
DOSE_UNITS = (
    ("mg/m2", "mg/m²"),
    ("g/m2", "g/m²"),
    ("mg/kg", "mg/kg"),
    ("mg", "mg"),
    ("g", "g"),
    ("[U]/m2", "units/m²"),
    ("[U]", "units"),
    ("AUC", "AUC"),
)


def yes_no(name: str, label: str, hint: str = "") -> Field:
    """A question whose answer may be unknown."""
    return Field(name=name, label=label, kind=Kind.YES_NO, hint=hint, longest=10)


def partial(name: str, label: str, hint: str = "", *, future: bool = False) -> Field:
    """A date of which perhaps only the year is known."""
    return Field(name=name, label=label, kind=Kind.PARTIAL_DATE, hint=hint, future=future, longest=10)


def words(name: str, label: str, longest: int = 200, hint: str = "", *, required: bool = False) -> Field:
    """A line of text."""
    return Field(name=name, label=label, longest=longest, hint=hint, required=required)


def listed(
    name: str, label: str, lookup: str, hint: str = "", *, required: bool = False, longest: int = 60, unit: str = ""
) -> Field:
    """A code of the catalogue's list, or other words where the list does not have them."""
    return Field(
        name=name,
        label=label,
        kind=Kind.LOOKUP,
        lookup=lookup,
        hint=hint,
        required=required,
        longest=longest,
        unit=unit,
        open=True,
    )


def amount(name: str, label: str, unit: str = "", hint: str = "", asked_above: int | None = None) -> Field:
    """A number, 0 or more; empty is unknown."""
    asked = None if asked_above is None else Decimal(asked_above)
    return Field(name=name, label=label, kind=Kind.DECIMAL, unit=unit, hint=hint, least=Decimal(0), asked_above=asked)


def count(name: str, label: str, unit: str = "", hint: str = "", asked_above: int | None = None) -> Field:
    """A whole number, 0 or more; empty is unknown."""
    asked = None if asked_above is None else Decimal(asked_above)
    return Field(name=name, label=label, kind=Kind.INTEGER, unit=unit, hint=hint, least=Decimal(0), asked_above=asked)
