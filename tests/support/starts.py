"""Starts the settings many times, each in a forked process.

As a script it reads cases from its input and writes the result of each to its output, in JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Whoever runs the tests: this user owns nothing.
NOBODY = 65_534


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One start.

    env: its whole environment besides the machine's; a value may have bytes that are not text.
    dotenv: the bytes of its .env, as latin-1, or None without one.
    as_nobody: whether it runs as a user without rights, if the tests run as root.
    show: the settings whose values are returned.
    whole: whether Django is set up completely, checked, and asked for a page.
    """

    env: dict[str, str]
    dotenv: str | None = None
    as_nobody: bool = False
    show: Sequence[str] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The result: its exit status, its output, and the requested settings.

    healthy: the status of /healthz, for a whole site.
    remarks: the warnings of `playground.core.configuration.checks`, for a whole site.
    """

    status: int
    stderr: str
    healthy: int = 0
    shown: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def start_all(cases: Sequence[Case]) -> list[Start]:
    """Each case's start, in order."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.starts"],
        input=json.dumps([asdict(case) for case in cases]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return [Start(**start) for start in json.loads(done.stdout)]


def _start(case: Case) -> Start:
    with tempfile.TemporaryDirectory() as folder:
        said, told = Path(folder) / "stderr", Path(folder) / "told"
        dotenv = Path(folder) / ".env"
        if case.dotenv is not None:
            dotenv.write_bytes(case.dotenv.encode("latin-1"))
        for file in (said, told):
            file.touch(mode=0o666)
            file.chmod(0o666)
        Path(folder).chmod(0o755)
        child = os.fork()
        if child == 0:
            _be(case, dotenv, said, told)
        _, status = os.waitpid(child, 0)
        values = json.loads(told.read_text() or "{}")
        return Start(
            status=os.waitstatus_to_exitcode(status),
            stderr=said.read_text(errors="replace"),
            **values,
        )


def _be(case: Case, dotenv: Path, said: Path, told: Path) -> None:
    """Becomes the process of the start; never returns."""
    status = 70
    try:
        os.dup2(os.open(said, os.O_WRONLY), 2)
        if case.as_nobody and os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os.environ.clear()
        os.environ.update(case.env)
        told.write_text(json.dumps(_site(case, dotenv)))
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    finally:
        sys.stderr.flush()
        os._exit(status)


def _site(case: Case, dotenv: Path) -> dict[str, Any]:
    """The settings of the case, and for a whole site its warnings and answers."""
    from playground.core.configuration import environment

    read = environment.read_dotenv
    environment.read_dotenv = lambda _: read(dotenv)
    os.environ["DJANGO_SETTINGS_MODULE"] = "playground.settings"
    from django.conf import settings

    shown = {name: _plain(getattr(settings, name)) for name in ("DEBUG", *case.show)}
    if not case.whole:
        return {"shown": shown}
    import django

    django.setup()
    from django.test import Client

    from playground.core.configuration.checks import remarks
    from playground.management.listener import own_host

    answer = Client(SERVER_NAME=own_host()).get("/healthz", secure=settings.SECURE_SITE)
    return {"healthy": answer.status_code, "shown": shown, "remarks": list(remarks())}


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | list) else str(value)


def _preload() -> None:
    """Everything that each start imports and no setting changes."""
    import allauth
    import axes
    import channels
    import csp.constants
    import django.contrib.admin
    import django.core.handlers.wsgi
    import django.test
    import psycopg.pq
    import structlog

    import playground.core.configuration.environment
    import playground.core.configuration.redis_url  # noqa: F401

    del allauth, axes, channels, csp, django, psycopg, structlog


if __name__ == "__main__":
    _preload()
    starts = [_start(Case(**case)) for case in json.load(sys.stdin)]
    json.dump([asdict(start) for start in starts], sys.stdout)
