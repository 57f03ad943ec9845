"""Drafts: typed and unsaved text, which is never lost.

A page sends its text about a second after a change, with the draft and revision that it last saw.
So two tabs cannot overwrite each other: the second text is kept as a copy beside the draft.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone

from playground.accounts.models import Person
from playground.accounts.quotas import Room, room_of
from playground.core.erasing import erasure_ask
from playground.core.errors import InvalidInput
from playground.core.sizes import json_size
from playground.library.models import Draft, Prompt
from playground.library.version_runs import own_run
from playground.prompts.catalog import Template
from playground.prompts.form import PromptForm, posted_form
from playground.prompts.state import template_named
from playground.runs.parameters import SPEC_BY_NAME
from playground.runs.state import PromptState

# A draft that was thrown away can be brought back for this long.
DISCARDED_FOR = timedelta(days=7)
_PARAMETERS = frozenset({*SPEC_BY_NAME, "stop", "seed", "logprobs", "token_bias"})


@dataclass(frozen=True, kw_only=True)
class PageSave:
    """Which page saves, and what it last saw.

    writer: the page's random word. step: counts its saves.
    seen, revision: the draft that the page shows; None, 0 when it shows none. run: the one on it.
    """

    writer: str
    step: int
    seen: uuid.UUID | None = None
    revision: int = 0
    run: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What became of a page's save.

    draft: that now holds its text; None when the text is as the page began.
    other: the draft that another page wrote meanwhile, when ``draft`` is a copy
    made for that reason.
    """

    draft: Draft | None
    other: Draft | None = None


def posted_draft_form(template: Template, data: QueryDict) -> PromptForm:
    """The form as posted in the middle of typing: a parameter that cannot be read is left out."""
    while True:
        try:
            return posted_form(template, data)
        except InvalidInput as error:
            if error.field not in _PARAMETERS or error.field not in data:
                raise
            data = data.copy()
            del data[error.field]


def drafts_of(person: Person | None) -> QuerySet[Draft]:
    """All of the person's drafts and copies that were not thrown away."""
    if person is None:
        return Draft.objects.none()
    return Draft.objects.filter(person=person, discarded_at=None)


def get_draft(person: Person | None, draft_id: uuid.UUID) -> Draft:
    """The person's own draft; anybody else's is as if it did not exist."""
    own = Draft.objects.filter(pk=draft_id, person=person) if person else Draft.objects.none()
    draft = own.select_related("prompt__head", "run__adapter").first()
    if draft is None:
        raise Http404
    return draft


def own_draft(person: Person | None, draft_id: uuid.UUID | None) -> Draft | None:
    """The person's own draft of that id, thrown away or not; None for anybody else's."""
    if person is None or draft_id is None:
        return None
    return Draft.objects.filter(pk=draft_id, person=person).first()


def current_draft(
    person: Person | None, *, template: str = "", prompt: Prompt | None = None
) -> Draft | None:
    """The draft that the page of ``prompt``, or else of ``template``, opens with."""
    drafts = drafts_of(person).filter(is_copy=False, prompt=prompt).select_related("run__adapter")
    return (drafts if prompt else drafts.filter(template=template)).first()


def draft_address(draft: Draft) -> str:
    """The page that opens with the draft: a copy has its own."""
    if draft.is_copy and draft.discarded_at is None:
        return reverse("workbench:draft", args=[draft.pk])
    if draft.prompt_id is not None:
        return reverse("workbench:prompt", args=[draft.prompt_id])
    return reverse("workbench:template", args=[template_named(draft.template)])


