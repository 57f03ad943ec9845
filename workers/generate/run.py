"""One run: claim it, resume or start it, wait for the engine, store what came."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import close_old_connections
from django.utils import timezone
from redis.exceptions import RedisError

from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import PlaygroundError
from playground.core.failures import is_passing, reason_of, warn_once
from playground.live.tokenlog import LogPart, log_damaged, token_log, tokens_of
from playground.runs.finishing import Outcome, run_finish, run_index_prompt
from playground.runs.leases import run_claim, run_release, run_restart
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from workers.engine.errors import EngineError
from workers.engine.request import Finish, Request, SamplingParams
from workers.generate.live import LiveRun
from workers.generate.serving import Serving

# Between two tries while the database or Redis does not answer.
RETRY_SECONDS = 0.5

T = TypeVar("T")

log = structlog.get_logger(__name__)


def serve_ring(serving: Serving) -> None:
    """Claims and runs until nothing waits. The ring said only that something may."""
    while not serving.stopping.is_set():
        run = run_claim(worker=serving.name, model=serving.spec.name)
        if run is None:
            return
        run_to_end(serving, run)


def run_to_end(serving: Serving, run: Run) -> None:
    """Runs a claimed run to its end, or gives it back. Raises nothing: the next run is another's.

    Outages are waited for where they happen. Whatever else goes wrong would go wrong again, so it
    ends this run with its reason.
    """
    live = LiveRun(run=run)
    try:
        _generate_text(serving, live)
    except (EngineError, PlaygroundError) as error:
        _fail(serving, live, error.code, error.message)
    except Exception as error:
        log.exception("run_failed", run=live.id, attempt=run.attempt)
        message = f"The worker could not run this prompt, and would fail again: {reason_of(error)}."
        _fail(serving, live, PlaygroundError.code, message)


def _generate_text(serving: Serving, live: LiveRun) -> None:
    if not _begin(serving, live):
        return
    serving.submit(live, _request(serving, live))
    serving.publisher.announce_start(live)
    _make_findable(live)
    live.done.wait()
    if live.stale:
        log.info("attempt_stale", run=live.id, attempt=live.run.attempt)
    elif live.handed_over:
        serving.publisher.forget(live)
        _give_back(serving, live.run)
    else:
        _record(serving, live, outcome_of(live))


def _make_findable(live: LiveRun) -> None:
    """While the engine works: the post's answer did not wait for it, and the end does it again."""
    try:
        run_index_prompt(run_id=live.run.pk)
    except Exception as error:
        log.warning("run_not_indexed", run=live.id, error=reason_of(error))


def outcome_of(live: LiveRun) -> Outcome:
    """What the row gets: the engine's words in the row's."""
    finish = live.finish or Finish(live.id, "error")
    reason: str = "error" if live.broken else finish.reason
    error = live.broken or finish.error
    status = {"abort": Run.Status.CANCELLED, "error": Run.Status.FAILED}.get(
        reason, Run.Status.SUCCEEDED
    )
    first_token_ms = None
    if live.first_at is not None and live.generated == len(live.tokens):
        # Of a resumed run, the first token was another worker's.
        age = (timezone.now() - live.run.created_at).total_seconds()
        first_token_ms = 1000 * (age - (time.monotonic() - live.first_at))
    return Outcome(
        status=status,
        reason=reason,
        stop_sequence=(finish.stop_sequence or "") if reason == "stop" else None,
        text=live.text,
        tokens=live.tokens,
        first_token_ms=first_token_ms,
        tokens_per_second=live.tokens_per_second,
        error_code=error.code if error else "",
        error_message=error.message if error else "",
    )


def _begin(serving: Serving, live: LiveRun) -> bool:
    """Fences older attempts off and takes up the text that the log holds.

    False when the process stops before Redis answers; the run is given back.
    """
    try:
        part = _keep_trying(serving, lambda: _open_log(live.run))
        live.tokens = tokens_of(part) if part else []
    except (RedisError, ValueError) as error:
        raise log_damaged(error) from error
    if part is None:
        _give_back(serving, live.run)
        return False
    live.lines, live.acknowledged = part.tokens, len(part.tokens)
    return True


def _open_log(run: Run) -> LogPart:
    log_of_all = token_log()
    run_id = str(run.pk)
    if run.attempt > 1:
        part = log_of_all.open(run_id, attempt=run.attempt)
        if part.tokens:
            run.epoch = part.epoch or run.epoch
            return part
        # The text that people may have seen is gone with its worker.
        run_restart(run=run)
    log_of_all.start(run_id, attempt=run.attempt, epoch=run.epoch)
    return LogPart(epoch=run.epoch, first=1, tokens=[])


def _request(serving: Serving, live: LiveRun) -> Request:
    run = live.run
    parameters = Parameters.from_json(run.parameters)
    return Request(
        id=live.id,
        prompt_ids=tuple(tokenizer_for(serving.spec).encode(run.prompt)),
        params=SamplingParams(
            max_tokens=parameters.max_tokens,
            temperature=parameters.temperature,
            top_p=parameters.top_p,
            top_k=parameters.top_k,
            min_p=parameters.min_p,
            repetition_penalty=parameters.repetition_penalty,
            frequency_penalty=parameters.frequency_penalty,
            presence_penalty=parameters.presence_penalty,
            stop=parameters.stop,
            seed=run.seed,
            logprobs=parameters.logprobs,
        ),
        generated_ids=tuple(token[0] for token in live.tokens),
    )


def _fail(serving: Serving, live: LiveRun, code: str, message: str) -> None:
    outcome = Outcome(
        status=Run.Status.FAILED,
        reason="error",
        text=live.text,
        tokens=live.tokens,
        error_code=code,
        error_message=message,
    )
    serving.abort(live)
    _record(serving, live, outcome)


def _record(serving: Serving, live: LiveRun, outcome: Outcome) -> None:
    """Stores the outcome however long the database is away; then readers are told."""
    stored = None
    try:
        stored = _keep_trying(
            serving,
            lambda: run_finish(run_id=live.run.pk, attempt=live.run.attempt, outcome=outcome),
        )
    except Exception as error:
        # The row takes no end at all. Its text stays in the log; the slot is others'.
        warn_once("run_not_ended", row=live.id, error=error)
    if stored:
        serving.publisher.announce_end(live, stored)
    else:
        serving.publisher.forget(live)


def _give_back(serving: Serving, run: Run) -> None:
    try:
        run_release(run_id=run.pk, attempt=run.attempt, lost=False)
    except Exception as error:
        # The lease does the same a little later.
        log.warning("release_failed", run=str(run.pk), error=reason_of(error))


def _keep_trying(serving: Serving, act: Callable[[], T]) -> T | None:
    """What ``act`` returns, once the database and Redis let it; None when stopping.

    An error that comes again is raised.
    """
    while True:
        try:
            return act()
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("waiting_for_storage", error=reason_of(error))
            close_old_connections()
        if serving.stopping.wait(RETRY_SECONDS):
            return None
