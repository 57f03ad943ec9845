"""Links that let others read a saved prompt."""

import uuid

from django.db import models
from django.utils import timezone

from playground.accounts.models import Person
from playground.core.link_tokens import link_token
from playground.library.models import Prompt, PromptVersion
from playground.runs.models import Run


class Share(models.Model):
    """A link that lets everybody who has it read one prompt, until it is revoked or expires.

    ``version`` None always shows the head. ``runs`` are the outputs shown with it, and with
    ``with_branches`` also the runs that continue them.

    With a ``version`` the link keeps showing what it showed when it was made: it stores the
    prompt's ``title``, ``description`` and ``branches`` of that time. Without one these stay empty,
    and the link shows the current state.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.CharField(max_length=22, unique=True, default=link_token, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="shares")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="shares")
    version = models.ForeignKey(
        PromptVersion, null=True, on_delete=models.CASCADE, related_name="shares"
    )
    runs = models.ManyToManyField(Run, blank=True, related_name="shares")
    with_branches = models.BooleanField(default=False)
    title = models.CharField(max_length=120, blank=True)
    description = models.TextField(blank=True)
    branches = models.ManyToManyField(Run, blank=True, related_name="+")
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # Its table is one of the label that saved prompts have.
        app_label = "prompts"

    def __str__(self) -> str:
        return f"link to {self.prompt}"

    @property
    def is_fixed(self) -> bool:
        """Whether the link keeps showing what it showed when it was made."""
        return self.version_id is not None

    @property
    def is_open(self) -> bool:
        """Whether the link still shows anything."""
        if self.revoked_at is not None:
            return False
        return self.expires_at is None or self.expires_at > timezone.now()
