"""The kinds of topics: each app registers who may follow its kind and how a follower catches up.

A topic is one object of a kind, such as ``run:<id>``, or a whole kind (``queue``).
"""

import uuid
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from playground.accounts.models import Person
from playground.live.following import TopicFollower
from playground.live.hub import Follower, Hub
from playground.live.messages import FollowRequest
from playground.live.outbox import Outbox


class MakeFollower(Protocol):
    def __call__(self, *, request: FollowRequest, outbox: Outbox, hub: Hub) -> TopicFollower: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicKind:
    """One kind of topic.

    name: before the colon; also the word for one of them in messages to a page.
    may_follow: whether the person may follow the one with this id, which need not exist; called
        in a thread, and may ask the database.
    follower: makes the follower for one reader, which catches up.
    each_tick: called once a second with all followers of the process, of any kind.
    """

    name: str
    may_follow: Callable[[Person, uuid.UUID | None], bool]
    follower: MakeFollower
    each_tick: Callable[[Collection[Follower]], Awaitable[None]] | None = None


_kinds: dict[str, TopicKind] = {}


def follows(kind: TopicKind) -> None:
    """Registers a kind of topic; called from an app's ``ready``."""
    _kinds[kind.name] = kind


def kind_named(name: str) -> TopicKind | None:
    """The registered kind, or None."""
    return _kinds.get(name)
