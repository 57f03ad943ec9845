"""The answers to what no view handles."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE

from playground.core.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    PlaygroundError,
    TooManyTries,
)
from playground.core.serving.body_guard import too_large
from playground.core.serving.responses import error_response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of a page from before sign-in or sign-out, or one that did not come from our pages."""
    why = (
        "Your browser sent no cookie with this. Allow this site to keep cookies, then reload the "
        "page."
        if reason == REASON_NO_CSRF_COOKIE
        else "This page is from before you signed in or out, or of another site. Reload it."
    )
    return error_response(request, Forbidden(why))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django refused the request itself: too large, a bad host, odd parameters."""
    if isinstance(exception, RequestDataTooBig):
        return error_response(request, too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
    return error_response(
        request, InvalidInput("The request could not be read. It may be too large.")
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A view denied the request."""
    return error_response(request, Forbidden("This is not allowed."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No route has this address."""
    return error_response(
        request, NotFound("There is nothing at this address, or it is not yours.")
    )


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """The address asked for this too often."""
    return error_response(
        request, TooManyTries("Too many tries from your network. Wait a while, then try again.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke that nobody foresaw; the log has the traceback."""
    return error_response(
        request,
        PlaygroundError("Something went wrong on the server. It has been logged; try again."),
    )
