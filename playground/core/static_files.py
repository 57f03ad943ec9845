"""How long browsers keep the front end's files."""

import re
from collections.abc import MutableMapping

# static/build.mjs puts a hash of the content into every name: what has one never changes.
_HASHED = re.compile(r"-[0-9A-Z]{8}\.\w+$")


def add_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """Lets a file with a hash in its name be kept for good; servestatic calls it for each."""
    if _HASHED.search(url):
        headers["Cache-Control"] = "max-age=31536000, public, immutable"
