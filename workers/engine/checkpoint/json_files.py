"""JSON files of a checkpoint's folder, read within bounds. No torch.

The folder's contents are not trusted, so a file's size, its nesting and its outermost type are
checked before any of it is used. Any fault is a `CheckpointError`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workers.engine.errors import CheckpointCorrupt

# Of each kind of file; GPT-J-6B's are 1 kB, 26 kB, 42 kB and 1.4 MB. Parsed, JSON takes up to some
# twenty times its size.
MAX_CONFIG_BYTES = 2**20
MAX_INDEX_BYTES = 4 * 2**20
MAX_HEADER_BYTES = 4 * 2**20
MAX_TOKENIZER_BYTES = 16 * 2**20
MAX_NESTING = 32


def read_object(path: Path, *, at_most: int) -> dict[str, Any]:
    """The object in a file of at most `at_most` bytes. Raises `CheckpointCorrupt`."""
    try:
        with path.open("rb") as file:
            # Not by the size that the file claims: it may grow while it is read.
            text = file.read(at_most + 1)
    except OSError as error:
        raise CheckpointCorrupt(
            f"{path} cannot be read: {error.strerror}. Check who may read it, and the disk.",
            file=str(path),
        ) from error
    if len(text) > at_most:
        raise CheckpointCorrupt(
            f"{path} has more than {at_most:,} bytes, which no such file needs. Copy it again.",
            file=str(path),
        )
    return parse_object(text, path)


def parse_object(text: bytes, path: Path) -> dict[str, Any]:
    """The object that `text`, a part of the file at `path`, holds. Raises `CheckpointCorrupt`."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError as error:
        raise CheckpointCorrupt(
            f"{path} is not JSON: {error}. Copy it again.", file=str(path)
        ) from error
    if not isinstance(value, dict):
        raise CheckpointCorrupt(f"{path} holds no JSON object. Copy it again.", file=str(path))
    if not is_shallow(value):
        raise _too_deep(path)
    return value


def is_shallow(value: object) -> bool:
    """Whether lists and objects are nested at most `MAX_NESTING` deep."""
    level = [value]
    for _ in range(MAX_NESTING):
        level = [
            item
            for outer in level
            for item in (outer.values() if isinstance(outer, dict) else outer)  # type: ignore[attr-defined]
            if isinstance(item, dict | list)
        ]
        if not level:
            return True
    return False


def is_whole(value: object, *, below: int) -> bool:
    """Whether it is a whole number from 0 on and below `below`; True and 1.0 are none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def _too_deep(path: Path) -> CheckpointCorrupt:
    return CheckpointCorrupt(
        f"{path} is nested more than {MAX_NESTING} deep, which no such file is. Copy it again.",
        file=str(path),
    )
