"""The family's one screen: what is next, what belongs to it, why, and whom to call."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracker.errors import Forbidden
from tracker.policy import Action
from tracker.services import portal
from tracker.web import presenters_portal as presenters
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading

bp = Blueprint("portal", __name__)


@bp.get("/care")
@login_required
def index() -> ResponseReturnValue:
    if not current_actor().may(Action.VIEW_PORTAL):
        raise Forbidden(_("This page is for survivors and their families"))
    with reading() as session:
        found = portal.portal_survivors(session, current_actor())
        if len(found) == 1:
            return redirect(url_for("portal.show", survivor_id=found[0].id), code=302)
        note_access([survivor.id for survivor in found], purpose="family list")
        return render_template("portal/index.html", survivors=found)


@bp.get("/care/<uuid:survivor_id>")
@login_required
def show(survivor_id: UUID) -> ResponseReturnValue:
    with reading() as session:
        page = portal.portal_page(session, survivor_id, actor=current_actor(), clock=clock())
        note_access([survivor_id], purpose="family page")
        care = presenters.care_view(page)
    # Where nothing is dated there is no date to warn of, and a family in mourning is told nothing else.
    if page.is_quiet:
        return render_template("portal/show.html", care=care, banners=[])
    return render_template("portal/show.html", care=care)
