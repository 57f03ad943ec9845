"""The files of an adapter's folder, read once into memory.

An adapter is small, so each file is read whole: its hash and its tensors are then of the same
bytes, whatever happens to the file meanwhile.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

import torch
from torch import Tensor

from workers.engine.checkpoint.json_files import MAX_HEADER_BYTES, parse_object
from workers.engine.checkpoint.pickles import PickleDamaged, PickleUnsafe, load_pickle
from workers.engine.checkpoint.tensor_entries import TensorEntry, read_entries
from workers.engine.errors import (
    AdapterCorrupt,
    AdapterFileMissing,
    AdapterShape,
    AdapterUnsafe,
    AdapterUnsupported,
    CheckpointCorrupt,
    OutOfMemory,
)

CONFIG = "adapter_config.json"
SAFETENSORS = "adapter_model.safetensors"
PICKLED = "adapter_model.bin"
MAX_CONFIG_BYTES = 2**20

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def find_config(folder: Path) -> Path:
    if not folder.is_dir():
        raise AdapterFileMissing(f"There is no folder {folder}.", file=str(folder))
    path = folder / CONFIG
    if not path.is_file():
        raise AdapterFileMissing(
            f"{path} is missing. The folder must hold an adapter in PEFT's format.", file=str(path)
        )
    return path


def find_weights(folder: Path) -> Path:
    """The weights' file, safetensors before .bin."""
    for name in (SAFETENSORS, PICKLED):
        if (folder / name).is_file():
            return folder / name
    raise AdapterFileMissing(
        f"{folder} holds no weights: neither {SAFETENSORS} nor {PICKLED}. Save or download the "
        "adapter again.",
        file=str(folder / SAFETENSORS),
    )


def read_bytes(path: Path, *, at_most: int) -> bytearray:
    """The whole file. Raises `AdapterShape` where it is larger than `at_most` bytes."""
    try:
        with path.open("rb") as file:
            # Not by the size that the file claims: it may grow while it is read.
            data = bytearray(file.read(at_most + 1))
    except OSError as error:
        raise AdapterCorrupt(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
    if len(data) > at_most:
        raise AdapterShape(
            f"{path} has more than the {at_most:,} bytes that such an adapter can have. It belongs "
            "to another model.",
            file=str(path),
        )
    return data


def read_tensors(data: bytearray, path: Path) -> dict[str, Tensor]:
    """fp32, fp16 and bf16 tensors of a weights' file, on the CPU, as they are stored."""
    tensors = _safetensors(data, path) if path.suffix == ".safetensors" else _pickled(data, path)
    for name, tensor in tensors.items():
        if tensor.dtype not in _DTYPES.values() or tensor.layout != torch.strided:
            raise _unsupported(path, name, str(tensor.dtype).removeprefix("torch."))
    return tensors


def _safetensors(data: bytearray, path: Path) -> dict[str, Tensor]:
    length = struct.unpack_from("<Q", data)[0] if len(data) >= 8 else 0
    if not 2 <= length <= min(MAX_HEADER_BYTES, len(data) - 8):
        raise _damaged(path, "its header is not whole")
    begin_of_data = 8 + length
    try:
        entries = read_entries(parse_object(bytes(data[8:begin_of_data]), path), path)
    except CheckpointCorrupt as error:
        raise AdapterCorrupt(error.message, file=str(path)) from error
    return {entry.name: _tensor(entry, data, begin_of_data, path) for entry in entries}


def _tensor(entry: TensorEntry, data: bytearray, begin_of_data: int, path: Path) -> Tensor:
    if entry.dtype not in _DTYPES:
        raise _unsupported(path, entry.name, entry.dtype)
    nbytes = _DTYPES[entry.dtype].itemsize
    for dimension in entry.shape:
        nbytes *= dimension
    if entry.nbytes != nbytes or entry.end > len(data) - begin_of_data or nbytes == 0:
        raise _damaged(path, f"tensor {entry.name} is not whole")
    # Copied, as the file need not keep tensors at multiples of their items' size.
    raw = torch.frombuffer(
        data, dtype=torch.uint8, count=nbytes, offset=begin_of_data + entry.begin
    )
    return raw.clone().view(_DTYPES[entry.dtype]).view(entry.shape)


def _pickled(data: bytearray, path: Path) -> dict[str, Tensor]:
    """By torch's unpickler that knows tensors and nothing else."""
    try:
        found = load_pickle(io.BytesIO(data), device="cpu")
    except PickleUnsafe as error:
        raise AdapterUnsafe(
            f"{path} {error}, so it was not opened. Save the adapter as safetensors where you "
            "trust it.",
            file=str(path),
        ) from error
    except PickleDamaged as error:
        raise _damaged(path, str(error)) from error
    except MemoryError as error:
        raise OutOfMemory(f"There was not enough memory to read {path}. Free some.") from error
    if not isinstance(found, dict):
        raise AdapterUnsupported(f"{path} holds no state dict.", file=str(path))
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise AdapterUnsupported(
                f"{path} holds {type(tensor).__name__} {str(name)!r:.80}, not only tensors.",
                file=str(path),
            )
    return found


def _unsupported(path: Path, name: str, dtype: str) -> AdapterUnsupported:
    return AdapterUnsupported(
        f"{path}: tensor {name} is stored as {dtype}; only float32, float16 and bfloat16 are "
        "served.",
        file=str(path),
        tensor=name,
    )


def _damaged(path: Path, reason: str) -> AdapterCorrupt:
    return AdapterCorrupt(
        f"{path} is truncated or damaged: {reason}. Save or download it again.", file=str(path)
    )
