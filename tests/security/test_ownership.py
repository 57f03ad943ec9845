"""Attacks 4 and 20: another person's row seems not to exist, on every route and with every method.

The routes come from the URL configuration, so a new one is covered
automatically.
"""

import re
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.batches.models import Batch
from playground.checkpoints.models import Adapter
from playground.datasets.models import Upload
from playground.finetunes.exporting.files import model_folder
from playground.finetunes.models import FineTune, FineTuneExport
from playground.library.models import Draft, Prompt, PromptVersion
from playground.runs.models import Run
from playground.scores.models import Score
from playground.sharing.models import Share
from tests.conftest import make_run
from tests.datasets.made import make_dataset
from tests.security.routes import METHODS, OWNED_IDS, Route, all_routes
from tests.support.snapshots import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ROUTES = all_routes()
OWNED = [route for route in ROUTES if route.names.intersection(OWNED_IDS)]
# Open to everyone on purpose; a route that is neither here nor owned fails the test.
PUBLIC = {
    # Pages without an id, which show the data of the person who asks (tests/accounts).
    "account",
    "account_change_email",
    "account_email_confirm",
    "account_change_password",
    "account_delete",
    "account_export",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_signup",
    # Anybody's own: what they add, and examples (tests/datasets).
    "datasets:list",
    "datasets:guide",
    "datasets:example",
    "datasets:paste",
    "datasets:upload_file",
    "datasets:uploads",
    "datasets:shared",
    "datasets:shared_file",
    # Whoever asks; what it is made of is looked up among their own (tests/finetunes).
    "finetunes:list",
    "finetunes:new",
    "finetunes:plan",
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
    "workbench:score",
    "workbench:save_and_share",
    "sharing:shared",
    "sharing:shared_fork",
    "sharing:shared_image",
    "sharing:shared_model",
    "sharing:shared_model_leave",
    "workbench:shared_open",
    "workbench:models_menu",
    "workbench:palette",
    "workbench:token_texts",
    "workbench:split_texts",
    # They belong to the person who asks; ids posted to them are looked up among their own
    # (tests/runs).
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


# How a refusal shows that the owner's row was found: publishing needs an account, a branch a token.
REFUSALS = {"sharing:publish": {403}, "workbench:branch": {400}}


def names(routes: list[Route]) -> list[str]:
    return [route.name for route in routes]


def guest(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def make_things(person: Person, **values: Any) -> Run:
    """A run, a score, a saved prompt and its table, a draft, a share link, a dataset, a fine-tune
    and an upload, all with one id; returns the run."""
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
    Batch.objects.create(
        id=run.pk, person=person, version=prompt.head, columns=["secret"], rows=[["secret"]]
    )
    Draft.objects.create(id=run.pk, is_copy=True, state=content, **row)
    Share.objects.create(id=run.pk, person=person, prompt=prompt)
    make_dataset(person, id=run.pk, name="secret")
    adapter = Adapter.objects.create(
        id=run.pk,
        person=person,
        base="tiny",
        name=f"tiny:{run.pk}",
        title="secret",
        folder=run.pk.hex,
        rank=1,
        size=1,
    )
    finetune = FineTune.objects.create(
        id=run.pk, person=person, base="tiny", name="secret", adapter=adapter
    )
    export = FineTuneExport.objects.create(
        id=run.pk, finetune=finetune, dtype="float16", status="ready", error_message="secret"
    )
    model_folder(export).mkdir(parents=True, exist_ok=True)
    (model_folder(export) / "config.json").write_text("secret")
    Score.objects.create(id=run.pk, person=person, model="tiny", ids=[1], error_message="secret")
    Upload.objects.create(id=run.pk, person=person, name="secret", model="tiny", size=9)
    return run


def comparable_text(response: HttpResponse, run: uuid.UUID) -> tuple[int, str]:
    """The answer without what differs by nature: the id and random tokens."""
    text = response.content.decode().replace(str(run), "ID")
    return response.status_code, re.sub(r'(csrfmiddlewaretoken"? value|nonce)="[^"]*"', "", text)


def test_every_route_is_owned_or_public_on_purpose() -> None:
    assert set(names(ROUTES)) == set(names(OWNED)) | PUBLIC


@pytest.mark.parametrize("status", ["queued", "running", "succeeded"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", OWNED, ids=names(OWNED))
def test_another_guests_row_seems_not_to_exist(
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
        assert comparable_text(answer, run.pk) == comparable_text(absent, nobodys)

    assert snapshot() == before


@pytest.mark.parametrize("route", OWNED, ids=names(OWNED))
def test_the_owner_reaches_every_route_with_some_method(route: Route, person: Person) -> None:
    run = make_things(
        person, template="table", status="succeeded", text=" | a |\n| b |", fields={"columns": "x"}
    )
    client = guest(person)

    statuses = {getattr(client, method)(route.path(run=run.pk)).status_code for method in METHODS}

    assert statuses & REFUSALS.get(route.name, {200, 204, 303})


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
def test_a_write_without_a_csrf_token_is_refused(route: Route, method: str, person: Person) -> None:
    run = make_things(person, template="table")
    client = Client(enforce_csrf_checks=True)
    client.cookies[COOKIE] = cookie_value(person.pk)
    before = snapshot()

    for headers in ({}, {"HX-Request": "true"}, {"Origin": "https://evil.example"}):
        answer = getattr(client, method)(route.path(run=run.pk), headers=headers)
        assert answer.status_code == 403

    assert snapshot() == before


def test_a_run_that_cannot_be_created_leaves_no_row(person: Person) -> None:
    answer = guest(person).post("/free/run/", {"prompt": "", "max_tokens": "16"})

    assert answer.status_code == 400
    assert not Run.objects.exists()
