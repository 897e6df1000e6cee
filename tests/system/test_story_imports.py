"""A clinic's own files: looked at first, mended, brought in, found on the worklist, reported, and taken back."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import axe_violations, click_through, no_horizontal_scroll
from tests.fhir import builders
from tests.system.demo import CLINICIAN, COORDINATOR, Demo, follow, picture, press, said
from tracker.app import MAX_UPLOAD

pytestmark = pytest.mark.browser


def chooses(page: Page, name: str, content: bytes, **answers: str) -> None:
    """From anywhere: to the imports, a file chosen, its questions answered, and looked at."""
    follow(page, "Imports")
    follow(page, "Bring in records")
    page.get_by_label("File", exact=True).set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    for label, answer in answers.items():
        page.get_by_role("group", name=label).get_by_label(answer, exact=True).check()
    press(page, "Look at it first")


def reads(page: Page) -> str:
    return " ".join(page.locator("main").inner_text().split())


def has_no_barrier(page: Page) -> None:
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert axe_violations(page) == [] and no_horizontal_scroll(page), width


def report(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the report").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def everyone(demo: Demo, page: Page, name: str) -> int:
    """How often somebody of this name is on the list of everyone."""
    page.goto(f"{demo.address}/worklist?state=everyone&text={name}")
    return page.locator("tbody th a").count()


def people(*names: str) -> bytes:
    """A FHIR bundle of these people."""
    resources = [
        builders.patient(id=f"3333333{number}-3333-4333-8333-333333333333", name=[{"family": name, "given": ["Iris"]}])
        for number, name in enumerate(names)
    ]
    return json.dumps(builders.bundle(*resources)).encode()


def table(*rows: str) -> bytes:
    """A spreadsheet's people, saved as CSV."""
    head = "record_number,family_name,given_name,birth_date,diagnosis,end_of_therapy_on"
    return "\r\n".join([head, *rows]).encode()


def test_a_row_that_cannot_be_read_is_named_mended_and_the_whole_table_brought_in(demo: Demo) -> None:
    iris = "770001,Featherstone,Iris,2009-06-01,Leiomyosarcoma,2022-10-31"
    otto = "770002,Quillfeather,Otto,{born},Wilms tumor,2016-04-30"
    wren = "770003,Ashdown,Wren,2008-01-09,Neuroblastoma,2013"
    page = demo.signs_in(COORDINATOR)
    chooses(page, "people.csv", table(iris, otto.format(born="2011-02-30"), wren))
    assert "2 new people; 1 row cannot be read." in reads(page)
    assert "row 3" in reads(page) and "birth_date" in reads(page) and "2011-02-30" in reads(page)
    assert "Bring in the good rows and leave out this one" in reads(page)
    has_no_barrier(page)
    picture(page, "import")

    follow(page, "Choose the mended file")
    chooses(page, "people.csv", table(iris, otto.format(born="2011-02-28"), wren))
    assert "3 new people." in reads(page)
    press(page, "Bring these in")
    assert "Brought in: 3 new people." in said(page)
    assert {row["became"] for row in report(page) if "Featherstone" in row["what"]} == {"new"}
    for name in ("Featherstone", "Quillfeather", "Ashdown"):
        assert everyone(demo, page, name) == 1, name

    follow(page, "Imports")
    assert page.locator("tbody tr").count() == 2, "the first file is still a preview"
    # Both were made at the instant at which this clock stands still, so that either may come first.
    click_through(page.locator("tbody tr", has_text="Brought in").locator("th a"))
    follow(page, "Take it back")
    assert "3 people whom it enrolled are withdrawn" in reads(page)
    page.get_by_label("Why is it taken back?").fill("The list of another clinic")
    press(page, "Take it back")
    assert "3 people are withdrawn." in said(page)
    for name in ("Featherstone", "Quillfeather", "Ashdown"):
        assert everyone(demo, page, name) == 0, name


def test_the_good_rows_alone_come_in_where_somebody_says_so(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    rows = ("770001,Featherstone,Iris,6/1/2009,,", "770002,Quillfeather,Otto,2/30/2011,,")
    chooses(page, "people.csv", table(*rows), **{"How dates are written in it": "Month first: 3/14/2026"})
    press(page, "Bring in the good rows and leave out this one")
    assert "Brought in: 1 new person; 1 row was left out." in said(page)
    assert everyone(demo, page, "Featherstone") == 1 and everyone(demo, page, "Quillfeather") == 0


def test_a_hospitals_bundle_is_looked_at_brought_in_and_taken_back(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    chooses(page, "hospital.json", people("Featherstone", "Quillfeather"))
    assert "2 new people." in reads(page) and "Iris Featherstone" in reads(page)
    has_no_barrier(page)
    press(page, "Bring these in")
    assert "Brought in: 2 new people." in said(page)
    has_no_barrier(page)
    assert {row["became"] for row in report(page) if "Iris" in row["what"]} == {"new"}
    assert everyone(demo, page, "Featherstone") == 1

    follow(page, "Imports")
    follow(page, "hospital.json")
    follow(page, "Take it back")
    assert "2 people whom it enrolled are withdrawn" in reads(page)
    press(page, "Take it back")
    assert "Enter the reason" in page.locator(".nhsuk-error-summary").inner_text()
    page.get_by_label("Why is it taken back?").fill("The file of last year")
    press(page, "Take it back")
    assert "The import is taken back. 2 people are withdrawn." in said(page)
    assert everyone(demo, page, "Featherstone") == 0


def test_a_broken_bundle_is_named_piece_by_piece_and_nothing_is_kept(demo: Demo) -> None:
    page = demo.signs_in(CLINICIAN)
    chooses(page, "broken.json", people("Featherstone").replace(b"2007-03-05", b"2007-02-31"))
    assert page.title().startswith("Error: ")
    assert "“2007-02-31”" in reads(page) and "birthDate" in reads(page)
    has_no_barrier(page)
    follow(page, "Choose another file")
    follow(page, "Imports")
    assert "Nothing was brought in yet" in reads(page)


def test_a_file_that_is_too_large_gets_its_sentence_in_a_real_browser(demo: Demo, tmp_path: Path) -> None:
    page = demo.signs_in(COORDINATOR)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (MAX_UPLOAD + 1))
    page.goto(f"{demo.address}/imports/new")
    page.get_by_label("File", exact=True).set_input_files(large)
    press(page, "Look at it first")
    assert "The file is larger than 16 MB" in page.locator(".nhsuk-error-summary").inner_text()


def test_two_presses_bring_a_file_in_once(demo: Demo) -> None:
    page = demo.signs_in(COORDINATOR)
    chooses(page, "hospital.json", people("Featherstone"))
    colleague = page.context.new_page()
    colleague.goto(page.url)
    press(page, "Bring these in")
    press(colleague, "Bring these in")
    assert "brought in already" in re.sub(r"\s+", " ", said(colleague))
    assert everyone(demo, page, "Featherstone") == 1
