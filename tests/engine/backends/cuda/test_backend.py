"""The parts of the GPU backend work together. Its captures are tested on a GPU."""

import pytest
import torch

from tests.engine.tiny import Tiny, prompt_of
from workers.engine.adapters.bank import AdapterBank
from workers.engine.backends.cuda.backend import CudaBackend
from workers.engine.backends.cuda.shapes import AMPERE
from workers.engine.backends.interface import Precision, Span
from workers.engine.checkpoint.spec import CheckpointSpec, Dtype
from workers.engine.model import weights


def make_backend(tiny: Tiny, dtype: Dtype) -> CudaBackend:
    fp32, int8 = torch.float32, dtype == "int8"
    return CudaBackend(
        device=tiny.model.device,
        precision=Precision(dtype, fp32, fp32, fp32, 1 if int8 else 4),
        kernels="native",
        copies=int8,
        chunk_grid=8,
        prefill_rows=2048,
        free_bytes=lambda: None,
        capability=AMPERE,
        int8=int8,
    )


@pytest.mark.usefixtures("few_splits")
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("int8", 0.3)])
def test_a_model_with_its_layout_equals_transformers(
    one_head: Tiny, dtype: Dtype, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = make_backend(one_head, dtype)
    monkeypatch.setattr(weights, "choose_backend", lambda spec, stored: backend)
    model, _ = weights.load_model(CheckpointSpec(one_head.folder, dtype=dtype))
    ids = torch.tensor(prompt_of(9), device=model.device)

    with torch.inference_mode():
        cache = backend.cache(model.config, model.rotations, 2)
        logits = model.logits(model.hidden(ids, cache.step([Span(0, 0, 9, [1])])))
        expected = one_head.oracle(ids[None].cpu()).logits[0]

    error = float((logits.cpu() - expected).norm() / expected.norm())
    assert error < tolerance
    assert (error > 1e-5) is (dtype == "int8")


def test_a_cache_of_another_backend_is_not_captured(one_head: Tiny) -> None:
    backend, model = make_backend(one_head, "float32"), one_head.model
    bank = AdapterBank(model.config, backend.adapter_store(model.config))

    with pytest.raises(TypeError, match="another backend's: TorchCache"):
        backend.capture(model, one_head.cache(1), bank, 4)
