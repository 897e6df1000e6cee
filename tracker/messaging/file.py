"""Writes messages into a folder instead of sending them: for a laptop without a mail server."""

from dataclasses import dataclass
from pathlib import Path

from tracker.messaging.base import Outgoing


@dataclass(frozen=True)
class FileMailer:
    """One text file a message, named by its key: sending it again overwrites it."""

    folder: Path

    def send(self, message: Outgoing) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = f"To: {message.to}\nSubject: {message.subject}\n\n{message.text}"
        (self.folder / f"{message.key}.txt").write_text(text, encoding="utf-8")
