"""A socket closes within moments of the session that opened it (attack 19)."""

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
    signed_in,
)
from tests.live.test_consumer import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]

WITHIN = 2.0


@pytest.fixture(autouse=True)
async def closed_hub(settings: Any) -> AsyncIterator[None]:
    settings.ALLOWED_HOSTS = ["testserver"]
    yield
    await hub().close()
    # A socket left open here would count in the next file's tests.
    assert not consumers._open


class Tab(Page):
    """A tab of a browser that has cookies."""

    def __init__(self, client: Client) -> None:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        super().__init__(None, cookie=cookies)

    async def closed_with(self) -> tuple[int, float]:
        began = time.monotonic()
        code = await self.close_code()
        seconds = time.monotonic() - began
        # As a server tells the application that the socket is gone.
        await self.disconnect()
        return code, seconds


async def opened(client: Client) -> Tab:
    tab = Tab(client)
    assert await tab.connect()
    return tab


async def user_with_tab(name: str = "ann") -> tuple[User, Client, Tab]:
    user = await sync_to_async(make_user)(name)
    await Person.objects.acreate(user=user)
    client = await sync_to_async(signed_in)(user)
    return user, client, await opened(client)


def sign_out(user: User, client: Client) -> None:
    client.post("/account/sign-out/")


def change_password(user: User, client: Client) -> None:
    other = signed_in(user)
    new = "another good one"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert other.post("/account/password/", form).status_code == 302


def delete_account(user: User, client: Client) -> None:
    assert client.post("/account/delete/", {"password": PASSWORD}).status_code == 303


def be_deleted(user: User, client: Client) -> None:
    user_delete(user=user)


def be_closed(user: User, client: Client) -> None:
    user.is_active = False
    user.save()


@pytest.mark.parametrize(
    ("leave", "said"),
    [
        (sign_out, SIGNED_OUT),
        (change_password, SIGNED_OUT),
        (delete_account, DELETED),
        (be_deleted, DELETED),
        (be_closed, SIGNED_OUT),
    ],
)
async def test_it_closes(leave: Callable[[User, Client], None], said: int) -> None:
    user, client, tab = await user_with_tab()
    others = await user_with_tab("bob")

    await sync_to_async(leave)(user, client)

    code, seconds = await tab.closed_with()
    assert code == said
    assert seconds < WITHIN
    assert not await Tab(client).connect()
    assert await others[2].hears_nothing()
    await others[2].disconnect()


def delete_what_i_made(person: Person, client: Client) -> None:
    assert client.post("/account/delete/", {"sure": "on"}).status_code == 303


def be_deleted_by_staff(person: Person, client: Client) -> None:
    staff = signed_in(make_user("root", is_staff=True, is_superuser=True))
    answer = staff.post(f"/admin/accounts/person/{person.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302


def be_deleted_with_others(person: Person, client: Client) -> None:
    Person.objects.filter(user=None).delete()


@pytest.mark.parametrize("leave", [delete_what_i_made, be_deleted_by_staff, be_deleted_with_others])
async def test_it_closes_on_a_guest(leave: Callable[[Person, Client], None]) -> None:
    guest = await Person.objects.acreate()
    client = guest_client(guest)
    tab = await opened(client)
    others = await user_with_tab("bob")

    await sync_to_async(leave)(guest, client)

    code, seconds = await tab.closed_with()
    assert code == DELETED
    assert seconds < WITHIN
    assert not await Tab(client).connect()
    assert await others[2].hears_nothing()
    await others[2].disconnect()


async def test_a_guest_whom_an_account_takes_in_connects_again_as_the_account(
    person: Person,
) -> None:
    user, _, others = await user_with_tab()
    client = guest_client(person)
    tab = await opened(client)

    await sync_to_async(sign_in)(client, user.username)

    # The guest's row is gone; who had it is not, and finds everything again.
    assert (await tab.closed_with())[0] == DELETED
    again = await opened(client)
    for left in (again, others):
        await left.disconnect()


async def test_another_session_of_the_same_user_stays_open() -> None:
    user, client, tab = await user_with_tab()
    other = await opened(await sync_to_async(signed_in)(user))

    await sync_to_async(sign_out)(user, client)

    assert (await tab.closed_with())[0] == SIGNED_OUT
    assert await other.hears_nothing()
    await other.disconnect()


async def test_signing_in_somewhere_else_closes_nothing() -> None:
    user, _, tab = await user_with_tab()

    await sync_to_async(signed_in)(user)

    assert await tab.hears_nothing()
    await tab.disconnect()


async def test_a_guest_who_signs_up_connects_again_as_the_user(person: Person) -> None:
    client = guest_client(person)
    tab = await opened(client)

    await sync_to_async(sign_up)(client)

    assert (await tab.closed_with())[0] == SIGNED_OUT
    again = await opened(client)
    await again.disconnect()


class Marker:
    """Hears when the hub's subscription stands, and with it all that was told before."""

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


async def all_looked() -> None:
    """Waits until the subscription stands and every socket has looked at what came of it."""
    marker = Marker()
    hub().add(marker)
    async with asyncio.timeout(10):
        while not marker.heard.is_set():
            blocking().publish(SESSIONS, notice_line(marker.topic, 1, "{}"))
            await asyncio.sleep(0.05)
        watches = [f for f in hub()._all() if isinstance(f, watching.PersonWatch)]
        # Their tasks end by themselves.
        while any(watch._look for watch in watches):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_session_that_ended_unheard_is_seen_when_redis_is_back(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, client, tab = await user_with_tab()
    await all_looked()
    monkeypatch.setattr("playground.accounts.authentication.sessions._tell", lambda name: None)
    await sync_to_async(sign_out)(user, client)
    assert await tab.hears_nothing()

    redis_client.client_kill_filter(_type="pubsub")

    assert (await tab.closed_with())[0] == SIGNED_OUT


async def test_the_word_does_not_depend_on_the_number_of_shards(settings: Any) -> None:
    user, client, tab = await user_with_tab()
    await all_looked()
    settings.LIVE_SHARDS = 5

    await sync_to_async(sign_out)(user, client)

    code, seconds = await tab.closed_with()
    assert code == SIGNED_OUT
    assert seconds < WITHIN


async def test_a_session_that_ran_out_is_seen_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, client, tab = await user_with_tab()
    await all_looked()
    monkeypatch.setattr(watching, "SILENCE", 1.0)
    monkeypatch.setattr("playground.accounts.authentication.sessions._tell", lambda name: None)

    await sync_to_async(sign_out)(user, client)

    assert (await tab.closed_with())[0] == SIGNED_OUT


async def test_a_database_that_is_away_sends_nobody_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.db import OperationalError

    user, _, tab = await user_with_tab()
    looked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def broken(*arguments: object) -> watching.Standing:
        loop.call_soon_threadsafe(looked.set)
        raise OperationalError("away")

    monkeypatch.setattr(watching, "standing", broken)
    await sync_to_async(tell_user)(user.pk)
    await asyncio.wait_for(looked.wait(), 5)

    assert await tab.hears_nothing()
    await tab.disconnect()


async def test_closed_to_guests_a_guest_has_no_socket(person: Person, settings: Any) -> None:
    settings.ALLOW_GUESTS = False

    assert not await Tab(guest_client(person)).connect()
