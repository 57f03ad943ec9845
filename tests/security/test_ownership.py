"""Attack 4 and 20: what belongs to somebody else does not exist, on every route and verb.

The routes come from the URL configuration, so a new one is covered without
anyone remembering it.
"""

import re
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.checkpoints.models import Adapter
from playground.library.models import Draft, Prompt, PromptVersion
from playground.runs.models import Run
from playground.sharing.models import Share
from tests.conftest import make_run
from tests.security.routes import METHODS, OWNED_IDS, Route, all_routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ROUTES = all_routes()
OWNED = [route for route in ROUTES if route.names.intersection(OWNED_IDS)]
# Open to everyone on purpose; a route that is neither here nor owned fails.
PUBLIC = {
    # One's own pages: they carry no id, and show whoever asks (tests/accounts).
    "account",
    "account_change_email",
    "account_change_password",
    "account_delete",
    "account_export",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_signup",
    "library:draft_save",
    "sharing:gallery",
    "sharing:gallery_prompt",
    "sharing:gallery_prompt_fork",
    "sharing:gallery_prompt_image",
    "workbench:gallery_prompt_open",
    "workbench:home",
    "library:list",
    "workbench:link_to_state",
    "workbench:template",
    "workbench:no_run",
    "workbench:preview",
    "workbench:prompt_create",
    "workbench:run",
    "sharing:shared",
    "sharing:shared_fork",
    "sharing:shared_image",
    "sharing:shared_model",
    "sharing:shared_model_leave",
    "workbench:shared_open",
    "workbench:models_menu",
    "workbench:palette",
    "workbench:token_texts",
    # Of whoever asks; ids that are posted to them are looked up among their own (tests/runs).
    "history:list",
    "history:selected",
    "history:export",
    "history:import",
    "history:forget_import",
    "history:delete_selected",
    "history:delete_all",
    "history:compare",
    "status:healthz",
    "status:readyz",
}


def names(routes: list[Route]) -> list[str]:
    return [route.name for route in routes]


def guest(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def make_things(person: Person, **values: Any) -> Run:
    """A run, a saved prompt, a draft, a share link and a tuned model, all with one id; returns the
    run."""
    run = make_run(person, **values)
    row = {"person": person, "template": "table"}
    prompt = Prompt.objects.create(id=run.pk, title="secret", **row)
    content: dict[str, Any] = {"text": "secret", "parameters": {"max_tokens": 16}, "fields": {}}
    for number in (1, 2):
        message = f"secret {number}"
        content["fields"] = {"columns": message}
        prompt.head = PromptVersion.objects.create(
            prompt=prompt, number=number, message=message, **content
        )
    prompt.save()
    Draft.objects.create(id=run.pk, is_copy=True, state=content, **row)
    Share.objects.create(id=run.pk, person=person, prompt=prompt)
    Adapter.objects.create(
        id=run.pk,
        person=person,
        base="tiny",
        name="tiny:secret-abcd",
        title="secret",
        rank=1,
        size=1,
    )
    return run


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """All rows of all models of the project."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
    }


def told(response: HttpResponse, run: uuid.UUID) -> tuple[int, str]:
    """What the answer tells, without what differs by nature: the id and random tokens."""
    text = response.content.decode().replace(str(run), "ID")
    return response.status_code, re.sub(r'(csrfmiddlewaretoken"? value|nonce)="[^"]*"', "", text)


def test_every_route_is_owned_or_public_on_purpose() -> None:
    assert set(names(ROUTES)) == set(names(OWNED)) | PUBLIC


@pytest.mark.parametrize("status", ["queued", "running", "succeeded"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", OWNED, ids=names(OWNED))
def test_what_is_another_guests_is_as_if_it_did_not_exist(
    route: Route, method: str, status: str, person: Person, stranger: Person
) -> None:
    run = make_things(person, template="table", status=status, text="| secret |", prompt="secret")
    nobodys = uuid.uuid4()
    before = snapshot()

    for client in (guest(stranger), Client()):
        answer = getattr(client, method)(route.path(run=run.pk))
        absent = getattr(client, method)(route.path(run=nobodys))
        assert answer.status_code in (404, 405)
        assert b"secret" not in answer.content
        assert told(answer, run.pk) == told(absent, nobodys)

    assert snapshot() == before


@pytest.mark.parametrize("route", OWNED, ids=names(OWNED))
def test_its_owner_does_reach_it_by_some_verb(route: Route, person: Person) -> None:
    run = make_things(
        person, template="table", status="succeeded", text=" | a |\n| b |", fields={"columns": "x"}
    )
    client = guest(person)

    statuses = {getattr(client, method)(route.path(run=run.pk)).status_code for method in METHODS}

    # A guest is told that publishing needs an account.
    assert statuses & ({403} if route.name == "sharing:publish" else {200, 204, 303})


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("route", ROUTES, ids=names(ROUTES))
def test_reading_changes_nothing(route: Route, method: str, person: Person) -> None:
    run = make_things(person, template="table", attempt=1)
    before = snapshot()

    for client in (guest(person), Client()):
        getattr(client, method)(route.path(run=run.pk))

    assert snapshot() == before


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("route", ROUTES, ids=names(ROUTES))
def test_a_write_without_a_token_of_ours_is_refused(
    route: Route, method: str, person: Person
) -> None:
    run = make_things(person, template="table")
    client = Client(enforce_csrf_checks=True)
    client.cookies[COOKIE] = cookie_value(person.pk)
    before = snapshot()

    for headers in ({}, {"HX-Request": "true"}, {"Origin": "https://evil.example"}):
        answer = getattr(client, method)(route.path(run=run.pk), headers=headers)
        assert answer.status_code == 403

    assert snapshot() == before


def test_a_run_that_fails_to_be_made_leaves_no_row(person: Person) -> None:
    answer = guest(person).post("/free/run/", {"prompt": "", "max_tokens": "16"})

    assert answer.status_code == 400
    assert not Run.objects.exists()
