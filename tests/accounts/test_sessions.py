"""A socket closes soon after the session that opened it ends (attack 19)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from django.test import Client

from playground.accounts.authentication.sessions import tell_user
from playground.accounts.leaving import user_delete
from playground.accounts.models import Person, User
from playground.core.redis.clients import blocking
from playground.live import consumers, watching
from playground.live.channels import SESSIONS
from playground.live.consumers import DELETED, SIGNED_OUT
from playground.live.hub import hub
from playground.live.tokenlog import notice_line
from tests.accounts.people import (
    PASSWORD,
    guest_client,
    make_user,
    sign_in,
    sign_up,
    signed_in_client,
)
from tests.live.test_consumer import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]

WITHIN = 2.0


@pytest.fixture(autouse=True)
async def fresh_hub(settings: Any) -> AsyncIterator[None]:
    settings.ALLOWED_HOSTS = ["testserver"]
    yield
    await hub().close()
    # A socket left open here would count in the tests of the next file.
    assert not consumers._open


class Tab(Page):
    """A browser tab with cookies."""

    def __init__(self, client: Client) -> None:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        super().__init__(None, cookie=cookies)

    async def wait_for_close(self) -> tuple[int, float]:
        began = time.monotonic()
        code = await self.close_code()
        seconds = time.monotonic() - began
        # The server tells the application in this way that the socket is gone.
        await self.disconnect()
        return code, seconds


async def open_tab(client: Client) -> Tab:
    tab = Tab(client)
    assert await tab.connect()
    return tab


async def user_with_tab(name: str = "ann") -> tuple[User, Client, Tab]:
    user = await sync_to_async(make_user)(name)
    await Person.objects.acreate(user=user)
    client = await sync_to_async(signed_in_client)(user)
    return user, client, await open_tab(client)


def sign_out(user: User, client: Client) -> None:
    client.post("/account/sign-out/")


def change_password(user: User, client: Client) -> None:
    other = signed_in_client(user)
    new = "another good one"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert other.post("/account/password/", form).status_code == 302


def delete_account(user: User, client: Client) -> None:
    assert client.post("/account/delete/", {"password": PASSWORD}).status_code == 303


def delete_user(user: User, client: Client) -> None:
    user_delete(user=user)


def deactivate(user: User, client: Client) -> None:
    user.is_active = False
    user.save()


@pytest.mark.parametrize(
    ("leave", "said"),
    [
        (sign_out, SIGNED_OUT),
        (change_password, SIGNED_OUT),
        (delete_account, DELETED),
        (delete_user, DELETED),
        (deactivate, SIGNED_OUT),
    ],
)
async def test_the_socket_of_a_user_closes(
    leave: Callable[[User, Client], None], said: int
) -> None:
    user, client, tab = await user_with_tab()
    others = await user_with_tab("bob")

    await sync_to_async(leave)(user, client)

    code, seconds = await tab.wait_for_close()
    assert code == said
    assert seconds < WITHIN
    assert not await Tab(client).connect()
    assert await others[2].hears_nothing()
    await others[2].disconnect()


def delete_own_data(person: Person, client: Client) -> None:
    assert client.post("/account/delete/", {"sure": "on"}).status_code == 303


def delete_as_staff(person: Person, client: Client) -> None:
    staff = signed_in_client(make_user("root", is_staff=True, is_superuser=True))
    answer = staff.post(f"/admin/accounts/person/{person.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302


def delete_all_guests(person: Person, client: Client) -> None:
    Person.objects.filter(user=None).delete()


@pytest.mark.parametrize("leave", [delete_own_data, delete_as_staff, delete_all_guests])
async def test_the_socket_of_a_guest_closes(leave: Callable[[Person, Client], None]) -> None:
    guest = await Person.objects.acreate()
    client = guest_client(guest)
    tab = await open_tab(client)
    others = await user_with_tab("bob")

    await sync_to_async(leave)(guest, client)

    code, seconds = await tab.wait_for_close()
    assert code == DELETED
    assert seconds < WITHIN
    assert not await Tab(client).connect()
    assert await others[2].hears_nothing()
    await others[2].disconnect()


async def test_an_adopted_guest_reconnects_as_the_account(
    person: Person,
) -> None:
    user, _, others = await user_with_tab()
    client = guest_client(person)
    tab = await open_tab(client)

    await sync_to_async(sign_in)(client, user.username)

    # The guest's row is gone, but the person still exists and finds all their data again.
    assert (await tab.wait_for_close())[0] == DELETED
    again = await open_tab(client)
    for left in (again, others):
        await left.disconnect()


async def test_another_session_of_the_same_user_stays_open() -> None:
    user, client, tab = await user_with_tab()
    other = await open_tab(await sync_to_async(signed_in_client)(user))

    await sync_to_async(sign_out)(user, client)

    assert (await tab.wait_for_close())[0] == SIGNED_OUT
    assert await other.hears_nothing()
    await other.disconnect()


async def test_signing_in_elsewhere_closes_nothing() -> None:
    user, _, tab = await user_with_tab()

    await sync_to_async(signed_in_client)(user)

    assert await tab.hears_nothing()
    await tab.disconnect()


async def test_a_guest_who_signs_up_reconnects_as_the_user(person: Person) -> None:
    client = guest_client(person)
    tab = await open_tab(client)

    await sync_to_async(sign_up)(client)

    assert (await tab.wait_for_close())[0] == SIGNED_OUT
    again = await open_tab(client)
    await again.disconnect()


class Marker:
    """Notices when the hub's subscription is up; all earlier messages have then arrived."""

    topic = "marker"
    channel = SESSIONS

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    def offer(self, *line: object) -> None:
        self.heard.set()

    def distrust(self) -> None:
        pass

    def tick(self) -> None:
        pass


