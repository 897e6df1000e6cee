"""A clinician at the desk: somebody new is entered in the browser, part by part, and the plan is read back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from tests.browser import axe_violations, click_through, loading, no_horizontal_scroll, unfold
from tests.factories import make_survivor
from tests.system.demo import CLINICIAN, Demo, item, press, said
from tracker.clock import FixedClock
from tracker.models import Clinic, DueItem, Exposure, PlanGap, Survivor
from tracker.services import care_plans
from tracker.services.demo import HARBOR

# Year, or year and month, or the whole day: as much of a date as the chart says.
When = tuple[int, ...]
Answer = str | When
PARTS = ("year", "month", "day")


@dataclass
class Desk:
    """One survivor's record, open in a browser."""

    demo: Demo
    survivor_id: UUID
    page: Page

    @classmethod
    def for_somebody_new(cls, demo: Demo, **given: Any) -> "Desk":
        """Enroll somebody of whom nothing but name and birth date is known, and sign the clinician in."""
        with demo.store.transaction() as session:
            clinic = session.scalars(sa.select(Clinic).where(Clinic.name == HARBOR.name)).one()
            survivor_id = make_survivor(session, clinic, diagnosis=None, **given).id
        return cls(demo, survivor_id, demo.signs_in(CLINICIAN))

    # What a clinician does

    def opens(self, rest: str = "") -> Page:
        return self.demo.opens(self.page, self.survivor_id, rest)

    def types(self, at: str = "", /, **answers: Answer) -> None:
        """Answer the fields of a row ("drugs-0-") or of a page, in the order given; Tab leaves each box."""
        for name, answer in answers.items():
            for box, text in _boxes(f"{at}{name}", answer):
                self._answers(self.page.locator(f"[name='{box}']"), text)

    def adds(self, button: str) -> None:
        """One more row in the editor."""
        press(self.page, button)

    def copies(self, protocol: str) -> None:
        """The medicines of a protocol, by the beginning of its name."""
        box = self.page.locator("[name=regimen]")
        box.press_sequentially(protocol)
        with loading(self.page):
            box.press("Enter")

    def saves_summary(self) -> None:
        self.page.get_by_label("I confirm this summary today").check()
        click_through(self.page.get_by_role("button", name="Save summary").first)
        assert "Treatment summary saved" in said(self.page)

    def records(self, key: str, /, **answers: Answer) -> None:
        """A new entry on a section's own page."""
        self.opens(f"/record/{key}/new")
        self.types(**answers)
        self.saves()

    def saves(self) -> None:
        press(self.page, "Save")
        assert self.page.locator(".nhsuk-error-summary").count() == 0, self.page.locator("main").inner_text()
        expect(self.page.locator(".app-notice").first).to_be_visible()

    def _answers(self, control: Locator, text: str) -> None:
        self.unfolds(control.first)
        kind = control.first.evaluate("box => box.type")
        if kind in ("radio", "checkbox"):
            control.and_(self.page.locator(f"[value='{text}']")).check()
        elif kind == "select-one":
            control.select_option(text)
        else:
            control.fill(text)
            control.press("Tab")

    def unfolds(self, control: Locator) -> None:
        for part in control.locator("xpath=ancestor::details").all():
            unfold(part)

    # What then stands

    def rows(self, table: Any) -> list[Any]:
        with self.demo.store.reading() as session:
            return list(session.scalars(sa.select(table).where(table.survivor_id == self.survivor_id)))

    def one(self, table: Any) -> Any:
        [row] = self.rows(table)
        return row

    def given(self) -> dict[str, Any]:
        """The exposures that follow from what was given; None where the dose is not known."""
        return {row.name: row.value for row in self.rows(Exposure) if row.source == "given"}

    def due(self) -> dict[str, DueItem]:
        """The open items of the plan by test, each with the date that the engine gives on its own."""
        with self.demo.store.reading() as session:
            survivor = session.get_one(Survivor, self.survivor_id)
            stored = {item.test_code: item for item in care_plans.open_items(session, survivor.id)}
            clock: FixedClock = self.demo.app.extensions["tracker_clock"]
            plan = care_plans.plan_on(session, survivor, clock.today(survivor.clinic.tz))
        assert {code: item.due_on for code, item in stored.items()} == {
            item.test_code: item.due_on for item in plan.items
        }
        return stored

    def gaps(self) -> dict[str, PlanGap]:
        with self.demo.store.reading() as session:
            return {gap.gap: gap for gap in care_plans.gaps_of(session, self.survivor_id)}

    def reads(self, rest: str = "") -> str:
        """The words of one of the survivor's pages, all parts unfolded, on one line."""
        page = self.opens(rest)
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        return " ".join(page.locator("main").inner_text().split())

    def why(self, test: str) -> str:
        """What the survivor's page, open and unfolded, says of one due item."""
        return " ".join(item(self.page, test).inner_text().split())

    def looks_at(self, rest: str) -> None:
        """The page has no barrier and fits the window, on a laptop and on a phone."""
        self.opens(rest)
        for width in (1280, 360):
            self.page.set_viewport_size({"width": width, "height": 800})
            assert axe_violations(self.page) == [], f"{rest} at {width}"
            assert no_horizontal_scroll(self.page), f"{rest} at {width}"
        self.page.set_viewport_size({"width": 1280, "height": 800})

    def sides_of_paper(self) -> int:
        """How many sides of letter paper the printed summary takes."""
        self.opens("/summary/print")
        return len(re.findall(rb"/Type\s*/Page\b", self.page.pdf(format="Letter", prefer_css_page_size=True)))


def differences(planned: Mapping[str, DueItem], expected: Mapping[str, date]) -> list[str]:
    """What the plan asks for and the tables do not, or on another day; empty is good."""
    stored = {code: item.due_on for code, item in planned.items()}
    other = [code for code in sorted(stored.keys() | expected.keys()) if stored.get(code) != expected.get(code)]
    return [f"{code}: {stored.get(code)}, by hand {expected.get(code)}" for code in other]


def _boxes(name: str, answer: Answer) -> list[tuple[str, str]]:
    if isinstance(answer, str):
        return [(name, answer)]
    parts = dict(zip(PARTS, answer, strict=False))
    return [(f"{name}-{part}", str(parts[part])) for part in ("month", "day", "year") if part in parts]
