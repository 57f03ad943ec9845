"""Saved prompts: what a person keeps, its immutable versions, drafts, and who may read it."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from playground.accounts.models import Person
from playground.core.sizes import bytes_of
from playground.runs.models import Run


class Tag(models.Model):
    """A word that a person files prompts under."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "name"], name="tag_of_person")
        ]

    def __str__(self) -> str:
        return self.name


class Prompt(models.Model):
    """A saved prompt: its name, and a line of versions of which the last is the head.

    Invariants:

    - There is at least one version; their numbers are 1, 2, 3 without a gap.
    - ``head`` is the version with the highest number. Restoring an old one
      makes a new version with its content.
    - A prompt that is archived is in no list but the archive, and can come back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="prompts")
    template = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    tags = models.ManyToManyField(Tag, blank=True, related_name="prompts")
    head = models.ForeignKey(
        "PromptVersion", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    starred = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True)
    # In the public gallery since then; None keeps it to its owner and to share links.
    published_at = models.DateTimeField(null=True)
    # Kept out of the gallery by staff since then: its owner cannot publish it.
    barred_at = models.DateTimeField(null=True)
    # The outputs that the gallery shows with it.
    published_runs = models.ManyToManyField(Run, blank=True, related_name="+")
    # What it was forked from, through which link, and whose it was. The title stays when the
    # origin is gone. The author is a person and no copy of a name: it goes with them.
    forked_from = models.ForeignKey(
        "PromptVersion", null=True, on_delete=models.SET_NULL, related_name="forks"
    )
    forked_through = models.ForeignKey(
        "Share", null=True, on_delete=models.SET_NULL, related_name="forks"
    )
    forked_title = models.CharField(max_length=120, blank=True)
    forked_person = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Of the last version or change of title, tags and the like.
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["person", "-updated_at"],
                name="prompt_of_person",
                condition=Q(archived_at__isnull=True),
            ),
            models.Index(
                fields=["-published_at"],
                name="prompt_published",
                condition=Q(published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PromptVersion(models.Model):
    """One state of a prompt, never changed once saved.

    fields, text, variables, parameters, model: a `PromptState` (runs/state.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    message = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=dict)
    text = models.TextField()
    variables = models.JSONField(default=list)
    parameters = models.JSONField()
    # "" for the registry's default.
    model = models.CharField(max_length=80, blank=True)
    # The run that was on the page when it was saved. On the free page its text may be in the
    # version's, so that it is no run of the version (`Run.version_id`).
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # For the quotas, in bytes.
    size = models.GeneratedField(
        expression=bytes_of("text", "fields", "variables", "parameters"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["prompt", "size"], name="version_size")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["prompt", "number"], name="version_number")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class Draft(models.Model):
    """What a person has typed and not saved, for a template or one of their prompts.

    ``revision`` grows with each save: a tab that saves over a revision it has
    not seen is told, and both texts are kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="drafts")
    template = models.CharField(max_length=40)
    prompt = models.ForeignKey(Prompt, null=True, on_delete=models.CASCADE, related_name="drafts")
    # A `PromptState` as JSON.
    state = models.JSONField(default=dict)
    # The run that was on its page, which comes back with the text.
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    # The page that wrote it last: a random word that a page makes when it opens. And which of
    # its saves this was: one that was sent earlier and arrives later changes nothing.
    writer = models.CharField(max_length=32, blank=True)
    step = models.PositiveIntegerField(default=0)
    # What another tab had typed when two edited the same: kept beside the draft, not in its place.
    is_copy = models.BooleanField(default=False)
    # Thrown away then, and kept for some days so that this can be undone; in no list.
    discarded_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=timezone.now)
    # For the quotas, in bytes.
    size = models.GeneratedField(
        expression=bytes_of("state"), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "size"], name="draft_size")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "template"],
                name="draft_of_template",
                condition=Q(prompt__isnull=True, is_copy=False, discarded_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["person", "prompt"],
                name="draft_of_prompt",
                condition=Q(prompt__isnull=False, is_copy=False, discarded_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.revision} of {self.prompt or self.template}"
