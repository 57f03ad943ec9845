"""The probabilities of the tokens of the page's prompt: asked for, and the answer as of now."""

import uuid
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.addresses import address_of
from playground.accounts.people import person_for_write, person_of
from playground.checkpoints.selectors import get_served
from playground.checkpoints.tokenizers import tokenizer_for
from playground.prompts.catalog import Template
from playground.prompts.fitting import FinishedPrompt, finished_prompt
from playground.prompts.form import posted_form
from playground.scores.selectors import get_score, waiting_note
from playground.scores.services import score_create, score_delete


@require_POST
def score(request: HttpRequest, template: Template) -> HttpResponse:
    """Has the prompt rated that running the form would send.

    Answers with its tokens, each ``[id, start, end]`` in the prompt's box, or ``[id]`` where the
    box does not have it: a variable's value has other letters there.
    """
    form = posted_form(template, request.POST)
    form.check()
    finished = finished_prompt(form)
    finished.check()
    person = person_for_write(request)
    served = get_served(person, form.model)
    tokens = tokenizer_for(served.base).pieces(finished.text)
    score = score_create(
        person=person,
        address=address_of(request),
        served=served,
        ids=[token for token, _, _ in tokens],
    )
    answer = {
        "url": reverse("workbench:score_state", args=[score.pk]),
        "text": finished.box_text,
        "tokens": list(token_places(finished, tokens)),
    }
    return JsonResponse(answer, status=202)


@require_http_methods(["GET", "HEAD", "DELETE"])
def score_state(request: HttpRequest, score_id: uuid.UUID) -> HttpResponse:
    """The score as of now. Its page asks until it has ended; a DELETE forgets it."""
    score = get_score(person_of(request), score_id)
    if request.method == "DELETE":
        score_delete(score=score)
        return HttpResponse(status=204)
    return JsonResponse(
        {
            "status": score.status,
            "note": waiting_note(score),
            "error": score.error_message,
            "result": score.result,
        }
    )


def token_places(
    finished: FinishedPrompt, tokens: Iterable[tuple[int, int, int]]
) -> Iterator[list[Any]]:
    """The tokens of the sent text as places in the box's, in UTF-16 units, as scripts count."""
    # Of each character that is sent, where the box has it.
    places: list[int | None] = []
    for piece in finished.pieces:
        is_value = bool(piece.name) and not piece.is_open
        for number in range(len(piece.text)):
            at = piece.start + number
            places.append(None if is_value or at >= len(finished.box_text) else at)
    units = [0, *accumulate(1 + (character > "\uffff") for character in finished.box_text)]
    for token, start, end in tokens:
        first, last = places[start], places[end - 1]
        if first is None or last is None or None in places[start:end]:
            yield [token]
        else:
            yield [token, units[first], units[last + 1]]
