"""Datasets as a person uses them: added, checked, mended, continued, by keyboard, on a phone."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.test_library import press_to
from tests.browser.test_phone import assert_fits, phone
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("checker")
WIDTH = 390
# An empty completion, and completions without a space before them.
FAULTY = "".join(
    f"{json.dumps({'prompt': f'Email: where is parcel {n}? Topic:', 'completion': label})}\n"
    for n, label in enumerate([" delivery", "billing"] * 60 + [""])
)


def add(page: Page, content: str, name: str = "faulty.jsonl") -> None:
    """Chooses a file, and waits until its findings are there."""
    file = {"name": name, "mimeType": "text/plain", "buffer": content.encode()}
    page.get_by_label("Upload a file").set_input_files([file])  # type: ignore[list-item]
    page.wait_for_url("**/datasets/*-*/")
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()


def part_of(request: Request) -> int:
    """Where the part of a file begins that a request carries."""
    return int(request.headers.get("upload-offset", "0"))


def test_an_example_is_ready_after_one_press(guest: Guest, axe_source: str) -> None:
    page = guest.page("/")
    page.get_by_role("link", name="Fine-tune").click()
    page.get_by_role("link", name="Datasets", exact=True).click()
    page.get_by_role("button", name="Support topics").click()

    expect(page.get_by_text("ready to train on")).to_be_visible()
    expect(page.get_by_text("600 examples", exact=False).first).to_be_visible()
    expect(page.get_by_role("img", name="How many examples have how many tokens")).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.get_by_role("table").filter(has_text="Tokens").first).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("billing 78"))).to_be_visible()
    page.get_by_role("link", name="At random").click()
    expect(page.get_by_role("link", name="At random")).to_have_attribute("aria-current", "true")
    page.get_by_role("searchbox").fill("grandmother's refund")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No example has")).to_be_visible()
    page.get_by_role("searchbox").fill("rain trousers")
    page.keyboard.press("Enter")
    expect(page.locator(".dataset-example").first).to_contain_text("rain trousers")
    assert violations(page, axe_source) == []


def test_a_faulty_file_is_mended_by_a_press_and_put_back(guest: Guest, axe_source: str) -> None:
    page = guest.page("/datasets/")
    add(page, FAULTY)
    error = page.locator("#finding-empty_completion")
    expect(error).to_contain_text("line 121")
    assert violations(page, axe_source) == []

    error.get_by_role("link", name="Show the changes first").click()
    expect(page.get_by_role("row", name=re.compile("left out"))).to_be_visible()
    assert violations(page, axe_source) == []
    page.get_by_role("button", name="Make the new version").click()

    expect(page.get_by_text("ready to train on")).to_be_visible()
    expect(page.get_by_text("Before and after")).to_be_visible()
    page.get_by_role("button", name="Begin completions with a space").click()
    expect(page.get_by_text("Made from version 2")).to_be_visible()
    expect(page.locator("ins").first).to_contain_text(" billing")
    assert violations(page, axe_source) == []

    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Version 2 is in use.")).to_be_visible()
    expect(page.get_by_text("Made from version 1")).to_be_visible()


def test_an_upload_is_paused_and_goes_on_after_a_reload(
    stack: Stack, guest: Guest, tmp_path: Path
) -> None:
    file = tmp_path / "large.jsonl"
    line = json.dumps({"prompt": "Q: " + "word " * 180, "completion": " yes"}) + "\n"
    file.write_text(line * (4_500_000 // len(line)))
    page = guest.page("/datasets/")

    def hold_third(route: Route) -> None:
        if part_of(route.request) >= 2 << 20:
            held.append(route)
        else:
            route.continue_()

    held: list[Route] = []
    page.route("**/datasets/uploads/*/", hold_third)
    with page.expect_request(lambda request: part_of(request) >= 2 << 20):
        page.get_by_label("Upload a file").set_input_files(file)
    expect(page.get_by_text(re.compile(r"/s · .* left"))).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused. What has arrived is kept.")).to_be_visible()
    page.unroute("**/datasets/uploads/*/")

    page.reload()
    stopped = page.get_by_role("list", name="Uploads that stopped")
    expect(stopped).to_contain_text("large.jsonl stopped at 2.1 MB of 4.5 MB")
    created = len(stack.query("SELECT id FROM datasets_upload"))
    page.get_by_label("Upload a file").set_input_files(file)
    page.wait_for_url("**/datasets/*-*/")

    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    assert len(stack.query("SELECT id FROM datasets_upload")) == created
    (row,) = stack.query("SELECT size FROM datasets_datasetversion WHERE file_name = 'large.jsonl'")
    assert row["size"] == file.stat().st_size


def test_a_lost_connection_is_waited_for(guest: Guest) -> None:
    page = guest.page("/datasets/")
    lost: list[Route] = []

    def lose(route: Route) -> None:
        lost.append(route)
        route.abort()

    with guest.complaints.allow("ERR_FAILED"):
        page.route("**/datasets/uploads/*/", lose)
        file = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a<|endoftext|>"}
        page.get_by_label("Upload a file").set_input_files([file])  # type: ignore[list-item]
        expect(page.get_by_text("The connection is gone.")).to_be_visible()
        page.unroute("**/datasets/uploads/*/")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_url("**/datasets/*-*/")

    assert lost


def test_what_is_pasted_and_dropped_is_uploaded(guest: Guest) -> None:
    page = guest.page("/datasets/")
    page.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          clipboardData.setData('text/plain', 'Q: a? A: b<|endoftext|>Q: c? A: d<|endoftext|>');
          document.body.dispatchEvent(
            new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )
    page.wait_for_url("**/datasets/*-*/")
    expect(page.get_by_role("heading", name="Pasted text")).to_be_visible()

    page.goto(f"{guest.url}/datasets/")
    page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(['prompt,completion\\na, b\\n'], 'dropped.csv'));
          const zone = document.querySelector('dataset-upload');
          for (const type of ['dragenter', 'dragover', 'drop'])
            zone.dispatchEvent(
              new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    page.wait_for_url("**/datasets/*-*/")
    expect(page.get_by_role("heading", name="dropped")).to_be_visible()


def test_by_keyboard_alone_from_an_example_to_a_link(guest: Guest) -> None:
    page = guest.page("/datasets/")
    press_to(page, "Blog ideas")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ready to train on")).to_be_visible()

    press_to(page, "Rename")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keys")).to_be_visible()

    press_to(page, "Make a link to read it")
    page.keyboard.press("Enter")
    link = page.get_by_label("Link to the dataset").input_value()
    reader = page.context.browser
    assert reader is not None
    stranger = reader.new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="By keys")).to_be_visible()
    stranger.close()


def test_on_a_phone_every_page_fits(new_guest: NewGuest, axe_source: str) -> None:
    guest = phone(new_guest, WIDTH)
    page = guest.page("/datasets/")
    assert_fits(page, WIDTH)
    assert violations(page, axe_source) == []
    add(page, FAULTY)
    assert_fits(page, WIDTH)
    page.goto(f"{guest.url}/datasets/guide/")
    assert_fits(page, WIDTH)
    assert violations(page, axe_source) == []


def test_without_scripts_a_file_is_uploaded_mended_and_deleted(
    new_guest: NewGuest, tmp_path: Path
) -> None:
    file = tmp_path / "plain.jsonl"
    file.write_text(FAULTY)
    page = new_guest(java_script_enabled=False).page("/datasets/")

    page.get_by_label("Upload a file").set_input_files(file)
    page.get_by_role("button", name="Upload", exact=True).click()
    # The page refreshes itself until the check is done.
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    page.get_by_role("button", name="Leave these rows out").click()
    expect(page.get_by_text("ready to train on")).to_be_visible()
    page.get_by_role("link", name="At random").click()
    expect(page.locator(".dataset-example")).to_have_count(10)

    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Deleted for good.")).to_be_visible()
