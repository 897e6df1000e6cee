"""The worklist, its download, and finding somebody from any page."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker.engine.types import Flag
from tracker.services import worklists
from tracker.services.states import State
from tracker.services.worklist_rank import Place
from tracker.services.worklists import EVERYONE, NEEDS_ACT, WorklistFilter
from tracker.web import presenters_worklists as presenters
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, note_access, reading

bp = Blueprint("worklists", __name__)
SHOWS = {NEEDS_ACT, EVERYONE, *(state.value for state in State)}
FLAGS = {flag.value: flag for flag in Flag}
LONGEST_TEXT = 200


@bp.get("/worklist")
@login_required
def index() -> ResponseReturnValue:
    wanted = wanted_in_address()
    with reading() as session:
        found = worklists.page(
            session,
            wanted,
            actor=current_actor(),
            clock=clock(),
            after=place_in_address("after"),
            before=place_in_address("before"),
        )
        note_access([row.survivor.id for row in found.rows], purpose="worklist")
        address = presenters.address(wanted)
        return render_template(
            "worklists/index.html",
            worklist=found,
            rows=presenters.views(found.rows, found.pack, found.today),
            stats=presenters.stats(found),
            everyone=presenters.everyone_link(),
            everyone_total=presenters.counted(sum(found.counts.values()), more=bool(found.more)),
            total=presenters.counted(found.total, more=found.total_is_more),
            choices=presenters.filter_choices(found),
            address=address,
            here=request.full_path.rstrip("?"),
            previous_href=_page_href(found, address, "before", 0) if found.has_previous else None,
            next_href=_page_href(found, address, "after", -1) if found.has_next else None,
        )


@bp.get("/worklist.csv")
@login_required
def download() -> ResponseReturnValue:
    with reading() as session:
        found = worklists.everyone_selected(session, wanted_in_address(), actor=current_actor(), clock=clock())
        note_access([row.survivor.id for row in found.rows], purpose="worklist download")
        body = presenters.as_csv(found)
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{presenters.download_name(found.today)}"'
    return response


@bp.get("/search")
@login_required
def search() -> ResponseReturnValue:
    text = request.args.get("q", "").strip()[:LONGEST_TEXT]
    with reading() as session:
        found = worklists.find(session, text, actor=current_actor(), clock=clock())
        if found.exact is not None:
            return redirect(url_for("survivors.show", survivor_id=found.exact), code=302)
        note_access([row.survivor.id for row in found.rows], purpose="search")
        rows = presenters.views(found.rows, found.pack, found.today)
        return render_template("worklists/search.html", text=text, found=found, rows=rows)


def wanted_in_address() -> WorklistFilter:
    """The filters named in the address; a value that is none of the choices narrows nothing."""
    show = request.args.get("state", NEEDS_ACT)
    return WorklistFilter(
        show=show if show in SHOWS else NEEDS_ACT,
        flag=FLAGS.get(request.args.get("flag", "")),
        diagnosis=request.args.get("diagnosis", "")[:LONGEST_TEXT],
        specialty=request.args.get("specialty", "")[:LONGEST_TEXT],
        text=request.args.get("text", "").strip()[:LONGEST_TEXT],
    )


def place_in_address(name: str) -> Place | None:
    token = request.args.get(name)
    return Place.read(token) if token else None


def _page_href(found: worklists.Worklist, address: dict[str, str], word: str, row: int) -> str | None:
    if not found.rows:
        return None
    values: dict[str, Any] = {**address, word: found.rows[row].place.token()}
    return url_for("worklists.index", **values)
