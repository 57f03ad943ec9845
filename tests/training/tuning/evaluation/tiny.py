"""A base model of a few thousand weights, and rows that can be learnt."""

import functools
import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

from tools.random_checkpoint import RandomCheckpoint, write
from workers.engine.checkpoint.spec import ModelConfig
from workers.training.packing import label_states, pack_rows
from workers.training.tuning.base import Base, load_base
from workers.training.tuning.evaluation.rows import Row
from workers.training.tuning.inference import encode_row

CHECKPOINT = RandomCheckpoint(ModelConfig(260, 96, 32, 2, 2, 8, 1e-5), "float32", 5, 0.3)
# The label of each letter that a message can be made of.
TOPICS = {"a": " up", "b": " down", "c": " sideways"}


def make_base() -> Base:
    """The same random weights each time, uneven enough that choices differ."""
    with tempfile.TemporaryDirectory() as folder:
        write(CHECKPOINT, Path(folder))
        return load_base(Path(folder))


def rows_of(pairs: Sequence[tuple[str, str]]) -> list[Row]:
    return [Row(number, *pair) for number, pair in enumerate(pairs, start=1)]


def topic_pairs(count: int, *, seed: int = 0) -> list[tuple[str, str]]:
    """Messages of one letter, repeated, each with the letter's label."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(count):
        letter = rng.choice(list(TOPICS))
        pairs.append((f"M: {letter * rng.randint(1, 4)} T:", TOPICS[letter]))
    return pairs


def train(base: Base, rows: Sequence[Row], *, steps: int) -> Base:
    """Teach the base itself a few rows, all at once in each step."""
    parameters = [parameter.requires_grad_() for parameter in base.network.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-2)
    encoded = [encode_row(base, row.prompt, row.completion) for row in rows]
    batch = pack_rows([row.ids for row in encoded], [row.begin for row in encoded])
    for _ in range(steps):
        optimizer.zero_grad()
        logits = base.network.lm_head(label_states(base.network, batch))
        torch.nn.functional.cross_entropy(logits, batch.targets).backward()
        optimizer.step()
    for parameter in parameters:
        parameter.requires_grad_(False)
    return base


@functools.cache
def topic_models() -> tuple[Base, Base]:
    """The base, and the same taught the topics."""
    return make_base(), train(make_base(), rows_of(topic_pairs(40, seed=1)), steps=60)


def opener(base: Base) -> Callable[[], AbstractContextManager[Base]]:
    return lambda: nullcontext(base)
