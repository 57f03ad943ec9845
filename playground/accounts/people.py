"""Which person is behind a request or a socket."""

import uuid
from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from playground.accounts.addresses import address_of
from playground.accounts.models import Person, User

COOKIE: str = settings.PERSON_COOKIE_NAME
# Browsers cap a cookie's life at 400 days; it is renewed long before.
COOKIE_SECONDS = 400 * 24 * 3600
RENEW_SECONDS = 30 * 24 * 3600
_SALT = "playground.person"


class PersonRequest(HttpRequest):
    """A request with the results and decisions about its person."""

    person: Person | None
    expects_writes: bool
    guest_is_gone: bool


def person_of(request: HttpRequest) -> Person | None:
    """The request's person, or None: reading never makes one."""
    visit = cast(PersonRequest, request)
    if not hasattr(visit, "person"):
        visit.person = _find(request.user, request.COOKIES)
    return visit.person


def person_for_write(request: HttpRequest) -> Person:
    """The request's person; a stranger becomes the guest that their cookie names."""
    person = person_of(request)
    if person is None:
        if isinstance(request.user, User):
            person, _ = Person.objects.get_or_create(
                user=request.user, defaults={"address": address_of(request)}
            )
        else:
            person = _get_or_make_guest(
                _person_id(request.COOKIES, max_age=COOKIE_SECONDS), address_of(request)
            )
        cast(PersonRequest, request).person = person
    return person


def expect_writes(request: HttpRequest) -> None:
    """Call it for a page that will send data to be saved, perhaps several requests at once.

    All of them must come from one guest: otherwise a draft and a run on their way together would
    make two guests, and the browser would know only the last. So such a page sets the cookie before
    anything is stored. A page that is only read sets none.
    """
    is_stranger = settings.ALLOW_GUESTS and not request.user.is_authenticated
    cast(PersonRequest, request).expects_writes = is_stranger


def guest_of(request: HttpRequest) -> Person | None:
    """The guest whose cookie came with the request, also when a user has signed in."""
    return _guest(request.COOKIES)


def become(request: HttpRequest, person: Person) -> None:
    """The request's guest has become ``person``: their cookie goes with the answer."""
    cast(PersonRequest, request).person = person
    forget_guest(request)


def forget_guest(request: HttpRequest) -> None:
    """The guest's cookie goes with the answer to ``request``."""
    cast(PersonRequest, request).guest_is_gone = True


def person_of_scope(user: Any, cookies: Mapping[str, str]) -> Person | None:
    """The person behind a socket's handshake."""
    return _find(user, cookies)


def set_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Gives a new guest their cookie, an old one a fresh date, and takes a gone one's away.

    A stranger has one from the first page that was `expect_writes`.
    """
    if getattr(request, "guest_is_gone", False):
        response.delete_cookie(COOKIE, path=settings.SESSION_COOKIE_PATH, samesite="Lax")
        return
    person: Person | None = getattr(request, "person", None)
    if person is None:
        # Not in place of a cookie that is due for a fresh date: it may name a guest with much kept.
        known = _person_id(request.COOKIES, max_age=COOKIE_SECONDS)
        if known is None and getattr(request, "expects_writes", False):
            _send(response, uuid.uuid4())
        return
    known = _person_id(request.COOKIES, max_age=RENEW_SECONDS)
    if person.user_id is None and known != person.pk:
        _send(response, person.pk)


def cookie_value(person_id: uuid.UUID) -> str:
    """The signed value that names a guest."""
    return signing.TimestampSigner(salt=_SALT).sign(person_id.hex)


def _get_or_make_guest(person_id: uuid.UUID | None, address: str) -> Person:
    """The guest of that id, made by whichever request comes first; else a new one."""
    if person_id is not None:
        guest, _ = Person.objects.get_or_create(pk=person_id, defaults={"address": address})
        if guest.user_id is None:
            return guest
    return Person.objects.create(address=address)


def _send(response: HttpResponseBase, person_id: uuid.UUID) -> None:
    response.set_cookie(
        COOKIE,
        cookie_value(person_id),
        max_age=COOKIE_SECONDS,
        path=settings.SESSION_COOKIE_PATH,
        httponly=True,
        secure=settings.SECURE_SITE,
        samesite="Lax",
    )


def _find(user: User | AnonymousUser | None, cookies: Mapping[str, str]) -> Person | None:
    if isinstance(user, User):
        return Person.objects.filter(user=user).first()
    return _guest(cookies) if settings.ALLOW_GUESTS else None


def _guest(cookies: Mapping[str, str]) -> Person | None:
    person_id = _person_id(cookies, max_age=COOKIE_SECONDS)
    if person_id is None:
        return None
    # A person who signed up is reached by signing in, no longer by the cookie.
    return Person.objects.filter(pk=person_id, user=None).first()


def _person_id(cookies: Mapping[str, str], *, max_age: int) -> uuid.UUID | None:
    try:
        value = signing.TimestampSigner(salt=_SALT).unsign(cookies.get(COOKIE, ""), max_age=max_age)
        return uuid.UUID(value)
    except (signing.BadSignature, ValueError):
        return None
