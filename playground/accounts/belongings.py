"""What people own: each app says of its models how they are moved, exported and let go.

Moving goes over every model that points at a `Person`, said or not: what an app
forgets to say is still moved. A test demands that nothing is forgotten in an export.
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
    """How much there is of something. size: in bytes."""

    rows: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """One model whose rows are somebody's.

    export: a person's rows, each as a line of an export.
    merge: (guest, account) before the guest's rows are handed over, for what the
        account may have already and cannot have twice.
    release: before a person's rows are deleted, for what is elsewhere.
    measure: by the name of a quota (quotas.py), how much there is of it.
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
    """How many ``rows`` there are, and what they take by their column ``size``."""
    found = rows.aggregate(rows=Count("*"), size=Sum("size"))
    return Amount(rows=found["rows"], size=found["size"] or 0)


def belongs(belonging: Belonging) -> None:
    """Says how a model's rows are somebody's; called from an app's ``ready``."""
    _said[belonging.model] = belonging


def belongings() -> Iterable[Belonging]:
    """What was said, in the order of the apps."""
    return _said.values()


def owner_fields() -> Iterator[tuple[type[Model], str]]:
    """Every model that points at a `Person`, with the field that does."""
    for relation in Person._meta.get_fields(include_hidden=True):
        field = getattr(relation, "remote_field", None)
        if relation.auto_created and isinstance(field, ForeignKey):
            yield field.model, field.name
