"""An mCODE radiotherapy course summary → radiation entries: one for each place with the dose that it got.

A place that none of our fields is stays out, and is counted under its own code: a field is never guessed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tracker.fhir.body_sites import ENTIRE, Site, one_side, read_site, sites_of
from tracker.fhir.codes import FIELD, SNOMED, Codes, canonical
from tracker.fhir.extensions import (
    MCODE,
    condition_of,
    contained,
    extension_codings,
    extensions,
    has_profile,
    reference_of,
)
from tracker.fhir.malignancy import without_kind
from tracker.fhir.medication import notes_of
from tracker.fhir.periods import period_of
from tracker.fhir.quantities import read_value
from tracker.fhir.treatment_reasons import read_reason
from tracker.fhir.values import Coding, Json, codings, concept_text, cut, listed, mapping, number, storable, words
from tracker.services.import_records import EntryRecord

RADIATION = "radiation"
PROFILE = "mcode-radiotherapy-course-summary"
COURSE_CODES = frozenset({"1217123003", "USCRS-33529"})
DOSE_TO_VOLUME = f"{MCODE}mcode-radiotherapy-dose-delivered-to-volume"
MODALITY_AND_TECHNIQUE = f"{MCODE}mcode-radiotherapy-modality-and-technique"
MODALITY = f"{MCODE}mcode-radiotherapy-modality"
GRAY = {"cGy": Decimal(100), "Gy": Decimal(1)}
MOST_FRACTIONS = 1000
OVER, GOING = ("completed", "stopped"), ("in-progress", "on-hold")
BEAMS = {
    "1156506007": "photons",
    "10611004": "protons",
    "45643008": "electrons",
    "80347004": "other",
    "1156505006": "other",
    "1156708005": "brachytherapy",
    "169359004": "brachytherapy",
    "1156384006": "brachytherapy",
    "394902000": "brachytherapy",
    "438629002": "brachytherapy",
}
# What is injected or swallowed is no radiation course of ours: it has a part of the record of its own.
RADIOPHARMACEUTICAL = "440252007"
# A field that means the whole of a structure, and what a side or a part of it is.
BY_SIDE = {
    "flank": {"left": "flank-left", "right": "flank-right"},
    "whole-lung": {"left": "hemithorax", "right": "hemithorax"},
}
OF_THE_WHOLE = frozenset(
    {"whole-lung", "whole-abdomen", "whole-abdomen-pelvis", "spine-whole", "tbi", "whole-ventricle"}
)
WHOLE_BRAIN, PART_OF_BRAIN = "cranial", "brain-part"
BRAIN_NOT_SAID = "The source names the brain, and does not say whether all of it"


@dataclass(frozen=True)
class Volume:
    """A place that was irradiated. ``field`` is empty where none of ours is it."""

    name: str
    site: Site
    field: str = ""
    dose_gy: Decimal | None = None
    fractions: int | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Course:
    """What a course summary adds. ``unknown``: the places that none of our fields is."""

    entries: tuple[EntryRecord, ...] = ()
    unknown: tuple[Coding, ...] = ()
    on_treatment: str = ""
    text: str = ""
    fields: tuple[str, ...] = field(default_factory=tuple)


def is_course(resource: Json) -> bool:
    """Is this Procedure the summary of a course of radiotherapy?"""
    found = codings(resource.get("code"))
    return has_profile(resource, PROFILE) or any(each.code in COURSE_CODES for each in found)


def read_course(resource: Json, status: str, codes: Codes) -> Course:
    """The entries of a course of which at least a part was given; of a course that was only prepared, none."""
    beams = _beams(resource)
    if status not in (*OVER, *GOING) or RADIOPHARMACEUTICAL in {each.code for each in beams}:
        return Course()
    volumes = _volumes(resource, codes)
    known = list(_by_place(each for each in volumes if each.field))
    common = _common(resource, status, beams, codes)
    return Course(
        entries=tuple(_entry(each, common, condition_of(resource)) for each in known),
        unknown=tuple(dict.fromkeys(each.site.coding for each in volumes if not each.field)),
        on_treatment="Radiotherapy under way" if status in GOING else "",
        text="; ".join(_sentence(each) for each in volumes),
        fields=tuple(dict.fromkeys(each.field for each in known)),
    )


def _volumes(resource: Json, codes: Codes) -> list[Volume]:
    """The volumes with what was delivered to them; without any, the course's own body sites, their dose unknown."""
    found = [_volume(resource, each, codes) for each in extensions(resource, DOSE_TO_VOLUME)]
    sites = sites_of(resource, codes)
    if not found:
        return [_with_field(Volume(each.coding.code or each.text, each), codes) for each in sites]
    if len(found) == 1 and not found[0].site.found and len(sites) == 1:
        found = [replace(found[0], site=sites[0])]
    return _named_apart([_with_field(each, codes) for each in found])


def _volume(resource: Json, told: Json, codes: Codes) -> Volume:
    reference = reference_of(_value(told, "volume", "valueReference"))
    held = contained(resource, reference, "BodyStructure")
    site = read_site(held.get("location"), codes, listed(held.get("locationQualifier")))
    described = words(held.get("description"))
    quantity = _value(told, "totalDoseDelivered", "valueQuantity")
    dose = read_gray(quantity)
    delivered = f"Delivered: {read_value({'valueQuantity': quantity}).sentence}" if quantity and dose is None else ""
    return Volume(
        name=reference.removeprefix("#").rpartition("/")[2] or "volume",
        site=site if site.text or not described else replace(site, text=described),
        dose_gy=dose,
        fractions=_whole(_value(told, "fractionsDelivered", "valueUnsignedInt", "valuePositiveInt", "valueInteger")),
        told=tuple(each for each in (f"Volume: {described}" if described else "", delivered) if each),
    )


