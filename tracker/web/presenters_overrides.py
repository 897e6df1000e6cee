"""Decisions in words: what the guideline says meanwhile, and what was just decided."""

from flask_babel import gettext as _

from tracker.engine.explain import explain_item
from tracker.models import OverrideAction
from tracker.services.overrides import Decided, DecisionEntry
from tracker.web.formats import long_date, us_date


def guideline_sentences(entry: DecisionEntry) -> tuple[str, ...]:
    """What the guideline alone asks for; nothing while no test is chosen."""
    if entry.code is None:
        return ()
    if entry.by_guideline is None:
        return (str(_("The guideline asks for nothing now.")),)
    due = str(_("Due %(day)s.", day=long_date(entry.by_guideline.due_on)))
    return (due, *explain_item(entry.by_guideline, entry.pack, translate=_))


def present_decided(decided: Decided) -> str:
    """The sentence after saving: what was decided, until when, and the date that now stands."""
    row, test = decided.override, decided.test_name
    until = us_date(row.expires_on)
    words = {
        OverrideAction.DEFER: _("%(test)s deferred.", test=test),
        OverrideAction.SET_INTERVAL: _("%(test)s re-timed.", test=test),
        OverrideAction.STOP: _("%(test)s stopped.", test=test),
        OverrideAction.ADD: _("%(test)s added.", test=test),
    }
    ends = _("The decision ends %(day)s.", day=until)
    return " ".join([str(words[OverrideAction(row.action)]), _stands(decided), str(ends)])


def present_withdrawn(decided: Decided) -> str:
    """The sentence after a decision was taken back."""
    return " ".join([str(_("The decision on “%(test)s” is withdrawn.", test=decided.test_name)), _stands(decided)])


def _stands(decided: Decided) -> str:
    if decided.due_on is None:
        return str(_("It is not due."))
    return str(_("Now due %(day)s.", day=long_date(decided.due_on)))
