"""Adapter files that are damaged, truncated or malicious."""

import json
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.engine.adapters.peft_adapters import (
    A_TENSOR,
    EVERY_MODULE,
    read,
    save_adapter,
    set_fields,
)
from workers.engine.errors import (
    AdapterCorrupt,
    AdapterError,
    AdapterShape,
    AdapterUnsafe,
    AdapterUnsupported,
)


def header(entries: object, data: bytes = b"") -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        struct.pack("<Q", 2**60) + b"{}",
        struct.pack("<Q", 0),
        header([1, 2]),
        header({A_TENSOR: {"dtype": "F32"}}),
        header({A_TENSOR: {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}}, b"12345678"),
        header({A_TENSOR: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, b"1234"),
        header({A_TENSOR: {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}}, b"12345678"),
        header({A_TENSOR: {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]}}, b"1234"),
        header({A_TENSOR: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}),
        header({A_TENSOR: {"dtype": "F32", "shape": [1], "data_offsets": ["0", "4"]}}, b"1234"),
        header({A_TENSOR: {"dtype": "F32", "shape": [1], "data_offsets": [0.0, 4.0]}}, b"1234"),
    ],
    ids=repr,
)
def test_damaged_safetensors_are_refused(adapter_folder: Path, content: bytes) -> None:
    (adapter_folder / "adapter_model.safetensors").write_bytes(content)

    with pytest.raises(AdapterCorrupt, match=r"adapter_model\.safetensors"):
        read(adapter_folder)


@pytest.mark.parametrize("kept", [0, 7, 100, 2000, -1])
def test_truncated_files_are_refused(adapter_folder: Path, kept: int) -> None:
    path = adapter_folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(AdapterCorrupt, match="truncated or damaged"):
        read(adapter_folder)


@pytest.mark.parametrize("kept", [0, 7, 100, 2000, -100])
def test_truncated_pickles_are_refused(tmp_path: Path, kept: int) -> None:
    save_adapter(tmp_path, safe=False)
    path = tmp_path / "adapter_model.bin"
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises((AdapterCorrupt, AdapterUnsafe), match=r"adapter_model\.bin"):
        read(tmp_path)


class Harmful:
    """Creates the file at `path` when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("zipped", [True, False])
def test_pickles_that_would_run_code_are_not_opened(adapter_folder: Path, zipped: bool) -> None:
    (adapter_folder / "adapter_model.safetensors").unlink()
    trap = adapter_folder / "it ran"
    if zipped:
        torch.save({A_TENSOR: Harmful(trap)}, adapter_folder / "adapter_model.bin")
    else:
        (adapter_folder / "adapter_model.bin").write_bytes(
            pickle.dumps({A_TENSOR: Harmful(trap)}, protocol=2)
        )

    with pytest.raises(AdapterUnsafe, match="not opened"):
        read(adapter_folder)

    assert not trap.exists()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ([torch.zeros(2)], AdapterUnsupported),
        ({A_TENSOR: 3}, AdapterUnsupported),
        ({A_TENSOR: torch.zeros(2, dtype=torch.int64)}, AdapterUnsupported),
        ({A_TENSOR: torch.zeros(4, 40).to_sparse()}, AdapterUnsupported),
        ({A_TENSOR: torch.zeros(1, 1).expand(10**6, 10**6)}, AdapterShape),
    ],
    ids=["list", "number", "integers", "sparse", "endless view"],
)
def test_pickles_of_other_things_are_refused(
    adapter_folder: Path, content: object, error: type[AdapterError]
) -> None:
    (adapter_folder / "adapter_model.safetensors").unlink()
    set_fields(adapter_folder, target_modules=f".*({'|'.join(EVERY_MODULE)})")
    torch.save(content, adapter_folder / "adapter_model.bin")

    with pytest.raises(error, match=r"adapter_model\.bin"):
        read(adapter_folder)
