"""Many rows, a batch at a time."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


def in_batches(rows: QuerySet[Row], *, by: str, size: int) -> Iterator[Row]:
    """``rows`` in the order of the column ``by``, and of their keys where that is equal.

    Each batch is a separate query. Nothing stays open between two rows, however long the caller
    waits.
    """
    ordered = rows.order_by(by, "pk")
    batch = list(ordered[:size])
    while batch:
        yield from batch
        last = getattr(batch[-1], by)
        after = Q(**{f"{by}__gt": last}) | Q(**{by: last, "pk__gt": batch[-1].pk})
        batch = list(ordered.filter(after)[:size])
