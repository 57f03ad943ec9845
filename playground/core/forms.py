"""Django's forms in the project's errors: the first thing that is wrong, with the field's name."""

from typing import Any

from django import forms

from playground.core.errors import InvalidInput


class StrictForm(forms.Form):
    """A form that is read whole or refused."""

    def read(self) -> dict[str, Any]:
        """The cleaned values. Raises `InvalidInput` for the first field that is wrong."""
        for field, problems in self.errors.items():
            raise InvalidInput(str(problems[0]), field=field)
        return self.cleaned_data
