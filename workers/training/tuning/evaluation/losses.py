"""How likely the completions of rows are."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from workers.training.network import GPTJ
from workers.training.tuning.evaluation.intervals import RowLoss
from workers.training.tuning.evaluation.rows import Row

LOGIT_BYTES = 64 * 2**20


@torch.no_grad()
def completion_losses(network: GPTJ, rows: Sequence[Row]) -> list[RowLoss]:
    """The loss of each row's completion and its end of text, given the prompt.

    The first token of a row without a prompt follows nothing, and is not counted.
    """
    device = network.table.device
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    counts = [len(row.ids) - max(1, len(row.prompt_ids)) for row in rows]
    numbers: list[int] = []
    places: list[int] = []
    targets: list[int] = []
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = torch.tensor(row.ids)
        first = max(1, len(row.prompt_ids))
        numbers += [number] * counts[number]
        places += range(first - 1, len(row.ids) - 1)
        targets += row.ids[first:]
    states = network.hidden(ids.to(device))[numbers, places]
    # The logits of a few positions at a time: the head is the widest matrix by far.
    at_once = max(1, LOGIT_BYTES // (4 * network.lm_head.out_features))
    losses = torch.cat(
        [
            functional.cross_entropy(network.lm_head(some).float(), wanted, reduction="none")
            for some, wanted in zip(
                states.split(at_once),
                torch.tensor(targets, device=device).split(at_once),
                strict=True,
            )
        ]
    )
    sums = losses.new_zeros(len(rows)).index_add_(0, torch.tensor(numbers, device=device), losses)
    return [RowLoss(loss, count) for loss, count in zip(sums.tolist(), counts, strict=True)]
