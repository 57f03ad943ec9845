"""What the search of the public gallery knows: the words of published prompts, and no others."""

import uuid

from playground.core import search
from playground.prompts.models import Prompt

KIND = "public-prompt"
# The gallery is everybody's: its words have no person as their owner.
EVERYBODY = uuid.UUID(int=0)
# The end of a longer text is as good as never looked for.
INDEXED = 20_000


def published_index(prompt: Prompt) -> None:
    """Tells the gallery's search what the prompt now says, if it is published.

    Call it in the transaction that changes the prompt.
    """
    if prompt.published_at is None:
        return
    text = prompt.head.text if prompt.head else ""
    search.put(
        kind=KIND,
        object_id=prompt.pk,
        owner=EVERYBODY,
        text="\n".join([prompt.title, prompt.description, text[:INDEXED]]),
    )


def published_forget(*prompt_ids: uuid.UUID) -> None:
    """Takes the prompts' words out of the gallery's search."""
    search.drop(kind=KIND, object_ids=prompt_ids)
