"""Sends mail through the clinic's own server."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from tracker.messaging.base import Outgoing, Refused, Unreachable

TIMEOUT = 20
FOR_GOOD = 500


@dataclass(frozen=True)
class SmtpMailer:
    """One connection a message: a reminder is rare, and a held connection goes stale."""

    host: str
    port: int
    sender: str
    starttls: bool = False
    user: str = ""
    password: str = ""

    def send(self, message: Outgoing) -> None:
        """Hand the message to the server; raises ``Refused`` (never) or ``Unreachable`` (perhaps later)."""
        try:
            with self._connected() as server:
                server.send_message(self._mail(message))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _failure(min(codes, default=0), "The address was refused") from error
        except smtplib.SMTPDataError as error:
            raise _failure(error.smtp_code, "The message was refused") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"The mail server did not take the message ({type(error).__name__})") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            if self.starttls:
                # Without a context smtplib would accept anybody's certificate.
                server.starttls(context=ssl.create_default_context())
            if self.user:
                server.login(self.user, self.password)
            yield server
            # The message is taken by now: a rude good-bye must not send it a second time.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()

    def _mail(self, message: Outgoing) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, message.to, message.subject
        # The same for every try, so that a mail system can drop the copy a crash may cause.
        mail["Message-ID"] = f"<{message.key}@{self.sender.partition('@')[2] or 'localhost'}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail


def _failure(code: int, why: str) -> Refused | Unreachable:
    return Refused(why) if code >= FOR_GOOD else Unreachable(why)
