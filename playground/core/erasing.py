"""Deleted data leave the files too, soon after.

SQLite overwrites deleted data with zeros (``secure_delete`` in the settings), but three copies
remain: the write-ahead log keeps old pages until it starts again, FTS5 keeps the words of a deleted
text until it merges its segments, and the embedded Valkey's append-only file keeps the text of
every run until it is rewritten. Code that deletes for good calls `erasure_ask`; a worker's sweep
calls `erasure_do`, which clears all three.

Operators clear their own PostgreSQL or Redis (docs/production.md).
"""

import time
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from redis.exceptions import RedisError, ResponseError

from playground.core.models import Erasure
from playground.core.redis.clients import blocking

# Between the end of one erasure and the next, however much is deleted. Seconds.
PAUSE_SECONDS = 10.0
# An erasure may take one part in so many of the time: a large index is merged now and then.
SHARE = 20
# The longest time that one call merges; the next call continues. Seconds.
BUDGET_SECONDS = 0.5
# A worker that began and is silent for this long has died. Seconds.
CLAIM_SECONDS = 60.0
# Pages of a merge in one transaction: others write in between.
_MERGE_PAGES = 64
# How long writers may wait for readers before the log starts again. Milliseconds.
_READERS_MS = 200

log = structlog.get_logger(__name__)


def erasure_ask() -> None:
    """Requests the erasure of deleted data, once the deleting transaction is committed."""
    transaction.on_commit(_ask, robust=True)


def erasure_do() -> bool:
    """Erases if it was requested and is due. Returns False when there is more to do."""
    now = timezone.now()
    due = Erasure.objects.filter(asked_at__isnull=False, not_before__lte=now)
    asked = due.values_list("asked_at", flat=True).first()
    # By compare-and-set: of many workers one does it.
    if asked is None or not due.update(not_before=now + timedelta(seconds=CLAIM_SECONDS)):
        return True
    began = time.monotonic()
    is_merged = _merge_words(until=began + BUDGET_SECONDS)
    is_done = is_merged and _empty_log() and _rewrite_tokens()
    took = time.monotonic() - began
    # The next sweep continues an unfinished merge, and a refused one is tried again later.
    pause = max(PAUSE_SECONDS, SHARE * took) if is_merged else SHARE * took
    Erasure.objects.update(not_before=timezone.now() + timedelta(seconds=pause))
    if is_done:
        # Unless something was deleted meanwhile.
        Erasure.objects.filter(asked_at=asked).update(asked_at=None)
    return is_done


def _ask() -> None:
    Erasure.objects.update_or_create(pk=1, defaults={"asked_at": timezone.now()})


def _merge_words(*, until: float) -> bool:
    """Merges FTS5's segments into one, which holds no deleted word. False when time is up first."""
    if connection.vendor != "sqlite":
        return True
    while True:
        before = _changes()
        with connection.cursor() as cursor:
            # Below zero: all segments, however few there are.
            cursor.execute(
                "INSERT INTO core_searchwords (core_searchwords, rank) VALUES ('merge', %s)",
                [-_MERGE_PAGES],
            )
        # FTS5's way to say that nothing was left to merge.
        if _changes() - before < 2:
            return True
        if time.monotonic() > until:
            return False


def _changes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT total_changes()")
        return int(cursor.fetchone()[0])


def _empty_log() -> bool:
    """Moves the write-ahead log into the database and empties it. False while it is read."""
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        patience = int(cursor.fetchone()[0])
        cursor.execute(f"PRAGMA busy_timeout = {_READERS_MS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (is_busy, *_pages) = cursor.fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
    return not is_busy


def _rewrite_tokens() -> bool:
    """Makes the embedded server rewrite its file. Returns False when it cannot begin now."""
    if not settings.REDIS.embedded:
        return True
    try:
        blocking().bgrewriteaof()
    except ResponseError:
        # A rewrite is already running, with the earlier data.
        return False
    except RedisError as error:
        log.warning("tokens_not_erased", error=str(error))
        return False
    return True
