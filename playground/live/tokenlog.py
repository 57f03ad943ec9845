"""The token log: what each run has generated so far, in Redis.

Two keys a run (and choice):

- ``log:<run>:<choice>``, a stream whose entry ``0-<position>`` is one token:
  field ``t`` holds ``[id, text]`` or ``[id, text, logprob, top]`` as JSON.
- ``fence:<run>``, a hash: ``attempt`` and ``epoch`` of the current writer,
  ``last:<choice>`` the last position, ``cancel`` once a stop was asked.

Choices are the texts that one run makes of its prompt, counted from 0. Each has
its own positions; attempt, epoch and stop are the run's.

Invariants, kept by ``append.lua`` in one atomic call:

1. An attempt below the fence writes nothing.
2. Position ``p`` is written only when ``p - 1`` is the last one: no gap, no double.
3. An attempt above the fence finds a log it did not open (Redis lost the
   fence): it starts from empty ones, of all choices, and its writer sends all it has.
4. What was appended is published in the same call, so no reader sees a token
   that is not in the log.

The database row is the truth about the run; this is the truth about its text
until the row is final. See docs/architecture.md.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import redis
import redis.asyncio

from playground.core.errors import LogDamaged
from playground.core.failures import reason_of
from playground.core.redis.clients import blocking
from playground.live.channels import channel_of

# A line of the live channel: topic, choice, epoch, first and last position, and the
# event as the page gets it. A notice has no positions: 0 and LOOK says that the row
# has changed, 0 and FORWARD that the event may be handed on as it is.
LOOK, FORWARD = 0, 1

APPEND = (Path(__file__).parent / "append.lua").read_text(encoding="utf-8")
READ_AT_MOST = 4096

_STALE = -1
# Above every attempt, for as long as a worker may still hold the run.
NEVER = 2**31
FORGOTTEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Item:
    """What one choice of a run adds: tokens ``before + 1`` onwards, each a JSON array."""

    run: str
    choice: int
    attempt: int
    epoch: int
    before: int
    tokens: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reply:
    """The end of the log now, whether the attempt is stale, whether to stop."""

    last: int
    stale: bool
    cancel: bool


@dataclass(frozen=True, slots=True)
class LogPart:
    """Tokens of a log from ``first`` on, as the JSON arrays that were written."""

    epoch: int
    first: int
    tokens: list[str]

    @property
    def last(self) -> int:
        """The last position held, ``first - 1`` when there is none."""
        return self.first + len(self.tokens) - 1


class TokenLog:
    """The log as a worker and a view use it (blocking)."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._append = client.register_script(APPEND)

    def open(self, run: str, *, attempt: int, choice: int = 0) -> LogPart:
        """Fences every older attempt off and returns what is in the log."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.hset(f"fence:{run}", "attempt", attempt)
        pipe.hget(f"fence:{run}", "epoch")
        pipe.xrange(_log_key(run, choice))
        _, epoch, entries = pipe.execute()
        return _part(epoch, 1, entries)

    def start(self, run: str, *, attempt: int, epoch: int, choices: int = 1) -> None:
        """Begins empty logs of ``epoch``, one for each of ``choices``."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(*(_log_key(run, choice) for choice in range(choices)))
        pipe.hset(
            f"fence:{run}",
            mapping={
                "attempt": attempt,
                "epoch": epoch,
                **{f"last:{choice}": 0 for choice in range(choices)},
            },
        )
        pipe.execute()

    def append(self, items: Iterable[Item]) -> list[Reply]:
        """Appends and publishes; one reply an item. The invariants are above."""
        arguments: list[str | int] = []
        for item in items:
            arguments += (
                channel_of(run_topic(item.run)),
                item.run,
                item.choice,
                item.attempt,
                item.epoch,
                item.before,
                len(item.tokens),
                *item.tokens,
            )
        return [
            Reply(last=last, stale=last == _STALE, cancel=bool(cancel))
            for last, cancel in self._append(args=arguments)
        ]

    def read(self, run: str, *, start: int = 1, choice: int = 0) -> LogPart:
        """The tokens from position ``start`` on."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.hget(f"fence:{run}", "epoch")
        pipe.xrange(_log_key(run, choice), min=f"0-{start}")
        epoch, entries = pipe.execute()
        return _part(epoch, start, entries)

    def ask_cancel(self, run: str) -> None:
        """Sets the flag for the run's worker, which sees it at its next append."""
        self._redis.hset(f"fence:{run}", "cancel", 1)

    def close(self, run: str, event: str, *, epoch: int, expire: int) -> None:
        """Tells readers that the row is final, and sets the logs' expiry.

        Only after the row is committed: until then the log is the text.
        """
        topic = run_topic(run)
        keys = list(self._log_keys(run)) or [_log_key(run, 0)]
        pipe = self._redis.pipeline(transaction=True)
        for key in (*keys, f"fence:{run}"):
            pipe.expire(key, expire)
        pipe.publish(channel_of(topic), notice_line(topic, epoch, event))
        pipe.execute()

    def forget(self, run: str) -> None:
        """Deletes a run's text for good: no attempt can write to its logs any more."""
        keys = list(self._log_keys(run))
        if not keys:
            # No attempt has begun it, or everything has expired.
            return
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(*keys)
        pipe.hset(f"fence:{run}", "attempt", NEVER)
        pipe.expire(f"fence:{run}", FORGOTTEN_SECONDS)
        pipe.execute()

    def tell(self, run: str, event: str, *, epoch: int, kind: int = LOOK) -> None:
        """Publishes a notice to readers of ``run``."""
        topic = run_topic(run)
        self._redis.publish(channel_of(topic), notice_line(topic, epoch, event, kind=kind))

    def _log_keys(self, run: str) -> Iterator[str]:
        """The logs of all choices that were begun."""
        fields = cast("list[bytes]", self._redis.hkeys(f"fence:{run}"))
        for field in fields:
            before, _, choice = field.decode().partition(":")
            if before == "last":
                yield _log_key(run, int(choice))


