"""The cost of a step as streams and contexts grow, beside the bytes that it must read.

    python -m benchmarks.engine_growth             # or: make bench-growth
    python -m benchmarks.engine_growth --with-6b   # also one stream of a full-size GPT-J in bf16

Every stream has different tokens, so a step reads the keys and values of all of them. A stream's
longer prompts begin with its shorter ones, and each is computed once and then found in the cache;
so that all streams begin to decode in the same step. The decode steps after that one are timed.

The floor is bytes (all weights but the embedding, and the keys and values) over the bandwidth that
this machine showed in the same run.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

from benchmarks.engine_6b import measure_6b, report_6b
from benchmarks.engine_bandwidth import cache_bytes, measure_bandwidth, weight_bytes
from benchmarks.engine_checkpoint import TOKENS, small_config, write_checkpoint
from benchmarks.engine_report import Report, load_before
from benchmarks.peers.ours import OursPeer, kernels_used, load_engine
from benchmarks.processes import machine
from workers.engine.checkpoint.spec import DTYPES, Dtype, ModelConfig
from workers.engine.scheduling.blocks import BLOCK

STREAMS = (1, 2, 4, 8, 16, 32)
CONTEXTS = (64, 256, 512, 1024, 2048)
STEPS = 9
PASSES = 2
# All streams at the longest context, and room for the contexts of the shorter ones.
CACHE_BYTES = 6 * 2**30


@dataclass(slots=True)
class Point:
    """seconds: of the timed steps; context: mean tokens of a stream over the last of them."""

    seconds: list[float] = field(default_factory=list)
    context: float = 0.0


Table = dict[tuple[int, int], Point]


def measure_table(peer: OursPeer, positions: int) -> Table:
    """By (streams, context)."""
    table: Table = {(streams, context): Point() for context in CONTEXTS for streams in STREAMS}
    for _ in range(PASSES):
        for context in CONTEXTS:
            # Whole blocks and one token: only that one is left to compute, the rest is cached.
            length = min(context, (positions - STEPS - 1) // BLOCK * BLOCK) + 1
            prompts = [_prompt(stream, length) for stream in range(max(STREAMS))]
            peer.generate(prompts, 1)
            for streams in STREAMS:
                _measure(peer, prompts[:streams], positions, table[streams, context])
    return table


def _prompt(stream: int, length: int) -> list[int]:
    """The first `length` tokens of a stream's own text."""
    chance = random.Random(f"stream {stream}")
    return [chance.randrange(TOKENS - 1) for _ in range(length)]


def _measure(peer: OursPeer, prompts: list[list[int]], positions: int, point: Point) -> None:
    length = len(prompts[0])
    held = [peer.submit(prompt, positions - length) for prompt in prompts]
    while not all(each.times for each in held):
        peer.step()
    begun = statistics.mean(len(each.ids) for each in held)
    for _ in range(STEPS):
        started = time.perf_counter()
        peer.step()
        point.seconds.append(time.perf_counter() - started)
    if any(each.finished for each in held):
        raise RuntimeError(f"a stream ended before {STEPS} steps at {length} tokens were timed")
    peer.clear()
    point.context = length + begun + STEPS / 2


def report_table(
    report: Report,
    config: ModelConfig,
    dtype: Dtype,
    table: Table,
    bandwidth: float,
) -> None:
    def cell(streams: int, context: int) -> str:
        point = table[streams, context]
        seconds = statistics.median(point.seconds)
        nbytes = weight_bytes(config, dtype)
        nbytes += cache_bytes(config, dtype, streams, round(point.context))
        floor = nbytes / bandwidth
        return f"{1e3 * seconds:.1f} / {1e3 * floor:.1f} = {seconds / floor:.1f}"

    report.say(
        f"GPT-J of {config.n_layer} layers, width {config.n_embd}, random weights, {dtype}; keys "
        f"and values take {cache_bytes(config, dtype, 1, 1)} bytes a token. Milliseconds of a step "
        f"(median of {PASSES * STEPS}) / those of its floor = their ratio; under 1 where a step "
        "read faster than anything that the bandwidth was measured with."
    )
    report.table(
        ("streams", *(f"{context} tokens" for context in CONTEXTS)),
        [(str(n), *(cell(n, context) for context in CONTEXTS)) for n in STREAMS],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=["float32", "int8"])
    parser.add_argument("--layers", type=int, default=12, help="fewer, to try it out")
    parser.add_argument("--with-6b", action="store_true", help="also one stream of a full size")
    parser.add_argument("--only-6b", action="store_true", help="nothing but that")
    parser.add_argument("--folder", type=Path, help="a GPT-J-6B; else random weights are made")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    description = f"{machine()}, {options.threads} threads, {load_before()}"
    name = "engine_6b" if options.only_6b else "engine_growth"
    report = Report(name, "What a step costs as streams and contexts grow", description)
    bandwidths = [measure_bandwidth()]
    tables: dict[Dtype, Table] = {}
    config = small_config(options.layers)
    if not options.only_6b:
        with tempfile.TemporaryDirectory(prefix="bench-growth-") as temporary:
            checkpoint = write_checkpoint(config, Path(temporary))
            for dtype in options.dtypes:
                engine = load_engine(
                    checkpoint, dtype, max_batch=max(STREAMS), cache_bytes=CACHE_BYTES
                )
                tables[dtype] = measure_table(OursPeer(engine), config.n_positions)
                del engine
                bandwidths.append(measure_bandwidth())
    full = None
    if options.with_6b or options.only_6b:
        full = measure_6b(options.folder, options.threads)
        bandwidths.append(measure_bandwidth())
    # Something else may have used the memory during one of them.
    bandwidth = max(bandwidths)
    report.say(
        f"Memory is read at {bandwidth / 1e9:.1f} GB/s (most of {len(bandwidths)} measurements, "
        f"least {min(bandwidths) / 1e9:.1f}); {kernels_used()}."
    )
    for dtype, table in tables.items():
        report_table(report, config, dtype, table, bandwidth)
    if full is not None:
        report_6b(report, full, bandwidth)
    report.finish(save=options.save)


if __name__ == "__main__":
    main()
