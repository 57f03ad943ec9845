"""GPT-J-6B on a CUDA device: this engine, and transformers' `generate` in the same run.

    python -m benchmarks.engine_gpu                 # random weights (12.1 GB) in a temp folder
    python -m benchmarks.engine_gpu --folder DIR    # an existing checkpoint
    python -m benchmarks.engine_gpu --rehearse      # a tiny model on the CPU, to try the command

One stream; 64 streams at 512 tokens of context; and prompts alone. Peers are loaded and measured in
turn and then the other way round, so that they need not fit the device together. Targets are an
H200's. Exits 2 where there is no CUDA device. Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from benchmarks.engine_checkpoint import write_checkpoint
from benchmarks.engine_report import Report, Target, spread
from benchmarks.peers.ours import OursPeer, load_engine
from benchmarks.peers.transformers_peer import TransformersPeer
from benchmarks.processes import machine
from workers.engine.checkpoint.spec import Dtype, ModelConfig
from workers.engine.scheduling.blocks import BLOCK

SIX_B = ModelConfig(50_400, 2048, 4096, 28, 16, 64, 1e-5)
TINY = ModelConfig(600, 2048, 64, 2, 4, 16, 1e-5)
ROUNDS = 3
# For streams to be ready in, when one or two steps should do.
SPARE_STEPS = 16
# A call that times itself: from nothing in hand to the last token.
Run = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of the requests, in tokens."""

    prompt: int = 32
    new: int = 128
    streams: int = 64
    context: int = 512
    prefill_prompts: int = 16
    prefill_length: int = 1024


@dataclass(slots=True)
class Rates:
    """Tokens a second of one peer, by task."""

    name: str
    one: list[float] = field(default_factory=list)
    many: list[float] = field(default_factory=list)
    prefill: list[float] = field(default_factory=list)


class Prompts:
    """Random ones, never the same twice, so that no cache knows them."""

    def __init__(self, rows: int) -> None:
        # The last rows are no tokens.
        self._tokens = min(rows, 50_000) - 200
        self._generator = torch.Generator().manual_seed(7)

    def take(self, count: int, length: int) -> list[list[int]]:
        found: list[list[int]] = torch.randint(
            self._tokens, (count, length), generator=self._generator
        ).tolist()
        return found


def measure_ours(peer: OursPeer, sizes: Sizes, prompts: Prompts, rates: Rates) -> None:
    peer.generate(prompts.take(1, sizes.prompt), sizes.new)
    for _ in range(ROUNDS):
        held = peer.submit(prompts.take(1, sizes.prompt)[0], sizes.new)
        peer.run()
        rates.one.append((len(held.times) - 1) / (held.times[-1] - held.times[0]))
    for number in range(ROUNDS + 1):
        rate = _many_streams(peer, sizes, prompts)
        started = time.perf_counter()
        peer.generate(prompts.take(sizes.prefill_prompts, sizes.prefill_length), 1)
        took = time.perf_counter() - started
        # The first warms up: a device makes its graphs for so many rows when they first come.
        if number:
            rates.many.append(rate)
            rates.prefill.append(sizes.prefill_prompts * sizes.prefill_length / took)


