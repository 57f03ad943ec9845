"""The Redis channel for the lines of a topic.

Lines are spread over `LIVE_SHARDS` channels by a hash of their topic, so a web process receives
those of its own pages and few others (docs/decisions/0042-live-topics.md). The number of shards is
in each name: processes with different numbers receive nothing from each other, and their pages read
the log after a silence.
"""

from zlib import crc32

from django.conf import settings

CHANNEL = "live:"
# Messages about sessions that may have ended. They are rare and must not depend on the number of
# shards: every web process with an open page receives them.
SESSIONS = CHANNEL + "sessions"


def channel_of(topic: str) -> str:
    """The shard of ``topic``: the same on every machine and in every version."""
    shards: int = settings.LIVE_SHARDS
    return f"{CHANNEL}{shards}:{crc32(topic.encode()) % shards}"
