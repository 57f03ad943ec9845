"""Compiles every kernel for GPUs that need not be present, with the shapes that serve GPT-J-6B.

It prints the resources of each as JSON:
[[name, capability, shared bytes, registers, stack bytes], ...].

It is a separate program, because a process that interprets kernels cannot compile them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from workers.engine.backends.cuda import attention_kernels, product_kernels
from workers.engine.backends.cuda.shapes import Capability, attention_tile, product_tile

CUOBJDUMP = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
# heads and every stride and size of GPT-J-6B are multiples of 16, as are all pointers.
NOT_ALIGNED = ("rows", "scale")


def compile_for(
    capability: Capability,
    kernel: Any,
    types: dict[str, str],
    constants: dict[str, int],
    *,
    warps: int,
    stages: int = 3,
) -> list[Any]:
    signature = {
        name: "constexpr" if name in constants else types.get(name, "i32")
        for name in kernel.arg_names
    }
    attributes = {
        (place,): [["tt.divisibility", 16]]
        for place, name in enumerate(kernel.arg_names)
        if signature[name] != "constexpr"
        and (signature[name].startswith("*") or name not in NOT_ALIGNED)
    }
    source = ASTSource(kernel, signature, constants, attributes)
    target = GPUTarget("cuda", 10 * capability[0] + capability[1], 32)
    options = {"num_warps": warps, "num_stages": stages}
    compiled = triton.compile(source, target=target, options=options)
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(compiled.asm["cubin"])
        file.flush()
        used = subprocess.run(
            [CUOBJDUMP, "-res-usage", file.name], capture_output=True, text=True, check=True
        ).stdout
    registers, stack = re.findall(r"REG:(\d+) STACK:(\d+)", used)[0]
    shared = compiled.metadata.shared
    return [kernel.__name__, capability, shared, int(registers), int(stack)]


def compile_attention(capability: Capability, number: str) -> list[list[Any]]:
    item_bytes = 4 if number == "fp32" else 2
    types = dict.fromkeys(("wide", "pool"), f"*{number}")
    types |= dict.fromkeys(("rotations", "sums", "stats"), "*fp32")
    types |= dict.fromkeys(("singles", "tables", "tiles"), "*i32") | {"scale": "fp32"}
    head = {"head_dim": 256, "block_dim": 256}
    found = [
        compile_for(
            capability,
            attention_kernels.rotate_and_store,
            types | {"rows": "*i32"},
            head | {"pairs": 32, "block_pairs": 32},
            warps=1,
        )
    ]
    parts = head | {"splits": 16}
    single, combine = attention_kernels.attend_single, attention_kernels.combine_splits
    found.append(compile_for(capability, single, types, parts | {"block": 32}, warps=4))
    found.append(compile_for(capability, combine, types, parts, warps=4))
    tile = attention_tile(item_bytes, capability)
    if tile is not None:
        cut = {"block": 32, "tile_rows": tile.rows, "tile_keys": tile.keys}
        kernel = attention_kernels.attend_tile
        found.append(
            compile_for(capability, kernel, types, head | cut, warps=tile.warps, stages=tile.stages)
        )
    return found


def compile_products(capability: Capability, number: str) -> list[list[Any]]:
    types = dict.fromkeys(("x", "bias", "residual", "y"), f"*{number}") | {"scales": "*fp32"}
    found = []
    for weight, int8 in ((f"*{number}", False), ("*i8", True)):
        shapes = {
            product_tile(rows, outputs, capability, int8=int8)
            for rows in (1, 5, 64)
            for outputs in (4096, 28672)
        }
        for shape in shapes:
            if shape is None:
                continue
            cut = {"tile_outputs": shape.outputs, "tile_inputs": shape.inputs}
            kernel = product_kernels.row_by_row
            if shape.rows > 1:
                kernel, cut = product_kernels.few_rows, cut | {"tile_rows": shape.rows}
            constants = cut | {"has_scales": int8, "has_residual": True}
            found.append(
                compile_for(
                    capability,
                    kernel,
                    types | {"weight": weight},
                    constants,
                    warps=shape.warps,
                    stages=shape.stages,
                )
            )
    return found


if __name__ == "__main__":
    kind, major, minor, number = sys.argv[1:]
    compile_kind = {"attention": compile_attention, "products": compile_products}[kind]
    print(json.dumps(compile_kind((int(major), int(minor)), number)))
