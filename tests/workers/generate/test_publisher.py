"""The publisher sends all tokens, whatever Redis does in between."""

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import redis

from playground.live.tokenlog import Item, Reply
from playground.runs.models import Run
from tests.support.part import wait_until
from workers.engine.request import TokenOutput
from workers.generate import publisher as module
from workers.generate.live import LiveRun, live_choices
from workers.generate.publisher import Publisher


class FakeLog:
    """Has the log's rules, and fails on request."""

    def __init__(self) -> None:
        self.logs: dict[tuple[str, int], list[str]] = {}
        self.closed: list[str] = []
        self.notices: list[str] = []
        self.calls = 0
        self.away = False
        # Refuses commands that need memory, as a full Redis does.
        self.full = False
        self.stale: set[str] = set()
        # Runs whose key has another type.
        self.broken: set[str] = set()
        self.cancel: set[str] = set()

    def append(self, items: Iterable[Item]) -> list[Reply]:
        self.calls += 1
        if self.away:
            raise redis.ConnectionError("away")
        if self.full:
            raise redis.OutOfMemoryError("full")
        replies = []
        items = list(items)
        if self.broken & {item.run for item in items}:
            raise redis.ResponseError("WRONGTYPE Operation against a key of the wrong kind")
        for item in items:
            log = self.logs.setdefault((item.run, item.choice), [])
            if item.run in self.stale:
                replies.append(Reply(-1, stale=True, cancel=False))
                continue
            if item.before == len(log):
                log += item.tokens
            replies.append(Reply(len(log), stale=False, cancel=item.run in self.cancel))
        return replies

    def tell(self, run: str, event: str, *, epoch: int, kind: int) -> None:
        self.calls += 1
        if self.away:
            raise redis.ConnectionError("away")
        self.notices.append(event)

    def close(self, run: str, event: str, *, epoch: int, expire: int) -> None:
        self.calls += 1
        if self.away:
            raise redis.ConnectionError("away")
        self.closed.append(run)


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


@pytest.fixture
def reports() -> list[tuple[str, LiveRun]]:
    return []


