"""Where each tensor of a checkpoint is: file, offset, dtype, shape.

Only headers are read here, and every header is compared with the file's size and the model's
configuration before a byte of weights is read. The weights are then read by offset, into the place
where they stay: no memory map (its pages would count as the process's own) and no second copy.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.engine.checkpoint.json_files import (
    MAX_HEADER_BYTES,
    MAX_INDEX_BYTES,
    parse_object,
    read_object,
)
from workers.engine.checkpoint.pickles import PickleDamaged, PickleUnsafe, load_pickle
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.checkpoint.tensor_entries import read_entries
from workers.engine.errors import (
    CheckpointCorrupt,
    CheckpointFileMissing,
    CheckpointShape,
    CheckpointUnsafe,
    CheckpointUnsupported,
)

SAFETENSORS = "model.safetensors"
PICKLED = "pytorch_model.bin"
ITEM_SIZES = {"F32": 4, "F16": 2, "BF16": 2}

# Buffers that older versions of transformers saved; they hold no weights.
_BUFFERS = re.compile(r"\.attn\.(bias|masked_bias|embed_positions|rotary_emb\.inv_freq)$")
# A plain name beside the index, and nothing that leads elsewhere.
_SHARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\.(safetensors|bin)")
_MAX_SHARDS = 1_000


@dataclass(frozen=True, slots=True)
class TensorSource:
    """A contiguous, row-major tensor in a file. dtype is safetensors' name: F32, F16 or BF16."""

    name: str
    path: Path
    offset: int
    dtype: str
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * ITEM_SIZES[self.dtype]


def find_tensors(folder: Path, config: ModelConfig) -> dict[str, TensorSource]:
    """Sources of exactly the tensors that `config` names, each of the right shape."""
    found: dict[str, TensorSource] = {}
    for path in _weight_files(folder):
        read = _safetensors_sources if path.suffix == ".safetensors" else _pickled_sources
        for source in read(path):
            found[source.name] = source
    if found and not any(name.startswith("transformer.") for name in found):
        found = {_prefixed(name): source for name, source in found.items()}
    _check(found, config, folder)
    return found


def _prefixed(name: str) -> str:
    return name if name.startswith("lm_head.") else f"transformer.{name}"


def _check(found: dict[str, TensorSource], config: ModelConfig, folder: Path) -> None:
    wanted = dict(config.tensors())
    for name, shape in wanted.items():
        source = found.get(name)
        if source is None:
            raise CheckpointShape(
                f"{folder} has no tensor {name}, which config.json calls for. The weights are "
                "incomplete or belong to another configuration.",
                tensor=name,
            )
        if source.shape != shape:
            raise CheckpointShape(
                f"{source.path}: tensor {name} has shape {list(source.shape)}; by config.json it "
                f"must be {list(shape)}.",
                file=str(source.path),
                tensor=name,
            )
    for name in found.keys() - wanted.keys():
        raise CheckpointShape(
            f"{found[name].path}: tensor {name} has no place in a GPT-J of {config.n_layer} "
            "layers. The weights belong to another configuration.",
            file=str(found[name].path),
            tensor=name,
        )


def _weight_files(folder: Path) -> list[Path]:
    """Weight files, safetensors before .bin, whole before sharded."""
    for name in (SAFETENSORS, PICKLED):
        whole, index = folder / name, folder / f"{name}.index.json"
        if whole.is_file():
            return [whole]
        if index.is_file():
            return _shards(index)
    raise CheckpointFileMissing(
        f"{folder} holds no weights: neither {SAFETENSORS} nor {PICKLED}, nor an index of shards.",
        file=str(folder / SAFETENSORS),
    )


def _shards(index: Path) -> list[Path]:
    places = read_object(index, at_most=MAX_INDEX_BYTES).get("weight_map")
    if (
        not isinstance(places, dict)
        or not places
        or not all(isinstance(name, str) for name in places.values())
    ):
        raise CheckpointCorrupt(
            f"{index} has no weight_map from tensors to files. Download it again.", file=str(index)
        )
    names = sorted(set(places.values()))
    if len(names) > _MAX_SHARDS:
        raise CheckpointCorrupt(
            f"{index} names {len(names):,} files; {_MAX_SHARDS:,} is the most.", file=str(index)
        )
    return [_shard(index, name) for name in names]