def _value(told: Json, url: str, *names: str) -> object:
    for each in extensions(told, url):
        for name in names:
            if each.get(name) is not None:
                return each[name]
    return None


def read_gray(quantity: object) -> Decimal | None:
    """A dose in Gy, exactly; None for any unit but gray and centigray."""
    told = mapping(quantity)
    amount = number(told.get("value"))
    factor = GRAY.get(words(told.get("code")) or words(told.get("unit")))
    if amount is None or factor is None or amount <= 0 or words(told.get("comparator")):
        return None
    exact = amount / factor
    return exact if exact == storable(exact) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_FRACTIONS else None


def _with_field(volume: Volume, codes: Codes) -> Volume:
    site = volume.site
    code = field_of(site, codes)
    if code != WHOLE_BRAIN or ENTIRE in site.qualifiers:
        return replace(volume, field=code)
    return replace(volume, field=code, told=(*volume.told, BRAIN_NOT_SAID))


def field_of(site: Site, codes: Codes) -> str:
    """The field of ours that a site is, with its side and its qualifiers; empty where none is."""
    known = codes.of(FIELD, site.found)
    code = known[1] if known else _by_structure(site, codes)
    if code == WHOLE_BRAIN and site.is_partial:
        return PART_OF_BRAIN
    sided = BY_SIDE.get(code, {}).get(site.side, code)
    return "" if sided in OF_THE_WHOLE and site.is_partial else sided


def _by_structure(site: Site, codes: Codes) -> str:
    """The one field whose structure it is; a field of several structures is none of them alone."""
    wanted = {each.code for each in site.found if canonical(each.system) == SNOMED}
    fields = codes.catalogue.fields.values()
    found = [each.code for each in fields if len(each.mcode_sites) == 1 and each.mcode_sites[0] in wanted]
    return found[0] if len(found) == 1 else ""


def _named_apart(volumes: list[Volume]) -> list[Volume]:
    """Volumes of one name, numbered."""
    seen: dict[str, int] = {}
    apart = []
    for each in volumes:
        seen[each.name] = seen.get(each.name, 0) + 1
        apart.append(replace(each, name=f"{each.name}-{seen[each.name]}") if seen[each.name] > 1 else each)
    return apart


def _by_place(volumes: Iterable[Volume]) -> Iterator[Volume]:
    """One volume for each place: a dose to a volume is the total of the course there, so that a smaller volume in the
    same field lies within it and does not come on top."""
    places: dict[tuple[str, str], Volume] = {}
    for each in volumes:
        key = (each.field, each.site.side)
        held = places.get(key)
        if held is None:
            places[key] = each
        else:
            larger, smaller = (each, held) if _amount(each) > _amount(held) else (held, each)
            places[key] = replace(larger, told=(*larger.told, *smaller.told, f"Within it: {_sentence(smaller)}"))
    yield from places.values()


def _amount(volume: Volume) -> Decimal:
    return volume.dose_gy or Decimal(0)


def _sentence(volume: Volume) -> str:
    """ "Chest wall: 60 Gy in 30 fractions", as far as it is told."""
    place = volume.site.text or volume.name
    dose = f"{volume.dose_gy:f} Gy" if volume.dose_gy is not None else ""
    given = f"in {volume.fractions} fractions" if volume.fractions is not None else ""
    amount = " ".join(each for each in (dose, given) if each)
    return f"{place}: {amount}" if amount else place


def _beams(resource: Json) -> list[Coding]:
    """The kinds of radiation: mCODE says which were used, not which place got which."""
    nested = [
        coding
        for each in extensions(resource, MODALITY_AND_TECHNIQUE)
        for coding in extension_codings(each, MODALITY, "modality")
    ]
    return [*nested, *extension_codings(resource, MODALITY)]


def _common(resource: Json, status: str, beams: list[Coding], codes: Codes) -> dict[str, object]:
    """What the course says of all its places."""
    beams = [each for each in beams if canonical(each.system) == SNOMED]
    kinds = {BEAMS.get(each.code, "other") for each in beams}
    period = period_of(resource, "performed")
    values = (period.without_end() if status in GOING else period).values()
    if len(kinds) == 1:
        values["modality"] = kinds.pop()
    if read_reason(resource, codes, PROFILE).is_palliative:
        values["purpose"] = "palliative"
    told = [f"Kinds of radiation: {', '.join(without_kind(each.display) for each in beams)}"] if len(kinds) > 1 else []
    stopped = concept_text(resource.get("statusReason"))
    told += [f"{status[:1].upper()}{status[1:]}: {stopped}"] if stopped else []
    return values | {"note": "\n".join([*told, *(each for each in notes_of(resource) if each)])}


def _entry(volume: Volume, common: dict[str, object], diagnosis: str) -> EntryRecord:
    values: dict[str, object] = {"fields": [volume.field], **common}
    if volume.dose_gy is not None:
        values["dose_gy"] = volume.dose_gy
    if volume.fractions is not None:
        values["fractions"] = volume.fractions
    if side := one_side([volume.site]):
        values["laterality"] = side
    note = "\n".join(each for each in (*volume.told, str(common["note"])) if each)
    values |= {"note": cut(note, 4000)}
    return EntryRecord(
        section=RADIATION,
        values={name: value for name, value in values.items() if value != ""},
        part=cut(volume.name, 120),
        diagnosis=diagnosis,
    )
