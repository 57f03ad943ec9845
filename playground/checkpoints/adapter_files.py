"""The files of tuned models: what a folder may hold, and where the server keeps it.

An adapter is a folder in PEFT's format with two files, adapter_config.json and
adapter_model.safetensors. Looked at here are names, sizes and headers; what the numbers are is
looked at by the engine, which refuses what it cannot serve (workers/engine/adapters).
"""

import hashlib
import json
import os
import shutil
import struct
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from playground.checkpoints.json_files import parse_object, read_bounded
from playground.core.errors import AdapterRefused, ModelNotReady

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
MAX_CONFIG_BYTES = 1 << 20
MAX_HEADER_BYTES = 16 << 20
# Of rank 512 on all of GPT-J-6B's layers, in fp32.
MAX_WEIGHTS_BYTES = 5 << 30
# As the engine has it (workers.engine.adapters.config).
MAX_RANK = 512
STRAY_SECONDS = 86_400
_CHUNK = 1 << 20
_HALF_B = ".lora_B.weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFiles:
    """What is known of a folder that holds an adapter; see the columns of `Adapter`."""

    digest: str
    rank: int
    size: int
    changes_nothing: bool


def folder_of(name: str) -> Path:
    """The folder ``name`` of a tuned model. Names are made by the server alone."""
    return Path(settings.ADAPTERS_DIR) / name


def examine_adapter(folder: Path) -> AdapterFiles:
    """What is in ``folder``. Raises `AdapterRefused` that names the file and says what is wrong."""
    config, weights = folder / CONFIG, folder / WEIGHTS
    for path in (config, weights):
        if not path.is_file():
            raise AdapterRefused(f"{path.name} is missing. An adapter in PEFT's format has it.")
    text = _read_config(config)
    size = weights.stat().st_size
    if size > MAX_WEIGHTS_BYTES:
        raise AdapterRefused(
            f"{WEIGHTS} has {size:,} bytes; an adapter has {MAX_WEIGHTS_BYTES:,} at most."
        )
    with weights.open("rb") as file:
        changes_nothing = all(_is_zero(file, begin, end) for begin, end in _halves_b(file, size))
        file.seek(0)
        inner = hashlib.file_digest(file, "sha256").digest()
    return AdapterFiles(
        digest=hashlib.sha256(hashlib.sha256(text).digest() + inner).hexdigest(),
        rank=_rank(text, config),
        size=size + len(text),
        changes_nothing=changes_nothing,
    )


def place_adapter(source: Path, name: str, *, take_over: bool) -> None:
    """Puts the two files of ``source`` into the folder ``name``, both or neither.

    take_over: no bytes are copied where the disk is the same, and ``source`` is gone afterwards.
    It goes last, so that a crash loses nothing.
    """
    place = folder_of(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    # Of a name that no folder in use has: what a crash leaves is swept away.
    incoming = place.with_name(f"incoming-{uuid.uuid4().hex}")
    try:
        incoming.mkdir()
        for file in (CONFIG, WEIGHTS):
            if not take_over or not _link(source / file, incoming / file):
                shutil.copyfile(source / file, incoming / file)
            _sync(incoming / file)
        _sync(incoming)
        incoming.rename(place)
        _sync(place.parent)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    if take_over:
        shutil.rmtree(source, ignore_errors=True)


def remove_adapter(name: str) -> None:
    """Deletes the folder ``name``. One that is gone already is no error."""
    shutil.rmtree(folder_of(name), ignore_errors=True)


def remove_strays(*, known: Collection[str]) -> None:
    """Deletes folders that are not ``known`` and have been there for a day: what a crash left."""
    root = Path(settings.ADAPTERS_DIR)
    oldest = time.time() - STRAY_SECONDS
    for folder in root.iterdir() if root.is_dir() else ():
        # Another registration may put its folder in place, or sweep, at the same moment.
        with suppress(FileNotFoundError):
            if folder.name not in known and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def _read_config(path: Path) -> bytes:
    try:
        return read_bounded(path, at_most=MAX_CONFIG_BYTES)
    except ModelNotReady as error:
        raise AdapterRefused(_without_folder(error.message, path)) from error


def _rank(text: bytes, path: Path) -> int:
    try:
        config = parse_object(text, path)
    except ModelNotReady as error:
        raise AdapterRefused(_without_folder(error.message, path)) from error
    if config.get("peft_type") != "LORA":
        raise AdapterRefused(f"{CONFIG}: peft_type must be “LORA”.")
    pattern = config.get("rank_pattern") or {}
    ranks = [config.get("r"), *(pattern.values() if isinstance(pattern, dict) else [None])]
    whole = [rank for rank in ranks if isinstance(rank, int) and not isinstance(rank, bool)]
    if len(whole) < len(ranks) or not all(1 <= rank <= MAX_RANK for rank in whole):
        raise AdapterRefused(f"{CONFIG}: a rank must be a whole number from 1 to {MAX_RANK}.")
    return max(whole)


def _halves_b(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    """Where the bytes of each module's B are. Raises `AdapterRefused` for a file that is cut."""
    head = file.read(8)
    length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
    if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
        raise AdapterRefused(f"{WEIGHTS} is truncated or damaged: its header is not whole.")
    entries = _read_entries(file.read(length))
    begin_of_data = 8 + length
    if begin_of_data + max((end for _, _, end in entries), default=0) != size:
        raise AdapterRefused(f"{WEIGHTS} is truncated or damaged: its tensors are not whole.")
    return (
        (begin_of_data + begin, begin_of_data + end)
        for name, begin, end in entries
        if name.endswith(_HALF_B)
    )


def _read_entries(header: bytes) -> list[tuple[str, int, int]]:
    """Each tensor's name, and where its bytes begin and end."""
    try:
        tensors: Any = json.loads(header)
        return [
            (name, *_place(entry["data_offsets"]))
            for name, entry in tensors.items()
            if name != "__metadata__"
        ]
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        raise AdapterRefused(f"{WEIGHTS} is damaged: its header cannot be read.") from None


def _place(offsets: Any) -> tuple[int, int]:
    begin, end = offsets
    if not (isinstance(begin, int) and isinstance(end, int) and 0 <= begin <= end):
        raise ValueError
    return begin, end


def _is_zero(file: BinaryIO, begin: int, end: int) -> bool:
    file.seek(begin)
    while begin < end:
        chunk = file.read(min(_CHUNK, end - begin))
        if not chunk or chunk.count(0) < len(chunk):
            return False
        begin += len(chunk)
    return True


def _without_folder(message: str, path: Path) -> str:
    """People are not told where the server keeps its files."""
    return message.replace(f"{path.parent}{os.sep}", "")


def _link(source: Path, target: Path) -> bool:
    """Whether ``target`` is now another name of the file ``source``."""
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True


def _sync(path: Path) -> None:
    """Has the disk hold the file, or the folder's list of names, before anything relies on it."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
