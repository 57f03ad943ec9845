"""The engine's input and output. No torch.

Field ranges are checked when the objects are made, so nothing behind `Engine.submit` gets a
value it cannot serve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from workers.engine.errors import EngineError, InvalidParameter

MAX_STOPS = 16
MAX_STOP_CHARACTERS = 256
MAX_TOP_LOGPROBS = 20
MAX_LOGIT_BIASES = 300
MAX_CHOICES = 64
MAX_SEED = 2**64 - 1

FinishReason = Literal["stop", "length", "abort", "error"]


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How tokens are chosen.

    Order of effects, which is transformers': logit bias, repetition penalty, frequency and presence
    penalties, temperature, top-k, top-p, min-p.

    max_tokens: tokens of each choice, those of `Request.generated_ids` included.
    temperature: divides the logits; 0 takes the likeliest token.
    top_p: keeps the smallest set of tokens whose probability reaches it; 1 keeps all.
    top_k: keeps the k likeliest tokens (and ties with the last); 0 keeps all.
    min_p: drops tokens less likely than this share of the likeliest; 0 drops none (Nguyen et al.
        2024, "Turning up the heat: min-p sampling").
    repetition_penalty: divides positive and multiplies negative logits of every token of the
        prompt and the output (Keskar et al. 2019, CTRL; as transformers does).
    frequency_penalty, presence_penalty: taken from the logits of generated tokens, once for each
        occurrence and once for any (as the OpenAI API defines them).
    stop: texts that end the run; they and what follows are never shown.
    seed: randomness is a function of (seed, choice, position) and of nothing else.
    logprobs: None for none; 0 for the chosen token's; k for the k likeliest as well. They are of
        the model's own distribution, before bias, penalties, temperature and truncation.
    logit_bias: (token id, bias from -100 to 100), added to the logits of these tokens, each named
        once (as the OpenAI API defines it). -100 all but forbids a token, 100 all but forces it.
    n: choices, independent continuations of the one prompt.
    """

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    stop: tuple[str, ...] = ()
    seed: int = 0
    logprobs: int | None = None
    min_p: float = 0.0
    logit_bias: tuple[tuple[int, float], ...] = ()
    n: int = 1

    def __post_init__(self) -> None:
        _whole("max_tokens", self.max_tokens, 1, 2**31 - 1)
        _real("temperature", self.temperature, 0.0, 100.0)
        _real("top_p", self.top_p, 0.0, 1.0)
        _whole("top_k", self.top_k, 0, 2**31 - 1)
        _real("repetition_penalty", self.repetition_penalty, 0.01, 100.0)
        _real("frequency_penalty", self.frequency_penalty, -100.0, 100.0)
        _real("presence_penalty", self.presence_penalty, -100.0, 100.0)
        _real("min_p", self.min_p, 0.0, 1.0)
        _whole("n", self.n, 1, MAX_CHOICES)
        _whole("seed", self.seed, 0, MAX_SEED)
        _biases(self.logit_bias)
        if self.logprobs is not None:
            _whole("logprobs", self.logprobs, 0, MAX_TOP_LOGPROBS)
        if not isinstance(self.stop, tuple) or len(self.stop) > MAX_STOPS:
            raise InvalidParameter("stop", f"a tuple of at most {MAX_STOPS} texts", self.stop)
        for stop in self.stop:
            if not isinstance(stop, str) or not 1 <= len(stop) <= MAX_STOP_CHARACTERS:
                raise InvalidParameter(
                    "stop", f"texts of 1 to {MAX_STOP_CHARACTERS} characters", stop
                )

    @property
    def greedy(self) -> bool:
        return self.temperature == 0.0


def _whole(field: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidParameter(field, f"a whole number from {low} to {high}", value)


def _real(field: str, value: object, low: float, high: float) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        raise InvalidParameter(field, f"a number from {low:g} to {high:g}", value)


def _biases(value: object) -> None:
    if not isinstance(value, tuple) or len(value) > MAX_LOGIT_BIASES:
        raise InvalidParameter(
            "logit_bias", f"a tuple of at most {MAX_LOGIT_BIASES} pairs of token and bias", value
        )
    named: set[int] = set()
    for pair in value:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise InvalidParameter("logit_bias", "made of pairs of token id and bias", pair)
        token_id, bias = pair
        if isinstance(token_id, bool) or not isinstance(token_id, int) or token_id < 0:
            raise InvalidParameter("logit_bias", "made of ids of tokens", token_id)
        _real("logit_bias", bias, -100.0, 100.0)
        if token_id in named:
            raise InvalidParameter("logit_bias", "one bias for each token", token_id)
        named.add(token_id)


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt to continue, with `params.n` choices.

    generated_ids: tokens that an earlier attempt generated and showed. They are neither sampled
        nor sent again; the next position is len(generated_ids) + 1, and the text continues.
        Only for a request with one choice.
    adapter: name of a loaded adapter; None for the base model.
    choice: number of the first choice; the others follow. A choice is a stream of randomness: a
        choice made alone is the same as made with others.
    """

    id: str
    prompt_ids: tuple[int, ...]
    params: SamplingParams
    generated_ids: tuple[int, ...] = ()
    adapter: str | None = None
    choice: int = 0

    def __post_init__(self) -> None:
        _whole("choice", self.choice, 0, 2**32 - self.params.n)
        if self.adapter is not None and not isinstance(self.adapter, str):
            raise InvalidParameter("adapter", "the name of an adapter", self.adapter)
        if self.generated_ids and self.params.n != 1:
            raise InvalidParameter("n", "1 where generated_ids are given", self.params.n)


@dataclass(frozen=True, slots=True)
class TokenOutput:
    """One generated token. Positions of a choice are 1, 2, 3, ... without gap or repeat.

    text: what this token adds to the visible output; empty while its bytes are incomplete or while
        the text could be the start of a stop sequence (a later position then carries it).
    top: (token id, logprob), likeliest first.
    rest: probability that is left outside `top`, from 0 to 1; None where `top` is.
    choice: number of the choice, from `Request.choice` on.
    """

    request_id: str
    position: int
    token_id: int
    text: str
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] | None = None
    rest: float | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    """The last output of a choice. A request is over when each of its choices is.

    tail: text that was held back, belongs to the output and was in no `TokenOutput`.
    choice: number of the choice, from `Request.choice` on.
    stop_sequence: which of `SamplingParams.stop` ended it; None for every other end, the model's
        own end of text included.
    """

    request_id: str
    reason: FinishReason
    tail: str = ""
    error: EngineError | None = None
    choice: int = 0
    stop_sequence: str | None = None


StepOutput = TokenOutput | Finish
