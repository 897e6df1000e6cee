"""``flask unmapped-codes`` and ``flask map-code``: the list for a terminal or a program, and a meaning for one code."""

import json

import pytest
import sqlalchemy as sa
from click.testing import Result as Invoked
from flask import Flask

from tests.factories import make_clinic, make_survivor
from tests.mapped import LOCAL, make_entry
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.models import ChartEntry, CodeMapping, Result
from tracker.web.context import database


@pytest.fixture
def store(app: Flask, clock: FixedClock) -> Database:
    """One clinic with three scans of an unknown code, one of another, and a remark without any."""
    with app.app_context():
        found = database()
    with found.transaction() as session:
        survivor = make_survivor(session, make_clinic(session, name="Harbor"))
        for _ in range(3):
            make_entry(session, survivor, clock)
        make_entry(session, survivor, clock, code="X\t-\x1b[31m9", display="Line\nbreak")
        make_entry(session, survivor, clock, code="", display="Ana's brother called")
    return found


def run(app: Flask, *arguments: str) -> Invoked:
    return app.test_cli_runner().invoke(args=list(arguments))


def test_codes_that_recur_are_listed_with_their_counts(app: Flask, store: Database) -> None:
    answer = run(app, "unmapped-codes")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout == f"3\t{LOCAL}\tEF-1\tEjection fraction\t1 people\tObservation 3\n"
    assert "1 codes mean nothing here; 1 entries are in words alone" in answer.stderr
    assert "brother" not in answer.output


def test_all_of_them_are_listed_on_one_line_each_whatever_they_hold(app: Flask, store: Database) -> None:
    lines = run(app, "unmapped-codes", "--all").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["3", "1"]
    assert "\\x1b[31m9" in lines[1] and "\x1b" not in lines[1] and "Line\\nbreak" in lines[1]


def test_as_json_a_program_can_read_them(app: Flask, store: Database) -> None:
    told = json.loads(run(app, "unmapped-codes", "--json", "--all").stdout)
    assert told["in_words"] == 1
    assert [(each["code"], each["count"], each["people"]) for each in told["codes"]] == [
        ("EF-1", 3, 1),
        ("X\t-\x1b[31m9", 1, 1),
    ]
    assert told["codes"][0]["resource_types"] == {"Observation": 3}
    assert told["codes"][0]["first_seen"].startswith("2026-11-23T12:00")


def test_a_code_is_mapped_and_what_was_kept_is_read_again(app: Flask, store: Database) -> None:
    answer = run(app, "map-code", LOCAL, "EF-1", "test", "echocardiogram", "--note", "Our ultrasound")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("Mapped. people 1, entries 3, results 3, diagnoses 0")
    with store.reading() as session:
        assert session.scalars(sa.select(CodeMapping)).one().note == "Our ultrasound"
        assert len(session.scalars(sa.select(Result)).all()) == 3
    assert run(app, "unmapped-codes").stdout == ""


def test_a_code_can_be_said_to_mean_nothing(app: Flask, store: Database) -> None:
    assert run(app, "map-code", LOCAL, "EF-1", "nothing").stdout == "The code is not listed again\n"
    assert run(app, "unmapped-codes").stdout == ""
    with store.reading() as session:
        assert {row.mapped_to for row in session.scalars(sa.select(ChartEntry))} == {""}


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("EF-1", "test", "echo"), "There is no test 'echo' here"),
        (("EF-1", "test"), "There is no test '' here"),
        (("", "test", "echocardiogram"), "Enter a code"),
        (("EF-1", "test", "echocardiogram", "--clinic", "River"), "River"),
    ],
)
def test_what_leads_nowhere_is_refused_in_a_sentence(
    app: Flask, store: Database, arguments: tuple[str, ...], said: str
) -> None:
    answer = run(app, "map-code", LOCAL, *arguments)
    assert answer.exit_code == 1 and said in answer.stderr and "Traceback" not in answer.output
    with store.reading() as session:
        assert session.scalars(sa.select(CodeMapping)).all() == []


def test_an_unknown_kind_is_refused_with_the_kinds_there_are(app: Flask, store: Database) -> None:
    answer = run(app, "map-code", LOCAL, "EF-1", "organ", "heart")
    assert answer.exit_code == 2 and "vaccine" in answer.stderr
