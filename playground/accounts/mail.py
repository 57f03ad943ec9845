"""Plain messages to people, through the operator's mail server if there is one."""

from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from playground.core.failures import reason_of

# Longer subjects are cut by many programs.
MAX_SUBJECT = 150
# What a server answers to what it will never take begins with it.
_FOR_GOOD = 5


def is_mail_set_up() -> bool:
    """Whether the site can send messages at all."""
    return settings.MAIL is not None


def mail_send(*, to: str, subject: str, text: str, message_id: str = "") -> None:
    """Hands one message to the mail server. Raises `OSError`, of which smtplib's errors are.

    message_id: the same for a message that is sent again, so that mailboxes can show it once.
    """
    headers = {"Auto-Submitted": "auto-generated"}
    if message_id:
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
        headers["Message-ID"] = f"<{message_id}@{domain}>"
    message = EmailMessage(one_line(subject, MAX_SUBJECT), text, to=[to], headers=headers)
    message.send()


def one_line(text: str, limit: int) -> str:
    r"""``text`` as one line of at most ``limit`` characters, without any control character.

    >>> one_line("a\r\nBcc: b@example.org\0", 100)
    'a Bcc: b@example.org'
    """
    plain = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(plain.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def is_refused_for_good(error: BaseException) -> bool:
    """Whether the server will never take this message, by its own answer."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code // 100 == _FOR_GOOD for code, _ in error.recipients.values())
    return isinstance(error, SMTPDataError) and error.smtp_code // 100 == _FOR_GOOD


def failure_of(error: BaseException) -> str:
    """Why a message was not sent, for the log: without the address, which servers repeat."""
    if isinstance(error, SMTPException | ValueError):
        code = getattr(error, "smtp_code", None)
        return f"{type(error).__name__} {code}" if code else type(error).__name__
    return reason_of(error)


def try_mail_server() -> None:
    """Opens a connection, signs in and closes it. Raises `OSError`."""
    connection = get_connection()
    connection.open()
    connection.close()
