"""Two processes of a launcher learn what one learns, whichever way they share the work."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from tests.training.tuning.jobs import (
    KILLED,
    Trainers,
    change_job,
    end_of,
    make_job,
    record_of,
    steps_of,
)
from workers.training.tuning import __main__ as command
from workers.training.tuning.processes import first_host, take_place_of_task

LORA: dict[str, Any] = {"micro_batch": 2, "evaluate_every": 3}
FULL = {**LORA, "method": "full", "rank": None, "rate": 0.005}
SHARDED = {**FULL, "shard": "always"}
# Three batches a step: one of two processes has a batch less.
UNEVEN = {**SHARDED, "micro_batch": 3}
TrainAlone = Callable[[dict[str, Any]], Path]
WAYS = pytest.mark.parametrize(
    "options", [LORA, FULL, SHARDED, UNEVEN], ids=["lora", "full", "sharded", "uneven"]
)


@pytest.fixture(scope="module")
def train_alone(
    tmp_path_factory: pytest.TempPathFactory, base_folder: Path, child: Trainers
) -> TrainAlone:
    """A job with these options that one process has trained, once for all tests."""
    trained: dict[str, Path] = {}

    def train(options: dict[str, Any]) -> Path:
        name = json.dumps(options)
        if name not in trained:
            folder = make_job(tmp_path_factory.mktemp("alone") / "job", base_folder, **options)
            assert child.attempt(folder) == 0
            trained[name] = folder
        return trained[name]

    return train


def result_of(folder: Path) -> dict[str, Tensor]:
    (path,) = (folder / "result").glob("*/*.safetensors")
    return load_file(path)


def assert_same_result(folder: Path, other: Path) -> None:
    """Up to the rounding of sums in another order, over 12 steps.

    Adam divides by the size of a gradient, so where that is next to nothing its rounding shows: in
    few numbers, and by less than a step, which is up to the rate.
    """
    assert [step for step, _ in steps_of(folder)] == [step for step, _ in steps_of(other)]
    for (_, loss), (_, expected) in zip(steps_of(folder), steps_of(other), strict=True):
        assert loss == pytest.approx(expected, abs=1e-3)
    ours, theirs = result_of(folder), result_of(other)
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        apart = (ours[name] - tensor).abs()
        assert float(apart.mean()) < 1e-5, name
        assert float(apart.max()) < 0.002, name


@WAYS
def test_two_processes_give_the_weights_of_one(
    options: dict[str, Any],
    tmp_path: Path,
    base_folder: Path,
    child: Trainers,
    train_alone: TrainAlone,
) -> None:
    alone = train_alone(options)
    together = make_job(tmp_path / "together", base_folder, **options)

    assert child.attempt(together, processes=2) == 0

    way = record_of(together)[0]["kernel"]
    shared = "sharded" if options.get("shard") else "replicated"
    assert way == f"cpu fp32, packed, 2 processes, {shared}"
    assert end_of(together)["status"] == end_of(alone)["status"] == "succeeded"
    assert len(record_of(together)) == len(record_of(alone))
    assert_same_result(together, alone)


@WAYS
def test_a_job_goes_on_with_another_number_of_processes(
    options: dict[str, Any],
    tmp_path: Path,
    base_folder: Path,
    child: Trainers,
    train_alone: TrainAlone,
) -> None:
    alone = train_alone(options)
    changed = make_job(tmp_path / "changed", base_folder, **options)

    assert child.attempt(changed, processes=2, kill_before=["step", 5]) == KILLED
    assert child.attempt(changed, kill_before=["step", 4]) == KILLED
    assert child.attempt(changed, processes=2) == 0

    assert_same_result(changed, alone)


def test_when_one_of_two_is_killed_the_other_ends_and_the_job_goes_on(
    tmp_path: Path, base_folder: Path, child: Trainers, train_alone: TrainAlone
) -> None:
    alone = train_alone(SHARDED)
    folder = make_job(tmp_path / "job", base_folder, **SHARDED)

    assert child.attempt(folder, processes=2, process=1, kill_before=["step", 5]) == KILLED
    assert child.attempt(folder, processes=2) == 0

    assert_same_result(folder, alone)


@pytest.mark.parametrize("process", [0, 1])
def test_the_first_process_saves_when_it_has_to_make_room(
    process: int, tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder, **SHARDED, save_seconds=1000)
    # A launcher passes the signal on to all of them; here only one gets it.
    asked = child.attempt(folder, processes=2, process=process, terminate_at=4)

    if process == 0:
        assert asked == 75
        assert (record_of(folder)[-1]["kind"], record_of(folder)[-1]["step"]) == ("checkpoint", 4)
        assert child.attempt(folder, processes=2) == 0
    else:
        assert asked == 0
    assert end_of(folder)["status"] == "succeeded"
    assert [step for step, _ in steps_of(folder)] == list(range(1, 13))


def test_a_sharded_job_that_was_killed_at_its_end_writes_its_result(
    tmp_path: Path, base_folder: Path, child: Trainers, train_alone: TrainAlone
) -> None:
    alone = train_alone(SHARDED)
    folder = make_job(tmp_path / "job", base_folder, **SHARDED)

    assert child.attempt(folder, processes=2, kill_before=["evaluation", 1]) == KILLED
    assert child.attempt(folder, processes=2) == 0

    assert_same_result(folder, alone)


@pytest.mark.parametrize(
    ("options", "attempt"),
    [({"gradient_checkpointing": True}, {}), ({}, {"logits_at_once": 264 * 3})],
    ids=["layers computed again", "logits computed again"],
)
def test_a_sharded_network_computes_layers_and_logits_again(
    options: dict[str, Any],
    attempt: dict[str, Any],
    tmp_path: Path,
    base_folder: Path,
    child: Trainers,
    train_alone: TrainAlone,
) -> None:
    alone = train_alone(SHARDED)
    folder = make_job(tmp_path / "job", base_folder, **SHARDED, **options)

    assert child.attempt(folder, processes=2, **attempt) == 0

    assert_same_result(folder, alone)


def test_a_way_of_sharing_may_change_while_a_job_is_stopped(
    tmp_path: Path, base_folder: Path, child: Trainers, train_alone: TrainAlone
) -> None:
    alone = train_alone(FULL)
    folder = make_job(tmp_path / "job", base_folder, **FULL)
    assert child.attempt(folder, processes=2, kill_before=["step", 5]) == KILLED

    change_job(folder, shard="always")

    assert child.attempt(folder, processes=2) == 0
    assert_same_result(folder, alone)


def test_each_process_has_rows_of_a_step(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder, save_seconds=60)

    assert child.attempt(folder, processes=3) == 0

    plan = record_of(folder)[0]
    # Steps of 6, 7 and 7 rows.
    assert (plan["micro_batch"], plan["sequences"]) == (3, 2 + 3 + 3)


def test_what_no_process_can_train_is_said_by_the_first(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder, rank=0)

    # The others must not be waited for, whoever fails alone.
    assert child.attempt(folder, processes=2) == os.EX_UNAVAILABLE

    assert end_of(folder)["code"] == "option_wrong"


def test_several_processes_without_accelerate_are_refused(
    tmp_path: Path, base_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_job(tmp_path / "job", base_folder)
    monkeypatch.setitem(sys.modules, "accelerate", None)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(command, "Termination", lambda: None)

    assert command.main([str(folder)]) == 0

    assert end_of(folder)["code"] == "library_missing"
    assert "Install it, or start one process" in end_of(folder)["reason"]


# --- srun ----------------------------------------------------------------------------------------

TASK = {
    "SLURM_STEP_NUM_TASKS": "8",
    "SLURM_PROCID": "6",
    "SLURM_LOCALID": "2",
    "SLURM_STEP_NUM_NODES": "2",
    "SLURM_STEP_NODELIST": "gpu[07-08]",
    "SLURM_JOB_ID": "123456",
    "SLURM_STEP_ID": "4",
}
PLACE = {
    "WORLD_SIZE": "8",
    "RANK": "6",
    "LOCAL_RANK": "2",
    "MASTER_ADDR": "gpu07",
    "MASTER_PORT": "23460",
}


@pytest.mark.parametrize(
    ("changes", "devices", "expected"),
    [
        ({}, 4, PLACE),
        # Each task sees its own GPU alone.
        ({}, 1, PLACE | {"LOCAL_RANK": "0"}),
        ({}, 0, PLACE | {"LOCAL_RANK": "0"}),
        ({"SLURM_STEP_NUM_NODES": "1"}, 4, PLACE | {"MASTER_ADDR": "127.0.0.1"}),
        (
            {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500"},
            4,
            PLACE | {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500"},
        ),
    ],
    ids=["hosts", "own GPU", "no GPU", "one host", "chosen"],
)
def test_a_task_of_srun_knows_its_place(
    changes: dict[str, str], devices: int, expected: dict[str, str]
) -> None:
    environ = TASK | changes

    take_place_of_task(environ, devices=devices)

    assert environ == TASK | changes | expected


@pytest.mark.parametrize("changes", [{"RANK": "0"}, {"SLURM_STEP_NUM_TASKS": "1"}])
def test_a_launcher_within_a_task_and_a_task_alone_are_left_as_they_are(
    changes: dict[str, str],
) -> None:
    environ = TASK | changes

    take_place_of_task(environ, devices=4)

    assert environ == TASK | changes


@pytest.mark.parametrize(
    ("hosts", "first"),
    [
        ("gpu[03-07,09],login", "gpu03"),
        ("gpu[12,14]", "gpu12"),
        ("alone", "alone"),
        ("a1,a2", "a1"),
        ("rack-2-gpu[001-128]", "rack-2-gpu001"),
    ],
)
def test_the_first_host_of_a_list_is_found(hosts: str, first: str) -> None:
    assert first_host(hosts) == first
