"""CareTeam → the people and places that take care of a survivor, and a chart entry."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tracker.fhir.codes import Codes
from tracker.fhir.named import contained, display, key_of, kind_of, name_of
from tracker.fhir.patient import reach
from tracker.fhir.told import chart, end_of, entry_of, first_of, meaning, partial, start_of, status_of, texts_of
from tracker.fhir.values import Json, cut, listed, words
from tracker.services.import_records import ChartRecord, EntryRecord
from tracker.services.sections.people import CARE_TEAM

IN_CHARGE = ("active", "inactive")
LONGEST_PART = 200
TEAM = "Care team"
OTHER_ROLE = "other"


@dataclass(frozen=True)
class _Member:
    """Somebody of the team, or a place; ``roles`` are what they do in general."""

    name: str
    organization: str
    phone: str
    email: str
    roles: tuple[object, ...] = ()


def from_fhir(resource: Json, *, external_id: str, codes: Codes) -> ChartRecord:
    """The entry. Only of a team that is or was in charge do the members stand in the record.

    Raises:
        Skipped: entered in error.
    """
    status = status_of(resource)
    entries = tuple(_entries(resource, codes, status)) if status in IN_CHARGE else ()
    name = words(resource.get("name"))
    return chart(
        resource,
        first_of(resource.get("category"), {"text": name}) or {"text": TEAM},
        external_id=external_id,
        status=status,
        day=start_of(resource.get("period")),
        value="; ".join([*filter(str.strip, [name]), *texts_of(resource.get("reasonCode"))]),
        mapped_to=CARE_TEAM.key if entries else "",
        entries=entries,
    )


def _entries(team: Json, codes: Codes, status: str) -> Iterator[EntryRecord]:
    seen: Counter[str] = Counter()
    for number, participant in enumerate(listed(team.get("participant"))):
        member = participant.get("member")
        if _is_subject(team, member):
            continue
        key = key_of(member) or display(member) or f"participant {number}"
        seen[key] += 1
        part = key if seen[key] == 1 else f"{key[: LONGEST_PART - 10]}|{seen[key]}"
        yield from _entry(team, participant, codes, status, cut(part, LONGEST_PART))


def _is_subject(team: Json, member: object) -> bool:
    whom = key_of(team.get("subject"))
    return kind_of(team, member) == "Patient" or (whom != "" and key_of(member) == whom)


def _entry(team: Json, participant: Json, codes: Codes, status: str, part: str) -> tuple[EntryRecord, ...]:
    member = _member(team, participant.get("member"))
    if not member.name and not member.organization:
        return ()
    role = meaning("care_role", first_of(participant.get("role"), *member.roles), codes)
    period, whole = participant.get("period"), team.get("period")
    until = end_of(period) or end_of(whole)
    is_over = status == "inactive" and until is None
    values = {
        "role": role.value or OTHER_ROLE,
        "name": member.name,
        "organization": member.organization or name_of(team, participant.get("onBehalfOf")),
        "phone": member.phone,
        "email": member.email,
        "from_on": partial(start_of(period) or start_of(whole)),
        "until_on": partial(until),
        "note": "No longer in charge; since when is not told" if is_over else "",
    }
    return entry_of(CARE_TEAM, values, part=part)


def _member(team: Json, reference: object) -> _Member:
    held = contained(team, reference)
    kind = kind_of(team, reference)
    phone, email = reach(held, "phone"), reach(held, "email")
    if kind == "Organization":
        return _Member("", name_of(team, reference), phone, email)
    if kind != "PractitionerRole":
        return _Member(name_of(team, reference), "", phone, email)
    doctor = contained(team, held.get("practitioner"))
    return _Member(
        name_of(team, held.get("practitioner")) or display(reference),
        name_of(team, held.get("organization")),
        phone or reach(doctor, "phone"),
        email or reach(doctor, "email"),
        (*listed(held.get("specialty")), *listed(held.get("code"))),
    )
