"""Signs a test client in without the form: a session row and its cookie, as the sign-in page would leave them."""

import secrets

from flask.testing import FlaskClient

from tracker.db import Database
from tracker.models import User
from tracker.services import user_sessions
from tracker.web.context import database


def sign_in(client: FlaskClient, user: User) -> FlaskClient:
    """The client, from now on signed in as this person (who must be committed)."""
    token = secrets.token_urlsafe(32)
    app = client.application
    with app.app_context():
        store: Database = database()
    with store.transaction() as session:
        contents = {"_user_id": str(user.id), "_fresh": True}
        user_sessions.begin(session, token, contents, user.id, clock=app.extensions["tracker_clock"])
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], token, domain="localhost")
    return client
