"""Tables that prompts run over, and their rows."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from playground.accounts.models import Person
from playground.core.sizes import bytes_of
from playground.library.models import PromptVersion
from playground.runs.models import Run


class Batch(models.Model):
    """A version of a prompt, and the table whose rows fill it. Never changed once saved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="batches")
    version = models.ForeignKey(PromptVersion, on_delete=models.CASCADE, related_name="batches")
    # Keyed hash of the network address, for the limits of its runs (accounts.addresses).
    address = models.CharField(max_length=16, blank=True)
    # The names in the table's first row, and the cells below it, a list a row.
    columns = models.JSONField()
    rows = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # For the quotas, in bytes.
    size = models.GeneratedField(
        expression=bytes_of("columns", "rows"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "size"], name="batch_size"),
            models.Index(fields=["person", "created_at"], name="batch_of_person"),
        ]

    def __str__(self) -> str:
        return f"{len(self.rows)} rows of {str(self.pk)[:8]}"


class BatchRow(models.Model):
    """One row of a table: whether its run was made.

    Invariants:

    - ``state`` moves once, from WAITING to another, by compare-and-set; with STARTED its run is
      saved in the same transaction, so that no row runs twice.
    - ``run`` is None unless the row was started, and again once its run is deleted.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        STARTED = "started"
        # Stopped by the person before it was started.
        STOPPED = "stopped"
        # Its run was refused: ``error`` says why.
        REFUSED = "refused"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="row_states")
    # Counted from 0, as `Batch.rows`.
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="batch_row")
    error = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            # What a sweep looks for is nearly always nothing.
            models.Index(
                fields=["batch", "number"], name="batch_row_waiting", condition=Q(state="waiting")
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_row_number")
        ]

    def __str__(self) -> str:
        return f"row {self.number + 1} ({self.state})"
