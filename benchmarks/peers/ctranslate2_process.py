"""The process of one CTranslate2 generator; `ctranslate2_peer` sends it requests.

    python -m benchmarks.peers.ctranslate2_process FOLDER COMPUTE WORKERS THREADS

One JSON object a line in, one out. It imports no torch and measures its own time, so that
the way to it does not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import ctranslate2
import numpy

from benchmarks.processes import serve


def word(token: int) -> str:
    """A token's word in the vocabulary of converted checkpoints."""
    return f"t{token}"


class Answerer:
    """workers: batches at a time; threads: of each."""

    def __init__(self, folder: str, compute: str, workers: int, threads: int) -> None:
        self.workers = workers
        self.generator = ctranslate2.Generator(
            folder,
            device="cpu",
            compute_type=compute,
            inter_threads=workers,
            intra_threads=threads,
        )

    def __call__(self, question: dict[str, Any]) -> dict[str, Any]:
        answers: dict[str, Callable[..., dict[str, Any]]] = {
            "generate": self.generate,
            "serve": self.serve,
            "logprobs": self.logprobs,
        }
        return answers[question.pop("do")](**question)

    def generate(self, prompts: Sequence[Sequence[int]], new_tokens: int) -> dict[str, Any]:
        asked = [_words(prompt) for prompt in prompts]
        started = time.perf_counter()
        found = self.generator.generate_batch(
            asked,
            max_batch_size=-(-len(prompts) // self.workers),
            max_length=new_tokens,
            include_prompt_in_result=False,
        )
        return _timed(started, found)

    def serve(self, requests: Sequence[tuple[list[int], int, int]]) -> dict[str, Any]:
        """Each request is a separate batch: (prompt, new tokens, number of prompt tokens to give as
        a static prompt, whose state is kept)."""
        asked = [(_words(prompt), new, static) for prompt, new, static in requests]
        started = time.perf_counter()
        pending = []
        for prompt, new, static in asked:
            pending += self.generator.generate_batch(
                [prompt[static:]],
                static_prompt=prompt[:static] or None,
                max_length=new,
                include_prompt_in_result=False,
                asynchronous=True,
            )
        return _timed(started, [each.result() for each in pending])

    def logprobs(self, ids: Sequence[int], path: str) -> dict[str, Any]:
        """Writes fp32 [tokens, rows] as .npy: of the next token after each of `ids`."""
        view = self.generator.forward_batch([_words(ids)], return_log_probs=True)
        numpy.save(path, numpy.array(view)[0].astype(numpy.float32))
        return {}


def _words(ids: Sequence[int]) -> list[str]:
    return [word(token) for token in ids]


def _timed(started: float, results: Sequence[Any]) -> dict[str, Any]:
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "ids": [list(each.sequences_ids[0]) for each in results]}


if __name__ == "__main__":
    serve(Answerer(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
