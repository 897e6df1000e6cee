"""Photographs in the browser: added with their words kept on refusal, shown and downloaded safely, removed."""

import re
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from tests.pictures import CAMERA, from_a_phone, jpeg, make_photograph, opened, png
from tests.web.section_forms import Record, errors_in, plain
from tracker.app import MAX_UPLOAD
from tracker.clock import FixedClock
from tracker.models import AccessEvent, Attachment, Role
from tracker.services import images

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def record(app_sqlite: Flask, clock: FixedClock) -> Record:
    return Record(app_sqlite, clock)


def send(record: Record, content: bytes | None = None, name: str = "photo.jpg", **typed: Any) -> TestResponse:
    form: dict[str, Any] = {"title": "Mole on the left shoulder"} | typed
    if content is not None:
        form["content"] = (BytesIO(content), name)
    return record.client.post(record.path("attachments.new"), data=form, content_type="multipart/form-data")


def photographs(record: Record) -> list[Attachment]:
    with record.writing() as (session, _survivor):
        found = list(session.scalars(sa.select(Attachment)))
        session.expunge_all()
        return found


def kept(record: Record, **given: Any) -> UUID:
    with record.writing() as (session, survivor):
        return make_photograph(
            session, survivor, FixedClock.on(record.app.extensions["tracker_clock"].today("UTC")), **given
        ).id


def test_a_photograph_is_kept_with_what_was_typed_and_then_shown(record: Record) -> None:
    typed = {"body_site": "left shoulder", "taken_on-year": "2024", "taken_on-month": "5", "note": "With a ruler"}
    answer = send(record, from_a_phone(), **typed, diagnosis_id=str(record.diagnosis_id))
    assert record.told(answer) == "The photograph “Mole on the left shoulder” is kept"
    [row] = photographs(record)
    assert (str(row.taken_on), row.diagnosis_id) == ("2024-05", record.diagnosis_id)
    page = record.get("attachments.index")
    assert "left shoulder · May 2024 · Wilms tumor" in page and "With a ruler" in page and "20 × 40 pixels" in page
    assert f'src="{record.path("attachments.thumbnail", attachment_id=row.id)}" alt="Mole on the left shoulder"' in page


def test_a_download_is_only_a_picture_and_names_nobody(record: Record) -> None:
    record.told(send(record, from_a_phone(), **{"taken_on-year": "2024"}))
    [row] = photographs(record)
    answer = record.client.get(record.path("attachments.download", attachment_id=row.id))
    assert answer.headers["Content-Disposition"] == "attachment; filename=photograph-2024.jpg"
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert answer.headers["Cache-Control"] == "no-store"
    assert CAMERA.encode() not in answer.data and opened(answer.data).size == (20, 40)


def test_a_thumbnail_is_shown_in_the_page_and_kept_by_nobody(record: Record) -> None:
    record.told(send(record, png(1300, 650), name="photo.png"))
    [row] = photographs(record)
    answer = record.client.get(record.path("attachments.thumbnail", attachment_id=row.id))
    assert (answer.mimetype, opened(answer.data).size) == ("image/jpeg", (640, 320))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not answer.headers.get("Content-Disposition", "inline").startswith("attachment")
    assert "img-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("endpoint", ["attachments.index", "attachments.download", "attachments.thumbnail"])
def test_every_look_at_a_photograph_is_written_down(record: Record, endpoint: str) -> None:
    attachment_id = kept(record)
    values = {} if endpoint == "attachments.index" else {"attachment_id": attachment_id}
    record.client.get(record.path(endpoint, **values))
    with record.writing() as (session, survivor):
        [look] = session.scalars(sa.select(AccessEvent)).all()
        assert look.survivor_id == survivor.id and look.purpose.startswith("photograph")


@pytest.mark.parametrize(
    "content, name, sentence",
    [
        (None, "", "Choose a photograph"),
        (b"", "photo.jpg", "Choose a photograph"),
        (b"<svg onload=alert(1)>", "photo.jpg", images.NO_IMAGE),
        (b"%PDF-1.7 and more", "photo.png", images.NO_IMAGE),
        (jpeg()[:300], "photo.jpg", images.DAMAGED),
        (jpeg() + b"\0" * images.LARGEST_BYTES, "photo.jpg", images.TOO_LARGE),
    ],
)
def test_a_refused_file_keeps_what_was_typed(record: Record, content: bytes | None, name: str, sentence: str) -> None:
    answer = send(record, content, name, body_site="left shoulder", note="Typed with care", **{"taken_on-year": "2024"})
    page = plain(answer)
    assert answer.status_code == 422
    assert errors_in(page) == [sentence]
    for typed in ("Mole on the left shoulder", "left shoulder", "Typed with care", "2024"):
        assert typed in page
    assert photographs(record) == []


@pytest.mark.parametrize(
    "typed, sentences",
    [
        ({"title": ""}, ["Enter what the photograph shows"]),
        ({"taken_on-year": "2027"}, ["The date of the photograph is in the future. Check the year"]),
        ({"taken_on-day": "14"}, ["The date of the photograph must include a month and a year"]),
        ({"diagnosis_id": "not-an-id"}, ["Choose the diagnosis from the list"]),
        ({"body_site": "x" * 121}, ["Use at most 120 characters"]),
    ],
)
def test_something_else_wrong_asks_for_the_file_once_more(
    record: Record, typed: dict[str, str], sentences: list[str]
) -> None:
    answer = send(record, jpeg(), **typed)
    again = "Choose the photograph again: a file is not kept meanwhile"
    assert answer.status_code == 422
    assert sorted(errors_in(plain(answer))) == sorted([*sentences, again])
    assert photographs(record) == []


def test_a_file_beyond_all_measure_is_turned_away_before_it_is_read(record: Record) -> None:
    answer = send(record, b"\0" * (MAX_UPLOAD + 1))
    assert answer.status_code == 413 and "Nothing was stored" in plain(answer)


def test_words_are_shown_as_they_were_typed_and_run_nothing(record: Record) -> None:
    record.told(send(record, jpeg(), title=HOSTILE, body_site=HOSTILE, note=HOSTILE))
    [row] = photographs(record)
    for endpoint, values in (("attachments.index", {}), ("attachments.remove", {"attachment_id": row.id})):
        page = record.client.get(record.path(endpoint, **values)).get_data(as_text=True)
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_a_removal_asks_why_and_then_nothing_is_left_to_look_at(record: Record) -> None:
    attachment_id = kept(record)
    where = record.path("attachments.remove", attachment_id=attachment_id)
    assert "Mole on the back" in record.get("attachments.remove", attachment_id=attachment_id)
    refused = record.client.post(where, data={"reason": " "})
    assert refused.status_code == 422 and errors_in(plain(refused)) == ["Enter why the photograph is removed"]
    assert (
        record.told(record.client.post(where, data={"reason": "Blurred"}))
        == "The photograph “Mole on the back” is removed"
    )
    assert "No photograph is kept" in record.get("attachments.index")
    for endpoint in ("attachments.download", "attachments.thumbnail", "attachments.remove"):
        assert record.client.get(record.path(endpoint, attachment_id=attachment_id)).status_code == 404


def test_a_coordinator_looks_and_is_offered_no_change(record: Record) -> None:
    attachment_id = kept(record)
    record.client = record.signed_in(Role.COORDINATOR)
    page = record.get("attachments.index")
    assert "Mole on the back" in page
    assert not re.search(r"photographs/new|/remove", page)
    assert record.client.get(record.path("attachments.download", attachment_id=attachment_id)).status_code == 200
    assert send(record, jpeg()).status_code == 403
