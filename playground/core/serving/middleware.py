"""Around every view: errors in one shape, answers out of caches, what HTMX says."""

from collections.abc import Callable
from typing import Any, cast

import django_htmx.middleware
import structlog
from django.db import Error as DatabaseFailure
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import sync_only_middleware

from playground.core.errors import NotFound, PlaygroundError, StorageBusy, StorageRefused
from playground.core.failures import is_passing
from playground.core.htmx import HtmxDetails
from playground.core.http import HtmxRequest
from playground.core.serving.body_guard import REFUSED
from playground.core.serving.responses import error_response

log = structlog.get_logger(__name__)


@sync_only_middleware
class PrivateMiddleware:
    """Forbids every cache to keep an answer, unless its view says how it may be kept.

    Nearly every page shows what belongs to one person, if only their name. Kept by the browser,
    it could be read with the Back button after they signed out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store, private"
        return response


@sync_only_middleware
class ErrorMiddleware:
    """Answers `PlaygroundError`, `Http404` and a busy database in one shape.

    A body that `BodyGuard` refused is answered before any view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        refused: PlaygroundError | None = getattr(request, "scope", {}).get(REFUSED)
        return error_response(request, refused) if refused else self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to a known error; None leaves an unknown one to Django."""
        if isinstance(exception, PlaygroundError):
            return error_response(request, exception)
        if isinstance(exception, Http404):
            return error_response(
                request, NotFound("There is nothing at this address, or it is not yours.")
            )
        if isinstance(exception, DatabaseFailure) and not is_passing(exception):
            log.error("storage_refused", path=request.path, exc_info=exception)
            return error_response(
                request,
                StorageRefused(
                    "The database refused this, and would refuse it again. Nothing was changed. "
                    "The site's log has the reason: tell the people who run it."
                ),
            )
        if isinstance(exception, DatabaseFailure):
            log.warning("database_unavailable", error=str(exception))
            return error_response(
                request,
                StorageBusy(
                    "The database did not answer in time. Nothing was lost; try again.",
                    retry_after=2,
                ),
            )
        return None


class HtmxMiddleware(django_htmx.middleware.HtmxMiddleware):
    """Sets ``request.htmx``."""

    def __call__(self, request: HttpRequest) -> Any:
        if not self.async_mode:
            cast(HtmxRequest, request).htmx = HtmxDetails(request)
            return self.get_response(request)
        return self.__acall__(request)

    async def __acall__(self, request: HttpRequest) -> Any:
        cast(HtmxRequest, request).htmx = HtmxDetails(request)
        return await self.get_response(request)  # type: ignore[misc]
