"""What a training takes, what cannot fit, and what the workers say of their devices."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from playground.accounts.models import Person
from playground.checkpoints.config_file import ModelSizes
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.models import Worker
from playground.checkpoints.registry import registry
from playground.checkpoints.services import worker_beat, worker_register
from playground.core.errors import CannotTrain
from playground.finetunes import memory
from playground.finetunes.estimates import Plan, make_plan
from playground.finetunes.memory import (
    CPU_TOKENS,
    GPTJ_6B,
    USABLE,
    Device,
    Need,
    bytes_of_rows,
    check_memory,
    memory_needed,
    training_device,
)
from playground.finetunes.options import Options
from tests.finetunes.conftest import make_version, register_worker
from workers.finetune import device_memory
from workers.finetune.chores import note_memory
from workers.finetune.device_memory import DeviceMemory, measure_memory, read_cards
from workers.finetune.training import Training
from workers.process.options import Options as WorkerOptions
from workers.training import host_memory
from workers.training.network import Shape
from workers.training.tuning import learner
from workers.training.tuning import memory as trainer

GIB = 1 << 30


def set_memory(total: int, free: int | None = None, **values: Any) -> None:
    """A worker of the base, whose device has so much."""
    register_worker()
    Worker.objects.update(memory_total=total, memory_free=free, **values)


def plan(person: Person, **figures: int) -> Plan:
    version = make_version(person, figures={"task": "open", **figures})
    return make_plan(version=version, base=registry().get("tiny"), options=Options())


@pytest.mark.parametrize("length", [40, 512, 513, 2_048])
@pytest.mark.parametrize("rows", [1, 16])
def test_rows_are_counted_as_the_trainer_counts_them(rows: int, length: int) -> None:
    shape = Shape(
        vocab_size=GPTJ_6B.vocabulary,
        n_embd=GPTJ_6B.width,
        n_layer=GPTJ_6B.layers,
        n_head=GPTJ_6B.heads,
        rotary_dim=64,
        n_positions=GPTJ_6B.context,
        layer_norm_epsilon=1e-5,
    )

    ours = bytes_of_rows(GPTJ_6B, rows, length, labels=7)

    assert ours == trainer.bytes_of_rows(shape, rows, length, labels=7, recompute=False)


def test_the_bounds_are_the_trainers() -> None:
    assert (USABLE, CPU_TOKENS) == (trainer.USABLE, learner.CPU_TOKENS)


def needed(rank: int = 16, longest: int = 2_048, free: int | None = None) -> Need:
    trained = 2 * rank * GPTJ_6B.layers * 13 * GPTJ_6B.width // 2
    device = Device(name="cuda:0", total=80 * GIB, free=free)
    spec = registry().get("tiny")
    return memory_needed(
        spec, Options(), trained=trained, longest=longest, labels=longest, device=device
    )


def test_no_more_rows_are_counted_than_fit_at_a_time() -> None:
    assert needed(free=1 << 20).rows == needed(free=1 << 20).one_row
    assert needed(free=80 * GIB).rows > needed().one_row


@pytest.mark.parametrize(
    ("need", "advice"),
    [
        (Need(base=9, trained=0, rows=0, one_row=0), "Choose a smaller base."),
        (Need(base=5, trained=5, rows=0, one_row=0), "Choose a smaller rank or a smaller base."),
        (Need(base=5, trained=2, rows=9, one_row=3), "Shorten the longest rows (they have 2,048"),
    ],
)
def test_what_cannot_fit_is_refused_with_what_to_change(need: Need, advice: str) -> None:
    device = Device(name="cuda:0", total=8 * GIB, free=8 * GIB)
    scaled = Need(
        base=need.base * GIB,
        trained=need.trained * GIB,
        rows=need.rows * GIB,
        one_row=need.one_row * GIB,
    )

    with pytest.raises(CannotTrain) as refused:
        check_memory(scaled, device, registry().get("tiny"), longest=2_048)

    assert advice in refused.value.message
    assert "the graphics processor that trains tiny has 8 GiB" in refused.value.message


def test_what_fits_alone_is_not_refused() -> None:
    fits = Need(base=5 * GIB, trained=GIB, rows=9 * GIB, one_row=GIB)

    check_memory(fits, Device(name="cpu", total=8 * GIB), registry().get("tiny"), longest=9)


def test_where_nothing_is_known_nothing_is_refused() -> None:
    huge = Need(base=900 * GIB, trained=0, rows=0, one_row=0)

    check_memory(huge, Device(name="cpu"), registry().get("tiny"), longest=9)


@pytest.mark.django_db
def test_the_plan_is_refused_by_the_memory_of_the_worker(person: Person) -> None:
    set_memory(total=64 << 20)

    with pytest.raises(CannotTrain, match="Choose a smaller base"):
        plan(person)


@pytest.mark.django_db
def test_the_plan_says_that_no_worker_was_seen(person: Person) -> None:
    register_worker()

    assert "not known" in plan(person).memory_note


@pytest.mark.django_db
def test_the_plan_says_what_is_free_where_that_is_too_little(person: Person) -> None:
    set_memory(total=64 * GIB, free=100 << 20)

    assert "Only 100 MiB of 64 GiB is free there now" in plan(person).memory_note


@pytest.mark.django_db
def test_where_there_is_enough_there_is_nothing_to_say(person: Person) -> None:
    set_memory(total=64 * GIB, free=60 * GIB)

    assert plan(person).memory_note == ""


@pytest.mark.django_db
def test_the_largest_device_counts_and_what_is_gone_does_not() -> None:
    for name, total in (("small", 8), ("large", 80), ("gone", 160)):
        register_worker(name)
        Worker.objects.filter(name=name).update(memory_total=total * GIB, device=f"cuda:{total}")
    Worker.objects.filter(name="gone").update(state=Worker.State.STOPPED)
    register_worker("other", base="other")
    Worker.objects.filter(name="other").update(memory_total=999 * GIB)

    assert training_device(registry().get("tiny")) == Device(name="cuda:80", total=80 * GIB)


def test_a_model_of_unknown_size_is_taken_for_gpt_j(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "model_sizes", lambda _: None)

    assert needed().base > 12 * GIB * 0.9


def test_a_base_in_4_bits_takes_less(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(memory, "model_sizes", lambda _: None)
    settings.FINETUNE_QUANTIZE = "nf4"

    assert needed().base < 6 * GIB


def test_sizes_of_a_base_are_those_of_its_config(text_side: Path) -> None:
    found = memory.model_sizes(registry().get("tiny"))

    assert isinstance(found, ModelSizes)
    assert found.heads > 0
    assert found.vocabulary > 0


# --- What a worker measures ---------------------------------------------------


def test_a_processor_has_the_memory_of_its_host() -> None:
    found = measure_memory("cpu")

    assert found.total is not None
    assert found.free is not None
    assert 0 < found.free <= found.total


def test_a_container_has_what_it_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text(f"{64 << 20}\n")
    (tmp_path / "memory.current").write_text(f"{48 << 20}\n")
    monkeypatch.setattr(host_memory, "_CGROUP", tmp_path)

    assert measure_memory("cpu") == DeviceMemory(64 << 20, 16 << 20)


CARDS = "16384, 1000\n81920, 70000\n"


@pytest.mark.parametrize(
    ("device", "total", "free"),
    [("cuda:0", 16_384, 1_000), ("cuda:1", 81_920, 70_000), ("cuda", 16_384, 1_000)],
)
def test_a_graphics_processor_has_its_own(
    monkeypatch: pytest.MonkeyPatch, device: str, total: int, free: int
) -> None:
    monkeypatch.setattr(device_memory, "_ASK", ("printf", CARDS))

    assert measure_memory(device) == DeviceMemory(total << 20, free << 20)


@pytest.mark.parametrize("ask", [("no-such-program",), ("false",), ("echo", "No devices")])
def test_what_the_driver_does_not_say_is_not_known(
    monkeypatch: pytest.MonkeyPatch, ask: tuple[str, ...]
) -> None:
    monkeypatch.setattr(device_memory, "_ASK", ask)

    assert measure_memory("cuda:0") == DeviceMemory()


def test_a_card_that_is_not_there_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_memory, "_ASK", ("printf", CARDS))

    assert measure_memory("cuda:7") == DeviceMemory()
    assert read_cards("") == []


@pytest.fixture
def training(db: None) -> Training:
    return Training(WorkerOptions(name="w", spec=registry().get("tiny"), device="cpu", slots=1))


def test_a_worker_says_what_was_free_while_nothing_was_trained(
    training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = iter([DeviceMemory(8 * GIB, 6 * GIB), DeviceMemory(8 * GIB, 1 * GIB)])
    measure: Callable[[str], DeviceMemory] = lambda _: next(measured)  # noqa: E731
    monkeypatch.setattr("workers.finetune.chores.measure_memory", measure)
    note_memory(training)

    training.is_busy = True
    note_memory(training)

    load = training.load()
    assert (load.memory_total, load.memory_free) == (8 * GIB, 6 * GIB)


@pytest.mark.django_db
def test_the_row_has_what_the_worker_says() -> None:
    incarnation = worker_register(name="w", job=FINETUNE, model="tiny", device="cpu", slots=1)

    worker_beat(
        name="w", incarnation=incarnation, state="ready", memory_total=80 * GIB, memory_free=GIB
    )

    row = Worker.objects.get(name="w")
    assert (row.memory_total, row.memory_free) == (80 * GIB, GIB)
