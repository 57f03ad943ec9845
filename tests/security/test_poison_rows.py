"""Rows that a database refuses and logs that are invalid, with the real processes.

Each ends only its own run, with the reason; on SQLite and on PostgreSQL.
"""

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.part import wait_until
from tests.support.postgres import TemporaryPostgres
from tests.support.refusals import no_refusal, refusal
from tests.support.scripted import scripted_checkpoint
from tests.support.stack import FINAL, Stack
from tests.support.visitor import Visitor

STORY = [f"word{number} ".encode() for number in range(60)]
SCRIPTS = {
    "N": [b"a nul\0", b"\0\0 \r", b"\n and a line\r\r"],
    "P": [b"this is po", b"ison"],
    "L": STORY,
}
MODELS = {
    # One slot: a run that does not give it back stops all others.
    "single": {"path": "scripted", "slots": 1},
    "paced": {"path": "scripted", "slots": 2, "tokens_per_second": 20},
}
WAIT = 30.0
# The row whose text contains "poison" cannot end with it, and a frozen row can neither be stopped,
# nor end, nor go back to the queue.
IS_POISON = "{row}text LIKE '%poison%'"
IS_FROZEN = (
    "{row}prompt LIKE 'frozen%' AND"
    " ({row}cancel_requested OR {row}attempt > 0 AND {row}status <> 'running')"
)


@dataclass
class Site:
    """A stack and its database."""

    stack: Stack
    postgres: str = ""

    @property
    def vendor(self) -> str:
        return "postgresql" if self.postgres else "sqlite"

    def query(self, sql: str, *values: object) -> list[dict[str, Any]]:
        if not self.postgres:
            plain = [v.replace("-", "") if _is_id(v) else v for v in values]
            return self.stack.query(sql.replace("%s", "?"), *plain)
        with psycopg.connect(self.postgres, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def row(self, run: str) -> dict[str, Any]:
        columns = "status, worker, attempt, text, tokens, error_code, error_message"
        (row,) = self.query(f"SELECT {columns} FROM runs_run WHERE id = %s", run)
        return row

    def final(self, run: str) -> dict[str, Any]:
        wait_until(
            lambda: self.row(run)["status"] in FINAL, what=f"{run} to be final", timeout=WAIT
        )
        return self.row(run)

    def refuse(self, condition: str) -> None:
        """The database now refuses every update of a run after which ``condition`` holds."""
        self.query(refusal(self.vendor, condition))

    def allow(self) -> None:
        self.query(no_refusal(self.vendor))

    def count_log_lines(self, worker: str, event: str, run: str) -> int:
        """How often the worker's log has a line of ``event`` about the run."""
        lines = self.stack.parts[worker].lines
        return sum(event in line and run in line for line in lines)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f-]{36}", value))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def whole_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("poison")
    scripted_checkpoint(folder / "scripted", SCRIPTS)
    env = {"SWEEP_SECONDS": "0.2"}
    if request.param == "sqlite":
        with Stack(folder, env=env, models=MODELS) as stack:
            yield Site(stack.start(workers=list(MODELS)))
        return
    # Short, and accessible to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as short:
        Path(short).chmod(0o755)
        with TemporaryPostgres(Path(short) / "server") as server:
            env["DATABASE_URL"] = server.url
            with Stack(folder, env=env, models=MODELS) as stack:
                yield Site(stack.start(workers=list(MODELS)), postgres=server.url)


@pytest.fixture
def site(whole_site: Site, request: pytest.FixtureRequest) -> Iterator[Site]:
    failed = request.session.testsfailed
    yield whole_site
    if request.session.testsfailed > failed:
        print(whole_site.stack.report())
    whole_site.allow()


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.stack.visitor()


def expect_served(site: Site, model: str = "single") -> None:
    """Checks that another person's run is served, whatever happened to the others."""
    run = site.stack.visitor().run("tell L", model=model)
    assert site.final(run)["status"] == "succeeded"


def expires(site: Site, run: str) -> bool:
    client = site.stack.redis()
    try:
        return client.ttl(f"log:{run}:0") > 0
    finally:
        client.close()


def test_the_models_output_can_be_stored_and_imported_again(site: Site, visitor: Visitor) -> None:
    run = visitor.run("write N", model="single")
    with visitor.follow(run) as page:
        page.until_final(timeout=WAIT)
        shown = page.text

    row = site.final(run)
    file = visitor.get("/history/export/?format=jsonl").body
    visitor.post(f"/runs/{run}/delete/")
    answer = import_file(visitor, file)

    assert row["status"] == "succeeded"
    assert row["text"] == shown == "a nul\ufffd\ufffd\ufffd \n and a line\n\n"
    assert "1 run imported." in answer
    assert site.row(run)["text"] == shown


