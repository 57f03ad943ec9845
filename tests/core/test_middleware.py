"""Errors have one shape."""

import json

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from playground.core.errors import TooManyRuns
from playground.core.serving.middleware import ErrorMiddleware

REQUEST = RequestFactory().get("/", headers={"Accept": "application/json"})


def answer(error: Exception) -> HttpResponse | None:
    middleware = ErrorMiddleware(lambda request: HttpResponse())
    return middleware.process_exception(REQUEST, error)


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (TooManyRuns("Wait.", retry_after=5), 429, "too_many_runs", "5"),
        (OperationalError("database is locked"), 503, "storage_busy", "2"),
        (InterfaceError("the connection is locked"), 503, "storage_busy", "2"),
        (DataError("the value is locked"), 500, "storage_refused", None),
        (IntegrityError("the row is locked"), 500, "storage_refused", None),
        (Http404(), 404, "not_found", None),
    ],
)
def test_a_known_error_has_its_status_and_one_shape(
    error: Exception, status: int, code: str, retry_after: str | None
) -> None:
    response = answer(error)

    assert response is not None
    assert response.status_code == status
    assert response.get("Retry-After") == retry_after
    body = json.loads(response.content)["error"]
    assert body["code"] == code
    assert body["message"]
    assert "locked" not in body["message"]


def test_an_unknown_error_is_left_to_django() -> None:
    assert answer(ValueError("what")) is None
