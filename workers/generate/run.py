"""One run: claim it, resume or start it, wait for the engine, store what came."""

import time
from collections.abc import Sequence
from dataclasses import replace

import structlog
from django.utils import timezone
from redis.exceptions import RedisError

from playground.batches.starting import rows_start_after
from playground.checkpoints.config_file import context_length
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import LogDamaged, PlaygroundError
from playground.core.failures import reason_of, warn_once
from playground.live.tokenlog import LogPart, log_damaged, token_log, tokens_of
from playground.runs.finishing import ChoiceText, Outcome, run_finish, run_index_prompt
from playground.runs.leases import run_claim, run_release, run_restart
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.token_biases import biases_of
from workers.engine.errors import EngineError
from workers.engine.request import Finish, Request, SamplingParams
from workers.generate.live import LiveRun, first_moment, live_choices, tokens_per_second
from workers.generate.scoring import score_next
from workers.generate.serving import Serving
from workers.process.outages import keep_trying

log = structlog.get_logger(__name__)


def serve_ring(serving: Serving) -> None:
    """Claims and works until nothing waits. The ring said only that something may.

    Scores and runs take turns, so that many of one kind do not keep the other waiting.
    """
    while not serving.stopping.is_set():
        has_scored = score_next(serving)
        run = run_claim(worker=serving.name, model=serving.spec.name)
        if run is not None:
            run_to_end(serving, run)
        elif not has_scored:
            return


def run_to_end(serving: Serving, run: Run) -> None:
    """Runs a claimed run to its end, or gives it back. Raises nothing: the next run is another's.

    Outages are waited for where they happen. Whatever else goes wrong would go wrong again, so it
    ends this run with its reason.
    """
    choices = live_choices(run, run.n)
    try:
        _generate_texts(serving, choices)
    except (EngineError, PlaygroundError) as error:
        _fail(serving, choices, error.code, error.message)
    except Exception as error:
        log.exception("run_failed", run=str(run.pk), attempt=run.attempt)
        message = f"The worker could not run this prompt, and would fail again: {reason_of(error)}."
        _fail(serving, choices, PlaygroundError.code, message)


def _generate_texts(serving: Serving, choices: list[LiveRun]) -> None:
    run = choices[0].run
    if not _begin(serving, choices):
        return
    adapter = keep_trying(lambda: run.adapter, stopping=serving.stopping)
    if run.adapter_id and adapter is None:
        _give_back(serving, run)
        return
    with serving.hold_adapter(adapter) as name:
        serving.submit(choices, _requests(serving, choices, adapter=name))
        serving.publisher.announce_start(choices[0])
        _make_findable(run)
        for live in choices:
            live.done.wait()
    if any(live.stale for live in choices):
        log.info("attempt_stale", run=str(run.pk), attempt=run.attempt)
    elif any(live.handed_over for live in choices):
        serving.publisher.forget(choices[0])
        _give_back(serving, run)
    else:
        _record(serving, choices, outcome_of(choices))


def _make_findable(run: Run) -> None:
    """While the engine works: the post's answer did not wait for it, and the end does it again."""
    try:
        run_index_prompt(run_id=run.pk)
    except Exception as error:
        log.warning("run_not_indexed", run=str(run.pk), error=reason_of(error))


def outcome_of(choices: Sequence[LiveRun]) -> Outcome:
    """What the row gets: the engine's words in the row's.

    A run of several choices fails with the first that did, and is cancelled where any was.
    """
    run, (first, *others) = choices[0].run, [_text_of(live) for live in choices]
    error = next((found for live in choices if (found := _error_of(live))), None)
    reasons = {text.reason for text in (first, *others)}
    status = Run.Status.SUCCEEDED
    if "error" in reasons:
        status = Run.Status.FAILED
    elif "abort" in reasons:
        status = Run.Status.CANCELLED
    first_token_ms, first_at = None, first_moment(choices)
    given = len(run.given)
    if first_at is not None and all(given + live.generated == len(live.tokens) for live in choices):
        # Of a resumed run, the first token was another worker's.
        age = (timezone.now() - run.created_at).total_seconds()
        first_token_ms = 1000 * (age - (time.monotonic() - first_at))
    return Outcome(
        status=status,
        reason=first.reason,
        stop_sequence=first.stop_sequence,
        text=first.text,
        tokens=first.tokens,
        others=others,
        first_token_ms=first_token_ms,
        tokens_per_second=tokens_per_second(choices),
        error_code=error.code if error else "",
        error_message=error.message if error else "",
    )


def _error_of(live: LiveRun) -> LogDamaged | EngineError | None:
    return live.broken or (live.finish.error if live.finish else None)


def _text_of(live: LiveRun) -> ChoiceText:
    finish = live.finish or Finish(live.id, "error")
    reason: str = "error" if live.broken else finish.reason
    return ChoiceText(
        text=live.text,
        tokens=live.tokens,
        reason=reason,
        stop_sequence=(finish.stop_sequence or "") if reason == "stop" else None,
    )


