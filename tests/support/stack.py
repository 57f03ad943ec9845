"""The real playground for tests: Valkey, web server and workers as processes of their own.

    with Stack(folder) as stack:
        stack.start(workers=["slow"])
        run = stack.visitor().run("Once upon a time", model="slow")
        stack.wait_final(run)

Everything is in ``folder`` and ends with the test process. Nothing waits for a fixed time: it waits
for a log line, an answer or a row.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from playground.checkpoints.jobs import GENERATE
from playground.core.redis.valkey import EmbeddedValkey
from playground.management.listener import open_listener
from playground.management.parts import valkey_part, web_part, worker_command
from playground.management.supervisor import Part
from tests.support.part import RunningPart, wait_until
from tests.support.registry import (
    DEMO_MODELS,
    ROOT,
    demo_checkpoint,
    random_checkpoint,
    write_registry,
)
from tests.support.visitor import Visitor

HOST = "127.0.0.1"
FINAL = ("succeeded", "cancelled", "failed")
# A first start on a busy machine has to read torch from the disk.
READY_SECONDS = 60.0


class Stack:
    """One playground.

    env: settings on top of a clean environment; they hold for parts started later.
    models: tables of the registry; ``checkpoint`` is the folder of those that name none
        (default: the demo's weights, else random ones).
    """

    def __init__(
        self,
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        checkpoint: Path | None = None,
        models: Mapping[str, Mapping[str, object]] = DEMO_MODELS,
        memory_mb: int = 64,
    ) -> None:
        self.folder = folder
        self.var_dir = (folder / "var").resolve()
        self.logs = folder / "logs"
        for made in (self.var_dir, self.logs):
            made.mkdir(parents=True, exist_ok=True)
        self.checkpoint = checkpoint or demo_checkpoint() or random_checkpoint(folder / "random")
        self.registry_file = folder / "models.toml"
        write_registry(self.registry_file, self.checkpoint, models)
        self.env = {**_clean_environment(), **(env or {})}
        self.env["VAR_DIR"] = str(self.var_dir)
        self.env["MODELS_FILE"] = str(self.registry_file)
        self.parts: dict[str, RunningPart] = {}
        # This process holds the socket open, so visitors wait while the web part restarts.
        self.listener = open_listener(HOST, 0)
        self.port: int = self.listener.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self.valkey = EmbeddedValkey(self.var_dir, memory_mb=memory_mb)

    # --- Starting and stopping --------------------------------------------------

    def start(self, workers: Sequence[str] = ("slow",)) -> Self:
        """Starts everything, one worker for each name of a model, and waits until it serves."""
        self.start_valkey()
        self.migrate()
        started = [self.launch_worker(model) for model in workers]
        self.launch_web()
        for part in started:
            wait_ready(part)
        self.wait_web(ready=bool(started))
        return self

    def migrate(self) -> None:
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *arguments: str, **env: str) -> None:
        """Runs a command of manage.py to its end."""
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env={**self.env, **env}, check=True)

    def start_valkey(self) -> RunningPart:
        """Starts Valkey and waits until it answers."""
        if not self.valkey.lock.held:
            self.valkey.acquire()
        part = self.launch(valkey_part(self.valkey))
        wait_until(self.valkey.serves, what="Valkey's answer")
        return part

    def launch_web(self) -> RunningPart:
        """Starts the web part as `manage.py up` does, and does not wait."""
        return self.launch(web_part(self.listener, verbose=True))

    def start_web(self) -> RunningPart:
        part = self.launch_web()
        self.wait_web()
        return part

    def launch_worker(
        self, model: str = "slow", *, name: str | None = None, slots: int | None = None
    ) -> RunningPart:
        """Starts a worker called ``name`` (default: as its model), and does not wait."""
        name = name or model
        command = worker_command(job=GENERATE, model=model, device="cpu", name=name, slots=slots)
        return self.launch(Part(name=name, command=command))

    def start_worker(
        self, model: str = "slow", *, name: str | None = None, slots: int | None = None
    ) -> RunningPart:
        """Starts a worker and waits until it takes rings."""
        part = self.launch_worker(model, name=name, slots=slots)
        wait_ready(part)
        return part

    def kill(self, name: str) -> None:
        """SIGKILL: valkey, web, or a worker by its name."""
        self.parts.pop(name).kill()

    def stop(self, name: str) -> int:
        """SIGTERM; returns the exit status."""
        return self.parts.pop(name).stop()

    def close(self) -> None:
        """Ends everything, Valkey last."""
        for name in sorted(self.parts, key=lambda name: name == "valkey"):
            self.parts.pop(name).kill()
        self.listener.close()
        self.valkey.release()
        shutil.rmtree(self.valkey.socket.parent, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- Reading ----------------------------------------------------------------

    def visitor(self) -> Visitor:
        """A new guest."""
        return Visitor(HOST, self.port)

    def redis(self) -> redis.Redis:
        """A client of the stack's Valkey; close it."""
        return redis.Redis.from_url(self.valkey.url, socket_timeout=5)

    def database(self, *, timeout: float = 5.0) -> sqlite3.Connection:
        """A connection to the stack's database; close it."""
        path = self.var_dir / "playground.sqlite3"
        return sqlite3.connect(path, timeout=timeout, isolation_level=None)

    def query(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows of a statement, by column name."""
        connection = self.database()
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]
        finally:
            connection.close()

    def row(self, run: str) -> dict[str, Any]:
        """A run's row, with JSON columns decoded."""
        (row,) = self.query("SELECT * FROM runs_run WHERE id = ?", run.replace("-", ""))
        as_json = ("tokens", "other_choices", "fields", "variables", "parameters")
        return {
            name: json.loads(value) if name in as_json else value for name, value in row.items()
        }

    def wait_row(self, run: str, *, timeout: float = 15.0, **values: object) -> dict[str, Any]:
        """The row, once its columns equal ``values``."""

        def holds() -> bool:
            row = self.row(run)
            return all(row[name] == value for name, value in values.items())

        wait_until(holds, what=f"run {run} to be {values}", timeout=timeout)
        return self.row(run)

    def wait_final(self, run: str, *, timeout: float = 15.0) -> dict[str, Any]:
        """The row, once it is final."""
        wait_until(
            lambda: self.row(run)["status"] in FINAL, what=f"run {run} to be final", timeout=timeout
        )
        return self.row(run)

    def wait_web(self, *, ready: bool = False) -> None:
        """Waits until the web part answers; with ``ready``, until a worker can serve."""
        path = "/readyz" if ready else "/healthz"

        def is_answering() -> bool:
            part = self.parts.get("web")
            if part is None or not part.alive:
                raise AssertionError(f"the web part ended:\n{part.tail() if part else ''}")
            return self.visitor().get(path).status == 200

        wait_until(is_answering, what=f"200 from {path}", timeout=READY_SECONDS, every=0.05)

    def report(self) -> str:
        """The end of every part's log, for a failed test."""
        told = []
        for log in sorted(self.logs.iterdir()):
            lines = log.read_text(errors="replace").splitlines()[-60:]
            told.append(f"--- {log.name}\n" + "\n".join(lines))
        return "\n".join(told)

    def launch(self, part: Part) -> RunningPart:
        """Starts a part of any kind, and does not wait."""
        if part.name in self.parts and self.parts[part.name].alive:
            raise RuntimeError(f"{part.name} runs already")
        self.parts[part.name] = RunningPart(
            name=part.name,
            command=part.command,
            environ=self.env,
            cwd=ROOT,
            log=self.logs / f"{part.name.replace(' ', '-')}.log",
            pass_fds=part.pass_fds,
            death_signal=part.death_signal,
        )
        return self.parts[part.name]


def wait_ready(worker: RunningPart) -> None:
    """Waits until a worker logs that it takes rings."""
    worker.wait_for_line("worker_ready", timeout=READY_SECONDS)


def _clean_environment() -> dict[str, str]:
    """This process's environment, without settings of a developer's shell or of the tests
    themselves."""
    ours = ("DATABASE_URL", "REDIS_URL", "DEBUG", "SECURE_SITE", "TRUSTED_PROXIES", "LOG_FORMAT")
    return {
        **{name: value for name, value in os.environ.items() if name not in ours},
        # Empty, so that a .env file of the checkout does not set them.
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DJANGO_SETTINGS_MODULE": "playground.settings",
        "LOG_LEVEL": "INFO",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        # Tests come from one address and send requests as fast as they can.
        "LIMIT_PERSON_ACTIVE": "64",
        "LIMIT_ADDRESS_ACTIVE": "512",
        "LIMIT_SOCKETS_PERSON": "256",
        "LIMIT_SOCKETS_ADDRESS": "1024",
        "LIMIT_ADDRESS_SIGN_INS": "100000",
        "LIMIT_ADDRESS_SIGN_UPS": "100000",
    }
