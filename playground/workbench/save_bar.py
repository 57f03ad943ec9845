"""What a template page knows about saving: prompt and version, draft, what was just done."""

import uuid
from dataclasses import dataclass, replace
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse

from playground.accounts.models import Person
from playground.accounts.people import person_of
from playground.checkpoints.registry import registry
from playground.library.drafts import current_draft, posted_id
from playground.library.models import Draft, Prompt, PromptVersion
from playground.library.services import tags_written
from playground.prompts.catalog import Template
from playground.prompts.form import PromptForm, default_form
from playground.prompts.formats import AGENT, Turn
from playground.prompts.state import first_title, form_of_state, state_of, state_of_draft
from playground.runs.models import Run
from playground.sharing.forks import ForkNote, fork_note

# Saved prompts in the column beside the page.
RECENT = 6


@dataclass(frozen=True, kw_only=True)
class Toast:
    """What was just done, and the address that a press of Undo posts to; "" for none."""

    text: str
    undo: str = ""


@dataclass(frozen=True, kw_only=True)
class Saving:
    """The saving side of one page.

    title: what a new prompt would be called. prompt, version: what the page is
    of; None on a template's own page. draft: the one whose text stands on the
    page. other: the draft that stands at the page's plain address, when this
    page shows something else. person: who looks.
    """

    template: Template
    title: str
    prompt: Prompt | None = None
    version: PromptVersion | None = None
    draft: Draft | None = None
    other: Draft | None = None
    person: Person | None = None
    toast: Toast | None = None

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
        """What stands under the title of a saved prompt, before what it is for."""
        if self.prompt is None or self.version is None:
            return ""
        newest = "" if self.is_head or not self.prompt.head else f" of {self.prompt.head.number}"
        archived = " · in the archive" if self.prompt.archived_at else ""
        return f"Version {self.version.number}{newest} · {self.template.name}{archived}"

    @cached_property
    def fork(self) -> ForkNote | None:
        """What is said of the prompt that this one was forked from."""
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


def opened_template(request: HttpRequest, template: Template) -> tuple[PromptForm, Saving]:
    """A template's page as it opens: with the person's draft, else the example.

    The model that the address asks for goes before the draft's.
    """
    draft = current_draft(person_of(request), template=template.slug)
    form = form_of_state(template, state_of_draft(draft)) if draft else default_form(template)
    asked = request.GET.get("model", "")
    if asked in registry().models:
        form = replace(form, model=asked)
    saving = Saving(
        template=template,
        title=first_title(form),
        draft=draft,
        person=person_of(request),
        toast=toast_of(request),
    )
    return form, saving


def posted_saving(request: HttpRequest, form: PromptForm) -> Saving:
    """The same of a page that was posted and comes back: what its hidden inputs name."""
    person = person_of(request)
    prompt_id = posted_id(request.POST.get("prompt_id", ""))
    prompt = _own_prompt(person, prompt_id, form.template)
    version_id = posted_id(request.POST.get("version", ""))
    version = prompt.versions.filter(pk=version_id).first() if prompt and version_id else None
    return Saving(
        template=form.template,
        title=first_title(form),
        prompt=prompt,
        version=version or (prompt.head if prompt else None),
        draft=_own_draft(person, posted_id(request.POST.get("draft", ""))),
        person=person,
    )


def run_saving(person: Person | None, run: Run, form: PromptForm) -> Saving:
    """Of a run's page: of the person's prompt that it was made of, if it still exists."""
    version = None
    if person is not None and run.version_id is not None:
        own = PromptVersion.objects.filter(pk=run.version_id, prompt__person=person)
        version = own.select_related("prompt__head").first()
    prompt = version.prompt if version else None
    draft = current_draft(person, template=form.template.slug, prompt=prompt)
    # The draft from which the run was made stands on the page as it is; another one does not.
    is_shown = draft is not None and _stands_on_page(draft, run, form)
    return Saving(
        template=form.template,
        title=first_title(form),
        prompt=prompt,
        version=version,
        draft=draft if is_shown else None,
        other=None if is_shown else draft,
        person=person,
    )


def _stands_on_page(draft: Draft, run: Run, form: PromptForm) -> bool:
    """Whether the draft holds what the run's page shows: its form, or that and what it wrote."""
    if draft.state == state_of(form).to_json():
        return True
    if draft.state["parameters"] != form.parameters.to_json():
        return False
    values = form.values
    if form.template.is_free:
        start, restart = values.get("inject_start", ""), values.get("inject_restart", "")
        whole = f"{values['prompt']}{start}{run.text}"
        return draft.state["text"] in (whole, f"{whole}{restart}")
    if "turns" not in values or form.detached is not None:
        return False
    told = replace(form, values={**values, "turns": [*values["turns"], _reply(run)]})
    return bool(draft.state["fields"] == told.to_json())


def _reply(run: Run) -> Turn:
    return Turn(AGENT, run.text.strip())


def toast_of(request: HttpRequest) -> Toast | None:
    """What the address says was just done. Words of ours alone: an address can be made up."""
    person = person_of(request)
    if discarded := _own_draft(person, posted_id(request.GET.get("discarded", ""))):
        text = "Copy deleted." if discarded.is_copy else "Draft put aside."
        return Toast(text=text, undo=reverse("library:draft_restore", args=[discarded.pk]))
    done = {
        "saved": "Saved.",
        "renamed": "Saved. The text is the same, so there is no new version.",
    }
    return next((Toast(text=text) for name, text in done.items() if name in request.GET), None)


def _own_prompt(
    person: Person | None, prompt_id: uuid.UUID | None, template: Template
) -> Prompt | None:
    if person is None or prompt_id is None:
        return None
    own = Prompt.objects.filter(pk=prompt_id, person=person, template=template.slug)
    return own.select_related("head").first()


def _own_draft(person: Person | None, draft_id: uuid.UUID | None) -> Draft | None:
    if person is None or draft_id is None:
        return None
    return Draft.objects.filter(pk=draft_id, person=person).first()
