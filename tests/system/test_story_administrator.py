"""The administrator: people come and go, the clinic's details, the jobs, and the pack that the clinic adopts."""

import pytest
from playwright.sync_api import Page

from tests.system.demo import (
    ADMINISTRATOR,
    COORDINATOR,
    PARENT,
    PASSWORDS,
    Demo,
    follow,
    picture,
    press,
    said,
)

pytestmark = pytest.mark.browser
ROSA, FIRST_PASSWORD = "rosa@clinic.example", "violet kettle river 41"
EXAMPLE = "Dates come from an example guideline pack, not yet adopted by this clinic."


def adds_rosa(page: Page, password: str = FIRST_PASSWORD) -> None:
    follow(page, "Add a person")
    page.get_by_label("Name").fill("Rosa Lind")
    page.get_by_label("Email address").fill(ROSA)
    page.get_by_label("Coordinator: schedules and calls").check()
    page.get_by_label("First password", exact=True).fill(password)
    press(page, "Add this person")


def test_a_person_added_signs_in_and_once_switched_off_is_out_at_the_next_press(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = demo.signs_in(ADMINISTRATOR)
    picture(admin, "administrator")
    adds_rosa(admin)
    assert "Rosa Lind can sign in now." in said(admin)

    monkeypatch.setitem(PASSWORDS, ROSA, FIRST_PASSWORD)
    rosa = demo.signs_in(ROSA)
    assert rosa.inner_text("h1").endswith("Whom to call next")
    press(admin, "Switch off Rosa Lind")
    assert "Rosa Lind is signed out." in said(admin)
    follow(rosa, "Clinic day")
    assert rosa.url.startswith(f"{demo.address}/sign-in")
    press(admin, "Switch on Rosa Lind")
    assert demo.signs_in(ROSA).inner_text("h1").endswith("Whom to call next")


def test_a_weak_first_password_is_refused_and_nothing_else_has_to_be_typed_again(demo: Demo) -> None:
    admin = demo.signs_in(ADMINISTRATOR)
    adds_rosa(admin, "short")
    assert admin.title().startswith("Error: ")
    assert admin.get_by_label("Name").input_value() == "Rosa Lind"
    assert admin.get_by_label("Email address").input_value() == ROSA
    assert admin.get_by_label("Coordinator: schedules and calls").is_checked()
    assert admin.get_by_label("First password", exact=True).input_value() == "", "a password is never sent back"


def test_the_telephone_a_family_calls_is_the_one_the_administrator_entered(demo: Demo) -> None:
    admin = demo.signs_in(ADMINISTRATOR)
    follow(admin, "Clinics")
    follow(admin, "Harbor Children's Survivorship Clinic")
    admin.get_by_label("Telephone for families").fill("617-555-0199")
    press(admin, "Save")
    assert "The clinic's details were saved." in said(admin)
    family = demo.signs_in(PARENT, 360, 740)
    assert family.get_by_role("link", name="617-555-0199").is_visible()


def test_the_jobs_page_says_when_the_night_was_done(demo: Demo) -> None:
    admin = demo.signs_in(ADMINISTRATOR)
    follow(admin, "Job runs")
    assert "The nightly check last finished on Nov 23, 2026, 7:00 AM." in admin.inner_text("main")
    assert admin.locator("tbody tr").count() >= 1


def test_adopting_the_pack_takes_the_example_notice_from_every_page(demo: Demo) -> None:
    others = [demo.signs_in(COORDINATOR), demo.signs_in(PARENT, 360, 740)]
    assert EXAMPLE in others[0].inner_text("body")
    assert "Your clinic has not yet approved these dates." in others[1].inner_text("body")

    admin = demo.signs_in(ADMINISTRATOR)
    follow(admin, "See what to do")
    assert "Example pack, not yet adopted by this clinic" in admin.inner_text("main")
    press(admin, "Adopt the pack for this clinic")
    assert "The guideline pack is adopted." in said(admin)
    assert "Sam Whitfield" in admin.inner_text("main") and "Nov 23, 2026" in admin.inner_text("main")
    for page in (admin, *others):
        page.reload()
        assert page.locator(".app-banner").count() == 0


def test_no_survivor_opens_for_an_administrator(demo: Demo) -> None:
    admin = demo.signs_in(ADMINISTRATOR)
    assert admin.get_by_role("search").count() == 0
    for rest in ("", "/history", "/treatment"):
        answer = admin.goto(f"{demo.address}/survivors/{demo.known.ana}{rest}")
        assert answer is not None and answer.status == 404, rest
        assert "Rivera" not in admin.inner_text("body")
    answer = admin.goto(f"{demo.address}/worklist")
    assert answer is not None and answer.status == 403


def test_people_are_switched_off_without_javascript_on_a_phone(demo: Demo) -> None:
    coordinator = demo.signs_in(COORDINATOR)
    admin = demo.signs_in(ADMINISTRATOR, 360, 740, javascript=False)
    press(admin, "Switch off Dana Ruiz")
    assert "Dana Ruiz is signed out." in said(admin)
    assert "switched off" in admin.locator("tr", has_text="Dana Ruiz").inner_text()
    coordinator.reload()
    assert coordinator.url.startswith(f"{demo.address}/sign-in")
