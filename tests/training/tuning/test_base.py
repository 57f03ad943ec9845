"""The base model: read from any form of a checkpoint, and refused by name where it is damaged."""

import json
from pathlib import Path

import pytest
import torch

from tests.training.tuning.jobs import write_base
from workers.training.tuning.base import base_digest, base_parameters, load_base
from workers.training.tuning.errors import BaseUnusable

IDS = torch.tensor([[7, 40, 99]])


@torch.no_grad()
def test_shards_are_one_model(base_folder: Path, tmp_path: Path) -> None:
    folder = write_base(tmp_path / "shards", shard_bytes=20_000)
    assert len(list(folder.glob("*.safetensors"))) > 2

    assert load_base(folder).network(IDS).equal(load_base(base_folder).network(IDS))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_held_as_asked(dtype: str, tmp_path: Path) -> None:
    folder = write_base(tmp_path / dtype, dtype=dtype)

    wide = dict(base_parameters(load_base(folder).network))
    narrow = dict(base_parameters(load_base(folder, dtype=torch.bfloat16).network))

    assert {tensor.dtype for tensor in wide.values()} == {torch.float32}
    matrix, vector = "transformer.h.0.mlp.fc_in.weight", "transformer.h.0.ln_1.weight"
    assert (narrow[matrix].dtype, narrow[vector].dtype) == (torch.bfloat16, torch.float32)
    stored = wide[matrix].to(getattr(torch, dtype)).float()
    assert stored.equal(wide[matrix])
    assert not any(parameter.requires_grad for parameter in wide.values())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("cut", "is truncated or damaged"),
        ("layers", "has no tensor transformer.h.2"),
        ("width", "by config.json it must be"),
        ("kind", "model_type is 'gpt2'"),
        ("tokenizer", "tokenizer.json is missing"),
        ("weights", "holds no weights as safetensors"),
    ],
)
def test_a_damaged_checkpoint_is_refused(damage: str, said: str, tmp_path: Path) -> None:
    folder = write_base(tmp_path / "base")
    weights, config = folder / "model.safetensors", folder / "config.json"
    changes = {"layers": {"n_layer": 3}, "width": {"n_embd": 64}, "kind": {"model_type": "gpt2"}}
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "tokenizer":
        (folder / "tokenizer.json").unlink()
    elif damage == "weights":
        weights.unlink()
    else:
        values = json.loads(config.read_text(encoding="utf-8")) | changes[damage]
        config.write_text(json.dumps(values), encoding="utf-8")

    with pytest.raises(BaseUnusable) as refused:
        load_base(folder)

    assert said in str(refused.value)


def test_a_digest_tells_models_apart(base_folder: Path, tmp_path: Path) -> None:
    same, other = write_base(tmp_path / "same"), write_base(tmp_path / "other")
    weights = other / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)

    assert base_digest(same) == base_digest(base_folder)
    assert base_digest(other) != base_digest(base_folder)