def draft_save(
    *,
    person: Person,
    template: Template,
    prompt: Prompt | None,
    state: PromptState,
    base: PromptState,
    page: PageSave,
) -> Saved:
    """Saves a page's state; ``base`` is what the page would show without a draft.

    Raises `QuotaReached`, and then the page's text is not stored.
    """
    room = room_of(person)
    with transaction.atomic():
        # The person's row is the lock: a page's saves may come at the same time.
        Person.objects.select_for_update().get(pk=person.pk)
        draft = _target(person, template, prompt, page)
        if draft is None:
            if state == base or _is_discarded(person, page):
                return Saved(draft=None)
            return Saved(draft=_create(person, template, prompt, state, page, room))
        if _is_late(draft, page):
            return Saved(draft=draft)
        if draft.state == state.to_json():
            Draft.objects.filter(pk=draft.pk).update(run=own_run(person, page.run))
            return Saved(draft=draft)
        if _is_unseen(draft, page):
            copy = _create(person, template, prompt, state, page, room, is_copy=True)
            return Saved(draft=copy, other=draft)
        if state == base and not draft.is_copy:
            draft.delete()
            return Saved(draft=None)
        return Saved(draft=_overwrite(draft, state, page, room))


def draft_discard(*, draft: Draft) -> Draft:
    """Throws it away, so that it can be brought back for some days."""
    too_old = timezone.now() - DISCARDED_FOR
    if Draft.objects.filter(person=draft.person_id, discarded_at__lt=too_old).delete()[0]:
        erasure_ask()
    draft.discarded_at = timezone.now()
    draft.save(update_fields=["discarded_at"])
    return draft


def draft_restore(*, draft: Draft) -> Draft:
    """Restores a draft; text typed since then in its place stays as a copy."""
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=draft.person_id)
        if not draft.is_copy:
            since = current_draft(draft.person, template=draft.template, prompt=draft.prompt)
            if since is not None and since.pk != draft.pk:
                since.is_copy = True
                since.save(update_fields=["is_copy"])
        draft.discarded_at = None
        draft.save(update_fields=["discarded_at"])
    return draft


def draft_settle(
    *, person: Person, seen: uuid.UUID | None, revision: int, state: PromptState
) -> None:
    """A version has its text: deletes the draft, unless another page has continued it."""
    draft = drafts_of(person).filter(pk=seen).first() if seen else None
    if draft and (draft.revision == revision or draft.state == state.to_json()):
        draft.delete()


def _target(
    person: Person, template: Template, prompt: Prompt | None, page: PageSave
) -> Draft | None:
    """The draft that the page writes: its own copy, if it has one."""
    drafts = drafts_of(person).filter(template=template.slug, prompt=prompt)
    its_own = Q(pk=page.seen) | Q(writer=page.writer)
    copy = drafts.filter(its_own, is_copy=True).first()
    return copy or drafts.filter(is_copy=False).first()


def _is_late(draft: Draft, page: PageSave) -> bool:
    """Whether the page has saved since it sent this."""
    return draft.writer == page.writer and page.step <= draft.step


def _is_discarded(person: Person, page: PageSave) -> bool:
    """Whether this save, or a later one of the page, was kept already and thrown away since."""
    own = Draft.objects.filter(person=person, writer=page.writer, step__gte=page.step)
    return own.filter(discarded_at__isnull=False).exists()


def _is_unseen(draft: Draft, page: PageSave) -> bool:
    """Whether another page wrote what this one has not seen."""
    if draft.writer == page.writer:
        return False
    return (draft.pk, draft.revision) != (page.seen, page.revision)


def _create(
    person: Person,
    template: Template,
    prompt: Prompt | None,
    state: PromptState,
    page: PageSave,
    room: Room,
    *,
    is_copy: bool = False,
) -> Draft:
    room.check("drafts", size=json_size(state.to_json()))
    return Draft.objects.create(
        person=person,
        template=template.slug,
        prompt=prompt,
        state=state.to_json(),
        writer=page.writer,
        step=page.step,
        run=own_run(person, page.run),
        is_copy=is_copy,
    )


def _overwrite(draft: Draft, state: PromptState, page: PageSave, room: Room) -> Draft:
    room.check("drafts", rows=0, size=json_size(state.to_json()) - draft.size)
    draft.state = state.to_json()
    draft.revision += 1
    draft.writer, draft.step = page.writer, page.step
    draft.run = own_run(draft.person, page.run)
    draft.updated_at = timezone.now()
    draft.save(update_fields=["state", "revision", "writer", "step", "run", "updated_at"])
    return draft
