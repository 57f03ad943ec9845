"""Datasets and fine-tunes in the hands of somebody who clicks twice, goes back, signs in on another
tab, or deletes what another tab shows; and while the server is away."""

import json
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.account import Account
from tests.browser.guest import Guest
from tests.browser.network import wait_for_held
from tests.browser.test_datasets import part_of
from tests.support.part import wait_until
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("checker")

PARTS = "**/datasets/uploads/*/"
# Longer than all tries of an upload that go on by themselves.
LONG_MS = 10_000
SLOW_FIRST_SUM = """
() => {
  const { digest } = SubtleCrypto.prototype;
  let isFirst = true;
  SubtleCrypto.prototype.digest = function (...given) {
    if (!isFirst) return digest.apply(this, given);
    isFirst = false;
    return new Promise((resolve) => {
      window.finishFirstSum = () => resolve(digest.apply(this, given));
    });
  };
}
"""


def choose(page: Page, name: str, content: str) -> None:
    file = {"name": name, "mimeType": "text/plain", "buffer": content.encode()}
    page.get_by_label("Upload a file").set_input_files([file])  # type: ignore[list-item]


def pass_time_until(page: Page, shown: Locator) -> None:
    """Lets the page's clock run until ``shown`` is there."""

    def is_shown() -> bool:
        page.clock.run_for(500)
        return shown.is_visible()

    wait_until(is_shown, what=str(shown), timeout=30)


