"""The state of the page that a run was made from. Runs, versions and drafts all store it."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PromptState:
    """A template's page as plain values. Two states are equal when a page would show the same.

    fields: the values of the form's fields, in the form that `PromptForm.to_json` gives them.
    text: what is in the prompt's box, with variables still open. It counts where a person wrote
        the prompt as one text. Where fields build it, the fields count, and a run keeps the text
        as it was sent.
    model: a name of the registry or of a tuned model (`checkpoints.selectors.get_served`); "" for
        the registry's default. A run always names its model.
    """

    fields: dict[str, Any]
    text: str
    parameters: dict[str, Any]
    model: str = ""
    variables: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a draft's row keeps them."""
        return asdict(self)
