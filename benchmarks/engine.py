"""Tokens a second of the engine, beside the alternatives.

    python -m benchmarks.engine            # or: make bench-engine
    make bench-engine ISA=v3               # as on a CPU without AVX-512, for all peers

A random GPT-J of 162 M parameters; prompts of 32 tokens and 32 new ones, greedy, at 1, 4 and 16
streams; two threads for all. Rounds alternate: each round has new prompts (none is in a cache),
every other round runs in the opposite order, and the printed figure is the median, with the least
and the most. This engine and transformers run in this process, CTranslate2 beside it
(peers/ctranslate2_peer.py says why); while one runs, the others are idle. A rate is all new tokens
over the time from the submission of the first request to the last token. Then: what int8 costs in
accuracy, on the demo model, and whether a request's numbers depend on its batch.

CTranslate2 is run in two ways: one batch on all threads, which is its default, and the batch cut in
two, each on one thread, which suits its int8 better. Targets are against the better one.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import torch

from benchmarks.engine_accuracy import (
    DEMO,
    batch_dependence,
    held_out_texts,
    mean_divergence,
    scored_logprobs,
)
from benchmarks.engine_checkpoint import TOKENS, small_config, write_checkpoint
from benchmarks.engine_report import Report, Target, load_before, spread
from benchmarks.peers import Prompts, Timed, timed
from benchmarks.peers.ctranslate2_peer import CTranslate2Peer, convert
from benchmarks.peers.ours import OursPeer, kernels_used, load_engine
from benchmarks.peers.transformers_peer import TransformersPeer
from benchmarks.peers.vllm_peer import VllmPeer, vllm_is_there
from benchmarks.processes import machine
from workers.engine.backends.native.isa import isa_in_use
from workers.engine.checkpoint.spec import Dtype, Kernels

STREAMS = (1, 4, 16)
LENGTH = 32
DTYPES: tuple[Dtype, ...] = ("float32", "bfloat16", "int8")
KERNELS: tuple[Kernels, ...] = ("auto", "torch")
SHORT = {"float32": "fp32", "bfloat16": "bf16", "int8": "int8"}
REFERENCE = "transformers fp32, static batch"
# At 1, 4 and 16 streams: ours in a dtype over CTranslate2's better layout in another.
Ratios = tuple[tuple[str, str, tuple[float, float, float]], ...]
WITH_VNNI: Ratios = (
    ("int8", "int8", (1.7, 1.25, 1.3)),
    ("fp32", "fp32", (1.0, 1.5, 1.7)),
    ("bf16", "int8", (1.3, 1.3, 0.95)),
)
WITHOUT_VNNI: Ratios = (
    ("int8", "int8", (2.0, 2.0, 1.4)),
    ("fp32", "fp32", (1.0, 1.5, 1.4)),
    ("bf16", "int8", (1.3, 1.3, 0.95)),
)
CACHE_BYTES = 512 * 2**20
# Long enough for the threads of one peer to stop spinning before another's begin.
PAUSE = 0.05


@dataclass(slots=True)
class Row:
    """One way to generate. sample: run only so many of the requests; for what runs one by one,
    where the rest would be more of the same."""

    name: str
    generate: Callable[[Prompts, int], Timed]
    sample: int | None = None
    rates: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in STREAMS})
    equal: int = 0
    compared: int = 0

    def run(self, prompts: Prompts, new_tokens: int) -> tuple[float, list[list[int]]]:
        """Tokens a second, and the tokens."""
        taken = prompts[: self.sample]
        time.sleep(PAUSE)
        found = self.generate(taken, new_tokens)
        if [len(ids) for ids in found.ids] != [new_tokens] * len(taken):
            raise RuntimeError(f"{self.name} gave {[len(ids) for ids in found.ids]} tokens")
        return len(taken) * new_tokens / found.seconds, found.ids


def ours_name(dtype: str, kernels: Kernels = "auto") -> str:
    return f"ours {SHORT[dtype]}" + (", without native kernels" if kernels == "torch" else "")


def ct2_name(dtype: str, workers: int) -> str:
    layout = "1 batch x 2 threads" if workers == 1 else "2 batches x 1 thread"
    return f"CTranslate2 {dtype}, {layout}"


def make_rows(folder: Path, threads: int, layers: int, beside: ExitStack) -> list[Row]:
    """All peers, loaded, in the order of the table."""
    checkpoint = write_checkpoint(small_config(layers), folder / "checkpoint")
    converted = convert(checkpoint, folder / "ctranslate2")
    rows = []
    for kernels in KERNELS:
        for dtype in DTYPES:
            engine = load_engine(
                checkpoint, dtype, kernels=kernels, max_batch=16, cache_bytes=CACHE_BYTES
            )
            rows.append(Row(ours_name(dtype, kernels), timed(OursPeer(engine).generate)))
    plain = TransformersPeer(checkpoint, torch.float32)
    rows.append(Row("transformers fp32, one by one", timed(plain.one_by_one), sample=2))
    rows.append(Row(REFERENCE, timed(plain.generate)))
    for compute in ("float32", "int8"):
        for workers in (1, 2):
            peer = beside.enter_context(CTranslate2Peer(converted, compute, threads, workers))
            rows.append(Row(ct2_name(SHORT[compute], workers), peer.generate))
    if vllm_is_there():
        for dtype in ("float32", "bfloat16"):
            peer_vllm = VllmPeer(checkpoint, dtype)
            rows.append(Row(f"vLLM {SHORT[dtype]}", timed(peer_vllm.generate)))
    return rows


def prompts_of(count: int, seed: str) -> list[list[int]]:
    chance = random.Random(seed)
    return [chance.choices(range(TOKENS - 1), k=LENGTH) for _ in range(count)]


def measure(rows: list[Row], rounds: int) -> None:
    for count in STREAMS:
        for row in rows:
            row.run(prompts_of(count, f"warm-up {count}"), 4)
    for number in range(rounds):
        for count in STREAMS:
            prompts = prompts_of(count, f"{number} {count}")
            found = {}
            for row in reversed(rows) if number % 2 else rows:
                rate, found[row.name] = row.run(prompts, LENGTH)
                row.rates[count].append(rate)
            for row in rows:
                row.compared += len(found[row.name])
                pairs = zip(found[row.name], found[REFERENCE], strict=False)
                row.equal += sum(ids == wanted for ids, wanted in pairs)


def report_rates(report: Report, rows: list[Row]) -> None:
    report.table(
        ("tokens/s", *(f"{n} stream{'s' * (n > 1)}" for n in STREAMS), "as transformers"),
        [
            (
                row.name,
                *(spread(row.rates[count]) for count in STREAMS),
                f"{row.equal} of {row.compared}",
            )
            for row in rows
        ],
    )
    report.say(
        "The last column: texts whose 32 tokens are those of transformers in fp32; random weights "
        "part easily where a number is rounded. One by one: the first two requests of each round "
        "are timed, since the others would be more of the same."
    )
    median = {row.name: {n: statistics.median(row.rates[n]) for n in STREAMS} for row in rows}
    for mine, theirs, targets in WITH_VNNI if isa_in_use().endswith("-vnni") else WITHOUT_VNNI:
        for count, target in zip(STREAMS, targets, strict=True):
            better = max(median[ct2_name(theirs, workers)][count] for workers in (1, 2))
            ratio = median[f"ours {mine}"][count] / better
            name = f"{mine} over CTranslate2 {theirs} at {count}, its better layout"
            report.targets.append(Target(name, ratio, target, "x"))


def measure_accuracy(report: Report, folder: Path, threads: int, documents: int) -> None:
    texts = held_out_texts(documents)
    reference = TransformersPeer(DEMO, torch.float32).logprobs
    converted = convert(DEMO, folder / "demo")
    found: dict[str, float] = {}
    for dtype in DTYPES:
        for kernels in KERNELS:
            engine = load_engine(DEMO, dtype, kernels=kernels, max_batch=1, cache_bytes=CACHE_BYTES)
            name = ours_name(dtype, kernels)
            found[name] = mean_divergence(reference, scored_logprobs(engine), texts)
    for compute in ("float32", "int8"):
        with CTranslate2Peer(converted, compute, threads) as peer:
            name = f"CTranslate2 {SHORT[compute]}"
            found[name] = mean_divergence(reference, peer.logprobs, texts)
    positions = sum(len(ids) - 1 for ids in texts)
    report.say()
    report.say(f"Accuracy: the demo model, {len(texts)} held-out texts, {positions} positions.")
    report.table(
        ("mean KL(transformers fp32 to it)", "nats"),
        [(name, f"{value:.2e}") for name, value in found.items()],
    )
    ratio = found["ours int8"] / found["CTranslate2 int8"]
    report.targets.append(
        Target("int8's KL over CTranslate2 int8's", ratio, 1.0, "x", at_most=True)
    )


def measure_dependence(report: Report, checkpoint: Path) -> None:
    rows = []
    for dtype in DTYPES:
        for kernels in KERNELS:
            engine = load_engine(
                checkpoint,
                dtype,
                kernels=kernels,
                max_batch=16,
                cache_bytes=CACHE_BYTES,
                prefix_cache=False,
            )
            worst, parted = batch_dependence(OursPeer(engine), TOKENS - 1, 16, LENGTH // 2)
            rows.append((ours_name(dtype, kernels), f"{worst:.1e}", str(parted)))
            if kernels == "auto":
                name = f"{SHORT[dtype]}: logprobs alone and in a batch of 16, difference"
                report.targets.append(Target(name, worst, 0.0, "nats", at_most=True))
    report.say(
        "Four requests, each alone and then in a batch of 16 with prompts of 8 to 90 tokens."
    )
    report.table(("alone and in a batch", "largest difference", "tokens that differ"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="that are counted")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--layers", type=int, default=12, help="fewer, to try it out")
    parser.add_argument("--documents", type=int, default=4, help="of each task, for the accuracy")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    description = f"{machine()}, {options.threads} threads for all, {load_before()}"
    isa = isa_in_use()
    report = Report(f"engine-{isa}", f"The engine beside its peers, {isa}", description)
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as temporary:
        folder = Path(temporary)
        report.say(
            f"GPT-J of {options.layers} layers, width 768, random weights; {LENGTH} tokens of "
            f"prompt, {LENGTH} new; median of {options.rounds} rounds (least-most); "
            f"{kernels_used()}."
        )
        with ExitStack() as beside:
            rows = make_rows(folder, options.threads, options.layers, beside)
            measure(rows, options.rounds)
        if torch.get_num_threads() != options.threads:
            raise RuntimeError(f"a peer left torch with {torch.get_num_threads()} threads")
        report_rates(report, rows)
        measure_accuracy(report, folder, options.threads, options.documents)
        measure_dependence(report, folder / "checkpoint")
    report.finish(save=options.save)


if __name__ == "__main__":
    main()
