"""Which adapters requests can name, and who still uses them. Holds no tensors itself."""

from __future__ import annotations

from dataclasses import dataclass

from workers.engine.adapters.adapter import Adapter
from workers.engine.adapters.bank import AdapterBank
from workers.engine.errors import AdapterExists, AdapterUnknown


@dataclass(slots=True)
class _Loaded:
    """users: choices and scorings that run with it; dropped: gone for new ones."""

    digest: str
    slot: int
    users: int = 0
    dropped: bool = False


class LoadedAdapters:
    """Names over the slots of a bank. Callers hold the engine's locks."""

    def __init__(self, bank: AdapterBank) -> None:
        self._bank = bank
        self._by_name: dict[str, _Loaded] = {}
        self._by_slot: dict[int, _Loaded] = {}

    @property
    def names(self) -> list[str]:
        return sorted(self._by_name)

    def load(self, name: str, adapter: Adapter) -> None:
        """Raises `AdapterExists` for a name in use, or the bank's errors."""
        if name in self._by_name:
            raise AdapterExists(f"An adapter {name!r} is loaded already.", adapter=name)
        loaded = _Loaded(adapter.digest, self._bank.load(adapter))
        self._by_name[name] = self._by_slot[loaded.slot] = loaded

    def hold(self, name: str, users: int) -> tuple[str, int]:
        """(digest, slot) of an adapter, which stays until it is released as often."""
        loaded = self._find(name)
        loaded.users += users
        return loaded.digest, loaded.slot

    def release(self, slot: int) -> None:
        loaded = self._by_slot[slot]
        loaded.users -= 1
        self._clear(loaded)

    def drop(self, name: str) -> None:
        """Raises `AdapterUnknown`. The slot is free when its last user has finished."""
        loaded = self._find(name)
        del self._by_name[name]
        loaded.dropped = True
        self._clear(loaded)

    def _find(self, name: str) -> _Loaded:
        try:
            return self._by_name[name]
        except KeyError:
            raise AdapterUnknown(
                f"There is no adapter {name!r} on this worker. It may have been deleted; choose "
                "another model.",
                adapter=name,
            ) from None

    def _clear(self, loaded: _Loaded) -> None:
        if loaded.dropped and loaded.users == 0:
            del self._by_slot[loaded.slot]
            self._bank.drop(loaded.slot)
