"""Signing in and out, and who is asking in each request."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from uuid import UUID

import flask_login
from flask import Blueprint, Flask, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import LoginManager, UserMixin
from werkzeug.wrappers import Response
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired

from tracker.models import User
from tracker.policy import Actor
from tracker.services import accounts
from tracker.web.context import clock, reading, remote_address, transaction
from tracker.web.sessions import StoredSession

P = ParamSpec("P")
CLINIC_KEY = "clinic_id"
log = logging.getLogger(__name__)
bp = Blueprint("auth", __name__)
login_manager = LoginManager()
# Sessions live on the server and are bound to nothing but their token: phones change networks.
login_manager.session_protection = None


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login is not typed
    """Who is signed in, as Flask-Login and the header of a page see it."""

    def __init__(self, user: User, actor: Actor) -> None:
        self.id = str(user.id)
        self.actor = actor

    @property
    def display_name(self) -> str:
        return self.actor.name


class SignInForm(Form):
    email = StringField(
        lazy_gettext("Email address"),
        [InputRequired(lazy_gettext("Enter your email address"))],
        render_kw={"autocomplete": "username", "inputmode": "email", "spellcheck": "false"},
    )
    password = PasswordField(
        lazy_gettext("Password"),
        [InputRequired(lazy_gettext("Enter your password"))],
        render_kw={"autocomplete": "current-password"},
    )


def init_auth(app: Flask) -> None:
    login_manager.init_app(app)
    login_manager.unauthorized_handler(to_sign_in)


@login_manager.user_loader  # type: ignore[untyped-decorator]  # flask-login is not typed
def load_user(user_id: str) -> SignedIn | None:
    if g.get("database_unreachable"):
        return None
    with reading() as db:
        found = accounts.signed_in(db, UUID(user_id), clock=clock(), address=remote_address())
    if found is None:
        return None
    user, actor = found
    chosen = session.get(CLINIC_KEY)
    g.actor = actor.first_at(UUID(chosen)) if chosen else actor
    return SignedIn(user, g.actor)


def login_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Only for someone signed in; others are sent to the sign-in page and back afterwards."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not flask_login.current_user.is_authenticated:
            return to_sign_in()
        return view(*args, **kwargs)

    return guarded


def to_sign_in() -> Response:
    if isinstance(stored := _stored_session(), StoredSession) and stored.is_over:
        flash(_("You were signed out to keep records safe. Sign in to go on"), "info")
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=own_path(target)), code=302)


def own_path(target: str | None) -> str | None:
    """A place on this site to go back to; anything that could lead elsewhere is dropped."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    return None if any(ord(char) < 32 for char in target) else target


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if flask_login.current_user.is_authenticated:
        return redirect(url_for("home.index"))
    return render_template("auth/sign_in.html", form=SignInForm(), next=own_path(request.args.get("next")))


@bp.post("/sign-in")
def create_session() -> ResponseReturnValue:
    form, target = SignInForm(request.form), own_path(request.form.get("next"))
    status, user = _check(form) if form.validate() else (422, None)
    if user is None:
        return render_template("auth/sign_in.html", form=form, next=target), status
    renew_session()
    flask_login.login_user(user)
    return redirect(target or url_for("home.index"), code=303)


def _check(form: SignInForm) -> tuple[int, SignedIn | None]:
    # The transaction is kept either way: a failure is counted in it.
    with transaction() as db:
        email, password = form.email.data or "", form.password.data or ""
        try:
            user = accounts.sign_in(db, email, password, address=remote_address(), clock=clock())
        except accounts.TooManyAttempts as error:
            log.warning("sign_in.throttled address=%s", remote_address())
            form.form_errors.append(str(error))
            return 429, None
        found = user and accounts.signed_in(db, user.id, clock=clock(), address=remote_address())
        if not found:
            log.info("sign_in.refused address=%s", remote_address())
            form.form_errors.append(_("The email address or the password is not right. Check both and try again"))
            return 422, None
        g.actor = found[1]
        return 200, SignedIn(*found)


def _stored_session() -> object:
    return session._get_current_object()  # type: ignore[attr-defined]  # Flask's proxy


def renew_session() -> None:
    """A new token at sign-in and sign-out; nothing of the old session lives on."""
    if isinstance(stored := _stored_session(), StoredSession):
        stored.renew()


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    flask_login.logout_user()
    renew_session()
    return redirect(url_for("auth.sign_in"), code=303)
