"""Which backend a checkpoint gets. Only this code checks for device, kernels and dtype."""

import re
from pathlib import Path

import pytest
import torch

from workers.engine.backends.choose import choose_backend
from workers.engine.backends.interface import Precision
from workers.engine.backends.native import build
from workers.engine.backends.native.backend import NativeBackend
from workers.engine.backends.torch.backend import TorchBackend
from workers.engine.backends.torch.linear import Int8Linear, PackedLinear, PlainLinear, cpu_packs
from workers.engine.checkpoint.spec import CheckpointSpec, Dtype
from workers.engine.errors import CheckpointUnsupported

FOLDER = Path("no folder is read")
ENGINE = Path(__file__).parents[3] / "workers" / "engine"
FP32, FP16, BF16 = torch.float32, torch.float16, torch.bfloat16


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [
        ("float32", Precision("float32", FP32, FP32, FP32, 4)),
        ("bfloat16", Precision("bfloat16", BF16, FP32, FP16, 2)),
        ("float16", Precision("float16", FP16, FP32, FP16, 2)),
        ("int8", Precision("int8", BF16, FP32, FP16, 1)),
    ],
)
def test_a_cpu_with_kernels_computes_in_fp32_and_keeps_half_of_what_is_rounded(
    dtype: Dtype, precision: Precision
) -> None:
    backend = choose_backend(CheckpointSpec(FOLDER, dtype=dtype), BF16)

    assert isinstance(backend, NativeBackend)
    assert backend.kernels == "native"
    assert backend.precision == precision
    assert (backend.chunk_grid, backend.copies) == (8, True)


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [
        ("float32", Precision("float32", FP32, FP32, FP32, 4)),
        ("bfloat16", Precision("bfloat16", BF16, BF16, FP32, 2)),
        ("float16", Precision("float16", FP16, FP16, FP32, 2)),
        ("int8", Precision("int8", FP16, FP32, FP32, 1)),
    ],
)
def test_a_cpu_without_kernels_takes_the_product_that_torch_has_for_the_dtype(
    dtype: Dtype, precision: Precision
) -> None:
    spec = CheckpointSpec(FOLDER, dtype=dtype, kernels="torch")

    backend = choose_backend(spec, FP16)

    assert isinstance(backend, TorchBackend)
    assert backend.kernels == "torch"
    assert backend.precision == precision
    assert (backend.chunk_grid, backend.gathered_below) == (32, 0)
    linear = backend.linear(torch.ones(2, 4, dtype=precision.read), torch.zeros(2))
    packs = dtype != "int8" and cpu_packs(precision.read)
    made = Int8Linear if dtype == "int8" else PackedLinear if packs else PlainLinear
    assert type(linear) is made
    assert backend.copies is (made is not PlainLinear)


def test_without_kernels_torch_serves_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(build, "_loaded", None)
    monkeypatch.setattr(build, "_reason", "There is no C++ compiler.")

    backend = choose_backend(CheckpointSpec(FOLDER), FP32)
    asked = choose_backend(CheckpointSpec(FOLDER, kernels="torch"), FP32)

    assert backend.kernels == "torch: There is no C++ compiler."
    assert asked.kernels == "torch"


class TestOnGpu:
    """Decisions about a GPU that depend only on its capability; nothing runs on it."""

    @pytest.fixture(autouse=True, params=[(7, 5), (9, 0)], ids=["turing", "hopper"])
    def capability(
        self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[int, int]:
        capability: tuple[int, int] = request.param
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
        return capability

    def test_int8_computes_in_the_halves_that_the_gpu_has(
        self, capability: tuple[int, int]
    ) -> None:
        from workers.engine.backends.cuda.backend import CudaBackend

        spec = CheckpointSpec(FOLDER, dtype="int8", device="cuda")
        backends = {stored: choose_backend(spec, stored) for stored in (FP32, FP16, BF16)}

        for stored, backend in backends.items():
            halves = FP16 if stored is FP16 or capability < (8, 0) else BF16
            assert isinstance(backend, CudaBackend)
            assert backend.precision == Precision("int8", stored, halves, halves, 1)
            assert (backend.int8, backend.copies, backend.kernels) == (True, True, "native")
            assert (backend.chunk_grid, backend.prefill_rows) == (8, 2048)
            assert backend.capability == capability

    def test_other_weights_keep_the_requested_dtype(self, capability: tuple[int, int]) -> None:
        spec = CheckpointSpec(FOLDER, dtype="float16", device="cuda")
        plain = CheckpointSpec(FOLDER, dtype="float16", device="cuda", kernels="torch")

        own, torch_only = choose_backend(spec, FP32), choose_backend(plain, FP32)

        assert own.precision == torch_only.precision == Precision("float16", FP16, FP16, FP16, 2)
        assert (own.kernels, torch_only.kernels) == ("native", "torch")
        assert (own.chunk_grid, torch_only.chunk_grid) == (8, 32)
        assert not own.copies
        assert not torch_only.copies
        assert isinstance(torch_only, TorchBackend)
        assert torch_only.gathered_below == 16

    def test_dtypes_that_the_gpu_lacks_are_refused(self, capability: tuple[int, int]) -> None:
        with pytest.raises(CheckpointUnsupported, match="int8 on a GPU needs"):
            choose_backend(
                CheckpointSpec(FOLDER, dtype="int8", device="cuda", kernels="torch"), FP32
            )
        bf16 = CheckpointSpec(FOLDER, dtype="bfloat16", device="cuda")
        if capability < (8, 0):
            with pytest.raises(CheckpointUnsupported, match="nothing in bfloat16"):
                choose_backend(bf16, FP32)
        else:
            assert choose_backend(bf16, FP32).precision.activations is BF16


def test_nothing_outside_the_backends_asks_for_a_device_or_for_kernels() -> None:
    asks = re.compile(r"\.type [!=]= |is_cuda|is_cpu|torch\.cuda\b|native\.build")
    outside = [
        path for path in ENGINE.rglob("*.py") if "backends" not in path.relative_to(ENGINE).parts
    ]

    found = [str(path.relative_to(ENGINE)) for path in outside if asks.search(path.read_text())]

    assert len(outside) > 20
    # Checks whether numpy can read a dtype; that does not choose a backend.
    assert found == ["sampling/draw.py"]
