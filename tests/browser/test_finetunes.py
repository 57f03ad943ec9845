"""Fine-tunes as a person has them: started, watched, judged, tried; in the queue by keyboard, on a
phone, without scripts."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playground.checkpoints.jobs import FINETUNE
from playground.management.parts import worker_command
from playground.management.supervisor import Part
from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.test_library import press_to
from tests.browser.test_phone import phone
from tests.browser.whole_page import assert_fits
from tests.browser.workbench import Workbench
from tests.support.stack import Stack, wait_ready

pytestmark = pytest.mark.usefixtures("checker")
WIDTH = 390
# Training, and the comparison after it, on a machine that others use too.
TRAINING_MS = 180_000
EXPORT_MS = 60_000
ROWS = "".join(
    f"Mail {n}: where is my parcel? Topic: {'post' if n % 2 else 'bank'}<|endoftext|>\n"
    for n in range(120)
)


@pytest.fixture
def tuner(playground: Stack) -> Iterator[None]:
    """What tunes `demo`. Nobody tunes `spare`."""
    command = worker_command(job=FINETUNE, model="demo", device="cpu", name="tuner@here")
    wait_ready(playground.launch(Part(name="tuner", command=command)))
    yield
    playground.stop("tuner")


@pytest.fixture(autouse=True)
def empty_queue(playground: Stack) -> None:
    """What other tests left in the queue of `spare` is before nobody."""
    playground.query("UPDATE finetunes_finetune SET status = 'cancelled' WHERE status = 'queued'")


def add_rows(page: Page, name: str) -> None:
    """Pastes a small dataset, and waits until it can be trained on."""
    page.goto(page.url)
    page.get_by_text("Paste text instead").click()
    page.get_by_label("Examples", exact=True).fill(ROWS)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("link", name="Fine-tune a model on it")).to_be_visible()


def start(page: Page, name: str, *, base: str = "spare") -> None:
    """Starts a fine-tune on the dataset whose page is open."""
    page.get_by_role("link", name="Fine-tune a model on it").click()
    page.get_by_label("Base model").select_option(base)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def share_cookies(guest: Guest, other: Guest) -> None:
    """The other browser is the same person's."""
    cookies: Any = guest.context.cookies()
    other.context.add_cookies(cookies)


@pytest.mark.usefixtures("tuner")
def test_an_example_is_trained_watched_and_tried(
    guest: Guest, new_guest: NewGuest, axe_source: str
) -> None:
    page = guest.page("/datasets/")
    page.get_by_role("button", name="Support topics").click()
    page.get_by_role("link", name="Fine-tune a model on it").click()
    expect(page.get_by_text("540 to train on")).to_be_visible()
    expect(page.get_by_text("60 to measure by")).to_be_visible()
    page.get_by_role("spinbutton", name="Epochs").fill("1")
    expect(page.get_by_text("in 1 epoch")).to_be_visible()
    found = violations(page, axe_source)
    page.get_by_role("button", name="Start training").click()

    expect(page.locator("[data-where]")).to_contain_text(
        re.compile(r"Step \d+ of 34"), timeout=TRAINING_MS
    )
    found += violations(page, axe_source)
    expect(page).to_have_title(re.compile(r"^\d+ %: Support topics"))
    # A second tab, and one without scripts, show the same.
    other = guest.context.new_page()
    other.goto(page.url)
    expect(other.locator("[data-figure=loss]")).not_to_have_text("–")  # noqa: RUF001
    other.close()
    plain = new_guest(java_script_enabled=False)
    share_cookies(guest, plain)
    still = plain.context.new_page()
    still.goto(page.url)
    expect(still.locator("[data-where]")).to_contain_text(re.compile("Step|All steps"))
    still.get_by_text("As a table").click()
    expect(still.get_by_role("columnheader", name="Held out")).to_be_visible()
    still.close()

    expect(page.get_by_role("link", name="Try it")).to_be_visible(timeout=TRAINING_MS)
    expect(page).to_have_title(re.compile("Done: Support topics"))
    expect(page.get_by_role("heading", name="Base against tuned")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Accuracy"))).to_be_visible()
    expect(page.get_by_text(re.compile("right in .* of 60 held-out rows"))).to_be_visible()
    found += violations(page, axe_source)
    page.set_viewport_size({"width": WIDTH, "height": 844})
    assert_fits(page, WIDTH)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert found == []
    press_to(page, "Make it in float32")
    page.keyboard.press("Enter")
    ready = page.get_by_text(re.compile("Ready, .* MiB. Compared at .* positions"))
    expect(ready).to_be_visible(timeout=EXPORT_MS)

    page.get_by_role("link", name="Try it").click()
    workbench = Workbench(page)
    expect(workbench.model).to_contain_text("Support topics")
    workbench.run()
    workbench.wait_final()
    assert workbench.output.inner_text().strip()


@pytest.mark.usefixtures("tuner")
def test_all_weights_are_trained_and_the_whole_model_is_taken_away(
    guest: Guest, new_guest: NewGuest, axe_source: str, tmp_path: Path
) -> None:
    page = guest.page("/datasets/")
    add_rows(page, "Mail")
    page.get_by_role("link", name="Fine-tune a model on it").click()
    page.get_by_text("Advanced settings").click()
    page.get_by_label("Batch").fill("8")
    page.get_by_label("Rank").fill("4")
    expect(page.get_by_label("Learning rate")).to_have_attribute("placeholder", "0.003")
    page.get_by_label("All weights").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Learning rate")).to_have_attribute("placeholder", "0.0003")
    expect(page.get_by_label("All weights")).to_be_focused()
    expect(page.get_by_label("Batch")).to_have_value("8")
    expect(page.get_by_label("Rank")).to_have_count(0)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Rank")).to_have_value("4")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Rank")).to_have_count(0)
    page.get_by_role("spinbutton", name="Epochs").fill("4")
    expect(page.get_by_text("in 4 epochs")).to_be_visible()
    expect(page.get_by_text("30.1 MiB on the disk")).to_be_visible()
    found = violations(page, axe_source)
    page.get_by_role("button", name="Start training").click()

    expect(page.get_by_role("heading", name="Whole model")).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_role("heading", name="Base against tuned")).to_be_visible()
    expect(page.get_by_role("link", name="Try it")).to_have_count(0)
    expect(page.get_by_text("it does not appear in the menu by itself")).to_be_visible()
    press_to(page, "Make it in float32")
    page.keyboard.press("Enter")
    expect(page.locator("#export-list")).to_contain_text(re.compile("waits|being made|Ready"))
    ready = page.get_by_text(re.compile("Ready, .* MiB. Compared at .* positions"))
    expect(ready).to_be_visible(timeout=EXPORT_MS)
    page.get_by_text("For the operator: how it is served").click()
    expect(page.locator("#registry-lines")).to_contain_text('path = "mail"')
    found += violations(page, axe_source)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download float32").click()
    archive = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(archive)
    assert archive.name == "mail-float32.zip"
    assert "model.safetensors" in zipfile.ZipFile(archive).namelist()
    page.set_viewport_size({"width": WIDTH, "height": 844})
    assert_fits(page, WIDTH)
    assert found == []

    plain = new_guest(java_script_enabled=False, viewport={"width": WIDTH, "height": 844})
    share_cookies(guest, plain)
    still = plain.context.new_page()
    still.goto(page.url)
    still.get_by_role("button", name="Delete float32").click()
    expect(still.get_by_text("The model in float32 is deleted.")).to_be_visible()
    still.get_by_role("button", name="Make it in bfloat16").click()
    # The page refreshes itself until there is an answer.
    row = still.get_by_role("listitem").filter(has_text="bfloat16")
    answer = re.compile("Ready, .* MiB|Not offered in bfloat16: ")
    expect(row).to_contain_text(answer, timeout=EXPORT_MS)
    assert 'http-equiv="refresh"' not in still.content()


