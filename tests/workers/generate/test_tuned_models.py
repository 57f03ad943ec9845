"""Tuned models in a worker's memory: loaded when asked for, the least recently used leaves."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from playground.accounts.models import Person
from playground.checkpoints.adapter_files import WEIGHTS, folder_of
from playground.checkpoints.models import Adapter
from playground.checkpoints.services import adapter_register
from tests.support.adapters import write_adapter
from tests.support.registry import random_checkpoint
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.errors import AdapterCorrupt, AdapterFileMissing, OutOfMemory
from workers.engine.request import Finish, Request, SamplingParams
from workers.generate import tuned_models
from workers.generate.tuned_models import TunedModels

pytestmark = pytest.mark.django_db

PROMPT = tuple(range(32, 52))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_checkpoint(tmp_path_factory.getbasetemp() / "random-checkpoint")


@pytest.fixture(scope="module")
def engine(checkpoint: Path) -> Engine:
    return Engine.load(CheckpointSpec(checkpoint), max_batch=8, cache_bytes=32 << 20)


@pytest.fixture
def tuned(engine: Engine) -> Iterator[TunedModels]:
    held = TunedModels(engine, most=2)
    yield held
    held.drop_unused(keep=())
    assert engine.adapters == []


@pytest.fixture
def make(
    person: Person, tmp_path: Path, checkpoint: Path, settings: Settings
) -> Callable[..., Adapter]:
    """Registers an adapter for the checkpoint; ``seed`` tells them apart."""
    settings.ADAPTERS_DIR = tmp_path / "adapters"

    def register(seed: int, **values: Any) -> Adapter:
        source = write_adapter(tmp_path / f"source-{seed}", checkpoint, seed=seed, **values)
        return adapter_register(person=person, base="tiny", title=f"Model {seed}", folder=source)

    return register


def decode(engine: Engine, *adapters: str | None, tokens: int = 12) -> list[list[int]]:
    """What each gives to the same prompt, all in one batch."""
    for number, name in enumerate(adapters):
        params = SamplingParams(max_tokens=tokens, temperature=0.0)
        engine.submit(Request(f"r{number}", PROMPT, params, adapter=name))
    ids: dict[str, list[int]] = {f"r{number}": [] for number in range(len(adapters))}
    while engine.has_work:
        for output in engine.step():
            if isinstance(output, Finish):
                assert output.error is None, output.error
            else:
                ids[output.request_id].append(output.token_id)
    return list(ids.values())


def test_a_tuned_model_gives_the_same_each_time_and_leaves_the_base_as_it_is(
    engine: Engine, checkpoint: Path, tuned: TunedModels, make: Callable[..., Adapter]
) -> None:
    one, two = make(1), make(2)
    (base,) = decode(engine, None)
    other_worker = Engine.load(CheckpointSpec(checkpoint), max_batch=8, cache_bytes=32 << 20)

    with tuned.hold(one) as first, tuned.hold(two) as second:
        alone = [decode(engine, first)[0], decode(engine, second)[0]]
        together = decode(engine, None, first, second, None)
    tuned.drop_unused(keep=())
    with tuned.hold(one) as again:
        loaded_again = decode(engine, again, None)
    with TunedModels(other_worker, most=2).hold(one) as elsewhere:
        in_another_worker = decode(other_worker, elsewhere)[0]

    assert len({tuple(base), tuple(alone[0]), tuple(alone[1])}) == 3, "each changes the text"
    assert together == [base, alone[0], alone[1], base]
    assert loaded_again == [alone[0], base]
    assert in_another_worker == alone[0]


def test_text_in_the_cache_is_used_again_by_the_same_model_alone(
    checkpoint: Path, make: Callable[..., Adapter]
) -> None:
    engine = Engine.load(CheckpointSpec(checkpoint), max_batch=8, cache_bytes=32 << 20)
    fresh = Engine.load(
        CheckpointSpec(checkpoint), max_batch=8, cache_bytes=32 << 20, prefix_cache=False
    )
    tuned, without = TunedModels(engine, most=1), TunedModels(fresh, most=1)
    one, two = make(1), make(2)

    def reused() -> int:
        return engine.counters.reused_tokens

    decode(engine, None)
    for adapter in (one, two, one):
        before = reused()
        with tuned.hold(adapter) as name, without.hold(adapter) as plain:
            assert decode(engine, name) == decode(fresh, plain)
            first = reused() - before
            decode(engine, name)
            assert reused() - before > first, "its own text is used again"
        if adapter is two:
            assert first == 0, "nothing of the base or of another model is taken over"


def test_the_least_recently_used_one_leaves(
    engine: Engine, tuned: TunedModels, make: Callable[..., Adapter]
) -> None:
    one, two, three = make(1), make(2), make(3)
    for adapter in (one, two, one, three):
        with tuned.hold(adapter):
            assert len(engine.adapters) <= 2

    assert tuned.digests == [one.digest, three.digest]


def test_those_in_use_all_stay(
    engine: Engine, tuned: TunedModels, make: Callable[..., Adapter]
) -> None:
    with tuned.hold(make(1)) as a, tuned.hold(make(2)) as b, tuned.hold(make(3)) as c:
        assert len(engine.adapters) == 3
        assert len(decode(engine, a, b, c)) == 3

    assert len(engine.adapters) == 2


def test_two_runs_read_the_same_model_once(
    tuned: TunedModels, make: Callable[..., Adapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = make(1)
    reads: list[str] = []
    meeting = threading.Barrier(3, timeout=30)
    read = tuned_models.read_adapter

    def count(name: str, *rest: Any) -> Any:
        reads.append(name)
        return read(name, *rest)

    def hold() -> None:
        meeting.wait()
        with tuned.hold(adapter) as name:
            names.append(name)

    monkeypatch.setattr(tuned_models, "read_adapter", count)
    names: list[str | None] = []
    threads = [threading.Thread(target=hold) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(names) == 3
    assert len(reads) == len(set(names)) == 1


def test_the_engine_steps_while_files_are_read(
    engine: Engine,
    tuned: TunedModels,
    make: Callable[..., Adapter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    adapter = make(1)
    reading, go_on = threading.Event(), threading.Event()
    read = tuned_models.read_adapter

    def wait(*arguments: Any) -> Any:
        reading.set()
        assert go_on.wait(timeout=30)
        return read(*arguments)

    def hold() -> None:
        with tuned.hold(adapter):
            pass

    monkeypatch.setattr(tuned_models, "read_adapter", wait)
    thread = threading.Thread(target=hold)
    thread.start()
    assert reading.wait(timeout=30)

    (ids,) = decode(engine, None)

    go_on.set()
    thread.join(timeout=30)
    assert len(ids) == 12


def test_damaged_files_are_refused_without_the_servers_folder(
    engine: Engine, tuned: TunedModels, make: Callable[..., Adapter]
) -> None:
    adapter = make(1)
    weights = folder_of(adapter.folder) / WEIGHTS
    whole = weights.read_bytes()
    nan = b"\x00\x00\xc0\x7f"

    for content, words in (
        (whole[:-4] + nan, "not finite"),
        (whole[:-40], "truncated or damaged"),
        (whole[:-4] + b"\0\0\0\0", "not those that were registered"),
    ):
        weights.write_bytes(content)
        with pytest.raises(AdapterCorrupt, match=words) as refused, tuned.hold(adapter):
            pass
        assert str(weights.parent) not in refused.value.message
    weights.unlink()
    with pytest.raises(AdapterFileMissing, match="holds no weights"), tuned.hold(adapter):
        pass
    weights.write_bytes(whole)

    with tuned.hold(adapter) as name:
        assert decode(engine, name)


def test_memory_that_is_not_there_is_said(
    engine: Engine,
    tuned: TunedModels,
    make: Callable[..., Adapter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_arguments: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(engine, "load_adapter", fail)

    with pytest.raises(OutOfMemory), tuned.hold(make(1)):
        pass
    assert tuned.digests == []


def test_one_that_changes_nothing_is_warned_of(
    engine: Engine, tuned: TunedModels, make: Callable[..., Adapter]
) -> None:
    with capture_logs() as logs, tuned.hold(make(1, zero_b=True)) as name:
        base, blank = decode(engine, None, name)

    assert blank == base
    assert "adapter_changes_nothing" in [entry["event"] for entry in logs]


def test_deleted_ones_leave_memory_once_unused(
    engine: Engine, tuned: TunedModels, make: Callable[..., Adapter]
) -> None:
    one, two = make(1), make(2)
    with tuned.hold(two):
        with tuned.hold(one):
            pass
        tuned.drop_unused(keep=())
        assert tuned.digests == [two.digest]

    tuned.drop_unused(keep=())

    assert engine.adapters == []
