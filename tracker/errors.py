"""The few errors the tracker raises, each with a message a person can act on."""

from typing import Any


class TrackerError(Exception):
    """Something a person can mend; ``str(error)`` says what happened and what to do."""


class NotFound(TrackerError):
    """Nothing here that this person may see (never told apart from "does not exist")."""


class Forbidden(TrackerError):
    """The person may see this, but not do what was asked."""


class Conflict(TrackerError):
    """Somebody else changed the same record first; nothing was written."""


class Invalid(TrackerError):
    """What was entered cannot be stored. ``field`` names the form field or key at fault."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class CaseError(TrackerError):
    """A case file names something unknown or impossible; the message names the key and why."""


class PackError(TrackerError):
    """A guideline pack is refused; the message names file, row and column."""


class ImportRefused(TrackerError):
    """A file cannot be imported; the message says what is wrong with it. Nothing was stored.

    ``findings``: every reason by itself (``services.import_report.Finding``), where there are several. ``waits``: it is
    about somebody who is not on record, so that another file of the same import may mend it.
    """

    def __init__(self, message: str = "", findings: tuple[Any, ...] = (), *, waits: bool = False) -> None:
        super().__init__(message)
        self.findings, self.waits = findings, waits
