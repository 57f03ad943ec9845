"""Signing up, in and out: attacks 11, 18 and 19 too."""

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

from playground.accounts.models import Person, User
from tests.accounts.people import PASSWORD, make_user, sign_in, sign_up, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:///evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "/\t/evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "ftp://testserver/",
]


def user_of(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def told(response: HttpResponse, name: str) -> tuple[int, bool, str]:
    """What an answer tells, without what differs by nature: names, tokens, the clock's seconds."""
    text = re.sub(r'(csrfmiddlewaretoken"? value|nonce)="[^"]*"', "", response.content.decode())
    return response.status_code, "Retry-After" in response, text.replace(name, "NAME")


def token_of(client: Client, path: str) -> str:
    """What a form on that page would post to show that it is of this site."""
    found = re.search('name="csrfmiddlewaretoken" value="(.+?)"', client.get(path).content.decode())
    assert found
    return found[1]


# --- Sign up --------------------------------------------------------------------


def test_signing_up_makes_an_account_and_signs_in(client: Client) -> None:
    answer = sign_up(client, "ann", next="/chat/")

    assert (answer.status_code, answer["Location"]) == (302, "/chat/")
    user = User.objects.get()
    assert (user.username, user.email) == ("ann", "")
    assert user_of(client) == str(user.pk)


def test_an_address_may_be_given_and_is_not_asked_to_prove_itself(client: Client) -> None:
    sign_up(client, "ann", email="Ann@Example.org")

    assert User.objects.get().email == "ann@example.org"
    assert user_of(client)


def test_two_may_give_the_same_address_so_that_none_is_given_away(client: Client) -> None:
    make_user("ann", email="a@example.org")

    assert sign_up(client, "bob", email="a@example.org").status_code == 302


@pytest.mark.parametrize("name", ["ann", "ANN", "Ann"])
def test_a_name_is_taken_in_any_case(client: Client, name: str) -> None:
    make_user("Ann")

    answer = sign_up(client, name)

    assert answer.status_code == 200
    assert "This name is taken" in answer.content.decode()
    assert User.objects.count() == 1


def test_a_name_taken_at_the_same_moment_is_said_so(client: Client) -> None:
    def too_late(*arguments: Any, **options: Any) -> Any:
        make_user("Ann")
        return User.objects.none()

    with patch("allauth.account.internal.userkit.filter_users_by_username", too_late):
        answer = sign_up(client, "ann")

    assert answer.status_code == 200
    assert "This name is taken" in answer.content.decode()
    assert user_of(client) is None


@pytest.mark.parametrize("name", ["a", "a" * 41, "an n", "\u0430nn", "ann\u200b", "<b>"])
def test_a_name_that_could_mislead_is_refused(client: Client, name: str) -> None:
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


def test_passwords_are_kept_by_argon2() -> None:
    from playground import settings as project

    assert project.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


# --- Sign in --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ann", "ANN", " ann "])
def test_a_name_signs_in_however_it_is_written(client: Client, name: str) -> None:
    user = make_user("Ann")

    assert sign_in(client, name).status_code == 302
    assert user_of(client) == str(user.pk)


def test_an_account_that_is_closed_does_not_sign_in(client: Client) -> None:
    make_user("ann", is_active=False)

    assert sign_in(client, "ann")["Location"] == "/account/closed/"
    assert user_of(client) is None


def test_signing_in_and_out_gives_the_session_a_new_key(client: Client) -> None:
    client.get("/")
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    make_user("ann")

    sign_in(client, "ann")
    mine = client.session.session_key
    client.post("/account/sign-out/")

    assert mine != planted
    assert user_of(client) is None
    thief = Client()
    for key in (planted, mine):
        thief.cookies["sessionid"] = key
        assert user_of(thief) is None


def test_a_page_from_before_signing_out_writes_nothing_more() -> None:
    make_user("ann")
    client = Client(enforce_csrf_checks=True)
    sign_in(client, "ann", csrfmiddlewaretoken=token_of(client, "/account/sign-in/"))
    page = token_of(client, "/free/")
    draft = {"csrfmiddlewaretoken": page, "prompt": "mine", "draft_writer": "1", "draft_step": "1"}
    before = client.post("/free/draft/", draft)
    client.post("/account/sign-out/", {"csrfmiddlewaretoken": page})

    after = client.post("/free/draft/", {**draft, "prompt": "mine, longer", "draft_step": "2"})

    assert (before.status_code, after.status_code) == (200, 403)
    assert "before you signed in or out" in after.content.decode()
    # Nobody became a guest who has ann's text.
    assert Person.objects.get().user is not None


def test_changing_the_password_ends_all_other_sessions_and_renews_this_one() -> None:
    user = make_user("ann")
    here, there = signed_in(user), signed_in(user)
    before = here.session.session_key

    answer = here.post(
        "/account/password/",
        {"oldpassword": PASSWORD, "password1": "another good one", "password2": "another good one"},
    )

    assert answer["Location"] == "/account/"
    assert "Your password is changed" in here.get("/account/").content.decode()
    assert here.session.session_key != before
    assert there.get("/account/password/")["Location"].startswith("/account/sign-in/")


def test_a_password_is_changed_by_its_owner_only() -> None:
    user = make_user("ann")

    signed_in(user).post(
        "/account/password/",
        {"oldpassword": "wrong", "password1": "another good one", "password2": "another good one"},
    )

    assert User.objects.get().check_password(PASSWORD)


def test_signing_out_takes_a_post(client: Client) -> None:
    client = signed_in(make_user("ann"))

    assert client.get("/account/sign-out/").status_code == 405
    assert user_of(client)
    assert client.post("/account/sign-out/").status_code == 303
    assert user_of(client) is None


@pytest.mark.parametrize("place", ELSEWHERE)
@pytest.mark.parametrize("hosts", [["testserver"], ["*"], ["testserver", "evil.example"]])
def test_it_goes_on_to_no_other_host(place: str, hosts: list[str], settings: Any) -> None:
    settings.ALLOWED_HOSTS = hosts
    user = make_user("ann")

    answers = [
        sign_in(Client(), "ann", next=place),
        sign_up(Client(), "bob", next=place),
        signed_in(user).get("/account/sign-in/", {"next": place}),
        signed_in(user).get("/account/sign-up/", {"next": place}),
        signed_in(user).post("/account/sign-out/", {"next": place}),
    ]

    assert {answer["Location"] for answer in answers} == {"/"}


def test_it_goes_on_to_a_page_of_this_host(client: Client) -> None:
    make_user("ann")

    assert sign_in(client, "ann", next="/chat/?model=demo")["Location"] == "/chat/?model=demo"


# --- Brute force ----------------------------------------------------------------


def fail(client: Client, name: str, times: int, **headers: str) -> HttpResponse:
    for _ in range(times):
        answer = client.post(
            "/account/sign-in/", {"login": name, "password": "wrong"}, headers=headers
        )
    return answer


def test_a_known_and_an_unknown_name_are_answered_alike_until_both_are_locked(
    settings: Any,
) -> None:
    make_user("known")
    limit = settings.LIMIT_SIGN_IN_FAILURES

    for time_ in range(1, limit + 3):
        known, unknown = Client(), Client()
        answers = [
            told(fail(known, "known", 1), "known"),
            told(fail(unknown, "nobody", 1), "nobody"),
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == (200 if time_ < limit else 429)


def test_a_known_and_an_unknown_name_cost_the_same_work(client: Client) -> None:
    make_user("known")
    made = []

    def count(self: object, password: str, *arguments: Any, **options: Any) -> str:
        made.append(password)
        return f"md5$salt${password}"

    with patch.object(MD5PasswordHasher, "encode", count):
        for name in ("known", "nobody"):
            fail(client, name, 1)

    assert made == ["wrong", "wrong"]


def test_a_locked_name_is_told_when_to_try_again_and_does_not_sign_in(
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
def test_another_way_to_write_the_name_is_the_same_name(
    client: Client, settings: Any, way: str
) -> None:
    make_user("ann")
    fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES - 1)

    assert fail(client, way, 1).status_code == 429


def test_another_browser_is_the_same_address(client: Client, settings: Any) -> None:
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


def test_a_forwarded_header_makes_no_other_address(client: Client, settings: Any) -> None:
    make_user("ann")
    for number in range(settings.LIMIT_SIGN_IN_FAILURES):
        answer = fail(client, "ann", 1, x_forwarded_for=f"192.0.2.{number}")

    assert answer.status_code == 429


def test_a_network_of_ipv6_is_one_address(settings: Any) -> None:
    make_user("ann")
    for number in range(settings.LIMIT_SIGN_IN_FAILURES):
        answer = fail(Client(REMOTE_ADDR=f"2001:db8::{number + 1}"), "ann", 1)

    assert answer.status_code == 429


def test_trying_while_locked_does_not_make_it_longer(client: Client, settings: Any) -> None:
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


def test_a_right_password_ends_the_count(client: Client, settings: Any) -> None:
    make_user("ann")
    fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES - 1)
    sign_in(client, "ann")

    assert fail(Client(), "ann", settings.LIMIT_SIGN_IN_FAILURES - 1).status_code == 200


def test_no_address_and_no_password_is_written_down(client: Client) -> None:
    client.post("/account/sign-in/", {"login": "ann", "password": "a secret"})

    written = str(AccessAttempt.objects.values().get())
    assert "127.0.0.1" not in written
    assert "a secret" not in written


def test_an_address_tries_only_so_often_whatever_the_names(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "3/m/ip"}

    statuses = [fail(client, f"name{number}", 1).status_code for number in range(4)]

    assert statuses == [200, 200, 200, 429]
    answer = fail(client, "one-more", 1)
    assert "Too many tries from your network" in answer.content.decode()


def test_an_address_makes_only_so_many_accounts(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "signup": "2/h/ip"}

    statuses = [sign_up(Client(), f"name{number}").status_code for number in range(3)]

    assert statuses == [302, 302, 429]


def test_a_page_that_is_locked_says_so_in_json_too(client: Client, settings: Any) -> None:
    answer = fail(client, "ann", settings.LIMIT_SIGN_IN_FAILURES, accept="application/json")

    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "too_many_tries"


def test_the_real_hasher_takes_as_long_for_a_name_that_nobody_has(settings: Any) -> None:
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
