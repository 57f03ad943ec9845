"""Asking for probabilities: what is saved, what is refused, what is left of it."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from playground.accounts.models import Person
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.registry import registry
from playground.checkpoints.rings import rings_waiting
from playground.checkpoints.selectors import ServedModel
from playground.core.errors import NotFound, PromptEmpty, PromptTooLong, TooManyRuns
from playground.scores.models import Score
from playground.scores.selectors import get_score
from playground.scores.services import KEPT_SECONDS, MAX_KEPT, score_create

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def create(person: Person, *, address: str = "here", ids: tuple[int, ...] = (65, 66)) -> Score:
    served = ServedModel(base=registry().get("tiny"))
    return score_create(person=person, address=address, served=served, ids=ids)


def finish(*scores: Score, ago: int = 0) -> None:
    pks = [score.pk for score in scores]
    ended = timezone.now() - timedelta(seconds=ago)
    Score.objects.filter(pk__in=pks).update(status="succeeded", finished_at=ended)


def test_a_score_is_saved_and_a_worker_is_rung_for(
    person: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        score = create(person)

    assert get_score(person, score.pk).ids == [65, 66]
    assert rings_waiting(GENERATE, "tiny") == 1


def test_another_persons_score_is_as_if_it_did_not_exist(person: Person, stranger: Person) -> None:
    score = create(person)

    for other in (stranger, None):
        with pytest.raises(NotFound):
            get_score(other, score.pk)


def test_a_prompt_without_tokens_or_beyond_the_context_is_refused(person: Person) -> None:
    with pytest.raises(PromptEmpty):
        create(person, ids=())
    with pytest.raises(PromptTooLong):
        create(person, ids=(65,) * 100_000)
    assert not Score.objects.exists()


@override_settings(LIMIT_PERSON_ACTIVE=2)
def test_a_person_has_a_limit_of_unfinished_ones(person: Person, stranger: Person) -> None:
    first, _second = create(person), create(person)

    with pytest.raises(TooManyRuns, match="2 of your prompts"):
        create(person)
    create(stranger)
    finish(first)
    create(person)


@override_settings(LIMIT_ADDRESS_ACTIVE=1)
def test_an_address_has_a_limit_of_unfinished_ones_and_of_rows(person: Person) -> None:
    first = create(person)

    with pytest.raises(TooManyRuns, match="your network"):
        create(Person.objects.create())
    create(Person.objects.create(), address="elsewhere")
    finish(first)
    for _ in range(MAX_KEPT - 1):
        finish(create(Person.objects.create()))
    with pytest.raises(TooManyRuns, match="your network"):
        create(Person.objects.create())


def test_only_the_newest_results_of_a_person_are_kept(person: Person) -> None:
    for _ in range(MAX_KEPT + 2):
        finish(create(person))

    assert Score.objects.count() == MAX_KEPT


def test_old_ones_of_the_person_are_forgotten(person: Person) -> None:
    old = create(person)
    finish(old, ago=KEPT_SECONDS + 1)

    new = create(person)

    assert list(Score.objects.all()) == [new]
