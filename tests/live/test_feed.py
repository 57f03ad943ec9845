"""The frames of a set of topics, without a socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from playground.accounts.models import Person
from playground.core.errors import NotFound, TooManyFollowed, UnknownTopic
from playground.live import feed as feeds
from playground.live import following
from playground.live.feed import Feed
from playground.live.hub import hub
from playground.live.messages import FollowRequest
from playground.live.tokenlog import token_log
from playground.runs.models import Run
from tests.live.pages import finish, running, write

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_client", "fresh_hub"),
]


@pytest.fixture
async def feed(person: Person) -> AsyncIterator[Feed]:
    feed = Feed(person=person, hub=hub())
    yield feed
    feed.close()
    assert hub()._by_topic == {}


def request_for(run: Run, *starts: int) -> FollowRequest:
    return FollowRequest("run", run.pk, epoch=1, starts=starts or (1,))


class Reading:
    """The events of a feed so far: the texts of each choice, and the states."""

    def __init__(self, feed: Feed) -> None:
        self._frames = feed.frames()
        self.texts: dict[int, list[str]] = {}
        self.statuses: list[str] = []
        self.frames = 0

    async def until(self, status: str) -> None:
        async with asyncio.timeout(10):
            while status not in self.statuses:
                events = await anext(self._frames)
                self.frames += 1
                for event in events:
                    self._take(json.loads(event))

    async def until_texts(self, texts: dict[int, list[str]]) -> None:
        async with asyncio.timeout(10):
            while self.texts != texts:
                for event in await anext(self._frames):
                    self._take(json.loads(event))

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "state":
            self.statuses.append(event["status"])
            return
        texts = self.texts.setdefault(event["choice"], [])
        if event["from"] == 1:
            texts.clear()
        assert event["from"] == len(texts) + 1, event
        texts += [token[1] for token in event["tokens"]]


async def test_a_feed_follows_a_run_to_its_end(feed: Feed, person: Person) -> None:
    run = await running(person)
    await feed.follow(request_for(run))
    reading = Reading(feed)
    await reading.until("running")

    write(run, "a", "b")
    write(run, "c", before=2)
    await finish(run, 3)
    await reading.until("succeeded")

    assert reading.texts == {0: ["a", "b", "c"]}


async def test_events_that_wait_for_a_reader_are_one_frame(feed: Feed, person: Person) -> None:
    run = await running(person)
    await feed.follow(request_for(run))
    reading = Reading(feed)
    await reading.until("running")
    before = reading.frames

    for position in range(50):
        write(run, str(position), before=position)
        await asyncio.sleep(0)
    await finish(run, 50)
    # The reader comes back when everything is there.
    async with asyncio.timeout(5):
        while len(feed._outbox._pending) < 50:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await reading.until("succeeded")

    assert reading.texts == {0: [str(position) for position in range(50)]}
    assert reading.frames - before <= 2


async def test_choices_have_separate_texts_and_positions(feed: Feed, person: Person) -> None:
    run = await running(person)
    token_log().start(str(run.pk), attempt=1, epoch=1, choices=4)
    write(run, "a1", "a2", choice=0)
    write(run, "c1", choice=2)
    await feed.follow(request_for(run, 2, 1, 1, 1))
    reading = Reading(feed)
    reading.texts = {0: ["a1"]}
    await reading.until("running")
    assert reading.texts == {0: ["a1", "a2"], 2: ["c1"]}

    write(run, "b1", choice=1)
    write(run, "a3", before=2, choice=0)
    write(run, "d1", "d2", choice=3)
    write(run, "c2", before=1, choice=2)
    await finish(run, 3)
    await reading.until("succeeded")

    assert reading.texts == {
        0: ["a1", "a2", "a3"],
        1: ["b1"],
        2: ["c1", "c2"],
        3: ["d1", "d2"],
    }


async def test_a_reader_of_one_choice_gets_no_other(feed: Feed, person: Person) -> None:
    run = await running(person)
    await feed.follow(request_for(run))
    reading = Reading(feed)
    await reading.until("running")

    write(run, "b1", choice=1)
    write(run, "a1", choice=0)
    await finish(run, 1)
    await reading.until("succeeded")

    assert reading.texts == {0: ["a1"]}


async def test_workers_with_another_number_of_shards_are_read_after_a_silence(
    feed: Feed, person: Person, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SILENCE_SECONDS", 1.0)
    run = await running(person)
    await feed.follow(request_for(run))
    reading = Reading(feed)
    await reading.until("running")

    settings.LIVE_SHARDS = 5
    write(run, "a", "b")
    await reading.until_texts({0: ["a", "b"]})
    write(run, "c", before=2)
    await finish(run, 3)
    await reading.until("succeeded")

    assert reading.texts == {0: ["a", "b", "c"]}


async def test_a_forbidden_topic_is_refused(
    feed: Feed, person: Person, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = await running(stranger)

    with pytest.raises(NotFound) as of_theirs:
        await feed.follow(request_for(theirs))
    with pytest.raises(NotFound) as of_nothing:
        await feed.follow(request_for(Run()))
    with pytest.raises(NotFound):
        await feed.follow(FollowRequest("run", None))
    with pytest.raises(UnknownTopic):
        await feed.follow(FollowRequest("weather", theirs.pk))
    monkeypatch.setattr(feeds, "MAX_FOLLOWED", 0)
    with pytest.raises(TooManyFollowed):
        await feed.follow(request_for(await running(person)))

    assert of_theirs.value.message == of_nothing.value.message
    assert hub()._by_topic == {}
