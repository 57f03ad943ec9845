"""A worker dies while it computes the probabilities of prompts."""

import json
from typing import Any

from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor

# So much that one takes a moment.
LONG = "The ferry leaves the harbour at dawn. " * 120
JSON = {"Accept": "application/json"}


def ask(visitor: Visitor, model: str = "slow") -> str:
    """The address of a new score."""
    answer = visitor.post("/free/score/", {"prompt": LONG, "model": model}, **JSON)
    assert answer.status == 202, answer.text
    return str(json.loads(answer.text)["url"])


def state(visitor: Visitor, url: str) -> Any:
    return json.loads(visitor.get(url).text)


def test_each_score_ends_with_a_result_or_a_reason(stack: Stack, visitor: Visitor) -> None:
    stack.stop("two")
    urls = [ask(visitor) for _ in range(6)]
    wait_until(
        lambda: stack.query("SELECT id FROM scores_score WHERE started_at IS NOT NULL"),
        what="a score to be claimed",
        every=0.005,
    )

    stack.kill("one")
    stack.start_worker("slow", name="one")

    wait_until(
        lambda: all(state(visitor, url)["status"] in ("succeeded", "failed") for url in urls),
        what="all scores to end",
    )
    states = [state(visitor, url) for url in urls]
    lost = [one for one in states if one["status"] == "failed"]
    # The worker has one at a time.
    assert len(lost) <= 1
    assert all("worker was lost" in one["error"] for one in lost)
    rated = [one["result"] for one in states if one["status"] == "succeeded"]
    assert all(result == rated[0] for result in rated)
    assert len(rated[0]) > 1_000


def test_a_score_without_a_worker_says_what_it_waits_for(stack: Stack, visitor: Visitor) -> None:
    url = ask(visitor, model="unserved")

    assert state(visitor, url)["status"] == "queued"
    assert "Waiting for a worker" in state(visitor, url)["note"]
    token = {"X-CSRFToken": visitor.cookies["csrftoken"]}
    assert visitor.request("DELETE", url, headers=token).status == 204
    assert visitor.get(url).status == 404


def test_runs_go_on_beside_a_score(stack: Stack, visitor: Visitor) -> None:
    run = visitor.run("Once upon a time", max_tokens=20)
    url = ask(visitor)

    wait_until(lambda: state(visitor, url)["status"] == "succeeded", what="the score's result")

    assert stack.wait_final(run)["status"] == "succeeded"
