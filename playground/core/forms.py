"""Django's forms in the project's errors, and fields that several forms have."""

import uuid
from typing import Any

from django import forms

from playground.core.errors import InvalidInput
from playground.core.http import read_id, read_small_number


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


class IdField(forms.Field):
    """The id of something that a page showed; None for what is no id."""

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> uuid.UUID | None:
        return read_id(value or "")


class CounterField(forms.Field):
    """A small whole number that a page counts; 0 for what is none."""

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> int:
        return read_small_number(value or "") or 0
