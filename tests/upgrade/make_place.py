"""Makes the place of a version: a database and a Redis as people and workers leave them.

    git worktree add /tmp/old COMMIT          with .venv and static/dist as in this tree
    cp -r tests/upgrade /tmp/old/tests/       if that version has no such folder yet
    cd /tmp/old && .venv/bin/python -m tests.upgrade.make_place /tmp/place.json

The playground of that commit runs with its own web process, its own workers and the demo model.
Three people do what `doings` says. The tests expect the pages of that time from every later
version. Finally everything is killed while a text streams.

A place is never made again for a later commit. When a version changes the stored data, another
place is added, made in the same way from the commit before.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.stack import Stack
from tests.upgrade.browser import Browser
from tests.upgrade.doings import Doings
from tests.upgrade.observations import STRANGER, closed_pages, observe, plan, texts

# It opens the cookies of the place, which protect nothing.
SECRET_KEY = "of the place that tests open; nobody has anything to hide in it, and it is 80 long"
MODELS = {
    "demo": {"title": "demo", "demo": True},
    "slow": {"title": "slow", "demo": True, "tokens_per_second": 20, "slots": 1},
    "spare": {"title": "spare", "demo": True},
}
# Everything of a person is signed with a date; this one never expires.
YEAR_2100 = 4_102_444_800


def main(target: Path) -> None:
    # A run fails after one loss, so that there is a failed run soon; logs of ended runs expire.
    env = {"SECRET_KEY": SECRET_KEY, "MAX_ATTEMPTS": "1", "LOG_EXPIRY_SECONDS": "1"}
    with (
        tempfile.TemporaryDirectory(prefix="place-") as folder,
        Stack(Path(folder), env=env, models=MODELS) as stack,
    ):
        stack.start(workers=("demo", "slow"))
        doings = Doings(stack)
        doings.make_all()
        people = {**doings.people, STRANGER: Browser(stack.visitor())}
        expected = _expectations(doings, people)
        stream = doings.break_off()
        _settings(stack)
        place = _place_data(doings, expected, stream)
    target.write_text(_lines(place), encoding="utf-8")
    print(f"{target}: {target.stat().st_size:,} bytes, {len(doings.place.runs)} runs")


def _expectations(doings: Doings, people: dict[str, Browser]) -> dict[str, Any]:
    """The content of this version's pages."""
    pages = [
        {"who": who, "reads": kind, "path": path, "facts": observe(people[who], kind, path)}
        for who, kind, path in plan(doings.place)
    ]
    for who, path, wanted in texts(doings.place):
        found = observe(people[who], "shows", path, shows=wanted)
        # An address is in no text of the page, but it is on the page.
        missing = [one for one in wanted if one not in found and not one.startswith("/s/")]
        if missing:
            raise AssertionError(f"{path} does not show {missing}")
        pages.append({"who": who, "reads": "shows", "path": path, "facts": found})
    return {"pages": pages, "closed": [list(one) for one in closed_pages(doings.place)]}


def _settings(stack: Stack) -> None:
    """Makes this process one of the place's: it reads the database with that version's models."""
    os.environ.update({name: stack.env[name] for name in ("VAR_DIR", "MODELS_FILE", "SECRET_KEY")})
    os.environ["DJANGO_SETTINGS_MODULE"] = "playground.settings"
    import django

    django.setup()


def _place_data(doings: Doings, expected: dict[str, Any], stream: str) -> dict[str, Any]:
    from tests.upgrade.rows import Shift, dump_keys, dump_rows, dump_words, migrations_applied

    shift = Shift()
    with doings.stack.redis() as client:
        keys = dump_keys(client)
    commit = ["git", "rev-parse", "HEAD"]
    people = doings.people.items()
    return {
        "commit": subprocess.run(commit, capture_output=True, text=True, check=True).stdout.strip(),
        "secret_key": SECRET_KEY,
        "cookies": {who: _lasting(browser.visitor.cookies) for who, browser in people},
        "stream": {"run": stream, "who": doings.place.owners[stream]},
        "names": vars(doings.place),
        "migrations": migrations_applied(),
        "rows": dump_rows(shift),
        "words": dump_words(shift),
        "keys": keys,
        "expected": expected,
    }


def _lasting(cookies: dict[str, str]) -> dict[str, str]:
    """The cookies, with the guest's signed on a day that never expires in a test."""
    from django.core import signing

    from playground.accounts.people import COOKIE

    class Lasting(signing.TimestampSigner):
        def timestamp(self) -> str:
            return signing.b62_encode(YEAR_2100)

    salt = "playground.person"
    kept = {name: value for name, value in cookies.items() if value}
    if COOKIE in kept:
        person = signing.TimestampSigner(salt=salt).unsign(kept[COOKIE])
        kept[COOKIE] = Lasting(salt=salt).sign(person)
    return kept


def _lines(place: dict[str, Any]) -> str:
    """JSON with one line for each row, key and page, so that a reader finds each."""

    def one(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def block(value: Any, depth: int) -> str:
        if depth == 0 or not isinstance(value, dict | list) or not value:
            return one(value)
        if isinstance(value, list):
            return "[\n" + ",\n".join(one(part) for part in value) + "\n]"
        parts = [f"{one(name)}: {block(part, depth - 1)}" for name, part in value.items()]
        return "{\n" + ",\n".join(parts) + "\n}"

    return block(place, 3) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
