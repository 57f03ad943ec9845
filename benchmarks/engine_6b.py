"""One stream of a full-size GPT-J in bf16 on a CPU: this engine, and transformers' `generate`.

Each is measured in a separate process, in turn, because a machine of 24 GiB cannot hold both.
`benchmarks.engine_growth --only-6b` runs this.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.engine_bandwidth import cache_bytes, weight_bytes
from benchmarks.engine_report import Report, Target, spread
from workers.engine.checkpoint.spec import ModelConfig

ROOT = Path(__file__).resolve().parent.parent
PROMPT = tuple(range(32, 64))
NEW_TOKENS = 12
# In turn, and the other way round.
ORDER = ("ours", "transformers", "transformers", "ours")
OVER_TRANSFORMERS, OVER_FLOOR = 1.0, 1.5


class Clock:
    """A streamer of transformers: when each token was there."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def put(self, value: Any) -> None:
        self.times.append(time.perf_counter())

    def end(self) -> None:
        pass


def token_times(peer: str, folder: Path) -> list[float]:
    """`perf_counter` at each token of one greedy request. To be run in a new process."""
    if peer == "ours":
        from benchmarks.peers.ours import OursPeer, load_engine

        engine = load_engine(folder, "bfloat16", max_batch=1, cache_bytes=2**30)
        ours = OursPeer(engine)
        ours.generate([PROMPT], 2)
        timeline = ours.submit(PROMPT, NEW_TOKENS)
        ours.run()
        return timeline.times
    from benchmarks.peers.transformers_peer import TransformersPeer

    clock = Clock()
    theirs = TransformersPeer(folder, torch.bfloat16)
    theirs.generate([PROMPT], 2)
    theirs.generate([PROMPT], NEW_TOKENS, clock)
    # It also says when it was given the prompt.
    return clock.times[1:]


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds between tokens, by peer."""

    config: ModelConfig
    seconds: dict[str, list[float]]


def measure_6b(given: Path | None, threads: int) -> Measured:
    """Writes random weights (12.1 GB) to a temporary folder where none is given."""
    with tempfile.TemporaryDirectory(prefix="gptj-6b-") as temporary:
        folder = given or Path(temporary)
        if given is None:
            maker = [sys.executable, str(ROOT / "tools/random_checkpoint.py"), "--out", temporary]
            subprocess.run(maker, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, list[float]] = {"ours": [], "transformers": []}
        for peer in ORDER:
            found[peer] += _seconds_between(peer, folder, threads)
        return Measured(ModelConfig.load(folder), found)


def report_6b(report: Report, measured: Measured, bandwidth: float) -> None:
    config, found = measured.config, measured.seconds
    context = len(PROMPT) + NEW_TOKENS // 2
    nbytes = weight_bytes(config, "bfloat16") + cache_bytes(config, "bfloat16", 1, context)
    floor = nbytes / bandwidth
    median = {peer: statistics.median(seconds) for peer, seconds in found.items()}
    report.say(
        f"One stream of a GPT-J of {config.parameters / 1e9:.2f} billion parameters in bf16, "
        f"{len(PROMPT)} tokens of prompt, {NEW_TOKENS} new; processes in the order "
        f"{', '.join(ORDER)}. Floor: {nbytes / 1e9:.2f} GB, {1e3 * floor:.0f} ms."
    )
    report.table(
        ("one stream, bf16", "ms a token", "tokens timed", "over the floor"),
        [
            (
                peer,
                spread([1e3 * value for value in seconds]),
                str(len(seconds)),
                f"{median[peer] / floor:.2f}",
            )
            for peer, seconds in found.items()
        ],
    )
    report.targets += [
        Target(
            "6B bf16: time a token over transformers'",
            median["ours"] / median["transformers"],
            OVER_TRANSFORMERS,
            "x",
            at_most=True,
        ),
        Target(
            "6B bf16: time a token over the floor (stretch)",
            median["ours"] / floor,
            OVER_FLOOR,
            "x",
            at_most=True,
        ),
    ]


def _seconds_between(peer: str, folder: Path, threads: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.engine_6b", "--measure", peer]
    command += ["--folder", str(folder), "--threads", str(threads)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    times: list[float] = json.loads(done.stdout.splitlines()[-1])
    if len(times) != NEW_TOKENS:
        raise RuntimeError(f"{peer} gave {len(times)} tokens of {NEW_TOKENS}")
    return [after - before for before, after in itertools.pairwise(times)]


def main() -> None:
    parser = argparse.ArgumentParser(description="The measured process of benchmarks.engine_6b")
    parser.add_argument("--measure", choices=("ours", "transformers"), required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(json.dumps(token_times(options.measure, options.folder)))


if __name__ == "__main__":
    main()
