"""What the searches know of prompts: one's own of everything, the gallery's of what is published.

Each is called in the transaction that changes the prompt.
"""

import uuid

from playground.core import search
from playground.prompts.models import Prompt

OWN = "prompt"
PUBLIC = "public-prompt"
# The gallery is everybody's: its words have no person as their owner.
EVERYBODY = uuid.UUID(int=0)
# The end of a longer text is as good as never looked for.
INDEXED = 20_000


def prompt_index(prompt: Prompt) -> None:
    """Tells the owner's search what the prompt now says, and the gallery's if it is published."""
    tags = " ".join(prompt.tags.values_list("name", flat=True))
    search.put(
        kind=OWN,
        object_id=prompt.pk,
        owner=prompt.person_id,
        text="\n".join([prompt.title, prompt.description, tags, _text(prompt)]),
    )
    published_index(prompt)


def published_index(prompt: Prompt) -> None:
    """Tells the gallery's search what the prompt now says, if it is published."""
    if prompt.published_at is None:
        return
    search.put(
        kind=PUBLIC,
        object_id=prompt.pk,
        owner=EVERYBODY,
        text="\n".join([prompt.title, prompt.description, _text(prompt)]),
    )


def prompt_forget(prompt: Prompt) -> None:
    """Takes the prompt's words out of both."""
    search.drop(kind=OWN, object_ids=[prompt.pk])
    published_forget(prompt.pk)


def published_forget(*prompt_ids: uuid.UUID) -> None:
    """Takes the prompts' words out of the gallery's search."""
    search.drop(kind=PUBLIC, object_ids=prompt_ids)


def _text(prompt: Prompt) -> str:
    return prompt.head.text[:INDEXED] if prompt.head else ""
