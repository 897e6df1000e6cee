"""Gives an application its pages, and whatever comes before and after each of them."""

from importlib import import_module

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config
from tracker.web import auth, csp, errors, home, sessions, ui

BLUEPRINTS = (
    "auth",
    "home",
    "health",
    "worklists",
    "visits",
    "survivors",
    "enrollment",
    "treatment",
    "results",
    "sections",
    "summaries",
    "attachments",
    "overrides",
    "duplicates",
    "imports",
    "portal",
    "admin",
    "codes",
)


def add_pages(app: Flask) -> None:
    """Add every page, unless they are there."""
    if app.blueprints:
        return
    config: Config = app.extensions["tracker_config"]
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.session_interface = sessions.DatabaseSessions()
    ui.init_ui(app)
    csp.init_security_headers(app)
    errors.init_errors(app)
    CSRFProtect(app)
    auth.init_auth(app)
    home.init_page_context(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"tracker.web.{name}").bp)
