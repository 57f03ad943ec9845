"""Datasets, their versions, and uploads that are on their way."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from playground.accounts.models import Person
from playground.datasets import files

MAX_NAME = 120


class Dataset(models.Model):
    """Examples for fine-tuning under one name.

    model: the name of the base whose tokenizer counts.
    head: the version that is in use; None only while the first one is made.
    share_token: of the link that lets others read it; None without a link.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=MAX_NAME)
    model = models.CharField(max_length=80)
    head = models.ForeignKey(
        "DatasetVersion", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    share_token = models.CharField(max_length=22, null=True, unique=True, default=None)  # noqa: DJ001
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "-updated_at"], name="dataset_list")]

    def __str__(self) -> str:
        return f"dataset {str(self.pk)[:8]}"


class DatasetVersion(models.Model):
    """One immutable file and what is known of it.

    sha256: of the file, which names it on the disk; "" while a fix makes it.
    form: what the file was recognised as.
    rows, tokens: of the rows that can be trained on.
    findings: `checks.Finding`s as dictionaries; figures: what the page draws.
    parent, fix: the version that a fix was applied to, and the fix.
    changes: what it changed (`fixes.FixResult.to_json`).

    worker, attempt, losses: the claim of the worker that examines it (leases.py).
    progress: bytes that it has read so far.
    """

    class State(models.TextChoices):
        CHECKING = "checking"
        CHECKED = "checked"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField()
    file_name = models.CharField(max_length=200, blank=True)
    form = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    rows = models.PositiveIntegerField(default=0)
    tokens = models.BigIntegerField(default=0)
    findings = models.JSONField(default=list)
    figures = models.JSONField(default=dict)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="fixed")
    fix = models.CharField(max_length=60, blank=True)
    changes = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    losses = models.PositiveIntegerField(default=0)
    progress = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "number"], name="dataset_version_number")
        ]
        indexes: ClassVar = [
            models.Index(fields=["sha256"], name="dataset_version_file"),
            models.Index(
                fields=["created_at"],
                name="dataset_version_waiting",
                condition=Q(state="checking"),
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.dataset_id}"

    @property
    def path(self) -> Path:
        """The file as it was sent, or as a fix made it."""
        return files.original_path(self.sha256)

    @property
    def rows_path(self) -> Path:
        """The canonical form of a checked version: a row a line, as it will be tokenised."""
        return files.rows_path(self.sha256, self.pk)

    @property
    def task(self) -> str:
        """What its rows are for, as the check found it (`checks.classes.Task`)."""
        return str(self.figures.get("task") or "open")

    @property
    def is_checking(self) -> bool:
        return self.state == self.State.CHECKING

    @property
    def is_checked(self) -> bool:
        return self.state == self.State.CHECKED


class UploadQuerySet(models.QuerySet["Upload"]):
    def continuable(self) -> Self:
        """What is on its way and not over: its bytes are kept, and it takes room."""
        since = timezone.now() - timedelta(hours=settings.UPLOAD_EXPIRY_HOURS)
        return self.filter(finished_at=None, touched_at__gt=since)


class Upload(models.Model):
    """A file on its way here, in parts. Its bytes are in quarantine (`files.part_path`).

    offset: how many bytes are on the disk for good. Each change is a compare-and-set.
    sha256: what the whole file must have, where the sender said so.
    fingerprint: by which the sender's browser knows the file again.
    dataset: what was made of it when it was complete.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    model = models.CharField(max_length=80)
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=200, blank=True)
    dataset = models.ForeignKey(
        Dataset, null=True, on_delete=models.SET_NULL, related_name="uploads"
    )
    # Set by whoever makes the dataset of it, so that nobody else does.
    finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return f"upload {str(self.pk)[:8]}"

    @property
    def path(self) -> Path:
        return files.part_path(self.pk)

    @property
    def expires_at(self) -> datetime:
        return self.touched_at + timedelta(hours=settings.UPLOAD_EXPIRY_HOURS)

    @property
    def is_expired(self) -> bool:
        return timezone.now() >= self.expires_at
