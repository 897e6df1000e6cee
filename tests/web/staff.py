"""A clinic with its people, committed, and clients signed in as them: what a page's story begins with."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import make_clinic, make_staff
from tests.web.signing_in import sign_in
from tracker.db import Database
from tracker.models import Role
from tracker.web.context import database


class Staff:
    """One clinic held on Mondays, with a coordinator and a clinician."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.store: Database = database()
        with self.store.transaction() as session:
            clinic = make_clinic(session, weekday=0, slots_per_day=4)
            self.clinic_id: UUID = clinic.id
            self._users = {role: make_staff(session, clinic, role) for role in (Role.COORDINATOR, Role.CLINICIAN)}

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.store.transaction() as session:
            yield session

    def client(self, role: Role) -> FlaskClient:
        return sign_in(self.app.test_client(), self._users[role])
