"""Merged weights compute what base and adapter compute, and load wherever a checkpoint does."""

import errno
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoTokenizer, GPTJForCausalLM

from tools.random_checkpoint import RandomCheckpoint, write
from workers.engine.adapters.adapter import read_adapter as read_for_engine
from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig
from workers.engine.engine import Engine
from workers.engine.request import Finish, Request, SamplingParams
from workers.training.tuning.adapters import adapter_tensors, attach_adapter, save_adapter
from workers.training.tuning.base import load_base
from workers.training.tuning.export import __main__ as command
from workers.training.tuning.export import job as job_module
from workers.training.tuning.export import merge as merge_module
from workers.training.tuning.export.job import export_job
from workers.training.tuning.export.merge import DTYPES, DoesNotFitDtype, Dtype, read_adapter
from workers.training.tuning.export.parity import BARS, Bar, NotEqualEnough, Parity, compare
from workers.training.tuning.export.stored import StoredWeights

CONFIG = ModelConfig(260, 96, 32, 2, 2, 8, 1e-5)
IDS = [[5, 9, 200, 31, 7, 7, 90], [44, 2], [3, 2, 1, 0, 77, 160, 161, 162, 163, 9, 8]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished job. Its adapter changes the base about as much as training does."""
    base = tmp_path / "base"
    write(RandomCheckpoint(CONFIG, "bfloat16", 5, 0.1), base)
    network = load_base(base).network
    attach_adapter(network, rank=4, alpha=8, seed=1)
    for number, tensor in enumerate(adapter_tensors(network).values()):
        torch.nn.init.normal_(tensor, std=0.05, generator=torch.Generator().manual_seed(number))
    job = tmp_path / "job"
    adapter = job / "result" / "adapter"
    save_adapter(network, adapter, rank=4, alpha=8, dropout=0.05, base="base")
    (job / "job.json").write_text(json.dumps({"format": 1, "base": str(base)}))
    rows = [{"row": n, "prompt": f"message {n} T:", "completion": " up"} for n in range(1, 20)]
    (job / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return job


def oracle(job: Path) -> Any:
    """Base and adapter, by transformers and PEFT in fp32."""
    base = GPTJForCausalLM.from_pretrained(job.parent / "base", dtype=torch.float32)
    with warnings.catch_warnings():
        # PEFT still asks transformers by a name that will go with its next major version.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return PeftModel.from_pretrained(base, str(job / "result" / "adapter")).eval()


@torch.inference_mode()
def logits_of(model: Any, ids: list[int]) -> Tensor:
    return model(torch.tensor([ids])).logits[0].float()


@pytest.mark.parametrize("shard_bytes", [20_000, 10**8])
def test_transformers_computes_from_the_merged_what_peft_computes(
    folder: Path, shard_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_module, "LEAST_SHARD_BYTES", shard_bytes)

    merged = export_job(folder, "float32")

    assert ((merged / "model.safetensors.index.json").exists()) == (shard_bytes == 20_000)
    model = GPTJForCausalLM.from_pretrained(merged).eval()
    assert model.dtype == torch.float32
    adapted = oracle(folder)
    for ids in IDS:
        torch.testing.assert_close(
            logits_of(model, ids), logits_of(adapted, ids), atol=1e-4, rtol=1e-5
        )
    assert AutoTokenizer.from_pretrained(merged).encode("ab") == [97, 98]


def test_the_engine_writes_from_the_merged_what_it_writes_with_the_adapter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_module, "LEAST_SHARD_BYTES", 20_000)
    merged = export_job(folder, "float32")
    adapted = Engine.load(CheckpointSpec(folder.parent / "base"), cache_bytes=2**22)
    adapter = read_for_engine("tuned", folder / "result" / "adapter", CONFIG)
    adapted.load_adapter("tuned", adapter)

    with_adapter = write_text(adapted, adapter="tuned")
    alone = write_text(Engine.load(CheckpointSpec(merged), cache_bytes=2**22))

    assert alone == with_adapter
    assert alone != write_text(adapted)


def write_text(engine: Engine, adapter: str | None = None) -> list[tuple[str, int]]:
    """Request and token of each step."""
    params = SamplingParams(max_tokens=24, temperature=0)
    for number, ids in enumerate(IDS):
        engine.submit(Request(str(number), tuple(ids), params, adapter=adapter))
    outputs = []
    while engine.has_work:
        outputs += engine.step()
    return [(each.request_id, each.token_id) for each in outputs if not isinstance(each, Finish)]


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_dtype_is_stored_as_asked_and_passes(folder: Path, dtype: Dtype) -> None:
    merged = export_job(folder, dtype)

    stored = load_file(merged / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {DTYPES[dtype]}
    assert json.loads((merged / "config.json").read_text())["dtype"] == dtype
    facts = json.loads((merged / "parity.json").read_text())
    assert facts["largest"] <= facts["bar"]["largest"]
    assert facts["positions"] > 100
    assert not list(merged.parent.glob("*.new"))


def test_parity_is_measured_as_two_whole_networks_differ(folder: Path, tmp_path: Path) -> None:
    export_job(folder, "float32")
    merged = tmp_path / "other"
    write_changed(folder / "result" / "merged-float32", merged)
    adapted, changed = oracle(folder), GPTJForCausalLM.from_pretrained(merged).eval()

    parity = compare(
        StoredWeights(folder.parent / "base"),
        read_adapter(folder / "result" / "adapter"),
        StoredWeights(merged),
        IDS,
    )

    p = torch.cat([logits_of(adapted, ids) for ids in IDS])
    q = torch.cat([logits_of(changed, ids) for ids in IDS])
    divergence = torch.nn.functional.kl_div(
        q.log_softmax(-1), p.log_softmax(-1), log_target=True, reduction="batchmean"
    )
    assert parity.positions == len(p)
    assert parity.largest == pytest.approx(float((p - q).abs().max()), rel=1e-3)
    same = (p.argmax(-1) == q.argmax(-1)).double().mean()
    assert parity.argmax_equal == pytest.approx(float(same))
    assert parity.divergence == pytest.approx(float(divergence), rel=1e-2)


def write_changed(merged: Path, other: Path) -> None:
    """The same checkpoint with one matrix a tenth larger."""
    other.mkdir()
    for path in merged.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    tensors = load_file(merged / "model.safetensors")
    tensors["transformer.h.1.mlp.fc_in.weight"] *= 1.1
    save_file(tensors, other / "model.safetensors", metadata={"format": "pt"})


def test_weights_that_compute_something_else_are_not_given_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = merge_module.merged_weight
    monkeypatch.setattr(merge_module, "merged_weight", lambda *asked: real(*asked) * (1 + 1e-3))

    with pytest.raises(NotEqualEnough, match=r"too far from the adapter"):
        export_job(folder, "float32")

    assert sorted(path.name for path in (folder / "result").iterdir()) == [
        "adapter",
        "parity-float32.json",
    ]
    facts = json.loads((folder / "result" / "parity-float32.json").read_text())
    assert facts["largest"] > facts["bar"]["largest"] == 1e-3
    assert facts["bar"]["divergence"] == 1e-6


def test_a_full_disk_leaves_nothing_and_can_be_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(merge_module, "save_tensors", fail)
        with pytest.raises(OSError, match="No space"):
            export_job(folder, "float32")
        left = [path.name for path in (folder / "result").iterdir()]

    assert left == ["adapter"]
    assert export_job(folder, "float32").is_dir()


@pytest.mark.parametrize(
    "parity, passes",
    [
        (Parity(100, 0.3, 0.995, 1e-4), True),
        (Parity(100, 0.31, 1, 0), False),
        (Parity(100, 0.1, 0.99, 0), False),
        (Parity(100, 0.1, 1, 2e-4), False),
        (Parity(100, float("nan"), 1, float("nan")), False),
    ],
)
def test_each_of_the_three_figures_can_fail(parity: Parity, passes: bool) -> None:
    assert parity.meets(Bar(0.3, argmax_equal=0.995, divergence=1e-4)) is passes


def test_float32_forgives_another_order_of_sums_and_nothing_coarser() -> None:
    """The figures of a real training, merged in float32 and in bfloat16."""
    assert Parity(4115, 1.27e-4, 1, 2.1e-9).meets(BARS["float32"])
    assert not Parity(4115, 0.13, 0.9973, 2.6e-5).meets(BARS["float32"])


def test_what_the_dtype_cannot_hold_is_refused(folder: Path) -> None:
    path = folder.parent / "base" / "model.safetensors"
    tensors = load_file(path)
    tensors["transformer.wte.weight"][7, 7] = 1e6
    save_file(tensors, path, metadata={"format": "pt"})

    with pytest.raises(DoesNotFitDtype, match=r"transformer\.wte\.weight.*float16"):
        export_job(folder, "float16")

    assert not list((folder / "result").glob("merged*"))


def test_a_full_fine_tune_is_stored_in_another_dtype(folder: Path) -> None:
    base = folder.parent / "base"
    base.rename(folder / "result" / "model")
    (folder / "job.json").write_text(json.dumps({"format": 1, "base": str(base), "method": "full"}))

    merged = export_job(folder, "float16")

    before = load_file(folder / "result" / "model" / "model.safetensors")
    after = load_file(merged / "model.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name].half(), after[name]) for name in before)
    figures = json.loads((merged / "parity.json").read_text())
    assert figures["bar"]["divergence"] is None


def test_the_command_prints_the_folder(folder: Path) -> None:
    module = "workers.training.tuning.export"
    arguments = [sys.executable, "-m", module, str(folder), "--dtype", "float32"]

    ran = subprocess.run(arguments, capture_output=True, text=True)

    assert (ran.returncode, ran.stdout.strip()) == (0, str(folder / "result" / "merged-float32"))


def test_the_command_says_the_reason_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "job.json").unlink()
    monkeypatch.setattr(sys, "argv", ["export", str(folder), "--dtype", "float16"])

    assert command.main() == 65

    said = capsys.readouterr().err
    assert said.startswith("option_wrong: ")
    assert len(said.splitlines()) == 1


def test_a_job_without_rows_has_nothing_to_be_compared_on(folder: Path) -> None:
    (folder / "train.jsonl").write_text("")

    with pytest.raises(job_module.DatasetUnusable):
        export_job(folder, "float32")
