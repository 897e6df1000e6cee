"""Sets the templates up: loaders, escaping, strictness, filters, and the few functions components call."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, url_for
from flask_babel import Babel
from jinja2 import BaseLoader, ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader

from tracker.web import choices, fields, formats, statuses
from tracker.web.csp import csp_nonce
from tracker.web.undefined import UndefinedInOurs

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FILTERS = {
    "us_date": formats.us_date,
    "long_date": formats.long_date,
    "us_instant": formats.us_instant,
    "ago": formats.ago,
    "number": formats.number,
    "dose": formats.dose,
    "unit_words": formats.unit_words,
    "period": formats.period,
}


def init_ui(app: Flask) -> None:
    """Make ``app`` able to render our templates and the component library's.

    ``STRICT_TEMPLATES`` (default: whether the app is testing) makes an undefined name or attribute
    in a template of ours an error; set it before calling.
    """
    strict = app.config.setdefault("STRICT_TEMPLATES", app.testing)
    if "babel" not in app.extensions:
        Babel(app)
    app.jinja_loader = with_library(app.jinja_loader)
    env = app.jinja_env
    env.undefined = UndefinedInOurs if strict else ChainableUndefined
    env.autoescape = escapes
    env.trim_blocks = env.lstrip_blocks = True
    env.filters.update(FILTERS)
    env.globals.update(
        asset_url=asset_url,
        boxes=choices.boxes,
        csp_nonce=csp_nonce,
        field_error=fields.field_error,
        field_kind=fields.field_kind,
        field_type=fields.field_type,
        field_choices=choices.field_choices,
        form_errors=fields.form_errors,
        grouped_items=choices.grouped_items,
        page_language=formats.page_language,
        status_look=statuses.status_look,
    )


def with_library(loader: BaseLoader | None) -> ChoiceLoader:
    own = [loader] if loader is not None else []
    return ChoiceLoader([*own, FileSystemLoader(TEMPLATES), PackageLoader("nhsuk_frontend_jinja")])


def escapes(name: str | None) -> bool:
    """Everything but a plain-text message; Flask's own rule would leave the library's ``.jinja`` files unescaped."""
    return name is None or not name.endswith(".txt")


def asset_url(name: str) -> str:
    """The address of a built file, with its content's hash so that browsers may keep it."""
    path = Path(current_app.static_folder or "") / "build" / name
    if not path.is_file():
        current_app.logger.warning("asset.missing name=%s: build the front end first", name)
        return url_for("static", filename=f"build/{name}")
    return url_for("static", filename=f"build/{name}", v=content_hash(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=32)
def content_hash(path: Path, changed_ns: int) -> str:  # noqa: ARG001 (part of the key: a rebuilt file is read again)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
