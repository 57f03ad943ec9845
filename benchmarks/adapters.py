"""Eight tuned models and their base in one batch, against nine streams of the base.

    python -m benchmarks.adapters     # or: make bench-adapters

Both decode nine streams of as many tokens, by turns in one engine. The ratio of the two, each
turn against its own neighbour, is what the adapters cost. They have rank 16 on all six modules,
and each stream of the second kind has one of its own.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.engine_checkpoint import small_config, write_checkpoint
from benchmarks.engine_report import Report, Target, load_before, spread
from benchmarks.processes import machine
from workers.engine.adapters.adapter import MODULES, Adapter, LowRank, module_shape
from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig
from workers.engine.engine import Engine
from workers.engine.request import Finish, Request, SamplingParams

ADAPTERS = 8
RANK = 16
PROMPT = 24
DEMO = Path(__file__).resolve().parents[1] / "models" / "demo"
# Nobody ends by itself: the counts would differ.
NO_END = -100.0


def random_adapter(config: ModelConfig, seed: int, rank: int = RANK) -> Adapter:
    """An adapter of all modules, as a training with this rank leaves it."""
    draw = torch.Generator().manual_seed(seed)
    weights = {}
    for layer in range(config.n_layer):
        for module in MODULES:
            out, into = module_shape(config, module)
            a = torch.randn(rank, into, generator=draw) / into**0.5
            b = torch.randn(out, rank, generator=draw) * 0.02
            weights[layer, module] = LowRank(a, b, 2.0)
    return Adapter(name=f"adapter {seed}", digest=f"{seed:064x}", weights=weights)


def tokens_per_second(engine: Engine, names: list[str | None], tokens: int, turn: int) -> float:
    """Of all streams together, from the step after the first token of each to the last."""
    end = engine.vocabulary.eos_id
    params = SamplingParams(max_tokens=tokens, temperature=0.0, logit_bias=((end, NO_END),))
    chance = random.Random(turn)
    # The end of text is the first or the last token.
    first, behind = (end + 1, engine.config.vocab_size) if end == 0 else (0, end)
    for number, name in enumerate(names):
        prompt = tuple(chance.randrange(first, behind) for _ in range(PROMPT))
        engine.submit(Request(f"{number}", prompt, params, adapter=name))
    seen: set[str] = set()
    begun, made = 0.0, 0
    while engine.has_work:
        outputs = [out for out in engine.step() if not isinstance(out, Finish)]
        if len(seen) == len(names):
            made += len(outputs)
            continue
        seen |= {out.request_id for out in outputs}
        begun = time.perf_counter()
    return made / (time.perf_counter() - begun)


def measure(
    report: Report, name: str, folder: Path, target: float, *, tokens: int, turns: int
) -> None:
    engine = Engine.load(CheckpointSpec(folder), max_batch=16, cache_bytes=1 << 30)
    names: list[str | None] = [None]
    seconds = []
    for seed in range(ADAPTERS):
        adapter = random_adapter(engine.config, seed)
        begun = time.perf_counter()
        engine.load_adapter(adapter.name, adapter)
        seconds.append(time.perf_counter() - begun)
        names.append(adapter.name)
    bases: list[str | None] = [None] * len(names)
    tokens_per_second(engine, names, 8, 0)
    tokens_per_second(engine, bases, 8, 0)
    base, tuned, ratios = [], [], []
    for turn in range(1, turns + 1):
        # By turns which one is first: the machine may become slower meanwhile.
        pair = {}
        for kind in ("base", "tuned") if turn % 2 else ("tuned", "base"):
            streams = bases if kind == "base" else names
            pair[kind] = tokens_per_second(engine, streams, tokens, turn)
        base.append(pair["base"])
        tuned.append(pair["tuned"])
        ratios.append(pair["tuned"] / pair["base"])
    report.table(
        (name, "tokens/s"),
        [
            (f"{len(names)} streams of the base", spread(base)),
            (f"the base and {ADAPTERS} adapters", spread(tuned)),
            ("ratio", spread(ratios, 3)),
            ("load an adapter, ms", spread([1000 * one for one in seconds], 1)),
        ],
    )
    report.targets.append(
        Target(f"{name}: adapters against base", statistics.median(ratios), target, "ratio")
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--save", action="store_true", help="keep the report in benchmarks/results")
    options = parser.parse_args()
    load = load_before()
    report = Report("adapters", "Adapters beside their base", f"{machine()}, {load}")
    report.say(f"{machine()}, {load}, {torch.get_num_threads()} threads; rank {RANK}")
    sizes = {"tokens": options.tokens, "turns": options.turns}
    measure(report, "demo model", DEMO, 0.65, **sizes)
    with tempfile.TemporaryDirectory() as folder:
        written = write_checkpoint(small_config(), Path(folder))
        measure(report, "162 M model", written, 0.85, **sizes)
    report.finish(save=options.save)


if __name__ == "__main__":
    main()
