"""The workers, each with its job, its model and its heartbeat."""

from django.db import models

from playground.checkpoints.jobs import GENERATE


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
    started_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"
