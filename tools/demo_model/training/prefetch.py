"""Batches made in a separate process, a step ahead of the training.

Documents are made in plain Python, one thread at a time. Beside the training they leave no core
idle. The batches are the same as without prefetching.
"""

import multiprocessing
import os
import pickle
import signal
from collections.abc import Generator
from dataclasses import dataclass
from multiprocessing.connection import Connection

import torch
from tokenizers import Tokenizer

from tools.demo_model.training.batches import training_batches
from workers.training.batches import Batch


@dataclass(frozen=True)
class StepPlan:
    """The documents that the steps of a run read."""

    seed: int
    documents: int
    """Documents a step."""
    parts: int
    """Batches a step."""


def prefetch_batches(
    plan: StepPlan, tokenizer: Tokenizer, first: int
) -> Generator[list[Batch], None, None]:
    """The batches of step ``first``, of the next, and so on; close it to end its process."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(
        target=_send_steps, args=(writer, plan, tokenizer.to_str(), first), daemon=True
    )
    process.start()
    # Ours alone must not keep the pipe open: the end of either process ends the other's wait.
    writer.close()
    try:
        while True:
            batches: list[Batch] = pickle.loads(reader.recv_bytes())  # noqa: S301 - our own process
            yield batches
    finally:
        reader.close()
        process.terminate()
        process.join()


def _send_steps(writer: Connection, plan: StepPlan, tokenizer: str, first: int) -> None:
    """Send steps for ever; the pipe holds less than two, so this is never far ahead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.set_num_threads(1)
    loaded = Tokenizer.from_str(tokenizer)
    step = first
    while True:
        batches = training_batches(
            seed=plan.seed,
            step=step,
            documents=plan.documents,
            parts=plan.parts,
            tokenizer=loaded,
        )
        try:
            # Pickled here: torch's own way for a pipe would pass a file for each tensor.
            writer.send_bytes(pickle.dumps(batches))
        except BrokenPipeError:
            return
        step += 1
