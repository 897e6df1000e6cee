"""Mail servers, real ones on the loopback, and the folder that stands in for one."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from config import Config, ConfigError
from tests.factories import make_contact, make_survivor
from tests.integration.nights import instant, make_message
from tracker.clock import FixedClock
from tracker.db import Database
from tracker.jobs import send_outbox
from tracker.mail import mailer_for
from tracker.messaging.base import Outgoing, Refused, Unreachable
from tracker.messaging.file import FileMailer
from tracker.messaging.smtp import SmtpMailer

DAY = date(2028, 2, 29)
BASE = "https://tracker.example"
MAIL = Outgoing("a-key", "maria@family.example", "You have a message", "Hello\n")


class Handler:
    """A mail server that behaves as it is told to, on each of the steps of taking a message."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK", drop: bool = False, quit_: str = "221 Bye") -> None:
        self.answers = {"rcpt": rcpt, "data": data, "quit": quit_}
        self.drop = drop
        self.mails: list[bytes] = []

    async def handle_RCPT(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers["rcpt"].startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answers["rcpt"]

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        if self.drop:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        elif self.answers["data"].startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(envelope.content)
        return self.answers["data"]

    async def handle_QUIT(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        return self.answers["quit"]


@contextmanager
def mail_server(handler: Handler) -> Iterator[SmtpMailer]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield SmtpMailer("127.0.0.1", port, "no-reply@tracker.example")
    finally:
        controller.stop()


def test_a_mail_server_that_takes_the_message_gets_it_whole() -> None:
    handler = Handler()
    with mail_server(handler) as mailer:
        mailer.send(MAIL)
    [raw] = handler.mails
    mail = message_from_bytes(raw, policy=policy.default)
    assert (mail["To"], mail["From"]) == ("maria@family.example", "no-reply@tracker.example")
    assert (mail["Subject"], mail["Message-ID"]) == ("You have a message", "<a-key@tracker.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().strip() == "Hello"


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (Handler(rcpt="550 No such user"), Refused),
        (Handler(rcpt="450 Try again later"), Unreachable),
        (Handler(data="554 Not wanted here"), Refused),
        (Handler(data="452 No room"), Unreachable),
        (Handler(drop=True), Unreachable),
    ],
    ids=["no such user", "busy", "refused", "no room", "connection dropped"],
)
def test_what_a_mail_server_answers_is_told_apart(handler: Handler, error: type[Exception]) -> None:
    with mail_server(handler) as mailer, pytest.raises(error):
        mailer.send(MAIL)
    assert handler.mails == []


def test_a_rude_good_bye_does_not_send_the_message_again() -> None:
    """It was taken before: an error while hanging up must not look like a failure."""
    handler = Handler(quit_="421 Going down")
    with mail_server(handler) as mailer:
        mailer.send(MAIL)
    assert len(handler.mails) == 1


def test_nobody_listening_is_unreachable() -> None:
    with mail_server(Handler()) as mailer:
        pass
    with pytest.raises(Unreachable, match="did not take the message"):
        mailer.send(MAIL)


def test_a_server_without_encryption_gets_nothing_when_encryption_is_asked_for() -> None:
    handler = Handler()
    with mail_server(handler) as mailer:
        strict = SmtpMailer(mailer.host, mailer.port, mailer.sender, starttls=True)
        with pytest.raises(Unreachable):
            strict.send(MAIL)
    assert handler.mails == []


def test_the_whole_way_from_outbox_to_mail_server(database: Database) -> None:
    clock = FixedClock(instant(DAY))
    with database.transaction() as session:
        survivor = make_survivor(session, next_due_on=DAY)
        contact = make_contact(session, survivor, reminders_agreed_on=date(2027, 1, 4))
        message_id = make_message(session, contact).id
    handler = Handler(rcpt="450 Try again later")
    with mail_server(handler) as mailer:
        assert send_outbox.run(database, clock, mailer, base_url=BASE, jitter=lambda: 1.0) == 0
        handler.answers["rcpt"] = "250 OK"
        clock.advance(timedelta(minutes=1))
        assert send_outbox.run(database, clock, mailer, base_url=BASE) == 1
    [raw] = handler.mails
    assert message_from_bytes(raw, policy=policy.default)["Message-ID"] == f"<{message_id}@tracker.example>"


# --- which mailer -----------------------------------------------------------------------------------------------


def test_without_a_mail_server_messages_become_files(tmp_path: Path) -> None:
    mailer = mailer_for(Config(instance=tmp_path))
    assert isinstance(mailer, FileMailer)
    mailer.send(MAIL)
    mailer.send(MAIL)
    [file] = (tmp_path / "mail").iterdir()
    assert file.name == "a-key.txt"
    assert file.read_text() == "To: maria@family.example\nSubject: You have a message\n\nHello\n"


def test_the_settings_name_the_mail_server() -> None:
    settings = {"smtp_host": "mail.example", "smtp_port": 587, "smtp_sender": "no-reply@tracker.example"}
    mailer = mailer_for(Config(**settings, smtp_starttls=True, smtp_user="tracker", smtp_password="secret"))  # type: ignore[arg-type]
    assert mailer == SmtpMailer("mail.example", 587, "no-reply@tracker.example", True, "tracker", "secret")


@pytest.mark.parametrize("sender", ["", "Clinic"])
def test_a_mail_server_without_a_sender_is_refused_before_anything_is_sent(sender: str) -> None:
    with pytest.raises(ConfigError, match="TRACKER_SMTP_SENDER"):
        mailer_for(Config(smtp_host="mail.example", smtp_sender=sender))
