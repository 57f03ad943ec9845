"""How a page follows a fine-tune: whole, in order, its owner's only."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from pytest_asyncio import fixture as async_fixture

from playground.accounts.models import Person
from playground.finetunes.leases import finetune_claim
from playground.finetunes.models import FineTune
from playground.finetunes.record import Line, RecordCopy
from playground.finetunes.services import finetune_cancel, finetune_delete
from playground.live.hub import hub
from tests.finetunes.conftest import make_finetune
from tests.live.pages import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]


@async_fixture
async def tab(person: Person) -> AsyncIterator[Page]:
    page = Page(person)
    assert await page.connect()
    yield page
    await page.disconnect()
    await hub().close()


async def follow(page: Page, finetune: FineTune, *, epoch: int = 1, start: int = 1) -> None:
    topic = f'"finetune:{finetune.pk}"'
    await page.send(f'{{"type":"follow","topic":{topic},"epoch":{epoch},"from":{start}}}')


async def until(page: Page, kind: str, **values: Any) -> list[dict[str, Any]]:
    """Events up to the one that is so."""
    seen: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while True:
            event = await page.next()
            seen.append(event)
            if event["type"] == kind and all(event.get(key) == values[key] for key in values):
                return seen


def numbers(events: list[dict[str, Any]]) -> list[int]:
    return [line["n"] for event in events if event["type"] == "record" for line in event["lines"]]


async def running(person: Person) -> FineTune:
    await sync_to_async(make_finetune)(person)
    claimed = await sync_to_async(finetune_claim)(worker="w", place="cpu@host", base="tiny")
    assert claimed is not None
    return claimed


def step(n: int, *, loss: float = 1.0) -> Line:
    return Line(n=n, kind="step", step=n, data={"step": n, "loss": loss})


async def test_a_page_gets_what_was_and_what_comes(tab: Page, person: Person) -> None:
    finetune = await running(person)
    copy = RecordCopy(finetune)
    await sync_to_async(copy.take)([step(1), step(2)])

    await follow(tab, finetune)
    before = await until(tab, "state", status="running")
    await sync_to_async(copy.take)([step(3)])
    after = await until(tab, "record")

    assert numbers(before) == [1, 2]
    assert numbers(after) == [3]


async def test_a_page_that_comes_back_gets_what_it_lacks(tab: Page, person: Person) -> None:
    finetune = await running(person)
    await sync_to_async(RecordCopy(finetune).take)([step(1), step(2), step(3)])

    await follow(tab, finetune, start=3)

    assert numbers(await until(tab, "state")) == [3]


async def test_lines_that_were_taken_back_come_again(tab: Page, person: Person) -> None:
    finetune = await running(person)
    copy = RecordCopy(finetune)
    await sync_to_async(copy.take)([step(1), step(2)])
    await follow(tab, finetune)
    await until(tab, "state", status="running")

    await sync_to_async(copy.take)([step(1), step(2, loss=9.0)])
    events = await until(tab, "record", epoch=2)

    assert [line["loss"] for line in events[-1]["lines"]] == [1.0, 9.0]


async def test_the_end_is_told(tab: Page, person: Person) -> None:
    finetune = await sync_to_async(make_finetune)(person)
    await follow(tab, finetune)
    await until(tab, "state", status="queued")

    await sync_to_async(finetune_cancel)(finetune=finetune)

    await until(tab, "state", status="cancelled")


async def test_a_waiting_page_hears_its_place(tab: Page, person: Person) -> None:
    finetune = await sync_to_async(make_finetune)(person)

    await follow(tab, finetune)

    await until(tab, "state", note="It is next.")


async def test_deletion_is_told(tab: Page, person: Person) -> None:
    finetune = await sync_to_async(make_finetune)(person)
    await follow(tab, finetune)
    await until(tab, "state", status="queued")

    await sync_to_async(finetune_delete)(finetune=finetune)

    await until(tab, "error", code="deleted")


async def test_what_is_anothers_does_not_exist(tab: Page, stranger: Person) -> None:
    finetune = await sync_to_async(make_finetune)(stranger)

    await follow(tab, finetune)

    (event,) = await until(tab, "error")
    assert event["code"] == "not_found"
