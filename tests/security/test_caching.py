"""No answer is kept by a browser or a proxy, unless it is named here.

What a browser keeps can be read with its Back button after somebody has signed out. The routes come
from the URL configuration, so a new one is covered without anyone remembering it.
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
from tests.accounts.people import make_user, signed_in
from tests.library.saved import HTMX
from tests.security.routes import METHODS, admin_paths, all_routes
from tests.security.test_ownership import make_things

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ROUTES = all_routes()
# What may be kept, and how. The vocabulary of a model says nothing of whoever asks for it.
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

    for client in (signed_in(owner.user), Client()):
        # Last what might end the session or the account.
        for method in METHODS:
            answer = getattr(client, method)(path, headers=headers)
            allowed = KEPT.get((route.name, answer.status_code))
            told = answer.get("Cache-Control", "")
            assert told == allowed if allowed else is_kept_nowhere(answer), (method, told)


@pytest.mark.parametrize("path", admin_paths())
def test_no_page_of_the_staff_is_kept(path: str) -> None:
    client = signed_in(make_user("root", is_staff=True, is_superuser=True))

    for reader in (client, Client()):
        assert is_kept_nowhere(reader.get(path))


def refused_by_csrf() -> Any:
    return Client(enforce_csrf_checks=True).post("/free/run/", {"prompt": "x"})


def of_another_host() -> Any:
    return Client(SERVER_NAME="elsewhere.example").get("/history/")


def at_no_address() -> Any:
    return Client().get("/nothing/here/")


def at_an_address_without_its_slash() -> Any:
    return Client().get("/history")


def with_too_many_fields() -> Any:
    return Client().post("/free/run/", {f"field{number}": "x" for number in range(1_100)})


@pytest.mark.parametrize(
    "ask",
    [
        refused_by_csrf,
        of_another_host,
        at_no_address,
        at_an_address_without_its_slash,
        with_too_many_fields,
    ],
)
def test_no_refusal_is_kept(ask: Callable[[], Any], settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    answer = ask()

    assert answer.status_code >= 300
    assert is_kept_nowhere(answer)


@pytest.mark.parametrize("error", [OperationalError("locked"), RuntimeError("broken")])
def test_no_error_is_kept(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("playground.history.views.person_of", broken)
    answer = Client(raise_request_exception=False).get("/history/")

    assert answer.status_code in (500, 503)
    assert is_kept_nowhere(answer)


def test_closed_to_guests_the_way_to_sign_in_is_not_kept(settings: Any) -> None:
    settings.ALLOW_GUESTS = False
    answer = Client().get("/history/")

    assert answer.status_code == 302
    assert is_kept_nowhere(answer)


@pytest.mark.django_db(transaction=True)
async def test_what_is_sent_as_it_is_made_is_not_kept(person: Person) -> None:
    client = AsyncClient()
    client.cookies[COOKIE] = cookie_value(person.pk)

    for path in ("/account/export/", "/history/export/?format=jsonl"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert is_kept_nowhere(answer)


def test_a_view_that_says_how_it_may_be_kept_is_left_alone() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "public, max-age=60"})

    assert PrivateMiddleware(view)(HttpRequest())["Cache-Control"] == "public, max-age=60"
