"""Attention over packed rows by a GPU's own kernel, tried before it is used.

torch has one for rows of different lengths (``torch.nn.attention.varlen``). Whether it takes
GPT-J-6B's heads of 256 numbers, and their gradients, depends on the card and on the build of
torch. So two rows are computed with it, forwards and backwards, and held against torch's plain one.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Kernel = Literal["rows", "varlen"]
"""rows: rows padded to the longest. varlen: rows as they are, one after the other."""
COMPUTED_IN = torch.bfloat16
"""What a kernel for packed rows takes."""
TRIED_LENGTHS = (48, 80)
TOLERANCE = 0.05
"""Of bf16, whose numbers have three digits, for values of about 1."""


def attend_to_own_row(q: Tensor, k: Tensor, v: Tensor, bounds: Tensor, longest: int) -> Tensor:
    """Causal attention within each row, of (tokens, heads, head size).

    ``bounds`` is (rows + 1), int32: where each row begins, and the end of the last one.
    """
    # Only a GPU has it, and only there is it worth loading.
    from torch.nn.attention.varlen import varlen_attn

    narrow = [x.to(COMPUTED_IN).contiguous() for x in (q, k, v)]
    mixed: Tensor = varlen_attn(*narrow, bounds, bounds, longest, longest, window_size=(-1, 0))
    return mixed.to(q.dtype)


def choose_kernel(device: torch.device, *, heads: int, head_size: int, is_bf16: bool) -> Kernel:
    """What attends to packed rows on a device."""
    if device.type == "cpu" or not is_bf16:
        return "rows"
    return "varlen" if is_varlen_right(device, heads=heads, head_size=head_size) else "rows"


def is_varlen_right(device: torch.device, *, heads: int, head_size: int) -> bool:
    """Whether two rows come out as by torch's plain kernel, with their gradients."""
    length = sum(TRIED_LENGTHS)
    generator = torch.Generator(device).manual_seed(0)
    q, k, v = tried = [
        torch.randn(length, heads, head_size, device=device, generator=generator).requires_grad_()
        for _ in range(3)
    ]
    bounds = torch.tensor([0, TRIED_LENGTHS[0], length], dtype=torch.int32, device=device)
    try:
        found = attend_to_own_row(q, k, v, bounds, max(TRIED_LENGTHS))
        gradients = torch.autograd.grad(found.square().sum(), tried)
    except (ImportError, AttributeError, RuntimeError, TypeError, ValueError):
        # No such kernel in this torch, or not for this card or head size.
        return False
    expected = attend_row_by_row(q, k, v)
    wanted = torch.autograd.grad(expected.square().sum(), tried)
    pairs = zip((found.detach(), *gradients), (expected.detach(), *wanted), strict=True)
    return all(
        torch.allclose(one, other, atol=TOLERANCE * float(other.abs().max()), rtol=0)
        for one, other in pairs
    )


def attend_row_by_row(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same of rows of ``TRIED_LENGTHS``, each by itself."""
    parts = [x.transpose(0, 1).split(TRIED_LENGTHS, dim=1) for x in (q, k, v)]
    mixed = [
        functional.scaled_dot_product_attention(*row, is_causal=True)  # type: ignore[misc]
        for row in zip(*parts, strict=True)
    ]
    return torch.cat(mixed, dim=1).transpose(0, 1)
