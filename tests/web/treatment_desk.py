"""A clinician at the treatment summary editor, and what she types."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_clinic, make_staff, make_survivor
from tests.web.signing_in import sign_in
from tracker.current import database
from tracker.engine.types import Facts
from tracker.models import Survivor
from tracker.services.facts import load_facts

Typed = dict[str, str]


def day(name: str, month: int, day_: int, year: int) -> Typed:
    return {f"{name}-month": str(month), f"{name}-day": str(day_), f"{name}-year": str(year)}


DIAGNOSIS: Typed = {
    "diagnoses-0-name": "LMS",
    "diagnoses-0-tumor_site": "retroperitoneal",
    "diagnoses-0-tumor_grade": "high",
    **day("diagnoses-0-diagnosed_on", 11, 2, 2021),
    **day("diagnoses-0-end_of_therapy_on", 10, 31, 2022),
}
DOXORUBICIN: Typed = {
    "exposures-0-name": "doxorubicin_mg_m2",
    "exposures-0-certainty": "known",
    "exposures-0-value": "300",
    **day("exposures-0-last_on", 6, 30, 2022),
}
BLANK_ROW: Typed = {"exposures-1-name": "", "exposures-1-certainty": "known", "exposures-1-value": ""}


@dataclass
class Desk:
    """A clinician signed in, with a survivor whose summary is still empty."""

    app: Flask
    client: FlaskClient
    survivor_id: UUID

    @property
    def url(self) -> str:
        return f"/survivors/{self.survivor_id}/treatment"

    def version(self) -> str:
        with self.app.app_context(), database().reading() as session:
            return str(session.scalar(sa.select(Survivor.version).where(Survivor.id == self.survivor_id)))

    def facts(self) -> Facts:
        with self.app.app_context(), database().reading() as session:
            survivor = session.get(Survivor, self.survivor_id)
            assert survivor is not None
            return load_facts(session, survivor)

    def page(self) -> str:
        return self.client.get(self.url).text

    def post(self, typed: Typed, act: str = "save") -> tuple[int, str]:
        answer = self.client.post(self.url, data={"version": self.version(), "act": act} | typed)
        return answer.status_code, answer.text


@pytest.fixture
def desk(app_sqlite: Flask) -> Iterator[Desk]:
    with app_sqlite.app_context(), database().transaction() as session:
        clinic = make_clinic(session)
        clinician = make_staff(session, clinic, name="Lena Okafor")
        survivor = make_survivor(session, clinic, diagnosis=None, birth_date=date(2007, 3, 5))
    yield Desk(app_sqlite, sign_in(app_sqlite.test_client(), clinician), survivor.id)
