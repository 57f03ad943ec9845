"""Tuned models of the worker's base: loaded when a run asks for one, and which of them stay.

Reading and checking happen in the thread of the run that asked, and the engine steps meanwhile. One
that no run uses leaves memory when there are more than `most`, the least recently used first.
"""

import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from playground.checkpoints.adapter_files import folder_of
from playground.checkpoints.models import Adapter
from workers.engine.adapters.adapter import read_adapter
from workers.engine.engine import Engine
from workers.engine.errors import AdapterCorrupt, AdapterError, AdapterFileMissing, EngineError
from workers.engine.failures import classify

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Held:
    """name: in the engine; users: runs that go on with it."""

    name: str
    users: int = 0


class TunedModels:
    """Of one engine. Any thread may `hold`.

    most: how many stay in memory. While more runs than that use one each, all of theirs do.
    """

    def __init__(self, engine: Engine, *, most: int) -> None:
        self._engine = engine
        self._most = most
        # By digest, the least recently used first.
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()
        # One is read at a time: two runs of the same model read it once.
        self._loading = threading.Lock()
        self._numbers = itertools.count(1)

    @property
    def digests(self) -> list[str]:
        """Of those in memory."""
        with self._lock:
            return list(self._held)

    @contextmanager
    def hold(self, adapter: Adapter | None) -> Iterator[str | None]:
        """The name by which a request asks the engine for ``adapter``, which stays loaded as long.

        Raises an `AdapterError` that says what is wrong with its files, or `OutOfMemory`.
        """
        if adapter is None:
            yield None
            return
        held = self._take(adapter.digest)
        if held is None:
            with self._loading:
                held = self._take(adapter.digest) or self._load(adapter)
        try:
            yield held.name
        finally:
            with self._lock:
                held.users -= 1
            self._make_room(self._most)

    def drop_unused(self, *, keep: Collection[str]) -> None:
        """Lets go of those that no run uses and whose digest is not in ``keep``."""
        with self._lock:
            gone = [
                self._held.pop(digest)
                for digest, held in list(self._held.items())
                if not held.users and digest not in keep
            ]
        self._drop(gone)

    def _take(self, digest: str) -> _Held | None:
        with self._lock:
            held = self._held.get(digest)
            if held is not None:
                held.users += 1
                self._held.move_to_end(digest)
            return held

    def _load(self, adapter: Adapter) -> _Held:
        self._make_room(self._most - 1)
        folder = folder_of(adapter.folder)
        # Of its own for each load: the one that was dropped a moment ago may be in use still.
        held = _Held(name=f"{adapter.digest[:16]}.{next(self._numbers)}", users=1)
        try:
            if not folder.is_dir():
                raise AdapterFileMissing("Its files are gone. Train it again.")
            read = read_adapter(held.name, folder, self._engine.config)
            if read.digest != adapter.digest:
                raise AdapterCorrupt(
                    "Its files are not those that were registered: they were changed or damaged "
                    "since. Train it again."
                )
            self._engine.load_adapter(held.name, read)
        except AdapterError as error:
            log.warning("adapter_refused", adapter=adapter.name, reason=error.message)
            raise type(error)(_words_for_people(adapter, error, folder)) from error
        except EngineError:
            raise
        except Exception as error:
            raise classify(error) from error
        if read.changes_nothing:
            log.warning("adapter_changes_nothing", adapter=adapter.name)
        with self._lock:
            self._held[adapter.digest] = held
        log.info("adapter_loaded", adapter=adapter.name, rank=read.rank)
        return held

    def _make_room(self, most: int) -> None:
        gone: list[_Held] = []
        with self._lock:
            for digest, held in list(self._held.items()):
                if len(self._held) <= most:
                    break
                if not held.users:
                    gone.append(self._held.pop(digest))
        self._drop(gone)

    def _drop(self, gone: list[_Held]) -> None:
        for held in gone:
            self._engine.drop_adapter(held.name)


def _words_for_people(adapter: Adapter, error: AdapterError, folder: Path) -> str:
    """What is wrong, without where the server keeps its files."""
    what = error.message.replace(f"{folder}{os.sep}", "").replace(str(folder), "its folder")
    return f"The tuned model “{adapter.title}” cannot be used: {what}"