def _many_streams(peer: OursPeer, sizes: Sizes, prompts: Prompts) -> float:
    """Tokens a second while all streams decode: half of the tokens come before the context named,
    half after it. The prompts are read before, into the cache, whole blocks and one token of each;
    so that all streams begin in the same step."""
    length = (sizes.context - sizes.new // 2) // BLOCK * BLOCK + 1
    asked = prompts.take(sizes.streams, length)
    peer.generate(asked, 1)
    held = [peer.submit(prompt, sizes.new + SPARE_STEPS) for prompt in asked]
    while not all(each.times for each in held):
        peer.step()
    before, started = sum(len(each.ids) for each in held), time.perf_counter()
    for _ in range(sizes.new):
        peer.step()
    took = time.perf_counter() - started
    made = sum(len(each.ids) for each in held) - before
    if made != sizes.streams * sizes.new:
        raise RuntimeError(f"{made} tokens in {sizes.new} steps of {sizes.streams} streams")
    peer.clear()
    return made / took


def measure_theirs(peer: TransformersPeer, sizes: Sizes, prompts: Prompts, rates: Rates) -> None:
    def seconds(count: int, length: int, new: int) -> float:
        asked = prompts.take(count, length)
        started = time.perf_counter()
        peer.generate(asked, new)
        return time.perf_counter() - started

    many = (sizes.streams, sizes.context - sizes.new // 2)
    for number in range(ROUNDS + 1):
        one = seconds(1, sizes.prompt, sizes.new) - seconds(1, sizes.prompt, 1)
        all_at_once = seconds(*many, sizes.new) - seconds(*many, 1)
        prefill = seconds(sizes.prefill_prompts, sizes.prefill_length, 1)
        if number:
            # The tokens after the first, in the time that is not the prompt's.
            rates.one.append((sizes.new - 1) / one)
            rates.many.append(sizes.streams * (sizes.new - 1) / all_at_once)
            rates.prefill.append(sizes.prefill_prompts * sizes.prefill_length / prefill)


def measure(folder: Path, device: str, sizes: Sizes, prompts: Prompts) -> list[Rates]:
    ours: dict[Dtype, Rates] = {
        "bfloat16": Rates("ours bf16"),
        "int8": Rates("ours int8"),
    }
    generate = Rates("transformers bf16, generate")

    def run_ours(dtype: Dtype) -> None:
        # Keys and values of all streams at their longest, in two bytes (four on a CPU).
        config = ModelConfig.load(folder)
        positions = sizes.streams * (sizes.context + 2 * sizes.new) + 2048
        item = 4 if device == "cpu" else 2
        engine = load_engine(
            folder,
            dtype,
            max_batch=sizes.streams,
            cache_bytes=2 * config.n_layer * config.n_embd * item * positions,
            device=device,
        )
        measure_ours(OursPeer(engine), sizes, prompts, ours[dtype])

    def run_theirs() -> None:
        peer = TransformersPeer(folder, torch.bfloat16, device)
        measure_theirs(peer, sizes, prompts, generate)

    turn = [lambda: run_ours("bfloat16"), lambda: run_ours("int8"), run_theirs]
    for run in [*turn, *reversed(turn)]:
        run()
        gc.collect()
        if device != "cpu":
            torch.cuda.empty_cache()
    return [*ours.values(), generate]


def report_rates(report: Report, rates: list[Rates], sizes: Sizes) -> None:
    report.say(
        f"Greedy. One stream: {sizes.new} tokens after {sizes.prompt}. {sizes.streams} streams: "
        f"about {sizes.new} tokens each around a context of {sizes.context}. Both without the "
        f"time of the prompts. Prompts: {sizes.prefill_prompts} of {sizes.prefill_length} tokens."
    )
    report.table(
        ("tokens/s", "1 stream", f"{sizes.streams} streams", "prompts"),
        [
            (each.name, spread(each.one, 1), spread(each.many), spread(each.prefill))
            for each in rates
        ],
    )


def targets_of(rates: list[Rates], sizes: Sizes) -> list[Target]:
    bf16, int8 = rates[0], rates[1]
    many = f"bf16, {sizes.streams} streams at {sizes.context} tokens"
    return [
        Target(name, statistics.median(values), target, "tokens/s")
        for name, values, target in (
            ("bf16, 1 stream", bf16.one, 300.0),
            ("int8, 1 stream", int8.one, 550.0),
            (many, bf16.many, 7500.0),
            ("bf16, prompts", bf16.prefill, 45_000.0),
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="a GPT-J-6B; else random weights are made")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--rehearse", action="store_true", help="a tiny model on the CPU")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results")
    options = parser.parse_args()
    if not options.rehearse and not torch.cuda.is_available():
        print(
            "There is no CUDA device here: torch sees none. Run this on a machine that has one, "
            "with a CUDA build of torch; --rehearse tries the command on the CPU.",
            file=sys.stderr,
        )
        sys.exit(2)
    if options.rehearse:
        device, sizes, kind = "cpu", Sizes(8, 8, 4, 64, 2, 64), f"rehearsal, {machine()}"
    else:
        device, sizes, kind = options.device, Sizes(), torch.cuda.get_device_name(options.device)
    report = Report("engine_gpu", "GPT-J-6B on a CUDA device", kind)
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as temporary:
        folder = options.folder
        if folder is None:
            config = TINY if options.rehearse else SIX_B
            folder = write_checkpoint(config, Path(temporary), "bfloat16")
        prompts = Prompts(ModelConfig.load(folder).vocab_size)
        rates = measure(folder, device, sizes, prompts)
    report_rates(report, rates, sizes)
    if not options.rehearse:
        report.targets += targets_of(rates, sizes)
    report.finish(save=options.save)


if __name__ == "__main__":
    main()
