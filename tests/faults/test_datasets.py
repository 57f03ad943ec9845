"""Datasets while their worker is killed, Redis is emptied and the web process starts again."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator

import pytest

from playground.checkpoints.jobs import CHECK
from playground.management.parts import worker_command
from playground.management.supervisor import Part
from tests.faults.test_people_deleted import sign_up
from tests.support.part import RunningPart, wait_until
from tests.support.stack import Stack, wait_ready
from tests.support.visitor import Visitor

# Long enough to be killed in the middle.
ROW = json.dumps({"prompt": "Q: " + "some words " * 30, "completion": " yes {}"}) + "\n"
CONTENT = "".join(ROW.replace("{}", str(number)) for number in range(7_000)).encode()

StartChecker = Callable[[], RunningPart]


@pytest.fixture
def start_checker(stack: Stack) -> Iterator[StartChecker]:
    def start() -> RunningPart:
        command = worker_command(job=CHECK, model="", device="cpu", name="check@here")
        part = stack.launch(Part(name="check", command=command))
        wait_ready(part)
        return part

    yield start
    if "check" in stack.parts and stack.parts["check"].alive:
        stack.stop("check")


def send(visitor: Visitor, address: str, offset: int, size: int = 1 << 20) -> int:
    """Sends the next part; returns where the upload is then."""
    answer = visitor.request(
        "PATCH",
        address,
        CONTENT[offset : offset + size],
        {
            "X-CSRFToken": visitor.cookies["csrftoken"],
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
        },
    )
    assert answer.status == 204, answer.text
    return int(answer.headers["Upload-Offset"])


def begin(visitor: Visitor) -> str:
    headers = {"X-CSRFToken": visitor.cookies["csrftoken"], "Upload-Length": str(len(CONTENT))}
    answer = visitor.request("POST", "/datasets/uploads/", b"", headers)
    assert answer.status == 201, answer.text
    return str(answer.headers["Location"])


def empty_redis(stack: Stack) -> None:
    """Takes all rings, and whatever else there is."""
    with stack.redis() as client:
        client.flushall()


def version(stack: Stack) -> dict[str, object]:
    (row,) = stack.query(
        "SELECT * FROM datasets_datasetversion WHERE sha256 = ?",
        hashlib.sha256(CONTENT).hexdigest(),
    )
    return row


def test_nothing_of_a_dataset_is_lost(
    stack: Stack, visitor: Visitor, start_checker: StartChecker
) -> None:
    sign_up(visitor, f"ann-{time.time_ns()}")
    # The web process is killed in the middle of the upload, and Redis is emptied.
    address = begin(visitor)
    offset = send(visitor, address, 0)
    stack.kill("web")
    empty_redis(stack)
    stack.start_web()
    offset = int(visitor.request("HEAD", address).headers["Upload-Offset"])
    assert offset == 1 << 20
    while offset < len(CONTENT):
        offset = send(visitor, address, offset)

    # The ring is lost with all that Redis had.
    empty_redis(stack)
    start_checker()
    wait_until(lambda: version(stack)["progress"], what="the check to begin", timeout=30)

    # The worker is killed in the middle of the check.
    stack.kill("check")
    assert version(stack)["state"] == "checking"
    start_checker()
    wait_until(lambda: version(stack)["state"] != "checking", what="its end", timeout=60)

    row = version(stack)
    assert (row["state"], row["rows"]) == ("checked", 7_000)
    assert (row["attempt"], row["losses"]) == (2, 1)
