"""A network of a few thousand weights, a tokenizer of bytes, and rows that can be learnt."""

import functools
import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from tools.random_checkpoint import write_tokenizer
from workers.training.network import GPTJ, Shape
from workers.training.tuning.evaluation.rows import Row, encode_rows

SHAPE = Shape(vocab_size=260, n_embd=32, n_layer=2, n_head=2, rotary_dim=8, n_positions=96)
END = 256
# Which label belongs to the letter that a message has.
TOPICS = {"a": " up", "b": " down", "c": " sideways"}


@functools.cache
def tokenizer() -> Tokenizer:
    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(Path(folder), SHAPE.vocab_size, 3)
        return Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))


def make_network(seed: int = 1, *, spread: float = 0.3) -> GPTJ:
    """Random weights, uneven enough that choices differ."""
    torch.manual_seed(seed)
    network = GPTJ(SHAPE)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=spread)
    return network.eval()


def rows_of(pairs: Sequence[tuple[str, str]]) -> list[Row]:
    lines = [
        {"row": number, "prompt": prompt, "completion": completion}
        for number, (prompt, completion) in enumerate(pairs, start=1)
    ]
    return encode_rows(lines, tokenizer(), end=END)


def topic_pairs(count: int, *, seed: int = 0) -> list[tuple[str, str]]:
    """Messages of one letter, repeated, each with the letter's label."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(count):
        letter = rng.choice(list(TOPICS))
        pairs.append((f"M: {letter * rng.randint(1, 4)} T:", TOPICS[letter]))
    return pairs


def train(network: GPTJ, rows: Sequence[Row], *, steps: int = 60) -> GPTJ:
    """A few steps of AdamW on all rows at once."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    targets = torch.full((len(rows), longest), -100)
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = torch.tensor(row.ids)
        first = len(row.prompt_ids)
        targets[number, first - 1 : len(row.ids) - 1] = torch.tensor(row.completion_ids)
    for _ in range(steps):
        optimizer.zero_grad()
        functional.cross_entropy(network(ids).flatten(0, 1), targets.flatten()).backward()
        optimizer.step()
    return network


def opened(network: GPTJ) -> Callable[[], AbstractContextManager[GPTJ]]:
    return lambda: nullcontext(network)
