"""Tuned models that others use by a link: read and run, until the link is closed."""

import re
from pathlib import Path

import pytest

from playground.accounts.leaving import person_delete
from playground.accounts.models import Person, User
from playground.accounts.moving import guest_adopt
from playground.checkpoints import granting
from playground.checkpoints.adapter_files import folder_of
from playground.checkpoints.granting import (
    adapter_accept,
    adapter_by_link,
    adapter_leave,
    adapter_share,
    adapter_unshare,
)
from playground.checkpoints.models import Adapter, AdapterGrant
from playground.checkpoints.selectors import get_served, served_models
from playground.checkpoints.services import adapter_delete
from playground.core.errors import ModelDeleted, NotFound, QuotaReached
from playground.runs.adapters import adapters_sweep
from playground.runs.models import Run
from tests.conftest import make_run
from tests.library.saved import guest_of
from tests.support.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def link(adapter: Adapter) -> str:
    link = adapter_share(adapter=adapter).link
    assert link is not None
    return link


def names(person: Person) -> list[str]:
    return [served.name for served in served_models(person)]


def test_who_has_the_link_can_run_it(
    adapter: Adapter, person: Person, stranger: Person, link: str
) -> None:
    client = guest_of(stranger)
    assert names(stranger) == ["tiny", "other"], "a link alone changes no menu"

    shown = flat(client.get(f"/m/{link}/").content.decode())
    assert "Support answers" in shown
    assert "Use this model" in shown
    assert not AdapterGrant.objects.exists(), "reading gives nothing"
    taken = client.post(f"/m/{link}/")

    assert (taken.status_code, adapter.name.replace(":", "%3A") in taken["Location"]) == (303, True)
    assert names(stranger) == ["tiny", adapter.name, "other"]
    menu = flat(client.get(f"/free/?model={adapter.name}").content.decode())
    assert "shared by <bdi" in menu.replace("shared by<bdi", "shared by <bdi")
    assert client.post("/free/run/", {"prompt": "Once", "model": adapter.name}).status_code == 303
    assert Run.objects.get(person=stranger).adapter == adapter
    assert client.post(f"/m/{link}/").status_code == 303, "twice is fine"
    assert AdapterGrant.objects.count() == 1


def test_it_is_the_owners_alone_to_change(adapter: Adapter, stranger: Person, link: str) -> None:
    adapter_accept(person=stranger, token=link)

    for method in ("get", "post"):
        answer = getattr(guest_of(stranger), method)(f"/tuned/{adapter.pk}/share/")
        assert answer.status_code == 404
    assert Adapter.objects.get().link == link


def test_the_owner_opens_and_closes_the_link(adapter: Adapter, person: Person) -> None:
    client = guest_of(person)
    address = f"/tuned/{adapter.pk}/share/"
    assert "Create link" in client.get(address).content.decode()

    client.post(address, {"action": "open"})
    page = client.get(address).content.decode()
    (first,) = re.findall(r"http://testserver/m/([\w-]{22})/", page)
    client.post(address, {"action": "open"})
    assert Adapter.objects.get().link == first, "there is one link"
    client.post(address, {"action": "close"})
    client.post(address, {"action": "open"})

    assert Adapter.objects.get().link not in (None, first), "a closed link stays closed"
    assert client.get(f"/m/{first}/").status_code == 404


def test_a_closed_link_takes_the_model_from_every_menu_and_from_no_run(
    adapter: Adapter, stranger: Person, link: str
) -> None:
    adapter_accept(person=stranger, token=link)
    run = make_run(stranger, adapter=adapter)

    adapter_unshare(adapter=adapter)

    assert names(stranger) == ["tiny", "other"]
    client = guest_of(stranger)
    assert client.post("/free/run/", {"prompt": "Once", "model": adapter.name}).status_code == 404
    assert client.post(f"/m/{link}/").status_code == 404
    page = client.get(f"/runs/{run.pk}/")
    assert (page.status_code, "Support answers" in page.content.decode()) == (200, True)
    for token in (link, "", "x" * 22):
        with pytest.raises(NotFound):
            adapter_by_link(token)


def test_others_are_told_when_it_is_deleted(adapter: Adapter, stranger: Person, link: str) -> None:
    adapter_accept(person=stranger, token=link)

    adapter_delete(adapter=adapter)

    with pytest.raises(ModelDeleted):
        get_served(stranger, adapter.name)
    assert guest_of(stranger).get(f"/m/{link}/").status_code == 404


def test_who_took_it_can_remove_it(adapter: Adapter, stranger: Person, link: str) -> None:
    adapter_accept(person=stranger, token=link)

    assert guest_of(stranger).post(f"/m/{link}/remove/").status_code == 303

    assert names(stranger) == ["tiny", "other"]
    adapter_leave(person=stranger, adapter=adapter)


def test_the_owner_needs_no_grant(adapter: Adapter, person: Person, link: str) -> None:
    assert guest_of(person).post(f"/m/{link}/").status_code == 303
    assert not AdapterGrant.objects.exists()


def test_a_menu_takes_so_many(
    adapter: Adapter, stranger: Person, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granting, "MAX_GRANTS", 0)

    with pytest.raises(QuotaReached):
        adapter_accept(person=stranger, token=link)


def test_grants_move_with_a_guest_and_are_not_doubled(
    adapter: Adapter, stranger: Person, link: str
) -> None:
    user = User.objects.create_user("ada", password="correct horse")
    account = Person.objects.create(user=user)
    adapter_accept(person=account, token=link)
    adapter_accept(person=stranger, token=link)

    guest_adopt(guest=stranger, user=user)

    assert AdapterGrant.objects.get().person == account


def test_a_guest_who_becomes_the_owner_needs_no_grant(
    adapter: Adapter, person: Person, link: str
) -> None:
    user = User.objects.create_user("ada", password="correct horse")
    account = Person.objects.create(user=user)
    adapter_accept(person=account, token=link)

    guest_adopt(guest=person, user=user)

    assert names(account) == ["tiny", adapter.name, "other"]
    assert not AdapterGrant.objects.exists()


def test_runs_of_others_outlive_the_owner(
    adapter: Adapter, person: Person, stranger: Person, link: str, adapters_dir: Path
) -> None:
    adapter_accept(person=stranger, token=link)
    make_run(person, adapter=adapter, status="succeeded")
    run = make_run(stranger, adapter=adapter)

    person_delete(person=person)

    run.refresh_from_db()
    assert run.adapter is not None
    assert (run.adapter.person, run.model_title) == (None, "A deleted model")
    assert "support" not in run.adapter.name
    assert folder_of(run.adapter.folder).is_dir(), "its run has not finished"
    assert guest_of(stranger).get(f"/runs/{run.pk}/").status_code == 200
    with pytest.raises(ModelDeleted):
        get_served(stranger, run.adapter.name)
    Run.objects.update(status="succeeded")
    adapters_sweep()
    assert not list(adapters_dir.iterdir())
