"""Forks: a copy of a shown prompt among one's own prompts, which remembers its origin.

A fork's first version equals the origin's, word for word, and neither ever changes. So a fork's own
versions show its changes, also when the origin is gone or closed again.
"""

from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse

from playground.accounts.models import Person
from playground.library.diffs import Changes, changes_between
from playground.library.forms import Details
from playground.library.indexing import text_words
from playground.library.models import Prompt, PromptVersion
from playground.library.services import prompt_create
from playground.library.states import state_of_version
from playground.prompts.state import template_named
from playground.sharing.shares import Shown

# A page waits for the number of changes; the whole comparison is on a separate page.
_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class ForkNote:
    """What the page of a fork says of its origin.

    author: as they are called now; "" once they are deleted.
    changes: how many there are since, or None while another version than the newest is on
    the page. address: of the origin, where this person may read it; "" elsewhere.
    newer: how many versions the origin has had since, as far as this person may know.
    """

    title: str
    author: str
    changes: int
    diff_address: str
    address: str = ""
    newer: int = 0


def prompt_fork(*, person: Person, shown: Shown) -> Prompt:
    """A copy of a shown prompt: its text and settings, none of its outputs."""
    origin = shown.prompt
    words = text_words(shown.version.text)
    with transaction.atomic():
        fork = prompt_create(
            person=person,
            template=origin.template,
            state=state_of_version(shown.version),
            details=Details(title=shown.title, description=shown.description),
            message=f"Forked from {shown.title}"[:200],
            forked_from=shown.version,
            words=words,
        )
        fork.forked_person = origin.person
        fork.forked_through = shown.share
        fork.save(update_fields=["forked_person", "forked_through"])
    return fork


def fork_note(prompt: Prompt) -> ForkNote | None:
    """The note about the origin on the page of ``prompt``; None when it has none."""
    if not prompt.forked_title or prompt.head is None:
        return None
    number = prompt.head.number
    first = prompt.head if number == 1 else prompt.versions.filter(number=1).first()
    if first is None:
        return None
    address, newer = _origin(prompt)
    return ForkNote(
        title=prompt.forked_title,
        author=prompt.forked_person.public_name if prompt.forked_person else "",
        changes=0 if number == 1 else _count(_changes(prompt, first, prompt.head)),
        diff_address=reverse("library:diff", args=[prompt.pk]) + f"?a=1&b={number}",
        address=address,
        newer=newer,
    )


def _origin(prompt: Prompt) -> tuple[str, int]:
    """Where the origin can still be read, and how many versions it has had since."""
    version = prompt.forked_from
    if version is None:
        return "", 0
    origin, share = version.prompt, prompt.forked_through
    if origin.person_id == prompt.person_id:
        address = reverse("workbench:prompt", args=[origin.pk])
    elif share is not None and share.is_open:
        address = reverse("sharing:shared", args=[share.token])
        if share.version_id is not None:
            # The link shows one version, and says nothing of later ones.
            return address, 0
    elif origin.published_at is not None:
        address = reverse("sharing:gallery_prompt", args=[origin.pk])
    else:
        return "", 0
    newest = origin.head.number if origin.head else version.number
    return address, newest - version.number


def _changes(prompt: Prompt, first: PromptVersion, head: PromptVersion) -> Changes:
    return changes_between(
        template_named(prompt.template),
        state_of_version(first),
        state_of_version(head),
        seconds=_SECONDS,
    )


def _count(changes: Changes) -> int:
    """Places in the text that differ, and settings, variables and fields."""
    places, was_same = 0, True
    for piece in changes.pieces:
        is_same = piece.kind == "same"
        places += was_same and not is_same
        was_same = is_same
    return places + len(changes.settings) + len(changes.variables) + len(changes.fields)
