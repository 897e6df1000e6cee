"""Errors become pages in one place: what happened, and what to do. Nothing a record says reaches a log."""

import logging
import traceback
from types import TracebackType
from uuid import UUID, uuid4

import flask_login
from flask import Flask, Response, flash, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError

from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.services import record_trail
from tracker.web.auth import own_path, to_sign_in
from tracker.web.context import current_actor, forget_access, reading, write_access_rows
from tracker.web.sessions import UNREACHABLE

log = logging.getLogger(__name__)
PAGES = {400, 403, 404, 405, 409, 413, 422, 429, 500, 503}
KEPT_HEADERS = ("Allow", "Retry-After")


def init_errors(app: Flask) -> None:
    app.register_error_handler(NotFound, not_found)
    for kind, status in ((Forbidden, 403), (Conflict, 409), (Invalid, 422)):
        app.register_error_handler(kind, lambda error, status=status: page(status, str(error)))
    for unreachable in UNREACHABLE:
        app.register_error_handler(unreachable, database_unreachable)
    app.register_error_handler(CSRFError, form_too_old)
    app.register_error_handler(HTTPException, known)
    app.register_error_handler(Exception, unknown)
    app.before_request(refuse_what_cannot_be)
    app.after_request(log_access)
    # Flask's own would log what the error says.
    app.log_exception = log_failure  # type: ignore[assignment, method-assign]


def refuse_what_cannot_be() -> None:
    """Before anything else: a session that could not be read, and text that no database can hold."""
    failure = getattr(session, "failure", None)
    if failure is not None:
        raise failure
    if any("\x00" in text for values in (request.args, request.form) for text in values.values()):
        raise BadRequest


def page(status: int, message: str = "") -> ResponseReturnValue:
    """One error page, which shows nobody's record; ``message`` is a sentence of ours, never a library's."""
    forget_access()
    shown = status if status in PAGES else 400 if status < 500 else 500
    return render_template(f"errors/{shown}.html", message=message, reference=g.get("error_reference", "")), status


def not_found(error: NotFound) -> ResponseReturnValue:
    """A record that became part of another leads there; what is not there, or not theirs to see, is not told apart."""
    asked = request.view_args or {}
    survivor_id = asked.get("survivor_id")
    if request.method == "GET" and isinstance(survivor_id, UUID) and request.endpoint is not None:
        with reading() as db:
            stays = record_trail.leads_to(db, survivor_id, actor=current_actor())
        if stays is not None:
            forget_access()
            return redirect(url_for(request.endpoint, **(asked | {"survivor_id": stays})), code=302)
    return page(404, str(error))


def known(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    original = getattr(error, "original_exception", None)
    if isinstance(error, InternalServerError) and isinstance(original, UNREACHABLE):
        return database_unreachable(original)
    response = make_response(page(error.code or 500))
    headers = dict(error.get_headers())
    response.headers.update({name: headers[name] for name in KEPT_HEADERS if name in headers})
    return response


def form_too_old(_error: CSRFError) -> ResponseReturnValue:
    if request.endpoint == "auth.create_session":
        flash(_("The page was open for too long. Try again"), "info")
        return redirect(url_for("auth.sign_in", next=own_path(request.form.get("next"))), code=303)
    if not flask_login.current_user.is_authenticated:
        return to_sign_in()
    log.info("csrf.refused endpoint=%s", request.endpoint)
    return page(400, _("This form was open for too long or came from another page. Go back, reload it, and try again"))


def database_unreachable(error: Exception) -> ResponseReturnValue:
    g.database_unreachable = True
    _remember(error)
    return page(503)


def unknown(error: Exception) -> ResponseReturnValue:
    _remember(error)
    return page(500)


def _remember(error: BaseException) -> None:
    if "error_reference" not in g:
        g.error_reference = uuid4().hex[:8]
    log.error(
        "request.failed reference=%s endpoint=%s\n%s", g.error_reference, request.endpoint, "\n".join(places(error))
    )


def log_failure(info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
    """An error that came too late for the handlers above, told in the same way."""
    if info[1] is not None:
        _remember(info[1])


def places(error: BaseException) -> list[str]:
    """Where an error came about and of which kind; not what it says, which may hold a name or a number."""
    found = [] if error.__context__ is None else places(error.__context__)
    frames = traceback.extract_tb(error.__traceback__)
    return [*found, *(f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames), type(error).__name__]


def log_access(response: Response) -> Response:
    """Whom the page shows is written down before it goes out."""
    write_access_rows()
    return response
