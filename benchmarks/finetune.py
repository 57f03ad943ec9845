"""Useful tokens a second of a fine-tune: ours, and transformers' Trainer with PEFT.

`make bench-finetune`. A GPT-J of 12 layers and width 768 with random weights, LoRA on all linear
layers, the same rows, rank, rate, dropout and batch of 16 for both; the rest is Trainer's default:
batches of 8 in random order, padded to the longest. Each run is a process of its own, in turn.
Useful are tokens that are no padding. At the end, generation beside a job on the same cores,
against generation alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import finetune_beside
from benchmarks.engine_checkpoint import small_config
from benchmarks.engine_report import Report, Target, load_before, spread
from benchmarks.finetune_runs import Rows, Run
from benchmarks.processes import machine
from tools.random_checkpoint import RandomCheckpoint, write

ROOT = Path(__file__).resolve().parent.parent
TOPICS = ROOT / "examples" / "datasets" / "support-topics.txt"
TOKENIZER = ROOT / "models" / "demo"
# In turn, and the other way round, so that a machine that warms up favours neither.
ORDER = ("ours", "trainer", "trainer", "ours")
FASTER = {"topics": 1.9, "mixed": 2.5}
SHORTEST, LONGEST = 20, 512
MEGA = 2**20


def topics_rows(rows: int) -> Rows:
    """Prompt and completion of support messages, as the product divides them."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
    found: Rows = []
    for line in TOPICS.read_text(encoding="utf-8").splitlines()[:rows]:
        text = line.removesuffix("<|endoftext|>")
        cut = text.rindex(" Topic:") + len(" Topic:")
        prompt, completion = (tokenizer.encode(part).ids for part in (text[:cut], text[cut:]))
        found.append((prompt, [*completion, 0]))
    return found


def mixed_rows(rows: int) -> Rows:
    """Lengths of 20 to 512, each octave as often; a quarter of a row is completion."""
    rng = random.Random(1)
    found: Rows = []
    for _ in range(rows):
        length = round(SHORTEST * (LONGEST / SHORTEST) ** rng.random())
        start = rng.randrange(5000)
        ids = [1 + (start + place) % 5000 for place in range(length - 1)] + [0]
        cut = length - max(2, length // 4)
        found.append((ids[:cut], ids[cut:]))
    return found


def measure(
    peer: str, folder: Path, rows: Rows, *, seed: int, threads: int, device: str = "cpu"
) -> Run:
    """One run in a process of its own."""
    question = {
        "peer": peer,
        "folder": str(folder),
        "rows": rows,
        "seed": seed,
        "threads": threads,
        "device": device,
    }
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.finetune_runs"],
        input=json.dumps(question),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": str(threads)} | hidden,
    ).stdout
    return Run(**json.loads(answer.splitlines()[-1]))


def compare(report: Report, name: str, runs: dict[str, list[Run]]) -> None:
    """The table of one dataset, and its targets."""
    ours, trainer = runs["ours"], runs["trainer"]
    report.table(
        (
            name,
            "useful tokens/s",
            "CPU s of 1,000",
            "peak MB",
            "loss of each epoch",
            "held-out loss",
        ),
        [
            (
                peer,
                spread([run.tokens_per_s for run in found]),
                spread([run.cpu_s for run in found], 1),
                spread([run.peak_bytes / MEGA for run in found]),
                ", ".join(f"{loss:.2f}" for loss in found[0].losses),
                spread([run.held_out for run in found], 3),
            )
            for peer, found in runs.items()
        ],
    )

    def middle(found: list[Run], field: str) -> float:
        values: list[float] = [getattr(run, field) for run in found]
        return statistics.median(values)

    faster = middle(ours, "tokens_per_s") / middle(trainer, "tokens_per_s")
    memory = middle(ours, "peak_bytes") / middle(trainer, "peak_bytes")
    apart = abs(middle(ours, "held_out") / middle(trainer, "held_out") - 1)
    report.targets += [
        Target(f"{name}: over Trainer", faster, FASTER[name], "x"),
        Target(f"{name}: peak memory against Trainer", memory, 1.0, "x", at_most=True),
        Target(f"{name}: held-out loss apart from Trainer's", apart, 0.05, "", at_most=True),
    ]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=128, help="rows trained on, a multiple of 16")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--only", choices=[*sorted(FASTER), "beside"])
    parser.add_argument("--save", action="store_true", help="keep it in benchmarks/results")
    options = parser.parse_args()
    report = Report(
        "finetune",
        "Fine-tuning against Trainer and PEFT",
        f"{machine()}, {options.threads} threads, {load_before()}",
    )
    made: dict[str, Any] = {"topics": topics_rows, "mixed": mixed_rows}
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "base"
        checkpoint = RandomCheckpoint(small_config(options.layers), dtype="float32", seed=5)
        write(checkpoint, folder, tokenizer=TOKENIZER)
        for name, make in made.items():
            if options.only in (None, name):
                rows: Rows = make(options.rows + options.rows // 4)
                runs: dict[str, list[Run]] = {"ours": [], "trainer": []}
                for number, peer in enumerate(ORDER):
                    run = measure(
                        peer,
                        folder,
                        rows,
                        seed=number // 2,
                        threads=options.threads,
                        device=options.device,
                    )
                    report.say(f"{name}, {peer}: {run.tokens_per_s:.0f} tokens/s")
                    runs[peer].append(run)
                compare(report, name, runs)
        if options.device == "cpu" and options.only in (None, "beside"):
            finetune_beside.measure(report, Path(work))
    report.finish(save=options.save)


if __name__ == "__main__":
    main()
