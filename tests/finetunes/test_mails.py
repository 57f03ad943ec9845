"""The message at the end: once, to a confirmed address, whatever the mail server does."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import OperationalError, connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from playground.accounts.leaving import person_delete
from playground.accounts.models import Person, User
from playground.finetunes import mails
from playground.finetunes.finishing import finetune_finish_waiting
from playground.finetunes.mails import TRIES, mails_send
from playground.finetunes.models import FineTune, FineTuneMail
from playground.finetunes.services import finetune_delete
from tests.finetunes.conftest import make_finetune
from tests.support.mail_server import Mailbox, serving_mail, set_up_mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]

LINK = "https://play.example.org/finetunes/1/"


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with serving_mail() as found:
        set_up_mail(settings, found)
        yield found


@pytest.fixture
def ann() -> Person:
    user = User.objects.create_user("ann", email="ann@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return Person.objects.create(user=user)


def ended(person: Person, status: str = "succeeded", **values: Any) -> FineTune:
    """A fine-tune at whose end its person wants a message."""
    finetune = make_finetune(person, status=status, **values)
    FineTuneMail.objects.create(finetune=finetune, link=LINK)
    return finetune


def make_due() -> None:
    FineTuneMail.objects.exclude(due_at=None).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("status", "words"),
    [("succeeded", "is done"), ("stopped", "its best state is kept"), ("failed", "failed")],
)
def test_a_message_says_how_it_ended_and_where_to_look(
    ann: Person, mailbox: Mailbox, status: str, words: str
) -> None:
    finetune = ended(ann, status, name="Mail of May")

    assert mails_send() == 1

    (message,) = mailbox.messages
    assert mailbox.recipients == ["ann@example.org"]
    assert "Mail of May" in message["Subject"]
    assert words in message["Subject"]
    assert message["From"] == "Playground <play@example.org>"
    assert message["Message-ID"] == f"<finetune-{finetune.pk}@example.org>"
    assert LINK in message.get_content()
    assert message.get_content_type() == "text/plain"


def test_it_is_sent_once(ann: Person, mailbox: Mailbox) -> None:
    ended(ann)

    assert [mails_send() for _ in range(3)] == [1, 0, 0]

    assert len(mailbox.messages) == 1
    assert FineTuneMail.objects.get().sent_at is not None


def test_of_workers_that_look_at_the_same_time_one_sends_it(ann: Person, mailbox: Mailbox) -> None:
    ended(ann)
    together = threading.Barrier(4)

    def look() -> None:
        try:
            together.wait()
            mails_send()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("status", ["queued", "running", "waiting_for_room", "cancelled"])
def test_nothing_is_sent_before_an_end_or_after_a_cancel(
    ann: Person, mailbox: Mailbox, status: str
) -> None:
    ended(ann, status)

    assert mails_send() == 0
    assert mailbox.messages == []


def test_whoever_ends_it_makes_the_message_due(ann: Person, mailbox: Mailbox) -> None:
    finetune = ended(ann, "queued")

    finetune_finish_waiting(finetune_id=finetune.pk, status="failed", error_message="It was lost.")

    assert mails_send() == 1


def test_nothing_of_the_dataset_is_in_it(ann: Person, mailbox: Mailbox) -> None:
    secret = "the rows say so"
    ended(ann, "failed", error_message=secret, result={"reason": secret}, note=secret)

    mails_send()

    assert secret not in mailbox.messages[0].as_string()


@pytest.mark.parametrize("name", ["a\r\nBcc: eve@example.org", "a\nSubject: x", "a\x0bb\x1b[31m"])
def test_a_name_makes_no_header(ann: Person, mailbox: Mailbox, name: str) -> None:
    ended(ann, name=name)

    mails_send()

    (message,) = mailbox.messages
    assert message["Bcc"] is None
    assert len(message.get_all("Subject", [])) == 1
    assert message["Subject"].isprintable()
    assert mailbox.recipients == ["ann@example.org"]


def test_a_name_of_other_letters_arrives(ann: Person, mailbox: Mailbox) -> None:
    ended(ann, name="Bücher und 本")

    mails_send()

    assert "Bücher und 本" in mailbox.messages[0]["Subject"]


def test_a_server_that_is_away_is_asked_again_and_no_more_than_so_often(
    ann: Person, settings: Settings, mailbox: Mailbox
) -> None:
    finetune = ended(ann)
    settings.EMAIL_PORT = 1

    for _ in range(TRIES + 2):
        assert mails_send() == 0
        make_due()

    mail = FineTuneMail.objects.get()
    assert (mail.tries, mail.due_at, mail.sent_at) == (TRIES, None, None)
    assert finetune.status == "succeeded"


def test_it_is_not_asked_again_at_once(ann: Person, settings: Settings, mailbox: Mailbox) -> None:
    ended(ann)
    settings.EMAIL_PORT = 1
    mails_send()
    settings.EMAIL_PORT = mailbox.port

    assert mails_send() == 0
    make_due()
    assert mails_send() == 1


@pytest.mark.parametrize("command", ["CONNECT", "MAIL", "RCPT", "DATA"])
def test_a_server_that_refuses_for_now_is_asked_again(
    ann: Person, mailbox: Mailbox, command: str
) -> None:
    ended(ann)
    mailbox.answers[command] = "451 come later"
    assert mails_send() == 0

    del mailbox.answers[command]
    make_due()

    assert mails_send() == 1


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_server_that_refuses_for_good_is_left_alone(
    ann: Person, mailbox: Mailbox, command: str
) -> None:
    ended(ann)
    mailbox.answers[command] = "550 nobody of that name"

    assert mails_send() == 0
    assert FineTuneMail.objects.get().due_at is None


def test_the_log_has_no_address(
    ann: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(mails.log, "warning", lambda event, **more: said.append(f"{event} {more}"))
    ended(ann)
    mailbox.answers["RCPT"] = "550 <ann@example.org> is nobody"

    mails_send()

    assert len(said) == 1
    assert "ann@example.org" not in said[0]


def die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_worker_that_dies_before_it_sends_loses_nothing(
    ann: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(ann)
    with monkeypatch.context() as patched:
        patched.setattr(mails, "mail_send", die)
        with pytest.raises(KeyboardInterrupt):
            mails_send()
    assert mailbox.messages == []

    make_due()

    assert mails_send() == 1


def test_one_that_dies_before_it_is_noted_gives_the_message_the_same_id(
    ann: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(ann)
    with monkeypatch.context() as patched:
        patched.setattr(mails, "_note_sent", die)
        with pytest.raises(KeyboardInterrupt):
            mails_send()

    make_due()
    mails_send()

    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_a_database_that_is_away_is_waited_for_once_it_was_sent(
    ann: Person, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(ann)
    waited: list[float] = []
    update = mails.QuerySet.update

    def away_at_first(rows: Any, **values: Any) -> int:
        if "sent_at" in values and not waited:
            raise OperationalError("the server is restarting")
        return update(rows, **values)

    monkeypatch.setattr(mails.QuerySet, "update", away_at_first)

    assert mails_send(wait=waited.append) == 1
    assert mails_send() == 0
    assert len(mailbox.messages) == len(waited) == 1


def test_an_address_that_was_removed_gets_nothing(ann: Person, mailbox: Mailbox) -> None:
    ended(ann)
    EmailAddress.objects.update(verified=False)

    assert mails_send() == 0
    assert FineTuneMail.objects.get().due_at is None


def test_a_closed_account_gets_nothing(ann: Person, mailbox: Mailbox) -> None:
    ended(ann)
    User.objects.update(is_active=False)

    assert mails_send() == 0


def test_a_guest_gets_nothing(person: Person, mailbox: Mailbox) -> None:
    ended(person)

    assert mails_send() == 0


def test_what_was_deleted_is_not_written_of(ann: Person, mailbox: Mailbox) -> None:
    finetune_delete(finetune=ended(ann))

    assert mails_send() == 0
    assert not FineTuneMail.objects.exists()


def test_who_was_deleted_gets_nothing(ann: Person, mailbox: Mailbox) -> None:
    ended(ann)

    person_delete(person=ann)

    assert mails_send() == 0
    assert not FineTuneMail.objects.exists()


def test_without_a_mail_server_nothing_is_tried(ann: Person, settings: Settings) -> None:
    ended(ann)
    settings.MAIL = None

    assert mails_send() == 0
    assert FineTuneMail.objects.get().tries == 0