async def wait_for_session_checks() -> None:
    """Waits until the subscription is up and every socket has checked its session."""
    marker = Marker()
    hub().add(marker)
    async with asyncio.timeout(10):
        while not marker.heard.is_set():
            blocking().publish(SESSIONS, notice_line(marker.topic, 1, "{}"))
            await asyncio.sleep(0.05)
        watches = [f for f in hub()._all() if isinstance(f, watching.PersonWatch)]
        # The tasks end by themselves.
        while any(watch._look for watch in watches):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_session_that_ended_during_an_outage_is_noticed_after_it(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, client, tab = await user_with_tab()
    await wait_for_session_checks()
    monkeypatch.setattr("playground.accounts.authentication.sessions._tell", lambda name: None)
    await sync_to_async(sign_out)(user, client)
    assert await tab.hears_nothing()

    redis_client.client_kill_filter(_type="pubsub")

    assert (await tab.wait_for_close())[0] == SIGNED_OUT


async def test_the_announcement_does_not_depend_on_the_number_of_shards(settings: Any) -> None:
    user, client, tab = await user_with_tab()
    await wait_for_session_checks()
    settings.LIVE_SHARDS = 5

    await sync_to_async(sign_out)(user, client)

    code, seconds = await tab.wait_for_close()
    assert code == SIGNED_OUT
    assert seconds < WITHIN


async def test_an_expired_session_is_noticed_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, client, tab = await user_with_tab()
    await wait_for_session_checks()
    monkeypatch.setattr(watching, "SILENCE", 1.0)
    monkeypatch.setattr("playground.accounts.authentication.sessions._tell", lambda name: None)

    await sync_to_async(sign_out)(user, client)

    assert (await tab.wait_for_close())[0] == SIGNED_OUT


async def test_an_unreachable_database_closes_no_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.db import OperationalError

    user, _, tab = await user_with_tab()
    looked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def fail(*arguments: object) -> watching.Standing:
        loop.call_soon_threadsafe(looked.set)
        raise OperationalError("away")

    monkeypatch.setattr(watching, "standing", fail)
    await sync_to_async(tell_user)(user.pk)
    await asyncio.wait_for(looked.wait(), 5)

    assert await tab.hears_nothing()
    await tab.disconnect()


async def test_without_guests_a_guest_gets_no_socket(person: Person, settings: Any) -> None:
    settings.ALLOW_GUESTS = False

    assert not await Tab(guest_client(person)).connect()
