"""Whether the web part lives, and whether a worker can serve."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.checkpoints.selectors import any_ready, model_states


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while this process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 once some worker can serve; 503 with the reasons until then."""
    ready = any_ready()
    models = {state.spec.name: {"state": state.state} for state in model_states()}
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "models": models},
        status=200 if ready else 503,
    )
