"""Wires the application together. Importing this starts nothing and opens nothing."""

from datetime import timedelta
from importlib import import_module

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from config import PROJECT, Config
from tracker.cli import add_commands
from tracker.clock import Clock, SystemClock
from tracker.crypto import use_keys
from tracker.db import Database

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
MAX_UPLOAD = 16 * 1024 * 1024


def create_app(config: Config | None = None, *, clock: Clock | None = None) -> Flask:
    """The application. Neither database nor secret is asked for before something needs it."""
    config = config or Config.from_env()
    app = Flask("tracker", template_folder=str(PROJECT / "templates"), static_folder="static")
    app.testing = config.testing
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        SESSION_COOKIE_SECURE=config.base_url.startswith("https://"),
        SESSION_COOKIE_NAME="__Host-tracker" if config.base_url.startswith("https://") else "tracker",
        WTF_CSRF_TIME_LIMIT=int(timedelta(hours=12).total_seconds()),
    )
    app.extensions["tracker_config"] = config
    app.extensions["tracker_clock"] = clock or SystemClock()
    app.extensions["tracker_open_database"] = lambda: open_database(config)
    add_commands(app)
    _add_pages(app, config)
    return app


def open_database(config: Config) -> Database:
    """The database these settings name, its encryption keys in place. Refuses settings that are unsafe."""
    config.check()
    use_keys(config.keys())
    return Database(config.url())


def _add_pages(app: Flask, config: Config) -> None:
    from tracker.web import auth, csp, errors, home, sessions, ui

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
