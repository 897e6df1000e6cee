"""The clinician in the room: why a test is due, logging it, deciding otherwise, the summary, the visit."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.browser import click_through, unfold
from tests.system.demo import CLINICIAN, Demo, about, enter_date, follow, item, picture, press, said

pytestmark = pytest.mark.browser
ECHO = "Echocardiogram"


def opens_ana(demo: Demo, width: int = 1280, *, javascript: bool = True) -> Page:
    return demo.opens(demo.signs_in(CLINICIAN, width, javascript=javascript), demo.known.ana)


def planned(page: Page, year: int) -> str:
    """What is planned for a year, from the folded part of the page."""
    part = unfold(page.locator("#later"))
    return part.locator("div", has=page.get_by_role("heading", name=str(year), exact=True)).last.inner_text()


def results(page: Page) -> str:
    return unfold(page.locator("#results")).inner_text()


def test_one_press_opens_the_whole_proof_of_an_overdue_echocardiogram(demo: Demo) -> None:
    page = opens_ana(demo)
    echo = item(page, ECHO)
    assert "Overdue" in echo.inner_text()
    assert "since Aug 13, 2026, 3 months ago" in echo.inner_text()
    unfold(echo.locator("details"))
    proof = echo.inner_text()
    for link_in_the_chain in (
        "doxorubicin-equivalent anthracycline dose, 300 mg/m² (≥ 250 mg/m²)",
        "every 2 years",
        "Rule echo-high of childhood-cancer/2026.1",
        "Last done May 14, 2024.",
        "May 14, 2024, Echocardiogram, normal",
        "May 14, 2026",
        "August 12, 2026",
    ):
        assert link_in_the_chain in proof, link_in_the_chain


def test_a_result_is_logged_from_its_item_and_a_wrong_date_costs_nothing_typed(demo: Demo) -> None:
    page = opens_ana(demo)
    click_through(about(page, "Log result", ECHO))
    assert page.inner_text("h1").endswith(ECHO)
    enter_date(page, "Date it was done", ("2", "30", "2026"))
    page.get_by_label("Value (optional)").fill("58")
    page.get_by_label("Normal", exact=True).check()
    page.get_by_label("What the report says (optional)").fill("Good function of both ventricles")
    press(page, "Save result")

    assert page.title().startswith("Error: ")
    page.locator(".nhsuk-error-summary a").first.click()
    expect(page.locator(":focus")).to_have_attribute("id", re.compile("^performed_on"))
    assert page.get_by_label("Value (optional)").input_value() == "58"
    assert page.get_by_label("What the report says (optional)").input_value() == "Good function of both ventricles"
    assert page.get_by_label("Normal", exact=True).is_checked()
    assert page.get_by_label("Day").input_value() == "30"

    enter_date(page, "Date it was done", date(2026, 11, 20))
    press(page, "Save result")
    assert "Echocardiogram recorded. Next due November 20, 2028, because of doxorubicin-equivalent" in said(page)
    assert (item(page, ECHO).locator(".app-tag").text_content() or "").strip() == "Planned"
    assert "due Nov 20, 2028" in planned(page, 2028)
    assert "58%, normal" in results(page)


def test_a_correction_needs_a_reason_moves_the_date_and_keeps_what_was_there(demo: Demo) -> None:
    page = opens_ana(demo)
    click_through(about(page, "Log result", ECHO))
    page.get_by_label("Normal", exact=True).check()
    press(page, "Save result")
    assert "Next due November 23, 2028" in said(page)

    follow(page, "Correct or undo: Echocardiogram")
    enter_date(page, "Date it was done", date(2026, 11, 19))
    press(page, "Save correction")
    assert "Enter the reason for the correction" in page.locator(".nhsuk-error-summary").inner_text()
    page.get_by_label("Why is it corrected?").fill("The date was typed wrong")
    press(page, "Save correction")
    assert "Echocardiogram corrected. Next due November 19, 2028" in said(page)
    table = results(page)
    assert page.locator("#results s", has_text="Nov 23, 2026").count() == 1
    assert "counts, corrected" in table and "replaced by a correction" in table
    follow(page, "Who changed this record")
    assert "The date was typed wrong" in page.inner_text("main")


def test_what_the_family_tells_moves_only_the_date_they_expect_until_the_report_is_accepted(demo: Demo) -> None:
    page = opens_ana(demo)
    click_through(about(page, "Log result", ECHO))
    enter_date(page, "Date it was done", date(2026, 11, 2))
    page.get_by_label("Normal", exact=True).check()
    page.get_by_label("Told by the family: the report is not here yet").check()
    press(page, "Save result")
    assert "the clinic's own date stays until the report is here" in said(page)
    echo = item(page, ECHO).inner_text()
    assert "Overdue" in echo and "Nov 2, 2028, if what the family told is confirmed" in echo
    assert "Told by the family, report not here: Echocardiogram." in page.inner_text(".app-warning")

    assert "told by the family: does not count yet" in results(page)
    press(page, "Accept report: Echocardiogram")
    assert "accepted, and the result counts" in said(page)
    assert "due Nov 2, 2028" in planned(page, 2028)


def test_a_decision_to_wait_needs_reason_and_end_and_is_withdrawn_in_one_press(demo: Demo) -> None:
    page = opens_ana(demo)
    echo = item(page, ECHO)
    unfold(echo.locator("details"))
    click_through(about(page, "Defer", ECHO))
    assert "Due May 14, 2026." in page.inner_text(".nhsuk-inset-text"), "the guideline's date stays visible"
    enter_date(page, "Until when?", date(2027, 3, 1))
    press(page, "Save decision")
    assert "Enter the reason for this decision" in page.locator(".nhsuk-error-summary").inner_text()
    page.get_by_label("Why?").fill("Cardiology sees her in February")
    enter_date(page, "When does this decision end?", date(2027, 6, 1))
    press(page, "Save decision")
    assert "Echocardiogram deferred." in said(page)
    row = page.locator("#decisions tbody tr")
    for words in ("Deferred to Mar 1, 2027", "Cardiology sees her in February", "Lena Okafor", "Jun 1, 2027", "May 14"):
        assert words in row.inner_text(), words
    assert "due Mar 1, 2027" in planned(page, 2027)

    press(page, "Withdraw: Echocardiogram")
    assert "The decision on “Echocardiogram” is withdrawn. Now due May 14, 2026." in said(page)
    assert "Overdue" in item(page, ECHO).inner_text()


def test_a_treatment_of_unknown_dose_is_planned_with_caution_and_said_first(demo: Demo) -> None:
    page = opens_ana(demo)
    assert "radiation dose to the heart" not in page.inner_text(".app-warning")
    follow(page, "Edit treatment summary")
    row = page.locator("fieldset", has=page.get_by_label("Treatment", exact=True)).last
    row.get_by_label("Treatment", exact=True).select_option(value="heart_rt_gy")
    row.get_by_label("Known?").select_option("Given, dose unknown")
    press(page, "Save summary")
    gap = page.locator(".app-warning li", has_text="radiation dose to the heart")
    assert "Not known: radiation dose to the heart. Planned as a precaution:" in gap.inner_text()
    assert "The treating center can settle it." in gap.inner_text()
    assert "given, dose not known" in unfold(page.locator("#treatment")).inner_text()


def test_a_visit_is_opened_from_the_days_list_filled_in_and_completed(demo: Demo) -> None:
    page = opens_ana(demo)
    follow(page, "Book visit")
    click_through(page.locator("button[name=slot]").first)
    assert "Visit booked for Monday, November 23, 2026" in said(page)
    follow(page, "Clinic day")
    click_through(about(page, "Open visit", "Ana Rivera"))
    assert page.inner_text("h1").endswith("Ana Rivera")
    assert "Open" in page.locator("main .app-tag").first.inner_text()
    click_through(about(page, "Record", "History and physical examination"))
    page.get_by_label("Normal", exact=True).check()
    press(page, "Save result")
    assert "History and physical examination" in page.locator("section", has_text="Recorded in this visit").inner_text()
    page.get_by_label("Note about the visit (optional)").fill("Doing well")
    press(page, "Complete visit")
    assert "Visit completed. The next one is due November 23, 2027." in said(page)
    assert "Survivorship clinic visit" in planned(page, 2027)


def test_the_course_is_a_picture_that_opens_at_today_on_a_phone_and_the_same_as_a_table(demo: Demo) -> None:
    page = opens_ana(demo, 360)
    region = page.get_by_role("region", name="Course of disease and follow-up")
    today = region.locator(".app-course__today line").bounding_box()
    assert today is not None and 0 < today["x"] < 360, "today is in sight"
    name = region.locator(".app-course__name").first
    expect(name, "moves along, in the frame after the one in which the picture did").to_have_attribute(
        "transform", re.compile("translate")
    )
    assert name.bounding_box()["x"] >= 0  # type: ignore[index]
    page.get_by_text("The same as a table").click()
    table = page.get_by_role("region", name="Course, as a table").inner_text()
    assert "End of therapy: Leiomyosarcoma" in table
    assert "May 14, 2024" in table and "Echocardiogram, normal" in table


def test_a_long_follow_up_stands_on_one_page_and_picture_table_and_visits_agree(demo: Demo) -> None:
    page = demo.signs_in(CLINICIAN)
    page.goto(f"{demo.address}/worklist?state=overdue")
    of_the_demo = page.locator("tbody tr").filter(has_text=re.compile(r"\b00\d{4}\b"))
    # By a name in Latin letters, for which every machine has a font.
    click_through(of_the_demo.locator("th a").filter(has_text=re.compile(r"^[A-Za-zÀ-ÿ ]+$")).last)
    picture(page, "survivor")
    page.get_by_text("The same as a table").click()
    table = page.get_by_role("region", name="Course, as a table")
    expect(table).to_be_visible()
    in_table = table.locator("tr", has_text="Visits").count()
    assert in_table == unfold(page.locator("#visits")).locator("li").count() > 1
    assert page.locator(".app-warning li").count() <= 3


def test_a_result_is_logged_without_javascript(demo: Demo) -> None:
    page = opens_ana(demo, 360, javascript=False)
    click_through(about(page, "Log result", ECHO))
    page.get_by_label("Abnormal").check()
    page.get_by_label("Elsewhere, and the report is here").check()
    page.get_by_label("Where?").fill("Bay Hospital")
    press(page, "Save result")
    assert "Echocardiogram recorded. Next due November 23, 2028" in said(page)
    assert "Bay Hospital" in results(page)
