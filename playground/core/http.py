"""The vocabulary of views: the parts of a request, and answers that are an address."""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from playground.core.htmx import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request as `core.htmx.HtmxMiddleware` hands it on: what views are typed with."""

    htmx: HtmxDetails


def see_other(address: str) -> HttpResponseRedirect:
    """Sends the browser to ``address`` by GET, after a form was posted."""
    return HttpResponseRedirect(address, status=303)


def open_page(request: HtmxRequest, address: str) -> HttpResponse:
    """Makes the browser open the page at ``address``, also where HTMX asked."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return see_other(address)


def back_to(request: HttpRequest, default: str) -> str:
    """The address in ``next``, if it is one of this site; else ``default``."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours else default


def read_id(raw: str) -> uuid.UUID | None:
    """An id as a page sends it; None for "" and for anything that is no id."""
    try:
        return uuid.UUID(raw)
    except ValueError:
        return None


def read_small_number(raw: str) -> int | None:
    """A small whole number of an address or a form, such as a version's; None for none."""
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None
