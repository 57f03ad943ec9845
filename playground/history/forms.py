"""Which of their runs a person has selected, and as what file they want them."""

import uuid
from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError

from playground.core.forms import StrictForm
from playground.history.exports import FORMATS
from playground.prompts.fields import clean_text
from playground.runs.models import MAX_NOTE

MAX_SELECTED = 300


class RunsField(forms.Field):
    """The ids of runs, each once, in their order."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Sequence[str] | None) -> list[uuid.UUID]:
        posted = value or []
        if len(posted) > MAX_SELECTED:
            raise ValidationError(f"Select at most {MAX_SELECTED} runs at a time.")
        try:
            return list(dict.fromkeys(uuid.UUID(one) for one in posted))
        except ValueError:
            raise ValidationError("One of the selected ids is not a run's.") from None


class SelectionForm(StrictForm):
    """The boxes before the runs of the list."""

    run = RunsField(required=False)

    def read_runs(self) -> list[uuid.UUID]:
        """The selected runs; none is selected where there is no box. Raises `InvalidInput`."""
        ids: list[uuid.UUID] = self.read()["run"]
        return ids


class NoteForm(StrictForm):
    """A person's note on a run."""

    note = forms.CharField(required=False, strip=False)

    def read_note(self) -> str:
        """Raises `InvalidInput`."""
        text = clean_text(self.read()["note"], field="note", label="The note", limit=MAX_NOTE)
        return text.strip()


class ExportForm(SelectionForm):
    """The address of an export: a format, and runs or else the filters of the list."""

    format = forms.ChoiceField(
        required=False,
        choices=[(name, name) for name in FORMATS],
        error_messages={"invalid_choice": f"An export is one of {', '.join(FORMATS)}."},
    )
    field_order = ("format", "run")

    def read_format(self) -> str:
        """The name of the format; JSON Lines by default."""
        name: str = self.read()["format"] or next(iter(FORMATS))
        return name
