"""Every part of the record by its key, in the order in which a chart is read."""

from tracker.errors import NotFound
from tracker.services.sections.people import PEOPLE_SECTIONS
from tracker.services.sections.spec import Group, Section
from tracker.services.sections.therapy import THERAPY_SECTIONS
from tracker.services.sections.transplant import TRANSPLANT_SECTIONS
from tracker.services.sections.tumor import TUMOR_SECTIONS
from tracker.services.sections.workup import WORKUP_SECTIONS

DECLARED = (*TUMOR_SECTIONS, *WORKUP_SECTIONS, *THERAPY_SECTIONS, *TRANSPLANT_SECTIONS, *PEOPLE_SECTIONS)
SECTIONS: dict[str, Section] = {
    section.key: section for group in Group for section in DECLARED if section.group == group
}


def section(key: str) -> Section:
    """The part of the record with this key.

    Raises:
        NotFound: there is none.
    """
    found = SECTIONS.get(key)
    if found is None:
        raise NotFound("There is no such part of the record")
    return found


def in_group(group: Group) -> tuple[Section, ...]:
    """The sections of one group, in order."""
    return tuple(each for each in SECTIONS.values() if each.group == group)
