"""Checkpoints: only whole ones are taken, and a full disk leaves the last one."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from workers.training.tuning import checkpoints
from workers.training.tuning.checkpoints import (
    COMPLETE,
    Checkpoint,
    newest_checkpoint,
    save_checkpoint,
)


def make(step: int, *, best: bool = True) -> Checkpoint:
    weights = {"a": torch.full((3,), float(step))}
    moments = {"a|exp_avg": torch.ones(3), "a|step": torch.tensor(float(step))}
    return Checkpoint(weights, moments, weights if best else None, {"step": step})


def save(folder: Path, *steps: int) -> None:
    for step in steps:
        save_checkpoint(folder, make(step), step=step)


def newest_step(folder: Path) -> int | None:
    found, _ = newest_checkpoint(folder)
    return found.state["step"] if found else None


@pytest.mark.parametrize("best", [True, False])
def test_what_was_saved_is_read(best: bool, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c", make(7, best=best), step=7)

    found, removed = newest_checkpoint(tmp_path / "c")

    assert found and found.state == {"step": 7}
    assert found.weights["a"].equal(torch.full((3,), 7.0))
    assert found.moments["a|step"].item() == 7
    assert (found.best is not None) == best
    assert removed == []


def test_no_folder_is_no_checkpoint(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "c") == (None, [])


def test_the_last_two_stay(tmp_path: Path) -> None:
    save(tmp_path / "c", 1, 2, 10)

    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        "step-000002",
        "step-000010",
    ]


@pytest.mark.parametrize(
    "damage", ["marker", "marker cut", "weights cut", "moments changed", "state gone"]
)
def test_one_that_is_not_whole_is_removed_and_the_one_before_taken(
    damage: str, tmp_path: Path
) -> None:
    save(tmp_path / "c", 1, 2)
    newest = tmp_path / "c" / "step-000002"
    if damage == "marker":
        (newest / COMPLETE).unlink()
    elif damage == "marker cut":
        (newest / COMPLETE).write_text("{", encoding="utf-8")
    elif damage == "weights cut":
        path = newest / "weights.safetensors"
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "moments changed":
        path = newest / "optimizer.safetensors"
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    else:
        (newest / "state.json").unlink()

    found, removed = newest_checkpoint(tmp_path / "c")

    assert found and found.state["step"] == 1
    assert len(removed) == 1
    assert removed[0].startswith("step-000002 is not whole")
    assert not newest.exists()


def test_stray_files_are_named_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    save(folder, 1)
    for name in ("checkpoint-100.safetensors", "checkpoint-abc", ".DS_Store", "step-99"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / ".new-step-000002").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "step-000005").symlink_to(outside)

    found, removed = newest_checkpoint(folder)

    assert found and found.state["step"] == 1
    assert len(removed) == 6
    assert [path.name for path in folder.iterdir()] == ["step-000001"]
    assert outside.is_dir()


@pytest.mark.parametrize("moment", range(5))
def test_a_full_disk_at_any_file_leaves_the_last_checkpoint(
    moment: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "c"
    save(folder, 1)
    left = moment
    real = checkpoints.sync

    def sync(path: Path) -> None:
        nonlocal left
        if left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left -= 1
        real(path)

    monkeypatch.setattr(checkpoints, "sync", sync)
    with pytest.raises(OSError, match="No space"):
        save(folder, 2)
    monkeypatch.undo()

    assert [path.name for path in folder.iterdir()] == ["step-000001"]
    assert newest_step(folder) == 1
    save(folder, 2)
    assert newest_step(folder) == 2


def test_nothing_in_it_is_a_pickle(tmp_path: Path) -> None:
    save(tmp_path, 1)

    names = {path.name for path in (tmp_path / "step-000001").iterdir()}
    digests: dict[str, Any] = json.loads((tmp_path / "step-000001" / COMPLETE).read_text())
    assert names - {COMPLETE} == digests.keys()
    assert {Path(name).suffix for name in digests} == {".safetensors", ".json"}
