"""A worker dies in the middle of a table of rows."""

import re
from typing import Any

from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor

ROWS = 8
RUNS = """
    SELECT run.id, run.status, run.attempt, run.worker, run.prompt
    FROM batches_batchrow row JOIN runs_run run ON run.id = row.run_id ORDER BY row.number
"""


def start_table(visitor: Visitor) -> str:
    """The address of a table of a new prompt; its rows take more than a second each."""
    form = {"prompt": "{{city}} is", "model": "slow", "max_tokens": 30, "temperature": 0}
    form |= {"stop": "", "frequency_penalty": -2, "save_title": "Cities"}
    saved = visitor.post("/free/save/", form).headers["Location"]
    prompt = re.search(r"/prompts/([0-9a-f-]{36})/", saved)
    assert prompt, saved
    table = "\n".join(["city", *(f"City {number}" for number in range(ROWS))])
    answer = visitor.post(f"/prompts/{prompt[1]}/rows/", {"table": table})
    assert answer.status == 303, answer.text[:500]
    return answer.headers["Location"]


def running_rows(stack: Stack) -> list[dict[str, Any]]:
    return [row for row in stack.query(RUNS) if row["status"] == "running"]


def test_every_row_runs_once_and_to_its_end(stack: Stack, visitor: Visitor) -> None:
    address = start_table(visitor)
    wait_until(lambda: running_rows(stack), what="a row to run")
    victim = running_rows(stack)[0]["worker"]

    stack.kill(victim)
    stack.start_worker("slow", name=victim)

    wait_until(
        lambda: f"{ROWS} done" in visitor.get(address).text, what="all rows to be done", timeout=60
    )
    rows = stack.query(RUNS)
    assert [row["prompt"] for row in rows] == [f"City {number} is" for number in range(ROWS)]
    assert {row["status"] for row in rows} == {"succeeded"}
    assert max(row["attempt"] for row in rows) == 2
    made = stack.query("SELECT count(*) AS count FROM runs_run WHERE prompt LIKE 'City % is'")
    assert made[0]["count"] == ROWS
