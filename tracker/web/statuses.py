"""The word, shape and color kind of each status: the word and the shape carry the meaning, the color only helps."""

from typing import Any

from flask_babel import lazy_gettext as _l

# status → (word, shape, kind). The warm kind is kept for what is late or failed.
LOOKS: dict[str, tuple[Any, str, str]] = {
    "planned": (_l("Planned"), "ring", "quiet"),
    "not_due": (_l("Not yet due"), "ring", "quiet"),
    "upcoming": (_l("Upcoming"), "half", "plain"),
    "due": (_l("Due"), "disc", "accent"),
    "overdue": (_l("Overdue"), "triangle", "warm"),
    "booked": (_l("Booked"), "square", "plain"),
    "done": (_l("Done"), "check", "plain"),
    "ok": (_l("In order"), "check", "plain"),
    "declined": (_l("Declined"), "bar", "quiet"),
    "stopped": (_l("Stopped"), "bar", "quiet"),
    "deceased": (_l("Deceased"), "bar", "quiet"),
    "transferred": (_l("Transferred"), "arrow", "quiet"),
    "tracing": (_l("Being traced"), "arrow", "plain"),
    "awaiting_summary": (_l("Awaiting treatment summary"), "bang", "plain"),
    "claimed": (_l("Told by the family"), "half", "plain"),
    "gap": (_l("Not known"), "bang", "accent"),
    "first": (_l("First time"), "diamond", "plain"),
    "running": (_l("Running"), "half", "plain"),
    "failed": (_l("Failed"), "cross", "warm"),
    "stale": (_l("Not run lately"), "bang", "warm"),
}


def status_look(status: str) -> tuple[str, str, str]:
    """Word, shape and kind; a status we do not know is shown by its own text, plain and without a shape."""
    word, shape, kind = LOOKS.get(str(status), (status, "", "plain"))
    return str(word), shape, kind
