"""The kernels compile for their GPUs and fit them. This needs none of these GPUs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
EVERYWHERE = {"rotate_and_store", "attend_single", "combine_splits"}


@pytest.mark.parametrize(
    ("kind", "capability", "number", "shared_bytes", "kernels"),
    [
        pytest.param("attention", (7, 5), "fp16", 64 * 1024, EVERYWHERE, id="T4"),
        pytest.param(
            "attention", (8, 6), "bf16", 99 * 1024, {*EVERYWHERE, "attend_tile"}, id="A10"
        ),
        pytest.param(
            "attention", (9, 0), "bf16", 227 * 1024, {*EVERYWHERE, "attend_tile"}, id="H100"
        ),
        pytest.param("attention", (9, 0), "fp32", 227 * 1024, EVERYWHERE, id="H100, fp32"),
        pytest.param("products", (7, 5), "fp16", 64 * 1024, {"row_by_row"}, id="products, T4"),
        # What fits into an A10's shared memory fits into the others.
        pytest.param("products", (9, 0), "bf16", 99 * 1024, {"few_rows"}, id="products, H100"),
    ],
)
def test_kernels_fit_into_registers_and_shared_memory(
    kind: str,
    capability: tuple[int, int],
    number: str,
    shared_bytes: int,
    kernels: set[str],
    tmp_path: Path,
) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environ["TRITON_CACHE_DIR"] = str(tmp_path)

    command = [sys.executable, "-m", "tests.engine.backends.cuda.compile_kernels", kind]
    ran = subprocess.run(
        [*command, *map(str, capability), number],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr
    compiled = json.loads(ran.stdout)
    assert {name for name, *_ in compiled} == kernels
    for name, _, shared, registers, stack in compiled:
        assert shared <= shared_bytes, name
        assert registers <= 255, name
        assert stack == 0, f"{name} keeps {stack} bytes of its registers in memory"
