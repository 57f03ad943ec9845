"""The training loop: what is recorded, validated and saved, and when."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny import batches_from, make_trainer
from workers.training.batches import Batch
from workers.training.checkpoint import resume_from_checkpoint, save_checkpoint
from workers.training.journal import Journal, read_log
from workers.training.loop import Intervals, run_schedule
from workers.training.trainer import Trainer

INTERVALS = Intervals(record=2, validate=4, save=3)
Report = tuple[dict[str, Any], timedelta]


class Stopped(Exception):
    """The machine went down."""


def run(work: Path, trainer: Trainer, *, stop_before: int = 1000) -> tuple[list[int], list[Report]]:
    """Trains, or resumes training, in a folder; returns the saved steps and the reports."""
    saved_at: list[int] = []
    reports: list[Report] = []
    checkpoint, journal = work / "checkpoint.pt", Journal(work)
    resume_from_checkpoint(trainer, checkpoint)
    journal.begin({"seed": 1}, step=trainer.step)

    def save() -> None:
        saved_at.append(trainer.step)
        save_checkpoint(trainer, checkpoint)

    def batches() -> Iterator[list[Batch]]:
        yield from islice(batches_from(trainer.step), stop_before - trainer.step)
        raise Stopped

    run_schedule(
        trainer,
        batches(),
        journal=journal,
        intervals=INTERVALS,
        validate=lambda: {"held out": 1.5},
        report=lambda *report: reports.append(report),
        save=save,
    )
    return saved_at, reports


def test_each_action_runs_at_its_interval_and_all_at_the_end(tmp_path: Path) -> None:
    saved_at, reports = run(tmp_path, make_trainer(steps=9))

    lines = read_log(tmp_path / "log.jsonl")
    assert [line["step"] for line in lines] == [2, 4, 6, 8, 9]
    assert [line["step"] for line in lines if "validation" in line] == [4, 8, 9]
    assert lines[-1]["validation"] == {"held out": 1.5}
    assert saved_at == [3, 6, 9]
    assert [line for line, _ in reports] == lines
    assert reports[-1][1] == timedelta(0)


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    run(tmp_path, make_trainer(steps=4))
    before = (tmp_path / "log.jsonl").read_bytes()

    saved_at, reports = run(tmp_path, make_trainer(steps=4))

    assert saved_at == reports == []
    assert (tmp_path / "log.jsonl").read_bytes() == before


def test_the_record_of_a_stopped_run_continues_from_its_checkpoint(tmp_path: Path) -> None:
    for name in ("straight", "stopped"):
        (tmp_path / name).mkdir()
    run(tmp_path / "straight", make_trainer(steps=8))
    with pytest.raises(Stopped):
        run(tmp_path / "stopped", make_trainer(steps=8), stop_before=5)
    assert [line["step"] for line in read_log(tmp_path / "stopped" / "log.jsonl")] == [2, 4]

    run(tmp_path / "stopped", make_trainer(steps=8))

    straight, resumed = (
        read_log(tmp_path / name / "log.jsonl") for name in ("straight", "stopped")
    )
    # The line at step 4 belonged to the lost interval; its replacement saw step 4 alone.
    assert [line["step"] for line in resumed] == [line["step"] for line in straight]
    assert [line["loss"] for line in resumed[2:]] == [line["loss"] for line in straight[2:]]
    assert resumed[1]["tokens"] == straight[1]["tokens"]
