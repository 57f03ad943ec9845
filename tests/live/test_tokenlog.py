"""The log's invariants, against the real server."""

import json

import pytest
import redis

from playground.live.tokenlog import Item, TokenLog

RUN = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"


@pytest.fixture
def log(redis_client: redis.Redis) -> TokenLog:
    log = TokenLog(redis_client)
    log.start(RUN, attempt=1, epoch=1)
    return log


def item(*texts: str, run: str = RUN, attempt: int = 1, before: int = 0, epoch: int = 1) -> Item:
    tokens = [json.dumps([7, text]) for text in texts]
    return Item(run=run, choice=0, attempt=attempt, epoch=epoch, before=before, tokens=tokens)


def texts(log: TokenLog, run: str = RUN) -> list[str]:
    return [json.loads(token)[1] for token in log.read(run).tokens]


def test_tokens_are_read_by_position(log: TokenLog) -> None:
    (reply,) = log.append([item("a", "b", "c")])

    assert reply.last == 3
    assert texts(log) == ["a", "b", "c"]
    part = log.read(RUN, start=3)
    assert (part.first, part.last, part.epoch) == (3, 3, 1)


def test_a_gap_is_refused_and_the_last_position_returned(log: TokenLog) -> None:
    log.append([item("a")])

    (reply,) = log.append([item("c", before=2)])

    assert reply.last == 1
    assert texts(log) == ["a"]


def test_a_repeat_is_refused_and_the_last_position_returned(log: TokenLog) -> None:
    log.append([item("a", "b")])

    (reply,) = log.append([item("b", before=1)])

    assert reply.last == 2
    assert texts(log) == ["a", "b"]


def test_a_stale_attempt_writes_nothing(log: TokenLog) -> None:
    log.append([item("a")])
    part = log.open(RUN, attempt=2)

    (stale,) = log.append([item("zombie", before=1, attempt=1)])
    (fresh,) = log.append([item("b", before=1, attempt=2)])

    assert len(part.tokens) == 1
    assert stale.stale
    assert fresh.last == 2
    assert texts(log) == ["a", "b"]


def test_after_redis_lost_all_the_newer_attempt_replaces_what_a_zombie_wrote(
    log: TokenLog, redis_client: redis.Redis
) -> None:
    redis_client.flushall()
    log.append([item("z1", "z2", attempt=1)])
    assert log.append([item("z1", "z2", attempt=1)])[0].last == 2

    (reply,) = log.append([item("c", before=2, attempt=2, epoch=1)])
    assert reply.last == 0
    (reply,) = log.append([item("a", "b", "c", attempt=2)])

    assert reply.last == 3
    assert texts(log) == ["a", "b", "c"]
    assert log.append([item("z3", before=2, attempt=1)])[0].stale


def test_one_call_serves_many_runs_and_one_stale_item_does_not_hurt_the_rest(log: TokenLog) -> None:
    log.start(OTHER, attempt=5, epoch=2)

    stale, fine = log.append([item("x", run=OTHER, attempt=4), item("a")])

    assert stale.stale
    assert fine.last == 1
    assert texts(log, OTHER) == []


def test_what_is_appended_is_published_as_the_pages_event(
    log: TokenLog, redis_client: redis.Redis
) -> None:
    subscription = redis_client.pubsub()
    subscription.psubscribe("live:*")
    subscription.get_message(timeout=2)
    log.append([item("a")])

    log.append([item('"quoted" \n é', before=1), item("gap", run=OTHER, before=4)])

    subscription.get_message(timeout=2)
    message = subscription.get_message(timeout=2)
    assert message is not None
    (line,) = message["data"].decode().split("\n")
    topic, choice, epoch, first, last, event = line.split(" ", 5)
    assert (topic, choice, epoch, first, last) == (f"run:{RUN}", "0", "1", "2", "2")
    assert json.loads(event) == {
        "type": "tokens",
        "run": RUN,
        "choice": 0,
        "epoch": 1,
        "from": 2,
        "tokens": [[7, '"quoted" \n é']],
    }
    subscription.close()


def test_a_cancel_is_seen_with_the_next_append(log: TokenLog) -> None:
    assert not log.append([item("a")])[0].cancel

    log.ask_cancel(RUN)

    assert log.append([item("b", before=1)])[0].cancel


def test_a_log_expires_only_once_it_is_closed(log: TokenLog, redis_client: redis.Redis) -> None:
    log.append([item("a")])
    assert redis_client.ttl(f"log:{RUN}:0") == -1

    log.close(RUN, "{}", epoch=1, expire=60)

    assert 0 < redis_client.ttl(f"log:{RUN}:0") <= 60
    assert 0 < redis_client.ttl(f"fence:{RUN}") <= 60
