"""The administrator's pages about codes: those that nobody knows, what they mean here, and the pack's own tables."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from tracker.errors import Conflict, Forbidden, Invalid
from tracker.fhir.codes import ALIASES
from tracker.intake import replay
from tracker.models import Clinic
from tracker.policy import Action
from tracker.services import clinics, code_mappings, packs, unknown_codes
from tracker.services.code_mappings import KINDS, NOTHING
from tracker.services.unknown_codes import RECURRING, CodeUse
from tracker.web import presenters_codes as presenters
from tracker.web.auth import login_required
from tracker.web.context import clock, current_actor, current_clinic_id, reading, transaction
from tracker.web.forms_codes import CodeForm
from tracker.web.refusals import refuse

bp = Blueprint("codes", __name__, url_prefix="/admin/codes")
CONFIRM = "confirm"
MOST_PAGES = 10_000


def _own_clinic_id() -> UUID:
    """The clinic whose codes this administrator maps; nobody else has any business on these pages."""
    clinic_id = current_clinic_id(Action.MAP_CODES)
    if clinic_id is None:
        raise Forbidden(_("These pages are for administrators. Ask yours if you need something changed"))
    return clinic_id


def _clinic(session: Session) -> Clinic:
    return clinics.one(session, _own_clinic_id(), actor=current_actor())


@bp.get("")
@login_required
def index() -> ResponseReturnValue:
    every = request.args.get("all") == "1"
    page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
    with reading() as session:
        clinic = _clinic(session)
        found = unknown_codes.unknown_codes(
            session,
            clinic.id,
            actor=current_actor(),
            aliases=ALIASES,
            at_least=1 if every else RECURRING,
            page=page,
        )
        rows = presenters.rows(found, presenters.system_names(packs.pack_for(clinic)), clinic.tz)
    shown: dict[str, Any] = {"all": "1"} if every else {}
    return render_template(
        "admin/codes.html",
        rows=rows,
        in_words=found.in_words,
        every=every,
        page=page,
        previous_href=url_for("codes.index", page=page - 1, **shown) if page > 1 else None,
        next_href=url_for("codes.index", page=page + 1, **shown) if found.has_more else None,
    )


@bp.get("/code")
@login_required
def show() -> ResponseReturnValue:
    system, code = request.args.get("system", ""), request.args.get("code", "")
    with reading() as session:
        clinic = _clinic(session)
        use = _use(session, clinic, system, code)
        form = CodeForm(data={"system": system, "code": code})
        known = replay.known_as(clinic, system, code)
        for kind, title in known.items():
            form.propose(kind, title)
        return _code_page(clinic, use, form)


@bp.post("/code")
@login_required
def map_code() -> ResponseReturnValue:
    """What was chosen is said back first, with how many entries will be read again; confirmed, it is done."""
    form = CodeForm(request.form)
    with reading() as session:
        clinic = _clinic(session)
        use = _use(session, clinic, form.system.data or "", form.code.data or "")
        kinds = presenters.kinds_for(use)
        form.offer(kinds)
        choices = _choices(clinic, kinds)
        meaning = form.meaning(choices, use.found.display)
        if meaning is None:
            return _code_page(clinic, use, form), 422
        if request.form.get("act") != CONFIRM:
            found = _shown(clinic, use)
            words = presenters.meaning_words(meaning, choices)
            return render_template("admin/codes_confirm.html", found=found, form=form, meaning=meaning, words=words)
    try:
        with transaction() as session:
            replayed = replay.map_and_replay(session, clinic.id, meaning, actor=current_actor(), clock=clock())
    except (Conflict, Invalid) as error:
        refuse(form, error)
        with reading() as session:
            return _code_page(_clinic(session), use, form), 409 if isinstance(error, Conflict) else 422
    if meaning.kind == NOTHING:
        flash(_("The code is not listed again."), "success")
    else:
        flash(presenters.replayed_words(replayed), "success")
    return redirect(url_for("codes.mappings"), code=303)


@bp.get("/mappings")
@login_required
def mappings() -> ResponseReturnValue:
    with reading() as session:
        clinic = _clinic(session)
        found = code_mappings.mappings_of(session, clinic.id, actor=current_actor(), aliases=ALIASES)
        systems = presenters.system_names(packs.pack_for(clinic))
        rows = presenters.mapping_rows(found, systems, _choices(clinic, KINDS), clinic.tz)
    return render_template("admin/codes_mappings.html", rows=rows)


@bp.get("/mappings/<uuid:mapping_id>/undo")
@login_required
def ask_undo(mapping_id: UUID) -> ResponseReturnValue:
    return _undo_page(mapping_id)


@bp.post("/mappings/<uuid:mapping_id>/undo")
@login_required
def undo(mapping_id: UUID) -> ResponseReturnValue:
    clinic_id = _own_clinic_id()
    keeps = request.form.get("act") == "keep"
    try:
        with transaction() as session:
            if keeps:
                code_mappings.unmap(session, clinic_id, mapping_id, actor=current_actor(), clock=clock())
            else:
                replay.unmap_and_take_back(session, clinic_id, mapping_id, actor=current_actor(), clock=clock())
    except Conflict:
        # The page says now that it can only be ended.
        return _undo_page(mapping_id), 409
    if keeps:
        flash(_("The mapping has ended. What it brought into the records stays there."), "success")
    else:
        flash(_("The mapping was taken back, with all it did."), "success")
    return redirect(url_for("codes.mappings"), code=303)


@bp.get("/tables")
@login_required
def tables() -> ResponseReturnValue:
    with reading() as session:
        pack = packs.pack_for(_clinic(session))
    return render_template("admin/codes_tables.html", rows=presenters.system_rows(pack), pack=pack)


@bp.get("/tables.csv")
@login_required
def download() -> ResponseReturnValue:
    with reading() as session:
        body = presenters.tables_csv(packs.pack_for(_clinic(session)))
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="codes.csv"'
    return response


def _use(session: Session, clinic: Clinic, system: str, code: str) -> CodeUse:
    return unknown_codes.use_of(session, clinic.id, system, code, actor=current_actor(), aliases=ALIASES)


def _choices(clinic: Clinic, kinds: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    return {kind: replay.choices_of(clinic, kind) for kind in kinds if kind != NOTHING}


def _shown(clinic: Clinic, use: CodeUse) -> presenters.CodePage:
    systems = presenters.system_names(packs.pack_for(clinic))
    known = replay.known_as(clinic, use.found.system, use.found.code)
    return presenters.code_page(use, systems, known, clinic.tz)


def _code_page(clinic: Clinic, use: CodeUse, form: CodeForm) -> str:
    kinds = presenters.kinds_for(use)
    form.offer(kinds)
    lists = presenters.lists(_choices(clinic, kinds))
    return render_template("admin/codes_code.html", found=_shown(clinic, use), form=form, kinds=kinds, lists=lists)


def _undo_page(mapping_id: UUID) -> str:
    with reading() as session:
        clinic = _clinic(session)
        mapping = code_mappings.find_mapping(session, clinic.id, mapping_id, actor=current_actor())
        standing = replay.what_builds_on(session, clinic.id, mapping_id, actor=current_actor())
        [row] = presenters.mapping_rows(
            [code_mappings.OwnMapping(mapping, 0)],
            presenters.system_names(packs.pack_for(clinic)),
            _choices(clinic, [mapping.kind]),
            clinic.tz,
        )
    return render_template("admin/codes_undo.html", row=row, standing=standing)
