"""Signing up: who may, with which names, and how a password is stored."""

from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from playground.accounts.models import User
from tests.accounts.people import make_user, sign_up, user_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def test_signing_up_makes_an_account_and_signs_in(client: Client) -> None:
    answer = sign_up(client, "ann", next="/chat/")

    assert (answer.status_code, answer["Location"]) == (302, "/chat/")
    user = User.objects.get()
    assert (user.username, user.email) == ("ann", "")
    assert user_of(client) == str(user.pk)


def test_an_email_address_is_optional_and_not_verified(client: Client) -> None:
    sign_up(client, "ann", email="Ann@Example.org")

    assert User.objects.get().email == "ann@example.org"
    assert user_of(client)


def test_two_accounts_may_have_the_same_email_address(client: Client) -> None:
    make_user("ann", email="a@example.org")

    assert sign_up(client, "bob", email="a@example.org").status_code == 302


@pytest.mark.parametrize("name", ["ann", "ANN", "Ann"])
def test_a_name_is_taken_whatever_its_case(client: Client, name: str) -> None:
    make_user("Ann")

    answer = sign_up(client, name)

    assert answer.status_code == 200
    assert "This name is taken" in answer.content.decode()
    assert User.objects.count() == 1


def test_a_name_taken_at_the_same_moment_is_an_error_of_the_form(client: Client) -> None:
    def take_the_name(*arguments: Any, **options: Any) -> Any:
        make_user("Ann")
        return User.objects.none()

    with patch("allauth.account.internal.userkit.filter_users_by_username", take_the_name):
        answer = sign_up(client, "ann")

    assert answer.status_code == 200
    assert "This name is taken" in answer.content.decode()
    assert user_of(client) is None


@pytest.mark.parametrize("name", ["a", "a" * 41, "an n", "\u0430nn", "ann\u200b", "<b>"])
def test_a_misleading_name_is_refused(client: Client, name: str) -> None:
    assert sign_up(client, name).status_code == 200
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["short", "password123", "1234567890", "annabella"])
def test_a_weak_password_is_refused(client: Client, password: str) -> None:
    assert sign_up(client, "annabella", password).status_code == 200
    assert not User.objects.exists()


def test_sign_up_can_be_closed(client: Client, settings: Any) -> None:
    settings.ALLOW_SIGN_UP = False

    for answer in (client.get("/account/sign-up/"), sign_up(client)):
        assert answer.status_code == 403
        assert "Sign-up is closed" in answer.content.decode()
    assert not User.objects.exists()
    assert "Sign up" not in client.get("/").content.decode()


def test_passwords_are_hashed_with_argon2() -> None:
    from playground import settings as project

    assert project.PASSWORD_HASHERS[0] == "playground.accounts.authentication.hashing.Argon2"
