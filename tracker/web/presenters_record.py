"""The folded parts of the survivor's page: decisions, finished items, visits, what is not needed, who changed what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.engine.explain import explain_not_applicable
from tracker.models import AuditEvent, ClosedBy, DueItem, Override, OverrideAction, VisitStatus
from tracker.services.sections.registry import SECTIONS
from tracker.services.survivor_page import NotNeeded, SurvivorPage
from tracker.web.formats import period, us_date, us_instant

CLOSED = {
    ClosedBy.RESULT: _l("done"),
    ClosedBy.DECLINED: _l("declined"),
    ClosedBy.SUPERSEDED: _l("replaced by another date"),
    ClosedBy.STOPPED: _l("stopped by a decision"),
    ClosedBy.DECEASED: _l("the survivor died"),
    ClosedBy.TRANSFERRED: _l("another clinic took over"),
}
VISITS = {
    VisitStatus.PLANNED: _l("booked"),
    VisitStatus.IN_PROGRESS: _l("going on"),
    VisitStatus.COMPLETED: _l("completed"),
    VisitStatus.CANCELLED: _l("cancelled"),
    VisitStatus.MISSED: _l("missed"),
}
WHYS = {
    "stopped": _l("Stopped by a decision"),
    "done": _l("Done, and asked for once only"),
    "finished": _l("Schedule finished"),
    "history_missing": _l("Schedule over, nothing on record"),
    "no_anchor_date": _l("The date it counts from is missing"),
    "event_not_happened": _l("Waits for something that has not happened"),
    "outside_window": _l("Not at this age"),
    "not_exposed": _l("Not exposed, or not enough"),
    "other_sex": _l("For the other sex"),
    "other_stratum": _l("For another risk group"),
    "other_band": _l("Another phase of the same schedule counts"),
    "not_predisposed": _l("For a predisposition that is not recorded"),
    "other_diagnosis": _l("For another diagnosis"),
    "no_end_of_therapy": _l("No end of therapy is recorded"),
}
ACTS = {
    "survivor.enrolled": _l("Survivor enrolled"),
    "survivor.imported": _l("Survivor imported"),
    "survivor.edited": _l("Details edited"),
    "survivor.standing_set": _l("Standing changed"),
    "survivor.merged": _l("Two records made one"),
    "survivor.unmerged": _l("Merged records taken apart"),
    "survivor.kept_apart": _l("Said to be two people"),
    "treatment.recorded": _l("Treatment summary saved"),
    "diagnosis.removal_filled": _l("Day of the tumor's removal taken from the operation"),
    "exposure.taken_from_given": _l("Recorded total replaced by what was given"),
    "override.decided": _l("Decision made"),
    "override.withdrawn": _l("Decision withdrawn"),
    "result.recorded": _l("Result recorded"),
    "result.corrected": _l("Result corrected"),
    "result.accepted": _l("Report accepted"),
    "result.retracted": _l("Result taken back"),
}

# What was done to an entry of a part of the record ("radiation.recorded").
ENTRY_ACTS = {
    "recorded": _l("%(part)s: entry added"),
    "corrected": _l("%(part)s: entry changed"),
    "removed": _l("%(part)s: entry removed"),
}


NOBODY_MERGED: Mapping[UUID | None, str] = {}


@dataclass(frozen=True)
class DecisionView:
    """One decision; ``guideline``: what the guideline alone would ask for meanwhile."""

    id: UUID
    test: str
    words: str
    reason: str
    who: str
    decided_on: date
    ends: str
    guideline: str
    in_force: bool


def decisions(page: SurvivorPage) -> tuple[list[DecisionView], list[DecisionView]]:
    """Those in force, and those that ended or were withdrawn; newest first."""
    views = [_decision(page, row) for row in page.overrides]
    return [each for each in views if each.in_force], [each for each in views if not each.in_force]


def is_in_force(row: Override, today: date) -> bool:
    """Not withdrawn, and today is from its day on and before its end."""
    ended = row.expires_on is not None and row.expires_on <= today
    return row.withdrawn_at is None and row.decided_on <= today and not ended


def _decision(page: SurvivorPage, row: Override) -> DecisionView:
    return DecisionView(
        id=row.id,
        test=page.test_name(row.test_code),
        words=action_words(row),
        reason=row.reason,
        who=page.person(row.decided_by_id) or str(_("no person on record")),
        decided_on=row.decided_on,
        ends=_ending(row, page.today),
        guideline=guideline_words(page, row.test_code),
        in_force=is_in_force(row, page.today),
    )


def action_words(row: Override) -> str:
    """ "Deferred to Jun 1, 2027", "Done every 6 months instead"."""
    every = period(row.repeat_every)
    words = {
        OverrideAction.ADD: _("Added: due %(day)s %(every)s", day=us_date(row.due_on), every=every and f"({every})"),
        OverrideAction.SET_INTERVAL: _("Re-timed: %(every)s", every=every),
        OverrideAction.DEFER: _("Deferred to %(day)s", day=us_date(row.defer_to)),
        OverrideAction.STOP: _("Stopped"),
    }
    return str(words[OverrideAction(row.action)]).strip()


def guideline_words(page: SurvivorPage, code: str) -> str:
    """What the guideline alone says of a test, so that a decision never hides it."""
    item = page.by_guideline.get(code)
    return str(_("due %(day)s", day=us_date(item.due_on)) if item else _("asks for nothing"))


def _ending(row: Override, today: date) -> str:
    if row.withdrawn_at is not None:
        return str(_("withdrawn"))
    if row.expires_on is None:
        return str(_("no end"))
    return str(_("ended %(day)s", day=us_date(row.expires_on)) if row.expires_on <= today else us_date(row.expires_on))


def closed_rows(page: SurvivorPage) -> list[list[str]]:
    """Finished items: test, when it was due, what closed it and when."""
    return [
        [page.test_name(item.test_code), us_date(item.due_on), closed_words(item), us_date(item.closed_on)]
        for item in page.closed
    ]


def closed_words(item: DueItem) -> str:
    return str(CLOSED[ClosedBy(item.closed_by)]) if item.closed_by else ""


def visit_words(status: str) -> str:
    return str(VISITS[VisitStatus(status)])


@dataclass(frozen=True)
class NotNeededGroup:
    """Rules that ask for nothing for the same kind of reason: test, why in words, rule ids."""

    heading: str
    rows: tuple[tuple[str, str, str], ...]


def not_needed_groups(found: NotNeeded) -> list[NotNeededGroup]:
    """What is not needed, grouped by why; rules of one test with the same words stand in one row."""
    groups: dict[str, dict[tuple[str, str], list[str]]] = {}
    for entry in found.entries:
        test = found.pack.tests[entry.test_code].name
        words = explain_not_applicable(entry, found.pack, translate=_)
        groups.setdefault(entry.why, {}).setdefault((test, words), []).append(entry.rule_id)
    order = [why for why in WHYS if why in groups] + [why for why in groups if why not in WHYS]
    return [NotNeededGroup(why_words(why), tuple(sorted(_why_rows(groups[why])))) for why in order]


def _why_rows(rows: dict[tuple[str, str], list[str]]) -> Iterable[tuple[str, str, str]]:
    return ((test, words, ", ".join(rule_ids)) for (test, words), rule_ids in rows.items())


def why_words(why: str) -> str:
    return str(WHYS.get(why, why.replace("_", " ").capitalize()))


def history_rows(
    events: Iterable[AuditEvent], tz: str, merged: Mapping[UUID | None, str] = NOBODY_MERGED
) -> list[list[str]]:
    """Who changed what: instant, person, act in words, reason. ``merged``: the numbers of records merged into it."""
    return [[us_instant(event.at, tz), event.actor, _act_on(event, merged), event.reason or ""] for event in events]


def _act_on(event: AuditEvent, merged: Mapping[UUID | None, str]) -> str:
    words, number = act_words(event.action), merged.get(event.survivor_id)
    return words if number is None else str(_("%(act)s, on the record %(number)s", act=words, number=number))


def act_words(action: str) -> str:
    """ "result.recorded" → "Result recorded" """
    subject, _dot, verb = action.partition(".")
    part, words = SECTIONS.get(subject), ENTRY_ACTS.get(verb)
    if part is not None and words is not None:
        return str(words) % {"part": _(part.title)}
    return str(ACTS.get(action, f"{subject} {verb}".replace("_", " ").capitalize()))
