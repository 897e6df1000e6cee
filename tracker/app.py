"""Wires the application together. Importing this starts nothing and opens nothing."""

from datetime import timedelta

from flask import Flask

from config import PROJECT, Config
from tracker.cli import add_commands
from tracker.clock import Clock, SystemClock
from tracker.crypto import use_keys
from tracker.db import Database

MAX_UPLOAD = 16 * 1024 * 1024


def create_app(config: Config | None = None, *, clock: Clock | None = None) -> Flask:
    """The application. Neither database nor secret is asked for before something needs it."""
    from tracker.web.pages import add_pages

    app = create_command_app(config, clock=clock)
    add_pages(app)
    return app


def create_command_app(config: Config | None = None, *, clock: Clock | None = None) -> Flask:
    """The application without its pages, which take two fifths of its memory and two thirds of its start."""
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
    return app


def open_database(config: Config) -> Database:
    """The database these settings name, its encryption keys in place. Refuses settings that are unsafe."""
    config.check()
    use_keys(config.keys())
    return Database(config.url())
