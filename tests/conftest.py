"""Fixtures for all tests: a real server, people, runs."""

import uuid
from collections.abc import Iterator

import hypothesis
import pytest
import redis
from django.conf import settings
from django.core.cache import cache

from playground.accounts.models import Person
from playground.core.redis.clients import blocking
from playground.core.redis.valkey import EmbeddedValkey
from playground.runs.models import Run

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def valkey() -> Iterator[EmbeddedValkey]:
    """The embedded server, real, for the whole run."""
    with EmbeddedValkey(settings.VAR_DIR) as server:
        yield server


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """No address has tried anything yet, and nothing was added up."""
    cache.clear()


@pytest.fixture
def redis_client(valkey: EmbeddedValkey) -> redis.Redis:
    """An empty server."""
    client = blocking()
    client.flushall()
    return client


@pytest.fixture
def person(db: None) -> Person:
    return Person.objects.create()


@pytest.fixture
def stranger(db: None) -> Person:
    return Person.objects.create()


def make_run(person: Person, **values: object) -> Run:
    """A run's row as `run_create` saves it, with ``values`` on top."""
    run_id = values.get("id") or uuid.uuid4()
    origin = values.get("origin")
    row = {
        "id": run_id,
        "tree": origin.tree if isinstance(origin, Run) else run_id,
        "person": person,
        "model": "tiny",
        "template": "free",
        "prompt": "Once upon a time",
        "parameters": {"max_tokens": 16},
        "max_tokens": 16,
        "seed": 1,
    }
    return Run.objects.create(**{**row, **values})
