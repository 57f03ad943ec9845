"""Base and adapter as one checkpoint, merged in fp32 and stored in any dtype."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file
from torch import Tensor

from workers.training.tuning.adapters import CONFIG, WEIGHTS
from workers.training.tuning.checkpoints import save_tensors
from workers.training.tuning.errors import TuningError
from workers.training.tuning.export.stored import StoredWeights

Dtype = Literal["float32", "float16", "bfloat16"]
DTYPES: Mapping[Dtype, torch.dtype] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
# A shard is in memory while it is written, twice: a quarter of the checkpoint within these.
LEAST_SHARD_BYTES, MOST_SHARD_BYTES = 10**8, 10**9
# Rows of a matrix that are fp32 at once.
ROWS_AT_ONCE = 2048
_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "generation_config.json",
)


class DoesNotFitDtype(TuningError):
    """A merged weight is too large for the dtype that was asked for."""

    code = "does_not_fit_dtype"


@dataclass(frozen=True)
class Halves:
    """LoRA of one linear layer: a (rank, inputs), b (outputs, rank)."""

    a: Tensor
    b: Tensor
    scale: float


def read_adapter(folder: Path) -> dict[str, Halves]:
    """The adapter that a job wrote, by the name of the weight that each pair changes."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    tensors = load_file(folder / WEIGHTS)
    scale = config["lora_alpha"] / config["r"]
    found = {}
    for name, tensor in tensors.items():
        if name.endswith(".lora_A.weight"):
            place = name.removesuffix(".lora_A.weight")
            weight = f"{place.removeprefix('base_model.model.')}.weight"
            found[weight] = Halves(tensor, tensors[f"{place}.lora_B.weight"], scale)
    return found


def merged_weight(
    weights: StoredWeights, adapter: Mapping[str, Halves], name: str, dtype: torch.dtype
) -> Tensor:
    """A tensor of base and adapter together, summed in fp32; raises DoesNotFitDtype."""
    source, halves = weights.read_stored(name), adapter.get(name)
    merged = torch.empty(source.shape, dtype=dtype)
    for begin in range(0, len(source), ROWS_AT_ONCE):
        rows = slice(begin, begin + ROWS_AT_ONCE)
        piece = source[rows].to(torch.float32, copy=True)
        if halves is not None:
            piece.addmm_(halves.b[rows].float(), halves.a.float(), alpha=halves.scale)
        merged[rows] = piece
        if not bool(merged[rows].isfinite().all()):
            raise DoesNotFitDtype(
                f"Tensor {name} has values that {str(dtype).removeprefix('torch.')} cannot hold. "
                "Export as float32 or bfloat16."
            )
    return merged


def write_merged(
    weights: StoredWeights, adapter: Mapping[str, Halves], folder: Path, dtype: Dtype
) -> None:
    """A whole checkpoint in ``folder``: shards, configuration and tokenizer.

    Raises DoesNotFitDtype, and OSError of a full disk. At most one shard is in memory.
    """
    folder.mkdir(parents=True)
    shards = list(_shards(weights, DTYPES[dtype].itemsize))
    places: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        file = (
            "model.safetensors"
            if len(shards) == 1
            else f"model-{number:05}-of-{len(shards):05}.safetensors"
        )
        held = {name: merged_weight(weights, adapter, name, DTYPES[dtype]) for name in names}
        save_tensors(held, folder / file)
        places |= dict.fromkeys(names, file)
    if len(shards) > 1:
        size = sum(shape.numel() for shape in weights.shapes.values()) * DTYPES[dtype].itemsize
        index = {"metadata": {"total_size": size}, "weight_map": places}
        _write_json(folder / "model.safetensors.index.json", index)
    config = {name: value for name, value in weights.config.items() if name != "torch_dtype"}
    _write_json(folder / "config.json", {**config, "dtype": dtype})
    for name in _TOKENIZER_FILES:
        if (weights.folder / name).is_file():
            shutil.copyfile(weights.folder / name, folder / name)


def _shards(weights: StoredWeights, item_bytes: int) -> Iterator[list[str]]:
    sizes = {name: shape.numel() * item_bytes for name, shape in weights.shapes.items()}
    at_most = min(max(sum(sizes.values()) // 4, LEAST_SHARD_BYTES), MOST_SHARD_BYTES)
    names: list[str] = []
    size = 0
    for name, more in sizes.items():
        if names and size + more > at_most:
            yield names
            names, size = [], 0
        names.append(name)
        size += more
    yield names


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
