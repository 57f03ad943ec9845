"""Tables of rows as people handle them: run, stop, delete."""

import structlog
from django.db import transaction

from playground.accounts.models import Person
from playground.accounts.quotas import room_of
from playground.batches.columns import row_prompts
from playground.batches.models import Batch, BatchRow
from playground.batches.selectors import form_of_version
from playground.batches.starting import rows_start
from playground.batches.table import Table
from playground.checkpoints.selectors import get_served
from playground.core.failures import each_alone, reason_of
from playground.core.sizes import json_size
from playground.library.models import PromptVersion
from playground.runs.models import Run
from playground.runs.services import run_cancel

log = structlog.get_logger(__name__)


def batch_create(*, person: Person, address: str, version: PromptVersion, table: Table) -> Batch:
    """Keeps the table and starts its first rows; the others follow as these end.

    Raises `InvalidInput`, `UnknownModel`, `NotFound` or `ModelDeleted` for a tuned one, and
    `QuotaReached`; then nothing was saved.
    """
    form = form_of_version(version)
    row_prompts(form, table)
    get_served(person, form.model)
    rows = [list(cells) for cells in table.rows]
    room = room_of(person)
    room.check("batches", size=json_size([table.columns, rows]))
    room.check("runs", rows=len(rows))
    with transaction.atomic():
        batch = Batch.objects.create(
            person=person, version=version, address=address, columns=list(table.columns), rows=rows
        )
        BatchRow.objects.bulk_create(
            BatchRow(batch=batch, number=number) for number in range(len(rows))
        )
    try:
        rows_start(person=person)
    except Exception as error:
        # The table is kept, and must not be sent again: the next sweep starts its rows.
        log.warning("rows_not_started", batch=str(batch.pk), error=reason_of(error))
    return batch


def batch_stop(*, batch: Batch) -> None:
    """Starts no more of its rows and stops those that run; their texts stay. Idempotent."""
    waiting = batch.row_states.filter(state=BatchRow.State.WAITING)
    waiting.update(state=BatchRow.State.STOPPED)
    live = Run.objects.filter(batch_row__batch=batch).exclude(status__in=Run.FINAL)
    each_alone(live, lambda run: run_cancel(run=run), event="run_not_stopped")


def batch_delete(*, batch: Batch) -> None:
    """Stops and deletes it. Its runs stay in the history."""
    batch_stop(batch=batch)
    batch.delete()
