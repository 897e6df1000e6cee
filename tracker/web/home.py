"""The front door: each person's own first page, and what every page's header shows."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracker.errors import Forbidden, NotFound
from tracker.models import Clinic
from tracker.policy import Action, Actor
from tracker.services import jobs, packs
from tracker.services.clinics import workplaces
from tracker.web.auth import CLINIC_KEY, login_required
from tracker.web.context import clock, current_actor, reading

bp = Blueprint("home", __name__)
Entry = dict[str, object]
# What opens a person's day, the first that may be done.
FIRST_PAGES = (
    (Action.VIEW_WORKLIST, "worklists.index"),
    (Action.MANAGE_USERS, "admin.index"),
    (Action.VIEW_PORTAL, "portal.index"),
)


@bp.get("/")
@login_required
def index() -> ResponseReturnValue:
    for action, endpoint in FIRST_PAGES:
        if current_actor().may(action):
            return redirect(url_for(endpoint), code=302)
    return render_template("auth/no_role.html")


@bp.get("/workplace")
@login_required
def workplace() -> ResponseReturnValue:
    with reading() as db:
        found = workplaces(db, current_actor())
    if not found:
        raise Forbidden(_("This page is for people who work at a clinic"))
    return render_template("auth/workplace.html", clinics=found)


@bp.post("/workplace")
@login_required
def choose_workplace() -> ResponseReturnValue:
    with reading() as db:
        known = {str(clinic.id) for clinic in workplaces(db, current_actor())}
    chosen = request.form.get("clinic_id", "")
    if not known:
        raise Forbidden(_("This page is for people who work at a clinic"))
    if chosen not in known:
        raise NotFound(_("There is no such clinic, or it is not yours to see"))
    session[CLINIC_KEY] = str(UUID(chosen))
    return redirect(url_for("home.index"), code=303)


def init_page_context(app: Flask) -> None:
    app.context_processor(page_context)


def page_context() -> Entry:
    """What base.html shows around every page: clinic, navigation, search and banners."""
    actor = current_actor()
    shown: Entry = {
        "clinic": None,
        "nav": navigation(actor),
        "banners": [],
        "search_href": url_for("worklists.search") if actor.may(Action.VIEW_WORKLIST) else None,
        "search_query": request.args.get("q", "") if request.endpoint == "worklists.search" else "",
        "today": None,
        "home_href": url_for("home.index"),
        "sign_out_href": url_for("auth.sign_out"),
    }
    # The page that says so must not ask again.
    if not actor.scopes or g.get("database_unreachable"):
        return shown
    with reading() as db:
        clinic = packs.clinic_of(db, actor)
        if clinic is None:
            return shown
        state = jobs.state_of(db, now=clock().now(), clinic_id=clinic.id)
    return shown | {"clinic": clinic, "today": clock().today(clinic.tz), "banners": banners(actor, clinic, state)}


def navigation(actor: Actor) -> list[Entry]:
    """The sections that what this person may do opens, the present one marked."""
    places = [
        (Action.VIEW_WORKLIST, "worklists.index", _("Worklist")),
        (Action.VIEW_WORKLIST, "visits.day", _("Clinic day")),
        (Action.ENROL, "enrollment.new", _("Enroll")),
        (Action.IMPORT, "imports.index", _("Imports")),
        (Action.MANAGE_USERS, "admin.index", _("Users")),
        (Action.MANAGE_CLINIC, "admin.clinics_list", _("Clinics")),
        (Action.VIEW_JOBS, "admin.job_runs", _("Job runs")),
        (Action.MANAGE_CLINIC, "admin.pack", _("Guideline pack")),
        (Action.MAP_CODES, "codes.index", _("Codes")),
        (Action.VIEW_PORTAL, "portal.index", _("Your care")),
    ]
    shown = [(to, text) for action, to, text in places if actor.may(action)]
    if len({scope.clinic_id for scope in actor.scopes if scope.clinic_id is not None}) > 1:
        shown.append(("home.workplace", _("Change clinic")))
    return [{"href": url_for(to), "text": text, "current": request.endpoint == to} for to, text in shown]


def banners(actor: Actor, clinic: Clinic, state: jobs.JobState) -> list[Entry]:
    """What everyone must know before trusting a date on this page, with the page where it can be mended."""
    found: list[Entry] = []
    family = actor.may(Action.VIEW_PORTAL)
    if state.stale:
        text = _("Dates here may be a little behind. Call us if something looks wrong.") if family else _stale(state)
        found.append({"kind": "stale", "text": text} | _link(actor, Action.VIEW_JOBS, "admin.job_runs"))
    if not packs.is_adopted(clinic):
        text = _("Dates come from an example guideline pack, not yet adopted by this clinic.")
        if family:
            text = _("Your clinic has not yet approved these dates. Ask before you book.")
        found.append({"kind": "example", "text": text} | _link(actor, Action.MANAGE_CLINIC, "admin.pack"))
    return found


def _stale(state: jobs.JobState) -> str:
    if state.finished_at is None:
        return _("The nightly check has never finished. What you see may be out of date.")
    hours = int(jobs.STALE_AFTER / timedelta(hours=1))
    return _("The nightly check has not finished for %(hours)s hours. What you see may be out of date.", hours=hours)


def _link(actor: Actor, action: Action, endpoint: str) -> Entry:
    if not actor.may(action) or request.endpoint == endpoint:
        return {}
    return {"href": url_for(endpoint), "link_text": _("See what to do")}
