"""The probabilities of one prompt's tokens. The row is the truth about them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter


class Score(models.Model):
    """A prompt whose tokens a model rates, and the result.

    Invariants:

    - ``status`` moves QUEUED -> RUNNING -> a final state. It goes back to QUEUED only when a
      worker that stops gives it back. A worker that was lost ends it: a prompt that kills workers
      kills one. A final row never changes again.
    - ``result`` is empty until the state is SUCCEEDED, and then has one entry a token.
    - A row is deleted `services.KEPT_SECONDS` after it ended, or if no worker began it for as long.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    FINAL = (Status.SUCCEEDED, Status.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="scores")
    # Keyed hash of the network address, for the limits (accounts.addresses).
    address = models.CharField(max_length=16, blank=True)
    # As `Run.model` and `Run.adapter`.
    model = models.CharField(max_length=80)
    adapter = models.ForeignKey(Adapter, null=True, on_delete=models.CASCADE, related_name="scores")
    # The prompt's tokens, at most a context of them.
    ids = models.JSONField()

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    worker = models.CharField(max_length=120, blank=True)
    # A list a token: its logprob, None for the first, and the likeliest tokens, [id, logprob].
    result = models.JSONField(default=list)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["model", "created_at"], name="score_queued", condition=Q(status="queued")
            ),
            models.Index(fields=["worker"], name="score_running", condition=Q(status="running")),
            models.Index(fields=["person", "started_at"], name="score_of_person"),
            models.Index(fields=["address"], name="score_of_address"),
            models.Index(fields=["created_at"], name="score_by_age"),
        ]

    def __str__(self) -> str:
        return f"{str(self.pk)[:8]} ({self.status})"

    @property
    def is_final(self) -> bool:
        """Whether nothing about it will change any more."""
        return self.status in self.FINAL
