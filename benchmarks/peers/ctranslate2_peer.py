"""CTranslate2, in separate processes.

It must not share a process with torch. Making a generator sets the threads of the runtime that
torch also uses (OpenMP). Once its workers have run, that runtime counts more threads than there are
cores and puts them to sleep between any two products, which made this engine permanently 1.7 times
slower at one stream in int8. The same is true of two generators, so each has its own process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy
import torch

from benchmarks.engine_requests import TraceRequest
from benchmarks.peers import Timed
from benchmarks.processes import ROOT, SideProcess

# How requests of different lengths are given to it: each as a batch of its own, as many at a time
# as there are workers; and so with the shared prefixes as static prompts, whose state it keeps.
# Batches of several were tried, cut short by a callback at each one's own number of tokens, and
# were slower: of the prompts of a batch only as much as the shortest has goes through at once, the
# rest token by token. A trace in int8 on two cores: 62 s alone, 53 s alone with cached prefixes,
# 67 s in pairs of similar length, 167 s in fours (161 s with cached prefixes).
Layout = Literal["alone", "alone, cached prefixes"]
LAYOUTS: tuple[Layout, ...] = ("alone", "alone, cached prefixes")


def convert(checkpoint: Path, folder: Path) -> Path:
    """Writes its form of a checkpoint into `folder`."""
    command = [sys.executable, "-m", "benchmarks.peers.ctranslate2_convert"]
    subprocess.run([*command, str(checkpoint), str(folder)], check=True, cwd=ROOT)
    return folder


class CTranslate2Peer:
    """Greedy, with its own batching.

    compute: "float32" or "int8" (weights by row, activations by token, as it does on a CPU).
    workers: batches at a time; the threads are shared among them, and so are the prompts.
    """

    def __init__(self, folder: Path, compute: str, threads: int, workers: int = 1) -> None:
        each = max(1, threads // workers)
        self._process = SideProcess(
            "benchmarks.peers.ctranslate2_process",
            str(folder),
            compute,
            str(workers),
            str(each),
            env=os.environ,
        )

    def generate(self, prompts: Sequence[Sequence[int]], new_tokens: int) -> Timed:
        answer = self._process.ask(
            do="generate", prompts=[list(prompt) for prompt in prompts], new_tokens=new_tokens
        )
        return Timed(answer["seconds"], answer["ids"])

    def serve(self, requests: Sequence[TraceRequest], layout: Layout) -> Timed:
        """Requests of different lengths, each with its own number of new tokens, all at once."""
        cached = layout == "alone, cached prefixes"
        answer = self._process.ask(
            do="serve",
            requests=[
                (list(each.prompt), each.new_tokens, each.shared if cached else 0)
                for each in requests
            ],
        )
        return Timed(answer["seconds"], answer["ids"])

    def logprobs(self, ids: Sequence[int]) -> torch.Tensor:
        """fp32 [tokens, rows]: of the next token after each of `ids`, in one pass."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "logprobs.npy"
            self._process.ask(do="logprobs", ids=list(ids), path=str(path))
            return torch.from_numpy(numpy.load(path))

    def close(self) -> None:
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
