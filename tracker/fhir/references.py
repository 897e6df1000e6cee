"""References between the entries of one bundle, and the ones that lead nowhere."""

import re
from collections.abc import Iterator

from tracker.errors import ImportRefused
from tracker.fhir.reading import Entry
from tracker.fhir.values import CONTAINED_SUBJECT, NO_SUBJECT, NOT_A_PATIENT, Json, Skipped, listed, mapping, words

_RELATIVE = re.compile(r"([A-Za-z]+)/([A-Za-z0-9.\-]+)")
_HISTORY = re.compile(r"/_history/[^/]*$")
WITHIN = ("urn:uuid:", "urn:oid:")


class References:
    """Finds the entry a reference means: by its address, or by type and id."""

    def __init__(self, entries: list[Entry]) -> None:
        self._by_address = {entry.full_url: entry for entry in entries if entry.full_url}
        self._by_path = {f"{entry.type}/{entry.id}": entry for entry in entries if entry.id}

    def resolve(self, reference: str, holder: Entry) -> Entry | None:
        """The entry a reference in ``holder`` means; None where it is not in this bundle."""
        wanted = _HISTORY.sub("", reference)
        if wanted in self._by_address:
            return self._by_address[wanted]
        if not _RELATIVE.fullmatch(wanted):
            return None
        # A relative reference is meant from where its own resource comes from.
        base = holder.full_url.removesuffix(f"{holder.type}/{holder.id}")
        return self._by_address.get(base + wanted) or self._by_path.get(wanted)

    def patient_of(self, entry: Entry) -> Entry:
        """The Patient entry that this entry is about.

        Raises:
            Skipped: it is about nobody, or not about a patient.
            ImportRefused: it is about a patient who is not in this file.
        """
        reference = words(mapping(entry.resource.get("subject")).get("reference"))
        if not reference:
            raise Skipped(NO_SUBJECT)
        if reference.startswith("#"):
            raise Skipped(CONTAINED_SUBJECT)
        found = self.resolve(reference, entry)
        if found is not None:
            return found if found.type == "Patient" else _skip(NOT_A_PATIENT)
        relative = _RELATIVE.fullmatch(_HISTORY.sub("", reference))
        if relative is not None and relative[1] != "Patient":
            raise Skipped(NOT_A_PATIENT)
        raise ImportRefused(f"{entry.place}: subject.reference {reference[:120]!r} leads to no patient in this file")

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
