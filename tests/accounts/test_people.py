"""Who made a request: guests by cookie, users by session."""

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


def test_reading_creates_no_person(client: Client) -> None:
    assert person_of(request_with()) is None

    client.get("/")
    client.get("/qa/")

    assert not Person.objects.exists()


def test_simultaneous_requests_of_a_new_page_belong_to_one_guest(client: Client) -> None:
    client.get("/qa/")
    first, second = (request_with(client.cookies[COOKIE].value) for _ in range(2))

    guest = person_for_write(first)

    assert person_for_write(second) == guest
    assert Person.objects.count() == 1


@pytest.mark.parametrize("path", ["/", "/gallery/", "/account/sign-in/", "/healthz"])
def test_a_page_that_is_only_read_sets_no_cookie(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200

    assert COOKIE not in client.cookies


def test_an_old_cookie_is_renewed_only_when_the_person_is_read(person: Person) -> None:
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
def test_without_guests_no_cookie_is_set(client: Client) -> None:
    client.get("/qa/", follow=True)

    assert COOKIE not in client.cookies


def test_a_users_page_sets_no_guest_cookie(client: Client) -> None:
    client.force_login(User.objects.create_user("ann"))

    client.get("/qa/")

    assert COOKIE not in client.cookies


def test_the_cookie_of_a_guest_who_signed_up_makes_a_new_guest(person: Person) -> None:
    person.user = User.objects.create_user("ann")
    person.save()

    assert person_for_write(request_with(cookie_value(person.pk))) != person


def test_writing_creates_the_guest_that_the_cookie_names() -> None:
    request, response = request_with(), HttpResponse()

    guest = person_for_write(request)
    set_cookie(request, response)

    cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert person_of(request_with(cookie.value)) == guest


def test_the_cookie_is_sent_only_once(person: Person) -> None:
    request, response = request_with(cookie_value(person.pk)), HttpResponse()

    person_of(request)
    set_cookie(request, response)

    assert COOKIE not in response.cookies


@pytest.mark.parametrize(
    "change", [lambda v: v[:-1] + "x", lambda v: v.split(":")[0], lambda v: ""]
)
def test_a_forged_cookie_identifies_nobody(person: Person, change) -> None:  # type: ignore[no-untyped-def]
    assert person_of(request_with(change(cookie_value(person.pk)))) is None


def test_a_user_is_their_own_person_whatever_the_cookie_says(person: Person) -> None:
    user = User.objects.create_user("ann")

    mine = person_for_write(request_with(cookie_value(person.pk), user))

    assert mine.user == user
    assert mine != person
    assert person_for_write(request_with(user=User.objects.get(pk=user.pk))) == mine


def test_the_old_cookie_does_not_reach_a_person_who_signed_up(person: Person) -> None:
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


def test_a_forwarded_header_is_not_trusted_without_a_proxy() -> None:
    assert address("10.0.0.1", "1.2.3.4") == address("10.0.0.1")


@override_settings(TRUSTED_PROXIES=1)
def test_with_a_proxy_only_its_own_entry_is_trusted() -> None:
    assert address("10.0.0.1", "6.6.6.6, 1.2.3.4") == address("10.0.0.9", "7.7.7.7, 1.2.3.4")


def test_a_socket_has_the_same_address_as_a_request() -> None:
    assert address_of_scope(("10.0.0.1", 5), []) == address("10.0.0.1")