def hold_part(page: Page, *, start: int) -> list[Route]:
    """Holds the first part that begins at ``start`` or behind it; it is in the list then."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        is_part = route.request.method == "PATCH" and part_of(route.request) >= start
        if is_part and not held:
            held.append(route)
        else:
            route.continue_()

    page.route(PARTS, hold)
    return held


def count(stack: Stack, table: str, column: str, value: str) -> int:
    return len(stack.query(f"SELECT id FROM {table} WHERE {column} = ?", value))


def test_a_double_click_does_it_once(stack: Stack, guest: Guest) -> None:
    name = f"Twice {time.time_ns()}"
    page = guest.page("/datasets/")
    page.get_by_text("Paste text instead").click()
    page.get_by_label("Examples", exact=True).fill("Q: a? A: b<|endoftext|>\n" * 3)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add").dblclick()
    page.get_by_role("link", name="Fine-tune a model on it").click()
    page.get_by_label("Base model").select_option("spare")
    page.get_by_role("button", name="Start training").dblclick()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    assert count(stack, "datasets_dataset", "name", name) == 1
    assert count(stack, "finetunes_finetune", "name", name) == 1

    page.get_by_role("button", name="Cancel").dblclick()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete for good").dblclick()

    expect(page.get_by_text("Deleted for good.")).to_be_visible()


def test_back_after_a_start_leads_to_a_form_that_starts_another(guest: Guest, stack: Stack) -> None:
    name = f"Back {time.time_ns()}"
    page = guest.page("/datasets/")
    page.get_by_role("button", name="Blog ideas").click()
    page.get_by_role("link", name="Fine-tune a model on it").click()
    page.get_by_label("Base model").select_option("spare")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()

    page.go_back()
    page.get_by_label("Base model").select_option("spare")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Start training").click()

    # The form has the same words before the start.
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_text("1 fine-tune is trained before it.")).to_be_visible()
    assert count(stack, "finetunes_finetune", "name", name) == 2


def test_what_another_tab_deletes_is_said_once_and_not_asked_for_again(
    stack: Stack, guest: Guest
) -> None:
    page = guest.page("/datasets/")
    choose(page, "gone.txt", "Q: a? A: b<|endoftext|>")
    page.wait_for_url("**/datasets/*-*/")
    dataset = page.url
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    # It is being checked for as long as the test wants.
    key = dataset.rstrip("/").rpartition("/")[2].replace("-", "")
    stack.query(
        "UPDATE datasets_datasetversion SET state = 'checking', worker = 'check@here'"
        " WHERE dataset_id = ?",
        key,
    )
    page.clock.install()
    page.goto(dataset)
    expect(page.get_by_text("Checking the file")).to_be_visible()
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status))

    # The page may ask while the other tab deletes.
    with guest.complaints.allow("status of 404", "Error Code 404"):
        other = guest.page(f"{dataset.removeprefix(guest.url)}delete/")
        other.get_by_role("button", name="Delete for good").click()
        expect(other.get_by_text("Deleted for good.")).to_be_visible()
        pass_time_until(page, page.get_by_role("alert").get_by_text("nothing at this address"))
        page.clock.run_for(LONG_MS)

    assert answers.count(404) == 1


def test_an_upload_goes_on_by_itself_when_the_server_was_away_for_long(guest: Guest) -> None:
    page = guest.page()
    page.clock.install()
    page.goto(f"{guest.url}/datasets/")
    page.route(PARTS, lambda route: route.abort())

    with guest.complaints.allow("ERR_FAILED"):
        choose(page, "away.txt", "Q: a? A: b<|endoftext|>")
        pass_time_until(page, page.get_by_text("The connection is gone."))
        page.unroute(PARTS)
        pass_time_until(page, page.get_by_role("heading", name="away"))


def test_an_upload_goes_on_when_its_guest_signs_up_on_another_tab(
    stack: Stack, guest: Guest, tmp_path: Path
) -> None:
    file = tmp_path / "mine.jsonl"
    line = json.dumps({"prompt": "Q: " + "word " * 180, "completion": " yes"}) + "\n"
    file.write_text(line * (2_500_000 // len(line)))
    page = guest.page("/datasets/")
    held = hold_part(page, start=1 << 20)
    page.get_by_label("Upload a file").set_input_files(file)
    part = wait_for_held(page, held)
    other = guest.page("/")
    name = f"ann-{time.time_ns()}"
    Account(other, guest.url).sign_up(name)

    with guest.complaints.allow("status of 403"):
        part.continue_()
        page.wait_for_url("**/datasets/*-*/")

    expect(page.locator(".account-name")).to_have_text(name)
    owners = stack.query(
        "SELECT d.id FROM datasets_dataset d JOIN accounts_person p ON p.id = d.person_id"
        " JOIN accounts_user u ON u.id = p.user_id WHERE u.username = ?",
        name,
    )
    assert len(owners) == 1


def test_a_file_that_is_given_up_while_it_is_read_goes_nowhere(stack: Stack, guest: Guest) -> None:
    wrong, right = f"wrong-{time.time_ns()}", f"right-{time.time_ns()}"
    page = guest.page("/datasets/")
    page.evaluate(SLOW_FIRST_SUM)
    choose(page, f"{wrong}.txt", "Q: a? A: b<|endoftext|>")
    expect(page.get_by_text("Reading the file")).to_be_visible()

    page.get_by_role("button", name="Give up").click()
    choose(page, f"{right}.txt", "Q: c? A: d<|endoftext|>")
    page.evaluate("window.finishFirstSum()")

    expect(page.get_by_role("heading", name=right)).to_be_visible()
    assert count(stack, "datasets_upload", "name", f"{wrong}.txt") == 0


def test_a_file_that_changes_while_it_is_sent_is_said(guest: Guest, tmp_path: Path) -> None:
    file = tmp_path / "changing.jsonl"
    file.write_text('{"prompt": "Q", "completion": " yes"}\n' * 40_000)
    page = guest.page("/datasets/")
    held = hold_part(page, start=1 << 20)
    page.get_by_label("Upload a file").set_input_files(file)
    part = wait_for_held(page, held)

    file.write_text("something else")
    with guest.complaints.allow("ERR_FAILED", "ERR_UPLOAD_FILE_CHANGED"):
        part.abort()
        expect(page.get_by_text("The file cannot be read.")).to_be_visible()

    expect(page.get_by_label("Upload a file")).to_be_focused()


def test_of_several_files_it_says_which_one_is_taken(guest: Guest) -> None:
    page = guest.page("/datasets/")
    held = hold_part(page, start=0)
    page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          for (const name of ['first.txt', 'second.txt'])
            dataTransfer.items.add(new File(['Q: a? A: b<|endoftext|>'], name));
          // Beside the box.
          for (const type of ['dragenter', 'dragover', 'drop'])
            document.querySelector('h1').dispatchEvent(
              new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_role("alert")).to_contain_text("of these 2, “first.txt” is uploaded")
    page.get_by_label("Upload a file").evaluate(
        """(input) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(['x'], 'third.txt'));
          input.files = dataTransfer.files;
          input.dispatchEvent(new Event('change', { bubbles: true }));
        }"""
    )
    expect(page.get_by_role("alert")).to_contain_text("Wait until this one is uploaded")

    wait_for_held(page, held).continue_()
    expect(page.get_by_role("heading", name="first")).to_be_visible()
