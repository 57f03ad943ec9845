"""A network that trains in a second, and batches that are a function of the step."""

import random
from collections.abc import Iterator
from itertools import count

import torch

from workers.training.batches import Batch, Example, batch_by_length
from workers.training.network import GPTJ, Shape
from workers.training.optimizers import make_optimizers
from workers.training.schedule import Schedule
from workers.training.trainer import Trainer

SHAPE = Shape(vocab_size=120, n_embd=32, n_layer=2, n_head=2, rotary_dim=8, n_positions=128)


def make_trainer(*, steps: int = 8, threads: int = 2) -> Trainer:
    torch.manual_seed(1)
    network = GPTJ(SHAPE)
    schedule = Schedule(ends=(steps,), warm_up=2)
    optimizers = make_optimizers(network, rate=schedule.peak)
    return Trainer(network, optimizers, schedule, threads=threads)


def make_example(rng: random.Random, length: int) -> Example:
    """Tokens that count upwards, so that there is something to learn; the loss counts the last
    half."""
    start = rng.randrange(SHAPE.vocab_size)
    ids = [(start + place) % SHAPE.vocab_size for place in range(length)]
    return Example(ids, [place >= length // 2 for place in range(length)])


def batches_of(step: int) -> list[Batch]:
    rng = random.Random(step)
    examples = [make_example(rng, rng.randint(8, 40)) for _ in range(12)]
    return batch_by_length(examples, 3, rng, other_share=0.1, max_length=32)


def batches_from(step: int) -> Iterator[list[Batch]]:
    return map(batches_of, count(step))
