"""One playground for all fault tests, repaired before each.

Two workers serve `slow`, which writes as fast as a person reads. One serves `demo`, the same
checkpoint at its own speed, which gives the result of an undisturbed run.
"""

from collections.abc import Iterator

import pytest

from tests.support.registry import random_checkpoint
from tests.support.stack import Stack, wait_ready
from tests.support.visitor import Visitor

MODELS = {
    "demo": {},
    "slow": {"tokens_per_second": 20, "slots": 6},
    "unserved": {},
    "fragile": {"path": "fragile"},
}
SERVED = {"one": "slow", "two": "slow", "demo": "demo"}


@pytest.fixture(scope="session")
def whole_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("faults")
    checkpoint = random_checkpoint(tmp_path_factory.getbasetemp() / "random-checkpoint")
    with Stack(folder, checkpoint=checkpoint, models=MODELS) as stack:
        stack.start_valkey()
        stack.migrate()
        yield stack


@pytest.fixture
def stack(whole_stack: Stack, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """All parts alive and no run left from another test."""
    heal(whole_stack)
    failed = request.session.testsfailed
    yield whole_stack
    if request.session.testsfailed > failed:
        print(whole_stack.report())


@pytest.fixture
def visitor(stack: Stack) -> Visitor:
    return stack.visitor()


def heal(stack: Stack) -> None:
    """Starts parts that are dead; ends runs that are still queued or running."""
    if not _alive(stack, "valkey"):
        stack.start_valkey()
    started = [
        stack.launch_worker(model, name=name)
        for name, model in SERVED.items()
        if not _alive(stack, name)
    ]
    web_started = not _alive(stack, "web")
    if web_started:
        stack.launch_web()
    for part in started:
        wait_ready(part)
    if web_started:
        stack.wait_web(ready=True)
    stack.query("UPDATE runs_run SET cancel_requested = 1 WHERE finished_at IS NULL")
    for left in stack.query("SELECT id FROM runs_run WHERE finished_at IS NULL"):
        stack.wait_final(left["id"])


def _alive(stack: Stack, name: str) -> bool:
    part = stack.parts.get(name)
    return part is not None and part.alive
