"""A fine-tune that loses web process and Redis while it waits, its trainer too in a step, and its
worker in the evaluation: it goes on by itself, and its record has every step once."""

import json
import os
import signal
from collections.abc import Iterator

import pytest

from tests.faults.finetuning import (
    PATIENCE,
    child_of,
    delete_finetune,
    end_tuner,
    folder_of_finetune,
    id_of_finetune,
    paste_dataset,
    row_of_finetune,
    start_finetune,
    start_tuner,
    steps_without_gap_or_double,
    wait_for_end,
)
from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor


@pytest.fixture(autouse=True)
def no_tuner_stays(stack: Stack) -> Iterator[None]:
    yield
    end_tuner(stack)


def until_reached(stack: Stack, more_than: int) -> int:
    """The step of a checkpoint beyond ``more_than``."""

    def has_ended_or_reached() -> bool:
        row = row_of_finetune(stack)
        return row["reached"] > more_than or row["finished_at"] is not None

    wait_until(has_ended_or_reached, what=f"a checkpoint after {more_than}", timeout=PATIENCE)
    row = row_of_finetune(stack)
    assert row["finished_at"] is None, row["error_message"]
    return int(row["reached"])


def restart_web_and_empty_redis(stack: Stack) -> None:
    stack.kill("web")
    with stack.redis() as client:
        client.flushall()
    stack.start_web()


def test_it_goes_on_by_itself_and_its_record_is_whole(stack: Stack, visitor: Visitor) -> None:
    start_finetune(visitor, paste_dataset(stack, visitor, "Moods"), epochs=150, batch=8)

    # It waits in the queue while the web process is killed and its ring is lost.
    restart_web_and_empty_redis(stack)
    tuner = start_tuner(stack)

    # The trainer is killed in a step, and the web process with all that Redis knew.
    reached = until_reached(stack, 0)
    os.kill(child_of(tuner.pid), signal.SIGKILL)
    restart_web_and_empty_redis(stack)
    until_reached(stack, reached)

    # The worker is killed in the evaluation.
    assert visitor.post(f"/finetunes/{id_of_finetune(stack)}/stop/").status == 303
    result = folder_of_finetune(stack) / "result"
    wait_until((result / "adapter").is_dir, what="the evaluation", timeout=PATIENCE, every=0)
    stack.kill("tuner")
    assert not (result / "evaluation.json").exists()
    start_tuner(stack)

    final = wait_for_end(stack)
    assert (final["status"], final["attempt"]) == ("stopped", 3), final["error_message"]
    assert steps_without_gap_or_double(stack)
    assert stack.query("SELECT name FROM checkpoints_adapter WHERE state = 'ready'")
    assert json.loads(final["result"])["evaluation"]["measured"] > 0
    delete_finetune(stack, visitor)
