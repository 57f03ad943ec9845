"""A fine-tune's figures as a table, and its files as one archive, made as they are sent."""

import csv
import io
import os
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playground.core.cells import plain_cell
from playground.finetunes.models import FineTune, FineTuneEvent

COLUMNS = (
    *("kind", "step", "epoch", "loss", "perplexity", "accuracy", "best", "rate", "tokens_per_s"),
    *("tokens", "seconds"),
)
_BATCH = 500
_BLOCK = 1 << 18


def results_lines(finetune: FineTune) -> Iterator[str]:
    """The table's lines, each batch by a query of its own."""
    # A spreadsheet takes a file without this mark for Latin-1.
    yield "\ufeff" + _line(COLUMNS)
    last = 0
    while batch := list(
        FineTuneEvent.objects.filter(
            finetune=finetune.pk, kind__in=("step", "evaluation"), n__gt=last
        )
        .order_by("n")
        .values_list("n", "kind", "data")[:_BATCH]
    ):
        for n, kind, data in batch:
            yield _line([kind, *(data.get(column) for column in COLUMNS[1:])])
            last = n


def zip_blocks(files: Sequence[Path]) -> Iterator[bytes]:
    """A ZIP of ``files``, a block at a time. Weights do not compress.

    All are opened before the first block: what has begun is whole, whoever deletes them meanwhile.
    """
    made = _Made()
    with ExitStack() as stack:
        sources = [stack.enter_context(path.open("rb")) for path in files]
        archive = stack.enter_context(zipfile.ZipFile(made, "w", zipfile.ZIP_STORED))
        for path, source in zip(files, sources, strict=True):
            modified = time.localtime(os.fstat(source.fileno()).st_mtime)
            entry = zipfile.ZipInfo(path.name, modified[:6])
            with archive.open(entry, "w", force_zip64=True) as target:
                while block := source.read(_BLOCK):
                    target.write(block)
                    yield made.take()
    yield made.take()


class _Made(io.RawIOBase):
    """What was written since it was last taken; nobody can go back in it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


def _line(values: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_cell(value) for value in values])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int | float) else plain_cell(str(value))
