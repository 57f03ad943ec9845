"""One score: claim it, have the engine rate its tokens, store what came."""

import math
import os
from collections.abc import Sequence
from typing import Any

import structlog

from playground.checkpoints.models import Adapter
from playground.core.errors import PlaygroundError, StorageRefused
from playground.core.failures import is_passing, reason_of, warn_once
from playground.scores.leases import score_claim, score_fail, score_finish
from playground.scores.models import Score
from workers.engine.errors import DeviceFailed, EngineError, NonFiniteLogits
from workers.engine.failures import classify
from workers.engine.scoring import TokenScore
from workers.generate.serving import EXIT_ENGINE_FAILED, Serving
from workers.process.outages import keep_trying

# Likeliest tokens that are kept of each place.
TOP = 5
# Smaller logarithms are written as this one: JSON has no infinity.
LEAST_LOGPROB = -100.0

log = structlog.get_logger(__name__)


def score_next(serving: Serving) -> bool:
    """Works on the next score of the worker's model. False where there is none now.

    One at a time, so that a worker's other slots stay free for runs. Raises only outages: a table
    that cannot be read keeps no run waiting.
    """
    if not serving.scoring.acquire(blocking=False):
        return False
    try:
        score = _claim(serving)
        if score is None:
            return False
        _score_to_end(serving, score)
    finally:
        serving.scoring.release()
    return True


def _claim(serving: Serving) -> Score | None:
    try:
        return score_claim(worker=serving.name, model=serving.spec.name)
    except Exception as error:
        if is_passing(error):
            raise
        warn_once("score_not_claimed", row=serving.name, error=error)
        return None


def _score_to_end(serving: Serving, score: Score) -> None:
    try:
        adapter = keep_trying(lambda: score.adapter, stopping=serving.stopping)
        if score.adapter_id and adapter is None:
            # The process stops, and gives the score back.
            return
        result = _rate_tokens(serving, score, adapter)
        _store(serving, score, result)
        log.info("score_ended", score=str(score.pk), tokens=len(score.ids))
    except (EngineError, PlaygroundError) as error:
        _fail(serving, score, error.code, error.message)
        if isinstance(error, DeviceFailed):
            log.exception("engine_failed", worker=serving.name)
            os._exit(EXIT_ENGINE_FAILED)
    except Exception as error:
        log.exception("score_failed", score=str(score.pk))
        message = f"The worker could not compute the probabilities: {reason_of(error)}."
        _fail(serving, score, PlaygroundError.code, message)


def _rate_tokens(serving: Serving, score: Score, adapter: Adapter | None) -> list[list[Any]]:
    """As `Score.result`. Raises `EngineError`."""
    with serving.hold_adapter(adapter) as name:
        try:
            return result_of(serving.score(score.ids, top=TOP, adapter=name))
        except Exception as error:
            raise classify(error) from error


def result_of(tokens: Sequence[TokenScore]) -> list[list[Any]]:
    """What the row gets of the engine's answer. Raises `NonFiniteLogits`."""
    return [
        [
            None if token.logprob is None else _number(token.logprob),
            [[token_id, _number(logprob)] for token_id, logprob in token.top],
        ]
        for token in tokens
    ]


def _number(logprob: float) -> float:
    if math.isnan(logprob):
        raise NonFiniteLogits(
            "The model gave no finite numbers for this prompt. Its weights may be damaged, or "
            "float16 too narrow for them."
        )
    return round(max(logprob, LEAST_LOGPROB), 4)


def _store(serving: Serving, score: Score, result: list[list[Any]]) -> None:
    try:
        keep_trying(lambda: score_finish(score=score, result=result), stopping=serving.stopping)
    except Exception as error:
        raise StorageRefused(
            f"The database refused to store the probabilities: {reason_of(error)}."
        ) from error


def _fail(serving: Serving, score: Score, code: str, message: str) -> None:
    try:
        keep_trying(
            lambda: score_fail(score=score, code=code, message=message), stopping=serving.stopping
        )
    except Exception as error:
        warn_once("score_not_ended", row=score.pk, error=error)
