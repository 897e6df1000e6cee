"""The form of an entry on its page: two columns, what stands below them, what is folded, and the organs."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from tracker.engine.catalogue import Catalogue, title_of
from tracker.engine.rules import Pack
from tracker.services.sections.checks import lookup_list, organ_exposures
from tracker.services.sections.editing import SectionSheet
from tracker.services.sections.spec import Field, Kind, Section
from tracker.web.forms_sections import EntryForm, field_codes, proposed
from tracker.web.section_fields import OrgansField, plain_number

SHOWN_FIRST = 9
KIND_OF_FIELD = {
    Kind.LOOKUP: "lookup",
    Kind.CODES: "boxes",
    Kind.PARTIAL_DATE: "day",
    Kind.DATE: "day",
    Kind.ORGANS: "organs",
    Kind.YES_NO: "yes_no",
    Kind.LONG_TEXT: "long_text",
    Kind.DECIMAL: "number",
    Kind.INTEGER: "number",
}
# How much room a field takes, so that two columns come out alike.
ROOM = {Kind.CODES: 3, Kind.LONG_TEXT: 2}
NARROW, WIDE = "10", "20"
DOSE_TO = "radiation dose to the "


@dataclass(frozen=True)
class FieldView:
    """One field on the page: how it is shown, the unit behind it, or the field in which the unit is chosen."""

    spec: Field
    form: Any
    kind: str
    suffix: str = ""
    width: str = WIDE
    unit: Any = None


@dataclass(frozen=True)
class OrganView:
    """One organ: is it ticked, and with what mean dose."""

    name: str
    label: str
    ticked: bool
    dose: str
    is_faulty: bool = False


@dataclass(frozen=True)
class OrgansView:
    """The organs of the chosen fields, others that could be added, and the fields they are shown for."""

    shown_for: str = ""
    organs: list[OrganView] = field(default_factory=list)
    others: list[OrganView] = field(default_factory=list)


@dataclass(frozen=True)
class EntryPage:
    """The form's fields: two columns, what stands below them, what is folded, and the lists the boxes offer."""

    left: list[FieldView]
    right: list[FieldView]
    below: list[FieldView]
    folded: list[FieldView]
    lists: dict[str, list[str]]
    organs: OrgansView
    required: str


def entry_page(form: EntryForm, sheet: SectionSheet) -> EntryPage:
    """Divide the fields over the page. Rarely used ones are folded, unless they hold something or are at fault."""
    section = sheet.section
    views = _views(form, section)
    below = [view for view in views if view.kind == "organs"]
    shown, folded = _divided([view for view in views if view.kind != "organs"], sheet)
    left, right = _halves(shown)
    names = [str(_(each.label)) for each in section.fields if each.required]
    return EntryPage(
        left=left,
        right=right,
        below=below,
        folded=folded,
        lists=_lists(section, sheet.catalogue),
        organs=_organs_view(form, sheet) if below else OrgansView(),
        required=str(_(" and ").join(f"“{name}”" for name in names)),
    )


def _views(form: EntryForm, section: Section) -> list[FieldView]:
    """The fields in order; a unit to be chosen stands beside its number."""
    views: list[FieldView] = []
    for spec in section.fields:
        if spec.kind == Kind.CHOICE and _is_unit(spec) and views and views[-1].kind == "number":
            views[-1] = replace(views[-1], kind="measured", unit=form[spec.name])
        else:
            views.append(_view(spec, form))
    return views


def _is_unit(spec: Field) -> bool:
    return spec.name == "unit" or spec.name.endswith("_unit")


def _view(spec: Field, form: EntryForm) -> FieldView:
    kind = KIND_OF_FIELD.get(spec.kind, "plain")
    if hasattr(form[spec.name], "chosen"):
        kind = "gray"
    suffix = str(_(spec.unit)) if spec.unit and kind == "number" else ""
    return FieldView(spec, form[spec.name], kind, suffix, NARROW if spec.longest <= 40 else WIDE)


def _divided(views: list[FieldView], sheet: SectionSheet) -> tuple[list[FieldView], list[FieldView]]:
    if len(views) <= SHOWN_FIRST + 1:
        return views, []
    several = len(sheet.diagnoses) > 1
    early = [
        place < SHOWN_FIRST or _says_something(view) or (several and view.spec.kind == Kind.DIAGNOSIS)
        for place, view in enumerate(views)
    ]
    shown = [view for view, is_early in zip(views, early, strict=True) if is_early]
    return shown, [view for view, is_early in zip(views, early, strict=True) if not is_early]


def _says_something(view: FieldView) -> bool:
    return bool(view.form.errors) or view.form.data not in (None, "", "unknown")


def _halves(views: list[FieldView]) -> tuple[list[FieldView], list[FieldView]]:
    room = [ROOM.get(view.spec.kind, 1) for view in views]
    taken, place = 0, 0
    while place < len(views) and taken + room[place] / 2 <= sum(room) / 2:
        taken += room[place]
        place += 1
    return views[:place], views[place:]


def _lists(section: Section, catalogue: Catalogue) -> dict[str, list[str]]:
    names = {each.lookup for each in section.fields if each.kind in (Kind.LOOKUP, Kind.CODES)}
    return {name: [title_of(each) for each in lookup_list(catalogue, name).values()] for name in sorted(names)}


def _organs_view(form: EntryForm, sheet: SectionSheet) -> OrgansView:
    """Organs as they stand, as they were typed for these fields, or as the fields propose them."""
    section, pack = sheet.section, sheet.pack
    typed: Any = next(form[each.name] for each in section.fields if each.kind == Kind.ORGANS)
    codes = field_codes(form, section, sheet.catalogue)
    offered = proposed(sheet.catalogue, codes)
    chosen, doses = _chosen_organs(typed, offered, ",".join(codes))
    first = list(dict.fromkeys([*offered, *chosen]))
    rest = sorted(organ_exposures(sheet.catalogue) - set(first), key=lambda name: organ_label(pack, name))
    known = [code for code in codes if code in sheet.catalogue.fields]

    def view(name: str) -> OrganView:
        return OrganView(name, organ_label(pack, name), name in chosen, doses.get(name, ""), name in typed.faulty)

    return OrgansView(",".join(known), [view(name) for name in first], [view(name) for name in rest])


def _chosen_organs(typed: OrgansField, offered: list[str], shown_for: str) -> tuple[list[str], dict[str, str]]:
    if typed.is_typed and typed.shown_for:
        # Of fields that were changed since, the organs come in as they are proposed; a dose is never dropped.
        named = [*sorted(typed.ticked), *typed.doses] if typed.shown_for == shown_for else [*offered, *typed.doses]
        return list(dict.fromkeys(named)), typed.doses
    if typed.data is None:
        return offered, typed.doses
    doses = {name: plain_number(Decimal(gray)) for name, gray in typed.data.items() if gray is not None}
    return list(typed.data), doses


def organ_label(pack: Pack, name: str) -> str:
    """What an organ is called: the pack speaks of the dose to it, the list of the organ alone."""
    label = pack.exposures[name].label if name in pack.exposures else name
    organ = label.removeprefix(DOSE_TO)
    return organ[:1].upper() + organ[1:]
