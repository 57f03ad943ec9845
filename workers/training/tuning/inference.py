"""What a network makes of texts: log-probabilities of completions, and greedy text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from workers.training.network import GPTJ, rotate
from workers.training.packing import PackedBatch, PackedRows, label_states, pack_rows
from workers.training.tuning.base import Base

TOKENS_AT_ONCE = 4096
LOGITS_AT_ONCE = 2**24


@dataclass(frozen=True)
class EncodedRow:
    """A prompt and its completion with the end of text; the completion begins at ``begin``."""

    ids: Sequence[int]
    begin: int


@dataclass(frozen=True)
class CompletionScore:
    """log_probability: summed, in nats, of the completion and its end of text.

    tokens: how many these are. is_greedy: whether each of them is the likeliest one, so that
    greedy generation gives this completion and ends.
    """

    log_probability: float
    tokens: int
    is_greedy: bool


@dataclass(frozen=True)
class GreedyText:
    """What follows a prompt without its end of text, and whether the model ended it by itself."""

    text: str
    ids: list[int]
    ended: bool


def prompt_ids(base: Base, prompt: str) -> list[int]:
    """A prompt's tokens. An empty one is the end of text: what follows it begins a text."""
    return base.encode(prompt) or [base.end_of_text]


def encode_row(base: Base, prompt: str, completion: str) -> EncodedRow:
    """Prompt and completion, divided apart: a prompt is divided alone when it is used."""
    before = prompt_ids(base, prompt)
    return EncodedRow([*before, *base.encode(completion), base.end_of_text], len(before))


def score_completions(base: Base, rows: Sequence[EncodedRow]) -> list[CompletionScore]:
    """What the network, with the adapter that is attached, thinks of each row; in their order."""
    scores: dict[int, CompletionScore] = {}
    for chosen in _similar(rows):
        batch = pack_rows([rows[n].ids for n in chosen], [rows[n].begin for n in chosen])
        losses, greedy = label_losses(base.network, batch)
        ends = torch.tensor([len(rows[n].ids) - rows[n].begin for n in chosen]).cumsum(0)
        begin = 0
        for number, end in zip(chosen, ends.tolist(), strict=True):
            scores[number] = CompletionScore(
                -float(losses[begin:end].double().sum()),
                end - begin,
                bool(greedy[begin:end].all()),
            )
            begin = end
    return [scores[number] for number in range(len(rows))]


@torch.inference_mode()
def label_losses(network: GPTJ, batch: PackedBatch) -> tuple[Tensor, Tensor]:
    """(labels): the loss at each label of a batch, and whether its token is the likeliest."""
    batch = batch.to(network.table.device)
    at_once = max(1, LOGITS_AT_ONCE // network.shape.vocab_size)
    losses, likeliest = [], []
    for states, targets in zip(
        label_states(network, batch).split(at_once), batch.targets.split(at_once), strict=True
    ):
        logits = network.lm_head(states).float()
        losses.append(functional.cross_entropy(logits, targets, reduction="none"))
        likeliest.append(logits.argmax(-1) == targets)
    return torch.cat(losses).cpu(), torch.cat(likeliest).cpu()


def generate_greedily(base: Base, prompts: Sequence[str], *, max_tokens: int) -> list[GreedyText]:
    """Greedy text after each prompt, at most ``max_tokens`` tokens; in their order."""
    rows = [prompt_ids(base, prompt) for prompt in prompts]
    room = base.network.shape.n_positions - max_tokens
    rows = [row[-room:] for row in rows]
    texts: dict[int, GreedyText] = {}
    for chosen in _similar([EncodedRow(row, 0) for row in rows]):
        found = _generate(base, [rows[n] for n in chosen], max_tokens)
        texts.update(zip(chosen, found, strict=True))
    return [texts[number] for number in range(len(prompts))]


def _similar(rows: Sequence[EncodedRow]) -> Iterator[list[int]]:
    """Numbers of rows of similar length, about ``TOKENS_AT_ONCE`` tokens together."""
    chosen: list[int] = []
    for number in sorted(range(len(rows)), key=lambda number: len(rows[number].ids)):
        if chosen and (len(chosen) + 1) * len(rows[number].ids) > TOKENS_AT_ONCE:
            yield chosen
            chosen = []
        chosen.append(number)
    if chosen:
        yield chosen


@torch.inference_mode()
def _generate(base: Base, rows: Sequence[Sequence[int]], max_tokens: int) -> list[GreedyText]:
    network = base.network
    cache = CachedRows(network, rows, max_tokens)
    tokens = cache.begin()
    made: list[list[int]] = [[] for _ in rows]
    ended = [False] * len(rows)
    for left in range(max_tokens, 0, -1):
        for number, token in enumerate(tokens.tolist()):
            if token == base.end_of_text:
                ended[number] = True
            elif not ended[number]:
                made[number].append(token)
        if all(ended) or left == 1:
            break
        tokens = cache.next(tokens)
    return [GreedyText(base.decode(ids), ids, end) for ids, end in zip(made, ended, strict=True)]


class CachedRows:
    """Keys and values of rows that grow by a token a step; a ``Mixing`` for these steps."""

    def __init__(self, network: GPTJ, rows: Sequence[Sequence[int]], max_tokens: int) -> None:
        self.network = network
        device = network.table.device
        self.batch = pack_rows([[*row, 0] for row in rows], [len(row) for row in rows]).to(device)
        self.packed = PackedRows(self.batch, network.table, last_layer=network.shape.n_layer - 1)
        self.positions = torch.tensor([len(row) for row in rows], device=device)
        self.rows = torch.arange(len(rows), device=device)
        self.room = max(len(row) for row in rows) + max_tokens + 1
        self.keys: dict[int, Tensor] = {}
        self.values: dict[int, Tensor] = {}

    def begin(self) -> Tensor:
        """The likeliest token after each prompt."""
        return self._likeliest(self.network.states(self.batch.ids, self._read, at=self.batch.at))

    def next(self, tokens: Tensor) -> Tensor:
        """The likeliest token after each row and ``tokens``."""
        likeliest = self._likeliest(self.network.states(tokens, self._grow))
        self.positions += 1
        return likeliest

    def _likeliest(self, states: Tensor) -> Tensor:
        found: Tensor = self.network.lm_head(states).argmax(-1)
        return found

    def _read(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        for cache, x in ((self.keys, rotate(k, self.packed.table)), (self.values, v)):
            cache[layer] = x.new_zeros(len(self.rows), self.room, *x.shape[1:])
            at = self.batch.positions
            row = torch.repeat_interleave(
                self.rows, torch.tensor(self.batch.lengths, device=at.device)
            )
            cache[layer][row, at] = x
        return self.packed(layer, q, k, v)

    def _grow(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """(rows, heads, head size) of one new token each."""
        table = self.network.table[self.positions]
        self.keys[layer][self.rows, self.positions] = rotate(k, table)
        self.values[layer][self.rows, self.positions] = v
        seen = torch.arange(self.room, device=q.device) <= self.positions[:, None]
        mixed = functional.scaled_dot_product_attention(
            rotate(q, table)[:, :, None],
            self.keys[layer].transpose(1, 2),
            self.values[layer].transpose(1, 2),
            attn_mask=seen[:, None, None],
        )
        return mixed[:, :, 0]
