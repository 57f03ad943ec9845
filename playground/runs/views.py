"""What is done to a run from any page."""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from playground.accounts.people import person_of
from playground.runs.selectors import run_of
from playground.runs.services import run_cancel


@require_POST
def stop(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Stops the person's own run. Its text stays; stopping twice is fine."""
    run = run_of(person_of(request), run_id)
    run_cancel(run=run)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return HttpResponseRedirect(f"/runs/{run.pk}/", status=303)
