"""The list of saved prompts: the query, and one page of it in few queries."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, Left, Length, Lower, Right
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse

from playground.accounts.models import Person
from playground.core import search
from playground.core.forms import LineField
from playground.core.lists import ListForm, ListQuery, PageField
from playground.library.drafts import drafts_of
from playground.library.indexing import OWN
from playground.library.models import Draft, Prompt, PromptVersion, Tag
from playground.library.paging import Paged, SearchPages
from playground.library.states import state_of_draft
from playground.prompts.catalog import FREE, TEMPLATES, Template
from playground.prompts.state import first_title, form_of_state, template_named
from playground.runs.models import Run

PAGE = 40
GLIMPSE, ENDING = 240, 90
# In the filter's menu.
MAX_TAGS = 500
SORTS = {"changed": "Changed", "title": "Title", "created": "Created"}
SHOWS = ("prompts", "drafts", "archive")
# The beginning of an own text, or the end of a template's: the part with the question.
_GLIMPSE = Case(
    When(template=FREE.slug, then=Left("head__text", GLIMPSE)),
    When(LessThanOrEqual(Length("head__text"), ENDING), then=F("head__text")),
    default=Concat(Value("…"), Right("head__text", ENDING)),
    output_field=TextField(),
)
_ORDER: dict[str, tuple[Any, ...]] = {
    "changed": ("-updated_at", "-pk"),
    "title": (Lower("title"), "pk"),
    "created": ("-created_at", "-pk"),
}


@dataclass(frozen=True, kw_only=True)
class LibraryQuery(ListQuery):
    """The query in the list's address."""

    tag: str = ""
    template: str = ""
    starred: bool = False
    sort: str = "changed"
    show: str = "prompts"
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        return bool(self.words or self.tag or self.template or self.starred)

    @property
    def in_archive(self) -> bool:
        return self.show == "archive"

    @property
    def in_drafts(self) -> bool:
        return self.show == "drafts"

    @property
    def full_address(self) -> str:
        return reverse("library:list") + self.address()


class LibraryForm(ListForm[LibraryQuery]):
    query_type = LibraryQuery

    tag = LineField(limit=40)
    template = forms.ChoiceField(required=False, choices=[(slug, slug) for slug in TEMPLATES])
    starred = forms.BooleanField(required=False)
    sort = forms.ChoiceField(required=False, choices=list(SORTS.items()))
    show = forms.ChoiceField(required=False, choices=[(show, show) for show in SHOWS])
    page = PageField()

    def clean_tag(self) -> str:
        tag: str = self.cleaned_data["tag"]
        return tag.lower()


@dataclass(frozen=True, kw_only=True)
class Library(Paged):
    """One page of the list, and the choices of its filters."""

    query: LibraryQuery
    page: Page[Any]
    prompts: Sequence[Prompt]
    tags: Sequence[Tag]
    drafts: Sequence["DraftRow"]
    draft_count: int
    archive_count: int

    @property
    def sorts(self) -> dict[str, str]:
        return SORTS


@dataclass(frozen=True, kw_only=True)
class DraftRow:
    """A draft in the list: where it belongs, and how it begins."""

    draft: Draft
    template: Template
    title: str
    glimpse: str


def library_page(person: Person | None, query: LibraryQuery) -> Library:
    """The requested page of the list; beyond the last one, the last."""
    own = Prompt.objects.filter(person=person) if person else Prompt.objects.none()
    listed = own.none() if query.in_drafts else _filter(own, person, query)
    drafts = drafts_of(person)
    # First their ids, then their contents: sorting and counting use few columns.
    found = listed.order_by(*_ORDER[query.sort]).values_list("pk", flat=True)
    pages = SearchPages(found, PAGE) if query.words else Paginator(found, PAGE)
    page = pages.get_page(query.page)
    ids = list(page.object_list)
    prompts = {prompt.pk: prompt for prompt in _with_row_columns(Prompt.objects.filter(pk__in=ids))}
    return Library(
        query=query,
        page=page,
        prompts=[prompts[pk] for pk in ids if pk in prompts],
        tags=list(Tag.objects.filter(person=person).order_by("name")[:MAX_TAGS]) if person else [],
        drafts=_draft_rows(drafts) if query.in_drafts else [],
        draft_count=drafts.count(),
        archive_count=own.filter(archived_at__isnull=False).count(),
    )


def library_row(prompt_id: uuid.UUID, person: Person | None) -> Prompt | None:
    """One prompt as the list shows it."""
    return _with_row_columns(Prompt.objects.filter(pk=prompt_id, person=person)).first()


def _filter(own: QuerySet[Prompt], person: Person | None, query: LibraryQuery) -> QuerySet[Prompt]:
    found = own.filter(archived_at__isnull=not query.in_archive)
    if query.template:
        found = found.filter(template=query.template)
    if query.starred:
        found = found.filter(starred=True)
    if query.tag:
        found = found.filter(tags__name=query.tag)
    if query.words and person is not None:
        found = found.filter(_matching(person, query.words))
    return found


def _matching(person: Person, words: str) -> Q:
    """Prompts that have the words themselves, or in an output of one of their runs."""
    itself = search.matching(kind=OWN, owner=person.pk, query=words)
    # A sum is in no index: few runs are of a version and very many may have the words, so the
    # database is to begin with the former.
    of_versions = Run.objects.filter(person=person, version_id__isnull=False)
    runs = of_versions.annotate(place=F("number") + 0).filter(
        search.numbered(field="place", kind="run", owner=person.pk, query=words, at_once=True)
    )
    versions = PromptVersion.objects.filter(pk__in=runs.values("version_id"))
    return Q(pk__in=itself) | Q(pk__in=versions.values("prompt_id"))


def _with_row_columns(found: QuerySet[Prompt]) -> QuerySet[Prompt]:
    """With the columns of a row, and without the whole text of the head."""
    return (
        found.select_related("head")
        .prefetch_related("tags")
        .defer("head__fields", "head__text", "head__variables", "head__parameters")
        .annotate(glimpse=_GLIMPSE)
    )


def _draft_rows(drafts: QuerySet[Draft]) -> list[DraftRow]:
    return [_draft_row(draft) for draft in drafts.select_related("prompt").order_by("-updated_at")]


def _draft_row(draft: Draft) -> DraftRow:
    template = template_named(draft.template)
    state = state_of_draft(draft)
    title = draft.prompt.title if draft.prompt else first_title(form_of_state(template, state))
    return DraftRow(
        draft=draft, template=template, title=title, glimpse=" ".join(state.text[-GLIMPSE:].split())
    )
