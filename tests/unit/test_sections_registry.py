"""The declarations of the record's sections agree with the tables, the catalogue and each other."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from tracker.db import PartialDateText
from tracker.errors import NotFound
from tracker.guidelines.catalogue import load_catalogue
from tracker.models import YES_NO, Base
from tracker.policy import Action
from tracker.services import given
from tracker.services.sections import registry
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.spec import Field, Group, Kind, Section

MODULES = ("tumor", "workup", "therapy", "people")
KEYS = [
    "metastases",
    "symptoms",
    "tumor-variants",
    "germline-findings",
    "immune-statuses",
    "relatives",
    "conferences",
    "workup-exams",
    "workup-imaging",
    "biopsies",
    "workup-labs",
    "surgeries",
    "radiation",
    "drugs",
    "transplants",
    "gvhd",
    "transfusions",
    "radionuclides",
    "trials",
    "adverse-events",
    "care-team",
    "guardians",
    "insurance",
    "allergies",
    "medications",
    "problems",
    "immunizations",
    "reproductive",
    "schooling",
]
NOT_ASKED = {"id", "survivor_id", "recorded_at"}
TEXTS = {Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE, Kind.YES_NO, Kind.LOOKUP}
LISTED = re.compile(r"^(\w+) IN \((.*)\)$")
SECTIONS = list(registry.SECTIONS.values())
every_section = pytest.mark.parametrize("section", SECTIONS, ids=lambda each: each.key)


def columns(section: Section) -> dict[str, sa.Column[object]]:
    return {column.key: column for column in sa.inspect(section.table).columns}


def closed_lists(section: Section) -> dict[str, list[str]]:
    """Column → the values its check allows."""
    found = {}
    for constraint in section.table.__table__.constraints:  # type: ignore[attr-defined]
        if isinstance(constraint, sa.CheckConstraint) and (match := LISTED.match(str(constraint.sqltext))):
            found[match[1]] = [value.strip().strip("'") for value in match[2].split(",")]
    return found


def test_there_is_one_section_for_every_table_of_the_record() -> None:
    tables = {
        mapper.class_
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.rpartition(".")[2] in MODULES and "tracker.models" in mapper.class_.__module__
    }
    assert sorted(registry.SECTIONS) == sorted(KEYS)
    assert {each.table for each in SECTIONS} == tables
    assert len(SECTIONS) == len(tables) == 29
    assert all(key == each.key for key, each in registry.SECTIONS.items())


@every_section
def test_every_column_has_its_field_and_every_field_its_column(section: Section) -> None:
    names = [field.name for field in section.fields]
    assert set(names) == set(columns(section)) - NOT_ASKED
    assert len(names) == len(set(names))


def kinds_for(field: Field, column: sa.Column[object], listed: dict[str, list[str]]) -> set[Kind]:
    if field.name in listed:
        return {Kind.YES_NO} if listed[field.name] == YES_NO else {Kind.CHOICE}
    kinds: list[tuple[Any, set[Kind]]] = [
        (PartialDateText, {Kind.PARTIAL_DATE}),
        (sa.Uuid, {Kind.DIAGNOSIS}),
        (sa.JSON, {Kind.CODES, Kind.ORGANS}),
        (sa.Integer, {Kind.INTEGER}),
        (sa.Numeric, {Kind.DECIMAL}),
        (sa.Text, {Kind.LONG_TEXT}),
        (sa.String, {Kind.TEXT, Kind.CHOICE, Kind.LOOKUP}),
    ]
    return next((allowed for kind, allowed in kinds if isinstance(column.type, kind)), {Kind.TEXT})


@every_section
def test_a_field_is_of_the_kind_and_the_length_of_its_column(section: Section) -> None:
    listed = closed_lists(section)
    for field in section.fields:
        column = columns(section)[field.name]
        assert field.kind in kinds_for(field, column, listed), field.name
        length = getattr(column.type, "length", None)
        if length is not None and not isinstance(column.type, PartialDateText):
            assert field.longest == length, field.name


@every_section
def test_a_choice_offers_exactly_what_the_table_takes(section: Section) -> None:
    for name, values in closed_lists(section).items():
        field = section.field(name)
        offered = YES_NO if field.kind == Kind.YES_NO else [code for code, _ in field.choices]
        assert sorted(offered) == sorted(values), name
    for field in section.fields:
        assert bool(field.choices) == (field.kind == Kind.CHOICE), field.name
        codes, labels = [code for code, _ in field.choices], [label for _, label in field.choices]
        assert len(set(codes)) == len(codes) and len(set(labels)) == len(labels)
        assert all(len(code) <= field.longest for code in codes)


@every_section
def test_a_number_that_the_table_bounds_is_bounded_in_the_form_too(section: Section) -> None:
    for field in section.fields:
        if field.kind in (Kind.DECIMAL, Kind.INTEGER):
            assert field.least is not None and field.least >= 0, field.name


@every_section
def test_the_required_field_comes_first_and_no_date_is_required(section: Section) -> None:
    required = [field.required for field in section.fields]
    assert required == sorted(required, reverse=True)
    assert all(field.kind not in (Kind.PARTIAL_DATE, Kind.DIAGNOSIS) for field in section.fields if field.required)
    nullable_or_default = {
        name: column.nullable or column.default is not None for name, column in columns(section).items()
    }
    for field in section.fields:
        assert field.required or nullable_or_default[field.name], f"{field.name} cannot be left out"


@every_section
def test_headline_and_dates_name_fields_of_the_section(section: Section) -> None:
    assert section.headline
    for name in section.headline:
        section.field(name)
    for name in filter(None, (section.on, section.until)):
        assert section.field(name).kind == Kind.PARTIAL_DATE
    dates = [field.name for field in section.fields if field.kind == Kind.PARTIAL_DATE]
    assert bool(dates) == bool(section.on)
    assert section.on == (dates or [""])[0]


@every_section
def test_words_are_written_as_words(section: Section) -> None:
    labels = [field.label for field in section.fields]
    assert len(set(labels)) == len(labels)
    for text in (section.title, section.one, *labels):
        assert text == text.strip() and not text.endswith((".", ":"))
    assert section.empty.endswith(".") and section.one[0].islower()
    for field in section.fields:
        assert field.label[0].isupper()
        assert not field.hint or field.hint.endswith(".")
        assert not re.search(r"tumour|oedema|haem|centre|colour|paed", f"{field.label}{field.hint}".lower())


def lookups() -> list[tuple[str, Field]]:
    return [(section.key, field) for section in SECTIONS for field in section.fields if field.lookup]


@pytest.mark.parametrize(("key", "field"), lookups(), ids=lambda each: each if isinstance(each, str) else each.name)
def test_every_list_that_is_looked_up_is_in_the_catalogue_and_fits_the_column(key: str, field: Field) -> None:
    listed = lookup_list(load_catalogue(), field.lookup)
    assert field.kind in (Kind.LOOKUP, Kind.CODES)
    assert listed, f"{key} looks {field.name} up in {field.lookup}, which the pack does not have"
    if field.kind == Kind.LOOKUP:
        assert max(len(code) for code in listed) <= field.longest


def test_what_exposures_follow_from_must_be_in_the_catalogue() -> None:
    closed = {(key, field.name) for key, field in lookups() if not field.open}
    assert {("drugs", "agent"), ("radiation", "fields"), ("surgeries", "operation")} <= closed
    for key, name in (("drugs", "agent"), ("radiation", "fields"), ("surgeries", "operation")):
        assert registry.section(key).field(name).otherwise


def test_exposures_follow_from_exactly_the_tables_that_are_derived_from() -> None:
    assert {each.table for each in SECTIONS if each.derives} == set(given.TABLES)


def test_coordinators_keep_the_people_and_clinicians_the_rest() -> None:
    for each in SECTIONS:
        expected = Action.EDIT_SURVIVOR if each.group == Group.PEOPLE else Action.EDIT_TREATMENT
        assert each.edit == expected, each.key
    assert [each.key for each in SECTIONS if each.confidential] == ["reproductive"]


def test_sections_are_found_by_key_and_by_group_in_the_order_of_a_chart() -> None:
    assert registry.section("drugs").title.startswith("Chemotherapy")
    assert [key for group in Group for key in (each.key for each in registry.in_group(group))] == list(
        registry.SECTIONS
    )
    assert registry.in_group(Group.PEOPLE)[0].key == "care-team"
    with pytest.raises(NotFound):
        registry.section("horoscope")
