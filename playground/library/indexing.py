"""The search entries of prompts: one for the owner's search, one for the gallery if published.

Each function is called in the transaction that changes the prompt.
"""

import uuid

from playground.core import search
from playground.library.models import Prompt

# Kinds are letters alone, ten at most: PostgreSQL takes a hyphen apart, and has no room for more.
OWN = "prompt"
PUBLIC = "gallery"
# The gallery is everybody's: its words have no person as their owner.
EVERYBODY = uuid.UUID(int=0)
# The end of a longer text is as good as never looked for.
MAX_INDEXED = 20_000


def text_words(text: str) -> search.Words:
    """The words that find a prompt with this text. Make them before the transaction begins."""
    return search.words(text[:MAX_INDEXED])


def head_words(prompt: Prompt) -> search.Words:
    """The words of the prompt's current version."""
    return text_words(prompt.head.text if prompt.head else "")


def prompt_index(prompt: Prompt, words: search.Words) -> None:
    """Indexes the prompt's current text for its owner, and for the gallery if it is published.

    words: `text_words` of its text.
    """
    tags = " ".join(prompt.tags.values_list("name", flat=True))
    search.put(
        kind=OWN,
        object_id=prompt.pk,
        owner=prompt.person_id,
        words=_with(words, prompt.title, prompt.description, tags),
    )
    published_index(prompt, words)


def published_index(prompt: Prompt, words: search.Words) -> None:
    """Indexes the prompt's current text for the gallery, if it is published."""
    if prompt.published_at is None:
        return
    search.put(
        kind=PUBLIC,
        object_id=prompt.pk,
        owner=EVERYBODY,
        words=_with(words, prompt.title, prompt.description),
    )


def prompt_forget(prompt: Prompt) -> None:
    """Takes the prompt's words out of both."""
    search.drop(kind=OWN, object_ids=[prompt.pk])
    published_forget(prompt.pk)


def published_forget(*prompt_ids: uuid.UUID) -> None:
    """Takes the prompts' words out of the gallery's search."""
    search.drop(kind=PUBLIC, object_ids=prompt_ids)


def _with(words: search.Words, *details: str) -> search.Words:
    """Title, description and tags are short: their words cost a transaction nothing."""
    return search.Words(f"{search.words(chr(10).join(details))} {words}")
