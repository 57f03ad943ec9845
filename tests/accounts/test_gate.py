"""Without guests, every route asks to sign in, except those that are named (attack 20)."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import get_resolver

from playground.accounts.models import Person
from tests.accounts.people import guest_client, make_user, sign_up, signed_in_client
from tests.conftest import make_run
from tests.security.routes import METHODS, Route, admin_paths, all_routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ROUTES = all_routes()
# Routes that are open to everybody, for every method they accept.
OPEN = frozenset({"account_login", "account_signup", "account_inactive"})
# Routes that everybody may read.
OPEN_TO_READ = frozenset(
    {
        "status:healthz",
        "status:readyz",
        "sharing:gallery",
        "sharing:gallery_prompt",
        "sharing:gallery_prompt_image",
        "sharing:shared",
        "sharing:shared_image",
        "datasets:shared",
        "datasets:shared_file",
    }
)
CLOSED = [route for route in ROUTES if route.name not in OPEN | OPEN_TO_READ]


@pytest.fixture(autouse=True)
def no_guests(settings: Any) -> None:
    settings.ALLOW_GUESTS = False


def names(routes: list[Route]) -> list[str]:
    return [route.name for route in routes]


def test_every_open_route_exists() -> None:
    assert set(names(ROUTES)) >= OPEN | OPEN_TO_READ


@pytest.mark.parametrize("method", METHODS)
def test_a_route_asks_to_sign_in(method: str, person: Person) -> None:
    run = make_run(person, template="table")

    for route in CLOSED:
        path = route.path(run=run.pk)
        for client in (Client(), guest_client(person)):
            answer = getattr(client, method)(path)
            if method in ("get", "head"):
                assert answer.status_code == 302, route.name
                assert answer["Location"] == f"/account/sign-in/?next={quote(path)}"
            else:
                assert answer.status_code == 403, route.name


@pytest.mark.parametrize("method", METHODS)
def test_an_admin_page_asks_to_sign_in(method: str, person: Person) -> None:
    for path in admin_paths():
        answer = getattr(guest_client(person), method)(path)
        assert answer.status_code in (302, 403), path
        if answer.status_code == 302:
            assert answer["Location"].startswith("/account/sign-in/?next="), path


def test_a_part_of_a_page_is_refused_and_not_redirected(person: Person) -> None:
    run = make_run(person)

    for route in CLOSED:
        answer = Client().get(route.path(run=run.pk), headers={"HX-Request": "true"})
        assert answer.status_code == 403, route.name
        assert 'data-error="sign_in_required"' in answer.content.decode()


@pytest.mark.parametrize("name", sorted(OPEN_TO_READ))
def test_open_routes_are_open_only_for_reading(name: str, person: Person) -> None:
    for route in ROUTES:
        if route.name == name:
            path = route.path(run=person.pk)
            assert Client().get(path).status_code in (200, 404, 503)
            assert Client().post(path).status_code in (403, 405)


def test_an_error_has_the_usual_shape() -> None:
    answer = Client().post("/free/run/", headers={"Accept": "application/json"})

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "sign_in_required"


def test_sign_in_keeps_the_requested_address(client: Client) -> None:
    make_user("ann")
    answer = client.get("/chat/?model=tiny")
    assert answer["Location"] == "/account/sign-in/?next=/chat/%3Fmodel%3Dtiny"

    page = client.get(answer["Location"]).content.decode()

    assert 'name="next" value="/chat/?model=tiny"' in page


def test_a_signed_in_user_gets_in() -> None:
    assert signed_in_client(make_user()).get("/chat/").status_code == 200


def test_earlier_data_of_a_guest_still_move_into_the_account(person: Person) -> None:
    run = make_run(person)
    client = guest_client(person)
    assert client.get(f"/runs/{run.pk}/output/").status_code == 302

    sign_up(client)

    assert client.get(f"/runs/{run.pk}/output/").status_code == 200


def test_with_guests_nothing_is_closed(settings: Any) -> None:
    settings.ALLOW_GUESTS = True

    assert Client().get("/chat/").status_code == 200


def test_without_guests_an_unknown_address_is_not_found() -> None:
    assert get_resolver()
    assert Client().get("/nowhere/").status_code == 404
