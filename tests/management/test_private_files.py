"""Nobody else on the machine can read the playground's files."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from playground.core.configuration.private import close_to_others, loose_paths
from playground.core.configuration.redis_url import embedded_socket
from tests.management.conftest import ROOT, Launcher
from tests.management.place import READY, READY_SECONDS, Place
from tests.support.part import wait_until
from tests.support.registry import random_checkpoint
from tests.support.visitor import Visitor

# The umask of a login shell: only the processes themselves keep others out.
USUAL = "import os, sys; os.umask(0o022); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


def everything_in(folder: Path) -> list[Path]:
    return [
        *(Path(at, name) for at, folders, files in os.walk(folder) for name in (*folders, *files)),
        folder,
    ]


def open_to_others(folder: Path) -> dict[str, str]:
    """Everything in ``folder`` that another user can open, with its mode."""
    modes = {str(path): stat.S_IMODE(path.lstat().st_mode) for path in everything_in(folder)}
    return {path: oct(mode) for path, mode in modes.items() if mode & 0o077}


def has_succeeded(place: Place, run: str) -> bool:
    database = sqlite3.connect(place.var_dir / "playground.sqlite3", timeout=5)
    try:
        query = "SELECT status FROM runs_run WHERE id = ?"
        return database.execute(query, [run.replace("-", "")]).fetchall() == [("succeeded",)]
    finally:
        database.close()


def test_after_a_run_nothing_is_open_to_others(tmp_path: Path, launch: Launcher) -> None:
    place = Place(tmp_path / "place", random_checkpoint(tmp_path / "random")).prepare()
    # Files that an older version made with the usual umask.
    for folder in ("", "valkey", "workers"):
        (place.var_dir / folder).mkdir(parents=True, exist_ok=True)
        (place.var_dir / folder).chmod(0o755)
    for file in ("secret_key", "valkey/valkey.log", "workers/old"):
        (place.var_dir / file).write_text("a" * 50)
        (place.var_dir / file).chmod(0o644)
    up = launch("-c", USUAL, "manage.py", "up", name="up", **place.environ)
    port = int(up.wait_for_line(READY, timeout=READY_SECONDS).rpartition(":")[2])
    run = Visitor("127.0.0.1", port).run(model="tiny", max_tokens=4)
    wait_until(lambda: has_succeeded(place, run), what="the run")
    command = ["-c", USUAL, "manage.py", "createsuperuser", "--noinput"]
    subprocess.run(
        [sys.executable, *command, "--username=ann", "--email=ann@example.org"],
        cwd=ROOT,
        env={**os.environ, **place.environ},
        check=True,
    )

    there = {path.name for path in everything_in(place.var_dir)}

    wanted = {"secret_key", "playground.sqlite3", "playground.sqlite3-wal", "server.json", "lock"}
    assert wanted | {"appendonly.aof.manifest", "valkey.log"} <= there
    assert open_to_others(place.var_dir) == {}
    socket = embedded_socket(place.var_dir)
    assert socket.exists()
    assert open_to_others(socket.parent) == {}


@pytest.mark.parametrize("command", [["migrate"], ["doctor"], ["check"]], ids=" ".join)
def test_every_command_makes_its_files_only_for_the_owner(
    tmp_path: Path, command: list[str]
) -> None:
    var_dir = tmp_path / "made" / "var"
    subprocess.run(
        [sys.executable, "-c", USUAL, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(var_dir), "DATABASE_URL": "", "REDIS_URL": ""}
        | {"DJANGO_SETTINGS_MODULE": "playground.settings"},
        check=False,
        capture_output=True,
    )

    assert (var_dir / "secret_key").is_file()
    assert open_to_others(var_dir) == {}


def test_a_group_has_access_if_umask_allows_it(tmp_path: Path) -> None:
    var_dir = tmp_path / "var"
    subprocess.run(
        [sys.executable, "-c", USUAL, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(var_dir), "DATABASE_URL": "", "UMASK": "007"}
        | {"DJANGO_SETTINGS_MODULE": "playground.settings"},
        check=True,
    )

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in everything_in(var_dir)}
    assert modes["var"] == 0o770
    assert modes["secret_key"] == modes["playground.sqlite3"] == 0o660


def test_only_our_own_files_are_closed(tmp_path: Path) -> None:
    var_dir, elsewhere = tmp_path / "var", tmp_path / "elsewhere"
    (var_dir / "valkey").mkdir(parents=True)
    elsewhere.write_text("a file of somebody's")
    mine, other = var_dir / "playground.sqlite3", var_dir / "notes.txt"
    for path in (mine, other):
        path.write_text("")
    (var_dir / "valkey" / "link").symlink_to(elsewhere)
    for path in (var_dir, mine, other, elsewhere, var_dir / "valkey"):
        path.chmod(0o755)

    close_to_others(var_dir, umask=0o077)

    assert stat.S_IMODE(mine.stat().st_mode) == 0o700
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755
    # Other programs may need the rest: it is named, and people decide.
    assert stat.S_IMODE(other.stat().st_mode) == 0o755
    assert list(loose_paths(var_dir, umask=0o077)) == [var_dir]
