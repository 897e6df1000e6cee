"""A coordinator's browser in front of the imports: files sent as a form sends them, and what then stands."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories import make_survivor
from tests.web.section_forms import plain
from tests.web.staff import Staff
from tracker.clock import FixedClock
from tracker.models import AccessEvent, ChangeSet, Clinic, Role, Survivor


class ImportDesk:
    """One clinic, and its coordinator signed in."""

    def __init__(self, app: Flask) -> None:
        self.staff = Staff(app)
        self.app, self.clinic_id = app, self.staff.clinic_id
        self.client: FlaskClient = self.staff.client(Role.COORDINATOR)

    def send(self, content: bytes | None, name: str = "from the hospital.json", **typed: Any) -> TestResponse:
        """Choose a file, and press "Look at it first"."""
        form: dict[str, Any] = dict(typed)
        if content is not None:
            form["content"] = (BytesIO(content), name)
        return self.client.post("/imports/new", data=form, content_type="multipart/form-data")

    def previews(self, content: bytes, name: str = "from the hospital.json", **typed: Any) -> UUID:
        """A file that is accepted: the id of its preview."""
        answer = self.send(content, name, **typed)
        assert answer.status_code == 303, plain(answer)
        return UUID(answer.headers["Location"].rsplit("/", 1)[-1])

    def brings_in(self, content: bytes, name: str = "from the hospital.json", **typed: Any) -> UUID:
        """Preview and confirm."""
        change_set_id = self.previews(content, name, **typed)
        answer = self.posts(change_set_id, "confirm")
        assert answer.status_code == 303, plain(answer)
        return change_set_id

    def posts(self, change_set_id: UUID, act: str, **typed: Any) -> TestResponse:
        return self.client.post(f"/imports/{change_set_id}/{act}", data=typed)

    def page(self, change_set_id: UUID, rest: str = "") -> str:
        answer = self.client.get(f"/imports/{change_set_id}{rest}")
        assert answer.status_code == 200, plain(answer)
        return plain(answer)

    def reads(self, change_set_id: UUID, rest: str = "") -> str:
        """The words of a page, on one line."""
        return words(self.page(change_set_id, rest))

    def lists(self, query: str = "") -> str:
        return words(plain(self.client.get(f"/imports{query}")))

    def rows(self, table: Any = Survivor, *where: Any) -> list[Any]:
        with self.staff.writing() as session:
            found = list(session.scalars(sa.select(table).where(*where)))
            session.expunge_all()
            return found

    def state(self, change_set_id: UUID) -> str:
        [found] = self.rows(ChangeSet, ChangeSet.id == change_set_id)
        return str(found.state)

    def noted(self) -> list[UUID]:
        """Whom the pages were noted to have shown, in order."""
        return [each.survivor_id for each in self.rows(AccessEvent, AccessEvent.purpose == "import")]

    @property
    def clock(self) -> FixedClock:
        found: FixedClock = self.app.extensions["tracker_clock"]
        return found

    def survivor(self, session: Session) -> Survivor:
        """Somebody who is followed at the clinic."""
        return make_survivor(session, session.get_one(Clinic, self.clinic_id))

    def writes(self, act: Callable[[Session], Any]) -> Any:
        with self.staff.writing() as session:
            return act(session)


def words(page: str) -> str:
    """A page's text without its markup, on one line."""
    main = page.split("<main", 1)[-1].split("</main>", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())
