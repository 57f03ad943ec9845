"""Fine-tunes on the stack of the fault tests: their dataset, worker, trainer, row and folder."""

import uuid
from pathlib import Path
from typing import Any

from playground.checkpoints.jobs import CHECK, FINETUNE
from playground.core.processes import children_of
from playground.management.parts import worker_command
from playground.management.supervisor import Part
from tests.support.part import RunningPart, wait_until
from tests.support.stack import Stack, wait_ready
from tests.support.visitor import Visitor

ROWS = "".join(f"Message {n}: {'good' if n % 2 else 'bad'}<|endoftext|>\n" for n in range(200))
PATIENCE = 60.0


def start_tuner(stack: Stack) -> RunningPart:
    command = worker_command(job=FINETUNE, model="demo", device="cpu", name="tuner@here")
    part = stack.launch(Part(name="tuner", command=command))
    wait_ready(part)
    return part


def end_tuner(stack: Stack) -> None:
    if "tuner" in stack.parts and stack.parts["tuner"].alive:
        stack.kill("tuner")


def paste_dataset(stack: Stack, visitor: Visitor, name: str) -> str:
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


def start_finetune(visitor: Visitor, version: str, **options: object) -> None:
    """Posts the form; the fine-tune is in the queue."""
    form = {"version": version, "base": "demo", "duration": "epochs", "patience": "0", **options}
    answer = visitor.post("/finetunes/new/", form)
    assert answer.status == 303, answer.text


def row_of_finetune(stack: Stack) -> dict[str, Any]:
    """The row of the only one."""
    (found,) = stack.query("SELECT * FROM finetunes_finetune")
    return found


def id_of_finetune(stack: Stack) -> str:
    return str(uuid.UUID(row_of_finetune(stack)["id"]))


def folder_of_finetune(stack: Stack) -> Path:
    return stack.var_dir / "finetunes" / id_of_finetune(stack)


def delete_finetune(stack: Stack, visitor: Visitor) -> None:
    """The other tests have theirs alone."""
    assert visitor.post(f"/finetunes/{id_of_finetune(stack)}/delete/").status == 303


def wait_for_end(stack: Stack) -> dict[str, Any]:
    """The final row."""
    wait_until(
        lambda: row_of_finetune(stack)["finished_at"], what="the training's end", timeout=PATIENCE
    )
    return row_of_finetune(stack)


def child_of(worker: int, *, after: int = 0) -> int:
    """The process that trains or exports: that of the worker's keeper, once it is there.

    after: the one before, which may be there as a zombie.
    """
    found: list[int] = []

    def find() -> list[int]:
        children = [child for keeper in children_of(worker) for child in children_of(keeper)]
        found[:] = [child for child in children if child != after]
        return found

    wait_until(find, what="a child of the worker's keeper", timeout=PATIENCE)
    return found[-1]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def wait_until_dead(pid: int) -> None:
    wait_until(lambda: not is_alive(pid), what=f"the end of process {pid}")


def steps_without_gap_or_double(stack: Stack) -> list[dict[str, Any]]:
    """The steps of the page's record, which has every line and every step once."""
    events = stack.query("SELECT n, kind, step, data FROM finetunes_finetuneevent ORDER BY n")
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    steps = [event for event in events if event["kind"] == "step"]
    assert [event["step"] for event in steps] == list(range(1, len(steps) + 1))
    return steps
