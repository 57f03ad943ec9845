"""Random numbers that are a function of (seed, choice, position) alone.

Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), a counter-based
generator: the seed is the key; the position of the token and the number of the choice are the
counter. So a token's draw does not depend on the batch it is in, on the device, or on how many
draws came before, and a run can be continued, repeated or branched exactly. Plain integers: a draw
costs a few microseconds.
"""

from __future__ import annotations

_MULTIPLIER_0 = 0xD2511F53
_MULTIPLIER_1 = 0xCD9E8D57
_WEYL_0 = 0x9E3779B9
_WEYL_1 = 0xBB67AE85
_WORD = 0xFFFFFFFF


def philox4x32(
    counter: tuple[int, int, int, int], key: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Ten rounds of Philox on four 32-bit words with a key of two."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        product_0 = c0 * _MULTIPLIER_0
        product_1 = c2 * _MULTIPLIER_1
        c0, c1, c2, c3 = (
            (product_1 >> 32) ^ c1 ^ k0,
            product_1 & _WORD,
            (product_0 >> 32) ^ c3 ^ k1,
            product_0 & _WORD,
        )
        k0 = (k0 + _WEYL_0) & _WORD
        k1 = (k1 + _WEYL_1) & _WORD
    return c0, c1, c2, c3


def uniform(seed: int, position: int, *, choice: int = 0) -> float:
    """A number in [0, 1) with 53 random bits. `seed` and `position` are below 2**64, `choice` is
    below 2**32."""
    counter = (position & _WORD, position >> 32, choice, 0)
    high, low, _, _ = philox4x32(counter, (seed & _WORD, seed >> 32))
    return ((high >> 5) * 67108864 + (low >> 6)) * (1.0 / 9007199254740992.0)
