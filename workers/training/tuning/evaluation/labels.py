"""Classification without generating: how likely each whole label is after a prompt.

A label is scored with its end of text, so that "fault" does not win where "faulty" was meant. The
base has never seen the labels, and some are likelier than others whatever the message says;
`WAYS` are the fair ways to take that out of its scores.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix

import torch
from torch import Tensor
from tokenizers import Tokenizer

from workers.training.network import GPTJ
from workers.training.tuning.evaluation.cached import Read, hidden, read_prompts

LOGIT_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Labels:
    """The different completions of a dataset, sorted, and their tokens with the end of text."""

    texts: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...]

    @property
    def names(self) -> list[str]:
        """As people read them, without white space around them."""
        return [text.strip() for text in self.texts]

    @property
    def longest(self) -> int:
        """Tokens of the longest label, its end included."""
        return max(map(len, self.ids))


def find_labels(completions: Iterable[str], tokenizer: Tokenizer, *, end: int) -> Labels:
    """The labels that occur. Of those that differ in white space alone, the commonest form."""
    forms = [text for text, _ in Counter(completions).most_common()]
    by_name = {text.strip(): text for text in reversed(forms)}
    texts = sorted(by_name.values())
    return Labels(tuple(texts), tuple((*each.ids, end) for each in tokenizer.encode_batch(texts)))


def prompt_without_message(prompts: Sequence[str]) -> str:
    """What all prompts begin with and what all end with: "Email: " and " Topic:"."""
    begin = commonprefix(prompts)
    rests = [prompt[len(begin) :] for prompt in prompts]
    end = commonprefix([rest[::-1] for rest in rests])[::-1]
    return begin + end


@torch.no_grad()
def score_labels(network: GPTJ, prompts: Sequence[Sequence[int]], labels: Labels) -> Tensor:
    """Summed log-probability of each label and its end after each prompt, (prompts, labels).

    The prompt is read once. Labels follow it side by side; each sees the prompt and itself.
    """
    rows_of_head = network.lm_head.out_features
    at_once = max(labels.longest, LOGIT_BYTES // (4 * rows_of_head * len(prompts)))
    groups = list(_groups(labels.ids, at_once))
    read = read_prompts(network, prompts, more=max(sum(map(_fed, group)) for group in groups))
    first = network.lm_head(read.last).float().log_softmax(-1)
    scores = [_score_group(network, read, first, group) for group in groups]
    return torch.cat(scores, dim=1).cpu()


def _fed(ids: Sequence[int]) -> int:
    """Tokens of a label that the network reads: the end is only predicted."""
    return len(ids) - 1


def _groups(
    labels: Sequence[Sequence[int]], at_once: int
) -> Iterator[list[Sequence[int]]]:
    group: list[Sequence[int]] = []
    for ids in labels:
        if group and sum(map(_fed, group)) + _fed(ids) > at_once:
            yield group
            group = []
        group.append(ids)
    yield group


def _score_group(
    network: GPTJ, read: Read, first: Tensor, group: Sequence[Sequence[int]]
) -> Tensor:
    device, rows = read.lengths.device, read.cache.rows
    owner = torch.tensor(
        [number for number, ids in enumerate(group) for _ in ids[:-1]], device=device
    )
    depth = torch.tensor([place for ids in group for place in range(_fed(ids))], device=device)
    fed = torch.tensor([token for ids in group for token in ids[:-1]], device=device)
    targets = torch.tensor([token for ids in group for token in ids[1:]], device=device)
    begin = int(read.lengths.max())
    seen = torch.zeros(rows, len(fed), read.cache.room, dtype=torch.bool, device=device)
    seen[:, :, :begin] = (torch.arange(begin, device=device) < read.lengths[:, None])[:, None]
    own = (owner[:, None] == owner) & (depth[:, None] >= depth)
    seen[:, :, begin : begin + len(fed)] = own
    states = hidden(
        network,
        read.cache,
        fed.expand(rows, -1),
        first=begin,
        positions=read.lengths[:, None] + depth,
        seen=seen,
    )
    after = network.lm_head(states).float().log_softmax(-1)
    each = after.gather(-1, targets.expand(rows, -1)[:, :, None])[:, :, 0]
    starts = torch.tensor([ids[0] for ids in group], device=device)
    return first[:, starts].index_add(1, owner, each)


@dataclass(frozen=True)
class Scored:
    """Scores of all rows (rows, labels), and of the prompt without a message (labels,)."""

    scores: Tensor
    prior: Tensor
    tokens: Tensor
    """Of each label with its end, (labels,)."""


WAYS: dict[str, tuple[str, Callable[[Scored], Tensor]]] = {
    "whole": ("the label's log-probability with its end of text", lambda each: each.scores),
    "mean": ("the same a token", lambda each: each.scores / each.tokens),
    "prior": (
        "less the label's log-probability after the prompt without its message",
        lambda each: each.scores - each.prior,
    ),
    "batch": (
        "less the label's mean log-probability over all messages",
        lambda each: each.scores - each.scores.log_softmax(-1).mean(0),
    ),
}
"""How a label is chosen by its scores: what is compared, in words and in numbers."""


def choices(scored: Scored, way: str) -> list[int]:
    """The number of the label that a way chooses for each row."""
    chosen: list[int] = WAYS[way][1](scored).argmax(-1).tolist()
    return chosen


def best_way(scored: Scored, expected: Sequence[int]) -> str:
    """The way that is right most often: the base is given the benefit of the doubt."""
    right = {
        way: sum(one == other for one, other in zip(choices(scored, way), expected, strict=True))
        for way in WAYS
    }
    return max(right, key=lambda way: right[way])
