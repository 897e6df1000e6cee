"""Turns a template into a message. Only the clinic's telephone number and the sign-in address may be used:
even a clinic's name can tell a reader over the shoulder what it is about."""

import re
from pathlib import Path
from typing import Protocol
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tracker.messaging.base import Outgoing

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "messages"
ALLOWED = ("clinic_phone", "sign_in_url")
NUMBER = re.compile(r"\+?\(?\d[\d ().\-/]{5,}\d(?:\s*(?:x|ext\.?)\s*\d{1,6})?", re.IGNORECASE)
# Plain text: there is nothing to escape.
_environment = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False)  # noqa: S701


class Addressed(Protocol):
    """What composing needs to know of a message; nothing about health is among it."""

    @property
    def id(self) -> UUID: ...
    @property
    def to(self) -> str: ...
    @property
    def clinic_phone(self) -> str: ...


def compose(template: str, message: Addressed, *, base_url: str) -> Outgoing:
    """The message in words: the first line of the template is its subject."""
    words = {"clinic_phone": telephone(message.clinic_phone), "sign_in_url": f"{base_url.rstrip('/')}/sign-in"}
    rendered = _environment.get_template(f"{template}.txt").render(words)
    subject, _, text = rendered.partition("\n")
    return Outgoing(key=str(message.id), to=message.to, subject=" ".join(subject.split()), text=text.strip() + "\n")


def telephone(entered: str) -> str:
    """The telephone number in what a clinic entered, without any words beside it; empty when there is none."""
    found = NUMBER.search(entered)
    return found.group().strip() if found else ""
