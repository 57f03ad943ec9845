"""Signing in and out, with attacks 18 and 19."""

import re
from typing import Any

import pytest
from django.test import Client

from playground.accounts.models import Person, User
from tests.accounts.people import PASSWORD, make_user, sign_in, sign_up, signed_in_client, user_of

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


def token_of(client: Client, path: str) -> str:
    """The CSRF token that a form on that page would post."""
    found = re.search('name="csrfmiddlewaretoken" value="(.+?)"', client.get(path).content.decode())
    assert found
    return found[1]


@pytest.mark.parametrize("name", ["ann", "ANN", " ann "])
def test_a_name_signs_in_in_every_spelling(client: Client, name: str) -> None:
    user = make_user("Ann")

    assert sign_in(client, name).status_code == 302
    assert user_of(client) == str(user.pk)


def test_a_closed_account_cannot_sign_in(client: Client) -> None:
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


def test_a_page_opened_before_sign_out_can_write_nothing() -> None:
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
    # No guest was created who would have ann's text.
    assert Person.objects.get().user is not None


def test_changing_the_password_ends_all_other_sessions_and_renews_this_one() -> None:
    user = make_user("ann")
    here, there = signed_in_client(user), signed_in_client(user)
    before = here.session.session_key

    answer = here.post(
        "/account/password/",
        {"oldpassword": PASSWORD, "password1": "another good one", "password2": "another good one"},
    )

    assert answer["Location"] == "/account/"
    assert "Your password is changed" in here.get("/account/").content.decode()
    assert here.session.session_key != before
    assert there.get("/account/password/")["Location"].startswith("/account/sign-in/")


def test_only_the_owner_can_change_a_password() -> None:
    user = make_user("ann")

    signed_in_client(user).post(
        "/account/password/",
        {"oldpassword": "wrong", "password1": "another good one", "password2": "another good one"},
    )

    assert User.objects.get().check_password(PASSWORD)


def test_signing_out_takes_a_post(client: Client) -> None:
    client = signed_in_client(make_user("ann"))

    assert client.get("/account/sign-out/").status_code == 405
    assert user_of(client)
    assert client.post("/account/sign-out/").status_code == 303
    assert user_of(client) is None


@pytest.mark.parametrize("place", ELSEWHERE)
@pytest.mark.parametrize("hosts", [["testserver"], ["*"], ["testserver", "evil.example"]])
def test_sign_in_does_not_redirect_to_another_host(
    place: str, hosts: list[str], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = hosts
    user = make_user("ann")

    answers = [
        sign_in(Client(), "ann", next=place),
        sign_up(Client(), "bob", next=place),
        signed_in_client(user).get("/account/sign-in/", {"next": place}),
        signed_in_client(user).get("/account/sign-up/", {"next": place}),
        signed_in_client(user).post("/account/sign-out/", {"next": place}),
    ]

    assert {answer["Location"] for answer in answers} == {"/"}


def test_sign_in_redirects_to_a_page_of_this_host(client: Client) -> None:
    make_user("ann")

    assert sign_in(client, "ann", next="/chat/?model=demo")["Location"] == "/chat/?model=demo"
