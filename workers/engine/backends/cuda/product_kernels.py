# mypy: allow-untyped-defs, allow-incomplete-defs
# Triton reads annotations itself, and knows constexpr only.
"""Triton kernels of products over few rows, which take as long as reading the weights does.

y = gelu(x W^T * scales + bias) + residual, where
    x [rows, inputs] and residual [rows, outputs] may be strided by rows;
    weight [outputs, inputs], in x's dtype or int8, and y [rows, outputs] are contiguous;
    scales, fp32 [outputs], are read if `has_scales`, the residual if `has_residual`;
    columns from `gelu_from` on go through the tanh form of gelu.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def gelu(x):
    """The tanh form, with a sigmoid: (1 + tanh(u)) / 2 = sigmoid(2u), u = sqrt(2 / pi) (...)."""
    twice = 1.5957691216057308 * (x + 0.044715 * x * x * x)
    # Below -80 the result is 0 in any dtype, and exp need not overflow.
    return x * tl.sigmoid(tl.maximum(twice, -80.0))


# A specialised argument would be compiled again for 1 and for multiples of 16, in the middle of
# serving.
@triton.jit(do_not_specialize=["rows"])
def few_rows(
    x,
    x_stride,
    weight,
    scales,
    bias,
    residual,
    residual_stride,
    y,
    rows,
    outputs,
    inputs,
    gelu_from,
    has_scales: tl.constexpr,
    has_residual: tl.constexpr,
    tile_rows: tl.constexpr,
    tile_outputs: tl.constexpr,
    tile_inputs: tl.constexpr,
):
    """All rows at once, at most `tile_rows`, by tensor cores. Grid (ceil(outputs / tile_outputs),).

    For devices of capability 8.0 and later: before it the compiler makes plain arithmetic of it.
    """
    output = tl.program_id(0) * tile_outputs + tl.arange(0, tile_outputs)
    is_output = output < outputs
    row = tl.arange(0, tile_rows)
    is_row = row < rows
    from_x = x + row.to(tl.int64)[:, None] * x_stride
    from_weight = weight + output.to(tl.int64)[None, :] * inputs

    total = tl.zeros((tile_rows, tile_outputs), tl.float32)
    for begin in range(0, inputs, tile_inputs):
        inner = begin + tl.arange(0, tile_inputs)
        is_inner = inner < inputs
        a = tl.load(from_x + inner[None, :], mask=is_row[:, None] & is_inner[None, :], other=0.0)
        # Each weight is needed once; the cache should hold x.
        w = tl.load(
            from_weight + inner[:, None],
            mask=is_inner[:, None] & is_output[None, :],
            other=0,
            eviction_policy="evict_first",
        )
        total = tl.dot(a, w.to(a.dtype), total, input_precision="ieee")

    if has_scales:
        total *= tl.load(scales + output, mask=is_output, other=0.0)[None, :]
    total += tl.load(bias + output, mask=is_output, other=0.0).to(tl.float32)[None, :]
    total = tl.where((output >= gelu_from)[None, :], gelu(total), total)
    inside = is_row[:, None] & is_output[None, :]
    if has_residual:
        from_residual = residual + row.to(tl.int64)[:, None] * residual_stride
        added = tl.load(from_residual + output[None, :], mask=inside, other=0.0)
        total += added.to(tl.float32)
    place = y + row.to(tl.int64)[:, None] * outputs + output[None, :]
    tl.store(place, total, mask=inside)


@triton.jit
def row_by_row(
    x,
    x_stride,
    weight,
    scales,
    bias,
    residual,
    residual_stride,
    y,
    outputs,
    inputs,
    gelu_from,
    has_scales: tl.constexpr,
    has_residual: tl.constexpr,
    tile_outputs: tl.constexpr,
    tile_inputs: tl.constexpr,
):
    """Each row alone, in plain arithmetic. Grid (rows, ceil(outputs / tile_outputs)).

    Programs of the same weights follow one another, so all rows but the first find them in the
    device's cache.
    """
    row = tl.program_id(0).to(tl.int64)
    output = tl.program_id(1) * tile_outputs + tl.arange(0, tile_outputs)
    is_output = output < outputs
    from_weight = weight + output.to(tl.int64)[:, None] * inputs

    totals = tl.zeros((tile_outputs, tile_inputs), tl.float32)
    for begin in range(0, inputs, tile_inputs):
        inner = begin + tl.arange(0, tile_inputs)
        is_inner = inner < inputs
        a = tl.load(x + row * x_stride + inner, mask=is_inner, other=0.0).to(tl.float32)
        w = tl.load(
            from_weight + inner[None, :], mask=is_output[:, None] & is_inner[None, :], other=0
        )
        totals += w.to(tl.float32) * a[None, :]

    total = tl.sum(totals, axis=1)
    if has_scales:
        total *= tl.load(scales + output, mask=is_output, other=0.0)
    total += tl.load(bias + output, mask=is_output, other=0.0).to(tl.float32)
    total = tl.where(output >= gelu_from, gelu(total), total)
    if has_residual:
        added = tl.load(residual + row * residual_stride + output, mask=is_output, other=0.0)
        total += added.to(tl.float32)
    tl.store(y + row * outputs + output, total, mask=is_output)
