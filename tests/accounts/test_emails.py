"""An account's e-mail address: confirmed by its mailbox, and written to by nobody before that."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from playground.accounts.authentication.emails import (
    CONFIRM_SECONDS,
    confirmation_token,
    mail_address,
)
from playground.accounts.exporting import export_lines
from playground.accounts.models import Person, User
from playground.core.configuration.mail_url import mail_server
from tests.accounts.people import make_user, sign_in
from tests.support.mail_server import serving_mail, set_up_mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ADDRESS = "ann@example.org"


@pytest.fixture(autouse=True)
def site_with_mail(settings: Settings) -> None:
    settings.MAIL = mail_server("smtp://mail.example.org")
    settings.DEFAULT_FROM_EMAIL = "play@example.org"


@pytest.fixture
def ann() -> User:
    return make_user("ann")


@pytest.fixture
def client(ann: User) -> Client:
    client = Client()
    sign_in(client, "ann")
    return client


def save(client: Client, address: str = ADDRESS) -> Any:
    return client.post(reverse("account_change_email"), {"email": address}, follow=True)


def link_in_message() -> str:
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def address_of(user: User) -> str:
    return mail_address(Person.objects.get_or_create(user=user)[0])


def test_the_link_in_the_message_confirms_the_address(client: Client, ann: User) -> None:
    saved = save(client)
    ann.refresh_from_db()
    assert "Open the link" in saved.content.decode()
    assert mail.outbox[0].to == [ADDRESS]
    assert address_of(ann) == ""

    link = link_in_message()
    asked = client.get(link).content.decode()
    assert "Confirm your address" in asked
    assert address_of(ann) == ""
    done = client.post(link, follow=True).content.decode()

    assert "is confirmed" in done
    assert address_of(ann) == ADDRESS
    assert len(mail.outbox) == 1


def test_the_message_says_whose_it_is_and_the_link_carries_no_address(
    client: Client, ann: User
) -> None:
    save(client)

    assert "the account ann at testserver" in mail.outbox[0].body
    assert "example" not in link_in_message()


def test_another_person_cannot_use_the_link(client: Client, ann: User) -> None:
    save(client)
    make_user("eve", email=ADDRESS)
    other = Client()
    sign_in(other, "eve")

    assert other.post(link_in_message()).status_code == 400
    assert address_of(User.objects.get(username="eve")) == ""
    assert Client().post(link_in_message()).status_code == 302
    assert address_of(ann) == ""


def test_an_old_or_changed_link_confirms_nothing(
    client: Client, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(client)
    ann.refresh_from_db()
    made_at = time.time() - CONFIRM_SECONDS - 60
    with monkeypatch.context() as then:
        then.setattr("django.core.signing.time.time", lambda: made_at)
        old = reverse("account_email_confirm", args=[confirmation_token(ann)])

    assert client.post(old).status_code == 400
    assert client.post(f"{link_in_message()[:-2]}x/").status_code == 400
    assert address_of(ann) == ""


def test_a_link_for_an_address_that_was_replaced_confirms_nothing(
    client: Client, ann: User
) -> None:
    save(client)
    first = link_in_message()
    save(client, "other@example.org")

    assert client.post(first).status_code == 400
    ann.refresh_from_db()
    assert address_of(ann) == ""


def confirm(client: Client, user: User) -> None:
    user.refresh_from_db()
    link = reverse("account_email_confirm", args=[confirmation_token(user)])
    assert client.post(link).status_code == 302


def test_saving_the_same_address_again_sends_nothing(client: Client, ann: User) -> None:
    save(client)
    confirm(client, ann)

    save(client)

    assert len(mail.outbox) == 1
    assert address_of(ann) == ADDRESS


def test_it_can_be_removed_and_is_unconfirmed_when_it_comes_back(client: Client, ann: User) -> None:
    save(client)
    confirm(client, ann)

    save(client, "")
    ann.refresh_from_db()
    assert (ann.email, address_of(ann)) == ("", "")

    save(client)
    ann.refresh_from_db()
    assert address_of(ann) == ""


def test_only_so_many_messages_are_sent(client: Client) -> None:
    statuses = [save(client).status_code for _ in range(7)]

    assert statuses == [200] * 5 + [429] * 2
    assert len(mail.outbox) == 5


def test_many_accounts_do_not_fill_one_mailbox(client: Client) -> None:
    for number in range(8):
        make_user(f"eve{number}")
        other = Client()
        sign_in(other, f"eve{number}")
        save(other)

    assert len(mail.outbox) == 5


def test_without_a_mail_server_an_address_is_a_note(client: Client, settings: Settings) -> None:
    settings.MAIL = None

    text = save(client).content.decode()

    assert mail.outbox == []
    assert "Your e-mail address is saved." in text
    assert "For the people who run this playground only." in text
    assert "confirmed" not in text


def test_signing_up_sends_nothing(settings: Settings) -> None:
    values = {"username": "bob", "password1": "a long password", "password2": "a long password"}

    Client().post(reverse("account_signup"), {**values, "email": "bob@example.org"})

    assert User.objects.filter(username="bob").exists()
    assert mail.outbox == []


@pytest.fixture
def refusing(settings: Settings) -> Iterator[None]:
    with serving_mail() as mailbox:
        set_up_mail(settings, mailbox)
        mailbox.answers["RCPT"] = "550 nobody"
        yield


@pytest.mark.usefixtures("refusing")
def test_a_server_that_refuses_is_said(client: Client, ann: User) -> None:
    text = save(client).content.decode()

    ann.refresh_from_db()
    assert "could not be sent" in text
    assert ann.email == ADDRESS


def test_the_export_says_whether_it_is_confirmed(client: Client, ann: User) -> None:
    save(client)
    confirm(client, ann)
    Person.objects.get_or_create(user=ann)

    account = json.loads(next(iter(export_lines(Person.objects.get(user=ann)))))

    assert (account["email"], account["email_confirmed"]) == (ADDRESS, True)
