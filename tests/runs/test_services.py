"""Creating, cancelling and retrying runs."""

import pytest
import redis
from django.test import override_settings
from pytest_django import DjangoCaptureOnCommitCallbacks

from playground.accounts.models import Person
from playground.checkpoints import rings
from playground.checkpoints.jobs import GENERATE
from playground.core.errors import (
    PromptEmpty,
    PromptTooLong,
    QueueUnavailable,
    TooManyRuns,
    UnknownModel,
)
from playground.live.tokenlog import Item, token_json, token_log
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.selectors import siblings_of
from playground.runs.services import run_cancel, run_create, run_retry
from playground.runs.state import PromptState
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def create(
    person: Person, *, prompt: str = "Once", model: str = "tiny", **parameters: object
) -> Run:
    return run_create(
        person=person,
        address="here",
        template="free",
        state=PromptState(
            fields={},
            text=prompt,
            parameters=Parameters(**{"max_tokens": 16, **parameters}).to_json(),
            model=model,
        ),
        prompt=prompt,
    )


def test_a_new_run_is_saved_and_rings_after_the_commit(
    person: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        run = create(person, seed=7)

    assert rings.rings_waiting(GENERATE, "tiny") == 0
    callbacks[0]()
    assert rings.rings_waiting(GENERATE, "tiny") == 1
    run.refresh_from_db()
    assert (run.status, run.seed, run.seed_pinned, run.prompt_tokens) == ("queued", 7, True, 4)


def test_a_run_keeps_the_state_of_its_page(person: Person) -> None:
    state = PromptState(
        fields={"inject_restart": "\n"},
        text="To {{city}}",
        parameters=Parameters(max_tokens=4).to_json(),
        model="tiny",
        variables=[{"name": "city", "kind": "line", "value": "Rome"}],
    )
    made = run_create(person=person, address="", template="free", state=state, prompt="To Rome")

    run = Run.objects.get(pk=made.pk)

    assert (run.prompt, run.state) == ("To Rome", state)


def test_an_unchanged_text_is_stored_once(person: Person) -> None:
    bytes_of = {length: create(person, prompt="é" * length).pk for length in (1, 101)}

    one, hundred_more = (Run.objects.get(pk=pk).size for pk in bytes_of.values())

    assert hundred_more - one == 200


def test_a_failed_ring_does_no_harm(
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(rings.app, "send_task", fail)

    with django_capture_on_commit_callbacks(execute=True):
        run = create(person)

    assert Run.objects.get(pk=run.pk).status == "queued"


def test_two_runs_without_a_seed_get_different_ones(person: Person) -> None:
    assert create(person).seed != create(person).seed


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"prompt": ""}, PromptEmpty),
        ({"prompt": "x" * 2040}, PromptTooLong),
        ({"prompt": "x" * 70_000}, PromptTooLong),
        ({"model": "../etc/passwd"}, UnknownModel),
    ],
)
def test_an_impossible_run_is_refused_and_not_saved(
    person: Person, values: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        create(person, **values)

    assert not Run.objects.exists()


def test_a_prompt_that_fits_exactly_is_accepted(person: Person) -> None:
    assert create(person, prompt="x" * 2032).prompt_tokens == 2032


@override_settings(LIMIT_PERSON_ACTIVE=2)
def test_finished_runs_do_not_count_towards_a_persons_limit(person: Person) -> None:
    first = create(person)
    create(person)

    with pytest.raises(TooManyRuns) as caught:
        create(person)
    run_cancel(run=first)
    create(person)

    assert caught.value.retry_after


@override_settings(LIMIT_ADDRESS_ACTIVE=2)
def test_an_address_has_a_limit_over_all_its_guests(person: Person, stranger: Person) -> None:
    create(person)
    create(person)

    with pytest.raises(TooManyRuns):
        create(stranger)


def test_a_full_redis_refuses_before_the_run_is_accepted(
    person: Person, redis_client: redis.Redis
) -> None:
    limit = redis_client.config_get("maxmemory")["maxmemory"]
    redis_client.config_set("maxmemory", 1)
    try:
        with pytest.raises(QueueUnavailable) as caught:
            create(person)
    finally:
        redis_client.config_set("maxmemory", limit)

    assert caught.value.status == 503
    assert not Run.objects.exists()


def test_cancelling_a_queued_run_ends_it_at_once_with_the_text_it_has(person: Person) -> None:
    run = make_run(person, attempt=1)
    log = token_log()
    log.start(str(run.pk), attempt=1, epoch=1)
    log.append([Item(str(run.pk), 0, 1, 1, 0, [token_json(5, "kept")])])

    run_cancel(run=run)

    assert (run.status, run.finish_reason, run.text) == ("cancelled", "abort", "kept")
    assert run.finished_at is not None


def test_cancelling_a_running_run_sets_a_flag_in_row_and_log(person: Person) -> None:
    run = make_run(person, status="running", attempt=1, worker="w")
    token_log().start(str(run.pk), attempt=1, epoch=1)

    run_cancel(run=run)

    (reply,) = token_log().append([Item(str(run.pk), 0, 1, 1, 0, [token_json(5, "a")])])
    assert run.status == "running"
    assert run.cancel_requested
    assert reply.cancel


@pytest.mark.parametrize("status", ["succeeded", "cancelled", "failed"])
def test_cancelling_a_final_run_changes_nothing(person: Person, status: str) -> None:
    run = make_run(person, status=status, text="done")

    run_cancel(run=run)
    run_cancel(run=run)

    assert (run.status, run.text, run.cancel_requested) == (status, "done", False)


def test_a_retry_is_a_sibling_with_a_new_seed(person: Person) -> None:
    first = create(person)

    second = run_retry(person=person, address="here", run=first)
    third = run_retry(person=person, address="here", run=second)

    assert siblings_of(second) == [first, second, third]
    assert len({first.seed, second.seed, third.seed}) == 3
    assert second.prompt == first.prompt


def test_a_retry_keeps_a_pinned_seed(person: Person) -> None:
    first = create(person, seed=99)

    assert run_retry(person=person, address="here", run=first).seed == 99
