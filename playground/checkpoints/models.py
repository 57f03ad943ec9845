"""The workers, each with its job, its model and its heartbeat; and tuned models."""

import uuid
from typing import ClassVar

from django.db import models

from playground.accounts.models import Person
from playground.checkpoints.jobs import GENERATE

# Of a tuned model's served name; versions, drafts and forms keep names of models of this length.
MAX_NAME = 80
MAX_TITLE = 120


class Worker(models.Model):
    """A process that does one job with one model; its heartbeat is the lease of all its work.

    ``name`` outlives the process, ``incarnation`` does not: a worker that
    starts again finds under its name what its former self held.
    """

    class State(models.TextChoices):
        LOADING = "loading"
        READY = "ready"
        NOT_READY = "not_ready"
        STOPPED = "stopped"

    name = models.CharField(max_length=120, unique=True)
    incarnation = models.UUIDField()
    # A name of `playground.checkpoints.jobs.JOBS`.
    job = models.CharField(max_length=40, default=GENERATE.name)
    model = models.CharField(max_length=80, db_index=True)
    device = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State.choices, default=State.LOADING)
    # Why it is not ready, in words for the operator.
    detail = models.TextField(blank=True)
    # The same as the stable code of an error, from which pages have words for visitors.
    reason = models.CharField(max_length=40, blank=True)
    slots = models.PositiveIntegerField(default=0)
    live = models.PositiveIntegerField(default=0)
    # Measured over the worker's last busy seconds, all runs together.
    tokens_per_second = models.FloatField(null=True)
    # Bytes of the device's memory, from workers that fine-tune; free: while nothing was trained.
    memory_total = models.BigIntegerField(null=True)
    memory_free = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"


class Adapter(models.Model):
    """A tuned model: a LoRA adapter for a base of the registry, and who may use it.

    Invariants:

    - its files never change: another training gives another adapter;
    - a deleted one takes no new run. Its files stay while an unfinished run holds it, and its row
      while any run does, so that a run's page can say what wrote its text.
    """

    class State(models.TextChoices):
        READY = "ready"
        DELETED = "deleted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # What forms, states and addresses carry: `<base>:<slug>-<4 letters>`. It stays when the title
    # changes.
    name = models.CharField(max_length=MAX_NAME, unique=True)
    # Nobody's once its owner was deleted while other people's runs hold it.
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="adapters")
    # A name of the registry.
    base = models.CharField(max_length=80)
    title = models.CharField(max_length=MAX_TITLE)
    note = models.TextField(blank=True)
    # Below the setting ADAPTERS_DIR; "" once its files are gone.
    folder = models.CharField(max_length=80, blank=True)
    # SHA-256 in hex of its configuration and weights, as the engine computes it.
    digest = models.CharField(max_length=64)
    # The largest of its modules.
    rank = models.PositiveIntegerField()
    # Of its files, in bytes.
    size = models.PositiveBigIntegerField()
    # Whether its weights add nothing to the base: all of B is zero.
    changes_nothing = models.BooleanField(default=False)

    # What the page begins with that somebody opens to try it: a prompt, what is put behind each
    # prompt, the stop sequences, and parameters by name that differ from the page's own.
    example = models.TextField(blank=True)
    prompt_suffix = models.TextField(blank=True)
    stop = models.JSONField(default=list)
    parameters = models.JSONField(default=dict)

    # In the address with which its owner lets others use it; None where they do not.
    link = models.CharField(max_length=22, null=True, unique=True)  # noqa: DJ001
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "state", "-created_at"], name="adapter_of_person"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_deleted(self) -> bool:
        return self.state == self.State.DELETED


class AdapterGrant(models.Model):
    """Somebody who followed the link of a tuned model: it is in their menu, and they can run it."""

    adapter = models.ForeignKey(Adapter, on_delete=models.CASCADE, related_name="grants")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "adapter"], name="grant_of_person")
        ]

    def __str__(self) -> str:
        return f"{self.adapter_id} for {self.person_id}"
