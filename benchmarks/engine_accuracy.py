"""What rounding the weights costs, and whether a request's numbers depend on its neighbours.

Accuracy is the mean over positions of KL(p || q), where p is transformers' distribution in fp32 and
q that of the one measured, of the demo model on text that it was not trained on, teacher-forced.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from tokenizers import Tokenizer
from torch import Tensor

from benchmarks.peers.ours import OursPeer
from tools.demo_model.corpus.stream import TASKS, held_out_document
from workers.engine.engine import Engine
from workers.engine.model import runner
from workers.engine.sampling.sampler import token_logprobs

DEMO = Path(__file__).resolve().parent.parent / "models" / "demo"

# Of given token ids, fp32 [tokens, rows]: the logprobs of the next token after each.
LogprobsOf = Callable[[Sequence[int]], Tensor]


def held_out_texts(documents: int) -> list[list[int]]:
    """Token ids of so many documents of each of the demo model's tasks."""
    tokenizer = Tokenizer.from_file(str(DEMO / "tokenizer.json"))
    return [
        tokenizer.encode(held_out_document(task, index).text).ids
        for task in TASKS
        for index in range(documents)
    ]


def divergence(reference: Tensor, measured: Tensor) -> Tensor:
    """KL(reference || measured) in nats at each position, fp64 [positions]; both [positions, rows]
    are logprobs. Rows that either has at -inf are left out, the rest is made to sum to one."""
    left = torch.isfinite(reference).all(0) & torch.isfinite(measured).all(0)
    p = reference[:, left].double().log_softmax(-1)
    q = measured[:, left].double().log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1)


def mean_divergence(
    reference: LogprobsOf, measured: LogprobsOf, texts: Sequence[Sequence[int]]
) -> float:
    """Over all positions of all texts that have a token before them."""
    each = [divergence(reference(ids)[:-1], measured(ids)[:-1]) for ids in texts]
    return float(torch.cat(each).mean())


def scored_logprobs(engine: Engine) -> LogprobsOf:
    """The whole distributions behind `Engine.score`, which itself returns a few of each: they are
    taken where it makes logprobs of its logits."""

    def logprobs(ids: Sequence[int]) -> Tensor:
        with _logits_seen() as seen:
            engine.score(tuple(ids))
        # Nothing follows the last token, so `score` has no row for it.
        logits = torch.cat([*seen, torch.zeros_like(seen[0][:1])])
        if logits.shape[0] != len(ids):
            raise RuntimeError(f"{logits.shape[0]} rows of logits seen for {len(ids)} tokens")
        return logits.log_softmax(-1)

    return logprobs


@contextmanager
def _logits_seen() -> Iterator[list[Tensor]]:
    seen: list[Tensor] = []

    def taking(logits: Tensor, *arguments: Any) -> Any:
        seen.append(logits.detach().clone())
        return token_logprobs(logits, *arguments)

    with patch.object(runner, "token_logprobs", taking):
        yield seen


def batch_dependence(peer: OursPeer, rows: int, batch: int, new_tokens: int) -> tuple[float, int]:
    """One request alone, then the same among `batch` with prompts of other lengths: the largest
    difference of its logprobs, and how many of its tokens differ. The engine must be one without a
    prefix cache, or the second run would read the first one's numbers.
    """
    worst, parted = 0.0, 0
    for seed in range(4):
        chance = random.Random(f"alone or not {seed}")
        prompts = [chance.choices(range(rows), k=chance.randint(8, 90)) for _ in range(batch)]
        alone = peer.submit(prompts[0], new_tokens, logprobs=0)
        peer.run()
        together = [peer.submit(prompt, new_tokens, logprobs=0) for prompt in prompts]
        peer.run()
        parted += sum(a != b for a, b in zip(alone.ids, together[0].ids, strict=True))
        pairs = zip(alone.logprobs, together[0].logprobs, strict=True)
        worst = max(worst, max(abs(a - b) for a, b in pairs))
    return worst, parted
