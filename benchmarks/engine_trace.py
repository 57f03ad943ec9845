"""The trace that users make: 64 requests of all lengths, most of them with a shared beginning.

    python -m benchmarks.engine_trace      # or: make bench-trace

(a) All at once: the time to the last token, of the engine, of transformers' `generate` one by one,
and of CTranslate2 in the layout that suits it best (peers/ctranslate2_peer.py says which were
tried); all in fp32, and in int8 where there is one. Each measurement of the engine is of a new one,
whose cache holds nothing; it is measured before and after the others.
(b) The engine alone, Poisson arrivals at half the rate that it sustained in (a): the time from
arrival to the first token, and between the tokens of a request.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from benchmarks.engine_checkpoint import TOKENS, small_config, write_checkpoint
from benchmarks.engine_report import Report, Target, load_before, percentile, spread
from benchmarks.engine_requests import TraceRequest, arrivals, make_trace
from benchmarks.peers.ctranslate2_peer import LAYOUTS, CTranslate2Peer, Layout, convert
from benchmarks.peers.ours import OursPeer, Timeline, kernels_used, load_engine
from benchmarks.peers.transformers_peer import TransformersPeer
from benchmarks.processes import machine
from workers.engine.checkpoint.spec import Dtype

DTYPES: tuple[Dtype, ...] = ("int8", "float32")
SHORT = {"float32": "fp32", "int8": "int8"}
GENERATE = "transformers fp32, generate one by one"
CACHE_BYTES = 4 * 2**30
OVER_GENERATE, OVER_CTRANSLATE2, P99_OVER_MEDIAN = 5.0, 1.5, 4.0


@dataclass(slots=True)
class Served:
    """How one way served the trace: seconds of each time it did, and the last time's tokens."""

    name: str
    seconds: list[float] = field(default_factory=list)
    found: list[list[int]] = field(default_factory=list)

    def add(self, trace: Sequence[TraceRequest], seconds: float, found: list[list[int]]) -> None:
        wrong = [
            (len(ids), request.new_tokens)
            for ids, request in zip(found, trace, strict=True)
            if len(ids) != request.new_tokens
        ]
        if wrong:
            raise RuntimeError(f"{self.name} gave {wrong[0][0]} tokens of {wrong[0][1]}")
        self.seconds.append(seconds)
        self.found = found


def fresh_engine(checkpoint: Path, dtype: Dtype, options: argparse.Namespace) -> OursPeer:
    """One that has run, but holds nothing of the trace."""
    engine = load_engine(checkpoint, dtype, max_batch=options.max_batch, cache_bytes=CACHE_BYTES)
    peer = OursPeer(engine)
    warm = make_trace("warm-up", TOKENS - 1)[:4]
    peer.generate([request.prompt[:200] for request in warm], 8)
    return peer


def all_at_once(peer: OursPeer, trace: Sequence[TraceRequest], served: Served) -> None:
    started = time.perf_counter()
    held = [peer.submit(request.prompt, request.new_tokens) for request in trace]
    peer.run()
    served.add(trace, time.perf_counter() - started, [each.ids for each in held])


def by_ctranslate2(
    peer: CTranslate2Peer, trace: Sequence[TraceRequest], layout: Layout, served: Served
) -> None:
    peer.generate([request.prompt[:16] for request in make_trace("warm-up", TOKENS - 1)[:4]], 8)
    found = peer.serve(trace, layout)
    served.add(trace, found.seconds, found.ids)


def by_generate(peer: TransformersPeer, trace: Sequence[TraceRequest], served: Served) -> None:
    peer.generate([trace[0].prompt[:16]], 8)
    started = time.perf_counter()
    found = [peer.generate([request.prompt], request.new_tokens)[0] for request in trace]
    served.add(trace, time.perf_counter() - started, found)


def serve_all(
    folder: Path, trace: Sequence[TraceRequest], options: argparse.Namespace
) -> dict[str, Served]:
    """Ours, CTranslate2, `generate`, and ours again; by name."""
    checkpoint = folder / "checkpoint"
    converted = convert(checkpoint, folder / "ctranslate2")
    ours = {dtype: Served(f"ours {SHORT[dtype]}") for dtype in DTYPES}
    for dtype in DTYPES:
        all_at_once(fresh_engine(checkpoint, dtype, options), trace, ours[dtype])
    peers: list[Served] = []
    layouts: Sequence[Layout] = LAYOUTS
    for dtype in DTYPES:
        done = [Served(f"CTranslate2 {SHORT[dtype]}, {layout}") for layout in layouts]
        threads = options.threads
        with CTranslate2Peer(converted, dtype, threads, workers=threads) as peer:
            for layout, served in zip(layouts, done, strict=True):
                by_ctranslate2(peer, trace, layout, served)
        peers += done
        if not options.all_layouts:
            # The better way in int8 is good enough for fp32.
            layouts = [min(zip(done, layouts, strict=True), key=lambda pair: pair[0].seconds)[1]]
    if not options.without_generate:
        peers.append(Served(GENERATE))
        by_generate(TransformersPeer(checkpoint, torch.float32), trace, peers[-1])
    for dtype in reversed(DTYPES):
        all_at_once(fresh_engine(checkpoint, dtype, options), trace, ours[dtype])
    return {served.name: served for served in [*ours.values(), *peers]}


