"""The saving side of the page: its prompt and version, its draft, what can be saved."""

from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from playground.accounts.models import Person
from playground.core.toasts import Toast
from playground.library.models import Draft, Prompt, PromptVersion
from playground.library.recent import Work, recent_works
from playground.library.services import tags_written
from playground.prompts.catalog import Template
from playground.sharing.forks import ForkNote, fork_note

# Saved prompts in the column beside the page.
RECENT = 6


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The shared prompt that a page was opened from. address: its page; fork_address: "Fork"."""

    title: str
    author: str
    address: str
    fork_address: str


@dataclass(frozen=True, kw_only=True)
class SaveBar:
    """The saving controls of one page.

    title: the suggested title of a new prompt. prompt, version: those of the page; None on a
    template's own page. draft: the one whose text is on the page. other: the draft that the page's
    plain address opens with, when this page shows something else. person: who looks.
    """

    template: Template
    title: str
    prompt: Prompt | None = None
    version: PromptVersion | None = None
    draft: Draft | None = None
    other: Draft | None = None
    person: Person | None = None
    toast: Toast | None = None
    # Of a page that was opened from somebody's link or the gallery.
    origin: Origin | None = None

    @property
    def address(self) -> str:
        """The page that opens with the draft."""
        if self.prompt is not None:
            return reverse("workbench:prompt", args=[self.prompt.pk])
        return reverse("workbench:template", args=[self.template])

    @property
    def save_address(self) -> str:
        if self.prompt is not None:
            return reverse("workbench:prompt_save", args=[self.prompt.pk])
        return self.save_new_address

    @property
    def save_new_address(self) -> str:
        return reverse("workbench:prompt_create", args=[self.template])

    @property
    def is_head(self) -> bool:
        return self.prompt is not None and self.version == self.prompt.head

    @property
    def lead(self) -> str:
        """The line under the title of a saved prompt, before its description."""
        if self.prompt is None or self.version is None:
            return ""
        newest = "" if self.is_head or not self.prompt.head else f" of {self.prompt.head.number}"
        archived = " · in the archive" if self.prompt.archived_at else ""
        return f"Version {self.version.number}{newest} · {self.template.name}{archived}"

    @cached_property
    def fork(self) -> ForkNote | None:
        """The note about the prompt that this one was forked from."""
        return fork_note(self.prompt) if self.prompt else None

    @property
    def next_number(self) -> int:
        return self.prompt.head.number + 1 if self.prompt and self.prompt.head else 1

    @property
    def back_to(self) -> str:
        """What throwing the draft away leads to, in words."""
        if self.prompt is not None and self.prompt.head is not None:
            return f"Back to version {self.prompt.head.number}"
        return "Start from the example"

    @property
    def works(self) -> list[Work]:
        """What the person worked on last, this page left out."""
        return [work for work in recent_works(self.person) if work.address != self.address]

    @property
    def recent(self) -> list[Prompt]:
        """The person's prompts that changed last, for the column beside the page."""
        if self.person is None:
            return []
        own = Prompt.objects.filter(person=self.person, archived_at=None)
        shown = own.select_related("head").only("title", "head__number")
        return list(shown.order_by("-updated_at")[:RECENT])

    @property
    def tags(self) -> str:
        names = [tag.name for tag in self.prompt.tags.all()] if self.prompt else []
        return tags_written(sorted(names))
