"""A clinician's browser in front of one survivor's record, and entries filled in from what a section declares."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories import make_clinic, make_staff, make_survivor
from tests.web.signing_in import sign_in
from tracker.clock import FixedClock
from tracker.engine.catalogue import title_of
from tracker.guidelines.catalogue import load_catalogue
from tracker.models import Diagnosis, Role, Survivor
from tracker.services import care_plans
from tracker.services.sections.checks import lookup_list
from tracker.services.sections.entries import entries_of
from tracker.services.sections.registry import SECTIONS
from tracker.services.sections.spec import Field, Kind, Section
from tracker.web.context import database

FIELDS = [each for each in load_catalogue().fields.values() if len(each.organ_exposures) > 1]
# Two radiation fields in which different organs lie.
CHEST = FIELDS[0]
OTHER = next(each for each in FIELDS if set(each.organ_exposures) != set(CHEST.organ_exposures))
# Answers that fit together, where the first ones that come to mind would not.
FITTING = {("gvhd", "active"): "no", ("problems", "status"): "resolved"}


class Record:
    """One survivor's record as a member of staff reaches it."""

    def __init__(self, app: Flask, clock: FixedClock) -> None:
        self.app = app
        with app.app_context():
            self.store = database()
        with self.store.transaction() as session:
            clinic = make_clinic(session)
            self.users = {role: make_staff(session, clinic, role) for role in (Role.CLINICIAN, Role.COORDINATOR)}
            survivor = make_survivor(session, clinic, diagnosis="Wilms tumor", end_of_therapy_on=date(2020, 3, 14))
            self.id: UUID = survivor.id
            care_plans.refresh(session, survivor, clock=clock)
        self.client: FlaskClient = self.signed_in(Role.CLINICIAN)

    def signed_in(self, role: Role) -> FlaskClient:
        return sign_in(self.app.test_client(), self.users[role])

    @contextmanager
    def writing(self) -> Iterator[tuple[Session, Survivor]]:
        with self.store.transaction() as session:
            survivor = session.get(Survivor, self.id)
            assert survivor is not None
            yield session, survivor

    def path(self, endpoint: str, **values: Any) -> str:
        with self.app.test_request_context():
            return url_for(endpoint, survivor_id=self.id, **values)

    def get(self, endpoint: str, **values: Any) -> str:
        answer = self.client.get(self.path(endpoint, **values))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return plain(answer)

    @property
    def version(self) -> int:
        with self.writing() as (_session, survivor):
            return survivor.version

    @property
    def diagnosis_id(self) -> UUID:
        with self.writing() as (session, survivor):
            return session.query(Diagnosis).filter_by(survivor_id=survivor.id).one().id

    def add(self, key: str, /, **typed: Any) -> TestResponse:
        """Send the form for a new entry, as a page just opened would."""
        return self.client.post(self.path("sections.new", key=key), data={"version": self.version} | typed)

    def change(self, key: str, entry_id: UUID, /, **typed: Any) -> TestResponse:
        where = self.path("sections.edit", key=key, entry_id=entry_id)
        return self.client.post(where, data={"version": self.version} | typed)

    def rows(self, key: str) -> list[Any]:
        with self.writing() as (session, survivor):
            found = entries_of(session, survivor.id, SECTIONS[key])
            session.expunge_all()
            return found

    def only(self, key: str) -> Any:
        """The one entry of a part."""
        [row] = self.rows(key)
        return row

    def told(self, answer: TestResponse) -> str:
        """What the page after a save says about it."""
        assert answer.status_code == 303, plain(answer)
        page = self.client.get(answer.headers["Location"]).get_data(as_text=True)
        notices = re.findall(r'<div class="app-notice__body">(.*?)</div>', page, re.DOTALL)
        return " | ".join(" ".join(html.unescape(each).split()) for each in notices)


def plain(answer: TestResponse) -> str:
    """A page with its quotation marks and letters as they are read, but markup as it was sent."""
    return answer.get_data(as_text=True).replace("&#39;", "'").replace("&#34;", '"')


def errors_in(page: str) -> list[str]:
    """The lines of the error summary."""
    found = re.search(r'nhsuk-error-summary__list">(.*?)</ul>', page, re.DOTALL)
    lines = re.findall(r"<li>(.*?)</li>", found[1], re.DOTALL) if found else []
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", line)).split()) for line in lines]


def full(section: Section, diagnosis_id: UUID) -> dict[str, Any]:
    """Something typed into every field of a section."""
    typed: dict[str, Any] = {}
    for field in section.fields:
        typed |= _typed(field, section, diagnosis_id)
    return typed


def _typed(field: Field, section: Section, diagnosis_id: UUID) -> dict[str, Any]:
    if field.kind in (Kind.PARTIAL_DATE, Kind.DATE):
        ends = field.name != section.on
        return {f"{field.name}-year": "2020" if ends else "2019", f"{field.name}-month": "" if ends else "3"}
    return {field.name: FITTING.get((section.key, field.name)) or _answer(field, diagnosis_id)}


def _answer(field: Field, diagnosis_id: UUID) -> str:
    answers = {Kind.YES_NO: "yes", Kind.DECIMAL: "1.5", Kind.INTEGER: "2", Kind.DIAGNOSIS: str(diagnosis_id)}
    if field.kind == Kind.CHOICE:
        return next(code for code, _label in field.choices if code)
    if field.kind in (Kind.LOOKUP, Kind.CODES):
        return first_label(field.lookup)
    return "" if field.kind == Kind.ORGANS else answers.get(field.kind, f"About {field.name}"[: field.longest])


def first_label(lookup: str) -> str:
    return next(title_of(each) for each in lookup_list(load_catalogue(), lookup).values())


def value_of(page: str, name: str) -> str:
    """What stands in the box of this name."""
    box = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert box is not None, name
    found = re.search(r'value="([^"]*)"', box[0])
    return html.unescape(found[1]) if found else ""
