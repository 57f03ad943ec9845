"""A person's scores move and go with them, and are in no export."""

from collections.abc import Iterator
from typing import Any

from playground.accounts.belongings import Belonging
from playground.accounts.models import Person
from playground.scores.models import Score


def _export(_person: Person) -> Iterator[dict[str, Any]]:
    """Nothing: a score repeats a text that its page has, and is deleted within minutes."""
    yield from ()


BELONGINGS = (Belonging(model=Score, export=_export),)
