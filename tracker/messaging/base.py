"""What a message is, and what sends one."""

from dataclasses import dataclass
from typing import Protocol

from tracker.errors import TrackerError


class Unreachable(TrackerError):
    """The mail server could not be reached or asked to be tried later."""


class Refused(TrackerError):
    """The mail server will never take this message for this address."""


@dataclass(frozen=True)
class Outgoing:
    """A message ready to send. ``key`` stays the same when it is tried again, so that a copy can be told."""

    key: str
    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Sends one message, or raises ``Unreachable`` or ``Refused``."""

    def send(self, message: Outgoing) -> None: ...
