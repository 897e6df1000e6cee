"""Flask's session, kept on the server: the cookie holds a random token and nothing else.

Flask's own cookie can be replayed after signing out; a stored session can be ended, at once and from anywhere.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from sqlalchemy.exc import InterfaceError, OperationalError

from tracker.services import user_sessions
from tracker.web.context import clock, reading, settings, transaction

TOUCH_EVERY = timedelta(minutes=1)
USER_KEY = "_user_id"
UNREACHABLE = (OperationalError, InterfaceError)
WITHOUT_SESSION = ("/livez", "/readyz", "/health/jobs")


class StoredSession(SecureCookieSession):
    """A session as Flask sees it, with the token that finds it again."""

    def __init__(self, contents: dict[str, Any] | None = None, token: str | None = None) -> None:
        super().__init__(contents or {})
        self.token = token
        self.seen_at: datetime | None = None
        self.is_over = False
        self.failure: Exception | None = None
        self._renew = False

    def renew(self) -> None:
        """Nothing from before lives on, and the token will be new: a planted or copied one is worth nothing."""
        self.clear()
        self._renew = True

    @property
    def must_end(self) -> bool:
        return self.token is not None and (self._renew or (self.modified and not self))


class DatabaseSessions(SessionInterface):
    """Loads a session by its token and stores it when it changed, or once a minute while it is used."""

    def open_session(self, app: Flask, request: Request) -> StoredSession:
        if app.secret_key is None:  # it signs the forms' tokens, and is not asked for before the first page
            app.secret_key = settings().secret()
        token = request.cookies.get(self.get_cookie_name(app))
        if not token or request.path in WITHOUT_SESSION or request.path.startswith(f"{app.static_url_path}/"):
            return StoredSession()
        try:
            return self._find(token)
        except UNREACHABLE as error:
            # Raised here it could not become a page; errors.py raises it again before anything else is done.
            unknown = StoredSession()
            unknown.failure = error
            return unknown

    def _find(self, token: str) -> StoredSession:
        with reading() as session:
            row = user_sessions.find(session, token)
            if row is None:
                return StoredSession()
            found = StoredSession(row.contents, token)
            found.seen_at = row.last_seen_at
            if user_sessions.is_over(session, row, clock=clock()):
                found.renew()
                found.is_over = True
            return found

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, StoredSession):
            raise TypeError("Only sessions opened here can be saved")
        if session.failure is not None or not self._has_news(session):
            return
        try:
            self._save(app, session, response)
        except UNREACHABLE:
            # An error page must still go out; any other page would claim that something was kept which was not.
            if response.status_code < 500:
                raise

    def _has_news(self, session: StoredSession) -> bool:
        idle = session.seen_at is None or clock().now() - session.seen_at >= TOUCH_EVERY
        return session.modified or (bool(session) and idle)

    def _save(self, app: Flask, session: StoredSession, response: Response) -> None:
        with transaction() as db:
            if session.must_end and session.token is not None:
                user_sessions.end(db, session.token, clock=clock())
                session.token = None
            if session and session.token is None:
                session.token = secrets.token_urlsafe(32)
                user_id = UUID(session[USER_KEY]) if USER_KEY in session else None
                user_sessions.begin(db, session.token, session, user_id, clock=clock())
            elif session and session.token is not None:
                user_sessions.update(db, session.token, session, clock=clock())
        if session and session.token is not None:
            self._set_cookie(app, response, session.token)
        else:
            self._delete_cookie(app, response)

    def _set_cookie(self, app: Flask, response: Response, token: str) -> None:
        secure = self.get_cookie_secure(app)
        response.set_cookie(self.get_cookie_name(app), token, httponly=True, secure=secure, samesite="Lax", path="/")

    def _delete_cookie(self, app: Flask, response: Response) -> None:
        secure = self.get_cookie_secure(app)
        response.delete_cookie(self.get_cookie_name(app), path="/", httponly=True, secure=secure, samesite="Lax")
