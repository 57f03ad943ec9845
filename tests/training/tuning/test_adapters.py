"""Adapters: PEFT computes the same from the files, and gives the same gradients."""

import json
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import GPTJForCausalLM

from workers.engine.adapters.adapter import read_adapter
from workers.engine.checkpoint.spec import ModelConfig
from workers.training.loss import summed_packed_loss
from workers.training.packing import pack_rows
from workers.training.tuning.adapters import (
    MODULES,
    WEIGHTS,
    adapter_tensors,
    attach_adapter,
    detach_adapter,
    load_adapter,
    save_adapter,
    without_adapter,
)
from workers.training.tuning.base import Base, load_base
from workers.training.tuning.errors import AdapterWrong

# PEFT still asks transformers by a name that will go with its next major version.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

IDS = torch.tensor([[7, 40, 99, 3, 200, 17]])
RANK, ALPHA = 4, 8.0


@pytest.fixture
def base(base_folder: Path) -> Base:
    return load_base(base_folder)


def attach_random(base: Base) -> None:
    """An adapter that changes much."""
    attach_adapter(base.network, rank=RANK, alpha=ALPHA, seed=1)
    torch.manual_seed(2)
    for parameter in adapter_tensors(base.network).values():
        torch.nn.init.normal_(parameter, std=0.2)


def save(base: Base, folder: Path) -> Path:
    save_adapter(base.network, folder, rank=RANK, alpha=ALPHA, dropout=0.05, base="tiny")
    return folder


@torch.no_grad()
def test_peft_computes_the_same_logits(base: Base, base_folder: Path, tmp_path: Path) -> None:
    attach_random(base)
    folder = save(base, tmp_path / "adapter")

    oracle = GPTJForCausalLM.from_pretrained(base_folder, attn_implementation="eager")
    theirs = PeftModel.from_pretrained(oracle, folder).eval()(IDS).logits

    torch.testing.assert_close(base.network(IDS), theirs, atol=2e-4, rtol=1e-4)


def test_the_engine_reads_the_files(base: Base, base_folder: Path, tmp_path: Path) -> None:
    attach_random(base)

    adapter = read_adapter("tuned", save(base, tmp_path / "a"), ModelConfig.load(base_folder))

    ours = adapter_tensors(base.network)
    pair = adapter.weights[1, "fc_out"]
    name = "base_model.model.transformer.h.1.mlp.fc_out.lora_B.weight"
    assert pair.scale == ALPHA / RANK
    assert pair.b.equal(ours[name])


@torch.no_grad()
def test_an_adapter_of_peft_can_be_loaded(base: Base, base_folder: Path, tmp_path: Path) -> None:
    oracle = GPTJForCausalLM.from_pretrained(base_folder, attn_implementation="eager")
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules=list(MODULES), init_lora_weights=False
    )
    model = get_peft_model(oracle, config).eval()
    model.save_pretrained(tmp_path)

    load_adapter(base.network, tmp_path)

    torch.testing.assert_close(base.network(IDS), model(IDS).logits, atol=2e-4, rtol=1e-4)


def test_peft_gives_the_same_gradients(base: Base, base_folder: Path, tmp_path: Path) -> None:
    attach_random(base)
    oracle = GPTJForCausalLM.from_pretrained(base_folder, attn_implementation="eager")
    model = PeftModel.from_pretrained(oracle, save(base, tmp_path / "a"), is_trainable=True).eval()
    labels = IDS.clone()
    labels[:, :3] = -100
    (model(IDS, labels=labels).loss * 3).backward()

    batch = pack_rows(IDS.tolist(), [3])
    named = adapter_tensors(base.network)
    loss = summed_packed_loss(base.network, batch, precision="fp32")
    gradients = torch.autograd.grad(loss, list(named.values()))

    theirs = {
        name.replace(".default", ""): parameter.grad
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }
    assert theirs.keys() == named.keys()
    for name, gradient in zip(named, gradients, strict=True):
        torch.testing.assert_close(gradient, theirs[name], atol=1e-4, rtol=1e-3)


@torch.no_grad()
def test_a_new_adapter_changes_nothing_and_can_be_taken_off(base: Base) -> None:
    plain = base.network(IDS)

    attach_adapter(base.network, rank=RANK, alpha=ALPHA, seed=1)
    assert base.network(IDS).equal(plain)
    attach_random(base)
    assert not base.network(IDS).allclose(plain)

    with without_adapter(base.network):
        assert base.network(IDS).equal(plain)
    assert not base.network(IDS).allclose(plain)
    detach_adapter(base.network)
    assert base.network(IDS).equal(plain)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("nan", "lora_A.weight holds numbers that are not finite"),
        ("zero", "the adapter changes nothing"),
        ("missing", "is missing"),
        ("shape", "it must be [4, 32]"),
    ],
)
def test_an_adapter_that_cannot_be_used_is_refused_by_name(
    change: str, said: str, base: Base, tmp_path: Path
) -> None:
    attach_random(base)
    path = save(base, tmp_path / "a") / WEIGHTS
    tensors = load_file(path)
    first = min(tensors)
    if change == "nan":
        tensors[first][0, 0] = torch.nan
    elif change == "zero":
        tensors = {name: tensor * (".lora_A." in name) for name, tensor in tensors.items()}
    elif change == "missing":
        del tensors[first]
    else:
        tensors[first] = tensors[first][:3].contiguous()
    save_file(tensors, path)

    with pytest.raises(AdapterWrong) as refused:
        load_adapter(base.network, tmp_path / "a")

    assert said in str(refused.value)


def test_the_configuration_names_no_path(base: Base, tmp_path: Path) -> None:
    attach_random(base)

    text = (save(base, tmp_path / "a") / "adapter_config.json").read_text(encoding="utf-8")

    assert json.loads(text)["base_model_name_or_path"] == "tiny"
