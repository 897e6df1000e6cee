"""Enrolling, correcting, contacts and decisions: for coordinators and clinicians."""

from uuid import UUID

from tests.web.access.table import Row, World

CLINICAL = frozenset({"coordinator", "clinician"})


def survivor(world: World) -> dict[str, UUID]:
    return {"survivor_id": world.survivor.id}


def contact(world: World) -> dict[str, UUID]:
    return {"survivor_id": world.survivor.id, "contact_id": world.contact.id}


ROWS = [
    Row("enrollment.new", "GET", needs="clinic", allowed=CLINICAL),
    Row("enrollment.create", "POST", needs="clinic", allowed=CLINICAL, form={}),
    Row("enrollment.edit", "GET", needs="survivor", allowed=CLINICAL, url=survivor),
    Row("enrollment.update", "POST", needs="survivor", allowed=CLINICAL, url=survivor, form={}),
    Row("enrollment.standing", "GET", needs="survivor", allowed=CLINICAL, url=survivor),
    Row("enrollment.standing", "POST", needs="survivor", allowed=CLINICAL, url=survivor, form={}),
    Row("enrollment.contacts", "GET", needs="survivor", allowed=CLINICAL, url=survivor),
    Row("enrollment.add_contact", "POST", needs="survivor", allowed=CLINICAL, url=survivor, form={"kind": "mother"}),
    Row("enrollment.edit_contact", "GET", needs="survivor", allowed=CLINICAL, url=contact),
    Row(
        "enrollment.update_contact",
        "POST",
        needs="survivor",
        allowed=CLINICAL,
        url=contact,
        form={"kind": "mother", "phone": "617-555-0124"},
    ),
    Row("enrollment.remove_contact", "POST", needs="survivor", allowed=CLINICAL, url=contact),
    # Without an address nothing is made, so that the next role finds the page as it was.
    Row("enrollment.invite", "POST", needs="survivor", allowed=CLINICAL, url=survivor, form={}),
]