def _shard(index: Path, name: str) -> Path:
    path = index.parent / name
    if not _SHARD.fullmatch(name):
        raise CheckpointUnsafe(
            f"{index} names {name!r:.80}, which is no weight file beside it.", file=str(index)
        )
    if not path.is_file():
        raise CheckpointFileMissing(
            f"{path} is missing, which {index.name} names. Download the checkpoint again.",
            file=str(path),
        )
    return path


def _safetensors_sources(path: Path) -> Iterable[TensorSource]:
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
        if not 2 <= length <= size - 8:
            raise _truncated(path, "its header is not whole")
        if length > MAX_HEADER_BYTES:
            raise _truncated(path, f"its header claims {length:,} bytes")
        header = parse_object(file.read(length), path)
    for entry in read_entries(header, path):
        if _BUFFERS.search(entry.name):
            continue
        source = _source(entry.name, path, 8 + length + entry.begin, entry.dtype, entry.shape)
        if entry.nbytes != source.nbytes:
            raise CheckpointCorrupt(
                f"{path}: tensor {entry.name} has {entry.nbytes} bytes; its shape needs "
                f"{source.nbytes}. Download it again.",
                file=str(path),
                tensor=entry.name,
            )
        _check_end(source, size)
        yield source


def _pickled_sources(path: Path) -> Iterable[TensorSource]:
    """A .bin is a zip archive of raw tensors and a pickle that says where they are. torch reads the
    pickle with an unpickler that knows tensors and nothing else, onto no device."""
    import torch

    try:
        data: Any = load_pickle(path, device="meta")
    except PickleUnsafe as error:
        raise CheckpointUnsafe(
            f"{path} {error}, so it was not opened. Convert it to safetensors where you trust it.",
            file=str(path),
        ) from error
    except PickleDamaged as error:
        raise _truncated(path, str(error)) from error
    if not isinstance(data, dict):
        raise CheckpointUnsupported(f"{path} holds no state dict.", file=str(path))
    size = path.stat().st_size
    names = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
    for name, tensor in data.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise CheckpointUnsupported(
                f"{path} holds {type(tensor).__name__} {str(name)!r:.80}, not only tensors.",
                file=str(path),
            )
        if _BUFFERS.search(name):
            continue
        base = None if tensor.is_sparse else tensor.untyped_storage()._checkpoint_offset
        if base is None or not tensor.is_contiguous():
            raise CheckpointUnsupported(
                f"{path}: tensor {name} is not stored plainly (a view, or no dense tensor). "
                "Convert the checkpoint to safetensors.",
                file=str(path),
                tensor=name,
            )
        offset = base + tensor.storage_offset() * tensor.element_size()
        dtype = names.get(tensor.dtype, str(tensor.dtype))
        source = _source(name, path, offset, dtype, tuple(tensor.shape))
        _check_end(source, size)
        yield source


def _source(name: str, path: Path, offset: int, dtype: str, shape: tuple[int, ...]) -> TensorSource:
    if dtype not in ITEM_SIZES:
        raise CheckpointUnsupported(
            f"{path}: tensor {name} is stored as {dtype}; only F32, F16 and BF16 are served.",
            file=str(path),
            tensor=name,
        )
    return TensorSource(name, path, offset, dtype, shape)


def _check_end(source: TensorSource, size: int) -> None:
    end = source.offset + source.nbytes
    if end > size:
        raise _truncated(
            source.path, f"tensor {source.name} ends at byte {end}, the file at {size}"
        )


def _truncated(path: Path, reason: str) -> CheckpointCorrupt:
    return CheckpointCorrupt(
        f"{path} is truncated or damaged: {reason}. Download it again.", file=str(path)
    )
