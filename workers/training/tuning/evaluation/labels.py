"""Classification without generating: how likely each whole label is after a prompt.

A label is scored with its end of text, so that "fault" does not win where "faulty" was meant. The
base has never seen the labels, and some are likelier than others whatever the message says;
`WAYS` are the fair ways to take that out of its scores.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.training.network import GPTJ
from workers.training.tuning.base import Base
from workers.training.tuning.evaluation.read_prompts import ReadPrompts

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


def find_labels(base: Base, completions: Iterable[str]) -> Labels:
    """The labels that occur. Of those that differ in white space alone, the commonest form."""
    forms = [text for text, _ in Counter(completions).most_common()]
    by_name = {text.strip(): text for text in reversed(forms)}
    texts = sorted(by_name.values())
    ids = ((*base.encode(text), base.end_of_text) for text in texts)
    return Labels(tuple(texts), tuple(ids))


def prompt_without_message(prompts: Sequence[str]) -> str:
    """What all prompts begin with and what all end with: "Email: " and " Topic:"."""
    begin = _common_prefix(prompts)
    return begin + common_suffix([prompt[len(begin) :] for prompt in prompts])


def common_suffix(texts: Sequence[str]) -> str:
    """What all end with: " Topic:"."""
    return _common_prefix([text[::-1] for text in texts])[::-1]


def _common_prefix(texts: Sequence[str]) -> str:
    # What the first and the last in order have in common, all between them have too.
    first, last = min(texts), max(texts)
    same = (
        index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other
    )
    return first[: next(same, min(len(first), len(last)))]


@torch.inference_mode()
def score_labels(network: GPTJ, prompts: Sequence[Sequence[int]], labels: Labels) -> Tensor:
    """Summed log-probability of each label and its end after each prompt, (prompts, labels).

    The prompt is read once. Labels follow it side by side; each sees the prompt and itself.
    """
    at_once = LOGIT_BYTES // (4 * network.lm_head.out_features * len(prompts))
    read = ReadPrompts(network, prompts)
    first = _logprobs(network, read.last)
    scores = [_score_group(network, read, first, group) for group in _groups(labels.ids, at_once)]
    return torch.cat(scores, dim=1).cpu()


def _groups(labels: Sequence[Sequence[int]], at_once: int) -> Iterator[list[Sequence[int]]]:
    """Labels that are read together: about ``at_once`` tokens, or one label."""
    group: list[Sequence[int]] = []
    for ids in labels:
        if group and sum(len(each) - 1 for each in group) + len(ids) - 1 > at_once:
            yield group
            group = []
        group.append(ids)
    yield group


def _score_group(
    network: GPTJ, read: ReadPrompts, first: Tensor, group: Sequence[Sequence[int]]
) -> Tensor:
    # The last token of a label is its end, which is predicted and never read.
    depth = [place for ids in group for place in range(len(ids) - 1)]
    owner = [number for number, ids in enumerate(group) for _ in ids[:-1]]
    fed = [token for ids in group for token in ids[:-1]]
    targets = [token for ids in group for token in ids[1:]]
    begins = [ids[0] for ids in group]
    depth_, owner_, fed_, targets_, begins_ = (
        torch.tensor(numbers, device=first.device)
        for numbers in (depth, owner, fed, targets, begins)
    )
    after = _logprobs(network, read.continue_with(fed_, owner_, depth_))
    each = after.gather(-1, targets_.expand(read.rows, -1)[:, :, None])[:, :, 0]
    return first[:, begins_].index_add(1, owner_, each)


def _logprobs(network: GPTJ, states: Tensor) -> Tensor:
    logits: Tensor = network.lm_head(states.to(network.lm_head.weight.dtype))
    return logits.float().log_softmax(-1)


@dataclass(frozen=True)
class Scored:
    """Scores of all rows (rows, labels), and of the prompt without a message (labels,)."""

    scores: Tensor
    prior: Tensor
    tokens: Tensor
    """Of each label with its end, (labels,)."""


WAYS: dict[str, tuple[str, Callable[[Scored], Tensor]]] = {
    "whole": (
        "the label with the highest log-probability, its end of text included",
        lambda each: each.scores,
    ),
    "mean": (
        "the label with the highest mean log-probability of its tokens",
        lambda each: each.scores / each.tokens,
    ),
    "prior": (
        "the label whose log-probability rises most when the prompt has its message",
        lambda each: each.scores - each.prior,
    ),
    "batch": (
        "the label whose log-probability is furthest above its mean over all messages",
        lambda each: each.scores - each.scores.log_softmax(-1).mean(0),
    ),
}
"""Which label is chosen: in words, and what is compared."""


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