@lru_cache(maxsize=1)
def token_log() -> TokenLog:
    """The process's token log."""
    return TokenLog(blocking())


class AsyncTokenReader:
    """The log as a web process reads it for its sockets."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self._redis = client

    async def read(self, run: str, *, starts: Sequence[int]) -> list[LogPart]:
        """The tokens of choices 0, 1, ... from each one's start on, at most `READ_AT_MOST` of each.

        All are of one moment, and so of one epoch.
        """
        pipe = self._redis.pipeline(transaction=True)
        pipe.hget(f"fence:{run}", "epoch")
        for choice, start in enumerate(starts):
            pipe.xrange(_log_key(run, choice), min=f"0-{start}", count=READ_AT_MOST)
        epoch, *logs = await pipe.execute()
        return [_part(epoch, start, entries) for start, entries in zip(starts, logs, strict=True)]

    async def close(self) -> None:
        await self._redis.aclose()


def run_topic(run: str) -> str:
    """The topic of those who follow ``run``; append.lua writes it too."""
    return f"run:{run}"


def token_json(
    token_id: int,
    text: str,
    logprob: float | None = None,
    top: Sequence[tuple[int, float]] | None = None,
) -> str:
    """One token as it is in the log and goes to the page."""
    token: list[Any] = [token_id, text]
    if logprob is not None:
        token.append(logprob)
        if top:
            token.append(top)
    return json.dumps(token, ensure_ascii=False, separators=(",", ":"))


def tokens_of(part: LogPart) -> list[list[Any]]:
    """The tokens of ``part`` as `Run.tokens` has them. Raises `ValueError` for an invalid log."""
    tokens = [json.loads(line) for line in part.tokens]
    for token in tokens:
        if not (isinstance(token, list) and len(token) >= 2 and isinstance(token[1], str)):
            raise ValueError(f"a token of the log is invalid: {str(token)[:80]}")
    return tokens


def log_damaged(error: Exception) -> LogDamaged:
    """The message about a log that fails permanently with ``error``."""
    return LogDamaged(
        f"Redis holds something else where the text of this run belongs: {reason_of(error)}."
    )


def tokens_event(run: str, choice: int, part: LogPart) -> str:
    """The event that carries ``part``, equal to what ``append.lua`` publishes."""
    return (
        f'{{"type":"tokens","run":"{run}","choice":{choice},"epoch":{part.epoch},'
        f'"from":{part.first},"tokens":[{",".join(part.tokens)}]}}'
    )


def state_event(run: str, *, epoch: int, status: str, position: int = 0, **more: Any) -> str:
    """The event with a run's state."""
    return json.dumps(
        {
            "type": "state",
            "run": run,
            "epoch": epoch,
            "status": status,
            "position": position,
            **more,
        },
        separators=(",", ":"),
    )


def notice_line(topic: str, epoch: int, event: str, *, kind: int = LOOK) -> str:
    """A line of the live channel that carries a notice."""
    return f"{topic} 0 {epoch} 0 {kind} {event}"


def _log_key(run: str, choice: int) -> str:
    return f"log:{run}:{choice}"


def _part(
    epoch: bytes | None, first: int, entries: list[tuple[bytes, dict[bytes, bytes]]]
) -> LogPart:
    tokens = [fields[b"t"].decode() for _, fields in entries]
    return LogPart(epoch=int(epoch or 0), first=first, tokens=tokens)
