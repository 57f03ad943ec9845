"""The observations in a place: by whom, where, and what is read there.

The old version's pages are read once, when the place is made; today's by the tests, in the same
way. So an observation names addresses and what pages say, and nothing behind them.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from tests.upgrade.browser import Browser
from tests.upgrade.doings import Place
from tests.upgrade.reading import (
    diff_facts,
    plain,
    read_page,
    row_ids,
    shared_facts,
    workbench_facts,
)

STRANGER = "stranger"


def _gallery(html: str) -> list[str]:
    found = re.findall(r'href="(/gallery/[0-9a-f-]{36}/)"', html)
    return list(dict.fromkeys(found))


def _kinds(text: str) -> dict[str, int]:
    """How many lines of each kind an account's export has."""
    return dict(Counter(json.loads(line)["kind"] for line in text.splitlines()))


READERS: Mapping[str, Callable[[str], Any]] = {
    "workbench": workbench_facts,
    "shared": shared_facts,
    "diff": diff_facts,
    "runs": lambda html: row_ids(html, "run-"),
    "prompts": lambda html: row_ids(html, "prompt-"),
    "drafts": lambda html: row_ids(html, "draft-"),
    "gallery": _gallery,
    "account": _kinds,
    "csv": lambda text: text,
    # Whether the page opens at all: what it says is seen by other tests.
    "opens": lambda html: bool(html),
}


def observe(browser: Browser, kind: str, path: str, *, shows: list[str] | None = None) -> Any:
    """What is read at ``path``; for ``shows``, which of these texts the page has."""
    html = browser.open(path)
    if kind == "shows":
        text = plain(read_page(html).text)
        return [one for one in shows or [] if plain(one) in text]
    return READERS[kind](html)


def status_at(browser: Browser, path: str) -> int:
    return browser.visitor.get(path).status


def plan(place: Place) -> Iterator[tuple[str, str, str]]:
    """Whom, what and where: all that opens in the place."""
    for run, who in place.owners.items():
        yield who, "workbench", f"/runs/{run}/"
    for who in ("ada", "ben", "guest"):
        for query in HISTORY:
            yield who, "runs", f"/history/{query}"
        for query in ("", "?show=archive", "?starred=1", "?q=lighthouse", "?q=storm", "?tag=sea"):
            yield who, "prompts", f"/prompts/{query}"
        yield who, "drafts", "/prompts/?show=drafts"
        yield who, "account", "/account/export/"
        yield who, "opens", "/account/"
    for who, slug in (("ada", "translation"), ("ada", "free"), ("guest", "chat"), ("ben", "qa")):
        yield who, "workbench", f"/{slug}/"
    yield from _prompts(place)
    yield "ada", "csv", f"/runs/{place.runs['example-table']}/table.csv"
    yield "ada", "opens", f"/runs/{place.runs['example-table']}/output/"
    two = (place.runs["root"], place.runs["sibling-2"])
    yield "ada", "opens", f"/history/compare/?a={two[0]}&b={two[1]}"
    for name in ("newest", "pinned", "until-2099"):
        yield STRANGER, "shared", place.links[name]
        yield STRANGER, "workbench", f"{place.links[name]}open/"
    yield STRANGER, "gallery", "/gallery/"
    yield STRANGER, "gallery", "/gallery/?q=bakery"


HISTORY = (
    "",
    "?starred=1",
    "?status=failed",
    "?status=cancelled",
    "?template=chat",
    "?model=spare",
    "?q=lamp",
    "?q=" + quote('"burned every night"'),
    "?q=gro%C3%9Fe",
    "?q=moss",
    "?from=2025-01-01&to=2025-12-31",
)


def _prompts(place: Place) -> Iterator[tuple[str, str, str]]:
    owners = {
        **dict.fromkeys(("bens", "fork-of-link"), "ben"),
        **dict.fromkeys(("fork-of-gallery", "fork-of-deleted"), "guest"),
    }
    for name, prompt in place.prompts.items():
        who, path = owners.get(name, "ada"), f"/prompts/{prompt}/"
        yield who, "workbench", path
        yield who, "workbench", f"{path}v/1/"
        yield who, "opens", f"{path}versions/"
        yield who, "opens", f"{path}share/"
    lamp = f"/prompts/{place.prompts['lighthouse']}/"
    for number in (2, 3):
        yield "ada", "workbench", f"{lamp}v/{number}/"
    for pair in ("a=1&b=2", "a=2&b=3", "a=1&b=3"):
        yield "ada", "diff", f"{lamp}diff/?{pair}"
    yield "ada", "diff", f"/prompts/{place.prompts['phrases']}/diff/?a=1&b=3"
    yield "ben", "diff", f"/prompts/{place.prompts['fork-of-link']}/diff/?a=1&b=2"
    yield "ada", "workbench", f"/drafts/{place.drafts['copy']}/"
    for published in ("lighthouse", "open-letter", "bens"):
        yield STRANGER, "shared", f"/gallery/{place.prompts[published]}/"
        yield STRANGER, "workbench", f"/gallery/{place.prompts[published]}/open/"


def texts(place: Place) -> Iterator[tuple[str, str, list[str]]]:
    """Whom, where, and texts of theirs that the page has."""
    lamp = f"/prompts/{place.prompts['lighthouse']}/"
    title, origin = "A letter from the old lighthouse", "A letter from the lighthouse"
    yield "ada", f"{lamp}versions/", ["First words", "More of the storm"]
    phrases = f"/prompts/{place.prompts['phrases']}/versions/"
    yield "ada", phrases, ["Another phrase", "Restored version 1"]
    yield "ada", "/prompts/", [title, "Renamed since.", "Phrases for the road", "stories", "travel"]
    yield "ada", f"{lamp}share/", [place.links["newest"], place.links["pinned"]]
    yield "ben", f"/prompts/{place.prompts['fork-of-link']}/", [origin, "ada"]
    yield "guest", f"/prompts/{place.prompts['fork-of-deleted']}/", ["Orders over a hundred"]
    yield "ben", "/history/", ["An import stopped after 4 of 9 runs."]
    yield STRANGER, place.links["pinned"], [origin, "by ada"]
    yield STRANGER, place.links["newest"], [title, "by ada"]
    yield STRANGER, f"/gallery/{place.prompts['bens']}/", ["What the bakery sells", "by ben"]


def closed_pages(place: Place) -> Iterator[tuple[str, str]]:
    """Whom and where nothing opens."""
    for run in place.deleted:
        yield "ada", f"/runs/{run}/"
    yield "ben", f"/runs/{place.runs['root']}/"
    yield STRANGER, f"/runs/{place.runs['root']}/"
    yield "ben", f"/prompts/{place.prompts['lighthouse']}/"
    yield "guest", f"/drafts/{place.drafts['copy']}/"
    for name in ("expired", "revoked", "orders"):
        yield STRANGER, place.links[name]


def differences(wanted: Any, found: Any) -> list[str]:
    """What of the facts is not as it was. A form may have more inputs than before."""
    if not isinstance(wanted, dict) or not isinstance(found, dict):
        return [] if wanted == found else [f"was {_short(wanted)}, is {_short(found)}"]
    lost = []
    for name, value in wanted.items():
        if isinstance(value, dict) and isinstance(found.get(name), dict):
            lost += [f"{name}.{line}" for line in differences(value, found[name])]
        elif value != found.get(name):
            lost.append(f"{name} was {_short(value)}, is {_short(found.get(name))}")
    return lost


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 300 else f"{text[:300]}…"
