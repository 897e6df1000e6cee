"""Which mailer the settings ask for."""

from config import Config, ConfigError
from tracker.messaging.base import Mailer
from tracker.messaging.file import FileMailer
from tracker.messaging.smtp import SmtpMailer


def mailer_for(config: Config) -> Mailer:
    """The clinic's mail server, or a folder of text files where none is set.

    Raises:
        ConfigError: a server is named, but not whom its messages are from.
    """
    if not config.smtp_host:
        return FileMailer(config.instance / "mail")
    if "@" not in config.smtp_sender:
        raise ConfigError("Set TRACKER_SMTP_SENDER to the address that messages come from")
    return SmtpMailer(
        config.smtp_host,
        config.smtp_port,
        config.smtp_sender,
        config.smtp_starttls,
        config.smtp_user,
        config.smtp_password,
    )