def test_waiting_ones_change_places_and_go_by_keyboard_alone(guest: Guest, axe_source: str) -> None:
    page = guest.page("/datasets/")
    add_rows(page, "Mail")
    dataset = page.url
    start(page, "First")
    expect(page.get_by_text("It is next.")).to_be_visible()
    page.goto(dataset)
    start(page, "Second")
    expect(page.get_by_text("1 fine-tune is trained before it.")).to_be_visible()
    found = violations(page, axe_source)
    page.get_by_role("link", name="Fine-tunes").first.click()
    row = page.locator(".finetune-row", has_text="Second")

    press_to(page, "Earlier Second")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("It is next.")
    found += violations(page, axe_source)
    press_to(page, "Cancel Second")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("cancelled")
    press_to(page, "Delete Second")
    page.keyboard.press("Enter")
    found += violations(page, axe_source)
    press_to(page, "Delete for good")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Deleted for good.")).to_be_visible()
    expect(row).to_have_count(0)
    assert found == []


def test_without_scripts_and_on_a_phone(new_guest: NewGuest) -> None:
    guest = phone(new_guest, WIDTH)
    page = guest.page("/datasets/")
    add_rows(page, "Mail of the first quarter, with everything that people asked about parcels")
    plain = new_guest(java_script_enabled=False, viewport={"width": WIDTH, "height": 844})
    share_cookies(guest, plain)
    still = plain.context.new_page()
    still.goto(page.url)

    still.get_by_role("link", name="Fine-tune a model on it").click()
    assert_fits(page, WIDTH)
    still.get_by_label("Base model").select_option("spare")
    still.get_by_text("Advanced settings").click()
    still.get_by_label("Rank").fill("8")
    still.get_by_role("button", name="Start training").click()

    expect(still.get_by_text("You can leave this page")).to_be_visible()
    assert 'http-equiv="refresh"' in still.content()
    still.get_by_role("link", name="Rename").click()
    still.get_by_label("Name").fill("W" * 120)
    still.get_by_role("button", name="Save").click()
    page.goto(still.url)
    assert_fits(page, WIDTH)
    page.goto(f"{guest.url}/finetunes/")
    assert_fits(page, WIDTH)
    page.goto(f"{guest.url}/finetunes/new/")
    assert_fits(page, WIDTH)