def import_file(visitor: Visitor, file: bytes) -> str:
    """Imports the file; returns the page that follows."""
    token = visitor.cookies["csrftoken"].encode()
    parts = [
        b'Content-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n' + token,
        b'Content-Disposition: form-data; name="file"; filename="r.jsonl"\r\n\r\n' + file,
    ]
    body = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = visitor.request("POST", "/history/import/", body, kind)
    assert answer.status == 303, answer.text
    return visitor.get(answer.headers["Location"]).text


def test_a_text_that_the_database_refuses_ends_its_run_with_the_reason(
    site: Site, visitor: Visitor
) -> None:
    site.refuse(IS_POISON)
    run = visitor.run("drink P", model="single")

    row = site.final(run)
    answer = visitor.stop(run)

    assert (row["status"], row["error_code"], row["text"]) == ("failed", "storage_refused", "")
    assert "refused" in row["error_message"]
    # The run has ended, and the page that Stop leads to says so and why.
    page = visitor.get(answer.headers["Location"]).text
    assert "would refuse it again" in page
    wait_until(lambda: expires(site, run), what="the log's expiry")
    expect_served(site)
    assert site.count_log_lines("single", "run_not_stored", run) == 1


def test_a_row_that_cannot_be_ended_stops_no_other(site: Site, visitor: Visitor) -> None:
    site.refuse(IS_FROZEN)
    run = visitor.run("frozen L", model="single")
    site.stack.parts["single"].wait_for_line(f"run_not_ended.*{run}", timeout=WAIT)

    refusal = visitor.stop(run)
    expect_served(site)
    restart_worker(site, "single")
    expect_served(site)
    wait_for_sweeps(site, visitor)

    assert refusal.status == 500
    assert "The database refused this" in refusal.text
    assert site.row(run)["status"] == "running"
    assert site.count_log_lines("single", "run_not_released", run) == 1
    assert not any("sweep_failed" in line for line in site.stack.parts["single"].lines)
    # Once the database accepts it, the sweep repairs it.
    site.query("UPDATE runs_run SET worker = 'gone' WHERE id = %s", run)
    wait_for_sweeps(site, visitor)
    assert site.row(run)["status"] == "running"
    site.allow()
    assert site.final(run)["status"] == "succeeded"


def test_an_unreadable_row_ends_alone(site: Site, visitor: Visitor) -> None:
    run = visitor.run("tell N", model="single")
    site.final(run)
    queue_again(site, run, parameters='{"max_tokens": 8, "stop": 5}')

    row = site.final(run)

    assert (row["status"], row["error_code"]) == ("failed", "internal_error")
    assert "would fail again" in row["error_message"]
    expect_served(site)


def restart_worker(site: Site, worker: str) -> None:
    site.stack.kill(worker)
    site.stack.start_worker(worker)


def wait_for_sweeps(site: Site, visitor: Visitor) -> None:
    """Waits for some sweeps: each of these runs has no ring, so only a sweep can start it."""
    run = visitor.run("again N", model="single")
    for _ in range(3):
        site.final(run)
        queue_again(site, run)
    site.final(run)


def queue_again(site: Site, run: str, *, parameters: str = '{"max_tokens": 8}') -> None:
    """Makes a finished run wait again, without a ring."""
    site.query(
        "UPDATE runs_run SET status = 'queued', finished_at = NULL, text = '', tokens = '[]',"
        " parameters = %s WHERE id = %s",
        parameters,
        run,
    )


def test_an_invalid_log_ends_its_run_and_the_other_continues(site: Site, visitor: Visitor) -> None:
    neighbour = visitor.run("tell L", model="paced")
    run = visitor.run("tell L", model="paced")
    with visitor.follow(neighbour) as page, visitor.follow(run) as broken:
        page.until_tokens(3, timeout=WAIT)
        broken.until_tokens(3, timeout=WAIT)
        spoil(site, run)

        row = site.final(run)
        page.until_final(timeout=WAIT)
        shown = page.text

    assert (row["status"], row["error_code"]) == ("failed", "log_damaged")
    assert row["text"].startswith("word0 word1 word2 ")
    assert site.final(neighbour)["text"] == shown == b"".join(STORY).decode()
    assert site.count_log_lines("paced", "log_refused", run) == 1
    wait_until(lambda: expires(site, run), what="the log's expiry")


def test_an_invalid_log_does_not_crash_a_restarted_worker(site: Site, visitor: Visitor) -> None:
    stopped = visitor.run("tell L", model="paced")
    going = visitor.run("tell L", model="paced")
    with visitor.follow(stopped) as one, visitor.follow(going) as other:
        one.until_tokens(3, timeout=WAIT)
        other.until_tokens(3, timeout=WAIT)
        site.stack.kill("paced")
    for run in (stopped, going):
        spoil(site, run)
    visitor.stop(stopped)

    site.stack.start_worker("paced")

    for run in (stopped, going):
        row = site.final(run)
        assert (row["status"], row["error_code"]) == ("failed", "log_damaged"), row
    expect_served(site, "paced")


def spoil(site: Site, run: str) -> None:
    client = site.stack.redis()
    try:
        client.set(f"log:{run}:0", json.dumps("no stream"))
    finally:
        client.close()
