"""Who may be where when guests may not: nowhere, except in views that say `login_not_required`."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import sync_only_middleware

from playground.core.errors import SignInRequired
from playground.core.http import HtmxRequest
from playground.core.serving.responses import error_response


@sync_only_middleware
class GateMiddleware(LoginRequiredMiddleware):
    """With ``ALLOW_GUESTS`` off, redirects people who have not signed in to the sign-in page."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: Any,
        view_kwargs: Any,
    ) -> HttpResponseBase | None:
        if settings.ALLOW_GUESTS:
            return None
        if super().process_view(request, view_func, view_args, view_kwargs) is None:
            return None
        # A part of a page cannot be replaced by the page that asks to sign in.
        if request.method in ("GET", "HEAD") and not cast(HtmxRequest, request).htmx:
            return HttpResponseRedirect(sign_in_address(request.get_full_path()))
        return error_response(request, SignInRequired("Sign in first, then try again."))


def sign_in_address(wanted: str = "") -> str:
    """The sign-in page, which then redirects to ``wanted``."""
    address = reverse("account_login")
    return f"{address}?{urlencode({'next': wanted}, safe='/')}" if wanted else address
