"""The admin pages: for staff, with lists that do not grow in queries."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from model_bakery import baker

from playground.accounts.models import Person, User
from playground.checkpoints.models import Adapter, Worker
from playground.library.models import Prompt
from playground.runs.models import Run
from playground.sharing.models import Share
from tests.accounts.people import PASSWORD, guest_client, make_user, sign_in, signed_in_client
from tests.conftest import make_run
from tests.security.routes import METHODS, admin_paths

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

MODELS = sorted(admin.site._registry, key=lambda model: model.__name__)


@pytest.fixture
def boss() -> Client:
    return signed_in_client(make_user("boss", is_staff=True, is_superuser=True))


def list_of(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def add_rows(count: int) -> None:
    for number in range(count):
        person = Person.objects.create(user=make_user(f"user{User.objects.count()}"))
        make_run(person, status="succeeded")
        prompt = baker.make(Prompt, person=person)
        baker.make(Share, prompt=prompt, person=person)
        baker.make(Adapter, person=person, name=f"tiny:{Adapter.objects.count()}")
        baker.make(Worker, name=f"w{Worker.objects.count()}")
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), f"nobody{number}", "wrong")


def test_the_admin_has_exactly_these_models() -> None:
    assert {model.__name__ for model in MODELS} == {
        "Adapter",
        "AccessAttempt",
        "Person",
        "Prompt",
        "Run",
        "Share",
        "User",
        "Worker",
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_long_list_takes_as_many_queries_as_a_short_one(boss: Client, model: type) -> None:
    counts = []
    for rows in (2, 6):
        add_rows(rows)
        boss.get(list_of(model))
        with CaptureQueriesContext(connection) as queries:
            answer = boss.get(list_of(model))
        assert answer.status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_row_has_a_page_and_is_found_by_search(boss: Client, model: Any) -> None:
    add_rows(1)
    row = model._default_manager.first()
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])

    assert boss.get(page).status_code == 200
    assert boss.get(list_of(model), {"q": str(row.pk)}).status_code == 200
    assert boss.get(list_of(model), {"q": "user"}).status_code == 200


@pytest.mark.parametrize("method", METHODS)
def test_only_staff_gets_in(method: str, person: Person, settings: Any) -> None:
    make_run(person)
    ann = make_user()
    elsewhere = ("/account/sign-in/", "/admin/login/", "/account/password/")
    # Signing out leads to the start page, and from there to sign-in.
    ends = ("/admin/logout/",)

    for path in admin_paths():
        # Some of these requests end the session.
        user = Client()
        user.force_login(ann, settings.AUTHENTICATION_BACKENDS[-1])
        for client in (Client(), guest_client(person), user):
            answer = getattr(client, method)(path)
            assert answer.status_code in (302, 403, 404, 405), (path, answer.status_code)
            if answer.status_code == 302 and path not in ends:
                assert answer["Location"].startswith(elsewhere), path


def test_a_user_who_is_not_staff_is_told_so() -> None:
    client = signed_in_client(make_user())

    answer = client.get("/admin/", follow=True)

    assert answer.status_code == 403
    assert "for the people who run this playground" in answer.content.decode()


def test_staff_signs_in_on_the_usual_page(client: Client, settings: Any) -> None:
    make_user("boss", is_staff=True, is_superuser=True)

    page = client.get("/admin/runs/run/", follow=True)

    assert page.request["PATH_INFO"] == "/account/sign-in/"
    for _ in range(settings.LIMIT_SIGN_IN_FAILURES):
        sign_in(client, "boss", "wrong")
    form = {"username": "boss", "password": PASSWORD}
    assert client.post("/admin/login/", form).status_code == 302
    assert "_auth_user_id" not in client.session
    assert sign_in(client, "boss").status_code == 429


def test_after_sign_in_the_requested_page_opens(client: Client) -> None:
    make_user("boss", is_staff=True, is_superuser=True)
    page = client.get("/admin/runs/run/", follow=True)
    wanted = page.context["redirect_field_value"]

    answer = sign_in(client, "boss", next=wanted)

    assert answer["Location"] == "/admin/runs/run/"


def test_deleting_a_user_deletes_all_their_data(boss: Client) -> None:
    person = Person.objects.create(user=make_user("ann"))
    make_run(person, status="succeeded")

    user_page = reverse("admin:accounts_user_delete", args=[person.user.pk])
    boss.post(user_page, {"post": "yes"})

    assert not User.objects.filter(username="ann").exists()
    assert not Run.objects.exists()


def test_no_list_shows_what_people_wrote(boss: Client, person: Person) -> None:
    run = make_run(person, prompt="a secret prompt", text="a secret text")

    for path in (list_of(Run), reverse("admin:runs_run_change", args=[run.pk])):
        assert "secret" not in boss.get(path).content.decode()
