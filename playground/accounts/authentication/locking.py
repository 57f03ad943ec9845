"""Too many wrong passwords: for which name and address they count, and the answer."""

import unicodedata
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from playground.accounts.addresses import address_as_ip
from playground.core.errors import TooManyTries
from playground.core.serving.responses import error_response


def name_key(name: str) -> str:
    """One key for all ways to write a name that sign in to the same account."""
    return unicodedata.normalize("NFKC", name).strip().casefold()[:255]


def tried_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name whose password was tried, known or not."""
    given = (credentials or {}).get("username") or request.POST.get("login") or ""
    return name_key(str(given))


def answer_locked(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Says when to try again; the same whether or not there is such a name."""
    seconds = seconds_locked(request, credentials)
    minutes = -(-seconds // 60)
    error = TooManyTries(
        "Too many wrong passwords for this name from your network. "
        f"Try again in {minutes} minute{'' if minutes == 1 else 's'}.",
        retry_after=seconds,
    )
    return error_response(request, error)


def seconds_locked(request: HttpRequest, credentials: dict[str, Any] | None) -> int:
    """How long the lock still holds."""
    tries = AccessAttempt.objects.filter(
        username=tried_name(request, credentials), ip_address=address_as_ip(request)
    )
    last = tries.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    ends = (last or timezone.now()) + settings.AXES_COOLOFF_TIME
    return max(1, round((ends - timezone.now()).total_seconds()))
