"""The topics that one reader follows, and the frames that it gets.

A reader is anything that can be sent text: the page's socket (consumers.py), or an answer that
continues as long as there are events.
"""

from collections.abc import AsyncIterator, Sequence

from channels.db import database_sync_to_async

from playground.accounts.models import Person
from playground.core.errors import NotFound, TooManyFollowed, UnknownTopic
from playground.live.following import TopicFollower
from playground.live.hub import Hub
from playground.live.messages import FollowRequest
from playground.live.outbox import CatchesUp, Outbox
from playground.live.topics import TopicKind, kind_named

# Topics that one reader may follow at a time.
MAX_FOLLOWED = 16


class Feed:
    """The topics that ``person`` follows over one connection."""

    def __init__(self, *, person: Person, hub: Hub) -> None:
        self._person = person
        self._hub = hub
        self._outbox = Outbox()
        self._followers: dict[str, TopicFollower] = {}

    async def follow(self, request: FollowRequest) -> None:
        """Follows a topic from the given positions; starts again if it is followed already.

        Raises `UnknownTopic`, `TooManyFollowed` or `NotFound`.
        """
        topic = request.topic
        self.unfollow(topic)
        kind = kind_named(request.kind)
        if kind is None:
            raise UnknownTopic("There is nothing of this kind to follow.")
        if len(self._followers) >= MAX_FOLLOWED:
            raise TooManyFollowed(f"This page follows too many {kind.name}s.")
        if not await self._may_follow(kind, request):
            raise NotFound(f"There is no such {kind.name}, or it is not yours.")
        follower = kind.follower(request=request, outbox=self._outbox, hub=self._hub)
        self._followers[topic] = follower
        if kind.each_tick is not None:
            self._hub.each_tick(kind.each_tick)
        self._hub.add(follower)

    def unfollow(self, topic: str) -> None:
        """Idempotent."""
        follower = self._followers.pop(topic, None)
        if follower is not None:
            follower.leave()
            self._hub.remove(follower)

    async def frames(self) -> AsyncIterator[list[str]]:
        """All pending events, each a JSON object, whenever there are some. Never ends.

        The next frame is made when the reader asks for it: a slow reader gets fewer and longer
        ones.
        """
        outbox = self._outbox
        while True:
            await outbox.wake.wait()
            outbox.wake.clear()
            behind = await self._catch_up() if outbox.is_behind else ()
            if events := outbox.take():
                yield events
            for follower in behind:
                if follower.finished and not follower.stale:
                    self.unfollow(follower.topic)

    def close(self) -> None:
        """Stops following everything. Idempotent."""
        for topic in list(self._followers):
            self.unfollow(topic)

    async def _catch_up(self) -> Sequence[CatchesUp]:
        """Lets the followers read that have to, unless they no longer follow."""
        followers = self._followers
        behind = [f for f in self._outbox.take_behind() if followers.get(f.topic) is f]
        for follower in behind:
            await follower.catch_up()
        return behind

    async def _may_follow(self, kind: TopicKind, request: FollowRequest) -> bool:
        # Not in the one thread that all sensitive calls share.
        ask = database_sync_to_async(kind.may_follow, thread_sensitive=False)
        may: bool = await ask(self._person, request.id)
        return may
