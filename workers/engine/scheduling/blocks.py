"""Which blocks of the cache hold which tokens. Decides with plain numbers and no torch.

A block holds the keys and values of `BLOCK` consecutive positions. A full one is found by a hash of
its tokens and of all before them, so every sequence that begins with the same text reads the same
blocks; a started one can be copied as far as its tokens agree. Blocks that nobody uses keep what
they hold until room is needed; the one that was left first then goes first.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

BLOCK = 32


def root_key(adapter: str = "") -> bytes:
    """The key before the first token. Keys and values depend on the adapter (a digest of its
    weights; empty for none), so its blocks are found by nobody else."""
    return hashlib.blake2b(adapter.encode(), digest_size=16).digest()


def block_key(parent: bytes, tokens: Sequence[int]) -> bytes:
    """The key of a full block: a hash of its tokens and of the key before it."""
    return hashlib.blake2b(parent + array("q", tokens).tobytes(), digest_size=16).digest()


@dataclass(slots=True)
class _Held:
    """The known contents of a block: `tokens` after the text of the key `parent`."""

    parent: bytes
    tokens: tuple[int, ...]
    key: bytes | None


@dataclass(slots=True)
class BlockPool:
    """`capacity` blocks with reference counts.

    promised: blocks that admitted sequences have not taken yet and can rely on.
    evicted: how many blocks gave way to others, ever.
    """

    capacity: int
    promised: int = 0
    evicted: int = 0
    _references: list[int] = field(init=False)
    _free: list[int] = field(init=False)
    _idle: OrderedDict[int, None] = field(init=False, default_factory=OrderedDict)
    _held: dict[int, _Held] = field(init=False, default_factory=dict)
    _by_key: dict[bytes, int] = field(init=False, default_factory=dict)
    # (parent, first token) -> blocks that go on so.
    _starts: dict[tuple[bytes, int], set[int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._references = [0] * self.capacity
        # Low numbers first: memory that was never touched stays untouched as long as it can.
        self._free = list(range(self.capacity - 1, -1, -1))

    # -- room --------------------------------------------------------------------------------

    @property
    def unpromised(self) -> int:
        """Blocks that can still be promised: free or idle, and nobody relies on them."""
        return len(self._free) + len(self._idle) - self.promised

    @property
    def used(self) -> int:
        """Blocks that some sequence holds."""
        return self.capacity - len(self._free) - len(self._idle)

    @property
    def idle(self) -> int:
        """Blocks that keep text for later requests, and are freed when room is needed."""
        return len(self._idle)

    def is_idle(self, block: int) -> bool:
        return block in self._idle

    def take(self) -> int:
        """A block to write, held once, out of the promised ones."""
        if self.promised < 1:
            raise ValueError("no block was promised")
        self.promised -= 1
        if self._free:
            block = self._free.pop()
        else:
            block, _ = self._idle.popitem(last=False)
            self._forget(block)
            self.evicted += 1
        self._references[block] = 1
        return block

    def share(self, block: int) -> None:
        """Holds a block once more."""
        self._references[block] += 1
        self._idle.pop(block, None)

    def release(self, blocks: Sequence[int], *, forget: bool = False) -> None:
        """Lets go of a sequence's blocks, in its order.

        forget: their contents cannot be trusted; nobody shall find them again.
        """
        # Backwards, so that of one text the end gives way before the beginning.
        for block in reversed(blocks):
            if forget:
                self._forget(block)
            self._references[block] -= 1
            if self._references[block] == 0:
                if block in self._held:
                    self._idle[block] = None
                else:
                    self._free.append(block)

    # -- contents ----------------------------------------------------------------------------

    def record(self, block: int, parent: bytes, tokens: Sequence[int]) -> None:
        """Records a block's contents.

        Two sequences may have computed the same text at the same time; a search needs only one
        block of each text.
        """
        key = block_key(parent, tokens) if len(tokens) == BLOCK else None
        if key is not None and self._by_key.setdefault(key, block) != block:
            self._forget(block)
            return
        held = self._held.get(block)
        if held is None:
            self._starts.setdefault((parent, tokens[0]), set()).add(block)
        self._held[block] = _Held(parent, tuple(tokens), key)

    def find_key(self, key: bytes) -> int | None:
        """The block that holds exactly the text of this key."""
        return self._by_key.get(key)

    def find_start(self, parent: bytes, tokens: Sequence[int]) -> tuple[int, int]:
        """The block whose tokens after `parent` agree longest with these, and how many do.
        The number is 0 when there is none."""
        best, longest = -1, 0
        for block in self._starts.get((parent, tokens[0]), ()):
            count = common_start(self._held[block].tokens, tokens)
            if count > longest:
                best, longest = block, count
        return best, longest

    def _forget(self, block: int) -> None:
        held = self._held.pop(block, None)
        if held is None:
            return
        if held.key is not None:
            del self._by_key[held.key]
        place = (held.parent, held.tokens[0])
        self._starts[place].discard(block)
        if not self._starts[place]:
            del self._starts[place]


def common_start(left: Iterable[int], right: Iterable[int]) -> int:
    """How many tokens two texts have in common before they part."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    )