def _begin(serving: Serving, choices: Sequence[LiveRun]) -> bool:
    """Fences older attempts off and takes up the texts that the logs hold.

    False when the process stops before Redis answers; the run is given back.
    """
    try:
        parts = keep_trying(lambda: _open_logs(choices[0].run), stopping=serving.stopping)
        for live, part in zip(choices, parts or (), strict=False):
            live.tokens = tokens_of(part)
            live.lines, live.acknowledged = part.tokens, len(part.tokens)
    except (RedisError, ValueError) as error:
        raise log_damaged(error) from error
    if parts is None:
        _give_back(serving, choices[0].run)
        return False
    if choices[0].run.given and not choices[0].tokens:
        _take_given(serving, choices)
    return True


def _take_given(serving: Serving, choices: Sequence[LiveRun]) -> None:
    """The tokens that a branch begins with are in its log before any that the model adds."""
    run = choices[0].run
    texts = serving.texts_of(
        [token[0] for token in run.given], stops=Parameters.from_json(run.parameters).stop
    )
    for live in choices:
        live.take(
            [[token[0], text, *token[2:]] for token, text in zip(run.given, texts, strict=True)]
        )
    serving.publisher.send(list(choices))


def _open_logs(run: Run) -> list[LogPart]:
    """What the log of each choice holds."""
    log_of_all = token_log()
    run_id = str(run.pk)
    if run.attempt > 1:
        parts = [
            log_of_all.open(run_id, attempt=run.attempt, choice=choice) for choice in range(run.n)
        ]
        if any(part.tokens for part in parts):
            run.epoch = parts[0].epoch or run.epoch
            return parts
        # The text that people may have seen is gone with its worker.
        run_restart(run=run)
    log_of_all.start(run_id, attempt=run.attempt, epoch=run.epoch, choices=run.n)
    # A list each: the run goes on with it.
    return [LogPart(epoch=run.epoch, first=1, tokens=[]) for _ in range(run.n)]


def _requests(
    serving: Serving, choices: Sequence[LiveRun], *, adapter: str | None
) -> list[Request]:
    """One for all choices; where any has text already, one for each, which goes on after it."""
    run = choices[0].run
    parameters = Parameters.from_json(run.parameters)
    tokenizer = tokenizer_for(serving.spec)
    prompt_ids = tuple(tokenizer.encode(run.prompt))
    params = SamplingParams(
        max_tokens=_most_tokens(serving, run, parameters, prompt=len(prompt_ids)),
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
        logit_bias=biases_of(parameters, tokenizer),
        n=len(choices),
    )
    if not any(live.tokens for live in choices):
        return [Request(id=choices[0].id, prompt_ids=prompt_ids, params=params, adapter=adapter)]
    return [
        Request(
            id=live.id,
            prompt_ids=prompt_ids,
            params=replace(params, n=1),
            generated_ids=tuple(token[0] for token in live.tokens),
            choice=live.choice,
            adapter=adapter,
        )
        for live in choices
    ]


def _most_tokens(serving: Serving, run: Run, parameters: Parameters, *, prompt: int) -> int:
    """The given tokens are not the model's: after them it writes as many as were asked for, as far
    as it sees."""
    if not run.given:
        return parameters.max_tokens
    room = context_length(serving.spec) - prompt
    return min(len(run.given) + parameters.max_tokens, room)


def _fail(serving: Serving, choices: Sequence[LiveRun], code: str, message: str) -> None:
    first, *others = choices
    outcome = Outcome(
        status=Run.Status.FAILED,
        reason="error",
        text=first.text,
        tokens=first.tokens,
        others=[ChoiceText(text=live.text, tokens=live.tokens, reason="error") for live in others],
        error_code=code,
        error_message=message,
    )
    serving.abort(choices[0])
    _record(serving, choices, outcome)


def _record(serving: Serving, choices: Sequence[LiveRun], outcome: Outcome) -> None:
    """Stores the outcome however long the database is away; then readers are told."""
    stored, live = None, choices[0]
    try:
        stored = keep_trying(
            lambda: run_finish(run_id=live.run.pk, attempt=live.run.attempt, outcome=outcome),
            stopping=serving.stopping,
        )
    except Exception as error:
        # The row takes no end at all. Its text stays in the log; the slot is others'.
        warn_once("run_not_ended", row=live.id, error=error)
    if stored:
        serving.publisher.announce_end(live, stored)
        _start_rows(live.run)
        log.info(
            "run_ended",
            run=live.id,
            status=stored,
            tokens=sum(each.generated for each in choices),
            batch=max(each.batch for each in choices),
        )
    else:
        serving.publisher.forget(live)


def _start_rows(run: Run) -> None:
    """The next row of the person's table, if one waits for this end."""
    try:
        rows_start_after(person_id=run.person_id)
    except Exception as error:
        # The sweep does the same a little later.
        log.warning("rows_not_started", run=str(run.pk), error=reason_of(error))


def _give_back(serving: Serving, run: Run) -> None:
    try:
        run_release(run_id=run.pk, attempt=run.attempt, lost=False)
    except Exception as error:
        # The lease does the same a little later.
        log.warning("release_failed", run=str(run.pk), error=reason_of(error))
