"""The log's invariants, on the real server."""

import json

import pytest
import redis
from django.conf import settings

from playground.live.channels import channel_of
from playground.live.tokenlog import Item, TokenLog, run_topic

RUN = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"


@pytest.fixture
def log(redis_client: redis.Redis) -> TokenLog:
    log = TokenLog(redis_client)
    log.start(RUN, attempt=1, epoch=1)
    return log


def item(
    *texts: str,
    run: str = RUN,
    attempt: int = 1,
    before: int = 0,
    epoch: int = 1,
    choice: int = 0,
) -> Item:
    tokens = [json.dumps([7, text]) for text in texts]
    return Item(run=run, choice=choice, attempt=attempt, epoch=epoch, before=before, tokens=tokens)


def texts(log: TokenLog, run: str = RUN, choice: int = 0) -> list[str]:
    return [json.loads(token)[1] for token in log.read(run, choice=choice).tokens]


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


def test_after_redis_lost_its_data_the_newer_attempt_replaces_stale_writes(
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


def test_appended_tokens_are_published_as_the_pages_event(
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


def test_a_log_expires_only_after_it_is_closed(log: TokenLog, redis_client: redis.Redis) -> None:
    log.append([item("a")])
    assert redis_client.ttl(f"log:{RUN}:0") == -1

    log.close(RUN, "{}", epoch=1, expire=60)

    assert 0 < redis_client.ttl(f"log:{RUN}:0") <= 60
    assert 0 < redis_client.ttl(f"fence:{RUN}") <= 60


def test_choices_have_separate_logs_and_positions(log: TokenLog) -> None:
    log.start(RUN, attempt=1, epoch=1, choices=4)

    replies = log.append([item(*("abcd"[: choice + 1]), choice=choice) for choice in range(4)])
    (again,) = log.append([item("x", before=3, choice=2)])

    assert [reply.last for reply in replies] == [1, 2, 3, 4]
    assert again.last == 4
    assert [texts(log, choice=choice) for choice in range(4)] == [
        ["a"],
        ["a", "b"],
        ["a", "b", "c", "x"],
        ["a", "b", "c", "d"],
    ]


def test_after_redis_lost_its_data_no_choice_keeps_stale_writes(
    log: TokenLog, redis_client: redis.Redis
) -> None:
    redis_client.flushall()
    log.append([item("z", choice=choice) for choice in range(2)])

    replies = log.append([item("b", before=1, attempt=2, choice=choice) for choice in range(2)])
    assert [reply.last for reply in replies] == [0, 0]
    log.append([item("a", "b", attempt=2, choice=choice) for choice in range(2)])

    assert [texts(log, choice=choice) for choice in range(2)] == [["a", "b"], ["a", "b"]]


def test_all_choices_begin_again_expire_and_are_forgotten_together(
    log: TokenLog, redis_client: redis.Redis
) -> None:
    log.start(RUN, attempt=1, epoch=1, choices=3)
    log.append([item("a", choice=choice) for choice in range(3)])
    log.start(RUN, attempt=2, epoch=2, choices=3)
    assert [texts(log, choice=choice) for choice in range(3)] == [[], [], []]
    log.append([item("a", attempt=2, epoch=2, choice=choice) for choice in range(3)])

    log.close(RUN, "{}", epoch=2, expire=60)
    assert all(0 < redis_client.ttl(f"log:{RUN}:{choice}") <= 60 for choice in range(3))
    log.forget(RUN)

    assert redis_client.keys("log:*") == []


def test_a_step_publishes_once_in_each_shard(log: TokenLog, redis_client: redis.Redis) -> None:
    runs = [f"{at:08}-0000-0000-0000-000000000000" for at in range(64)]
    for run in runs:
        log.start(run, attempt=1, epoch=1)
    shards = {channel_of(run_topic(run)) for run in runs}
    subscription = redis_client.pubsub(ignore_subscribe_messages=True)
    subscription.subscribe(*shards)
    subscription.get_message(timeout=2)

    log.append([item("a", run=run) for run in runs])

    messages = {}
    while len(messages) < len(shards):
        if message := subscription.get_message(timeout=2):
            assert message["channel"] not in messages
            messages[message["channel"]] = message["data"].decode()
    assert subscription.get_message(timeout=0.1) is None
    topics = [line.split(" ", 1)[0] for data in messages.values() for line in data.split("\n")]
    assert sorted(topics) == sorted(run_topic(run) for run in runs)
    assert 1 < len(shards) <= settings.LIVE_SHARDS
    subscription.close()
