"""One fine-tune of a model, the record of its training, and the exports of its whole model."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.core.search import new_number
from playground.core.sizes import bytes_of
from playground.datasets.models import DatasetVersion


class FineTune(models.Model):
    """A training job, and what came of it. The row is the truth about it.

    Invariants:

    - ``status`` moves QUEUED -> RUNNING -> a final state, or back to QUEUED when its worker or
      its child process ended before that, or to WAITING_FOR_ROOM and from there to QUEUED.
      A final row never changes its status again.
    - ``attempt`` grows with each claim and with nothing else. Whoever writes to the row or its
      events names the attempt it claimed.
    - At most one row is RUNNING in a ``place``: a device of a host.
    - ``epoch`` grows when events that a page may have shown were taken back, because training
      went on from a checkpoint before them.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING_FOR_ROOM = "waiting_for_room"
        SUCCEEDED = "succeeded"
        STOPPED = "stopped"
        FAILED = "failed"
        CANCELLED = "cancelled"

    FINAL = (Status.SUCCEEDED, Status.STOPPED, Status.FAILED, Status.CANCELLED)
    WAITING = (Status.QUEUED, Status.WAITING_FOR_ROOM)
    WITH_MODEL = (Status.SUCCEEDED, Status.STOPPED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="finetunes")
    # The address that it was started from, for the limits (accounts.addresses).
    address = models.CharField(max_length=16, blank=True)
    version = models.ForeignKey(
        DatasetVersion, null=True, on_delete=models.SET_NULL, related_name="finetunes"
    )
    # What the dataset was, for when it is gone: name, number, sha256, rows, size and the figures
    # that the page and "Try it" need.
    data = models.JSONField(default=dict)
    # A name of the registry.
    base = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    note = models.TextField(blank=True)
    # What was asked for (finetunes.options.Options).
    options = models.JSONField(default=dict)
    # What was said before the start (finetunes.estimates.Plan).
    plan = models.JSONField(default=dict)

    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    # To end with the best state so far.
    stop_requested = models.BooleanField(default=False)
    # Among those of one person, the lowest is trained first.
    rank = models.BigIntegerField(default=new_number)
    worker = models.CharField(max_length=120, blank=True)
    # "<device>@<host>" while it runs.
    place = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    # Attempts since the last checkpoint that was further than all before it.
    tries = models.PositiveIntegerField(default=0)
    # The step of that checkpoint.
    reached = models.PositiveIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=1)
    # Of the last event that was copied.
    position = models.PositiveIntegerField(default=0)
    # The figures of the page: step, steps, epoch, epochs, loss, held_out_loss, accuracy, ...
    progress = models.JSONField(default=dict)
    # Of the training itself, all attempts together.
    seconds = models.FloatField(default=0)
    result = models.JSONField(default=dict)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    # Bytes in the job's folder: measured once it has ended, until then what was planned.
    files = models.PositiveBigIntegerField(default=0)
    adapter = models.OneToOneField(
        Adapter, null=True, on_delete=models.SET_NULL, related_name="finetune"
    )

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    # Since when it waits for room.
    waiting_since = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    # For the quotas, in bytes.
    size = models.GeneratedField(
        expression=bytes_of("name", "note", "data", "options", "plan", "progress", "result"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["place"], condition=Q(status="running"), name="finetune_in_place"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "-created_at"], name="finetune_of_person"),
            models.Index(
                fields=["base", "rank"], condition=Q(status="queued"), name="finetune_queued"
            ),
            models.Index(fields=["worker"], condition=Q(status="running"), name="finetune_running"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.status})"

    @property
    def is_final(self) -> bool:
        """Whether nothing about the training will change any more."""
        return self.status in self.FINAL

    @property
    def is_waiting(self) -> bool:
        return self.status in self.WAITING

    @property
    def trains_all_weights(self) -> bool:
        """Whether what comes of it is a model of its own and no adapter."""
        return bool(self.options.get("method") == "full")

    @property
    def has_model(self) -> bool:
        """Whether it ended with a model that is still there."""
        if self.status not in self.WITH_MODEL:
            return False
        return self.trains_all_weights or (self.adapter is not None and not self.adapter.is_deleted)


class FineTuneEvent(models.Model):
    """One line of the record that the training writes, in its order: ``n`` is 1, 2, 3, ..."""

    finetune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="events")
    n = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    step = models.PositiveIntegerField(null=True)
    # The line without its number and kind.
    data = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["finetune", "n"], name="event_of_finetune")
        ]
        indexes: ClassVar = [
            models.Index(fields=["finetune", "kind", "n"], name="event_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.finetune_id} {self.n} {self.kind}"


class FineTuneExport(models.Model):
    """The whole model of a fine-tune in one dtype, made on demand for download.

    Invariants:

    - ``status`` moves QUEUED -> RUNNING -> a final state, or back to QUEUED when its worker or its
      child process ended before that, or to WAITING_FOR_ROOM and from there to QUEUED.
    - ``attempt`` grows with each claim and with nothing else.
    - At most one row is RUNNING in a ``place``, and none is claimed where a fine-tune is trained.
    - READY means that its files are whole and passed the check against what was trained.
    """

    class Dtype(models.TextChoices):
        FLOAT32 = "float32"
        FLOAT16 = "float16"
        BFLOAT16 = "bfloat16"

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING_FOR_ROOM = "waiting_for_room"
        READY = "ready"
        # Its weights in this dtype compute something else.
        REFUSED = "refused"
        FAILED = "failed"

    FINAL = (Status.READY, Status.REFUSED, Status.FAILED)
    WAITING = (Status.QUEUED, Status.WAITING_FOR_ROOM)

    # Its folder is called so.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    finetune = models.ForeignKey(FineTune, on_delete=models.CASCADE, related_name="exports")
    dtype = models.CharField(max_length=16, choices=Dtype.choices)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    worker = models.CharField(max_length=120, blank=True)
    # "<device>@<host>" while it runs.
    place = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    # Attempts that ended without an answer.
    tries = models.PositiveIntegerField(default=0)
    # What the check measured (workers.training.tuning.export): largest, argmax_equal, bar, ...
    figures = models.JSONField(default=dict)
    # Bytes of its files, once it is ready.
    size = models.BigIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    waiting_since = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["finetune", "dtype"], name="export_of_finetune"),
            models.UniqueConstraint(
                fields=["place"], condition=Q(status="running"), name="export_in_place"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], condition=Q(status="queued"), name="export_queued"),
        ]

    def __str__(self) -> str:
        return f"{self.finetune_id} {self.dtype} ({self.status})"

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL


class FineTuneMail(models.Model):
    """The message that a person wants when the fine-tune ends, until and after it is sent.

    Invariants:

    - nothing is due before the fine-tune's row says that it has ended, so no end is missed;
    - ``tries`` grows before each try, by compare-and-set: of several workers one tries.
    """

    finetune = models.OneToOneField(FineTune, on_delete=models.CASCADE, related_name="mail")
    # The address of the fine-tune's page, as its person reached the site.
    link = models.CharField(max_length=400)
    tries = models.PositiveSmallIntegerField(default=0)
    # When it is tried next; None once it is sent or given up.
    due_at = models.DateTimeField(null=True, default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="mail_due")
        ]

    def __str__(self) -> str:
        return f"{self.finetune_id}: {'sent' if self.sent_at else f'{self.tries} tries'}"
