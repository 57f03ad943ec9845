"""Leaving deletes all of a person's data, and nothing of anybody else's."""

import threading
from typing import Any

import pytest
import redis
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from model_bakery import baker

from playground.accounts.belongings import owner_fields
from playground.accounts.leaving import person_delete, user_delete
from playground.accounts.models import Person, User
from playground.accounts.people import COOKIE
from playground.core import search
from playground.history import belongings
from playground.library.models import Prompt, Tag
from playground.live.tokenlog import Item, token_json, token_log
from playground.runs.finishing import run_index, run_words
from playground.runs.models import Run
from tests.accounts.people import PASSWORD, guest_client, make_user, sign_in, signed_in_client
from tests.conftest import make_run
from tests.library.saved import free_form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture(autouse=True)
def no_wait_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs here, so waiting for one would be useless."""
    monkeypatch.setattr(belongings, "STOP_SECONDS", 0.0)


def user_with_everything(name: str = "ann") -> Person:
    person = Person.objects.create(user=make_user(name))
    for model, field in owner_fields():
        baker.make(model, **{field: person})
    search.put(kind="run", object_id=person.pk, owner=person.pk, words=search.words("fox"))
    return person


def remaining_rows(person: Person) -> int:
    return sum(
        model._base_manager.filter(**{field: person.pk}).count() for model, field in owner_fields()
    )


def test_deleting_an_account_deletes_every_row_of_every_model() -> None:
    ann, bob = user_with_everything("ann"), user_with_everything("bob")
    before = remaining_rows(bob)
    client = signed_in_client(ann.user)

    answer = client.post("/account/delete/", {"password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (303, "/account/sign-in/")
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "Everything is deleted."
    ]
    assert list(User.objects.all()) == [bob.user]
    assert not Person.objects.filter(pk=ann.pk).exists()
    assert remaining_rows(ann) == 0
    assert remaining_rows(bob) == before
    assert not search.matching(kind="run", owner=ann.pk, query="fox").exists()
    assert search.matching(kind="run", owner=bob.pk, query="fox").exists()
    assert "_auth_user_id" not in client.session
    assert sign_in(Client(), "ann").status_code == 200


@pytest.mark.parametrize("form", [{}, {"password": ""}, {"password": "wrong"}, {"sure": "on"}])
def test_deleting_an_account_needs_its_password(form: dict[str, str]) -> None:
    person = user_with_everything()

    answer = signed_in_client(person.user).post("/account/delete/", form)

    assert answer.status_code == 400
    assert User.objects.exists()
    assert remaining_rows(person)


def test_the_password_cannot_be_guessed_on_this_page(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "reauthenticate": "3/m/user"}
    client = signed_in_client(make_user())

    statuses = [
        client.post("/account/delete/", {"password": "wrong"}).status_code for _ in range(4)
    ]

    assert statuses == [400, 400, 400, 429]


def test_an_empty_account_can_be_deleted(client: Client) -> None:
    client = signed_in_client(make_user())

    assert client.post("/account/delete/", {"password": PASSWORD}).status_code == 303
    assert not User.objects.exists()


def test_a_guest_deletes_everything_with_a_checkbox_and_loses_the_cookie(person: Person) -> None:
    make_run(person, status="succeeded")
    client = guest_client(person)

    assert client.post("/account/delete/", {}).status_code == 400
    answer = client.post("/account/delete/", {"sure": "on"})

    assert answer.status_code == 303
    assert answer.cookies[COOKIE]["max-age"] == 0
    assert not Person.objects.exists()
    assert not Run.objects.exists()


def test_a_stranger_has_nothing_to_delete(client: Client) -> None:
    assert client.get("/account/delete/").status_code == 404
    assert client.post("/account/delete/", {"sure": "on"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_live_run_is_stopped_and_its_text_deleted_from_redis(
    person: Person, redis_client: redis.Redis
) -> None:
    run = make_run(person, status="running", worker="w", attempt=1)
    log = token_log()
    log.start(str(run.pk), attempt=1, epoch=1)
    item = Item(str(run.pk), 0, 1, 1, 0, [token_json(7, "secret")])
    log.append([item])

    person_delete(person=person)

    assert not Run.objects.exists()
    assert not redis_client.exists(f"log:{run.pk}:0")
    # Its worker has not noticed yet and writes once more.
    (reply,) = log.append([item])
    assert reply.stale
    assert not redis_client.exists(f"log:{run.pk}:0")
    assert redis_client.ttl(f"fence:{run.pk}") > 0


def test_deletion_waits_for_the_worker_to_stop(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belongings, "STOP_SECONDS", 30.0)
    run = make_run(person, status="running", worker="w", attempt=1)
    looked = threading.Event()

    def stop(pause: float) -> None:
        looked.set()
        assert Run.objects.get(pk=run.pk).cancel_requested
        Run.objects.filter(pk=run.pk).update(status="cancelled")

    monkeypatch.setattr(belongings.time, "sleep", stop)
    person_delete(person=person)

    assert looked.is_set()
    assert not Run.objects.exists()


def test_failed_sign_ins_are_deleted_with_the_account(client: Client) -> None:
    user = make_user("Ann")
    sign_in(client, "ann", "wrong")
    sign_in(client, "bob", "wrong")

    user_delete(user=user)

    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["bob"]


def all_stored_values() -> str:
    """Every row of every table, and the contents of the sessions."""
    rows = [
        list(model._default_manager.values())
        for model in apps.get_models(include_auto_created=True)
    ]
    sessions = [session.get_decoded() for session in Session.objects.all()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM core_searchwords")
        words = cursor.fetchall()
    return repr((rows, sessions, words)).lower()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_staff", [False, True])
def test_no_stored_value_has_their_name_or_texts(by_staff: bool) -> None:
    name, text = "zqxname", "zqxtext"
    user = make_user(name, email=f"{name}@example.org")
    client, elsewhere, reader = signed_in_client(user), signed_in_client(user), Client()
    root = make_user("root", is_staff=True, is_superuser=True)
    staff = signed_in_client(root)
    form = free_form(text, save_title=text, save_description=text, save_tags=text)
    prompt = client.post("/free/save/", form)["Location"].split("?")[0]
    client.post(f"{prompt}publish/")
    client.post("/free/draft/", {**free_form(f"{text} more"), "draft_writer": "w", "draft_step": 1})
    person = Person.objects.get(user=user)
    run = make_run(person, status="succeeded", prompt=text, text=text)
    run_index(run_id=run.pk, words=run_words(text, text))
    reader.post(f"{prompt.replace('prompts', 'gallery')}fork/")
    sign_in(Client(), name, "wrong")
    LogEntry.objects.log_actions(root.pk, [user, person], CHANGE, change_message=f"{name} again")
    assert all(name in str(entry.object_repr) for entry in LogEntry.objects.all())
    assert name in repr(elsewhere.session.items())
    assert name in all_stored_values()
    assert Prompt.objects.filter(forked_person=person).exists()

    if by_staff:
        answer = staff.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"})
    else:
        answer = client.post("/account/delete/", {"password": PASSWORD})

    assert answer.status_code in (302, 303)
    assert name not in all_stored_values()
    assert "_auth_user_id" not in elsewhere.session
    # The fork's text belongs to the person who forked; nothing else is left.
    Prompt.objects.all().delete()
    search.drop_all(owner=Person.objects.exclude(user=root).get().pk)
    Tag.objects.all().delete()
    assert text not in all_stored_values()
