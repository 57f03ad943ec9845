"""A database of an earlier version, migrated to today: every page says what it said."""

import json

import pytest

from tests.upgrade.conftest import OldPlace
from tests.upgrade.observations import READERS, differences, observe, status_at

# What an export calls the columns of a run's row, where it has another word for one.
EXPORTED = {
    "original": "original_id",
    "origin": "origin_id",
    "parent": "parent_id",
    "prompt_version": "version_id",
    "error": "error_message",
}
# Not of the row: what the line is.
OF_THE_LINE = {"kind", "version"}


@pytest.mark.parametrize("reads", [*READERS, "shows"])
def test_what_pages_show_is_as_it_was(old_place: OldPlace, reads: str) -> None:
    pages = [one for one in old_place.contents["expected"]["pages"] if one["reads"] == reads]
    lost = []
    for one in pages:
        shows = one["facts"] if reads == "shows" else None
        found = observe(old_place.browser(one["who"]), reads, one["path"], shows=shows)
        lost += [f"{one['path']}: {line}" for line in differences(one["facts"], found)]

    assert pages
    assert not lost, "\n".join(lost)


def test_what_was_closed_stays_closed(old_place: OldPlace) -> None:
    closed = old_place.contents["expected"]["closed"]

    found = {path: status_at(old_place.browser(who), path) for who, path in closed}

    assert found == dict.fromkeys(found, 404)


@pytest.mark.parametrize("who", ["ada", "ben", "guest"])
def test_an_export_has_all_that_the_rows_had(old_place: OldPlace, who: str) -> None:
    owned = {run for run, owner in old_place.contents["names"]["owners"].items() if owner == who}

    text = old_place.browser(who).open("/history/export/?format=jsonl")

    lines = {line["id"]: line for line in map(json.loads, text.splitlines())}
    assert set(lines) == owned
    lost = []
    for run, line in lines.items():
        row = old_place.runs[run]
        wanted = {name: row[EXPORTED.get(name, name)] for name in line if name not in OF_THE_LINE}
        lost += [f"{run}: {one}" for one in differences(wanted, line)]
    assert not lost, "\n".join(lost)


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_people_sign_in_with_their_passwords(old_place: OldPlace, who: str) -> None:
    browser = old_place.browser("stranger")

    browser.sign_in(who)

    pages = old_place.contents["expected"]["pages"]
    (history,) = (one["facts"] for one in pages if (one["who"], one["path"]) == (who, "/history/"))
    assert observe(browser, "runs", "/history/") == history


def test_a_file_of_then_is_imported_today(old_place: OldPlace) -> None:
    rows = [old_place.runs[old_place.contents["names"]["runs"][name]] for name in IMPORTED]
    lines = [json.dumps(_line(row)) for row in rows]
    newcomer = old_place.browser("stranger")

    answer = newcomer.visitor.upload("/history/import/", "\n".join(lines).encode())

    assert answer.status == 303
    text = newcomer.open("/history/export/?format=jsonl")
    copies = {line["original"]: line for line in map(json.loads, text.splitlines())}
    wanted = {line["id"]: line for line in map(json.loads, lines)}
    assert set(copies) == set(wanted)
    for run, line in wanted.items():
        same = {name: value for name, value in line.items() if name not in CHANGED}
        assert differences(same, copies[run]) == []
        of_run = next(
            one["facts"]
            for one in old_place.contents["expected"]["pages"]
            if one["path"] == f"/runs/{run}/"
        )
        page = observe(newcomer, "workbench", f"/runs/{copies[run]['id']}/")
        form = {name: value for name, value in of_run["form"].items() if name not in OF_THE_OWNER}
        assert differences(form, page["form"]) == []
        assert page["output"] == of_run["output"]


IMPORTED = (
    *("example-chat", "table-rows", "raw", "variables", "injected", "from-cursor"),
    *("every-parameter", "probabilities", "stopped-by-stop", "cancelled"),
)
# Somebody else has the runs of these ids, so that a copy gets its own.
CHANGED = {"id", "original", "origin", "parent", "tree", "prompt_version"}
OF_THE_OWNER = {"parent", "version", "prompt_id", "draft", "draft_revision"}


def _line(row: dict[str, object]) -> dict[str, object]:
    """A run's row as the version of then exported it."""
    names = (
        *("id", "original", "origin", "parent", "tree", "prompt_version", "starred", "model"),
        *("template", "fields", "prompt", "parameters", "seed", "seed_pinned", "status"),
        *("finish_reason", "stop_sequence", "error_code", "error", "text", "tokens"),
        *("prompt_tokens", "completion_tokens", "created_at", "started_at", "finished_at"),
        *("first_token_ms", "tokens_per_second"),
    )
    values = {name: row[EXPORTED.get(name, name)] for name in names}
    return {"kind": "run", "version": 1, **values}
