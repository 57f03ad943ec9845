"""The text that the page would answer with: the likeliest token each time, until the text ends."""

from collections.abc import Sequence

import torch

from workers.training.network import GPTJ
from workers.training.tuning.evaluation.cached import hidden, read_prompts


@torch.no_grad()
def greedy(
    network: GPTJ, prompts: Sequence[Sequence[int]], *, end: int, at_most: int, vocabulary: int
) -> list[list[int]]:
    """Tokens after each prompt, with ``end`` as the last one where the text ended by itself.

    vocabulary: tokens that the tokenizer has; rows of the head behind them are no tokens.
    """
    read = read_prompts(network, prompts, more=at_most)
    device = read.lengths.device
    room = torch.arange(read.cache.room, device=device)
    state, positions = read.last, read.lengths.clone()
    texts: list[list[int]] = [[] for _ in prompts]
    open_rows = set(range(len(prompts)))
    for number in range(at_most):
        chosen = network.lm_head(state).float()[:, :vocabulary].argmax(-1)
        for row, token in enumerate(chosen.tolist()):
            if row in open_rows:
                texts[row].append(token)
                if token == end:
                    open_rows.remove(row)
        if not open_rows or number + 1 == at_most:
            break
        seen = room <= positions[:, None, None]
        state = hidden(
            network,
            read.cache,
            chosen[:, None],
            first=positions,
            positions=positions[:, None],
            seen=seen,
        )[:, 0]
        positions = positions + 1
    return texts
