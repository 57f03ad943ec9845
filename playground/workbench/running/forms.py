"""Posts about runs: how many outputs, and where a branch begins."""

from django import forms

from playground.core.forms import StrictForm
from playground.runs.parameters import MAX_TOKEN_ID
from playground.workbench.running.panel import MAX_BESIDE

_AMISS = "This page sent a token that cannot be read. Reload it and choose again."


class OutputsForm(StrictForm):
    """How many outputs a run is to have at once."""

    outputs = forms.IntegerField(
        min_value=1,
        max_value=MAX_BESIDE,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            f"Outputs at once must be a whole number from 1 to {MAX_BESIDE}.",
        ),
    )

    def count(self) -> int:
        """Raises `InvalidInput`."""
        return int(self.read()["outputs"])


class BranchForm(StrictForm):
    """Where a text goes on in another way. position: of a token, from 1; token: an id."""

    position = forms.IntegerField(
        min_value=1,
        max_value=MAX_TOKEN_ID,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _AMISS),
    )
    token = forms.IntegerField(
        min_value=0,
        max_value=MAX_TOKEN_ID,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _AMISS),
    )
