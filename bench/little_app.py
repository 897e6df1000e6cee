"""The yardstick of the worklist: the same query and template in a Flask application that does nothing else.

No sign-in, no session, no audit, no banners, no headers: who asks is a constant.
"""

from functools import partial
from importlib import import_module
from inspect import unwrap
from uuid import UUID

from flask import Flask, g

from config import PROJECT
from tracker.clock import Clock
from tracker.db import Database
from tracker.policy import Actor
from tracker.services import accounts
from tracker.web import worklists
from tracker.web.pages import BLUEPRINTS
from tracker.web.ui import init_ui

PATH = "/little"


def little_app(database: Database, clock: Clock, user_id: UUID) -> Flask:
    """An application with one page, the worklist, at ``PATH``."""
    app = Flask("tracker", template_folder=str(PROJECT / "templates"), static_folder="static")
    app.extensions.update(tracker_database=database, tracker_clock=clock)
    init_ui(app)
    app.jinja_env.globals.update(csrf_token=str)
    # The blueprints are there for the addresses in the links only.
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"tracker.web.{name}").bp)
    # The page's own function without the check who is asking; what it notes for the audit nobody writes down.
    app.add_url_rule(PATH, endpoint="little", view_func=unwrap(worklists.index))
    app.before_request(partial(_set_actor, _actor(database, clock, user_id)))
    return app


def _set_actor(actor: Actor) -> None:
    g.actor = actor


def _actor(database: Database, clock: Clock, user_id: UUID) -> Actor:
    with database.reading() as session:
        found = accounts.signed_in(session, user_id, clock=clock, address="")
    if found is None:
        raise LookupError("The registry's coordinator cannot sign in")
    return found[1]
