"""The base in 4 bits while LoRA is trained: refusals, what is replaced, and what is learnt for."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.training.tuning.jobs import Trainers, end_of, make_job
from workers.training.tuning import __main__ as command
from workers.training.tuning import job
from workers.training.tuning.adapters import adapted_linears, adapter_tensors
from workers.training.tuning.base import Base, load_base
from workers.training.tuning.errors import LibraryMissing
from workers.training.tuning.inference import EncodedRow, score_completions
from workers.training.tuning.learner import Learner
from workers.training.tuning.options import TuningOptions
from workers.training.tuning.processes import Single
from workers.training.tuning.quantizing import load_quantizer, quantize_base

CPU = torch.device("cpu")
LEVELS = 7


class Params4bit(nn.Parameter):
    """As bitsandbytes has it: moving it quantises it."""

    def __new__(cls, data: Tensor, requires_grad: bool, quant_type: str, module: Any) -> Any:
        assert quant_type == "nf4"
        return torch.Tensor._make_subclass(cls, data, requires_grad)


class Linear4bit(nn.Linear):
    """A linear layer of sixteen levels a row, computed in ``compute_dtype``."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        bias: bool,
        compute_dtype: torch.dtype,
        quant_type: str,
        device: str,
    ) -> None:
        super().__init__(inputs, outputs, bias, device)
        assert quant_type == "nf4"
        self.compute_dtype = compute_dtype

    def to(self, device: torch.device) -> "Linear4bit":
        assert isinstance(self.weight, Params4bit)
        scale = self.weight.detach().abs().amax(1, keepdim=True) / LEVELS
        rounded = (self.weight.detach() / scale).round() * scale
        self.weight = nn.Parameter(rounded.to(device), requires_grad=False)
        return self

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.to(self.compute_dtype)).to(x.dtype)


QUANTIZER = SimpleNamespace(nn=SimpleNamespace(Linear4bit=Linear4bit, Params4bit=Params4bit))
ROWS = [EncodedRow([number % 7 + 1, 9, number % 7 + 20, 0], 2) for number in range(16)]


def quantized_learner(base_folder: Path) -> Learner:
    base = load_base(base_folder)
    quantize_base(base, QUANTIZER, CPU)
    options = TuningOptions(str(base_folder), rank=4, rate=0.02, batch=8, epochs=4, quantize="nf4")
    return Learner(
        base, options.resolved(base.parameters), ROWS, processes=Single(CPU), precision="fp32"
    )


def train(learner: Learner, steps: int) -> list[float]:
    learner.trainer.schedule = learner.schedule(steps)
    batches = learner.batches()
    results = [learner.trainer.train_step(next(batches)) for _ in range(steps)]
    return [result.loss / result.positions for result in results]


def logits(base: Base) -> Tensor:
    with torch.no_grad():
        found: Tensor = base.network(torch.tensor([[1, 2, 3, 4]]))
    return found


def test_a_cpu_is_refused() -> None:
    with pytest.raises(LibraryMissing, match="needs a GPU with CUDA"):
        load_quantizer(CPU)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)

    with pytest.raises(LibraryMissing, match="pip install bitsandbytes"):
        load_quantizer(torch.device("cuda"))


def test_the_package_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("bitsandbytes")
    monkeypatch.setitem(sys.modules, "bitsandbytes", package)

    assert load_quantizer(torch.device("cuda")) is package


def test_a_job_that_cannot_quantize_fails_with_the_reason(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder, quantize="nf4")

    assert child.attempt(folder) == 0

    end = end_of(folder)
    assert (end["status"], end["code"]) == ("failed", "library_missing")
    assert "Set quantize to none" in end["reason"]


def test_all_linear_layers_but_the_head_are_replaced_and_keep_their_place(
    base_folder: Path,
) -> None:
    plain, base = load_base(base_folder), load_base(base_folder)

    quantize_base(base, QUANTIZER, CPU)

    layers = [linear for _, linear in adapted_linears(base.network)]
    assert len(layers) == 6 * base.network.shape.n_layer
    assert all(isinstance(linear.product, Linear4bit) for linear in layers)
    assert base.network.lm_head.weight.equal(plain.network.lm_head.weight)
    assert base.parameters == plain.parameters
    assert not logits(base).equal(logits(plain))
    torch.testing.assert_close(logits(base), logits(plain), atol=1.5, rtol=0)


def test_lora_learns_beside_layers_of_4_bits_in_fp32(base_folder: Path) -> None:
    learner = quantized_learner(base_folder)
    before = [each.detach().clone() for each in learner.base.network.parameters()]

    losses = train(learner, 12)

    assert losses[-1] < losses[0] - 1
    assert {each.dtype for each in learner.trained.values()} == {torch.float32}
    trained = {id(each) for each in learner.trained.values()}
    for parameter, old in zip(learner.base.network.parameters(), before, strict=True):
        assert parameter.equal(old) == (id(parameter) not in trained)


def test_the_result_is_the_base_as_it_is_with_what_was_learnt(base_folder: Path) -> None:
    learner = quantized_learner(base_folder)
    train(learner, 12)
    learnt = {
        name: tensor.tolist() for name, tensor in adapter_tensors(learner.base.network).items()
    }

    base = learner.base_of_result()

    assert base is not None
    assert all(linear.product is None for _, linear in adapted_linears(base.network))
    stored = {name: tensor.tolist() for name, tensor in adapter_tensors(base.network).items()}
    assert stored == learnt
    (tuned,) = score_completions(base, ROWS[:1])
    (untuned,) = score_completions(load_base(base_folder), ROWS[:1])
    assert tuned.log_probability > untuned.log_probability + 2
    # The layers of 4 bits take no more memory.
    assert all(each.numel() == 0 for each in learner.base.network.parameters())


def test_a_job_says_that_its_base_is_in_4_bits(
    tmp_path: Path, base_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "load_quantizer", lambda device: QUANTIZER)
    # Which SIGTERM belongs to pytest.
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    folder = make_job(tmp_path / "job", base_folder, quantize="nf4", epochs=8)

    assert command.main([str(folder)]) == 0

    lines = [json.loads(line) for line in (folder / "record.jsonl").read_text().splitlines()]
    assert lines[0]["kernel"] == "cpu fp32, packed, base in nf4"
    assert lines[-1]["status"] == "succeeded", lines[-1]
