"""Starts the rows that wait, a few at a time (docs/decisions/0062-rows.md).

A worker calls it when a run ends and in its sweep, so no page has to be open.
"""

import uuid

import structlog
from django.conf import settings
from django.db import transaction

from playground.accounts.models import Person
from playground.batches.columns import form_of_row, match_columns
from playground.batches.models import BatchRow
from playground.batches.selectors import form_of_version
from playground.core.errors import PlaygroundError, TooManyRuns, Unavailable
from playground.core.failures import each_alone, is_passing, reason_of, warn_once
from playground.prompts.fitting import finished_prompt, sent_state
from playground.runs.models import Run
from playground.runs.services import run_create

WAITING = BatchRow.objects.filter(state=BatchRow.State.WAITING)

log = structlog.get_logger(__name__)


def rows_at_once() -> int:
    """Rows of one person that may be queued or running. The other half is for their pages."""
    return max(1, settings.LIMIT_PERSON_ACTIVE // 2)


def rows_start(*, person: Person) -> int:
    """Starts as many of the person's rows as may run, the oldest table first. Returns how many."""
    live = Run.objects.filter(person=person, batch_row__isnull=False)
    room = rows_at_once() - live.exclude(status__in=Run.FINAL).count()
    if room < 1:
        return 0
    waiting = WAITING.filter(batch__person=person).order_by("batch__created_at", "number")
    rows = list(waiting.select_related("batch__version__prompt", "batch__person")[:room])
    started = 0
    for row in rows:
        try:
            started += row_start(row)
        except (TooManyRuns, Unavailable) as error:
            # The next run that ends, or the next sweep, tries again.
            log.info("row_waits", batch=str(row.batch_id), row=row.number, reason=error.code)
            break
        except PlaygroundError as error:
            _refuse(row, error.message)
        except Exception as error:
            if is_passing(error):
                raise
            # It would fail as often as it is tried, and the rows after it would wait for ever.
            warn_once("row_not_started", row=row.pk, error=error)
            _refuse(row, f"The row could not be started: {reason_of(error)}.")
    return started


def rows_start_after(*, person_id: uuid.UUID) -> None:
    """The same, where one of the person's runs has ended; nearly always there is no row."""
    for row in WAITING.filter(batch__person=person_id).select_related("batch__person")[:1]:
        rows_start(person=row.batch.person)


def rows_sweep() -> int:
    """Starts rows of everybody who has some waiting. Returns for how many people."""
    people = Person.objects.filter(batches__row_states__state=BatchRow.State.WAITING).distinct()
    return each_alone(people, lambda person: rows_start(person=person), event="rows_not_started")


def _refuse(row: BatchRow, message: str) -> None:
    """Not if the guest has become an account meanwhile: then the row can start as the account's."""
    own = WAITING.filter(pk=row.pk, batch__person=row.batch.person_id)
    own.update(state=BatchRow.State.REFUSED, error=message)


def row_start(row: BatchRow) -> bool:
    """Makes the row's run; False where somebody else has started or stopped it."""
    batch = row.batch
    form = form_of_version(batch.version)
    slots = match_columns(form, tuple(batch.columns))
    filled = form_of_row(form, slots, tuple(batch.rows[row.number]))
    finished = finished_prompt(filled)
    with transaction.atomic():
        if not WAITING.filter(pk=row.pk).update(state=BatchRow.State.STARTED):
            return False
        run = run_create(
            person=batch.person,
            address=batch.address,
            template=form.template.slug,
            state=sent_state(filled, finished),
            prompt=finished.text,
            prompt_tokens=finished.sent,
            version_id=batch.version_id,
        )
        BatchRow.objects.filter(pk=row.pk).update(run=run)
    return True
