"""Files that torch pickled, opened without running their code.

torch's own unpickler that knows only tensors reads them. First the archive is checked: torch stores
records uncompressed, so a compressed record was made to grow when it is read. A file that is not an
archive is a plain pickle, which is not opened at all.
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

# Of the pickle in the archive, which names the tensors; GPT-J-6B's has 60 kB.
MAX_PICKLE_BYTES = 16 * 2**20
MAX_RECORDS = 100_000


class PickleUnsafe(Exception):
    """It asks for more than tensors, or may; the text says so after the file's name."""


class PickleDamaged(Exception):
    """Not an archive of torch, or an incomplete one; the text says what is wrong."""


def load_pickle(source: Path | BinaryIO, *, device: str) -> Any:
    """The file's contents, with its tensors on `device`. Raises `PickleUnsafe` or `PickleDamaged`;
    errors of the system, also a `MemoryError`, are passed on."""
    import torch

    _look(source)
    try:
        return torch.load(source, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        raise PickleUnsafe("is a pickle that asks for more than tensors") from error
    except (MemoryError, OSError):
        raise
    except Exception as error:
        # A damaged pickle fails in as many ways as there are operations in one.
        raise PickleDamaged((str(error) or "it ends early").splitlines()[0][:200]) from error


def _look(source: Path | BinaryIO) -> None:
    file = source.open("rb") if isinstance(source, Path) else source
    try:
        first = file.read(2)
        file.seek(0)
        if first not in (b"PK", b""):
            raise PickleUnsafe("is a pickle without an archive, as torch before 1.6 wrote it")
        try:
            records = zipfile.ZipFile(file).infolist()
        # A damaged directory fails in several ways.
        except (zipfile.BadZipFile, ValueError, LookupError, NotImplementedError) as error:
            raise PickleDamaged("it is no whole archive") from error
        _check_records(records)
    finally:
        file.seek(0)
        if isinstance(source, Path):
            file.close()


def _check_records(records: list[zipfile.ZipInfo]) -> None:
    if len(records) > MAX_RECORDS:
        raise PickleDamaged(f"it has {len(records):,} records")
    for record in records:
        if record.compress_type != zipfile.ZIP_STORED or record.file_size != record.compress_size:
            raise PickleUnsafe(f"has a compressed record {record.filename[:80]!r}")
        if record.filename.endswith(".pkl") and record.file_size > MAX_PICKLE_BYTES:
            raise PickleUnsafe(f"has a pickle of {record.file_size:,} bytes")
