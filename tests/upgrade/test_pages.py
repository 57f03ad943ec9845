"""A database of an earlier version, migrated to today: every page has the same content."""

import json
from typing import Any

import pytest

from tests.upgrade.conftest import OldPlace
from tests.upgrade.observations import READERS, STRANGER, differences, observe, status_at

# The columns of a run's row that an export has unchanged. (The export has the form's contents in
# another shape, so the test reads them from the run's page.)
EXPORTED = (
    *("id", "starred", "model", "template", "prompt", "parameters", "seed", "seed_pinned"),
    *("status", "finish_reason", "stop_sequence", "error_code", "text", "tokens"),
    *("prompt_tokens", "completion_tokens", "created_at", "started_at", "finished_at"),
    *("first_token_ms", "tokens_per_second"),
)
# The columns with another name in the export.
RENAMED = {
    "original": "original_id",
    "origin": "origin_id",
    "parent": "parent_id",
    "prompt_version": "version_id",
    "error": "error_message",
}
# Runs whose lines are imported again: one of each kind of form.
IMPORTED = (
    *("example-chat", "table-rows", "raw", "variables", "injected", "from-cursor"),
    *("every-parameter", "probabilities", "stopped-by-stop", "cancelled"),
)
# Another person has runs with these ids, so a copy gets new ones.
OF_THE_ORIGINAL = {"id", "original", "origin", "parent", "tree", "prompt_version"}
OF_THE_OWNER = {"parent", "version", "prompt_id", "draft", "draft_revision"}


def pages_of(place: OldPlace, **wanted: str) -> list[dict[str, Any]]:
    """The pages that were read at that time, with these values."""
    pages: list[dict[str, Any]] = place.contents["expected"]["pages"]
    return [page for page in pages if all(page[name] == value for name, value in wanted.items())]


def export_of_run(row: dict[str, Any]) -> dict[str, Any]:
    """The export's line of a run."""
    return {
        **{name: row[name] for name in EXPORTED},
        **{name: row[column] for name, column in RENAMED.items()},
    }


def export_of(place: OldPlace, who: str) -> dict[str, dict[str, Any]]:
    """The lines of a person's export, by the id of their run."""
    return lines_by("id", place.browser(who).open("/history/export/?format=jsonl"))


def lines_by(name: str, text: str) -> dict[str, dict[str, Any]]:
    return {line[name]: line for line in map(json.loads, text.splitlines())}


def without_title(facts: dict[str, Any]) -> dict[str, Any]:
    """A prompt that is opened from a link has its own title since; then it had the template's."""
    form = {name: value for name, value in facts["form"].items() if name != "save_title"}
    return {**{name: value for name, value in facts.items() if name != "title"}, "form": form}


@pytest.mark.parametrize("reads", [*READERS, "shows"])
def test_pages_show_the_same_as_before(old_place: OldPlace, reads: str) -> None:
    pages = pages_of(old_place, reads=reads)
    lost = []
    for page in pages:
        texts = page["facts"] if reads == "shows" else None
        found = observe(old_place.browser(page["who"]), reads, page["path"], shows=texts)
        wanted = page["facts"]
        if page["path"].endswith("/open/"):
            wanted = without_title(wanted)
        lost += [f"{page['path']}: {line}" for line in differences(wanted, found)]

    assert pages
    assert not lost, "\n".join(lost)


def test_closed_pages_stay_closed(old_place: OldPlace) -> None:
    closed = old_place.contents["expected"]["closed"]

    found = {path: status_at(old_place.browser(who), path) for who, path in closed}

    assert found == dict.fromkeys(found, 404)


@pytest.mark.parametrize("who", ["ada", "ben", "guest"])
def test_an_export_has_all_values_of_the_rows(old_place: OldPlace, who: str) -> None:
    owned = {run for run, owner in old_place.contents["names"]["owners"].items() if owner == who}

    lines = export_of(old_place, who)

    assert set(lines) == owned
    lost = [
        f"{run}: {difference}"
        for run, line in lines.items()
        for difference in differences(export_of_run(old_place.runs[run]), line)
    ]
    assert not lost, "\n".join(lost)


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_people_sign_in_with_their_passwords(old_place: OldPlace, who: str) -> None:
    (history,) = pages_of(old_place, who=who, reads="runs", path="/history/")
    browser = old_place.browser(STRANGER)

    browser.sign_in(who)

    assert observe(browser, "runs", "/history/") == history["facts"]


def test_an_old_export_can_be_imported(old_place: OldPlace) -> None:
    ids = [old_place.contents["names"]["runs"][name] for name in IMPORTED]
    rows = {run: old_place.runs[run] for run in ids}
    lines = [line_of_then(row) for row in rows.values()]
    newcomer = old_place.browser(STRANGER)

    answer = newcomer.visitor.upload("/history/import/", "\n".join(lines).encode())

    assert answer.status == 303
    copies = lines_by("original", newcomer.open("/history/export/?format=jsonl"))
    assert set(copies) == set(rows)
    for run, row in rows.items():
        wanted = {n: value for n, value in export_of_run(row).items() if n not in OF_THE_ORIGINAL}
        assert differences(wanted, copies[run]) == []
        (then,) = pages_of(old_place, path=f"/runs/{run}/")
        page = observe(newcomer, "workbench", f"/runs/{copies[run]['id']}/")
        form = {n: value for n, value in then["facts"]["form"].items() if n not in OF_THE_OWNER}
        assert differences(form, page["form"]) == []
        assert page["output"] == then["facts"]["output"]


def line_of_then(row: dict[str, Any]) -> str:
    """A run's row as the first version of the format has it."""
    rest = {"kind": "run", "version": 1, "fields": row["fields"], "tree": row["tree"]}
    return json.dumps({**rest, **export_of_run(row)})
