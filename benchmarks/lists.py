"""Lists of one person with very many rows: server time and queries a page, on each database.

    make bench-lists                                      # 100,000 runs, 10,000 saved prompts
    python -m benchmarks.lists --runs 20000 --prompts 2000 --databases sqlite

Fills a fresh SQLite file and a separate PostgreSQL (tests/support/postgres.py), then requests
each page as its owner. The time is the best of several answers; beside it is the time that
it took of a processor, web process and database together, without other work of the
machine. "common" is in every other run, "rareword" in one; the "old" model made only the
oldest ones; one run in five is of a saved prompt. Ends with one line `RESULT {json}`: the slowest
page and the most queries of each database.
"""

import argparse
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.engine_report import Report, Target, load_before
from benchmarks.processes import SideProcess, cpu_seconds, machine
from tests.support.postgres import TemporaryPostgres, postgres_binaries

TARGET_MS, MAX_QUERIES = 100, 9
TIMES = 15

PAGES = {
    "history": "/history/",
    "history, deep": "/history/?before={middle}",
    "history, one status": "/history/?status=failed",
    "history, an old model": "/history/?model=old",
    "history, dates": "/history/?from=2026-01-02&to=2026-01-03",
    "history, starred": "/history/?starred=1",
    "search, common": "/history/?q=common",
    "search, beginning": "/history/?q=com",
    "search, two letters": "/history/?q=co",
    "search, rare": "/history/?q=rareword",
    "search, none": "/history/?q=absentword",
    "search, phrase": "/history/?q=%22common+words%22",
    "search, common and a rare status": "/history/?q=common&status=failed",
    "search, common and an old model": "/history/?q=common&model=old",
    "search, common, deep": "/history/?q=common&before={middle}",
    "prompts": "/prompts/",
    "prompts, search": "/prompts/?q=common",
    "prompts, by title": "/prompts/?sort=title&page=2",
    "palette": "/palette/",
    "palette, search": "/palette/?q=common",
    "palette, two letters": "/palette/?q=co",
    "(a run in a tree of 600)": "/runs/{run}/",
}
# Entries in brackets are not lists and have no target.


class Lists:
    """Asked in its own process, with the settings of one database."""

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if question.pop("do") == "fill":
            return self.fill(**question)
        return self.measure(**question)

    def fill(self, *, runs: int, prompts: int) -> dict[str, Any]:
        """Writes the rows; returns the values that the addresses need."""
        from django.core.management import call_command
        from django.db import connection

        from benchmarks.lists_rows import fill

        call_command("migrate", verbosity=0)
        filled = fill(runs=runs, prompts=prompts)
        if connection.vendor == "postgresql":
            # As its own service does from time to time; on SQLite nobody does.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        return filled

    def measure(self, *, person: str, addresses: dict[str, str]) -> dict[str, Any]:
        """The least milliseconds, and the queries, of each address."""
        from django.conf import settings
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        from playground.accounts.people import COOKIE, cookie_value

        settings.ALLOWED_HOSTS = ["testserver"]
        client = Client()
        client.cookies[COOKIE] = cookie_value(uuid.UUID(person))
        measured: dict[str, Any] = {}
        for name, address in addresses.items():
            milliseconds = []
            client.get(address)
            busy = _busy(connection)
            for _ in range(TIMES):
                start = time.perf_counter()
                response = client.get(address)
                milliseconds.append(1000 * (time.perf_counter() - start))
            busy = _busy(connection) - busy
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            if response.status_code != 200:
                raise RuntimeError(f"{address}: {response.status_code}")
            measured[name] = {
                "ms": round(min(milliseconds), 1),
                "cpu_ms": round(1000 * busy / TIMES, 1),
                "queries": len(queries),
                "kib": len(response.content) >> 10,
            }
        return measured


def _busy(connection: Any) -> float:
    """Seconds of processor time that this process and its database have taken."""
    if connection.vendor == "sqlite":
        return time.process_time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        pids = [pid for (pid,) in cursor.fetchall()]
    return time.process_time() + sum(cpu_seconds(pid) for pid in pids)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A database's DATABASE_URL; "" is SQLite in VAR_DIR."""
    if kind == "sqlite":
        yield ""
        return
    with TemporaryPostgres(folder / "server") as server:
        yield server.url


def run_on(kind: str, *, runs: int, prompts: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="lists-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with database(kind, folder) as url:
            env = {
                **os.environ,
                "DATABASE_URL": url,
                "VAR_DIR": str(folder / "var"),
                "DJANGO_SETTINGS_MODULE": "playground.settings",
                "LOG_LEVEL": "ERROR",
            }
            with SideProcess(
                "benchmarks.django_process", "benchmarks.lists:Lists", env=env
            ) as side:
                filled = side.ask(do="fill", runs=runs, prompts=prompts)
                person = filled.pop("person")
                addresses = {
                    page: address.format(**filled)
                    for page, address in PAGES.items()
                    if prompts or not address.startswith("/prompts/")
                }
                return side.ask(do="measure", person=person, addresses=addresses)


def main() -> None:
    parser = argparse.ArgumentParser(description="Lists with very much in them.")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--prompts", type=int, default=10_000)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--save", action="store_true", help="keep the figures in results/")
    options = parser.parse_args()
    if "postgresql" in options.databases and postgres_binaries() is None:
        sys.exit("No PostgreSQL: install it, or name its folder in POSTGRES_BIN.")
    report = Report("lists", "Lists with very much in them", f"{machine()}, {load_before()}")
    for kind in options.databases:
        measured = run_on(kind, runs=options.runs, prompts=options.prompts)
        report.say(f"{kind}: {options.runs:,} runs, {options.prompts:,} saved prompts")
        report.table(
            ("page", "ms", "ms cpu", "queries", "KiB"),
            [
                (page, f"{one['ms']}", f"{one['cpu_ms']}", f"{one['queries']}", f"{one['kib']}")
                for page, one in measured.items()
            ],
        )
        lists = {page: one for page, one in measured.items() if not page.startswith("(")}
        slowest = max(lists, key=lambda page: lists[page]["ms"])
        queries = max(one["queries"] for one in lists.values())
        report.targets += [
            Target(
                f"{kind}: slowest page, {slowest}",
                lists[slowest]["ms"],
                TARGET_MS,
                "ms",
                at_most=True,
            ),
            Target(f"{kind}: most queries of a page", queries, MAX_QUERIES, "", at_most=True),
        ]
    report.finish(save=options.save)
    sys.exit(not all(target.holds for target in report.targets))


if __name__ == "__main__":
    main()
