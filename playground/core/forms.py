"""Django's forms in the project's errors, and fields that several forms have."""

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


class LineField(forms.CharField):
    """Text on one line; what is beyond ``limit`` characters is cut off."""

    def __init__(self, *, limit: int) -> None:
        super().__init__(required=False)
        self._limit = limit

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return " ".join(text.replace("\0", "").split())[: self._limit]
