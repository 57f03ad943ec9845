"""The engine and its competitors, behind one call each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timed:
    """The generated tokens, by request, and the seconds from the first submission to the last
    token."""

    seconds: float
    ids: list[list[int]]


Prompts = Sequence[Sequence[int]]


def timed(generate: Callable[[Prompts, int], list[list[int]]]) -> Callable[[Prompts, int], Timed]:
    """For what runs in this process."""

    def run(prompts: Prompts, new_tokens: int) -> Timed:
        started = time.perf_counter()
        ids = generate(prompts, new_tokens)
        return Timed(time.perf_counter() - started, ids)

    return run
