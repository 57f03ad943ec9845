"""How an error is answered: a part for HTMX, JSON for programs, a page for people."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from playground.core.errors import PlaygroundError


def error_response(request: HttpRequest, error: PlaygroundError) -> HttpResponse:
    """``error`` in the form in which ``request`` asked."""
    response: HttpResponse
    if getattr(request, "htmx", False):
        response = render(request, "core/_error.html", {"error": error}, status=error.status)
    elif _wants_json(request):
        response = JsonResponse(error.to_json(), status=error.status)
    else:
        response = render(request, "core/error.html", {"error": error}, status=error.status)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def _wants_json(request: HttpRequest) -> bool:
    preferred = request.get_preferred_type(["text/html", "application/json"])
    return preferred == "application/json"
