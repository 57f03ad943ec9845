"""LoRA on a network: attached, taken off, and in PEFT's format on disk."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from workers.training.network import GPTJ, Linear, LowRank
from workers.training.tuning.errors import AdapterWrong

MODULES = ("q_proj", "k_proj", "v_proj", "out_proj", "fc_in", "fc_out")
CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."


def adapted_linears(network: GPTJ) -> Iterator[tuple[str, Linear]]:
    """Path and module of all that LoRA is put on."""
    for name, module in network.named_modules():
        if name.rpartition(".")[2] in MODULES and isinstance(module, Linear):
            yield name, module


def attach_adapter(network: GPTJ, *, rank: int, alpha: float, seed: int) -> None:
    """A new adapter that changes nothing yet: A is random, B is zero, as PEFT begins."""
    generator = torch.Generator().manual_seed(seed)
    for _, linear in adapted_linears(network):
        # Kaiming's uniform distribution with a = sqrt(5).
        bound = 1 / math.sqrt(linear.in_features)
        a = torch.empty(rank, linear.in_features).uniform_(-bound, bound, generator=generator)
        b = torch.zeros(linear.out_features, rank)
        device = linear.weight.device
        linear.low_rank = LowRank(a.to(device), b.to(device), alpha / rank)


def detach_adapter(network: GPTJ) -> None:
    """Leave the network as the base model."""
    for _, linear in adapted_linears(network):
        linear.low_rank = None


@contextmanager
def without_adapter(network: GPTJ) -> Iterator[None]:
    """Within this the network computes what the base model computes."""
    attached = [(linear, linear.low_rank) for _, linear in adapted_linears(network)]
    detach_adapter(network)
    try:
        yield
    finally:
        for linear, low_rank in attached:
            linear.low_rank = low_rank


def adapter_tensors(network: GPTJ) -> dict[str, Tensor]:
    """The adapter's matrices by PEFT's names: lora_A [rank, inputs], lora_B [outputs, rank]."""
    tensors = {}
    for name, linear in adapted_linears(network):
        if linear.low_rank is not None:
            for half in ("lora_A", "lora_B"):
                tensor = getattr(linear.low_rank, half)
                tensors[f"{_PREFIX}{name}.{half}.weight"] = tensor
    return tensors


def save_adapter(
    network: GPTJ, folder: Path, *, rank: int, alpha: float, dropout: float, base: str
) -> None:
    """Write the adapter as PEFT does. ``base`` is the name of its model, not a path."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.detach().to("cpu", torch.float32).contiguous()
        for name, tensor in adapter_tensors(network).items()
    }
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "inference_mode": True,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": dropout,
        "target_modules": list(MODULES),
        "bias": "none",
        "fan_in_fan_out": False,
        "use_rslora": False,
        "init_lora_weights": True,
        "modules_to_save": None,
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_adapter(network: GPTJ, folder: Path) -> None:
    """Attach the adapter of a folder that ``save_adapter`` or PEFT wrote; raises AdapterWrong."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS)
    except (OSError, ValueError, SafetensorError) as error:
        raise AdapterWrong(f"The adapter in {folder} cannot be read: {error}") from error
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not isinstance(rank, int) or not isinstance(alpha, int | float) or rank < 1:
        raise AdapterWrong(f"{folder / CONFIG} names no rank and alpha.")
    attach_adapter(network, rank=rank, alpha=alpha, seed=0)
    check_tensors(tensors, network, where=str(folder / WEIGHTS))
    with torch.no_grad():
        for name, parameter in adapter_tensors(network).items():
            parameter.copy_(tensors[name])


def check_tensors(tensors: Mapping[str, Tensor], network: GPTJ, *, where: str) -> None:
    """Raise AdapterWrong unless these are the attached adapter's, finite and not all zero."""
    wanted = adapter_tensors(network)
    for name in sorted(wanted.keys() | tensors.keys()):
        held, own = tensors.get(name), wanted.get(name)
        if held is None or own is None or held.shape != own.shape:
            found = "is missing" if held is None else f"has shape {list(held.shape)}"
            must = "has no place" if own is None else f"must be {list(own.shape)}"
            raise AdapterWrong(f"{where}: tensor {name} {found}; in this model it {must}.")
        if not bool(torch.isfinite(held).all()):
            raise AdapterWrong(f"{where}: tensor {name} holds numbers that are not finite.")
    if not any(bool(tensor.any()) for name, tensor in tensors.items() if ".lora_B." in name):
        raise AdapterWrong(f"{where}: the adapter changes nothing; all of its B are zero.")
