"""Opening a treatment summary and saving it untouched changes nothing, whatever an import brought."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, FieldList, Form, FormField

from tests.factories import make_clinic
from tests.reference.survivors import random_case
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.guidelines.loader import load_pack
from tracker.models import Survivor
from tracker.policy import Actor
from tracker.services.case_import import import_case
from tracker.services.treatment import (
    DiagnosisInput,
    ExposureInput,
    Problem,
    Sheet,
    SummaryInput,
    read_summary,
    sheet_for_editing,
)
from tracker.web.fields import PartsField
from tracker.web.forms_treatment import SummaryForm
from tracker.web.forms_treatment_rows import FAST, TUMOR_PREFIX, JoinedLookupField
from tracker.web.presenters_treatment import present_page

OPERATOR = Actor.system("test")
PERSON = Survivor(version=3, birth_date=date(2007, 3, 5))


@pytest.fixture
def words(app_sqlite: Flask) -> Iterator[None]:
    """Labels are worded per reader, so a form needs a request around it."""
    with app_sqlite.test_request_context():
        yield


def typed(form: Form) -> MultiDict[str, str]:
    """What a browser would send back of this form, nothing touched."""
    return MultiDict(pair for field in form for pair in _sent(field))


def _sent(field: Field) -> Iterator[tuple[str, str]]:
    if isinstance(field, FormField):
        yield from typed(field.form).items(multi=True)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            yield from _sent(entry)
    elif isinstance(field, PartsField):
        yield from ((f"{field.name}-{part}", text) for part, text in field.parts.items())
    elif isinstance(field, BooleanField):
        yield from [(field.name, "y")] if field.data else []
    elif isinstance(field, JoinedLookupField):
        yield field.name, field.typed
    else:
        shown: Any = getattr(field, "_value", lambda: field.data or "")()
        yield field.name, str(shown)


def sheet_of(summary: SummaryInput) -> Sheet:
    return Sheet(PERSON, summary, load_pack())


def read_back(sheet: Sheet) -> SummaryInput:
    form = SummaryForm(typed(SummaryForm.of(sheet)))
    assert form.validate(), form.errors
    assert form.seen_version() == sheet.survivor.version
    return form.read(sheet).summary


def same(summary: SummaryInput) -> SummaryInput:
    """Without what a form leaves to the reader: doses as numbers, blank ends of words, whether it was asked."""
    exposures = tuple(replace(each, confirmed=True, certainty=str(each.certainty)) for each in summary.exposures)
    return replace(summary, exposures=tuple(sorted(exposures, key=lambda each: each.name)))


@pytest.mark.parametrize("first_seed", [500, 540])
def test_forty_invented_summaries_come_through_the_form_unchanged(
    words: None, sqlite_url: str, clock: FixedClock, first_seed: int
) -> None:
    database = Database(sqlite_url)
    with Session(database.engine, expire_on_commit=False) as session:
        clinic = make_clinic(session)
        for seed in range(first_seed, first_seed + 40):
            done = import_case(session, clinic.id, random_case(seed), actor=OPERATOR, clock=clock)
            sheet = sheet_for_editing(session, done.survivor_id, actor=OPERATOR)
            assert same(read_back(sheet)) == same(sheet.summary), seed
            assert replace(sheet.summary, entries={}) == read_summary(session, sheet.survivor)
    database.close()


def test_an_empty_summary_stays_empty(words: None) -> None:
    assert read_back(sheet_of(SummaryInput())) == SummaryInput(entries=dict.fromkeys(FAST, ()))


def test_every_choice_that_a_row_holds_is_offered_by_its_page(words: None) -> None:
    pack = load_pack()
    for seed in range(600, 640):
        survivor = random_case(seed)["survivor"]
        own = DiagnosisInput(name=survivor["diagnosis"], tumor=survivor.get("tumor", {}))
        sheet = Sheet(PERSON, SummaryInput(diagnoses=(own,)), pack)
        form = SummaryForm.of(sheet)
        [row] = present_page(form, sheet).diagnoses
        boxes = {cell.form.short_name: cell.form for cell in (*row.asked, *row.others)}
        tumor = [field for name, field in boxes.items() if name.startswith(TUMOR_PREFIX)]
        for field in tumor:
            assert (field.data or "") in [value for value, _words in field.choices], (seed, field.name)
        assert len(tumor) == 10
        assert len(boxes) == len(row.asked) + len(row.others), "no box stands twice"


def test_a_dose_that_stands_is_not_questioned_again_but_a_changed_one_is(words: None) -> None:
    from decimal import Decimal

    sheet = sheet_of(SummaryInput(exposures=(ExposureInput(name="doxorubicin_mg_m2", value=Decimal(3000)),)))
    form = typed(SummaryForm.of(sheet))
    [stands] = SummaryForm(form).read(sheet).summary.exposures
    form["exposures-0-value"] = "3001"
    [changed] = SummaryForm(form).read(sheet).summary.exposures
    assert (stands.confirmed, changed.confirmed) == (True, False)


def test_a_problem_of_no_field_stands_on_top_of_the_form(words: None) -> None:
    sheet = sheet_of(SummaryInput(diagnoses=(DiagnosisInput(name="Leiomyosarcoma"),)))
    form = SummaryForm(typed(SummaryForm.of(sheet)))
    reading = form.read(sheet)
    reading.attach(
        form,
        [
            Problem("elsewhere", "Something is wrong"),
            Problem("diagnoses-0-grade", "Check the grade"),
            Problem("confirmed_by", "Enter a name"),
            Problem("events-growth_complete", "Check the date"),
            Problem("diagnoses-0-color", "There is no field named color"),
        ],
    )
    assert form.form_errors == ["Something is wrong", "There is no field named color"]
    assert reading.rows["diagnoses"][0].form["tumor_grade"].errors == ["Check the grade"]
    assert form.confirmed_by.errors == ["Enter a name"]
    assert form.events.form["growth_complete"].errors == ["Check the date"]


def test_rows_are_added_only_to_lists_and_not_without_end(words: None) -> None:
    form = SummaryForm()
    form.add_row("version")
    form.add_row("nothing")
    for _press in range(40):
        form.add_row("predispositions")
    assert len(form.predispositions.entries) == 15
    assert form.version.data is None
