"""JSON files of a checkpoint's folder, read within bounds.

A web host reads the same folder as a worker (workers.engine.checkpoint.json_files) and refuses the
same files, but does not know the engine: any fault is a `ModelNotReady` that names the file.
"""

import json
from pathlib import Path
from typing import Any

from playground.core.errors import ModelNotReady

# Of each kind of file; GPT-J-6B's are 1 kB, 26 kB and 1.4 MB.
MAX_CONFIG_BYTES = 1 << 20
MAX_INDEX_BYTES = 4 << 20
MAX_TOKENIZER_BYTES = 16 << 20
MAX_NESTING = 32


def read_bounded(path: Path, *, at_most: int) -> bytes:
    """The file, of at most ``at_most`` bytes. Raises `ModelNotReady`."""
    try:
        with path.open("rb") as file:
            # Not by the size that the file claims: it may grow while it is read.
            text = file.read(at_most + 1)
    except OSError as error:
        raise ModelNotReady(f"{path} cannot be read: {error.strerror}.") from error
    if len(text) > at_most:
        raise ModelNotReady(f"{path} has more than {at_most:,} bytes, which no such file needs.")
    return text


def read_object(path: Path, *, at_most: int) -> dict[str, Any]:
    """The object that the file holds. Raises `ModelNotReady`."""
    return parse_object(read_bounded(path, at_most=at_most), path)


def parse_object(text: bytes, path: Path) -> dict[str, Any]:
    """The object in ``text``, which was read from ``path``. Raises `ModelNotReady`."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError as error:
        raise ModelNotReady(f"{path} cannot be read: it is not JSON ({error}).") from error
    if not isinstance(value, dict):
        raise ModelNotReady(f"{path} cannot be read: it holds no JSON object.")
    if not _is_shallow(value):
        raise _too_deep(path)
    return value


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_NESTING):
        level = [
            item
            for outer in level
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, dict | list)
        ]
        if not level:
            return True
    return False


def _too_deep(path: Path) -> ModelNotReady:
    return ModelNotReady(f"{path} cannot be read: it is nested more than {MAX_NESTING} deep.")
