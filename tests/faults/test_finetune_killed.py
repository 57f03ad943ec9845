"""A fine-tune whose trainer, worker or both are killed, and whose Redis is emptied: it goes on by
itself, and its record has every step once."""

import json
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.checkpoints.jobs import CHECK, FINETUNE
from playground.core.processes import children_of
from playground.management.parts import worker_command
from playground.management.supervisor import Part
from tests.support.part import RunningPart, wait_until
from tests.support.stack import Stack, wait_ready
from tests.support.visitor import Visitor

ROWS = "".join(f"Message {n}: {'good' if n % 2 else 'bad'}<|endoftext|>\n" for n in range(200))
PATIENCE = 40.0


def start_tuner(stack: Stack) -> RunningPart:
    command = worker_command(job=FINETUNE, model="demo", device="cpu", name="tuner@here")
    part = stack.launch(Part(name="tuner", command=command))
    wait_ready(part)
    return part


@pytest.fixture(autouse=True)
def end_tuner(stack: Stack) -> Iterator[None]:
    yield
    if "tuner" in stack.parts and stack.parts["tuner"].alive:
        stack.kill("tuner")


def paste_dataset(stack: Stack, visitor: Visitor, name: str = "Moods") -> str:
    """A checked version's id."""
    command = worker_command(job=CHECK, model="", device="cpu", name="check@here")
    wait_ready(stack.launch(Part(name="check", command=command)))
    answer = visitor.post("/datasets/paste/", {"text": ROWS, "name": name, "model": "demo"})
    assert answer.status in (200, 303), answer.text
    checked = (
        "SELECT v.id FROM datasets_datasetversion v JOIN datasets_dataset d ON d.id = v.dataset_id "
        "WHERE d.name = ? AND v.state = 'checked'"
    )
    wait_until(lambda: stack.query(checked, name), what="the dataset to be checked")
    stack.stop("check")
    (row,) = stack.query(checked, name)
    return str(row["id"])


def row(stack: Stack) -> dict[str, Any]:
    (found,) = stack.query("SELECT * FROM finetunes_finetune")
    return found


def until_reached(stack: Stack, more_than: int) -> int:
    """The step of a checkpoint beyond ``more_than``."""
    wait_until(
        lambda: row(stack)["reached"] > more_than or row(stack)["finished_at"],
        what=f"a checkpoint after step {more_than}",
        timeout=PATIENCE,
    )
    assert row(stack)["finished_at"] is None, row(stack)["error_message"]
    return int(row(stack)["reached"])


def trainer_of(worker: int) -> int:
    """The process that trains: the child of the worker's keeper."""
    (keeper,) = children_of(worker)
    (trainer,) = children_of(keeper)
    return trainer


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def folder_of(stack: Stack) -> Path:
    return stack.var_dir / "finetunes" / str(uuid.UUID(row(stack)["id"]))


def kill_both_in_a_checkpoint(stack: Stack, tuner: RunningPart) -> None:
    """Trainer and worker die while a checkpoint is half written, which is there afterwards."""
    checkpoints = folder_of(stack) / "checkpoints"
    trainer = trainer_of(tuner.pid)
    wait_until(
        lambda: any(checkpoints.glob(".new-*")),
        what="the beginning of a checkpoint",
        timeout=PATIENCE,
        every=0,
    )
    os.kill(trainer, signal.SIGKILL)
    stack.kill("tuner")
    assert list(checkpoints.glob(".new-*")), "the checkpoint was whole before the kill"


def restart_web_and_empty_redis(stack: Stack) -> None:
    stack.kill("web")
    with stack.redis() as client:
        client.flushall()
    stack.start_web()


def test_it_goes_on_by_itself_and_its_record_is_whole(stack: Stack, visitor: Visitor) -> None:
    version = paste_dataset(stack, visitor)
    form = {"version": version, "base": "demo", "duration": "epochs", "epochs": "150", "batch": "8"}
    answer = visitor.post("/finetunes/new/", {**form, "patience": "0"})
    assert answer.status in (200, 303), answer.text

    # It waits in the queue while the web process is killed and its ring is lost.
    restart_web_and_empty_redis(stack)
    tuner = start_tuner(stack)

    # The trainer is killed in a step, and the web process with all that Redis knew.
    reached = until_reached(stack, 0)
    os.kill(trainer_of(tuner.pid), signal.SIGKILL)
    restart_web_and_empty_redis(stack)
    reached = until_reached(stack, reached)

    # The worker is killed: its trainer ends with it, and the next worker goes on.
    trainer = trainer_of(tuner.pid)
    stack.kill("tuner")
    wait_until(lambda: not is_alive(trainer), what="the trainer's end")
    tuner = start_tuner(stack)
    reached = until_reached(stack, reached)

    # Both at once, in the middle of a checkpoint.
    kill_both_in_a_checkpoint(stack, tuner)
    tuner = start_tuner(stack)
    until_reached(stack, reached)

    # The worker is killed in the evaluation.
    stopped = visitor.post(f"/finetunes/{uuid.UUID(row(stack)['id'])}/stop/")
    assert stopped.status == 303
    result = folder_of(stack) / "result"
    wait_until((result / "adapter").is_dir, what="the evaluation", timeout=PATIENCE, every=0)
    stack.kill("tuner")
    assert not (result / "evaluation.json").exists()
    start_tuner(stack)

    wait_until(lambda: row(stack)["finished_at"], what="its end", timeout=PATIENCE)
    final = row(stack)
    assert (final["status"], final["attempt"]) == ("stopped", 5), final["error_message"]
    events = stack.query("SELECT n, kind, step FROM finetunes_finetuneevent ORDER BY n")
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    steps = [event["step"] for event in events if event["kind"] == "step"]
    assert steps == list(range(1, len(steps) + 1))
    assert stack.query("SELECT name FROM checkpoints_adapter WHERE state = 'ready'")
    assert json.loads(final["result"])["evaluation"]["measured"] > 0
