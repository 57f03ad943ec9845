"""A checkpoint's configuration, and whether this engine can serve it. No torch.

A checkpoint is a folder in Hugging Face's format: config.json, weights (model.safetensors,
pytorch_model.bin, or shards of either with an index), tokenizer. Here its configuration is read and
the tensors it must hold are named; `tensor_files` finds them, `model.weights` reads them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workers.engine.checkpoint.json_files import MAX_CONFIG_BYTES, is_whole, read_object
from workers.engine.errors import (
    CheckpointChanged,
    CheckpointFileMissing,
    CheckpointUnsupported,
)

Dtype = Literal["float32", "bfloat16", "float16", "int8"]
DTYPES: tuple[Dtype, ...] = ("float32", "bfloat16", "float16", "int8")
Kernels = Literal["auto", "torch"]

# For each size in config.json, far beyond any GPT-J. They bound everything allocated from them.
MAX_SIZES = {
    "vocab_size": 2**20,
    "n_positions": 2**16,
    "n_embd": 2**16,
    "n_layer": 2**10,
    "n_head": 2**16,
    "rotary_dim": 2**10,
}


@dataclass(frozen=True, slots=True)
class CheckpointSpec:
    """What to load and how.

    folder: the checkpoint's folder; nothing outside it is read.
    dtype: what matrices are held in, whatever they are stored as; with int8, rows of activations
        are rounded too where that is faster.
    device: "cpu", "cuda" or "cuda:<n>".
    hashes: file name -> SHA-256 in hex; a file named here must exist and match.
    kernels: "auto" takes this engine's own kernels on a CPU where they can be built, "torch" leaves
        all to torch.
    """

    folder: Path
    dtype: Dtype = "float32"
    device: str = "cpu"
    hashes: Mapping[str, str] = field(default_factory=dict)
    kernels: Kernels = "auto"

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise CheckpointUnsupported(
                f"dtype {self.dtype!r} is not one of {', '.join(DTYPES)}.", dtype=str(self.dtype)
            )


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Sizes of a GPT-J model, by their names in config.json."""

    vocab_size: int
    n_positions: int
    n_embd: int
    n_layer: int
    n_head: int
    rotary_dim: int
    layer_norm_epsilon: float

    @property
    def head_dim(self) -> int:
        return self.n_embd // self.n_head

    @classmethod
    def load(cls, folder: Path) -> ModelConfig:
        path = folder / "config.json"
        if not folder.is_dir():
            raise CheckpointFileMissing(f"There is no folder {folder}.", file=str(folder))
        if not path.is_file():
            raise CheckpointFileMissing(
                f"{path} is missing. The folder must hold a checkpoint in Hugging Face's format.",
                file=str(path),
            )
        return cls.from_json(read_object(path, at_most=MAX_CONFIG_BYTES), path)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], path: Path) -> ModelConfig:
        _require(data, path, "model_type", "gptj")
        sizes = {name: _size(data, path, name) for name in MAX_SIZES}
        epsilon = data.get("layer_norm_epsilon", 1e-5)
        if not isinstance(epsilon, float) or not 0 < epsilon < 1:
            raise _unsupported(path, "layer_norm_epsilon", epsilon, "a number between 0 and 1")
        width, heads, rotary = sizes["n_embd"], sizes["n_head"], sizes["rotary_dim"]
        if width % heads:
            raise _unsupported(path, "n_head", heads, f"a divisor of n_embd {width}")
        if rotary % 2 or rotary > width // heads:
            raise _unsupported(path, "rotary_dim", rotary, f"even and at most {width // heads}")
        inner = data.get("n_inner")
        if inner not in (None, 4 * width):
            raise _unsupported(path, "n_inner", inner, f"null or {4 * width}")
        _require(data, path, "activation_function", "gelu_new")
        if data.get("tie_word_embeddings"):
            raise _unsupported(path, "tie_word_embeddings", True, "false")
        return cls(**sizes, layer_norm_epsilon=epsilon)

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Name and shape of every tensor that the weights must hold."""
        width, vocabulary = self.n_embd, self.vocab_size
        yield "transformer.wte.weight", (vocabulary, width)
        for layer in range(self.n_layer):
            prefix = f"transformer.h.{layer}"
            yield f"{prefix}.ln_1.weight", (width,)
            yield f"{prefix}.ln_1.bias", (width,)
            for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
                yield f"{prefix}.attn.{name}.weight", (width, width)
            yield f"{prefix}.mlp.fc_in.weight", (4 * width, width)
            yield f"{prefix}.mlp.fc_in.bias", (4 * width,)
            yield f"{prefix}.mlp.fc_out.weight", (width, 4 * width)
            yield f"{prefix}.mlp.fc_out.bias", (width,)
        yield "transformer.ln_f.weight", (width,)
        yield "transformer.ln_f.bias", (width,)
        yield "lm_head.weight", (vocabulary, width)
        yield "lm_head.bias", (vocabulary,)

    @property
    def parameters(self) -> int:
        total = 0
        for _, shape in self.tensors():
            count = 1
            for size in shape:
                count *= size
            total += count
        return total


def check_hashes(spec: CheckpointSpec) -> None:
    """Raises `CheckpointChanged` when a file is not the one that was registered."""
    for name, expected in spec.hashes.items():
        path = spec.folder / name
        if not path.is_file():
            raise CheckpointFileMissing(
                f"{path} is missing. Download the checkpoint again.", file=str(path)
            )
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected.lower():
            raise CheckpointChanged(
                f"{path} is not the registered file: its SHA-256 is {found}, not {expected}. "
                "Download it again, or register the new hash.",
                file=str(path),
            )


def _size(data: Mapping[str, Any], path: Path, name: str) -> int:
    value = data.get(name)
    if not is_whole(value, below=MAX_SIZES[name] + 1) or value == 0:
        raise _unsupported(path, name, value, f"a whole number from 1 to {MAX_SIZES[name]}")
    return int(value)  # type: ignore[arg-type]


def _require(data: Mapping[str, Any], path: Path, name: str, wanted: str) -> None:
    value = data.get(name)
    if value != wanted:
        raise _unsupported(path, name, value, repr(wanted))


def _unsupported(path: Path, name: str, value: object, allowed: str) -> CheckpointUnsupported:
    return CheckpointUnsupported(
        f"{path}: {name} is {value!r:.80}; this engine serves GPT-J, where it must be {allowed}.",
        file=str(path),
        field=name,
    )
