"""A ring may be lost, doubled, or received by two workers at once: one log, one result."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import Celery

from playground.core.search import new_number
from tests.faults.undisturbed import PROMPT, undisturbed_text
from tests.support.stack import Stack
from tests.support.visitor import Visitor

SHORT: dict[str, object] = {"max_tokens": 12}


@pytest.fixture
def make_finished_run(stack: Stack, visitor: Visitor) -> str:
    """A finished run of the visitor's, to be copied."""
    run = visitor.run(PROMPT, model="demo", **SHORT)
    stack.wait_final(run)
    return run


def save_without_ring(stack: Stack, copied: str) -> str:
    """A row whose ring was lost after the commit."""
    run = uuid.uuid4()
    changed = {
        "id": f"'{run.hex}'",
        "number": str(new_number()),
        "model": "'slow'",
        "status": "'queued'",
        "worker": "''",
        "attempt": "0",
        "text": "''",
        "tokens": "'[]'",
        "completion_tokens": "0",
        "finish_reason": "''",
        "started_at": "NULL",
        "finished_at": "NULL",
    }
    # The database computes the size.
    names = [name for name in stack.row(copied) if name != "size"]
    chosen = ", ".join(changed.get(name, name) for name in names)
    stack.query(
        f"INSERT INTO runs_run ({', '.join(names)}) SELECT {chosen} FROM runs_run WHERE id = ?",
        copied.replace("-", ""),
    )
    return str(run)


def ring(stack: Stack, times: int) -> None:
    """Rings for `slow`, from several connections at once."""
    broker = f"redis+socket://{stack.valkey.socket}"
    with Celery(broker=broker) as app, ThreadPoolExecutor(4) as pool:
        for sent in [
            pool.submit(app.send_task, "generate", args=["slow"], queue="generate.slow")
            for _ in range(times)
        ]:
            sent.result()


def test_a_run_whose_ring_was_lost_starts_anyway(
    stack: Stack, visitor: Visitor, make_finished_run: str
) -> None:
    run = save_without_ring(stack, make_finished_run)

    row = stack.wait_final(run)

    assert (row["status"], row["attempt"]) == ("succeeded", 1)
    assert row["text"] == stack.row(make_finished_run)["text"]


def test_a_repeated_ring_makes_one_result(stack: Stack, visitor: Visitor) -> None:
    text = undisturbed_text(stack, **SHORT)
    run = visitor.run(PROMPT, **SHORT)
    ring(stack, 6)
    with visitor.follow(run) as viewer:
        viewer.until_final()

    row = stack.row(run)
    assert (row["status"], row["attempt"]) == ("succeeded", 1)
    assert row["text"] == viewer.text == text


def test_two_workers_with_the_same_ring_take_each_run_once(
    stack: Stack, visitor: Visitor, make_finished_run: str
) -> None:
    runs = [save_without_ring(stack, make_finished_run) for _ in range(8)]

    ring(stack, 16)

    rows = [stack.wait_final(run) for run in runs]
    assert {(row["status"], row["attempt"]) for row in rows} == {("succeeded", 1)}
    assert {row["text"] for row in rows} == {stack.row(make_finished_run)["text"]}
    with stack.redis() as client:
        lengths = {client.xlen(f"log:{run}:0") for run in runs}
    assert lengths == {SHORT["max_tokens"]}
