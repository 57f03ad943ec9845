"""The menu of models: the registry's and the person's own tuned ones, with the state of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import (
    ModelState,
    ServedModel,
    find_adapter,
    model_states,
    served_models,
)


@dataclass(frozen=True, kw_only=True)
class MenuEntry:
    """One model of the menu. state: of its own workers, or of its base's."""

    served: ServedModel
    state: ModelState

    @property
    def name(self) -> str:
        return self.served.name

    @property
    def title(self) -> str:
        return self.served.title

    @property
    def adapter(self) -> Adapter | None:
        return self.served.adapter

    @property
    def note(self) -> str:
        """What its owner or the operator says of it."""
        return self.adapter.note if self.adapter else self.state.spec.note

    @property
    def is_blank(self) -> bool:
        """Whether it is a tuned model whose weights change nothing."""
        return self.adapter is not None and self.adapter.changes_nothing


@dataclass(frozen=True, kw_only=True)
class ModelMenu:
    """All that the person can choose, tuned models after their base.

    missing: why another model than the asked one is chosen, in words; "" where it is not.
    """

    entries: Sequence[MenuEntry]
    chosen: MenuEntry
    missing: str = ""

    @property
    def is_default(self) -> bool:
        return self.chosen.name == registry().default

    @property
    def digest(self) -> str:
        """Changes when anything that the menu shows does."""
        shown = [
            (e.name, e.title, e.note, s.state, s.waits, round(s.tokens_per_second or 0), s.live)
            for e in self.entries
            for s in (e.state,)
        ]
        return sha256(repr((shown, self.chosen.name)).encode()).hexdigest()[:16]


def model_menu(person: Person | None, chosen: str = "") -> ModelMenu:
    """The menu with ``chosen``. A tuned model that is not the person's, or is deleted, leaves its
    base chosen and says so; a name that is nowhere leaves the default."""
    states = {state.spec.name: state for state in model_states()}
    entries = [
        MenuEntry(served=served, state=states[served.base.name]) for served in served_models(person)
    ]
    by_name = {entry.name: entry for entry in entries}
    base = registry().base_of(chosen) or registry().get(registry().default)
    is_missing = chosen not in by_name and ":" in chosen
    return ModelMenu(
        entries=entries,
        chosen=by_name.get(chosen) or by_name[base.name],
        missing=_why_missing(person, chosen, base.title) if is_missing else "",
    )


def _why_missing(person: Person | None, name: str, instead: str) -> str:
    known = find_adapter(person, name)
    why = (
        f"The tuned model “{known.title}” was deleted."
        if known
        else "The tuned model that this was made with is not yours, or it was deleted."
    )
    return f"{why} {instead} is chosen instead."
