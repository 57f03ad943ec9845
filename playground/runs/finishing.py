"""How a run reaches its final state, whoever brings it there.

Every way is a compare-and-set on the row: the number of changed rows says who won, and
only the winner notifies readers and sets the log's expiry. If the database refuses the row for
good, the run fails, with as much of its text as can be stored.
"""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from redis.exceptions import RedisError

from playground.core import search
from playground.core.errors import LogDamaged, StorageRefused
from playground.core.failures import is_passing, reason_of, warn_once
from playground.core.texts import plain_pieces, plain_text, storable
from playground.live.tokenlog import state_event, token_log
from playground.runs.models import Run
from playground.runs.selectors import logged_progress

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceText:
    """One of a run's texts; tokens, reason, stop_sequence: as in `Outcome`."""

    text: str
    reason: str
    stop_sequence: str | None = None
    tokens: list[list[Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As `Run.other_choices` has it, with the characters that every text may have."""
        return {
            "text": plain_text(self.text),
            "tokens": _plain_tokens(self.tokens),
            "finish_reason": self.reason,
            "stop_sequence": self.stop_sequence,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A worker's result of a run.

    tokens: as `Run.tokens`; reason: "stop", "length", "abort" or "error".
    stop_sequence: as `Run.stop_sequence`. All four are of the first choice; others: the texts of
    choices 1, 2 and so on, of a run with several.
    """

    status: str
    reason: str
    text: str
    stop_sequence: str | None = None
    tokens: list[list[Any]] = field(default_factory=list)
    others: list[ChoiceText] = field(default_factory=list)
    first_token_ms: float | None = None
    tokens_per_second: float | None = None
    error_code: str = ""
    error_message: str = ""


def run_finish(*, run_id: uuid.UUID, attempt: int, outcome: Outcome) -> str:
    """Stores the outcome if ``attempt`` still holds the run. "" for a zombie.

    Returns the status that the row has now: FAILED where the database refuses the outcome for
    good. An outage is raised, and so is the refusal of a row that takes no end at all.
    """
    held = Run.objects.filter(pk=run_id, attempt=attempt, status=Run.Status.RUNNING)
    return _store(held, run_id, outcome)


def run_finish_from_log(
    *, run_id: uuid.UUID, status: str, reason: str, error_code: str = "", error_message: str = ""
) -> bool:
    """Ends a run that waits, with the text that its log holds.

    False when it does not wait (any more): a worker claimed it, or it is final.
    Raises `RedisError` and changes nothing while the log cannot be read: the
    text would be lost. The sweep comes back to it. A log that nobody can ever
    read ends the run FAILED.
    """
    run = Run.objects.filter(pk=run_id, status=Run.Status.QUEUED).first()
    if run is None:
        return False
    outcome = Outcome(
        status=status, reason=reason, text="", error_code=error_code, error_message=error_message
    )
    epoch = run.epoch
    try:
        progress, *others = [logged_progress(run, choice=choice) for choice in range(run.n)]
    except LogDamaged as error:
        outcome = replace(
            outcome,
            status=Run.Status.FAILED,
            reason="error",
            error_code=error.code,
            error_message=error.message,
        )
    else:
        epoch = progress.epoch
        outcome = replace(
            outcome,
            text=progress.text,
            tokens=progress.tokens,
            others=[
                ChoiceText(text=other.text, tokens=other.tokens, reason=reason) for other in others
            ],
        )
    waiting = Run.objects.filter(pk=run_id, attempt=run.attempt, status=Run.Status.QUEUED)
    stored = _store(waiting, run_id, outcome)
    if stored:
        tell_final(run.pk, epoch=epoch, status=stored, position=_count(outcome))
    return bool(stored)


def _store(rows: QuerySet[Run], run_id: uuid.UUID, outcome: Outcome) -> str:
    """Saves the outcome, or as much of it as the database accepts.

    Returns the saved status, "" for none.
    """
    try:
        return _save(rows, run_id, outcome)
    except Exception as error:
        if is_passing(error):
            raise
        warn_once("run_not_stored", row=run_id, error=error)
        refused = _failed_outcome(outcome, error)
    # A text is worth more than its token data, and the first text more than none.
    bare = [replace(other, tokens=[]) for other in refused.others]
    kept = [replace(refused, tokens=[], others=bare)]
    if bare:
        kept.append(replace(refused, tokens=[], others=[]))
    for less in kept:
        try:
            return _save(rows, run_id, less)
        except Exception as error:
            if is_passing(error):
                raise
    return _save(rows, run_id, replace(refused, tokens=[], text="", others=[]))


def _failed_outcome(outcome: Outcome, error: Exception) -> Outcome:
    """The end of a run whose outcome the database refuses."""
    return replace(
        outcome,
        status=Run.Status.FAILED,
        reason="error",
        stop_sequence=None,
        error_code=StorageRefused.code,
        error_message=(
            "The database refused to store the model's text, and would refuse it again: "
            f"{reason_of(error)}."
        ),
    )


def _save(rows: QuerySet[Run], run_id: uuid.UUID, outcome: Outcome) -> str:
    # A log from before the engine's rule, or of an older worker, may contain other characters.
    text, tokens = plain_text(outcome.text), _plain_tokens(outcome.tokens)
    others = [other.to_json() for other in outcome.others]
    words = _words_of(run_id, "\n".join([text, *(other["text"] for other in others)]))
    with transaction.atomic():
        won = rows.update(
            status=outcome.status,
            finish_reason=outcome.reason,
            stop_sequence=outcome.stop_sequence,
            text=text,
            tokens=tokens,
            other_choices=others,
            completion_tokens=_count(outcome),
            first_token_ms=outcome.first_token_ms,
            tokens_per_second=outcome.tokens_per_second,
            error_code=outcome.error_code,
            error_message=storable(outcome.error_message),
            finished_at=Now(),
        )
        if won:
            run_index(run_id=run_id, words=words)
    return outcome.status if won else ""


def _count(outcome: Outcome) -> int:
    """The tokens of all choices."""
    return len(outcome.tokens) + sum(len(other.tokens) for other in outcome.others)


def _plain_tokens(tokens: list[list[Any]]) -> list[list[Any]]:
    pieces = plain_pieces(str(token[1]) for token in tokens)
    return [[token[0], piece, *token[2:]] for token, piece in zip(tokens, pieces, strict=True)]


def run_words(prompt: str, text: str, note: str = "") -> search.Words:
    """The words that find a run: its prompt, ``text``, its output, and the person's note."""
    return search.words(f"{prompt}\n{text}\n{note}")


def run_index_note(*, run_id: uuid.UUID) -> None:
    """Makes a run findable by its note too. While it goes on, its end does that."""
    columns = ("prompt", "text", "note", "other_choices")
    run = Run.objects.filter(pk=run_id, status__in=Run.FINAL).only(*columns).first()
    if run is not None:
        run_index(run_id=run_id, words=run_words(run.prompt, "\n".join(run.texts), run.note))


def run_index(*, run_id: uuid.UUID, words: search.Words) -> None:
    """Makes the run findable by ``words``."""
    for owner, number in Run.objects.filter(pk=run_id).values_list("person", "number"):
        search.put(kind="run", object_id=run_id, owner=owner, number=number, words=words)


def run_index_prompt(*, run_id: uuid.UUID) -> bool:
    """Makes a run findable by its prompt alone; False where it is final or gone.

    A final one is findable already, by its output too. The row is locked, so that its end cannot
    come in between.
    """
    going_on = Run.objects.filter(pk=run_id).exclude(status__in=Run.FINAL)
    words = run_words(going_on.values_list("prompt", flat=True).first() or "", "")
    with transaction.atomic():
        found = going_on.select_for_update().values_list("person", "number").first()
        if found is not None:
            owner, number = found
            search.put(kind="run", object_id=run_id, owner=owner, number=number, words=words)
    return found is not None


def _words_of(run_id: uuid.UUID, text: str) -> search.Words:
    found = Run.objects.filter(pk=run_id).values_list("prompt", "note").first()
    prompt, note = found or ("", "")
    return run_words(prompt, text, note)


def tell_final(run_id: uuid.UUID, *, epoch: int, status: str, position: int) -> None:
    """After the commit: notifies readers and sets the log's expiry."""
    event = state_event(str(run_id), epoch=epoch, status=status, position=position)
    try:
        token_log().close(str(run_id), event, epoch=epoch, expire=settings.LOG_EXPIRY_SECONDS)
    except RedisError as error:
        # Readers look at the row after a silence; the log stays until Redis
        # is emptied, which costs memory and nothing else.
        log.warning("final_not_told", run=str(run_id), error=str(error))
