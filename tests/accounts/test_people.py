"""Who is behind a request: guests by cookie, users by session."""

import time
from unittest.mock import patch

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from playground.accounts.addresses import address_of, address_of_scope
from playground.accounts.models import Person, User
from playground.accounts.people import (
    COOKIE,
    RENEW_SECONDS,
    cookie_value,
    expect_writes,
    person_for_write,
    person_of,
    set_cookie,
)

pytestmark = pytest.mark.django_db


def request_with(cookie: str | None = None, user: User | None = None):  # type: ignore[no-untyped-def]
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get("/")
    request.user = user or AnonymousUser()
    if cookie is not None:
        request.COOKIES[COOKIE] = cookie
    return request


def test_reading_makes_no_person(client: Client) -> None:
    assert person_of(request_with()) is None

    client.get("/")
    client.get("/qa/")

    assert not Person.objects.exists()


def test_what_a_stranger_s_page_sends_at_once_is_of_one_guest(client: Client) -> None:
    client.get("/qa/")
    first, second = (request_with(client.cookies[COOKIE].value) for _ in range(2))

    guest = person_for_write(first)

    assert person_for_write(second) == guest
    assert Person.objects.count() == 1


@pytest.mark.parametrize("path", ["/", "/gallery/", "/account/sign-in/", "/healthz"])
def test_only_a_page_to_write_on_names_a_stranger(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200

    assert COOKIE not in client.cookies


def test_a_page_that_asks_for_nobody_keeps_an_old_cookie(person: Person) -> None:
    with patch("django.core.signing.time.time", return_value=time.time() - 2 * RENEW_SECONDS):
        old = cookie_value(person.pk)
    request, response = request_with(old), HttpResponse()

    expect_writes(request)
    set_cookie(request, response)

    assert COOKIE not in response.cookies
    assert person_of(request) == person
    set_cookie(request, response)
    assert person_of(request_with(response.cookies[COOKIE].value)) == person


@override_settings(ALLOW_GUESTS=False)
def test_where_guests_are_closed_a_stranger_is_not_named(client: Client) -> None:
    client.get("/qa/", follow=True)

    assert COOKIE not in client.cookies


def test_a_user_s_page_names_no_guest(client: Client) -> None:
    client.force_login(User.objects.create_user("ann"))

    client.get("/qa/")

    assert COOKIE not in client.cookies


def test_the_cookie_of_one_who_signed_up_makes_another_guest(person: Person) -> None:
    person.user = User.objects.create_user("ann")
    person.save()

    assert person_for_write(request_with(cookie_value(person.pk))) != person


def test_writing_makes_a_guest_whom_the_cookie_names_from_then_on() -> None:
    request, response = request_with(), HttpResponse()

    guest = person_for_write(request)
    set_cookie(request, response)

    cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert person_of(request_with(cookie.value)) == guest


def test_the_cookie_is_sent_once_and_not_with_every_answer(person: Person) -> None:
    request, response = request_with(cookie_value(person.pk)), HttpResponse()

    person_of(request)
    set_cookie(request, response)

    assert COOKIE not in response.cookies


@pytest.mark.parametrize(
    "change", [lambda v: v[:-1] + "x", lambda v: v.split(":")[0], lambda v: ""]
)
def test_a_forged_cookie_names_nobody(person: Person, change) -> None:  # type: ignore[no-untyped-def]
    assert person_of(request_with(change(cookie_value(person.pk)))) is None


def test_a_user_is_their_own_person_whatever_the_cookie_says(person: Person) -> None:
    user = User.objects.create_user("ann")

    mine = person_for_write(request_with(cookie_value(person.pk), user))

    assert mine.user == user
    assert mine != person
    assert person_for_write(request_with(user=User.objects.get(pk=user.pk))) == mine


def test_a_person_who_signed_up_is_not_reached_by_the_old_cookie(person: Person) -> None:
    cookie = cookie_value(person.pk)
    person.user = User.objects.create_user("ann")
    person.save()

    assert person_of(request_with(cookie)) is None


@override_settings(SECURE_SITE=True)
def test_behind_tls_the_cookie_is_secure() -> None:
    request, response = request_with(), HttpResponse()

    person_for_write(request)
    set_cookie(request, response)

    assert response.cookies[COOKIE]["secure"]


def address(peer: str, forwarded: str = "") -> str:
    return address_of(RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded))


def test_an_address_is_a_keyed_hash_of_the_peer() -> None:
    assert address("10.0.0.1") == address("10.0.0.1")
    assert address("10.0.0.1") != address("10.0.0.2")
    assert "10.0.0.1" not in address("10.0.0.1")


def test_a_forwarded_header_is_not_believed_without_a_proxy() -> None:
    assert address("10.0.0.1", "1.2.3.4") == address("10.0.0.1")


@override_settings(TRUSTED_PROXIES=1)
def test_with_a_proxy_only_its_own_entry_is_believed() -> None:
    assert address("10.0.0.1", "6.6.6.6, 1.2.3.4") == address("10.0.0.9", "7.7.7.7, 1.2.3.4")


def test_a_socket_has_the_same_address_as_a_request() -> None:
    assert address_of_scope(("10.0.0.1", 5), []) == address("10.0.0.1")
