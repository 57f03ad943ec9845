"""Data of earlier versions, opened with today's code on each database."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import TemporaryPostgres
from tests.support.registry import ROOT
from tests.support.stack import Stack
from tests.upgrade.browser import Browser
from tests.upgrade.make_place import MODELS
from tests.upgrade.observations import STRANGER
from tests.upgrade.rows import load_keys

# Each has a database and a Redis of the commit in its name.
PLACES = sorted((Path(__file__).parent / "places").glob("*.json"))


@dataclass
class OldPlace:
    """A place in use: its web process runs, without a worker so far."""

    stack: Stack
    contents: dict[str, Any]

    def browser(self, who: str) -> Browser:
        """A person of that time, with their cookies; or a stranger."""
        visitor = self.stack.visitor()
        if who != STRANGER:
            visitor.cookies = dict(self.contents["cookies"][who])
        return Browser(visitor)

    @cached_property
    def runs(self) -> dict[str, dict[str, Any]]:
        """The runs' rows of that time, by id."""
        return {row["id"]: row for row in self.contents["rows"]["runs.run"]}


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    """The DATABASE_URL of an empty database; "" is SQLite in the place's own folder."""
    if kind == "sqlite":
        yield ""
        return
    # Short, and accessible to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with TemporaryPostgres(Path(folder) / "server") as server:
            yield server.url


@pytest.fixture(
    scope="session",
    params=[(file, kind) for file in PLACES for kind in ("sqlite", "postgresql")],
    ids=lambda param: f"{param[0].stem}-{param[1]}",
)
def old_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OldPlace]:
    """One place on one database, migrated to today; its tests share it."""
    file, kind = request.param
    contents = json.loads(file.read_text(encoding="utf-8"))
    with ExitStack() as opened:
        url = opened.enter_context(empty_database(kind))
        env = {"DATABASE_URL": url, "SECRET_KEY": contents["secret_key"]}
        stack = opened.enter_context(
            Stack(tmp_path_factory.mktemp("place"), env=env, models=MODELS)
        )
        command = [sys.executable, "-m", "tests.upgrade.load_place", str(file)]
        subprocess.run(command, cwd=ROOT, env=stack.env, check=True)
        stack.start_valkey()
        with stack.redis() as client:
            load_keys(client, contents["keys"])
        stack.start_web()
        yield OldPlace(stack, contents)
