"""References between the entries of one bundle or one set of files, and the ones that lead nowhere."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tracker.errors import ImportRefused
from tracker.fhir.reading import Entry
from tracker.fhir.subjects import subject_references
from tracker.fhir.values import CONTAINED_SUBJECT, NO_SUBJECT, NOT_A_PATIENT, Json, Skipped, listed, mapping, words
from tracker.services.import_records import Registered

_RELATIVE = re.compile(r"([A-Za-z]+)/([A-Za-z0-9.\-]+)")
_HISTORY = re.compile(r"/_history/[^/]*$")
_TAIL = re.compile(r"([A-Za-z]+)/([A-Za-z0-9.\-]+)$")
WITHIN = ("urn:uuid:", "urn:oid:")
# Which resources a resource is not understood without: they are put into its ``contained``.
PARTS = {
    "MedicationRequest": frozenset({"Medication"}),
    "MedicationAdministration": frozenset({"Medication"}),
    "MedicationStatement": frozenset({"Medication"}),
    "Procedure": frozenset({"BodyStructure"}),
    "Observation": frozenset({"Specimen", "BodyStructure"}),
    "CareTeam": frozenset({"Practitioner", "PractitionerRole", "Organization", "RelatedPerson"}),
    "Appointment": frozenset({"Practitioner", "Location"}),
}
SHELVED = frozenset().union(*PARTS.values())


@dataclass(frozen=True)
class Known:
    """A survivor on record whom a reference means, and the server the record came from ("" where it is not told)."""

    person: Registered
    base: str = ""


def nobody(_reference: str, _display: str) -> Known | None:
    """Nobody is on record: a file read by itself."""
    return None


@dataclass(frozen=True)
class Around:
    """What lies around a file: who is on record (asked by reference and display), and the resources of other files
    that this one may refer to, by path ("Medication/1")."""

    people: Callable[[str, str], Known | None] = nobody
    shelf: Mapping[str, Json] = field(default_factory=dict)


class References:
    """Finds the entry a reference means: by its address, or by type and id."""

    def __init__(self, entries: list[Entry], around: Around | None = None) -> None:
        self._by_address = {entry.full_url: entry for entry in entries if entry.full_url}
        self._by_path = {f"{entry.type}/{entry.id}": entry for entry in entries if entry.id}
        self._around = around or Around()

    def resolve(self, reference: str, holder: Entry) -> Entry | None:
        """The entry a reference in ``holder`` means; None where it is not in this bundle."""
        wanted = without_version(reference)
        if wanted in self._by_address:
            return self._by_address[wanted]
        if not _RELATIVE.fullmatch(wanted):
            return None
        # A relative reference is meant from where its own resource comes from.
        return self._by_address.get(holder.base + wanted) or self._by_path.get(wanted)

    def subject_of(self, entry: Entry) -> Entry | Known:
        """The Patient entry that this entry is about, or the survivor on record.

        Raises:
            Skipped: it is about nobody, or not about a patient.
            ImportRefused: it is about a patient who is neither in this file nor on record.
        """
        found = subject_references(entry.resource)
        if not found:
            raise Skipped(NO_SUBJECT)
        reference = next((each for each in found if self._is_patient(each, entry)), found[0])
        if reference.startswith("#"):
            raise Skipped(CONTAINED_SUBJECT)
        held = self.resolve(reference, entry)
        if held is not None:
            return held if held.type == "Patient" else _skip(NOT_A_PATIENT)
        relative = _TAIL.search(without_version(reference))
        if relative is not None and relative[1] != "Patient":
            raise Skipped(NOT_A_PATIENT)
        known = self._around.people(without_version(reference), _display(entry.resource, reference))
        if known is None:
            raise ImportRefused(
                f"{entry.place}: subject.reference {reference[:120]!r} leads to no patient in this file, "
                "nor to anybody who came with it. Import the patient together with it",
                waits=True,
            )
        return known

    def _is_patient(self, reference: str, holder: Entry) -> bool:
        held = self.resolve(reference, holder)
        tail = _TAIL.search(without_version(reference))
        return held.type == "Patient" if held is not None else tail is not None and tail[1] == "Patient"

    def whole(self, entry: Entry) -> Json:
        """The resource with what it is not understood without in its ``contained``; unchanged where that is nothing."""
        wanted = PARTS.get(entry.type, frozenset())
        parts = {
            reference: part
            for _, reference in _references(entry.resource, "")
            if wanted and (part := self._part(reference, entry, wanted)) is not None
        }
        return _with_parts(entry.resource, parts) if parts else entry.resource

    def _part(self, reference: str, holder: Entry, wanted: frozenset[str]) -> Json | None:
        held = self.resolve(reference, holder)
        if held is not None:
            return held.resource if held.type in wanted else None
        tail = _TAIL.search(without_version(reference))
        return self._around.shelf.get(tail[0]) if tail is not None and tail[1] in wanted else None

    def check(self, entry: Entry) -> None:
        """Refuse a reference that can only mean this file, and leads nowhere in it.

        Raises:
            ImportRefused: the message names entry, path and reference.
        """
        contained = {words(each.get("id")) for each in listed(entry.resource.get("contained"))}
        for path, reference in _references(entry.resource, ""):
            if reference.startswith("#"):
                broken = reference[1:] not in contained | {""}
            else:
                broken = reference.startswith(WITHIN) and self.resolve(reference, entry) is None
            if broken:
                raise ImportRefused(f"{entry.place}: {path} {reference[:120]!r} leads to nothing in this file")


def _skip(reason: str) -> Entry:
    raise Skipped(reason)


def _display(resource: Json, reference: str) -> str:
    """What the holder calls whom it refers to."""
    for name in ("subject", "patient"):
        told = mapping(resource.get(name))
        if told.get("reference") == reference:
            return words(told.get("display"))
    return ""


def _with_parts(resource: Json, parts: Mapping[str, Json]) -> Json:
    whole: Json = copy.deepcopy(resource)
    contained = listed(whole.get("contained"))
    taken = {words(each.get("id")) for each in contained}
    names: dict[str, str] = {}
    for number, reference in enumerate(sorted(parts), start=1):
        own = words(parts[reference].get("id"))
        names[reference] = own if own and own not in taken else f"part-{number}"
        taken.add(names[reference])
        contained.append({**parts[reference], "id": names[reference]})
    whole["contained"] = contained
    for holder in holders(whole):
        if holder["reference"] in names:
            holder["reference"] = f"#{names[holder['reference']]}"
    return whole


def holders(value: object) -> Iterator[Json]:
    """Everything in a resource that holds a reference, at any depth."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for held in value.values():
            yield from holders(held)
    elif isinstance(value, list):
        for each in value:
            yield from holders(each)


def _references(value: Json, path: str) -> Iterator[tuple[str, str]]:
    for key, held in value.items():
        here = f"{path}.{key}" if path else key
        if key == "reference" and isinstance(held, str):
            yield here, held
        elif isinstance(held, dict):
            yield from _references(held, here)
        elif isinstance(held, list):
            for number, each in enumerate(held):
                if isinstance(each, dict):
                    yield from _references(each, f"{here}[{number}]")


def without_version(reference: str) -> str:
    """The reference to the resource, where it is to one of its versions."""
    return _HISTORY.sub("", reference)


def tail_of(reference: str) -> str:
    """The id at the end of a reference, where it ends in type and id; else the reference as it is."""
    found = _TAIL.search(without_version(reference))
    return found[2] if found is not None else reference.removeprefix("urn:uuid:")
