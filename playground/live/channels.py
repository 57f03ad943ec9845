"""On which channel of Redis the lines of a topic go out.

Lines are spread over `LIVE_SHARDS` channels by a hash of their topic, so that a web process hears
those of its own pages and few others (docs/decisions/0042-live-topics.md). The number of shards is
in the name of each: processes with different numbers hear nothing of each other, and their pages
read the log after a silence.
"""

from zlib import crc32

from django.conf import settings

CHANNEL = "live:"
# Word of sessions that may have ended. Rare, and not to depend on the number of shards: every web
# process with an open page hears it.
SESSIONS = CHANNEL + "sessions"


def channel_of(topic: str) -> str:
    """The shard of ``topic``: the same on every machine and in every version."""
    shards: int = settings.LIVE_SHARDS
    return f"{CHANNEL}{shards}:{crc32(topic.encode()) % shards}"
