"""The playground's routes, and a view that only knows who asks: the least that a post costs."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from playground import urls
from playground.accounts.people import person_of
from playground.urls import handler400, handler403, handler404, handler429, handler500

__all__ = ["handler400", "handler403", "handler404", "handler429", "handler500", "urlpatterns"]


@require_POST
def empty(request: HttpRequest) -> HttpResponse:
    """An empty answer to a person; the CSRF check was before it."""
    return HttpResponse(status=204 if person_of(request) else 403)


urlpatterns = [path("empty/", empty), *urls.urlpatterns]
