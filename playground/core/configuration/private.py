"""Who else on this machine can read the playground's files: nobody, unless UMASK says so.

Every process sets the umask when it reads the settings, before it makes a file. The start closes
files from before that rule.
"""

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

# The playground's files in VAR_DIR, by the beginning of their names.
OWN = (
    *("secret_key", "playground.sqlite3", "valkey", "workers", "listening.json"),
    *("adapters", "datasets", "finetunes"),
)


def loose_paths(var_dir: Path, *, umask: int, further: Iterable[Path] = ()) -> Iterator[Path]:
    """Everything of ours in ``var_dir``, that folder itself, and ``further`` files, that the users
    whom ``umask`` excludes can read or write. Links are skipped, and so are files that cannot be
    checked: a user who cannot read them cannot close them either.
    """
    for path in dict.fromkeys((var_dir, *_own_paths(var_dir), *further)):
        with contextlib.suppress(OSError):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and stat.S_IMODE(mode) & umask:
                yield path


def close_to_others(var_dir: Path, *, umask: int, further: Iterable[Path] = ()) -> None:
    """Removes from all our files the permissions that ``umask`` would not have given.

    A folder that also holds other files stays open: other programs may need those. The doctor names
    it, and files of another user.
    """
    for path in list(loose_paths(var_dir, umask=umask, further=further)):
        if path != var_dir or _is_ours_alone(var_dir):
            with contextlib.suppress(OSError):
                path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~umask)


def database_files(database: Mapping[str, Any]) -> list[Path]:
    """The files of a database in Django's form, which may be outside ``var_dir``."""
    if not database["ENGINE"].endswith("sqlite3"):
        return []
    return [Path(f"{database['NAME']}{ending}") for ending in ("", "-wal", "-shm")]


def share_with_group(database: Path, *, umask: int) -> None:
    """Makes the empty file that SQLite begins with, where a group is to write to it: SQLite would
    make one that its owner alone writes to. Its other files follow this one."""
    if not umask & 0o020 and not database.exists():
        database.touch(mode=0o660)


def _own_paths(var_dir: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for path in sorted(var_dir.iterdir()):
            if path.name.startswith(OWN):
                yield path
                if path.is_dir() and not path.is_symlink():
                    for folder, folders, files in os.walk(path):
                        yield from (Path(folder, name) for name in (*folders, *files))


def _is_ours_alone(var_dir: Path) -> bool:
    return all(path.name.startswith(OWN) for path in var_dir.iterdir())
