"""Attack 11: passwords cannot be guessed, and no answer tells which names exist."""

import re
import time
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.accounts.people import make_user, sign_in, sign_up, user_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def comparable_text(response: HttpResponse, name: str) -> tuple[int, bool, str]:
    """The answer without what differs by nature: names, tokens, the clock's seconds."""
    text = re.sub(r'(csrfmiddlewaretoken"? value|nonce)="[^"]*"', "", response.content.decode())
    return response.status_code, "Retry-After" in response, text.replace(name, "NAME")


def fail(client: Client, name: str, times: int, **headers: str) -> HttpResponse:
    for _ in range(times):
        answer = client.post(
            "/account/sign-in/", {"login": name, "password": "wrong"}, headers=headers
        )
    return answer


def test_known_and_unknown_names_get_the_same_answers_until_both_are_locked(
    settings: Any,
) -> None:
    make_user("known")
    limit = settings.LIMIT_SIGN_IN_FAILURES

    for time_ in range(1, limit + 3):
        known, unknown = Client(), Client()
        answers = [
            comparable_text(fail(known, "known", 1), "known"),
            comparable_text(fail(unknown, "nobody", 1), "nobody"),
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == (200 if time_ < limit else 429)


def test_known_and_unknown_names_cost_the_same_work(client: Client) -> None:
    make_user("known")
    made = []

    def count(self: object, password: str, *arguments: Any, **options: Any) -> str:
        made.append(password)
        return f"md5$salt${password}"

    with patch.object(MD5PasswordHasher, "encode", count):
        for name in ("known", "nobody"):
            fail(client, name, 1)

    assert made == ["wrong", "wrong"]


def test_a_locked_name_cannot_sign_in_and_sees_when_to_try_again(
    client: Client, settings: Any
) -> None:
    make_user("ann")

    answer = fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= settings.SIGN_IN_LOCK_SECONDS
    assert "Try again in 15 minutes" in answer.content.decode()
    right = sign_in(client, "ann")
    assert right.status_code == 429
    assert user_of(client) is None


@pytest.mark.parametrize("way", ["ANN", " ann", "\uff41nn"])
def test_another_spelling_counts_as_the_same_name(client: Client, settings: Any, way: str) -> None:
    make_user("ann")
    fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES - 1)

    assert fail(client, way, 1).status_code == 429


def test_another_browser_counts_as_the_same_address(client: Client, settings: Any) -> None:
    make_user("ann")
    fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES - 1, user_agent="one")

    assert fail(client, "ann", 1, user_agent="two").status_code == 429


def test_another_address_and_another_name_are_not_locked(client: Client, settings: Any) -> None:
    make_user("ann")
    make_user("bob")
    fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES)

    assert sign_in(client, "bob").status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    assert sign_in(elsewhere, "ann").status_code == 302


def test_a_forwarded_header_does_not_change_the_address(client: Client, settings: Any) -> None:
    make_user("ann")
    for number in range(settings.LIMIT_SIGN_IN_FAILURES):
        answer = fail(client, "ann", 1, x_forwarded_for=f"192.0.2.{number}")

    assert answer.status_code == 429


def test_an_ipv6_network_counts_as_one_address(settings: Any) -> None:
    make_user("ann")
    for number in range(settings.LIMIT_SIGN_IN_FAILURES):
        answer = fail(Client(REMOTE_ADDR=f"2001:db8::{number + 1}"), "ann", 1)

    assert answer.status_code == 429


def test_trying_while_locked_does_not_extend_the_lock(client: Client, settings: Any) -> None:
    fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES)
    AccessAttempt.objects.update(
        attempt_time=timezone.now() - timedelta(seconds=settings.SIGN_IN_LOCK_SECONDS - 30)
    )

    assert int(fail(client, "ann", 3)["Retry-After"]) <= 31


def test_a_lock_ends_by_itself(client: Client, settings: Any) -> None:
    make_user("ann")
    fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES)
    AccessAttempt.objects.update(
        attempt_time=timezone.now() - timedelta(seconds=settings.SIGN_IN_LOCK_SECONDS + 1)
    )

    assert sign_in(client, "ann").status_code == 302


def test_a_right_password_resets_the_count(client: Client, settings: Any) -> None:
    make_user("ann")
    fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES - 1)
    sign_in(client, "ann")

    assert fail(Client(), "ann", settings.LIMIT_SIGN_IN_FAILURES - 1).status_code == 200


def test_no_address_and_no_password_is_stored(client: Client) -> None:
    client.post("/account/sign-in/", {"login": "ann", "password": "a secret"})

    written = str(AccessAttempt.objects.values().get())
    assert "127.0.0.1" not in written
    assert "a secret" not in written


def test_an_address_has_a_limit_over_all_names(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "3/m/ip"}

    statuses = [fail(client, f"name{number}", 1).status_code for number in range(4)]

    assert statuses == [200, 200, 200, 429]
    answer = fail(client, "one-more", 1)
    assert "Too many tries from your network" in answer.content.decode()


def test_an_address_has_a_limit_of_new_accounts(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "signup": "2/h/ip"}

    statuses = [sign_up(Client(), f"name{number}").status_code for number in range(3)]

    assert statuses == [302, 302, 429]


def test_a_lock_has_a_json_error_too(client: Client, settings: Any) -> None:
    answer = fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES, accept="application/json")

    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "too_many_tries"


def test_the_real_hasher_takes_as_long_for_an_unknown_name(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    settings.LIMIT_SIGN_IN_FAILURES = settings.AXES_FAILURE_LIMIT = 100
    make_user("known")
    took: dict[str, list[float]] = {"known": [], "nobody": []}

    for _ in range(7):
        for name, times in took.items():
            began = time.perf_counter()
            fail(Client(), name, 1)
            times.append(time.perf_counter() - began)

    known, nobody = min(took["known"]), min(took["nobody"])
    assert 0.5 < known / nobody < 2
