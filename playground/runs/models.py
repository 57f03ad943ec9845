"""One generation. The row is the truth about it; see docs/architecture.md."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.core.search import new_number
from playground.core.sizes import bytes_of
from playground.runs.parameters import MAX_STOP_LENGTH
from playground.runs.state import PromptState

# Characters of a person's note on a run.
MAX_NOTE = 2_000


class Run(models.Model):
    """A prompt given to a model, and what came of it.

    Invariants:

    - ``status`` moves QUEUED -> RUNNING -> a final state, or back to QUEUED
      when its worker was lost; a final row never changes again.
    - ``attempt`` grows with each claim and with nothing else. Whoever writes
      to the row or the log names the attempt it claimed.
    - ``epoch`` grows when the text starts again from nothing because the log
      was lost together with its worker.
    - ``text``, ``tokens`` and ``other_choices`` are empty until the state is final.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        CANCELLED = "cancelled"
        FAILED = "failed"

    class Kind(models.TextChoices):
        GENERATE = "generate"

    FINAL = (Status.SUCCEEDED, Status.CANCELLED, Status.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Grows with time: newest first means descending numbers, and the search knows the run by it.
    number = models.BigIntegerField(unique=True, default=new_number, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="runs")
    # The first of the siblings that retries make; None for the first itself.
    origin = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="retries")
    # The run that was on the page when this one was made of an edit of it; None for the
    # first of a tree. Retries share their origin's parent.
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="branches"
    )
    # The tree of its first run; all runs of a tree share it, whatever was deleted.
    tree = models.UUIDField(null=True)
    # The version of a saved prompt that it was made of (prompts.PromptVersion), if any.
    version_id = models.UUIDField(null=True)
    # Of an imported run, the id of its first export, if it could not keep it because another person
    # has a run with that id. Later exports carry it too.
    original_id = models.UUIDField(null=True)
    starred = models.BooleanField(default=False)
    # What the person wrote about it, for later.
    note = models.TextField(blank=True)
    # Keyed hash of the network address, for the limits (accounts.addresses).
    address = models.CharField(max_length=16, blank=True)

    # The work that a worker does with it.
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.GENERATE)
    # A name of the registry: queues and claims are by it. Of a tuned model it is the base, and
    # ``adapter`` is the version that the run began with. Its row stays while the run does.
    model = models.CharField(max_length=80)
    adapter = models.ForeignKey(
        Adapter, null=True, on_delete=models.RESTRICT, related_name="runs", db_index=False
    )
    # The slug of the page that it was made on; "" for none.
    template = models.CharField(max_length=40, blank=True)
    # The text that was sent to the model.
    prompt = models.TextField()
    # With model and parameters, these are the `state` of the page. source: its text where that is
    # not the prompt; None where it is, so that no text is stored twice.
    fields = models.JSONField(default=dict)
    variables = models.JSONField(default=list)
    source = models.TextField(null=True)  # noqa: DJ001
    # Tokens that its text begins with, in the form of ``tokens``: those of the run that it branched
    # off, and the one that a person chose instead of the model's. The model continues after them.
    given = models.JSONField(default=list)
    parameters = models.JSONField()
    # The parameters' max_tokens and n again: their product is summed by the fair claim.
    max_tokens = models.PositiveIntegerField()
    n = models.PositiveSmallIntegerField(default=1)
    seed = models.PositiveBigIntegerField()
    seed_pinned = models.BooleanField(default=False)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    worker = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    # How often a worker was lost while it held the run.
    losses = models.PositiveIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=1)

    finish_reason = models.CharField(max_length=12, blank=True)
    # The stop sequence that ended the text, or "" where the model ended it itself. None where
    # nobody knows, as of old runs, and of those that ended for another reason.
    stop_sequence = models.CharField(max_length=MAX_STOP_LENGTH, null=True)  # noqa: DJ001
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    text = models.TextField(blank=True)
    # A list a token, in the form of the token log (live/tokenlog.py).
    tokens = models.JSONField(default=list)
    # Of choices 1, 2 and so on: text, tokens, finish_reason, stop_sequence. Choice 0 is the row's
    # (docs/decisions/0044-several-choices.md).
    other_choices = models.JSONField(default=list)
    prompt_tokens = models.PositiveIntegerField(default=0)
    # Of all choices.
    completion_tokens = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # From the creation of the row to the first token, in milliseconds.
    first_token_ms = models.FloatField(null=True)
    # Of the completion alone, from its first token to its last.
    tokens_per_second = models.FloatField(null=True)

    # For the quotas, in bytes: the person's text and the model's answer. The database keeps it
    # right, whatever changes the row.
    size = models.GeneratedField(
        expression=bytes_of(
            "prompt",
            "text",
            "fields",
            "variables",
            "tokens",
            "other_choices",
            "parameters",
            "given",
            "note",
            or_null=("source",),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        indexes: ClassVar = [
            # The sum of a person's data needs only this index.
            models.Index(fields=["person", "size"], name="run_size"),
            models.Index(
                fields=["person", "original_id"],
                name="run_of_original",
                condition=Q(original_id__isnull=False),
            ),
            models.Index(
                fields=["model", "created_at"],
                name="run_queued",
                condition=Q(status="queued"),
            ),
            models.Index(
                fields=["worker"],
                name="run_running",
                condition=Q(status="running"),
            ),
            # The history's filters are all decided in it, so that no row is read in vain.
            models.Index(
                fields=["person", "-number", "status", "model", "template", "starred", "adapter"],
                name="run_of_person",
            ),
            models.Index(
                fields=["adapter", "-number"],
                name="run_of_adapter",
                condition=Q(adapter__isnull=False),
            ),
            models.Index(fields=["address", "status"], name="run_of_address"),
            models.Index(fields=["finished_at"], name="run_finished"),
            models.Index(fields=["tree", "created_at"], name="run_of_tree"),
            # Its words are found by number: a search of what prompts gave reads no row either.
            models.Index(
                fields=["person", "version_id", "-number"],
                name="run_of_version",
                condition=Q(version_id__isnull=False),
            ),
            models.Index(
                fields=["person", "-number"], name="run_starred", condition=Q(starred=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {str(self.pk)[:8]} ({self.status})"

    @property
    def is_final(self) -> bool:
        """Whether nothing about the run will change any more."""
        return self.status in self.FINAL

    @property
    def texts(self) -> list[str]:
        """The text of each choice, the first one first."""
        return [self.text, *(str(choice.get("text", "")) for choice in self.other_choices)]

    @property
    def served_name(self) -> str:
        """What the page's menu calls its model; see `PromptState.model`."""
        return self.adapter.name if self.adapter else self.model

    @property
    def model_title(self) -> str:
        """What people call its model: a tuned one by the title that it has now."""
        return self.adapter.title if self.adapter else self.model

    @property
    def state(self) -> PromptState:
        """The state of the page that the run was made from."""
        return PromptState(
            fields=self.fields,
            text=self.prompt if self.source is None else self.source,
            parameters=self.parameters,
            model=self.served_name,
            variables=self.variables,
        )

    @property
    def first_id(self) -> uuid.UUID:
        """The first of this run's siblings, itself included."""
        return self.origin_id or self.pk
