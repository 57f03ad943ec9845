"""How a run reaches its final state, whoever brings it there.

Every way is a compare-and-set on the row: the count of rows says who won, and
only the winner tells readers and lets the log go.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from redis.exceptions import RedisError

from playground.core import search
from playground.core.redis_clients import token_log
from playground.core.tokenlog import NOTICES, notice_line, state_event
from playground.runs.models import Run
from playground.runs.selectors import logged_progress

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a worker says of a run that it has finished.

    tokens: as `Run.tokens`; reason: "stop", "length", "abort" or "error".
    stop_sequence: as `Run.stop_sequence`.
    """

    status: str
    reason: str
    text: str
    stop_sequence: str | None = None
    tokens: list[list[Any]] = field(default_factory=list)
    first_token_ms: float | None = None
    tokens_per_second: float | None = None
    error_code: str = ""
    error_message: str = ""


def run_finish(*, run_id: uuid.UUID, attempt: int, outcome: Outcome) -> bool:
    """Stores the outcome if ``attempt`` still holds the run. False for a zombie."""
    held = Run.objects.filter(pk=run_id, attempt=attempt, status=Run.Status.RUNNING)
    words = _words_of(run_id, outcome.text)
    with transaction.atomic():
        won = held.update(
            status=outcome.status,
            finish_reason=outcome.reason,
            stop_sequence=outcome.stop_sequence,
            text=outcome.text,
            tokens=outcome.tokens,
            completion_tokens=len(outcome.tokens),
            first_token_ms=outcome.first_token_ms,
            tokens_per_second=outcome.tokens_per_second,
            error_code=outcome.error_code,
            error_message=outcome.error_message,
            finished_at=Now(),
        )
        if won:
            run_index(run_id=run_id, words=words)
    return bool(won)


def run_words(prompt: str, text: str) -> search.Words:
    """By what a run is found: its prompt, and ``text``, its output."""
    return search.words(f"{prompt}\n{text}")


def run_index(*, run_id: uuid.UUID, words: search.Words) -> None:
    """Makes the run findable by ``words``."""
    for owner, number in Run.objects.filter(pk=run_id).values_list("person", "number"):
        search.put(kind="run", object_id=run_id, owner=owner, number=number, words=words)


def _words_of(run_id: uuid.UUID, text: str) -> search.Words:
    prompts = Run.objects.filter(pk=run_id).values_list("prompt", flat=True)
    return run_words(prompts.first() or "", text)


def run_finish_from_log(
    *, run_id: uuid.UUID, status: str, reason: str, error_code: str = "", error_message: str = ""
) -> bool:
    """Ends a run that waits, with the text that its log holds.

    False when it does not wait (any more): a worker claimed it, or it is final.
    Raises `RedisError` and changes nothing while the log cannot be read: the
    text would be lost. The sweep comes back to it.
    """
    run = Run.objects.filter(pk=run_id, status=Run.Status.QUEUED).first()
    if run is None:
        return False
    progress = logged_progress(run)
    waiting = Run.objects.filter(pk=run_id, attempt=run.attempt, status=Run.Status.QUEUED)
    words = run_words(run.prompt, progress.text)
    with transaction.atomic():
        won = waiting.update(
            status=status,
            finish_reason=reason,
            text=progress.text,
            tokens=progress.tokens,
            completion_tokens=len(progress.tokens),
            error_code=error_code,
            error_message=error_message,
            finished_at=Now(),
        )
        if won:
            run_index(run_id=run_id, words=words)
    if won:
        tell_final(run.pk, epoch=progress.epoch, status=status, position=progress.position)
    return bool(won)


def tell_final(run_id: uuid.UUID, *, epoch: int, status: str, position: int) -> None:
    """After the commit: readers are told, the log gets its expiry."""
    event = state_event(str(run_id), epoch=epoch, status=status, position=position)
    try:
        token_log().close(
            NOTICES,
            str(run_id),
            notice_line(str(run_id), epoch, event),
            expire=settings.LOG_EXPIRY_SECONDS,
        )
    except RedisError as error:
        # Readers look at the row after a silence; the log stays until Redis
        # is emptied, which costs memory and nothing else.
        log.warning("final_not_told", run=str(run_id), error=str(error))
