"""Exports as Chromium saves them: complete, whatever their length."""

import json
import uuid
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.guest import Guest

RUNS = 24


def long_runs(file: Path) -> None:
    """Runs that are each longer than a chunk of a download."""
    run = {
        "kind": "run",
        "version": 1,
        "model": "demo",
        "template": "free",
        "prompt": "Once",
        "text": "upon a time " * 8_000,
        "status": "succeeded",
        "parameters": {"max_tokens": 16},
        "created_at": "2026-03-01T12:00:00+00:00",
        "finished_at": "2026-03-01T12:00:01+00:00",
    }
    lines = [json.dumps({**run, "id": str(uuid.uuid4())}) + "\n" for _ in range(RUNS)]
    file.write_text("".join(lines))


def download_text(page: Page, link: str, folder: Path) -> str:
    """The text of the file that the browser saves when the link is pressed."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    assert download.value.failure() is None
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file.read_text(encoding="utf-8")


def test_every_line_of_every_export_arrives(guest: Guest, tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    long_runs(file)
    page = guest.page("/history/")
    page.get_by_text("Import", exact=True).first.click()
    page.get_by_label("Runs as JSON Lines").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text(f"{RUNS} runs imported.")).to_be_visible()

    page.get_by_text("Export", exact=True).first.click()
    lines = download_text(page, "JSON Lines", tmp_path).splitlines()
    rows = download_text(page, "CSV", tmp_path).splitlines()
    sections = download_text(page, "Markdown", tmp_path)
    page.goto(f"{guest.url}/account/")
    everything = download_text(page, "Download", tmp_path).splitlines()

    assert len({json.loads(line)["id"] for line in lines}) == RUNS
    assert len(rows) == RUNS + 1
    assert sections.count("### Output") == RUNS
    assert [json.loads(line)["kind"] for line in everything] == ["account", *["run"] * RUNS]
    # The same file once more: nothing is doubled, and the page says so.
    page.goto(f"{guest.url}/history/")
    page.get_by_text("Import", exact=True).first.click()
    page.get_by_label("Runs as JSON Lines").set_input_files(tmp_path / "runs.jsonl")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text(f"0 runs imported. {RUNS} of the file were here")).to_be_visible()
