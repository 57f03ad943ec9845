"""The sizes of the kernels' tiles, for a device and a width of numbers. Plain numbers, no torch.

No size changes the result. The sizes follow from the registers and shared memory that the compiler
reports; none was timed yet.
"""

from __future__ import annotations

from dataclasses import dataclass

Capability = tuple[int, int]

# From this one on Triton's products use tensor cores and copy ahead.
AMPERE: Capability = (8, 0)
# Large shared memory: Hopper and the data centre's Blackwell.
_LARGE = (9, 10)
# Programs that keep a large GPU busy.
_PROGRAMS = 512
_LEAST_SPLITS, _MAX_SPLITS = 4, 16


def power_of_two(number: int) -> int:
    """The smallest power of two that is at least `number`, which is positive."""
    return 1 << (number - 1).bit_length()


def splits(entries: int, heads: int) -> int:
    """Parts of a single row's attention. Never one: a long text among short ones would then be read
    by as few programs as it has heads, while the others wait."""
    wanted = power_of_two(max(1, _PROGRAMS // (entries * heads)))
    return min(max(wanted, _LEAST_SPLITS), _MAX_SPLITS)


@dataclass(frozen=True, slots=True)
class AttentionTile:
    """Rows and keys that a program of `attend_tile` multiplies at a time; warps and pipeline stages
    it runs with."""

    rows: int
    keys: int
    warps: int
    stages: int


def attention_tile(item_bytes: int, capability: Capability) -> AttentionTile | None:
    """item_bytes: of a cached number. None where `attend_tile` would have no tensor cores; torch's
    own attention is better there."""
    if item_bytes != 2 or capability < AMPERE:
        return None
    if capability[0] in _LARGE:
        return AttentionTile(rows=128, keys=64, warps=8, stages=2)
    return AttentionTile(rows=64, keys=32, warps=8, stages=2)


@dataclass(frozen=True, slots=True)
class ProductTile:
    """The tile of a program of `few_rows`, or of `row_by_row` where `rows` is 1; the warps and
    stages it runs with."""

    rows: int
    outputs: int
    inputs: int
    warps: int
    stages: int


def product_tile(
    rows: int, outputs: int, capability: Capability, *, int8: bool
) -> ProductTile | None:
    """None where these kernels are slower than torch's product, of int8 weights made wide first."""
    if capability < AMPERE:
        return ProductTile(1, 16, 512, 4, 1) if int8 and rows <= 16 else None
    if rows > (64 if int8 else 16):
        return None
    if rows <= 4:
        return ProductTile(16, 16, 256, 4, 4)
    if rows <= 16:
        return ProductTile(16, 32, 256, 4, 4)
    # Each program reads x again, so many rows need wide tiles, as long as there are enough
    # programs.
    wide = 64 if outputs >= 8192 else 32
    return ProductTile(power_of_two(rows), wide, 128, 4, 3)
