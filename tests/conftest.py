"""Fixtures for all tests: a real server, people, runs."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from pytest_django.fixtures import Settings

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import registry
from playground.core.redis.clients import blocking
from playground.core.redis.valkey import EmbeddedValkey
from playground.runs.models import Run
from tests.support.adapters import make_adapter

# How long an example takes depends on the load of the machine.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def valkey() -> Iterator[EmbeddedValkey]:
    """The real embedded server, for the whole test run."""
    with EmbeddedValkey(settings.VAR_DIR) as server:
        yield server


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """No address has tried to sign in, and no sum is cached."""
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


@pytest.fixture
def adapters_dir(tmp_path: Path, settings: Settings) -> Path:
    """Where tuned models are kept, empty."""
    settings.ADAPTERS_DIR = tmp_path / "adapters"
    return tmp_path / "adapters"


@pytest.fixture
def text_side() -> Path:
    """The folder of the model "tiny": config and tokenizer, no weights."""
    folder = registry().get("tiny").path
    assert folder is not None
    return folder


@pytest.fixture
def adapter(person: Person, tmp_path: Path, text_side: Path, adapters_dir: Path) -> Adapter:
    """The person's tuned model "Support answers", of the base "tiny"."""
    return make_adapter(person, tmp_path, text_side, title="Support answers")


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
