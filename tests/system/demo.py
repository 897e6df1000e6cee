"""The demo clinic as the stories find it: the seeded survivors, and three more whose whole life is known here."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Locator, Page
from sqlalchemy.orm import Session

from tests.browser import PROJECT, click_through
from tests.factories import PASSWORD, make_contact, make_family, make_result, make_survivor
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.jobs import cross_boundaries
from tracker.models import Clinic, Role, Survivor
from tracker.services import care_plans
from tracker.services.demo import HARBOR, LAKESIDE, seed_demo
from tracker.services.demo import PASSWORD as DEMO_PASSWORD

# Enough for every state to be there, and few enough to be made in a few seconds.
SURVIVORS = 36
COORDINATOR, CLINICIAN, ADMINISTRATOR = "coordinator@demo.example", "clinician@demo.example", "admin@demo.example"
DEMO_PARENT = "family@demo.example"
PARENT, TEEN = "maria@milo.example", "milo@milo.example"
PASSWORDS = {PARENT: PASSWORD, TEEN: PASSWORD}
ECHO_ON = date(2024, 5, 14)


@dataclass(frozen=True)
class Known:
    """Those whom the stories name. ``other_clinics``: everyone of the neighbor."""

    ana: UUID
    milo: UUID
    jose: UUID
    harbor: frozenset[UUID]
    other_clinics: frozenset[UUID]


def seed(path: Path, clock: FixedClock) -> Known:
    """Fill a migrated database: the demonstration, the known three, and one good night."""
    store = Database(f"sqlite:///{path}")
    with store.transaction() as session:
        seed_demo(session, survivors=SURVIVORS, clock=clock)
        harbor = session.scalars(sa.select(Clinic).where(Clinic.name == HARBOR.name)).one()
        ana, milo, jose = _known(session, harbor)
        _seen(session, ana, date(2026, 3, 2), clock)
        _seen(session, milo, date(2025, 9, 1), clock)
        care_plans.refresh(session, jose, clock=clock)
        known = Known(ana.id, milo.id, jose.id, _of(session, HARBOR.name), _of(session, LAKESIDE.name))
    cross_boundaries.run(store, clock, holder="night")
    # Closing the last connection folds the write-ahead log into the file, so that copying it copies everything.
    store.close()
    return known


def _known(session: Session, clinic: Clinic) -> tuple[Survivor, Survivor, Survivor]:
    made: dict[str, Any] = {"clinic": clinic, "exposures": {"doxorubicin_mg_m2": 300}}
    ana = make_survivor(session, mrn="900001", pronouns="she/her", **made)
    make_contact(session, ana)
    make_result(session, ana, "echocardiogram", ECHO_ON, outcome="normal")
    milo = make_survivor(
        session,
        mrn="900002",
        given_name="Milo",
        family_name="Lindqvist",
        birth_date=date(2011, 2, 20),
        sex_at_birth="male",
        end_of_therapy_on=date(2019, 6, 30),
        **(made | {"exposures": {"doxorubicin_mg_m2": 300, "cyclophosphamide_mg_m2": 2400}}),
    )
    make_contact(session, milo, name="Maria Lindqvist", phone="617-555-0188", email=PARENT)
    make_family(session, milo, Role.PROXY, name="Maria Lindqvist", email=PARENT)
    make_family(session, milo, Role.SURVIVOR, name="Milo Lindqvist", email=TEEN)
    jose = make_survivor(
        session, mrn="900003", given_name="José", family_name="Peña Núñez", **(made | {"diagnosis": None})
    )
    return ana, milo, jose


def _seen(session: Session, survivor: Survivor, on: date, clock: FixedClock) -> None:
    """On this day all was done and found normal, save the echocardiogram."""
    care_plans.refresh(session, survivor, clock=clock)
    for due in care_plans.open_items(session, survivor.id):
        if due.due_on <= on and due.test_code != "echocardiogram":
            make_result(session, survivor, due.test_code, on, outcome="normal")
    care_plans.refresh(session, survivor, clock=clock)


def _of(session: Session, clinic: str) -> frozenset[UUID]:
    query = sa.select(Survivor.id).join(Clinic, Survivor.clinic_id == Clinic.id).where(Clinic.name == clinic)
    return frozenset(session.scalars(query))


@dataclass
class Demo:
    """The demo clinic, served. ``visitor`` opens a browser window of somebody signed out."""

    app: Flask
    store: Database
    known: Known
    address: str
    visitor: Callable[..., Page]

    def signs_in(self, email: str, width: int = 1280, height: int = 800, *, javascript: bool = True) -> Page:
        """Somebody opens the front page in a window of their own, and signs in there."""
        page: Page = self.visitor(width, height, javascript=javascript)
        page.goto(self.address)
        page.get_by_label("Email address").fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORDS.get(email, DEMO_PASSWORD))
        press(page, "Sign in")
        return page

    def opens(self, page: Page, survivor_id: UUID, rest: str = "") -> Page:
        page.goto(f"{self.address}/survivors/{survivor_id}{rest}")
        return page


def press(page: Page, name: str) -> None:
    """Press the one button of this name, and wait for the page that answers."""
    click_through(page.get_by_role("button", name=name, exact=True))


def follow(page: Page, name: str) -> None:
    """Follow the one link of this name to the page behind it."""
    click_through(page.get_by_role("link", name=name, exact=True))


def about(page: Page, act: str, whom: str) -> Locator:
    """The link or button that does this to the one it names; the name is only heard, behind a colon."""
    wanted = re.compile(rf"^{re.escape(act)}\s*:\s*{re.escape(whom)}$")
    return page.get_by_role("link", name=wanted).or_(page.get_by_role("button", name=wanted))


def enter_date(page: Page, legend: str, day: date | tuple[str, str, str]) -> None:
    """Type month, day and year into the three boxes below this legend."""
    parts = day if isinstance(day, tuple) else (str(day.month), str(day.day), str(day.year))
    group = page.get_by_role("group", name=legend)
    for label, part in zip(("Month", "Day", "Year"), parts, strict=True):
        group.get_by_label(label).fill(part)


def said(page: Page) -> str:
    """What the page answered to the last act."""
    return page.locator(".app-notice").inner_text()


def item(page: Page, test: str) -> Locator:
    """The due item of this test on the survivor's page."""
    return page.locator(".app-item").filter(has=page.locator("strong", has_text=test))


def survivor_ids(page: Page) -> list[UUID]:
    """Those whose rows are on a list, in its order."""
    links = page.locator("tbody th a[href*='/survivors/']").all()
    return [UUID((link.get_attribute("href") or "").rsplit("/", 1)[-1]) for link in links]


def picture(page: Page, name: str) -> None:
    """Keep what is on the screen for the documentation; only when asked to, so that tests leave no trace."""
    if os.environ.get("TRACKER_SCREENSHOTS") == "1":
        page.evaluate("window.scrollTo(0, 0)")
        page.screenshot(path=str(PROJECT / "docs" / "screens" / f"{name}.png"))
