"""``flask treatment-summary``: two sides of plain text, a page, an earlier day; and a sentence where it cannot."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from tests.factories import make_clinic, make_diagnosis, make_survivor
from tests.integration.given_entries import give, give_drug
from tests.integration.summary_cases import leiomyosarcoma, relapsed_leukemia
from tracker.app import create_command_app
from tracker.cli_summary import LENGTH, WIDTH, as_text
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import AccessEvent, Allergy, HealthProblem
from tracker.policy import Actor
from tracker.services import editions
from tracker.web.context import database
from tracker.web.presenters_summary_print import PrintBlock, Printed, PrintLine


@pytest.fixture
def store(app: Flask) -> Database:
    with app.app_context():
        return database()


@pytest.fixture
def ana(store: Database, clock: FixedClock) -> UUID:
    with store.transaction() as session:
        return leiomyosarcoma(session, clock, make_clinic(session, name="Harbor"), mrn="004417").id


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["treatment-summary", *arguments])


def sides(printed: str) -> list[list[str]]:
    return [side.strip("\n").split("\n") for side in printed.split("\f")]


def test_a_usual_case_fits_on_two_sides(app: Flask, store: Database, clock: FixedClock, ana: UUID) -> None:
    with store.transaction() as session:
        relapsed_leukemia(session, clock, mrn="B1")
    for number in ("004417", "B1"):
        answer = run(app, number)
        assert answer.exit_code == 0, answer.output
        found = sides(answer.stdout)
        assert len(found) == 2
        assert all(len(side) <= LENGTH for side in found)
        assert max(len(line) for side in found for line in side) <= WIDTH
        assert [side[-1][-11:] for side in found] == ["Side 1 of 2", "Side 2 of 2"]


def test_each_side_says_whose_it_is_and_the_text_says_everything(app: Flask, ana: UUID) -> None:
    answer = run(app, str(ana)).stdout
    first, second = sides(answer)
    assert first[-1].startswith("Rivera, Ana · Mar 5, 2007 · MRN 004417")
    assert second[-1].startswith("Rivera, Ana · Mar 5, 2007 · MRN 004417")
    for said in (
        "TREATMENT SUMMARY    As of Nov 23, 2026 · Harbor",
        "Name: Ana Rivera",
        "NOT KNOWN\n  - Leiomyosarcoma: the margin of the resection (R0, R1 or R2) is not known.",
        "  - Doxorubicin: 75 mg/m² × 5 courses = 375 mg/m² · Oct 31, 2022",
        "0.244 × 45,000 = 10,980 mg/m²",
        "Not printed because it is confidential",
    ):
        assert said in answer, said
    assert "ovarian tissue" not in answer
    assert "ovarian tissue" in run(app, "004417", "--with-confidential").stdout


def test_who_was_looked_at_is_noted_under_the_commands_name(app: Flask, store: Database, ana: UUID) -> None:
    run(app, "004417")
    run(app, "nobody")
    with store.reading() as session:
        [noted] = session.scalars(sa.select(AccessEvent)).all()
    assert (noted.actor, noted.survivor_id, noted.purpose) == (
        "treatment-summary command",
        ana,
        "treatment summary, printed",
    )


def test_an_unknown_or_shared_number_is_a_sentence_and_exit_1(app: Flask, store: Database, ana: UUID) -> None:
    answer = run(app, "999999")
    assert answer.exit_code == 1
    assert answer.stderr == "Error: Nobody has the record number or id 999999. Check it, and the clinic\n"
    with store.transaction() as session:
        make_survivor(session, make_clinic(session, name="Lakeside"), mrn="004417", family_name="Okoye")
    shared = run(app, "004417")
    assert shared.exit_code == 1
    assert "Several clinics use the record number 004417" in shared.stderr
    assert "Okoye" in run(app, "004417", "--clinic", "Lakeside").stdout
    nowhere = run(app, "004417", "--clinic", "Nowhere")
    assert nowhere.exit_code == 1
    assert "Nowhere" in nowhere.stderr
    assert "Traceback" not in nowhere.stderr + shared.stderr


def test_as_of_an_earlier_day(app: Flask, store: Database, clock: FixedClock) -> None:
    with store.transaction() as session:
        survivor = make_survivor(session, mrn="A7", diagnosis=None)
        diagnosis = make_diagnosis(session, survivor, grade="low")
        for grade in ("low", "high"):
            diagnosis.grade = grade
            editions.keep_edition(session, survivor, change="x", reason="", actor=Actor.system("x"), clock=clock)
            clock.advance(timedelta(days=1))
    assert "Grade: Low" in run(app, "A7", "--as-of", "2026-11-23").stdout
    assert "Grade: High" in run(app, "A7").stdout
    too_early = run(app, "A7", "--as-of", "2020-01-01")
    assert too_early.exit_code == 1
    assert "No summary was kept on or before January 1, 2020. Choose a later day" in too_early.stderr
    assert run(app, "A7", "--as-of", "yesterday").exit_code == 2


def test_as_a_page_it_is_one_file_that_needs_nothing_else(app: Flask, ana: UUID) -> None:
    answer = run(app, "004417", "--html")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.lstrip().startswith("<!DOCTYPE html>")
    assert "<style>" in answer.stdout and "app-paper__columns" in answer.stdout
    assert "<script" not in answer.stdout and "<link" not in answer.stdout
    assert "75 mg/m² × 5 courses = 375 mg/m²" in answer.stdout


def test_without_a_style_sheet_the_page_is_refused_with_what_to_do(
    app: Flask, ana: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "static_folder", "/nowhere")
    answer = run(app, "004417", "--html")
    assert answer.exit_code == 1
    assert "Build the front end first" in answer.stderr


def test_a_longer_summary_goes_on_and_says_so(app: Flask, store: Database) -> None:
    with store.transaction() as session:
        survivor = make_survivor(session, mrn="long")
        for number in range(150):
            give(session, survivor, HealthProblem, problem=f"Problem {number}")
        give_drug(session, survivor)
        give(session, survivor, Allergy, substance="latex")
    answer = run(app, "long").stdout
    found = sides(answer)
    assert len(found) == 3
    assert "This summary runs to 3 sides." in found[0]
    assert all(len(side) <= LENGTH for side in found)
    assert sum(line.startswith("  - Problem ") for side in found for line in side) == 150


def paper(*blocks: PrintBlock) -> Printed:
    return Printed("Treatment summary", "today", (("Name", "Ana"),), blocks, (), "Rivera, Ana")


def block(heading: str, count: int) -> PrintBlock:
    return PrintBlock(heading, tuple(PrintLine(f"{heading} {number}") for number in range(count)))


def test_parts_are_set_apart_only_where_there_is_room() -> None:
    few = as_text(paper(block("first", 3), block("second", 3)))
    assert "\n\nSECOND" in few
    many = as_text(paper(*(block(f"part {number}", 3) for number in range(30))))
    assert "\n\nPART" not in many
    assert len(many.split("\f")) == 2


def test_a_heading_does_not_stand_last_on_a_side() -> None:
    # Three lines of head, 60 of the first part and an empty one: the second part's heading would be the 65th, the last.
    first, second = sides(as_text(paper(block("first", 59), block("second", 50))))
    assert first[-2] == "  - first 58"
    assert second[0] == "SECOND"
    # With one line more it is the empty line that would stand last, with one less the heading has a line below it.
    longer, after = sides(as_text(paper(block("first", 60), block("second", 50))))
    assert (longer[-2], after[0]) == ("  - first 59", "SECOND")
    shorter, rest = sides(as_text(paper(block("first", 58), block("second", 50))))
    assert (shorter[-3:-1], rest[0]) == (["SECOND", "  - second 0"], "  - second 1")


def test_a_long_line_is_wrapped_and_nothing_is_lost() -> None:
    words = " ".join(f"word{number}" for number in range(60))
    text = as_text(paper(PrintBlock("Long", (PrintLine(words, more="the end"),))))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert " ".join(text.split()).count("word") == 60
    assert "· the end" in " ".join(text.split())


@pytest.mark.parametrize("form", [(), ("--html",)])
def test_an_application_of_commands_alone_prints_the_same(
    app: Flask, ana: UUID, clock: FixedClock, form: tuple[str, ...]
) -> None:
    commands_only = create_command_app(app.extensions["tracker_config"], clock=clock)
    printed = run(commands_only, "004417", *form)
    assert printed.exit_code == 0 and printed.output == run(app, "004417", *form).output
