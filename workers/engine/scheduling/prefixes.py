"""How a sequence finds, takes over and leaves text in the cache. No torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from workers.engine.scheduling.blocks import BLOCK, BlockPool, block_key, common_start
from workers.engine.scheduling.sequence import Sequence

# Waiting a step for a neighbour's tokens pays from about so many on.
_WORTH_WAITING = 8


def cached_blocks(sequence: Sequence, pool: BlockPool) -> list[int]:
    """Full blocks, from the first token on, that are in the cache.

    The last token is never among them: its row must run, for the logits that follow it.
    """
    found: list[int] = []
    for index in range((len(sequence.ids) - 1) // BLOCK):
        block = pool.find_key(key_after(sequence, index))
        if block is None:
            break
        found.append(block)
    return found


class Adopted(NamedTuple):
    """What a sequence reuses: a number of tokens, and a block to copy, (source, target), before the
    step's rows run."""

    tokens: int
    copy: tuple[int, int] | None


def adopt(sequence: Sequence, pool: BlockPool) -> Adopted:
    """Reuses text that came into the cache since the sequence was admitted.

    Full blocks are shared. A block that agrees only in part is copied.
    """
    before = sequence.computed
    copy = None
    last = len(sequence.ids) - 1
    while sequence.computed % BLOCK == 0 and sequence.computed < last:
        index = sequence.computed // BLOCK
        if index < len(sequence.blocks):
            break
        if sequence.computed + BLOCK <= last:
            block = pool.find_key(key_after(sequence, index))
            if block is not None:
                pool.share(block)
                sequence.blocks.append(block)
                sequence.promised -= 1
                pool.promised -= 1
                sequence.computed += BLOCK
                continue
        wanted = sequence.ids[sequence.computed : min(sequence.computed + BLOCK, last)]
        source, count = pool.find_start(_key_before(sequence, index), wanted)
        if count:
            target = pool.take()
            sequence.blocks.append(target)
            sequence.promised -= 1
            copy = (source, target)
            sequence.computed += count
        break
    return Adopted(sequence.computed - before, copy)


def record_block(sequence: Sequence, index: int, pool: BlockPool) -> None:
    """Makes a full block of the sequence known to others."""
    tokens = sequence.ids[index * BLOCK : (index + 1) * BLOCK]
    pool.record(sequence.blocks[index], _key_before(sequence, index), tokens)


def record_tail(sequence: Sequence, pool: BlockPool) -> None:
    """Makes the computed part of the last block known, if it is not full."""
    index, count = divmod(sequence.computed, BLOCK)
    if count:
        tokens = sequence.ids[index * BLOCK : sequence.computed]
        pool.record(sequence.blocks[index], _key_before(sequence, index), tokens)


def key_after(sequence: Sequence, index: int) -> bytes:
    """The key of the sequence's block `index`, which its tokens must fill."""
    keys = sequence.keys
    while len(keys) <= index:
        start = len(keys) * BLOCK
        keys.append(
            block_key(keys[-1] if keys else sequence.root, sequence.ids[start : start + BLOCK])
        )
    return keys[index]


def _key_before(sequence: Sequence, index: int) -> bytes:
    return key_after(sequence, index - 1) if index else sequence.root


@dataclass(slots=True)
class Claims:
    """The tokens that the sequences of one step are about to compute, so that none is computed
    twice."""

    _starts: dict[bytes, list[list[int]]] = field(default_factory=dict)

    def wait(self, sequence: Sequence) -> bool:
        """Whether the sequence's next tokens come into the cache with this step anyway."""
        start = sequence.computed
        if start % BLOCK:
            return False
        own = sequence.ids[start : start + BLOCK]
        # The last row runs in any case.
        worth = min(_WORTH_WAITING, len(own) - 1)
        if worth < 1:
            return False
        before = _key_before(sequence, start // BLOCK)
        return any(common_start(own, other) >= worth for other in self._starts.get(before, ()))

    def take(self, sequence: Sequence, end: int) -> None:
        """The sequence computes its tokens up to `end` in this step."""
        for start in range(sequence.computed // BLOCK * BLOCK, end, BLOCK):
            if start + BLOCK <= end or end == sequence.prompt_length:
                before = _key_before(sequence, start // BLOCK)
                own = sequence.ids[start : min(start + BLOCK, end)]
                self._starts.setdefault(before, []).append(own)
