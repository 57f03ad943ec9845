"""How many rows are computed at once: what memory allows, tried with the longest rows first."""

import os
from collections.abc import Callable
from pathlib import Path

import torch

from workers.training.host_memory import free_host_bytes
from workers.training.network import Shape
from workers.training.tuning.errors import DoesNotFit

MIB = 2**20
USABLE = 0.8
"""Share of the free memory that is counted on."""


def free_bytes(device: torch.device) -> int | None:
    """Memory that is free on a device, or None where that cannot be known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_host_bytes()


def peak_bytes(device: torch.device) -> int:
    """The most memory that this process had so far."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def bytes_of_rows(shape: Shape, rows: int, length: int, *, labels: int, recompute: bool) -> int:
    """About what the gradient needs of rows of this length: inner states, scores and logits."""
    tokens = rows * length
    of_token = 40 * shape.n_embd * 4
    scores = 2 * shape.n_head * length * 4 if length <= 512 else 0
    layers = tokens * (of_token + scores)
    kept = shape.n_layer * (tokens * shape.n_embd * 4 if recompute else layers)
    logits = min(3 * rows * labels * shape.vocab_size, 2**28) * 4
    return kept + layers + logits


def find_micro_batch(
    batch: int, attempt: Callable[[int], None], estimate: Callable[[int], int], free: int | None
) -> int:
    """Rows that fit at once; raises DoesNotFit.

    ``attempt`` learns from the longest rows, that many at once, and changes nothing. On a CPU the
    system kills who takes too much, so there the ``estimate`` in bytes must fit first.
    """
    rows = batch
    while rows > 1 and free is not None and estimate(rows) > USABLE * free:
        rows = -(-rows // 2)
    while True:
        try:
            attempt(rows)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            free_memory(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
            if rows == 1:
                has = "" if free is None else f" {free // MIB:,} MB were free."
                raise DoesNotFit(
                    f"The longest row alone needs more memory than there is, about "
                    f"{estimate(1) // MIB:,} MB.{has} Shorten the rows, switch gradient "
                    "checkpointing on, or take a smaller base."
                ) from error
            rows = -(-rows // 2)
        else:
            return rows


def free_memory(device: torch.device) -> None:
    """Give back what torch keeps for later."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory is too small."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        "can't allocate memory" in str(error) or "out of memory" in str(error)
    )


def lower_priority(nice: int) -> None:
    """Leave the processor to others; never ask for more of it than before."""
    os.nice(max(0, nice - os.nice(0)))
