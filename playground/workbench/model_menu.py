"""The menu of models, with the live state of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import ModelState, model_states


@dataclass(frozen=True, kw_only=True)
class ModelMenu:
    """The registry's models, the chosen one first among equals."""

    states: Sequence[ModelState]
    chosen: ModelState

    @property
    def is_default(self) -> bool:
        return self.chosen.spec.name == registry().default

    @property
    def digest(self) -> str:
        """Changes when anything that the menu shows does."""
        shown = [
            (s.spec.name, s.state, s.waits, round(s.tokens_per_second or 0), s.live)
            for s in self.states
        ]
        return sha256(repr((shown, self.chosen.spec.name)).encode()).hexdigest()[:16]


def model_menu(chosen: str = "") -> ModelMenu:
    """The menu with ``chosen``, or the default for a name that is not there."""
    states = model_states()
    by_name = {state.spec.name: state for state in states}
    return ModelMenu(states=states, chosen=by_name.get(chosen) or by_name[registry().default])
