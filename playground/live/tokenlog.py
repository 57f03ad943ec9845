"""The token log: what each run has generated so far, in Redis.

Two keys a run (and choice):

- ``log:<run>:<choice>``, a stream whose entry ``0-<position>`` is one token:
  field ``t`` holds ``[id, text]`` or ``[id, text, logprob, top]`` as JSON.
- ``fence:<run>``, a hash: ``attempt`` and ``epoch`` of whoever may write,
  ``last:<choice>`` the last position, ``cancel`` once a stop was asked.

Invariants, kept by ``append.lua`` in one atomic call:

1. An attempt below the fence writes nothing.
2. Position ``p`` is written only when ``p - 1`` is the last one: no gap, no double.
3. An attempt above the fence finds a log it did not open (Redis lost the
   fence): it starts from an empty one, and its writer sends all it has.
4. What was appended is published in the same call, so no reader sees a token
   that is not in the log.

The database row is the truth about the run; this is the truth about its text
until the row is final. See docs/architecture.md.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import redis
import redis.asyncio

from playground.core.errors import LogDamaged
from playground.core.failures import reason_of
from playground.core.redis_clients import blocking

# A line of the live channel: run, epoch, first and last position, and the event
# as the page gets it. A notice has no positions: 0 and LOOK says that the row
# has changed, 0 and FORWARD that the event may be handed on as it is.
CHANNEL = "live:"
# Notices that no worker sends: a queued run was cancelled, a sweep gave up.
NOTICES = CHANNEL + "notices"

LOOK, FORWARD = 0, 1

APPEND = (Path(__file__).parent / "append.lua").read_text(encoding="utf-8")
READ_AT_MOST = 4096

_STALE = -1
# Above every attempt, for as long as a worker may still hold the run.
NEVER = 2**31
FORGOTTEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Item:
    """What one run adds: tokens ``before + 1`` onwards, each a JSON array."""

    run: str
    choice: int
    attempt: int
    epoch: int
    before: int
    tokens: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reply:
    """Where the log ends now, whether the attempt is stale, whether to stop."""

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
        """Fences every older attempt off and returns what stands in the log."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.hset(f"fence:{run}", "attempt", attempt)
        pipe.hget(f"fence:{run}", "epoch")
        pipe.xrange(f"log:{run}:{choice}")
        _, epoch, entries = pipe.execute()
        return _part(epoch, 1, entries)

    def start(self, run: str, *, attempt: int, epoch: int, choice: int = 0) -> None:
        """Begins an empty log of ``epoch``."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(f"log:{run}:{choice}")
        pipe.hset(
            f"fence:{run}",
            mapping={"attempt": attempt, "epoch": epoch, f"last:{choice}": 0},
        )
        pipe.execute()

    def append(self, channel: str, items: Iterable[Item]) -> list[Reply]:
        """Appends and publishes; one reply an item. The invariants are above."""
        arguments: list[str | int] = [channel]
        for item in items:
            arguments += (
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
        pipe.xrange(f"log:{run}:{choice}", min=f"0-{start}")
        epoch, entries = pipe.execute()
        return _part(epoch, start, entries)

    def ask_cancel(self, run: str) -> None:
        """Leaves word for the worker that runs it, seen at its next append."""
        self._redis.hset(f"fence:{run}", "cancel", 1)

    def close(self, channel: str, run: str, notice: str, *, expire: int, choice: int = 0) -> None:
        """Tells readers that the row is final, and lets the log go after a while.

        Only after the row is committed: until then the log is the text.
        """
        pipe = self._redis.pipeline(transaction=True)
        pipe.expire(f"log:{run}:{choice}", expire)
        pipe.expire(f"fence:{run}", expire)
        pipe.publish(channel, notice)
        pipe.execute()

    def forget(self, run: str, choice: int = 0) -> None:
        """Takes a run's text away for good: no attempt writes to its log any more."""
        if not self._redis.exists(f"fence:{run}"):
            # Nobody has begun it, or all of it has expired.
            return
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(f"log:{run}:{choice}")
        pipe.hset(f"fence:{run}", "attempt", NEVER)
        pipe.expire(f"fence:{run}", FORGOTTEN_SECONDS)
        pipe.execute()

    def tell(self, channel: str, notice: str) -> None:
        """Publishes a notice (`notice_line`)."""
        self._redis.publish(channel, notice)


@lru_cache(maxsize=1)
def token_log() -> TokenLog:
    """The process's token log."""
    return TokenLog(blocking())


class AsyncTokenReader:
    """The log as a web process reads it for its sockets."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self._redis = client

    async def read(self, run: str, *, start: int = 1, choice: int = 0) -> LogPart:
        """The tokens from position ``start`` on, at most `READ_AT_MOST`."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.hget(f"fence:{run}", "epoch")
        pipe.xrange(f"log:{run}:{choice}", min=f"0-{start}", count=READ_AT_MOST)
        epoch, entries = await pipe.execute()
        return _part(epoch, start, entries)

    async def close(self) -> None:
        await self._redis.aclose()


def token_json(
    token_id: int,
    text: str,
    logprob: float | None = None,
    top: Sequence[tuple[int, float]] | None = None,
) -> str:
    """One token as it stands in the log and goes to the page."""
    token: list[Any] = [token_id, text]
    if logprob is not None:
        token.append(logprob)
        if top:
            token.append(top)
    return json.dumps(token, ensure_ascii=False, separators=(",", ":"))


def tokens_of(part: LogPart) -> list[list[Any]]:
    """The tokens of ``part`` as `Run.tokens` has them. Raises `ValueError` for what is none."""
    tokens = [json.loads(line) for line in part.tokens]
    for token in tokens:
        if not (isinstance(token, list) and len(token) >= 2 and isinstance(token[1], str)):
            raise ValueError(f"a token of the log is none: {str(token)[:80]}")
    return tokens


def log_damaged(error: Exception) -> LogDamaged:
    """What is said of a log that fails for good with ``error``."""
    return LogDamaged(
        f"Redis holds something else where the text of this run belongs: {reason_of(error)}."
    )


def tokens_event(run: str, part: LogPart, choice: int = 0) -> str:
    """The event that carries ``part``, equal to what ``append.lua`` publishes."""
    return (
        f'{{"type":"tokens","run":"{run}","choice":{choice},"epoch":{part.epoch},'
        f'"from":{part.first},"tokens":[{",".join(part.tokens)}]}}'
    )


def state_event(run: str, *, epoch: int, status: str, position: int = 0, **more: Any) -> str:
    """The event that says in what state a run is."""
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


def error_event(run: str, *, code: str, message: str) -> str:
    """The event that says why there is nothing more of a run."""
    return json.dumps({"type": "error", "code": code, "message": message, "run": run})


def notice_line(run: str, epoch: int, event: str, *, kind: int = LOOK) -> str:
    """A line of the live channel that carries a notice."""
    return f"{run} {epoch} 0 {kind} {event}"


def _part(
    epoch: bytes | None, first: int, entries: list[tuple[bytes, dict[bytes, bytes]]]
) -> LogPart:
    tokens = [fields[b"t"].decode() for _, fields in entries]
    return LogPart(epoch=int(epoch or 0), first=first, tokens=tokens)
