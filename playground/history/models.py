"""What the history keeps of its own: an import that is under way."""

import uuid

from django.db import models
from django.utils import timezone

from playground.accounts.models import Person


class Import(models.Model):
    """An import of runs that is under way, or that stopped before its end.

    One a person: as long as it beats, there is no other. When all runs are saved the row goes.
    What is left of a process that was killed stays, so that the person is told.
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
