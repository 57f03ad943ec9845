"""A person's tables of rows, as they are exported and counted."""

from collections.abc import Iterator
from typing import Any

from playground.accounts.belongings import Amount, Belonging, Whose, amount_of, owned_by
from playground.accounts.models import Person
from playground.batches.models import Batch, BatchRow
from playground.core.batches import in_batches


def _export(person: Person) -> Iterator[dict[str, Any]]:
    batches = Batch.objects.filter(person=person).prefetch_related("row_states")
    for batch in in_batches(batches, by="created_at", size=20):
        states = sorted(batch.row_states.all(), key=lambda state: state.number)
        yield {
            "kind": "table",
            "id": batch.pk,
            "prompt_version": batch.version_id,
            "columns": batch.columns,
            "rows": [
                {
                    "cells": batch.rows[state.number] if state.number < len(batch.rows) else [],
                    "state": state.state,
                    "run": state.run_id,
                    "error": state.error,
                }
                for state in states
            ],
            "created_at": batch.created_at,
        }


def _release(person: Person) -> None:
    """No row starts any more: the runs are about to be stopped and deleted."""
    waiting = BatchRow.objects.filter(batch__person=person, state=BatchRow.State.WAITING)
    waiting.update(state=BatchRow.State.STOPPED)


def _measure(whose: Whose) -> dict[str, Amount]:
    return {"batches": amount_of(Batch.objects.filter(owned_by(whose)))}


BELONGINGS = (Belonging(model=Batch, export=_export, release=_release, measure=_measure),)