def report_all(report: Report, served: dict[str, Served], trace: Sequence[TraceRequest]) -> None:
    new = sum(request.new_tokens for request in trace)
    # What all that run in fp32 should agree with.
    reference = served.get(GENERATE, served["ours fp32"])
    report.table(
        (
            "all at once",
            "seconds to the last token",
            "times",
            "new tokens/s",
            f"as {reference.name}",
        ),
        [
            (
                each.name,
                spread(each.seconds, 1),
                str(len(each.seconds)),
                f"{new / statistics.median(each.seconds):.0f}",
                f"{_equal(each, reference)} of {len(trace)}",
            )
            for each in served.values()
        ],
    )
    report.say(
        "The last column: texts that are the same to the last token; random weights part easily "
        "where a number is rounded."
    )
    if GENERATE in served:
        ratio = statistics.median(served[GENERATE].seconds)
        ratio /= statistics.median(served["ours fp32"].seconds)
        report.targets.append(Target("fp32 over generate one by one", ratio, OVER_GENERATE, "x"))
    for dtype in DTYPES:
        name = SHORT[dtype]
        best = min(
            statistics.median(each.seconds)
            for each in served.values()
            if each.name.startswith(f"CTranslate2 {name}")
        )
        ratio = best / statistics.median(served[f"ours {name}"].seconds)
        report.targets.append(
            Target(f"{name} over CTranslate2 {name}", ratio, OVER_CTRANSLATE2, "x")
        )


def _equal(served: Served, other: Served) -> int:
    return sum(a == b for a, b in zip(served.found, other.found, strict=True))


def poisson(peer: OursPeer, trace: Sequence[TraceRequest], rate: float) -> list[Timeline]:
    """Serves requests as they come. A request arrives when its time has come, even where a step
    keeps the engine from taking it then."""
    due = arrivals("poisson", len(trace), rate)
    held: list[Timeline] = []
    started = time.perf_counter()
    while len(held) < len(trace) or peer.engine.has_work:
        now = time.perf_counter() - started
        while len(held) < len(trace) and due[len(held)] <= now:
            request = trace[len(held)]
            timeline = peer.submit(request.prompt, request.new_tokens)
            timeline.arrived = started + due[len(held)]
            held.append(timeline)
        if peer.engine.has_work:
            peer.step()
        else:
            time.sleep(max(0.0, due[len(held)] - now))
    return held


def report_poisson(report: Report, dtype: Dtype, rate: float, held: list[Timeline]) -> list[str]:
    first = [1e3 * (each.times[0] - each.arrived) for each in held]
    between = [
        1e3 * (after - before) for each in held for before, after in itertools.pairwise(each.times)
    ]
    median, p99 = statistics.median(between), percentile(between, 0.99)
    name = f"{SHORT[dtype]}: p99 over median between tokens"
    report.targets.append(Target(name, p99 / median, P99_OVER_MEDIAN, "x", at_most=True))
    figures = [statistics.median(first), percentile(first, 0.99), median, p99, max(between)]
    return [f"ours {SHORT[dtype]}", f"{rate:.2f}", *(f"{figure:.0f}" for figure in figures)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--max-batch", type=int, default=32, help="of the engine")
    parser.add_argument("--all-layouts", action="store_true", help="CTranslate2's in fp32 too")
    parser.add_argument("--without-generate", action="store_true", help="it takes minutes")
    parser.add_argument("--requests", type=int, default=64, help="fewer, to try it out")
    parser.add_argument("--layers", type=int, default=12, help="fewer, to try it out")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    description = f"{machine()}, {options.threads} threads for all, {load_before()}"
    report = Report("engine_trace", "The trace that users make", description)
    trace = make_trace("trace", TOKENS - 1)[: options.requests]
    with tempfile.TemporaryDirectory(prefix="bench-trace-") as temporary:
        folder = Path(temporary)
        checkpoint = write_checkpoint(small_config(options.layers), folder / "checkpoint")
        report.say(
            f"GPT-J of {options.layers} layers, width 768, random weights; {len(trace)} requests, "
            f"{sum(len(request.prompt) for request in trace)} tokens of prompts "
            f"({sum(request.shared for request in trace)} of them in shared prefixes), "
            f"{sum(request.new_tokens for request in trace)} new ones; at most "
            f"{options.max_batch} streams of ours at once; {kernels_used()}."
        )
        served = serve_all(folder, trace, options)
        report_all(report, served, trace)
        rows = []
        later = make_trace("poisson", TOKENS - 1)[: options.requests]
        for dtype in DTYPES:
            seconds = statistics.median(served[f"ours {SHORT[dtype]}"].seconds)
            rate = 0.5 * len(trace) / seconds
            held = poisson(fresh_engine(checkpoint, dtype, options), later, rate)
            rows.append(report_poisson(report, dtype, rate, held))
    report.say("Poisson arrivals at half the rate that was sustained; milliseconds.")
    report.table(
        (
            "arriving",
            "requests/s",
            "first token, median",
            "p99",
            "between tokens, median",
            "p99",
            "most",
        ),
        rows,
    )
    report.finish(save=options.save)


if __name__ == "__main__":
    main()
