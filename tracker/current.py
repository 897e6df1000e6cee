"""What the running application holds: its settings, its database and its clock."""

from flask import current_app

from config import Config
from tracker.clock import Clock
from tracker.db import Database


def database() -> Database:
    """The application's database, opened on first use: a command that needs none never touches it."""
    extensions = current_app.extensions
    if "tracker_database" not in extensions:
        extensions["tracker_database"] = extensions["tracker_open_database"]()
    found: Database = extensions["tracker_database"]
    return found


def settings() -> Config:
    """The settings the application was made with."""
    found: Config = current_app.extensions["tracker_config"]
    return found


def clock() -> Clock:
    """The clock the application was given; a command with ``--as-of`` is given one that stands still."""
    found: Clock = current_app.extensions["tracker_clock"]
    return found
