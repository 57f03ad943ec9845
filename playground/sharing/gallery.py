"""The public gallery: prompts that users published, for everybody to read and fork."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower, Right
from django.http import Http404
from django.utils import timezone

from playground.core import search
from playground.core.errors import Forbidden, SignInRequired
from playground.core.lists import ListForm, ListQuery, PageField
from playground.library.indexing import (
    EVERYBODY,
    PUBLIC,
    head_words,
    published_forget,
    published_index,
)
from playground.library.models import Prompt, PromptVersion
from playground.library.paging import Paged
from playground.prompts.catalog import TEMPLATES, Template
from playground.prompts.segments import Segment, segments
from playground.prompts.state import template_named
from playground.runs.models import Run
from playground.sharing.shares import MAX_RUNS, Shown, shown_runs

PAGE = 24
GLIMPSE = 600
GLIMPSE_LINES = 4
BARRED = (
    "Staff of this playground keep this prompt out of the gallery. You can still use it and share "
    "it by a link."
)
SORTS = {"newest": "Newest", "changed": "Lately changed", "title": "Title"}
_ORDER: dict[str, tuple[Any, ...]] = {
    "newest": ("-published_at", "pk"),
    "changed": ("-updated_at", "pk"),
    "title": (Lower("title"), "pk"),
}


@dataclass(frozen=True, kw_only=True)
class GalleryQuery(ListQuery):
    """The query in the gallery's address."""

    template: str = ""
    sort: str = "newest"
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        return bool(self.words or self.template)


class GalleryForm(ListForm[GalleryQuery]):
    query_type = GalleryQuery

    template = forms.ChoiceField(required=False, choices=[(slug, slug) for slug in TEMPLATES])
    sort = forms.ChoiceField(required=False, choices=list(SORTS.items()))
    page = PageField()


@dataclass(frozen=True, kw_only=True)
class GalleryCard:
    """A published prompt in the list. lines: the last ones of its text, in parts."""

    prompt: Prompt
    template: Template
    author: str
    lines: list[list[Segment]]


@dataclass(frozen=True, kw_only=True)
class Gallery(Paged):
    """One page of the list, and the choices of its filters."""

    query: GalleryQuery
    page: Page[Prompt]
    cards: Sequence[GalleryCard]

    @property
    def sorts(self) -> dict[str, str]:
        return SORTS


def gallery_page(query: GalleryQuery) -> Gallery:
    """The requested page of the list; beyond the last one, the last."""
    page = Paginator(_find(query), PAGE).get_page(query.page)
    shown = list(page.object_list)
    # Of the page alone: to sort a long list, no text is read.
    heads = PromptVersion.objects.filter(pk__in=[prompt.head_id for prompt in shown])
    ends = dict(heads.values_list("pk", Right("text", GLIMPSE)))
    cards = [_card(prompt, ends.get(prompt.head_id, "")) for prompt in shown]
    return Gallery(query=query, page=page, cards=cards)


def shown_in_gallery(published_id: uuid.UUID, *, most_runs: int = MAX_RUNS) -> Shown:
    """The prompt as the gallery shows it, with its first runs; a prompt outside the gallery seems
    not to exist."""
    prompt = _public().select_related("head", "person__user").filter(pk=published_id).first()
    if prompt is None or prompt.head is None:
        raise Http404
    runs = shown_runs(prompt.published_runs.all(), prompt=prompt, most=most_runs)
    return Shown(prompt=prompt, version=prompt.head, runs=runs)


def prompt_publish(*, prompt: Prompt, runs: Sequence[Run]) -> Prompt:
    """Puts the prompt's head into the gallery, with these outputs.

    For a published prompt it only changes the outputs. Raises `SignInRequired` for a guest, because
    a published prompt is shown with a name, and `Forbidden` for a prompt that staff have blocked.
    """
    if prompt.person.user_id is None:
        raise SignInRequired("Sign up to publish in the gallery. Your prompts come with you.")
    words = head_words(prompt)
    with transaction.atomic():
        # Staff may keep it out at this very moment.
        if Prompt.objects.select_for_update().get(pk=prompt.pk).barred_at:
            raise Forbidden(BARRED)
        prompt.published_at = prompt.published_at or timezone.now()
        Prompt.objects.filter(pk=prompt.pk).update(published_at=prompt.published_at)
        prompt.published_runs.set(runs)
        published_index(prompt, words)
    return prompt


def prompt_unpublish(*, prompt: Prompt) -> Prompt:
    """Takes the prompt out of the gallery from the next request on. Idempotent."""
    with transaction.atomic():
        prompt.published_at = None
        Prompt.objects.filter(pk=prompt.pk).update(published_at=None)
        prompt.published_runs.clear()
        published_forget(prompt.pk)
    return prompt


def prompt_bar(*, prompt: Prompt) -> Prompt:
    """Takes the prompt out of the gallery and keeps it out. Idempotent."""
    with transaction.atomic():
        Prompt.objects.filter(pk=prompt.pk, barred_at=None).update(barred_at=timezone.now())
        return prompt_unpublish(prompt=prompt)


def prompt_unbar(*, prompt: Prompt) -> None:
    """Lets the prompt's owner publish it again; it stays out until they do."""
    Prompt.objects.filter(pk=prompt.pk).update(barred_at=None)


def _public() -> QuerySet[Prompt]:
    return Prompt.objects.filter(published_at__isnull=False)


def _find(query: GalleryQuery) -> QuerySet[Prompt]:
    found = _public()
    if query.template:
        found = found.filter(template=query.template)
    if query.words:
        words = search.matching(kind=PUBLIC, owner=EVERYBODY, query=query.words)
        found = found.filter(pk__in=words)
    return found.select_related("person__user").order_by(*_ORDER[query.sort])


def _card(prompt: Prompt, end: str) -> GalleryCard:
    template = template_named(prompt.template)
    lines = [line for line in end.split("\n") if line.strip()]
    return GalleryCard(
        prompt=prompt,
        template=template,
        author=prompt.person.public_name,
        lines=[segments(line[:200], template.labels) for line in lines[-GLIMPSE_LINES:]],
    )
