"""Random LoRA adapters, made and saved by PEFT itself, which is the oracle."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import GPTJConfig, GPTJForCausalLM

from workers.engine.adapters.adapter import Adapter, read_adapter
from workers.engine.checkpoint.spec import ModelConfig

EVERY_MODULE = ["q_proj", "k_proj", "v_proj", "out_proj", "fc_in", "fc_out"]
A_TENSOR = "base_model.model.transformer.h.1.attn.q_proj.lora_A.weight"
B_TENSOR = "base_model.model.transformer.h.1.attn.q_proj.lora_B.weight"
CONFIG = ModelConfig(
    vocab_size=80,
    n_positions=64,
    n_embd=40,
    n_layer=3,
    n_head=5,
    rotary_dim=4,
    layer_norm_epsilon=1e-5,
)


def base_model(config: ModelConfig = CONFIG) -> GPTJForCausalLM:
    """The same random model each time."""
    torch.manual_seed(0)
    return GPTJForCausalLM(
        GPTJConfig(
            vocab_size=config.vocab_size,
            n_positions=config.n_positions,
            n_embd=config.n_embd,
            n_layer=config.n_layer,
            n_head=config.n_head,
            rotary_dim=config.rotary_dim,
            initializer_range=0.2,
            bos_token_id=0,
            eos_token_id=0,
        )
    ).eval()


def lora(**fields: Any) -> LoraConfig:
    settings = {"r": 4, "lora_alpha": 6, "target_modules": EVERY_MODULE, "task_type": "CAUSAL_LM"}
    return LoraConfig(**{**settings, **fields})


def save_adapter(
    folder: Path, model: Any | None = None, *, seed: int = 1, safe: bool = True, **fields: Any
) -> PeftModel:
    """Saves a random adapter of `model` to the folder; returns the adapted model."""
    with warnings.catch_warnings():
        # PEFT still calls transformers by a name that its next major version will remove.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        adapted: PeftModel = get_peft_model(
            base_model() if model is None else model, lora(**fields)
        ).eval()
    chance = torch.Generator().manual_seed(seed)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            # B is zero in a new adapter.
            parameter.data = torch.randn(parameter.shape, generator=chance) * 0.2
    adapted.save_pretrained(str(folder), safe_serialization=safe)
    return adapted


def read(folder: Path) -> Adapter:
    """The folder's adapter, as the engine reads it."""
    return read_adapter("mine", folder, CONFIG)


def set_fields(folder: Path, **fields: Any) -> None:
    """Changes fields of a saved adapter's configuration."""
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def change_tensors(folder: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    """Changes the tensors of a saved adapter."""
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
