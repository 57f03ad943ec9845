"""The memory bandwidth of this machine, and the bytes that a step must read:

the floor of its time.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable

import torch

from workers.engine.checkpoint.spec import Dtype, ModelConfig

_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}


def measure_bandwidth(nbytes: int = 2**30, rounds: int = 7) -> float:
    """Bytes a second that all threads read together: the fastest way and round, of a sum, dot and
    matrix products, and a copy (whose writes are not counted), over large pages where the system
    gives them. None is quite the memory's own speed, so a step may come out a little faster than
    its floor; a large shared cache helps that too."""
    memory = mmap.mmap(-1, nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    buffer = torch.frombuffer(memory, dtype=torch.float32).fill_(1.0)
    first, second = buffer.chunk(2)
    narrow, wide = buffer.view(-1, 4096), buffer.view(4096, -1)
    vectors = torch.ones(4096), torch.ones(wide.shape[1])
    ways: tuple[tuple[int, Callable[[], object]], ...] = (
        (nbytes, buffer.sum),
        (nbytes, lambda: torch.dot(first, second)),
        (nbytes, lambda: narrow @ vectors[0]),
        (nbytes, lambda: wide @ vectors[1]),
        (nbytes // 2, lambda: first.copy_(second)),
    )
    fastest = 0.0
    for read, way in ways:
        for _ in range(rounds):
            started = time.perf_counter()
            way()
            fastest = max(fastest, read / (time.perf_counter() - started))
    return fastest


def weight_bytes(config: ModelConfig, dtype: Dtype) -> int:
    """Of a step: all weights but the embedding, of which it reads a row for each token."""
    return (config.parameters - config.vocab_size * config.n_embd) * _BYTES[dtype]


def cache_bytes(config: ModelConfig, dtype: Dtype, streams: int, context: int) -> int:
    """Keys and values that one step of decoding reads. With native kernels the engine keeps them in
    fp32 beside fp32 weights, and in half precision beside others."""
    item_bytes = 4 if dtype == "float32" else 2
    return 2 * config.n_layer * config.n_embd * item_bytes * streams * context
