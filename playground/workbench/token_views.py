"""What pages ask about tokens: their texts by id, and those of a text or a run."""

import uuid

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.people import person_of
from playground.checkpoints.registry import ModelSpec, registry
from playground.checkpoints.tokenizers import TextTokenizer, tokenizer_for
from playground.core.errors import InvalidInput, TextTooLong, UnknownModel
from playground.core.texts import plain_breaks
from playground.runs.selectors import get_run, run_progress

MAX_IDS = 64
MAX_TEXTS = 64
# Several times the window of the largest model. Beyond, a page does not ask.
MAX_SPLIT_CHARACTERS = 40_000


@require_safe
def token_texts(request: HttpRequest) -> JsonResponse:
    """``?model=demo&ids=12,57``: the texts by id. Raises `UnknownModel` and `ModelNotReady`."""
    ids = _ids(request.GET.get("ids", ""))
    tokenizer = tokenizer_for(_model(request.GET.get("model", "")))
    texts = {token: tokenizer.text_of(token) for token in ids if tokenizer.has(token)}
    answer = JsonResponse({"texts": texts})
    # The model's vocabulary: it reveals nothing about the person who asks.
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


@require_POST
def split_texts(request: HttpRequest) -> JsonResponse:
    """The tokens of each posted ``text``, as the model reads it: ``[id, start, end]``. Nothing is
    stored.

    Places are in UTF-16 units, as scripts count. Raises `UnknownModel`, `ModelNotReady`,
    `InvalidInput` and `TextTooLong`.
    """
    texts = [plain_breaks(text) for text in request.POST.getlist("text")]
    if not 1 <= len(texts) <= MAX_TEXTS:
        raise InvalidInput(f"Send 1 to {MAX_TEXTS} texts.", field="text")
    if sum(map(len, texts)) > MAX_SPLIT_CHARACTERS:
        raise TextTooLong(
            f"Tokens are shown of at most {MAX_SPLIT_CHARACTERS:,} characters.", field="text"
        )
    tokenizer = tokenizer_for(_model(request.POST.get("model", "")))
    return JsonResponse({"texts": [_pieces(tokenizer, text) for text in texts]})


@require_safe
def run_tokens(request: HttpRequest, run_id: uuid.UUID) -> JsonResponse:
    """The tokens that the model wrote in a run so far, each with its text: ``[id, text]``."""
    run = get_run(person_of(request), run_id)
    return JsonResponse({"tokens": [token[:2] for token in run_progress(run).tokens]})


def _pieces(tokenizer: TextTokenizer, text: str) -> list[tuple[int, int, int]]:
    pieces = tokenizer.pieces(text)
    if text.isascii() or max(text) <= "\uffff":
        return pieces
    # The place of each character, in units of two bytes.
    places = [0]
    for character in text:
        places.append(places[-1] + 1 + (character > "\uffff"))
    return [(token, places[start], places[end]) for token, start, end in pieces]


def _model(name: str) -> ModelSpec:
    spec = registry().base_of(name)
    if spec is None:
        raise UnknownModel(f"There is no model “{name[:80]}”.", field="model")
    return spec


def _ids(raw: str) -> list[int]:
    words = raw.split(",", MAX_IDS)
    if len(words) > MAX_IDS or not all(
        word.isascii() and word.isdigit() and len(word) <= 7 for word in words
    ):
        raise InvalidInput(f"ids must be 1 to {MAX_IDS} token ids with commas.", field="ids")
    return [int(word) for word in words]
