"""What the doctor says of the installation itself: its files, its place on the host."""

import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.urls import Resolver404, resolve

from playground.core.configuration.private import database_files, loose_paths
from playground.management.findings import Finding, Verdict, good, wrong


def files() -> Iterator[Finding]:
    """Who else on this machine can read them."""
    var_dir, umask = settings.VAR_DIR, settings.UMASK
    loose = list(
        loose_paths(var_dir, umask=umask, further=database_files(settings.DATABASES["default"]))
    )
    bits = "go-rwx" if umask & 0o070 == 0o070 else f"g-{'w' if umask & 0o020 else ''},o-rwx"
    if loose:
        more = f" and {len(loose) - 1} more" if len(loose) > 1 else ""
        yield wrong(
            "files",
            f"Other users of this machine can open {loose[0]}{more}.",
            f"Run, as their owner: chmod {bits} {' '.join(str(path) for path in loose[:5])}",
        )
    env_file = settings.BASE_DIR / ".env"
    if env_file.is_file() and env_file.stat().st_mode & stat.S_IRWXO:
        yield Finding(
            Verdict.NOTE,
            "files",
            f"Every user of this machine can read {env_file}, where passwords may be.",
            f"Run: chmod 600 {env_file}",
        )
    elif not loose:
        yield good("files", "Nobody else on this machine can open them.")


def path_prefix() -> Iterator[Finding]:
    if settings.PATH_PREFIX == "/":
        return
    try:
        resolve(settings.PATH_PREFIX)
    except Resolver404:
        yield good("path prefix", f"The site is under {settings.PATH_PREFIX}.")
    else:
        yield Finding(
            Verdict.NOTE,
            "path prefix",
            f"{settings.PATH_PREFIX} is also the name of a page of ours, so a proxy must not cut "
            "it off.",
            "Let the proxy pass the whole path on: proxy_pass without a path. Or choose another.",
        )


def front_end() -> Iterator[Finding]:
    if front_end_built() and (changed := _source_newer_than_build()):
        yield Finding(
            Verdict.NOTE,
            "front end",
            f"It was built before {changed.name} changed, so pages may not fit the code.",
            "Run: make front",
        )
    elif front_end_built():
        yield good("front end", "It is built.")
    else:
        yield wrong("front end", "It is not built, so pages look bare.", "Run: make front")


def front_end_built() -> bool:
    """Whether `make front` has left anything to serve."""
    return any(folder.is_dir() and any(folder.iterdir()) for folder in _static_folders())


def _source_newer_than_build() -> Path | None:
    """A style or a script that changed after `make front`, which leaves a mark."""
    mark = settings.BASE_DIR / "static" / "dist" / ".built"
    if not mark.is_file():
        return None
    built = mark.stat().st_mtime
    sources = (settings.BASE_DIR / "static" / kind for kind in ("css", "js"))
    files = (file for folder in sources for file in folder.rglob("*.*"))
    return next((file for file in files if file.stat().st_mtime > built), None)


def _static_folders() -> list[Path]:
    return [Path(folder) for folder in settings.STATICFILES_DIRS]
