"""A wrong setting ends every command in the same way: one sentence, and no traceback."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.management.conftest import ROOT
from tests.support.postgres import USER, TemporaryPostgres
from tests.support.redis_server import PasswordServer

SECRET = "hunter2-correct-horse"
SETTINGS = {
    "up": ["manage.py", "up"],
    "worker": ["manage.py", "worker", "--model", "tiny"],
    "doctor": ["manage.py", "doctor"],
    "migrate": ["manage.py", "migrate"],
    "check": ["manage.py", "check"],
    "the worker's process": ["-m", "workers.generate.main", "--model", "tiny"],
    "uvicorn": ["-m", "uvicorn", "playground.asgi:application", "--port", "0"],
    "celery": ["-m", "celery", "-A", "playground.celery", "report"],
    "django": ["-c", "import django; django.setup()"],
}
SERVING = ("up", "worker", "the worker's process", "uvicorn")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "models.toml").write_text('[models.tiny]\npath = "tiny"\n')
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "playground.settings",
        "VAR_DIR": str(tmp_path / "var"),
        "MODELS_FILE": str(tmp_path / "models.toml"),
        "PORT": "0",
        # The checkout's .env does not fill them in.
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }


def run(command: str, environ: dict[str, str], **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *SETTINGS[command]],
        cwd=ROOT,
        env={**environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def sentence(done: subprocess.CompletedProcess[str], status: int) -> str:
    """The only line that the command printed."""
    said = done.stderr.splitlines()
    assert (done.returncode, len(said)) == (status, 1), done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    return said[0]


@pytest.mark.parametrize("command", SETTINGS)
def test_a_wrong_setting_ends_a_command(command: str, environ: dict[str, str]) -> None:
    done = run(command, environ, REDIS_URL=f"redis://:{SECRET}#@localhost")

    assert sentence(done, 2).startswith("REDIS_URL has a # where none can be")
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["up", "uvicorn", "django"])
def test_an_empty_key_ends_a_command(command: str, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").touch()

    assert sentence(run(command, environ), 2).startswith("SECRET_KEY is kept in ")


@pytest.mark.parametrize("command", SERVING)
@pytest.mark.parametrize(
    "registry",
    [
        b"[models.tiny\n",
        b'[models.tiny]\npath = "x\xe9"\n',
        b'[models.tiny]\npath = "x"\nslots = "many"\n',
    ],
)
def test_a_wrong_registry_ends_commands_that_need_it(
    command: str, registry: bytes, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "models.toml").write_bytes(registry)

    assert str(tmp_path / "models.toml") in sentence(run(command, environ), 2)


@pytest.fixture(scope="module")
def redis_server() -> Iterator[PasswordServer]:
    with (
        tempfile.TemporaryDirectory(prefix="own-", dir="/tmp") as folder,
        PasswordServer(Path(folder), username="gptj", password="right") as server,
    ):
        yield server


def test_a_redis_that_refuses_ends_the_start(
    environ: dict[str, str], redis_server: PasswordServer
) -> None:
    done = run("up", environ, REDIS_URL=f"redis://gptj:{SECRET}@127.0.0.1:{redis_server.port}/0")

    told = sentence(done, 1)
    assert "Redis refuses the connection of REDIS_URL: " in told
    assert "invalid username-password pair" in told


@pytest.fixture(scope="module")
def postgres() -> Iterator[TemporaryPostgres]:
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with TemporaryPostgres(Path(folder) / "pg", password="right") as server:
            yield server


@pytest.mark.parametrize("command", ["up", "worker", "migrate", "doctor"])
def test_a_refusal_of_the_database_is_shown_in_its_words(
    command: str, environ: dict[str, str], postgres: TemporaryPostgres
) -> None:
    url = f"postgres://{USER}:{SECRET}@127.0.0.1:{postgres.port}/postgres"
    done = run(command, environ, DATABASE_URL=url)

    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert f'password authentication failed for user "{USER}"' in said
    assert "Traceback" not in said
    assert SECRET not in said
    if command != "doctor":
        assert sentence(done, 1).count(USER) == 1
