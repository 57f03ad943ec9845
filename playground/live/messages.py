"""The messages of a page on its socket, and the errors about topics that it may not follow.

Messages in, each a JSON object of at most 64 KiB:

    {"type": "follow", "run": "<uuid>", "epoch": 1, "from": 5}
    {"type": "unfollow", "run": "<uuid>"}

`"topic": "run:<uuid>"` means the same as `"run": "<uuid>"`; other kinds have only that form. `from`
is the next position to send, counted from 1; `[5, 3]` follows choices 0 and 1, each from its own.

Frames out are JSON arrays of all pending events. docs/architecture.md lists them.
"""

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, TypeGuard

# More than the tokens or epochs of any run.
MAX_COUNT = 2**31
# Choices of one topic that a page may follow.
MAX_CHOICES = 16

RUN = "run"
_KIND = re.compile(r"[a-z]{1,32}")


@dataclass(frozen=True, slots=True)
class FollowRequest:
    """A topic, and the positions from which to send.

    id: None for a topic of which a site has one. starts: the next position of choices 0, 1, ...;
    no other choices are sent.
    """

    kind: str
    id: uuid.UUID | None
    epoch: int = 1
    starts: tuple[int, ...] = (1,)

    @property
    def topic(self) -> str:
        return self.kind if self.id is None else f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Message:
    """A page wants to follow a topic, or to stop following it."""

    request: FollowRequest
    is_follow: bool


def read_message(text: str | None) -> Message | None:
    """A message of the protocol, or None."""
    try:
        value = json.loads(text or "")
        kind, topic_id = _topic_of(value)
        starts = _starts_of(value.get("from", 1))
        epoch = value.get("epoch", 1)
        is_follow = {"follow": True, "unfollow": False}[value["type"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if not (_is_count(epoch) and starts):
        return None
    return Message(FollowRequest(kind, topic_id, epoch, starts), is_follow=is_follow)


def error_event(topic: str, *, code: str, message: str) -> str:
    """The event that says why there is nothing, or nothing more, of a topic."""
    kind, _, topic_id = topic.partition(":")
    address = {RUN: topic_id} if kind == RUN and topic_id else {"topic": topic}
    return json.dumps({"type": "error", "code": code, "message": message, **address})


def _topic_of(value: Any) -> tuple[str, uuid.UUID | None]:
    if "topic" not in value:
        return RUN, uuid.UUID(value["run"])
    kind, colon, topic_id = value["topic"].partition(":")
    if not _KIND.fullmatch(kind):
        raise ValueError(kind)
    return kind, uuid.UUID(topic_id) if colon else None


def _starts_of(value: object) -> tuple[int, ...]:
    """Empty for an invalid value."""
    starts = value if isinstance(value, list) else [value]
    counts = tuple(start for start in starts if _is_count(start))
    return counts if len(counts) == len(starts) <= MAX_CHOICES else ()


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_COUNT
