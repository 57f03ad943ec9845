"""Scores as people ask for them."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from playground.accounts.models import Person
from playground.checkpoints.config_file import context_length
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.rings import ring
from playground.checkpoints.selectors import ServedModel
from playground.core.errors import PromptEmpty, PromptTooLong, TooManyRuns
from playground.runs.lengths import misfit
from playground.runs.services import RETRY_AFTER_SECONDS, lock_limits
from playground.scores.models import Score

# How long a result can be read, and how long a score may wait for a worker.
KEPT_SECONDS = 600
# Of one person's results, in rows; an address may have the rows of so many people.
MAX_KEPT = 8


def score_create(*, person: Person, address: str, served: ServedModel, ids: Sequence[int]) -> Score:
    """Saves a score QUEUED and, once that is committed, rings for a worker.

    ids: the prompt's tokens. Raises `PromptEmpty`, `PromptTooLong` or `TooManyRuns`; then nothing
    was saved.
    """
    if not ids:
        raise PromptEmpty("The prompt is empty. Write something first.", field="prompt")
    context = context_length(served.base)
    if sentence := misfit(tokens=len(ids), max_tokens=0, context=context):
        raise PromptTooLong(sentence, field="prompt")
    with transaction.atomic():
        lock_limits(person)
        expired_scores().filter(person=person).delete()
        _check_limits(person, address)
        _forget_oldest(person)
        score = Score.objects.create(
            person=person,
            address=address,
            model=served.base.name,
            adapter=served.adapter,
            ids=[*ids],
        )
        transaction.on_commit(lambda: ring(GENERATE, served.base.name))
    return score


def score_delete(*, score: Score) -> None:
    """Forgets a score, wherever it is: a worker that has it goes on for nobody."""
    Score.objects.filter(pk=score.pk).delete()


def expired_scores() -> QuerySet[Score]:
    """Those that ended, or were not begun, for `KEPT_SECONDS`. A running one has a lease."""
    before = timezone.now() - timedelta(seconds=KEPT_SECONDS)
    return Score.objects.filter(
        Q(status=Score.Status.QUEUED, created_at__lt=before)
        | Q(status__in=Score.FINAL, finished_at__lt=before)
    )


def _check_limits(person: Person, address: str) -> None:
    unfinished = Score.objects.exclude(status__in=Score.FINAL)
    if unfinished.filter(person=person).count() >= settings.LIMIT_PERSON_ACTIVE:
        raise TooManyRuns(
            f"The probabilities of {settings.LIMIT_PERSON_ACTIVE} of your prompts are still being "
            "computed. Wait for one of them.",
            retry_after=RETRY_AFTER_SECONDS,
        )
    if not address:
        return
    of_address = Score.objects.filter(address=address)
    kept = of_address.count()
    active = unfinished.filter(address=address).count()
    limit = settings.LIMIT_ADDRESS_ACTIVE
    if active >= limit or kept >= MAX_KEPT * limit:
        raise TooManyRuns(
            "Probabilities of many prompts were asked for from your network. Try again in a "
            "moment.",
            retry_after=RETRY_AFTER_SECONDS,
        )


def _forget_oldest(person: Person) -> None:
    """Leaves the newest of the person's results, for pages that are about to read them."""
    ended = Score.objects.filter(person=person, status__in=Score.FINAL)
    newest = ended.order_by("-created_at", "-pk").values_list("pk", flat=True)
    Score.objects.filter(pk__in=list(newest[MAX_KEPT - 1 :])).delete()
