"""How one page's view of a run stays complete: positions, gaps, epochs, silence, overflow."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis

from playground.live import following as live_following
from playground.live.following import SILENCE_SECONDS
from playground.live.messages import FollowRequest
from playground.live.outbox import MAX_PENDING, Outbox
from playground.live.tokenlog import FORWARD, LOOK, LogPart
from playground.runs import following
from playground.runs.following import RowState, RunFollower

RUN = "11111111-1111-1111-1111-111111111111"


@dataclass
class Log:
    """A log and a row for a test; ``reader`` and ``hub`` are those of the follower."""

    tokens: list[str] = field(default_factory=list)
    epoch: int = 1
    row: RowState | None = field(default_factory=lambda: RowState("running", 1, 0))
    reads: int = 0
    away: bool = False
    # Called in the middle of a read.
    meanwhile: Any = None

    @property
    def reader(self) -> "Log":
        return self

    def write(self, count: int = 1) -> None:
        self.tokens += [f'[7,"{len(self.tokens) + 1 + at}"]' for at in range(count)]

    async def read(self, run: str, *, starts: list[int]) -> list[LogPart]:
        self.reads += 1
        if self.away:
            raise redis.ConnectionError("away")
        parts = [LogPart(self.epoch, start, self.tokens[start - 1 :]) for start in starts]
        await asyncio.sleep(0)
        if self.meanwhile is not None:
            self.meanwhile()
        return parts


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()

    async def row_state(run: str) -> RowState | None:
        return log.row

    monkeypatch.setattr(following, "row_state", row_state)
    return log


@dataclass
class Page:
    """The events that a following page received, checked as a page checks them."""

    outbox: Outbox
    follower: RunFollower
    texts: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    # The tokens on the page when the last state arrived.
    shown_at_state: int = 0

    async def take_all(self) -> list[str]:
        """Serves the outbox as the socket does, until there is nothing left to do."""
        while self.outbox.wake.is_set():
            self.outbox.wake.clear()
            for follower in self.outbox.take_behind():
                await follower.catch_up()
            for text in self.outbox.take():
                event = json.loads(text)
                if event["type"] == "error":
                    self.errors.append(event["code"])
                    continue
                if event["type"] == "state":
                    self.statuses.append(event["status"])
                    self.shown_at_state = len(self.texts)
                    continue
                if event["from"] == 1:
                    self.texts = []
                assert event["from"] == len(self.texts) + 1, "a gap or a repeat"
                self.texts += [token[1] for token in event["tokens"]]
        return self.texts

    def offer(
        self, log: Log, first: int, last: int | None = None, epoch: int | None = None
    ) -> None:
        last = last or first
        event = json.dumps(
            {
                "type": "tokens",
                "from": first,
                "tokens": [json.loads(token) for token in log.tokens[first - 1 : last]],
            }
        )
        self.follower.offer(0, epoch or log.epoch, first, last, event)


def follow(log: Log, start: int = 1, epoch: int = 1) -> Page:
    outbox = Outbox()
    hub: Any = log
    request = FollowRequest("run", uuid.UUID(RUN), epoch, (start,))
    follower = RunFollower(request=request, outbox=outbox, hub=hub)
    # The hub says so once it receives the run's channel.
    follower.distrust()
    return Page(outbox, follower, [str(at) for at in range(1, start)])


def numbers(last: int) -> list[str]:
    return [str(at) for at in range(1, last + 1)]


async def test_following_begins_with_the_log_and_the_row(log: Log) -> None:
    log.write(3)
    page = follow(log)

    assert await page.take_all() == numbers(3)
    assert page.statuses == ["running"]


async def test_lines_that_continue_the_text_are_sent_without_reading(log: Log) -> None:
    page = follow(log)
    await page.take_all()
    reads = log.reads

    log.write(3)
    page.offer(log, 1)
    page.offer(log, 2, 3)

    assert await page.take_all() == numbers(3)
    assert log.reads == reads


async def test_a_gap_is_filled_from_the_log(log: Log) -> None:
    page = follow(log)
    await page.take_all()
    log.write(5)

    page.offer(log, 4)

    assert await page.take_all() == numbers(5)


async def test_a_line_that_overlaps_is_read_and_an_old_one_ignored(log: Log) -> None:
    log.write(3)
    page = follow(log)
    await page.take_all()
    reads = log.reads

    page.offer(log, 1, 3)
    assert await page.take_all() == numbers(3)
    assert log.reads == reads

    log.write(2)
    page.offer(log, 2, 5)
    assert await page.take_all() == numbers(5)


async def test_lines_that_arrive_during_a_read_are_not_lost(log: Log) -> None:
    log.write(2)
    page = follow(log)

    def one_more() -> None:
        log.meanwhile = None
        log.write()
        page.offer(log, 3)

    log.meanwhile = one_more

    assert await page.take_all() == numbers(3)


async def test_a_new_epoch_starts_the_text_again(log: Log) -> None:
    log.write(4)
    page = follow(log)
    await page.take_all()

    log.tokens, log.epoch = ['[7,"1"]', '[7,"2"]'], 2
    page.offer(log, 2)

    assert await page.take_all() == numbers(2)


async def test_a_page_that_comes_back_with_an_old_epoch_gets_the_new_text(log: Log) -> None:
    log.write(2)
    log.epoch = 2

    assert await follow(log, start=9, epoch=1).take_all() == numbers(2)


async def test_a_page_that_comes_back_reads_from_its_position(log: Log) -> None:
    log.write(5)
    page = follow(log, start=4)

    assert await page.take_all() == numbers(5)


async def test_after_silence_the_follower_reads_again(log: Log) -> None:
    page = follow(log)
    await page.take_all()
    log.write()

    for _ in range(int(SILENCE_SECONDS)):
        page.follower.tick()
    assert await page.take_all() == []
    page.follower.tick()

    assert await page.take_all() == numbers(1)


async def test_a_slow_page_reads_the_log_again_and_loses_nothing(log: Log) -> None:
    page = follow(log)
    await page.take_all()

    for position in range(1, 3 * MAX_PENDING):
        log.write()
        page.offer(log, position)

    assert len(page.outbox.take()) <= MAX_PENDING
    assert await page.take_all() == numbers(3 * MAX_PENDING - 1)


async def test_a_dropped_state_is_sent_again(log: Log) -> None:
    page = follow(log)
    log.row = RowState("queued", 1, 0)
    await page.take_all()
    page.follower.offer(0, 1, 0, FORWARD, '{"type":"state","status":"running"}')
    log.row = RowState("running", 1, 0)
    for position in range(1, MAX_PENDING + 2):
        log.write()
        page.offer(log, position)

    await page.take_all()

    assert page.statuses == ["queued", "running"]


async def test_the_final_state_comes_after_the_last_token(log: Log) -> None:
    page = follow(log)
    await page.take_all()

    def last_token_between_the_reads() -> None:
        log.meanwhile = None
        log.write(2)
        log.row = RowState("succeeded", 1, 2)

    log.meanwhile = last_token_between_the_reads
    page.follower.offer(0, 1, 0, LOOK, "{}")
    await page.take_all()

    assert page.texts == numbers(2)
    assert (page.statuses[-1], page.shown_at_state) == ("succeeded", 2)
    assert page.follower.finished


async def test_the_final_state_comes_after_a_text_that_started_again(log: Log) -> None:
    log.write(3)
    page = follow(log)
    await page.take_all()

    def again_between_the_reads() -> None:
        log.meanwhile = None
        log.tokens, log.epoch = ['[7,"1"]', '[7,"2"]'], 2
        log.row = RowState("succeeded", 2, 2)

    log.meanwhile = again_between_the_reads
    page.follower.offer(0, 1, 0, LOOK, "{}")
    await page.take_all()

    assert page.texts == numbers(2)
    assert (page.statuses[-1], page.shown_at_state) == ("succeeded", 2)


async def test_a_read_that_ends_after_the_page_left_sends_nothing(log: Log) -> None:
    log.write(2)
    page = follow(log)
    log.meanwhile = page.follower.leave

    assert await page.take_all() == []
    assert page.statuses == []


async def test_a_deleted_run_is_finished_and_its_page_is_informed(log: Log) -> None:
    log.row = None
    page = follow(log)

    await page.take_all()

    assert page.follower.finished
    assert page.errors == ["deleted"]


async def test_during_an_outage_the_rows_state_is_sent_and_the_log_tried_again(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_following, "RETRY_SECONDS", 0.01)
    log.write(2)
    log.away = True
    page = follow(log)
    assert await page.take_all() == []
    assert page.statuses == ["running"]

    log.away = False
    await asyncio.wait_for(page.outbox.wake.wait(), 5)

    assert await page.take_all() == numbers(2)
