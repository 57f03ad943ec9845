"""What is done to a run while it runs."""

import uuid

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from playground.accounts.people import person_of
from playground.core.http import HtmxRequest, see_other
from playground.runs.selectors import run_of
from playground.runs.services import run_cancel


@require_POST
def stop(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """Stops the person's own run. Its text stays; stopping twice is fine."""
    run = run_of(person_of(request), run_id)
    run_cancel(run=run)
    if request.htmx:
        return HttpResponse(status=204)
    return see_other(reverse("workbench:run_page", args=[run.pk]))
