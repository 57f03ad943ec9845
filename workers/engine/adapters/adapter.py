"""Reading adapters, and whether this engine can serve them with a given model.

An adapter is a folder in PEFT's format: adapter_config.json and adapter_model.safetensors, or
adapter_model.bin. The engine serves LoRA (Hu et al. 2022), also rank-stabilised (Kalajdzievski
2023), on any of a GPT-J's six linear modules. Whatever would change the model in another way is
refused, so that what is served is what PEFT computes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from workers.engine.adapters.config import AdapterConfig
from workers.engine.adapters.files import (
    CONFIG,
    MAX_CONFIG_BYTES,
    find_config,
    find_weights,
    read_bytes,
    read_tensors,
)
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.errors import AdapterCorrupt, AdapterShape, AdapterUnsupported

# Name of a module and the part of the block that it belongs to.
MODULES = {
    "q_proj": "attn",
    "k_proj": "attn",
    "v_proj": "attn",
    "out_proj": "attn",
    "fc_in": "mlp",
    "fc_out": "mlp",
}
_TENSOR = re.compile(
    r"base_model\.model\.transformer\.h\.(0|[1-9]\d{0,5})\.(attn|mlp)\.([a-z_]+)"
    r"\.lora_([AB])\.weight"
)
# A file may name and pad its tensors as it likes, within reason.
_HEADER_ALLOWANCE = 4 * 2**20


class LowRank(NamedTuple):
    """a [rank, in], b [out, rank]; the module's output changes by scale * (x A^T) B^T."""

    a: Tensor
    b: Tensor
    scale: float

    @property
    def rank(self) -> int:
        return int(self.a.shape[0])


@dataclass(frozen=True, slots=True)
class Adapter:
    """weights: (layer, module) -> fp32 matrices on the CPU, for each module that is adapted.

    digest: SHA-256 in hex of the folder's configuration and weights. Two adapters with the same
        digest compute the same.
    """

    name: str
    digest: str
    weights: Mapping[tuple[int, str], LowRank]

    @property
    def rank(self) -> int:
        """The largest of its modules."""
        return max(pair.rank for pair in self.weights.values())

    @property
    def changes_nothing(self) -> bool:
        """Whether it adds zero whatever the input is, as one that was never trained."""
        return not any(
            pair.scale and bool(pair.a.any()) and bool(pair.b.any())
            for pair in self.weights.values()
        )

    @property
    def parameters(self) -> int:
        return sum(pair.a.numel() + pair.b.numel() for pair in self.weights.values())


def module_shape(config: ModelConfig, module: str) -> tuple[int, int]:
    """(outputs, inputs) of one of `MODULES`."""
    width = config.n_embd
    if module == "fc_in":
        return 4 * width, width
    if module == "fc_out":
        return width, 4 * width
    return width, width


def read_adapter(name: str, folder: Path, config: ModelConfig) -> Adapter:
    """Reads and checks an adapter for a model of this configuration. Raises an `AdapterError` that
    names the file, the field or the tensor. Takes no lock and touches no device."""
    config_path = find_config(folder)
    text = read_bytes(config_path, at_most=MAX_CONFIG_BYTES)
    lora = AdapterConfig.parse(bytes(text), config_path)
    path = find_weights(folder)
    data = read_bytes(path, at_most=_largest_file(config, lora.largest_rank))
    halves = _halves(read_tensors(data, path), config, path)
    _check_complete(halves.keys(), config, lora, path)
    digest = hashlib.sha256(hashlib.sha256(text).digest() + hashlib.sha256(data).digest())
    return Adapter(
        name=name,
        digest=digest.hexdigest(),
        weights={key: _pair(key, found, config, lora, path) for key, found in halves.items()},
    )


def _largest_file(config: ModelConfig, rank: int) -> int:
    sizes = (sum(module_shape(config, module)) for module in MODULES)
    return config.n_layer * rank * sum(sizes) * 4 + _HEADER_ALLOWANCE


def _path(layer: int, module: str) -> str:
    return f"transformer.h.{layer}.{MODULES[module]}.{module}"


def _halves(
    tensors: Mapping[str, Tensor], config: ModelConfig, path: Path
) -> dict[tuple[int, str], dict[str, Tensor]]:
    """A and B of each adapted module."""
    halves: dict[tuple[int, str], dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        match = _TENSOR.fullmatch(name)
        if match is None or MODULES.get(match[3]) != match[2]:
            raise AdapterUnsupported(
                f"{path}: tensor {name:.200} is none of LoRA's on {', '.join(MODULES)}, which are "
                "the modules that this engine adapts. Train the adapter on these.",
                file=str(path),
                tensor=name,
            )
        layer, module, half = int(match[1]), match[3], match[4]
        if layer >= config.n_layer:
            raise AdapterShape(
                f"{path}: tensor {name} is of layer {layer}; the model has {config.n_layer} "
                "layers. The adapter belongs to another model.",
                file=str(path),
                tensor=name,
            )
        halves.setdefault((layer, module), {})[half] = tensor
    return halves


def _check_complete(
    found: Collection[tuple[int, str]], config: ModelConfig, lora: AdapterConfig, path: Path
) -> None:
    """The weights must be of exactly the modules that the configuration names."""
    for layer in range(config.n_layer):
        for module in MODULES:
            named = lora.adapts(_path(layer, module), layer)
            held = (layer, module) in found
            if named is not None and named != held:
                wrong = "no tensors of" if named else "tensors of"
                but = "names it" if named else "does not name it"
                raise AdapterShape(
                    f"{path} has {wrong} {_path(layer, module)}, but {path.with_name(CONFIG)} "
                    f"{but}. The two files do not belong together, or one was cut.",
                    file=str(path),
                    tensor=_path(layer, module),
                )
    if not found:
        raise AdapterShape(f"{path} adapts no module of a GPT-J.", file=str(path))


def _pair(
    key: tuple[int, str],
    halves: Mapping[str, Tensor],
    config: ModelConfig,
    lora: AdapterConfig,
    path: Path,
) -> LowRank:
    layer, module = key
    place = _path(layer, module)
    out, into = module_shape(config, module)
    rank = lora.rank_of(place)
    pair = []
    for half, shape in (("A", (rank, into)), ("B", (out, rank))):
        name = f"base_model.model.{place}.lora_{half}.weight"
        tensor = halves.get(half)
        if tensor is None or tensor.shape != shape:
            held = "is missing" if tensor is None else f"has shape {list(tensor.shape)}"
            raise AdapterShape(
                f"{path}: tensor {name} {held}; by its configuration and this model it must be "
                f"{list(shape)}. The adapter is incomplete or belongs to another model.",
                file=str(path),
                tensor=name,
            )
        # Its own memory: of a .bin, a tensor may be a view of a larger one.
        matrix = tensor.detach().to(torch.float32, memory_format=torch.contiguous_format, copy=True)
        if not bool(torch.isfinite(matrix).all()):
            raise AdapterCorrupt(
                f"{path}: tensor {name} holds numbers that are not finite. The adapter's training "
                "diverged, or the file is damaged.",
                file=str(path),
                tensor=name,
            )
        pair.append(matrix)
    return LowRank(pair[0], pair[1], lora.scale_of(place))
