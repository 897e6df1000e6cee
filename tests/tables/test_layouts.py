"""The declarations of the four tables agree with themselves, the record, the documentation and the templates."""

import csv
import io

import pytest

from tests.shared import PROJECT
from tracker.engine.catalogue import DOSE_UNITS, ROUTES
from tracker.models import Contact, ContactKind, Outcome, Result, ResultStatus, Sex, Survivor, TransplantKind
from tracker.services.sections import registry
from tracker.services.sections.spec import Kind
from tracker.services.table_treatments import FIELDS, SECTIONS
from tracker.tables.columns import Layout, Value, squeezed
from tracker.tables.layouts import CONTACTS, LAYOUTS, RESULTS, SURVIVORS, TREATMENTS
from tracker.tables.templates import documentation, template

every_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
TEXTS = (Value.TEXT, Value.NAME, Value.LONG_TEXT, Value.IDENTIFIER, Value.LANGUAGE)


@every_layout
def test_no_name_means_two_columns(layout: Layout) -> None:
    names = [squeezed(name) for each in layout.columns for name in (each.name, *each.aliases)]
    assert sorted(names) == sorted(set(names))


@every_layout
def test_no_word_means_two_choices_and_every_column_is_explained(layout: Layout) -> None:
    for column in layout.columns:
        assert column.meaning.endswith((".", "…")) and (column.choices is not None) == (column.value == Value.CHOICE)
        for code, words in (column.choices or {}).items():
            assert {column.choice(word) for word in (code, code.upper(), *words)} == {code}


@every_layout
def test_the_documentation_says_what_is_declared(layout: Layout) -> None:
    said = (PROJECT / "docs" / "imports.md").read_text(encoding="utf-8")
    assert documentation(layout) in said and layout.purpose in said


@every_layout
def test_the_template_in_the_documentation_is_the_declared_one(layout: Layout) -> None:
    stored = (PROJECT / "docs" / "templates" / f"{layout.kind}.csv").read_bytes()
    assert stored == template(layout).encode()
    heading, *rows = csv.reader(io.StringIO(stored.decode("utf-8-sig")))
    assert heading == [each.name for each in layout.columns] and 2 <= len(rows) <= 4
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_the_codes_are_those_of_the_record() -> None:
    def codes(layout: Layout, column: str) -> set[str]:
        return set(layout.column(column).choices or {})

    assert codes(SURVIVORS, "sex") == set(Sex)
    assert codes(CONTACTS, "kind") == set(ContactKind)
    assert codes(RESULTS, "outcome") == set(Outcome)
    assert codes(RESULTS, "status") < set(ResultStatus)
    assert codes(TREATMENTS, "unit") == set(DOSE_UNITS)
    assert codes(TREATMENTS, "route") == set(ROUTES) - {""}
    assert codes(TREATMENTS, "transplant_kind") == set(TransplantKind)
    assert codes(TREATMENTS, "kind") == set(SECTIONS)


def test_a_text_is_no_longer_than_its_column_in_the_record() -> None:
    tables = ((SURVIVORS, Survivor, {"record_number": "mrn"}), (RESULTS, Result, {"done_elsewhere": "source"}))
    for layout, table, others in (*tables, (CONTACTS, Contact, {})):
        for column in layout.columns:
            found = table.__table__.columns.get(others.get(column.name, column.name))
            longest = getattr(found.type, "length", None) if found is not None else None
            if column.value in TEXTS and longest:
                assert column.longest <= longest, column.name


def test_every_column_of_a_treatment_fills_a_field_that_is_there() -> None:
    for kind, fields in FIELDS.items():
        section = registry.section(SECTIONS[kind])
        assert {
            TREATMENTS.column(name).only_of == () or kind in TREATMENTS.column(name).only_of for name in fields
        } == {True}
        for column, name in fields.items():
            field = section.field(name)
            if field.kind in (Kind.TEXT, Kind.LONG_TEXT) or (field.kind == Kind.LOOKUP and field.open):
                assert TREATMENTS.column(column).longest <= field.longest


@pytest.mark.parametrize(
    "heading, name",
    [
        ("Record Number", "record_number"),
        ("MRN", "record_number"),
        ("Date of birth", "birth_date"),
        ("DOB", "birth_date"),
        ("e-mail", "email"),
        ("END OF THERAPY", "end_of_therapy_on"),
    ],
)
def test_a_heading_is_understood_in_capitals_and_by_another_name(heading: str, name: str) -> None:
    found = SURVIVORS.find(heading)
    assert found is not None and found.name == name
