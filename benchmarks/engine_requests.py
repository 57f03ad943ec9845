"""The trace that the engine and its peers serve: what many people send to one model."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

REQUESTS = 64
PREFIXES = (224, 320, 416, 512, 640)
SHORTEST, LONGEST = 16, 1500
LEAST_NEW, MAX_NEW = 16, 200


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """A prompt, how many tokens are wanted, and how many of the prompt's first are shared."""

    prompt: tuple[int, ...]
    new_tokens: int
    shared: int


def make_trace(seed: str, tokens: int, requests: int = REQUESTS) -> list[TraceRequest]:
    """The same requests for the same seed. `tokens` is the number of tokens to draw from.

    Three of four prompts begin with one of five prefixes, as few-shot pages do, and then differ.
    The lengths of the different parts and the numbers of new tokens are log-uniform: many are
    short, few are long. The shortest and the longest prompt and answer are always among them.
    """
    chance = random.Random(seed)
    prefixes = [tuple(chance.choices(range(tokens), k=length)) for length in PREFIXES]
    made = []
    for number in range(requests):
        prefix = chance.choice(prefixes) if number % 4 else ()
        length = _log_uniform(chance, SHORTEST, LONGEST - len(prefix))
        wanted = _log_uniform(chance, LEAST_NEW, MAX_NEW)
        # Numbers 0, 4, 8 and 12 share nothing.
        length = {0: SHORTEST, 4: LONGEST}.get(number, length)
        wanted = {8: LEAST_NEW, 12: MAX_NEW}.get(number, wanted)
        tail = tuple(chance.choices(range(tokens), k=length))
        made.append(TraceRequest(prefix + tail, wanted, len(prefix)))
    chance.shuffle(made)
    return made


def arrivals(seed: str, requests: int, rate: float) -> list[float]:
    """Seconds from the start at which each comes: Poisson, `rate` a second."""
    chance = random.Random(seed)
    times, now = [], 0.0
    for _ in range(requests):
        now += chance.expovariate(rate)
        times.append(now)
    return times


def _log_uniform(chance: random.Random, low: int, high: int) -> int:
    return min(high, round(math.exp(chance.uniform(math.log(low), math.log(high)))))
