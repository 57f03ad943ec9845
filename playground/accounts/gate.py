"""Who may be where when guests may not: nowhere, except what is named here."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import sync_only_middleware

from playground.core.errors import SignInRequired
from playground.core.responses import error_response

# Routes that are open to everybody, for every verb that they take.
OPEN = frozenset({"account_login", "account_signup", "account_inactive"})
# Routes that everybody may read.
OPEN_TO_READ = frozenset(
    {
        "status:healthz",
        "status:readyz",
        "sharing:gallery",
        "sharing:gallery_prompt",
        "sharing:gallery_prompt_image",
        "sharing:shared",
        "sharing:shared_image",
    }
)
_READING = ("GET", "HEAD", "OPTIONS")


@sync_only_middleware
class GateMiddleware:
    """With ``ALLOW_GUESTS`` off, sends whoever has not signed in to do so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, keywords: Any
    ) -> HttpResponse | None:
        """The answer in place of the view's, or None to let the request in."""
        if settings.ALLOW_GUESTS or is_open(request) or request.user.is_authenticated:
            return None
        # A part of a page cannot be replaced by the page that asks to sign in.
        if request.method in ("GET", "HEAD") and not request.htmx:  # type: ignore[attr-defined]
            return HttpResponseRedirect(sign_in_address(request.get_full_path()))
        return error_response(request, SignInRequired("Sign in first, then try again."))


def is_open(request: HttpRequest) -> bool:
    """Whether ``request`` is for everybody."""
    match = request.resolver_match
    name = match.view_name if match else ""
    return name in OPEN or (name in OPEN_TO_READ and request.method in _READING)


def sign_in_address(wanted: str = "") -> str:
    """The page to sign in, which goes on to ``wanted``."""
    address = reverse("account_login")
    return f"{address}?{urlencode({'next': wanted}, safe='/')}" if wanted else address
