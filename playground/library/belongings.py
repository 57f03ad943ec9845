"""A person's saved prompts and what hangs on them, as they are exported and moved."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from playground.accounts.belongings import Amount, Belonging, Whose, amount_of, owned_by
from playground.accounts.models import Person
from playground.core.batches import in_batches
from playground.library.indexing import published_forget
from playground.library.models import Draft, Prompt, PromptVersion, Tag

_BATCH = 100


def _export_tags(person: Person) -> Iterator[dict[str, Any]]:
    for name in Tag.objects.filter(person=person).order_by("name").values_list("name", flat=True):
        yield {"kind": "tag", "name": name}


def _merge_tags(guest: Person, account: Person) -> None:
    """A tag that the account has too is one tag."""
    known = dict(Tag.objects.filter(person=account).values_list("name", "pk"))
    for tag in Tag.objects.filter(person=guest, name__in=known):
        filed = Prompt.tags.through.objects.filter(tag_id=tag.pk)
        filed.update(tag_id=known[tag.name])
        tag.delete()


def _export_prompts(person: Person) -> Iterator[dict[str, Any]]:
    prompts = Prompt.objects.filter(person=person).select_related("forked_person__user")
    prompts = prompts.prefetch_related("tags", "versions")
    for prompt in in_batches(prompts, by="created_at", size=_BATCH):
        versions = sorted(prompt.versions.all(), key=lambda version: version.number)
        yield {
            "kind": "prompt",
            "id": prompt.pk,
            "template": prompt.template,
            "title": prompt.title,
            "description": prompt.description,
            "tags": sorted(tag.name for tag in prompt.tags.all()),
            "starred": prompt.starred,
            "archived_at": prompt.archived_at,
            "published_at": prompt.published_at,
            "barred_at": prompt.barred_at,
            "forked_from": _origin(prompt),
            "created_at": prompt.created_at,
            "updated_at": prompt.updated_at,
            "versions": [_version(version) for version in versions],
        }


def _origin(prompt: Prompt) -> dict[str, Any] | None:
    """The origin of a fork.

    Its title stays when the origin is gone; its author's name goes with the author.
    """
    if not prompt.forked_title:
        return None
    return {
        "title": prompt.forked_title,
        "author": prompt.forked_person.public_name if prompt.forked_person else None,
        "version": prompt.forked_from_id,
    }


def _version(version: PromptVersion) -> dict[str, Any]:
    return {
        "id": version.pk,
        "number": version.number,
        "message": version.message,
        "fields": version.fields,
        "text": version.text,
        "variables": version.variables,
        "parameters": version.parameters,
        "model": version.model,
        "created_at": version.created_at,
    }


def _release_prompts(person: Person) -> None:
    """Removes published prompts from the gallery's search."""
    published = Prompt.objects.filter(person=person, published_at__isnull=False)
    published_forget(*published.values_list("pk", flat=True))


def _measure_prompts(whose: Whose) -> dict[str, Amount]:
    versions = PromptVersion.objects.filter(owned_by(whose, path="prompt__person"))
    return {
        "prompts": Amount(rows=Prompt.objects.filter(owned_by(whose)).count()),
        "versions": amount_of(versions),
    }


def _measure_drafts(whose: Whose) -> dict[str, Amount]:
    return {"drafts": amount_of(Draft.objects.filter(owned_by(whose)))}


def _export_drafts(person: Person) -> Iterator[dict[str, Any]]:
    for draft in in_batches(Draft.objects.filter(person=person), by="updated_at", size=_BATCH):
        yield {
            "kind": "draft",
            "template": draft.template,
            "prompt": draft.prompt_id,
            "is_copy": draft.is_copy,
            "discarded_at": draft.discarded_at,
            "state": draft.state,
            "updated_at": draft.updated_at,
        }


def _merge_drafts(guest: Person, account: Person) -> None:
    """What both have typed is kept: the guest's beside the account's."""
    current = Draft.objects.filter(prompt=None, is_copy=False, discarded_at=None)
    of_same = current.filter(person=account, template=OuterRef("template"))
    current.filter(Exists(of_same), person=guest).update(is_copy=True)


BELONGINGS = (
    Belonging(model=Tag, export=_export_tags, merge=_merge_tags),
    Belonging(
        model=Prompt, export=_export_prompts, release=_release_prompts, measure=_measure_prompts
    ),
    Belonging(model=Draft, export=_export_drafts, merge=_merge_drafts, measure=_measure_drafts),
)
