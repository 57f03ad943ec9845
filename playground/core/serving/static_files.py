"""The front end's built files: their names, and how long browsers keep them."""

import json
import re
from collections.abc import MutableMapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings

# static/build.mjs puts a hash of the content into every name, so a file with such a name never
# changes.
_HASHED = re.compile(r"-[0-9A-Z]{8}\.\w+$")


def add_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """Lets a file with a hash in its name be kept for good; servestatic calls it for each."""
    if _HASHED.search(url):
        headers["Cache-Control"] = "max-age=31536000, public, immutable"


def built_files() -> dict[str, str]:
    """The files of the front end's build; empty before the first build."""
    folder = Path(settings.STATICFILES_DIRS[0])
    files = sorted(folder.glob("manifest-*.json"))
    return _read(tuple((file, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=2)
def _read(files: tuple[tuple[Path, int], ...]) -> dict[str, str]:
    built: dict[str, str] = {}
    for file, _modified in files:
        built |= json.loads(file.read_text(encoding="utf-8"))
    return built
