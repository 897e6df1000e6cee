"""The page around every page, the error pages, and the rules all templates keep."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string
from jinja2.exceptions import UndefinedError

from tests.browser import PROJECT
from tests.web.gallery import make_gallery_app
from tracker.web.ui import TEMPLATES

ERROR_PAGES = [400, 403, 404, 405, 409, 413, 422, 429, 500, 503]
PAGES = ["/", "/rejected", *(f"/error/{status}" for status in ERROR_PAGES)]


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_gallery_app()


@pytest.fixture(autouse=True)
def in_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


@pytest.mark.parametrize("path", PAGES)
def test_no_page_needs_an_inline_script_style_or_outside_address(app: Flask, path: str) -> None:
    html = app.test_client().get(path).get_data(as_text=True)
    assert [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag] == []
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)
    assert [link for link in re.findall(r'(?:href|src|action)="([^"]+)"', html) if re.match(r"\w+:|//", link)] == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_repeats_an_id_or_points_at_a_missing_one(app: Flask, path: str) -> None:
    html = app.test_client().get(path).get_data(as_text=True)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))
    pointed = re.findall(r'(?:for|aria-labelledby)="([^"]+)"', html)
    pointed += [name for names in re.findall(r'aria-describedby="([^"]+)"', html) for name in names.split()]
    pointed += re.findall(r'href="#([^"]+)"', html)
    assert sorted(set(pointed) - set(ids)) == []


@pytest.mark.parametrize("status", ERROR_PAGES)
def test_error_pages_say_what_happened_and_what_to_do(app: Flask, status: int) -> None:
    html = app.test_client().get(f"/error/{status}").get_data(as_text=True)
    main = html[html.index("<main") : html.index("</main>")]
    paragraphs = re.findall(r"<p>([^<]+)</p>", main)
    assert len(paragraphs) >= 2
    assert "<h1" in main
    assert str(status) not in main


def test_an_error_page_prefers_the_services_own_sentence() -> None:
    html = render_template_string(
        '{% extends "errors/409.html" %}', message="Dana Ruiz changed this at 10:42", reference=""
    )
    assert "<p>Dana Ruiz changed this at 10:42.</p>" in html
    assert "Nothing of yours was stored" not in html


def test_a_failure_gives_a_reference_to_quote(app: Flask) -> None:
    assert "a1b2c3d4" in app.test_client().get("/error/500").get_data(as_text=True)


def test_the_header_serves_who_is_there() -> None:
    html = make_gallery_app().test_client().get("/error/404").get_data(as_text=True)
    assert 'aria-current="page">Worklist' in html
    assert 'role="search"' in html
    assert re.search(r'<form method="post" action="/sign-out">\s*<input type="hidden" name="csrf_token"', html)


def test_a_signed_out_page_offers_neither_search_nor_sign_out() -> None:
    nobody = {
        "current_user": type("Nobody", (), {"is_authenticated": False})(),
        "nav": [],
        "search_href": None,
        "clinic": None,
        "banners": [],
    }
    html = make_gallery_app(**nobody).test_client().get("/error/404").get_data(as_text=True)
    assert 'role="search"' not in html
    assert "Sign out" not in html
    assert "Dana" not in html


def test_banners_and_flashes_stand_on_the_page(app: Flask) -> None:
    html = app.test_client().get("/").get_data(as_text=True)
    assert "app-banner--stale" in html
    assert "not yet adopted by this clinic" in html
    assert 'app-notice--success" role="status"' in html


def test_only_the_components_know_the_library() -> None:
    pages = [path for path in TEMPLATES.rglob("*.html") if path.parent.name != "components"]
    assert [str(path) for path in pages if re.search(r"""["']nhsuk/""", path.read_text(encoding="utf-8"))] == []


def test_a_mistyped_name_in_our_templates_fails() -> None:
    for line in (
        "{{ survivr }}",
        "{{ clinic.nmae }}",
        "{% if survivr %}{% endif %}",
        "{% for x in survivrs %}{% endfor %}",
    ):
        with pytest.raises(UndefinedError, match=r"survivr|nmae"):
            render_template_string(line, clinic={"name": "Harbor"})


def test_asking_whether_a_name_is_there_is_no_mistake() -> None:
    assert (
        render_template_string("{{ survivr is defined }}{{ survivr | default('nobody') }}{{ 'x' if false }}")
        == "Falsenobody"
    )


def test_in_production_a_missing_name_shows_nothing_rather_than_failing() -> None:
    app = make_gallery_app(strict=False)
    with app.test_request_context("/"):
        assert render_template_string("<{{ survivr.name }}>") == "<>"


def test_plain_text_messages_are_not_escaped_and_all_else_is(app: Flask) -> None:
    escapes = app.jinja_env.autoescape
    assert callable(escapes)
    assert not escapes("messages/reminder.txt")
    assert escapes("survivors/show.html")
    assert escapes("nhsuk/components/input/template.jinja")
    assert escapes(None)


def test_a_built_file_is_addressed_by_its_content(app: Flask) -> None:
    if not (PROJECT / "tracker" / "static" / "build" / "app.css").is_file():
        pytest.skip("needs the built front end: npm ci && npm run build")
    assert re.fullmatch(r"/static/build/app\.css\?v=[0-9a-f]{12}", app.jinja_env.globals["asset_url"]("app.css"))  # type: ignore[operator]
    assert app.jinja_env.globals["asset_url"]("missing.css") == "/static/build/missing.css"  # type: ignore[operator]
