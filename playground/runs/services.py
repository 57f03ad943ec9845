"""Writing runs as people do: create, cancel, retry."""

import secrets
import uuid
from collections.abc import Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from redis.exceptions import OutOfMemoryError, RedisError

from playground.accounts.models import Person
from playground.accounts.quotas import check_room_for_one
from playground.checkpoints.config_file import context_length
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import ModelSpec
from playground.checkpoints.rings import ring
from playground.checkpoints.selectors import ServedModel, get_served
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import (
    PromptEmpty,
    PromptTooLong,
    QueueUnavailable,
    TooManyRuns,
)
from playground.core.redis.clients import blocking
from playground.core.sizes import json_size
from playground.live.tokenlog import token_log
from playground.runs.finishing import run_finish_from_log, run_index_note
from playground.runs.lengths import MAX_PROMPT_CHARACTERS, misfit, too_many_characters
from playground.runs.models import Run
from playground.runs.parameters import MAX_SEED, Parameters
from playground.runs.state import PromptState
from playground.runs.token_biases import biases_of

# What a person who is at the limit has to wait.
RETRY_AFTER_SECONDS = 5

# In the form of the token log (live/tokenlog.py).
Token = list[Any]

log = structlog.get_logger(__name__)


def run_create(
    *,
    person: Person,
    address: str,
    template: str,
    state: PromptState,
    prompt: str,
    prompt_tokens: int | None = None,
    origin: Run | None = None,
    parent: Run | None = None,
    version_id: uuid.UUID | None = None,
    given: Sequence[Token] = (),
) -> Run:
    """One run; see `runs_create`."""
    (run,) = runs_create(
        person=person,
        address=address,
        template=template,
        state=state,
        prompt=prompt,
        prompt_tokens=prompt_tokens,
        origin=origin,
        parent=parent,
        version_id=version_id,
        given=given,
    )
    return run


def runs_create(
    *,
    person: Person,
    address: str,
    template: str,
    state: PromptState,
    prompt: str,
    prompt_tokens: int | None = None,
    origin: Run | None = None,
    parent: Run | None = None,
    version_id: uuid.UUID | None = None,
    given: Sequence[Token] = (),
    count: int = 1,
) -> list[Run]:
    """Saves ``count`` runs QUEUED, all or none, and, once that is committed, rings for workers.

    state: what was on the page. prompt: what is sent of it; prompt_tokens: how many
    tokens that has, None to have it counted. origin: the run that they repeat.
    parent: the run that was on the page when they were made; of a repeated one, it
    is the origin's. given: tokens that the text begins with.

    Several are siblings, each with a seed of its own: a pinned one counts up, so that each can be
    repeated alone.

    Raises `UnknownModel`, `NotFound` or `ModelDeleted` for a tuned one, `PromptEmpty`,
    `PromptTooLong`, `InvalidInput` for a token that the model does not have, `ModelNotReady`,
    `QuotaReached`, `TooManyRuns` or `QueueUnavailable`; then nothing was saved.
    """
    served, parameters = get_served(person, state.model), Parameters.from_json(state.parameters)
    # A branch goes on as far as the model sees.
    room = len(given) + 1 if given else parameters.max_tokens
    prompt_tokens = _check_prompt(served.base, prompt, room, counted=prompt_tokens)
    if parameters.token_bias or parameters.logit_bias:
        # The worker does the same: what it would refuse is refused here.
        biases_of(parameters, tokenizer_for(served.base))
    _check_queue()
    source = None if state.text == prompt else state.text
    size = json_size([state.fields, state.variables, [*given]])
    size += len((prompt + (source or "")).encode())
    check_room_for_one(person, "runs", size=count * size)
    with transaction.atomic():
        lock_limits(person)
        _check_limits(person, address, count)
        _check_served(person, served)
        first_id = uuid.uuid4()
        runs = []
        for number in range(count):
            own = parameters.with_seed_after(number)
            run = Run.objects.create(
                id=uuid.uuid4() if number else first_id,
                person=person,
                origin_id=origin.first_id if origin else first_id if number else None,
                parent_id=origin.parent_id if origin else parent.pk if parent else None,
                tree=_tree(origin or parent) or first_id,
                version_id=version_id,
                address=address,
                model=served.base.name,
                adapter=served.adapter,
                template=template,
                fields=state.fields,
                variables=state.variables,
                source=source,
                prompt=prompt,
                given=[*given],
                parameters=own.to_json(),
                max_tokens=parameters.max_tokens,
                n=parameters.n,
                seed=secrets.randbelow(MAX_SEED) if own.seed is None else own.seed,
                seed_pinned=own.seed is not None,
                prompt_tokens=prompt_tokens,
            )
            runs.append(run)
            # Nothing more before the answer: who claims the run, or a sweep, makes it findable.
            transaction.on_commit(lambda: ring(GENERATE, served.base.name))
    return runs


