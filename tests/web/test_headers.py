"""What every answer tells the browser: load nothing foreign, let nobody frame it, keep no copy."""

import re

import pytest
from flask import Flask, make_response, render_template_string
from werkzeug.test import TestResponse

from tests.web.gallery import make_gallery_app


@pytest.fixture(scope="module")
def app() -> Flask:
    app = make_gallery_app()
    app.add_url_rule("/nonce", "nonce", lambda: render_template_string('<script nonce="{{ csp_nonce() }}">1</script>'))
    app.add_url_rule("/download", "download", lambda: make_response(("a,b", {"Cache-Control": "public"})))
    return app


def policy(response: TestResponse) -> dict[str, str]:
    rules = response.headers["Content-Security-Policy"].split("; ")
    return {name: values for name, _, values in (rule.partition(" ") for rule in rules)}


@pytest.mark.parametrize("path", ["/", "/abort", "/nothing-here", "/static/nothing.css"])
def test_every_answer_carries_the_headers(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_policy_allows_our_own_files_and_nothing_else(app: Flask) -> None:
    assert policy(app.test_client().get("/")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


def test_a_nonce_is_allowed_only_where_a_page_asked_for_one(app: Flask) -> None:
    client = app.test_client()
    answers = [client.get("/nonce") for _ in range(2)]
    nonces = [re.findall(r'nonce="([\w-]{20,})"', answer.get_data(as_text=True))[0] for answer in answers]
    assert nonces[0] != nonces[1]
    for nonce, answer in zip(nonces, answers, strict=True):
        assert policy(answer)["script-src"] == f"'self' 'nonce-{nonce}'"


@pytest.mark.parametrize("path", ["/", "/abort", "/nothing-here", "/download", "/static"])
def test_nothing_that_may_hold_a_record_is_kept(app: Flask, path: str) -> None:
    assert app.test_client().get(path).headers["Cache-Control"] == "no-store"


def test_only_files_named_by_their_content_are_kept(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/static/build/app.css?v=1").headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/build/app.css").headers["Cache-Control"] == "no-cache"


def test_a_secure_connection_is_asked_for_again_but_a_laptop_is_left_alone(app: Flask) -> None:
    client = app.test_client()
    assert "Strict-Transport-Security" not in client.get("/").headers
    secured = client.get("/", base_url="https://clinic.example")
    assert secured.headers["Strict-Transport-Security"].startswith("max-age=31536000")
