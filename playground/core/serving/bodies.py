"""How much of a request's body is read, decided before the first byte of it.

A route takes ``DATA_UPLOAD_MAX_MEMORY_SIZE`` unless its view says more:

    @takes_body(MAX_FILE_BYTES)
    @require_POST
    def upload(request): ...

The same holds for views of JSON and for chunks of files (``PATCH``): the limit is of one request.
"""

import inspect
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.urls import Resolver404, resolve

# Methods whose bodies mean nothing (RFC 9110): none is read.
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "CONNECT"})
# The bytes around a file in a form: names, boundaries, its other fields.
FORM_BYTES = 1 << 20
# The most that a request may announce where nothing is read.
MAX_UNREAD = 64 << 10

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of a body may be read.

    reads: whether any of it; most: bytes, else 413; told: the limit in the message to the person.
    """

    reads: bool
    most: int | None
    told: int = 0


def takes_body(most: int) -> Callable[[View], View]:
    """The view's requests may carry ``most`` bytes, over or under what other decorators say."""

    def mark(view: View) -> View:
        view.body_limits = (most, most)  # type: ignore[attr-defined]
        return view

    return mark


def takes_file(most: int) -> Callable[[View], View]:
    """The view's requests may carry a form with files of ``most`` bytes together."""

    def mark(view: View) -> View:
        view.body_limits = (most + FORM_BYTES, most)  # type: ignore[attr-defined]
        return view

    return mark


def allowance_of(scope: dict[str, Any]) -> Allowance:
    """What may be read of the body of a request with this head.

    Nothing of one that its head alone refuses: Django then answers as if there were no body.
    Where nothing is, that answer (404 or 400) says more than 413, so `most` is None.
    """
    try:
        request = ASGIRequest(scope, io.BytesIO())
        request.get_host()
        view = resolve(request.path_info).func
    except (UnicodeDecodeError, DisallowedHost, Resolver404):
        return Allowance(reads=False, most=None)
    method, allowed = str(request.method), allowed_methods(view)
    if method in WITHOUT_BODY or (allowed is not None and method not in allowed):
        return Allowance(reads=False, most=MAX_UNREAD, told=MAX_UNREAD)
    reads = getattr(view, "csrf_exempt", False) or settings.CSRF_COOKIE_NAME in request.COOKIES
    default = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    most, told = getattr(view, "body_limits", (default, default))
    # Where guests may not be, a stranger sends forms to sign in and no files.
    if most > default and not (
        settings.ALLOW_GUESTS or settings.SESSION_COOKIE_NAME in request.COOKIES
    ):
        reads = getattr(view, "csrf_exempt", False)
    return Allowance(reads=reads, most=most, told=told)


def allowed_methods(view: Any) -> frozenset[str] | None:
    """The methods that `require_http_methods` and its like let through to ``view``, if it has one.

    Django keeps the list in the decorator's closure alone. A test asks for every route's.
    """
    while view is not None:
        if inspect.isfunction(view) and view.__closure__:
            methods = inspect.getclosurevars(view).nonlocals.get("request_method_list")
            if methods is not None:
                return frozenset(methods)
        view = getattr(view, "__wrapped__", None)
    return None