@pytest.fixture
def publisher(
    log: FakeLog, reports: list[tuple[str, LiveRun]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Publisher]:
    monkeypatch.setattr(module, "BACKOFF", (0.01, 0.05))
    token_log: Any = log
    publisher = Publisher(
        token_log=token_log,
        expire=60,
        on_cancel=lambda live: reports.append(("cancel", live)),
        on_stale=lambda live: reports.append(("stale", live)),
        on_broken=lambda live: reports.append(("broken", live)),
    )
    publisher.start()
    yield publisher
    publisher.stop(timeout=5)


def live_run() -> LiveRun:
    return LiveRun(run=Run(pk=uuid.uuid4(), attempt=1, epoch=1))


def produce(publisher: Publisher, live: LiveRun, count: int = 1) -> None:
    for _ in range(count):
        position = len(live.lines) + 1
        live.add(TokenOutput(live.id, position, position, f"t{position}"))
    publisher.send([live])


def eventually(holds: Callable[[], object]) -> None:
    wait_until(holds, what="the publisher", timeout=5)


def test_tokens_are_sent_in_order_and_acknowledged(publisher: Publisher, log: FakeLog) -> None:
    live = live_run()

    produce(publisher, live, 3)
    produce(publisher, live, 2)

    eventually(lambda: live.acknowledged == 5)
    assert log.logs[live.key] == live.lines


def test_tokens_produced_during_an_outage_are_sent_later(
    publisher: Publisher, log: FakeLog
) -> None:
    live = live_run()
    log.away = True
    publisher.announce_start(live)
    produce(publisher, live, 3)
    eventually(lambda: log.calls > 1)

    produce(publisher, live, 3)
    log.away = False

    eventually(lambda: live.acknowledged == 6)
    assert log.logs[live.key] == live.lines
    assert len(log.notices) == 1


def test_new_tokens_during_an_outage_do_not_cause_more_tries(
    publisher: Publisher, log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BACKOFF", (30.0, 30.0))
    live = live_run()
    log.away = True
    produce(publisher, live)
    eventually(lambda: log.calls == 1)

    for _ in range(100):
        produce(publisher, live)

    assert log.calls == 1


def test_an_emptied_log_is_written_again_from_its_start(publisher: Publisher, log: FakeLog) -> None:
    live = live_run()
    produce(publisher, live, 4)
    eventually(lambda: live.acknowledged == 4)

    log.logs.clear()
    produce(publisher, live)

    eventually(lambda: log.logs.get(live.key) == live.lines)
    assert len(live.lines) == 5


def test_an_emptied_log_is_written_again_for_a_complete_choice(
    publisher: Publisher, log: FakeLog
) -> None:
    first, second = live_choices(Run(pk=uuid.uuid4(), attempt=1, epoch=1), 2)
    produce(publisher, first, 2)
    produce(publisher, second, 3)
    eventually(lambda: (first.acknowledged, second.acknowledged) == (2, 3))

    log.logs.clear()
    produce(publisher, first)

    eventually(lambda: log.logs == {first.key: first.lines, second.key: second.lines})


def test_a_stale_run_is_notified_and_not_sent_again(
    publisher: Publisher, log: FakeLog, reports: list[tuple[str, LiveRun]]
) -> None:
    stale, other = live_run(), live_run()
    log.stale.add(stale.id)

    produce(publisher, stale)
    eventually(lambda: reports == [("stale", stale)])
    produce(publisher, other)

    eventually(lambda: other.acknowledged == 1)
    assert log.logs[stale.key] == []


def test_a_run_whose_log_refuses_everything_ends_alone(
    publisher: Publisher, log: FakeLog, reports: list[tuple[str, LiveRun]]
) -> None:
    broken, other = live_run(), live_run()
    log.broken.add(broken.id)

    with publisher._wake:
        produce(publisher, broken, 2)
        produce(publisher, other, 2)
    eventually(lambda: other.acknowledged == 2)
    calls = log.calls
    produce(publisher, broken)
    produce(publisher, other)

    eventually(lambda: other.acknowledged == 3)
    assert reports == [("broken", broken)]
    assert broken.broken is not None
    assert broken.broken.code == "log_damaged"
    assert log.calls == calls + 1
    # It has ended like any other run, so its log gets its expiry.
    publisher.announce_end(broken, "failed")
    eventually(lambda: log.closed == [broken.id])


def test_a_token_that_nothing_can_encode_ends_its_run_alone(
    publisher: Publisher, log: FakeLog, reports: list[tuple[str, LiveRun]]
) -> None:
    bad, other = live_run(), live_run()
    plain = log.append

    def encode(items: Iterable[Item]) -> list[Reply]:
        items = list(items)
        for item in items:
            "".join(item.tokens).encode()
        return plain(items)

    log.append = encode  # type: ignore[method-assign]
    bad.add(TokenOutput(bad.id, 1, 1, "\ud800"))
    with publisher._wake:
        publisher.send([bad])
        produce(publisher, other)

    eventually(lambda: other.acknowledged == 1)
    assert reports == [("broken", bad)]


def test_a_cancel_is_reported(
    publisher: Publisher, log: FakeLog, reports: list[tuple[str, LiveRun]]
) -> None:
    live = live_run()
    log.cancel.add(live.id)

    produce(publisher, live)

    eventually(lambda: reports == [("cancel", live)])


def test_a_log_is_closed_only_after_its_last_token(publisher: Publisher, log: FakeLog) -> None:
    live = live_run()
    log.full = True
    produce(publisher, live, 2)
    publisher.announce_end(live, "succeeded")
    eventually(lambda: log.calls > 2)
    assert log.closed == []

    log.full = False

    eventually(lambda: log.closed == [live.id])
    assert log.logs[live.key] == live.lines


def test_choices_of_a_run_are_sent_each_and_closed_together(
    publisher: Publisher, log: FakeLog
) -> None:
    texts = [live_run()]
    texts += [LiveRun(run=texts[0].run, choice=choice) for choice in (1, 2, 3)]
    log.full = True
    for live in texts:
        produce(publisher, live, live.choice + 1)
    publisher.announce_end(texts[0], "succeeded")
    eventually(lambda: log.calls > 2)
    assert log.closed == []

    log.full = False

    eventually(lambda: log.closed == [texts[0].id])
    assert [log.logs[live.key] for live in texts] == [live.lines for live in texts]


def test_when_redis_is_full_finished_logs_are_dropped(publisher: Publisher, log: FakeLog) -> None:
    done, going = live_run(), live_run()
    produce(publisher, done)
    eventually(lambda: done.acknowledged == 1)
    log.full = True
    produce(publisher, going)
    eventually(lambda: log.calls > 1)

    publisher.announce_end(done, "succeeded")

    eventually(lambda: log.closed == [done.id])


def test_it_sends_what_it_has_before_it_stops(log: FakeLog) -> None:
    token_log: Any = log
    publisher = Publisher(
        token_log=token_log,
        expire=60,
        on_cancel=print,
        on_stale=print,
        on_broken=print,
    )
    live = live_run()
    produce(publisher, live, 3)
    publisher.announce_end(live, "succeeded")

    publisher.start()
    publisher.stop(timeout=5)

    assert log.logs[live.key] == live.lines
    assert log.closed == [live.id]
    assert not any(thread.name == "publisher" for thread in threading.enumerate())
