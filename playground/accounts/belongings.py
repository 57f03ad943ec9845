"""What people own: each app registers how its models are moved, exported and released.

Moving covers every model that points at a `Person`, registered or not: a model that an app
forgets is still moved. A test checks that no model is missing in an export.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, ForeignKey, Model, Q, QuerySet, Sum

from playground.accounts.models import Person

Lines = Iterator[dict[str, Any]]
# A person, or the keyed hash of an address: everybody who came first from there.
Whose = Person | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much there is of something. size: in bytes. files: bytes of files that have a limit of
    their own (quotas.FILES)."""

    rows: int = 0
    size: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """One model whose rows belong to a person.

    export: a person's rows, each as a line of an export.
    merge: (guest, account) before the guest's rows are moved, for rows that the account
        may already have and cannot have twice.
    release: before a person's rows are deleted, for data that are elsewhere.
    measure: the amount, by the name of a quota (quotas.py).
    """

    model: type[Model]
    export: Callable[[Person], Lines]
    merge: Callable[[Person, Person], None] | None = None
    release: Callable[[Person], None] | None = None
    measure: Callable[[Whose], dict[str, Amount]] | None = None


_said: dict[type[Model], Belonging] = {}


def owned_by(whose: Whose, *, path: str = "person") -> Q:
    """The rows of ``whose``; path: from a row to its person."""
    return Q(**{path: whose} if isinstance(whose, Person) else {f"{path}__address": whose})


def amount_of(rows: QuerySet[Any]) -> Amount:
    """The number of ``rows``, and their bytes by the column ``size``."""
    found = rows.aggregate(rows=Count("*"), size=Sum("size"))
    return Amount(rows=found["rows"], size=found["size"] or 0)


def belongs(belonging: Belonging) -> None:
    """Registers how a model's rows belong to a person; called from an app's ``ready``."""
    _said[belonging.model] = belonging


def belongings() -> Iterable[Belonging]:
    """The registered belongings, in the order of the apps."""
    return _said.values()


def owner_fields() -> Iterator[tuple[type[Model], str]]:
    """Every model that points at a `Person`, with the field that does."""
    for relation in Person._meta.get_fields(include_hidden=True):
        field = getattr(relation, "remote_field", None)
        if relation.auto_created and isinstance(field, ForeignKey):
            yield field.model, field.name
