"""A job's checkpoints: written whole or not at all, and only whole ones are taken.

``checkpoints/step-000120/`` holds what is trained (``weights.safetensors``), the optimizer's
moments by parameter (``optimizer.safetensors``), the best weights so far if there are any
(``best.safetensors``), ``state.json``, and ``COMPLETE`` with the SHA-256 of each. It is written
beside its place, brought to the disk and renamed.
"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from workers.training.files import sync

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
COMPLETE = "COMPLETE"
STATE = "state.json"
KEPT = 2
_NAME = re.compile(r"step-(\d{6,})")
_UNFINISHED = ".new-"

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """weights: what is trained, by the names of the network. moments: of the optimizer, by
    parameter and moment. best: weights of the best look at the held-out rows, if there was one.
    state: plain values."""

    weights: Tensors
    moments: Tensors
    best: Tensors | None
    state: Mapping[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint, *, step: int) -> None:
    """Write a checkpoint into ``folder``; older ones but the last are removed when it is whole.

    Raises OSError, and then what was there before is as it was.
    """
    folder.mkdir(exist_ok=True)
    place = folder / f"step-{step:06d}"
    beside = folder / f"{_UNFINISHED}{place.name}"
    _remove(beside)
    try:
        _write(beside, checkpoint)
        _remove(place)
        beside.replace(place)
        sync(folder)
    except BaseException:
        _remove(beside)
        raise
    for old in _steps(folder)[KEPT:]:
        _remove(old)


def _write(folder: Path, checkpoint: Checkpoint) -> None:
    folder.mkdir()
    files = {"weights": checkpoint.weights, "optimizer": checkpoint.moments}
    if checkpoint.best is not None:
        files["best"] = checkpoint.best
    for name, tensors in files.items():
        save_tensors(tensors, folder / f"{name}.safetensors")
    write_synced(folder / STATE, json.dumps(dict(checkpoint.state), indent=1, allow_nan=False))
    digests = {path.name: _digest(path) for path in sorted(folder.iterdir())}
    write_synced(folder / COMPLETE, json.dumps(digests, indent=1))
    sync(folder)


def newest_checkpoint(
    folder: Path, *, may_remove: bool = True
) -> tuple[Checkpoint | None, list[str]]:
    """The newest whole checkpoint, and what was found wrong and removed, in words."""
    removed = []
    remove = _remove if may_remove else _leave
    if folder.is_dir():
        known = set(_steps(folder))
        for path in sorted(folder.iterdir()):
            if path not in known:
                unfinished = path.name.startswith(_UNFINISHED)
                reason = "was not finished" if unfinished else "is no checkpoint"
                removed.append(f"{path.name} {reason}")
                remove(path)
        for path in _steps(folder):
            try:
                return _read(path), removed
            except (OSError, ValueError, KeyError, SafetensorError) as error:
                removed.append(f"{path.name} is not whole ({error})")
                remove(path)
    return None, removed


def _read(folder: Path) -> Checkpoint:
    digests = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))
    for name, digest in digests.items():
        if _digest(folder / name) != digest:
            raise ValueError(f"{name} was changed or cut")
    best = folder / "best.safetensors"
    if not {STATE, "weights.safetensors", "optimizer.safetensors"} <= digests.keys():
        raise ValueError(f"{COMPLETE} does not name all files")
    return Checkpoint(
        weights=load_file(folder / "weights.safetensors"),
        moments=load_file(folder / "optimizer.safetensors"),
        best=load_file(best) if best.name in digests else None,
        state=json.loads((folder / STATE).read_text(encoding="utf-8")),
    )


def _steps(folder: Path) -> list[Path]:
    """Folders that are named like checkpoints, newest first."""
    found = [
        (int(match[1]), path)
        for path in folder.iterdir()
        if (match := _NAME.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()
    ]
    return [path for _, path in sorted(found, reverse=True)]


def save_tensors(tensors: Tensors, path: Path) -> None:
    """Write tensors as safetensors, and wait until they are on the disk."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(plain, path, metadata={"format": "pt"})
    except SafetensorError as error:
        # It says what the system said, in words alone.
        if match := re.search(r"os error (\d+)", str(error)):
            raise OSError(int(match[1]), os.strerror(int(match[1])), str(path)) from error
        raise
    sync(path)


def write_synced(path: Path, text: str) -> None:
    """Write a text, and wait until it is on the disk."""
    path.write_text(text + "\n", encoding="utf-8")
    sync(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _leave(_path: Path) -> None:
    """Another process removes it."""


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        # A folder that was half removed must not look whole.
        (path / COMPLETE).unlink(missing_ok=True)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
