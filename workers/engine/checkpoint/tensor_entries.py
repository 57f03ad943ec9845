"""The entries of a safetensors header, checked one by one. No torch.

A header is JSON. For each tensor it has the dtype, the shape, and where it begins and ends in the
data after the header. By the format, tensors do not overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.engine.checkpoint.json_files import is_whole
from workers.engine.errors import CheckpointCorrupt

MAX_TENSORS = 50_000
MAX_NAME = 500
MAX_DIMENSIONS = 8
# Of an offset and of a dimension; products of as many still print.
_BEYOND = 2**48


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """begin, end: in the data that follows the header, in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def nbytes(self) -> int:
        return self.end - self.begin


def read_entries(header: Mapping[str, Any], path: Path) -> list[TensorEntry]:
    """All entries, in the order of the data. Raises `CheckpointCorrupt`."""
    if len(header) > MAX_TENSORS:
        raise _damaged(path, f"its header names {len(header):,} tensors")
    entries = [
        _entry(name, value, path) for name, value in header.items() if name != "__metadata__"
    ]
    entries.sort(key=lambda entry: (entry.begin, entry.end))
    end = 0
    for entry in entries:
        if entry.begin < end:
            raise _damaged(path, f"tensor {entry.name} overlaps another")
        end = entry.end
    return entries


def _entry(name: str, value: Any, path: Path) -> TensorEntry:
    if len(name) > MAX_NAME:
        raise _damaged(path, f"the name of a tensor has {len(name):,} characters")
    if not isinstance(value, dict):
        raise _damaged(path, f"its header is no safetensors header: {name!r} is no tensor")
    dtype: Any = value.get("dtype")
    shape: Any = value.get("shape")
    offsets: Any = value.get("data_offsets")
    if not isinstance(dtype, str):
        raise _damaged(path, f"tensor {name} has no dtype")
    if not _are_whole(shape) or len(shape) > MAX_DIMENSIONS:
        raise _damaged(path, f"tensor {name} has no shape")
    if not _are_whole(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise _damaged(path, f"tensor {name} has no data_offsets from where to where it lies")
    return TensorEntry(name, dtype[:40], tuple(shape), *offsets)


def _are_whole(value: Any) -> bool:
    return isinstance(value, list) and all(is_whole(item, below=_BEYOND) for item in value)


def _damaged(path: Path, reason: str) -> CheckpointCorrupt:
    return CheckpointCorrupt(
        f"{path} is truncated or damaged: {reason}. Download it again.", file=str(path)
    )
