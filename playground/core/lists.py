"""Lists with filters in their address: the query, and the form that reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from django import forms

from playground.core.forms import LineField

# The words of a search.
MAX_WORDS = 200
MAX_PAGE = 999_999_999


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """The query in a list's address.

    Every field has a default, and the address contains only the fields that differ from it.
    NAMES: a field's name in the address, if it is not the field's own name.
    """

    NAMES: ClassVar[Mapping[str, str]] = {"words": "q", "since": "from", "until": "to"}

    words: str = ""

    @property
    def parameters(self) -> str:
        """The query as an address has it behind the "?"."""
        named = {
            self.NAMES.get(field.name, field.name): getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        return urlencode({name: 1 if value is True else value for name, value in named.items()})

    def address(self, **changes: Any) -> str:
        """The query with ``changes``, beginning with "?"; "" when it asks for nothing."""
        parameters = replace(self, **changes).parameters
        return f"?{parameters}" if parameters else ""


Query = TypeVar("Query", bound=ListQuery)


class ListForm(forms.Form, Generic[Query]):
    """Reads the query of a list from an address.

    Anybody can write an address: a value that means nothing is left out, and nothing is refused.
    """

    query_type: type[Query]

    words = LineField(limit=MAX_WORDS)

    def add_prefix(self, field_name: str) -> str:
        return ListQuery.NAMES.get(field_name, field_name)

    def read(self) -> Query:
        """The query of the address."""
        self.full_clean()
        # A field with an error is not among the cleaned ones, and one that is not there is empty.
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return self.query_type(**given)


class PageField(forms.IntegerField):
    """The number of a page, from 1."""

    def __init__(self) -> None:
        super().__init__(required=False, min_value=1, max_value=MAX_PAGE)


class WordsForm(ListForm[ListQuery]):
    """A search that has words and nothing else."""

    query_type = ListQuery