def _tree(run: Run | None) -> uuid.UUID | None:
    """The tree that ``run`` is in."""
    return None if run is None else run.tree or run.first_id


def run_retry(*, person: Person, address: str, run: Run) -> Run:
    """A sibling of ``run``: the same prompt and given tokens, a new seed unless it was pinned."""
    return run_create(
        person=person,
        address=address,
        template=run.template,
        state=run.state,
        prompt=run.prompt,
        origin=run,
        version_id=run.version_id,
        given=run.given,
    )


def run_star(*, run: Run, starred: bool) -> None:
    """Marks the run, or takes the mark away. Nothing else about it changes."""
    Run.objects.filter(pk=run.pk).update(starred=starred)


def run_annotate(*, run: Run, note: str) -> None:
    """Keeps the person's note on the run; it is found by its words."""
    Run.objects.filter(pk=run.pk).update(note=note)
    run_index_note(run_id=run.pk)


def run_cancel(*, run: Run) -> Run:
    """Stops ``run`` wherever it is; what was generated stays. Idempotent.

    A queued run ends here; a running one at its worker's next step. The flag
    in the row comes first: whatever happens to the rest, it is found there.
    """
    asked = Run.objects.filter(pk=run.pk).exclude(status__in=Run.FINAL)
    if asked.update(cancel_requested=True):
        try:
            if not run_finish_from_log(run_id=run.pk, status=Run.Status.CANCELLED, reason="abort"):
                token_log().ask_cancel(str(run.pk))
        except RedisError as error:
            # The worker reads the row every second as well.
            log.warning("cancel_not_told", run=str(run.pk), error=str(error))
    run.refresh_from_db()
    return run


def _check_prompt(spec: ModelSpec, prompt: str, max_tokens: int, *, counted: int | None) -> int:
    """The number of tokens of a prompt that fits the model."""
    if not prompt:
        raise PromptEmpty("The prompt is empty. Write something to continue.", field="prompt")
    # Before the tokenizer sees it: its work grows with the text.
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        sentence = too_many_characters("The prompt", len(prompt), limit=MAX_PROMPT_CHARACTERS)
        raise PromptTooLong(sentence, field="prompt")
    count = tokenizer_for(spec).count(prompt) if counted is None else counted
    if sentence := misfit(tokens=count, max_tokens=max_tokens, context=context_length(spec)):
        raise PromptTooLong(sentence, field="prompt")
    return count


def _check_queue() -> None:
    """Refuses what could not be carried: Redis has no memory left.

    Redis out of reach is no reason: the row waits, and is rung for later.
    """
    try:
        blocking().set("admission", 1, ex=60)
    except OutOfMemoryError:
        raise QueueUnavailable(
            "The server's queue is full and took no new run. Try again in a moment.",
            retry_after=10,
        ) from None
    except RedisError as error:
        log.warning("redis_unreachable", error=str(error))


def lock_limits(person: Person) -> None:
    """Holds the person's row, under which the limit is counted. An SQLite transaction that writes
    is the only one as it is."""
    if connection.features.has_select_for_update:
        Person.objects.select_for_update().values_list("pk").get(pk=person.pk)


def _check_served(person: Person, served: ServedModel) -> None:
    """Refuses a tuned model that was deleted a moment ago. Its row is held until the run is saved:
    whoever deletes its files sees the run."""
    if served.adapter is None:
        return
    ready = Adapter.objects.filter(pk=served.adapter.pk, state=Adapter.State.READY)
    ready.select_for_update(no_key=True).values_list("pk").first()
    # Once more, now that nobody can delete it or take it back.
    get_served(person, served.name)


def _check_limits(person: Person, address: str, count: int) -> None:
    # The rows themselves: the limits keep them few, and one question is quicker than two counts.
    is_near = Q(person=person) | Q(address=address) if address else Q(person=person)
    active = Run.objects.filter(is_near, status__in=(Run.Status.QUEUED, Run.Status.RUNNING))
    holders = list(active.values_list("person", "address"))
    own = sum(owner == person.pk for owner, _ in holders)
    if own + count > settings.LIMIT_PERSON_ACTIVE:
        raise TooManyRuns(_say_limit(own, count), retry_after=RETRY_AFTER_SECONDS)
    near = sum(bool(address) and come_from == address for _, come_from in holders)
    if near + count > settings.LIMIT_ADDRESS_ACTIVE:
        raise TooManyRuns(
            "Many runs are queued or running from your network. Try again in a moment.",
            retry_after=RETRY_AFTER_SECONDS,
        )


def _say_limit(own: int, count: int) -> str:
    limit = settings.LIMIT_PERSON_ACTIVE
    if count == 1:
        return f"You have {limit} runs queued or running. Wait for one to finish, or stop one."
    if count > limit:
        return f"At most {limit} runs can be queued or running at once. Ask for fewer outputs."
    return (
        f"You have {own} of at most {limit} runs queued or running, so that {count} more are too "
        "many. Wait for one to finish, or ask for fewer outputs."
    )
