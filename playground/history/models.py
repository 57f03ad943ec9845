"""The history's own data: an import in progress."""

import uuid

from django.db import models
from django.utils import timezone

from playground.accounts.models import Person


class Import(models.Model):
    """An import of runs in progress, or one that stopped before its end.

    Each person has one: while it sends heartbeats, there is no other. The row is deleted when all
    runs are saved. If the process was killed, the row stays, so that the person sees a note.
    """

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+")
    # Whose turn it is: who writes with another one has lost it.
    token = models.UUIDField(default=uuid.uuid4)
    runs = models.PositiveIntegerField(default=0)
    saved = models.PositiveIntegerField(default=0)
    is_over = models.BooleanField(default=False)
    beat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        # Its table is one of the label that runs have.
        app_label = "runs"

    def __str__(self) -> str:
        return f"import of {self.runs} runs"
