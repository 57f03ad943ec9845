"""A person's saved prompts: saving, naming, tagging, duplicating, archiving, deleting."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from playground.accounts.models import Person
from playground.accounts.quotas import room_of
from playground.core import search
from playground.core.erasing import erasure_ask
from playground.core.errors import InvalidInput, NothingChanged
from playground.core.sizes import json_size
from playground.library.drafts import draft_settle
from playground.library.forms import MAX_TITLE, Details, PageToSave
from playground.library.indexing import head_words, prompt_forget, prompt_index, text_words
from playground.library.models import Prompt, PromptVersion, Tag
from playground.library.states import state_of_version
from playground.library.version_runs import own_run, run_link_to_version
from playground.library.versions import version_create
from playground.prompts.catalog import Template
from playground.runs.models import Run
from playground.runs.state import PromptState


@dataclass(frozen=True, kw_only=True)
class SavedPage:
    """version: None where only title, description or tags changed."""

    prompt: Prompt
    version: PromptVersion | None


def get_prompt(person: Person | None, prompt_id: uuid.UUID) -> Prompt:
    """The person's own prompt; anybody else's is as if it did not exist."""
    own = Prompt.objects.filter(pk=prompt_id, person=person) if person else Prompt.objects.none()
    prompt = own.select_related("head").prefetch_related("tags").first()
    if prompt is None:
        raise Http404
    return prompt


def find_prompt(
    person: Person | None, prompt_id: uuid.UUID | None, template: Template
) -> Prompt | None:
    """The person's own prompt, if it is of ``template``; None for anything else."""
    if person is None or prompt_id is None:
        return None
    own = Prompt.objects.filter(pk=prompt_id, person=person, template=template.slug)
    return own.select_related("head").first()


def page_save(*, person: Person, page: PageToSave, prompt: Prompt | None = None) -> SavedPage:
    """Saves the page as the next version of ``prompt``, or as a new prompt without one.

    Raises `NothingChanged`, `QuotaReached`; then nothing was saved.
    """
    version: PromptVersion | None
    run = own_run(person, page.run)
    if prompt is None:
        prompt = prompt_create(
            person=person,
            template=page.form.template.slug,
            state=page.state,
            details=page.details,
            message=page.message,
            run=run,
        )
        version = prompt.head
    else:
        version = prompt_save(
            prompt=prompt, state=page.state, details=page.details, message=page.message, run=run
        )
    draft_settle(person=person, seen=page.draft, revision=page.revision, state=page.state)
    if version is not None and page.run is not None:
        run_link_to_version(person=person, run=page.run, sent=page.sent, version=version)
    return SavedPage(prompt=prompt, version=version)


def prompt_create(
    *,
    person: Person,
    template: str,
    state: PromptState,
    details: Details,
    message: str = "",
    run: Run | None = None,
    forked_from: PromptVersion | None = None,
    words: search.Words | None = None,
) -> Prompt:
    """A new prompt with its first version. Raises `QuotaReached`.

    words: `text_words` of its text, if the caller is inside a transaction.
    """
    words = text_words(state.text) if words is None else words
    room = room_of(person)
    room.check("prompts", size=0)
    room.check("versions", size=json_size(state.to_json()))
    with transaction.atomic():
        prompt = Prompt.objects.create(
            person=person,
            template=template,
            title=details.title,
            description=details.description,
            forked_from=forked_from,
            forked_title=details.title if forked_from else "",
        )
        _file_under(prompt, details.tags)
        version_create(prompt=prompt, state=state, message=message, run=run)
        prompt_index(prompt, words)
    return prompt


def prompt_save(
    *,
    prompt: Prompt,
    state: PromptState,
    details: Details,
    message: str = "",
    run: Run | None = None,
) -> PromptVersion | None:
    """The next version and the details as they are now.

    None when only the details changed: there is no version then. Raises
    `NothingChanged` when neither did, and `QuotaReached`.
    """
    words = text_words(state.text)
    if prompt.head is None or state_of_version(prompt.head) != state:
        room_of(prompt.person).check("versions", size=json_size(state.to_json()))
    with transaction.atomic():
        is_renamed = _set_details(prompt, details)
        version = None
        try:
            version = version_create(prompt=prompt, state=state, message=message, run=run)
        except NothingChanged:
            if not is_renamed:
                raise
        prompt_index(prompt, words)
    return version


def prompt_edit(*, prompt: Prompt, details: Details) -> Prompt:
    """Other details, the same text."""
    words = head_words(prompt)
    with transaction.atomic():
        if _set_details(prompt, details):
            prompt_index(prompt, words)
    return prompt


def prompt_duplicate(*, prompt: Prompt) -> Prompt:
    """A copy with the newest text and settings, the description and the tags.

    It has none of the versions, stars, runs and links. Raises `QuotaReached`.
    """
    if prompt.head is None:
        raise Http404
    details = Details(
        title=f"Copy of {prompt.title}"[:MAX_TITLE],
        description=prompt.description,
        tags=tuple(tag.name for tag in prompt.tags.all()),
    )
    return prompt_create(
        person=prompt.person,
        template=prompt.template,
        state=state_of_version(prompt.head),
        details=details,
    )


def prompt_star(*, prompt: Prompt, starred: bool) -> Prompt:
    """Marks or unmarks. No change of the prompt: it keeps its place in the list."""
    Prompt.objects.filter(pk=prompt.pk).update(starred=starred)
    prompt.starred = starred
    return prompt


def prompt_archive(*, prompt: Prompt, archived: bool) -> Prompt:
    """Puts away, or takes out again. Nothing of it is lost, and its links stay as they are."""
    prompt.archived_at = timezone.now() if archived else None
    Prompt.objects.filter(pk=prompt.pk).update(archived_at=prompt.archived_at)
    return prompt


def prompt_delete(*, prompt: Prompt) -> None:
    """For good, with versions, drafts and links. Its runs stay in the history."""
    if prompt.archived_at is None:
        raise InvalidInput("Only what is in the archive can be deleted. Archive the prompt first.")
    with transaction.atomic():
        prompt_forget(prompt)
        Tag.objects.filter(person=prompt.person_id, prompts=prompt).exclude(
            prompts__in=Prompt.objects.filter(person=prompt.person_id).exclude(pk=prompt.pk)
        ).delete()
        prompt.delete()
        erasure_ask()


def tags_written(names: Iterable[str]) -> str:
    """Tags as a person types them.

    >>> tags_written(["polite", "support"])
    'polite, support'
    """
    return ", ".join(names)


def _set_details(prompt: Prompt, details: Details) -> bool:
    """Whether anything about them is new."""
    tags = {tag.name for tag in prompt.tags.all()}
    old = (prompt.title, prompt.description, tags)
    if old == (details.title, details.description, set(details.tags)):
        return False
    prompt.title, prompt.description = details.title, details.description
    prompt.updated_at = timezone.now()
    prompt.save(update_fields=["title", "description", "updated_at"])
    _file_under(prompt, details.tags)
    return True


def _file_under(prompt: Prompt, names: tuple[str, ...]) -> None:
    """Gives the prompt these tags and no others; a tag that nothing has any more goes."""
    person = prompt.person_id
    Tag.objects.bulk_create(
        [Tag(person_id=person, name=name) for name in names], ignore_conflicts=True
    )
    before = list(prompt.tags.values_list("pk", flat=True)) if prompt.head_id else []
    prompt.tags.set(Tag.objects.filter(person=person, name__in=names))
    Tag.objects.filter(person=person, pk__in=before, prompts=None).delete()
