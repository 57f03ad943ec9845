"""Reading PEFT's adapters: which are served, and which are refused and why."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file

from tests.engine.adapters.peft_adapters import (
    A_TENSOR,
    B_TENSOR,
    CONFIG,
    change_tensors,
    read,
    save_adapter,
    set_fields,
)
from workers.engine.adapters.adapter import Adapter, read_adapter
from workers.engine.errors import (
    AdapterCorrupt,
    AdapterError,
    AdapterFileMissing,
    AdapterShape,
    AdapterUnsupported,
)


def assert_as_peft_has_it(adapter: Adapter, adapted: PeftModel) -> None:
    """Matrices equal to the bit, scales to rounding, of the same modules."""
    found = set()
    for path, module in adapted.base_model.model.named_modules():
        if not hasattr(module, "lora_A"):
            continue
        _, _, layer, _, name = path.split(".")
        pair = adapter.weights[int(layer), name]
        found.add((int(layer), name))
        assert torch.equal(pair.a, module.lora_A["default"].weight.float())
        assert torch.equal(pair.b, module.lora_B["default"].weight.float())
        assert pair.scale == pytest.approx(module.scaling["default"], rel=1e-12)
    assert adapter.weights.keys() == found


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"r": 1, "lora_alpha": 32},
        {"lora_alpha": 3, "use_rslora": True},
        {"target_modules": ["fc_in"]},
        {"target_modules": "all-linear", "exclude_modules": ["lm_head"]},
        {"target_modules": r".*\.(q_proj|fc_out)"},
        {"target_modules": ["transformer.h.1.attn.k_proj", "fc_out"]},
        {"exclude_modules": ["k_proj", "transformer.h.0.mlp.fc_in"]},
        {"layers_to_transform": [0, 2]},
        {"layers_to_transform": 1, "layers_pattern": "h"},
        {"layers_to_transform": [1], "target_modules": ["transformer.h.0.mlp.fc_in", "v_proj"]},
        {"rank_pattern": {"q_proj": 2, "h.1.mlp.fc_in": 9}, "alpha_pattern": {"fc_out": 1.5}},
        {
            "rank_pattern": {"^transformer.h.0.attn.v_proj": 3, "v_proj": 5},
            "alpha_pattern": {"v_proj": 7},
            "use_rslora": True,
        },
        {"init_lora_weights": "gaussian", "lora_dropout": 0.1},
    ],
    ids=str,
)
def test_adapters_are_read_as_peft_has_them(tmp_path: Path, fields: dict[str, Any]) -> None:
    adapted = save_adapter(tmp_path, **fields)

    assert_as_peft_has_it(read(tmp_path), adapted)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened(adapter_folder: Path, dtype: torch.dtype) -> None:
    def halve(tensors: dict[str, torch.Tensor]) -> None:
        for name in tensors:
            tensors[name] = tensors[name].to(dtype)

    change_tensors(adapter_folder, halve)

    a = read(adapter_folder).weights[1, "q_proj"].a
    expected = load_file(adapter_folder / "adapter_model.safetensors")[A_TENSOR].float()
    assert a.dtype == torch.float32
    assert torch.equal(a, expected)


def test_pickled_adapters_are_read(tmp_path: Path) -> None:
    adapted = save_adapter(tmp_path, safe=False)

    assert (tmp_path / "adapter_model.bin").is_file()
    assert_as_peft_has_it(read(tmp_path), adapted)


def test_ranks_and_sizes_are_reported(tmp_path: Path) -> None:
    save_adapter(tmp_path, r=2, rank_pattern={"fc_in": 5}, target_modules=["fc_in", "q_proj"])

    adapter = read(tmp_path)

    width = CONFIG.n_embd
    assert adapter.name == "mine"
    assert adapter.rank == 5
    assert adapter.parameters == CONFIG.n_layer * (5 * 5 * width + 2 * 2 * width)


def test_the_digest_names_what_the_adapter_computes(
    adapter_folder: Path, saved_adapter: Path
) -> None:
    digest = read(adapter_folder).digest
    assert digest == read_adapter("other name", saved_adapter, CONFIG).digest
    assert len(digest) == 64

    set_fields(adapter_folder, lora_alpha=7)
    other_scale = read(adapter_folder).digest
    change_tensors(adapter_folder, lambda tensors: tensors[A_TENSOR].mul_(2))
    other_weights = read(adapter_folder).digest

    assert len({digest, other_scale, other_weights}) == 3


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"peft_type": "IA3"}, "peft_type"),
        ({"peft_type": None}, "peft_type"),
        ({"use_dora": True}, "use_dora"),
        ({"bias": "lora_only"}, "bias"),
        ({"lora_bias": True}, "lora_bias"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"fan_in_fan_out": True}, "fan_in_fan_out"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights"),
        ({"init_lora_weights": "olora"}, "init_lora_weights"),
        ({"init_lora_weights": ["x"]}, "init_lora_weights"),
        ({"layer_replication": [[0, 2]]}, "layer_replication"),
        ({"trainable_token_indices": [1]}, "trainable_token_indices"),
        ({"a_variant_of_next_year": {"x": 1}}, "a_variant_of_next_year"),
        ({"r": 0}, "r"),
        ({"r": True}, "r"),
        ({"r": 100_000}, "r"),
        ({"lora_alpha": None}, "lora_alpha"),
        ({"lora_alpha": float("nan")}, "lora_alpha"),
        ({"use_rslora": "yes"}, "use_rslora"),
        ({"rank_pattern": {"q_(proj|x)+": 2}}, "rank_pattern"),
        ({"rank_pattern": {"q_proj": -1}}, "rank_pattern"),
        ({"alpha_pattern": {"q_proj": "2"}}, "alpha_pattern"),
        ({"alpha_pattern": ["q_proj"]}, "alpha_pattern"),
        ({"target_modules": None}, "target_modules"),
        ({"target_modules": [1]}, "target_modules"),
        ({"exclude_modules": ".*"}, "exclude_modules"),
        ({"layers_to_transform": ["1"]}, "layers_to_transform"),
        ({"layers_pattern": "blocks"}, "layers_pattern"),
    ],
    ids=str,
)
def test_only_plain_lora_is_accepted(
    adapter_folder: Path, fields: dict[str, Any], named: str
) -> None:
    set_fields(adapter_folder, **fields)

    with pytest.raises(AdapterUnsupported) as refused:
        read(adapter_folder)

    assert refused.value.details["field"] == named
    assert str(adapter_folder / "adapter_config.json") in refused.value.message


# PEFT says that it also saves the embedding.
@pytest.mark.filterwarnings("ignore:Setting .save_embedding_layers:UserWarning")
@pytest.mark.parametrize("module", ["lm_head", "wte"])
def test_adapters_of_embeddings_and_head_are_refused(tmp_path: Path, module: str) -> None:
    save_adapter(tmp_path, target_modules=["q_proj", module])

    with pytest.raises(AdapterUnsupported, match=module):
        read(tmp_path)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"{", AdapterCorrupt),
        (b"\xff\xfe{}", AdapterCorrupt),
        (b"[" * 100_000, AdapterCorrupt),
        (b"[]", AdapterCorrupt),
        (b" " * (2**20 + 1), AdapterShape),
    ],
    ids=["cut", "not text", "deep", "no object", "huge"],
)
def test_invalid_configurations_are_refused(
    adapter_folder: Path, text: bytes, error: type[AdapterError]
) -> None:
    (adapter_folder / "adapter_config.json").write_bytes(text)

    with pytest.raises(error, match=r"adapter_config\.json"):
        read(adapter_folder)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_missing_files_are_named(adapter_folder: Path, name: str) -> None:
    (adapter_folder / name).unlink()

    with pytest.raises(AdapterFileMissing, match=name):
        read(adapter_folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdapterFileMissing, match="nowhere"):
        read(tmp_path / "nowhere")


def drop_half(tensors: dict[str, torch.Tensor]) -> None:
    del tensors[B_TENSOR]


def drop_module(tensors: dict[str, torch.Tensor]) -> None:
    del tensors[A_TENSOR], tensors[B_TENSOR]


def add_module(tensors: dict[str, torch.Tensor]) -> None:
    for name in (A_TENSOR, B_TENSOR):
        tensors[name.replace("q_proj", "k_proj")] = tensors[name].clone()


def add_layer(tensors: dict[str, torch.Tensor]) -> None:
    tensors[A_TENSOR.replace("h.1", "h.7")] = tensors[A_TENSOR].clone()


def widen(tensors: dict[str, torch.Tensor]) -> None:
    tensors[A_TENSOR] = torch.zeros(4, CONFIG.n_embd + 1)


def raise_rank(tensors: dict[str, torch.Tensor]) -> None:
    tensors[A_TENSOR] = torch.zeros(5, CONFIG.n_embd)
    tensors[B_TENSOR] = torch.zeros(CONFIG.n_embd, 5)


def clear(tensors: dict[str, torch.Tensor]) -> None:
    tensors.clear()


@pytest.mark.parametrize(
    ("change", "tensor"),
    [
        (drop_half, B_TENSOR),
        (drop_module, "transformer.h.1.attn.q_proj"),
        (add_module, "transformer.h.1.attn.k_proj"),
        (add_layer, A_TENSOR.replace("h.1", "h.7")),
        (widen, A_TENSOR),
        (raise_rank, A_TENSOR),
        (clear, "transformer.h.0.attn.q_proj"),
    ],
)
def test_missing_extra_and_misshapen_tensors_are_named(
    adapter_folder: Path, change: Callable[[dict[str, torch.Tensor]], None], tensor: str
) -> None:
    change_tensors(adapter_folder, change)

    with pytest.raises(AdapterShape) as refused:
        read(adapter_folder)

    assert refused.value.details["tensor"] == tensor
    assert tensor in refused.value.message


def test_weights_of_no_module_are_refused(adapter_folder: Path) -> None:
    set_fields(adapter_folder, target_modules="nothing")
    change_tensors(adapter_folder, clear)

    with pytest.raises(AdapterShape, match="no module"):
        read(adapter_folder)


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.transformer.h.1.attn.q_proj.lora_magnitude_vector.weight",
        "base_model.model.transformer.h.1.attn.q_proj.lora_B.bias",
        "base_model.model.transformer.h.1.mlp.q_proj.lora_A.weight",
        "base_model.model.lm_head.weight",
        "\u0661",
    ],
)
def test_unknown_tensors_are_named(adapter_folder: Path, name: str) -> None:
    change_tensors(adapter_folder, lambda tensors: tensors.update({name: torch.zeros(2)}))

    with pytest.raises(AdapterUnsupported) as refused:
        read(adapter_folder)

    assert refused.value.details["tensor"] == name


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_numbers_that_are_not_finite_are_refused(adapter_folder: Path, value: float) -> None:
    def spoil(tensors: dict[str, torch.Tensor]) -> None:
        tensors[A_TENSOR][1, 2] = value

    change_tensors(adapter_folder, spoil)

    with pytest.raises(AdapterCorrupt, match="finite"):
        read(adapter_folder)


def test_other_dtypes_are_refused(adapter_folder: Path) -> None:
    def widen_items(tensors: dict[str, torch.Tensor]) -> None:
        tensors[A_TENSOR] = tensors[A_TENSOR].double()

    change_tensors(adapter_folder, widen_items)

    with pytest.raises(AdapterUnsupported, match="F64"):
        read(adapter_folder)


def test_an_adapter_of_a_larger_model_is_not_read_into_memory(adapter_folder: Path) -> None:
    with (adapter_folder / "adapter_model.safetensors").open("r+b") as file:
        file.truncate(2**33)

    with pytest.raises(AdapterShape, match="another model"):
        read(adapter_folder)


def test_an_adapter_of_another_width_is_refused(adapter_folder: Path) -> None:
    with pytest.raises(AdapterShape, match="another model"):
        read_adapter("mine", adapter_folder, replace(CONFIG, n_embd=80))
