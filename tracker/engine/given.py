"""What was given to a survivor, as facts: the courses from which exposures follow. Plain, frozen, in stated units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tracker.engine.partial_dates import PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugGiven:
    """Courses of one agent. ``dose`` is in ``unit``, per course if ``courses`` is known, else the total; None: unknown.

    ``unit``: UCUM ``mg/m2``, ``g/m2``, ``mg/kg``, ``mg``, ``g``, ``[U]/m2``, ``[U]``, or ``AUC``. ``single_dose``: the
    largest dose given at once, in mg/m². ``weight_kg`` and ``surface_m2`` are those of the day, to convert with.
    ``weeks``: the longest stretch without a break (corticosteroids). ``myeloablative``: before a transplant;
    ``myeloablative_known`` is false where nobody has said. ``courses_unknown``: the dose is that of one course, and how
    many were given is not known. A dose or a count of 0 means that it was planned and not given.
    """

    id: str
    agent: str
    dose: Decimal | None = None
    unit: str = "mg/m2"
    courses: int | None = None
    route: str = ""
    single_dose: Decimal | None = None
    weight_kg: Decimal | None = None
    surface_m2: Decimal | None = None
    weeks: int | None = None
    myeloablative: bool = False
    myeloablative_known: bool = True
    courses_unknown: bool = False
    started_on: PartialDate | None = None
    ended_on: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiationGiven:
    """One radiation course: prescribed ``dose_gy`` (None: unknown) to ``fields`` (codes of the catalogue; "tbi" is
    total body irradiation).

    ``organs``: organ exposure → measured mean dose in Gy (None: in the field, the prescribed dose counts); an organ of
    the field that is not listed was taken out by hand. None in place of the mapping: the organs proposed by the fields.
    """

    id: str
    fields: tuple[str, ...]
    dose_gy: Decimal | None = None
    organs: Mapping[str, Decimal | None] | None = None
    started_on: PartialDate | None = None
    ended_on: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDone:
    """One operation, by its code in the catalogue. ``side``: "left", "right", "both", or empty: not recorded."""

    id: str
    operation: str
    done_on: PartialDate | None = None
    side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransplantDone:
    """A stem cell transplant: ``kind`` is "allogeneic", "autologous" or "unknown"; ``sos``: sinusoidal obstruction
    syndrome ("yes", "no", "unknown")."""

    id: str
    kind: str
    done_on: PartialDate | None = None
    sos: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class GvhdFound:
    """Graft-versus-host disease: ``kind`` "acute" or "chronic"; ``active``: "yes", "no" or "unknown"; ``ended_on``:
    when this episode was over."""

    id: str
    kind: str
    active: str = "unknown"
    started_on: PartialDate | None = None
    ended_on: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransfusionGiven:
    """Blood products: ``product`` is "red_cells", "platelets", "plasma", "other", or "none" (the record says that no
    blood was given). ``count`` None: unknown how many."""

    id: str
    product: str
    count: int | None = None
    started_on: PartialDate | None = None
    ended_on: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RadionuclideGiven:
    """A radionuclide treatment: ``kind`` is "i131" (for thyroid cancer) or "mibg"."""

    id: str
    kind: str
    given_on: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Everything that was given to one survivor. ``treated_from``: the first day of any cancer treatment known."""

    birth_date: date
    drugs: tuple[DrugGiven, ...] = ()
    radiation: tuple[RadiationGiven, ...] = ()
    operations: tuple[OperationDone, ...] = ()
    transplants: tuple[TransplantDone, ...] = ()
    gvhd: tuple[GvhdFound, ...] = ()
    transfusions: tuple[TransfusionGiven, ...] = ()
    radionuclides: tuple[RadionuclideGiven, ...] = ()
    treated_from: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureTerm:
    """One summand or reason of an exposure, traceable to its entry (``given_id``).

    ``amount``: what it adds, in the exposure's own unit (None: unknown). ``steps``: the arithmetic that led there as
    numbers and units, e.g. (("9", "g/m2"), ("×", "6"), ("=", "54 g/m2"), ("=", "54000 mg/m2")); empty if none.
    Amounts that were divided are kept to eight places, so that parts add up; a total is rounded to four.
    ``because``: a code for a yes-or-no exposure or an unknown: "agent", "route", "single_dose", "field", "operation",
    "before_1993", "treated_before_1993", "dose_unknown", "no_conversion" …; "possible:" and a code where it is only
    possible, and treated as given until it is known. ``missing``: codes of what would settle it; ``question``: the code
    of the question that is then open. ``at_least``: what is certain of an unknown amount. ``on``: when it was given.
    ``label`` holds an English name, or several with "; " between them.
    """

    given_id: str
    label: str
    amount: Decimal | None
    steps: tuple[tuple[str, str], ...] = ()
    because: str = ""
    missing: tuple[str, ...] = ()
    question: str = ""
    at_least: Decimal = Decimal(0)
    on: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedExposure:
    """An exposure that follows from what was given. ``value`` None: given, dose unknown, but ``at_least`` that much
    (0 where nothing is known). ``last_on``: the last day it was given, as far as it is known.

    A yes-or-no exposure has the value 1, also where it is only possible: then ``missing`` names what would settle it.
    """

    name: str
    value: Decimal | None
    at_least: Decimal
    unit: str
    terms: tuple[ExposureTerm, ...]
    last_on: PartialDate | None = None
    missing: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """Something unknown about one entry (``given_id``; empty: about the treatment as a whole), and who could tell.

    ``code``: "dose", "courses", "conversion", "single_dose", "route", "date", "steroid_weeks", "myeloablative",
    "agent", "field_dose", "field", "operation", "side", "transplant_kind", "sos", "gvhd_activity", "transfusion_count",
    "no_transfusion_record", "reaches_breasts". ``missing``: codes of what exactly is wanted. ``who``:
    "treating_center", "pharmacy", "radiation_oncology", "operative_record", "transplant_center", "blood_bank",
    "nuclear_medicine" or "family".
    ``exposures``: the names that depend on it.
    """

    given_id: str
    label: str
    code: str
    who: str
    missing: tuple[str, ...] = ()
    exposures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivationTerm:
    """One given input of a pack's derivation: its dose (None: unknown), the certain part of it, its factor, and their
    product."""

    name: str
    dose: Decimal | None
    certain: Decimal
    factor: Decimal
    product: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivationTerms:
    """How a pack's derivation ("sum", "max" or "any") came to its ``total``; ``at_least``: an input is unknown."""

    name: str
    rule: str
    inputs: tuple[DerivationTerm, ...]
    total: Decimal
    at_least: bool
