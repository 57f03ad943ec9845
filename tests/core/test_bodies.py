"""The head alone decides how much of a body is read."""

import uuid
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from playground.core.serving import bodies
from playground.core.serving.bodies import allowance_of, allowed_methods, takes_body, takes_file
from playground.core.serving.body_guard import announced_bytes
from tests.security.routes import all_routes

MIB = 1 << 20
_RUN = uuid.UUID(int=1)


@takes_body(5 * MIB)
@csrf_exempt
@require_http_methods(["PATCH"])
def upload_chunk(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@require_POST
@takes_file(100 * MIB)
def upload(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@require_POST
def post(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("chunk/", upload_chunk), path("file/", upload), path("post/", post)]


@pytest.fixture
def routes(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def scope(method: str, path: str, *, cookie: bool = True, host: bytes = b"localhost") -> Any:
    headers = [(b"host", host), *([(b"cookie", b"csrftoken=a")] if cookie else [])]
    return {"type": "http", "method": method, "path": path, "headers": headers}


@pytest.mark.usefixtures("routes")
@pytest.mark.parametrize(
    ("asked", "reads", "most", "told"),
    [
        (scope("POST", "/post/"), True, MIB, MIB),
        (scope("POST", "/file/"), True, 101 * MIB, 100 * MIB),
        # An API client is known by its key and not by a cookie.
        (scope("PATCH", "/chunk/", cookie=False), True, 5 * MIB, 5 * MIB),
        (scope("POST", "/file/", cookie=False), False, 101 * MIB, 100 * MIB),
        (scope("PATCH", "/post/"), False, bodies.MAX_UNREAD, bodies.MAX_UNREAD),
        (scope("GET", "/post/"), False, bodies.MAX_UNREAD, bodies.MAX_UNREAD),
        (scope("POST", "/nowhere/"), False, None, 0),
        (scope("POST", "/post/", host=b"evil.example"), False, None, 0),
    ],
)
def test_a_route_and_a_head_decide(asked: Any, reads: bool, most: int | None, told: int) -> None:
    allowance = allowance_of(asked)

    assert (allowance.reads, allowance.most, allowance.told) == (reads, most, told)


@pytest.mark.usefixtures("routes")
def test_without_guests_a_stranger_cannot_upload_a_file(settings: Any) -> None:
    settings.ALLOW_GUESTS = False
    signed_in = scope("POST", "/file/")
    signed_in["headers"] = [(b"host", b"localhost"), (b"cookie", b"csrftoken=a; sessionid=b")]

    assert not allowance_of(scope("POST", "/file/")).reads
    assert allowance_of(scope("POST", "/post/")).reads
    assert allowance_of(signed_in).reads


def test_a_request_with_an_invalid_query_reads_no_body() -> None:
    assert not allowance_of({**scope("POST", "/"), "query_string": b"\xff"}).reads


def test_the_methods_of_every_route_are_known() -> None:
    """They come from a closure of Django's. If an update renames it, this test fails."""
    resolver = get_resolver()
    lacking = [
        route.name
        for route in all_routes()
        if allowed_methods(resolver.resolve(route.path(run=_RUN)).func) is None
    ]

    # allauth's own view, which answers every method and accepts none.
    assert lacking == ["account_inactive"]


@pytest.mark.parametrize(
    ("headers", "announced"),
    [
        ([], 0),
        ([(b"content-length", b"7")], 7),
        ([(b"content-length", b"x")], None),
        ([(b"content-length", b"-7")], 0),
        ([(b"transfer-encoding", b"chunked")], None),
    ],
)
def test_the_announced_length_comes_from_the_head(headers: Any, announced: int | None) -> None:
    assert announced_bytes(headers) == announced
