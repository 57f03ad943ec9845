"""The text of tokens that a page knows by their ids alone: what could have been chosen instead."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import InvalidInput

MAX_IDS = 64


@require_safe
def token_texts(request: HttpRequest) -> JsonResponse:
    """``?model=demo&ids=12,57``: the texts by id. Raises `UnknownModel` and `ModelNotReady`."""
    ids = _ids(request.GET.get("ids", ""))
    tokenizer = tokenizer_for(registry().get(request.GET.get("model", "") or registry().default))
    answer = JsonResponse({"texts": {token: tokenizer.text_of(token) for token in ids}})
    # The model's vocabulary: it reveals nothing about the person who asks.
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


def _ids(raw: str) -> list[int]:
    words = raw.split(",", MAX_IDS)
    if len(words) > MAX_IDS or not all(
        word.isascii() and word.isdigit() and len(word) <= 7 for word in words
    ):
        raise InvalidInput(f"ids must be 1 to {MAX_IDS} token ids with commas.", field="ids")
    return [int(word) for word in words]
