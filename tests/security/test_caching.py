"""No answer is kept by a browser or a proxy, except those listed here.

The Back button can show what a browser keeps after somebody has signed out. The routes come from
the URL configuration, so a new one is covered automatically.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.core.serving.middleware import PrivateMiddleware
from playground.library.models import Prompt
from playground.sharing.models import Share
from tests.accounts.people import make_user, signed_in_client
from tests.library.saved import HTMX
from tests.security.routes import METHODS, admin_paths, all_routes
from tests.security.test_ownership import make_things

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ROUTES = all_routes()
# Answers that may be kept, and how. A model's vocabulary reveals nothing about the person who asks.
KEPT = {("workbench:token_texts", 200): "private, max-age=3600"}
JSON = {"Accept": "application/json"}


def is_kept_nowhere(answer: Any) -> bool:
    return "no-store" in answer.get("Cache-Control", "")


@pytest.mark.parametrize("headers", [{}, HTMX, JSON], ids=["page", "part", "JSON"])
@pytest.mark.parametrize("route", ROUTES, ids=[route.name for route in ROUTES])
def test_no_answer_of_any_route_is_kept(route: Any, headers: dict[str, str]) -> None:
    owner = Person.objects.create(user=make_user("ann"))
    things = make_things(owner, status="succeeded")
    Share.objects.filter(pk=things.pk).update(token="t" * 22)
    Prompt.objects.filter(pk=things.pk).update(published_at="2026-01-01T00:00Z")
    path = route.path(run=things.pk)

    for client in (signed_in_client(owner.user), Client()):
        # Routes that might end the session or the account come last.
        for method in METHODS:
            answer = getattr(client, method)(path, headers=headers)
            allowed = KEPT.get((route.name, answer.status_code))
            told = answer.get("Cache-Control", "")
            assert told == allowed if allowed else is_kept_nowhere(answer), (method, told)


@pytest.mark.parametrize("path", admin_paths())
def test_no_page_of_the_staff_is_kept(path: str) -> None:
    client = signed_in_client(make_user("root", is_staff=True, is_superuser=True))

    for reader in (client, Client()):
        assert is_kept_nowhere(reader.get(path))


def post_without_token() -> Any:
    return Client(enforce_csrf_checks=True).post("/free/run/", {"prompt": "x"})


def request_another_host() -> Any:
    return Client(SERVER_NAME="elsewhere.example").get("/history/")


def request_unknown_address() -> Any:
    return Client().get("/nothing/here/")


def request_without_slash() -> Any:
    return Client().get("/history")


def post_too_many_fields() -> Any:
    return Client().post("/free/run/", {f"field{number}": "x" for number in range(1_100)})


@pytest.mark.parametrize(
    "ask",
    [
        post_without_token,
        request_another_host,
        request_unknown_address,
        request_without_slash,
        post_too_many_fields,
    ],
)
def test_no_refusal_is_kept(ask: Callable[[], Any], settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    answer = ask()

    assert answer.status_code >= 300
    assert is_kept_nowhere(answer)


@pytest.mark.parametrize("error", [OperationalError("locked"), RuntimeError("broken")])
def test_no_error_is_kept(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("playground.history.views.person_of", fail)
    answer = Client(raise_request_exception=False).get("/history/")

    assert answer.status_code in (500, 503)
    assert is_kept_nowhere(answer)


def test_without_guests_the_redirect_to_sign_in_is_not_kept(settings: Any) -> None:
    settings.ALLOW_GUESTS = False
    answer = Client().get("/history/")

    assert answer.status_code == 302
    assert is_kept_nowhere(answer)


@pytest.mark.django_db(transaction=True)
async def test_a_streamed_answer_is_not_kept(person: Person) -> None:
    client = AsyncClient()
    client.cookies[COOKIE] = cookie_value(person.pk)

    for path in ("/account/export/", "/history/export/?format=jsonl"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert is_kept_nowhere(answer)


def test_a_views_own_cache_policy_is_left_unchanged() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "public, max-age=60"})

    assert PrivateMiddleware(view)(HttpRequest())["Cache-Control"] == "public, max-age=60"
