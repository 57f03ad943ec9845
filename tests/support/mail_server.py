"""A small SMTP server for tests: it keeps what it is given, or refuses as it is told."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from pytest_django.fixtures import Settings

from playground.core.configuration.mail_url import MailServer, mail_server

SENDER = "Playground <play@example.org>"


@dataclass
class Mailbox:
    """What arrived, and how the server answers.

    answers: by the command, in capitals, what is said instead of yes; "CONNECT" is the greeting.
    """

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def server(self) -> MailServer:
        server = mail_server(self.url)
        assert server is not None
        return server


@contextmanager
def serving_mail() -> Iterator[Mailbox]:
    """Runs a server on a free port."""
    mailbox = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("CONNECT", "220 ready")
            while line := self.rfile.readline():
                command = line[:4].strip().upper().decode("ascii")
                if command == "DATA":
                    self.take_message()
                    continue
                if command == "RCPT" and "RCPT" not in mailbox.answers:
                    mailbox.recipients.append(line.decode("ascii").split("<")[1].split(">")[0])
                self.say(command, "221 bye" if command == "QUIT" else "250 yes")
                if command == "QUIT":
                    return

        def take_message(self) -> None:
            self.say("GO ON", "354 go on")
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line.removeprefix(b"."))
            if "DATA" not in mailbox.answers:
                parsed = message_from_bytes(b"".join(lines), policy=policy.default)
                mailbox.messages.append(parsed)
            self.say("DATA", "250 taken")

        def say(self, command: str, yes: str) -> None:
            self.wfile.write(f"{mailbox.answers.get(command, yes)}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()


def set_up_mail(settings: Settings, mailbox: Mailbox) -> None:
    """Has the site hand its messages to that server."""
    settings.MAIL = mailbox.server
    settings.DEFAULT_FROM_EMAIL = SENDER
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
    settings.EMAIL_TIMEOUT = 5
