"""A run's record: its options, and a line for every few steps."""

import json
from pathlib import Path

import pytest

from workers.training.journal import DifferentRun, Journal, read_log


def test_a_run_is_not_resumed_with_other_options(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    run = {"seed": 1, "corpus": "a", "steps": [10], "decay": [0.3]}
    journal.begin(run, step=0)

    def resume(**changes: object) -> None:
        journal.begin({**run, **changes}, step=10, extendable=("steps", "decay"))

    with pytest.raises(DifferentRun, match="another corpus"):
        resume(corpus="b")
    with pytest.raises(DifferentRun, match="another steps"):
        resume(steps=[20])
    with pytest.raises(DifferentRun, match="another decay"):
        resume(steps=[10, 20], decay=[0.5, 0.5])
    resume(steps=[10, 20], decay=[0.3, 0.5])


def test_a_run_that_starts_again_has_a_new_record(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin({"seed": 1}, step=0)
    journal.append({"step": 20, "loss": 3.0})

    journal.begin({"seed": 2}, step=0)

    assert read_log(journal.log_path) == []
    assert json.loads((tmp_path / "run.json").read_text()) == {"seed": 2}


def test_lines_after_the_checkpoint_are_removed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin({"seed": 1}, step=0)
    for step in (10, 20, 30):
        journal.append({"step": step})

    journal.begin({"seed": 1}, step=20)

    assert [line["step"] for line in read_log(journal.log_path)] == [10, 20]
    journal.append({"step": 30})
    assert [line["step"] for line in read_log(journal.log_path)] == [10, 20, 30]


def test_an_incomplete_line_is_ignored(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin({"seed": 1}, step=0)
    journal.append({"step": 10})
    with journal.log_path.open("a") as log:
        log.write('{"step": 1')

    assert read_log(journal.log_path) == [{"step": 10}]
    journal.begin({"seed": 1}, step=10)
    assert journal.log_path.read_text() == '{"step": 10}\n'
