"""The ten things that people do most, in as few presses as docs/tasks.md says."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.support.stack import Stack

TABLE = Path(__file__).parents[2] / "docs" / "tasks.md"
ROW = re.compile(r"^\| (?P<task>[^|]+) \| (?P<presses>\d+) \|", re.MULTILINE)


@dataclass(slots=True)
class Hand:
    """A person's hand: it counts what it presses for each task."""

    counts: dict[str, int] = field(default_factory=dict)
    task: str = ""

    def begin(self, task: str) -> None:
        self.task = task
        self.counts[task] = 0

    def click(self, element: Locator) -> None:
        self.counts[self.task] += 1
        element.click()

    def press(self, element: Locator, keys: str) -> None:
        self.counts[self.task] += 1
        element.press(keys)


def test_the_ten_tasks_take_as_many_presses_as_documented(
    stack: Stack, new_guest: NewGuest
) -> None:
    guest: Guest = new_guest(permissions=["clipboard-read", "clipboard-write"])
    hand = Hand()

    hand.begin("first run from opening the page")
    workbench = guest.workbench(guest.page("/free/"))
    page = workbench.page
    hand.click(workbench.run_button)
    first = workbench.wait_for_run()
    workbench.wait_final()
    workbench.parameter("logprobs").check()

    hand.begin("change the temperature and run again")
    workbench.undo_button.click()
    temperature = workbench.parameter("temperature")
    hand.click(temperature)
    page.keyboard.type("0.9")
    hand.press(temperature, "ControlOrMeta+Enter")
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_final()
    assert stack.row(second)["parameters"]["temperature"] == 0.9

    hand.begin("retry")
    hand.press(workbench.prompt, "ControlOrMeta+Shift+Enter")
    third = workbench.wait_for_run(other_than=second)
    workbench.wait_final()
    assert stack.row(third)["origin_id"] == second.replace("-", "")

    hand.begin("another token, and on from there")
    hand.click(page.locator(".cm-content .token").nth(3))
    hand.click(page.get_by_role("list", name="Continue with").get_by_role("button").first)
    branch = workbench.wait_for_run(other_than=third)
    workbench.wait_final()
    assert stack.row(branch)["given"] != "[]"

    hand.begin("three alternatives in view")
    workbench.write_prompt("The ferry leaves at")
    workbench.set(max_tokens=8)
    hand.click(page.get_by_test_id("run-several"))
    expect(page.locator("output-card")).to_have_count(3)
    page.locator("#run-panel[data-live=no]").wait_for(state="attached")
    page.keyboard.press("Alt+2")
    expect(page.locator("output-card")).to_have_count(0)

    hand.begin("save")
    workbench.write_prompt("The ferry leaves at dawn and")
    run = workbench.run()
    workbench.wait_final()
    hand.press(workbench.prompt, "ControlOrMeta+s")
    page.wait_for_url("**/prompts/**")
    expect(page.get_by_text("Version 1 ·")).to_be_visible()

    hand.begin("a new version")
    workbench.write_prompt("The ferry leaves at noon and")
    run = workbench.run()
    workbench.wait_final()
    hand.press(workbench.prompt, "ControlOrMeta+s")
    expect(page.get_by_text("Version 2 ·")).to_be_visible()
    assert workbench.run_id == run
    prompt = page.url.removeprefix(guest.url)

    hand.begin("a link that shows the output")
    hand.click(page.get_by_role("link", name="Share"))
    hand.click(page.get_by_role("button", name="Create link"))
    address = page.locator("#share-panel .copy-address").first
    expect(address).to_have_value(re.compile("/s/"))
    link = address.input_value()
    expect(page.locator("[data-voice]")).to_have_text("Link created and copied.")
    assert page.evaluate("navigator.clipboard.readText()") == link
    reader = new_guest().page(link.removeprefix(guest.url))
    # On the free page the output is in the text itself.
    expect(reader.get_by_test_id("shared-prompt")).to_contain_text(stack.row(run)["text"].strip())
    page.get_by_role("button", name="Close").first.click()

    hand.begin("the difference to the previous version")
    hand.click(page.get_by_role("link", name="Versions"))
    hand.click(page.get_by_role("button", name="Compare"))
    expect(page.get_by_test_id("diff").locator("ins").first).to_contain_text("noon")

    hand.begin("back to the last work")
    page.close()
    back = guest.workbench(guest.page(prompt))
    expect(back.panel).to_have_attribute("data-run", run)

    documented = {m["task"]: int(m["presses"]) for m in ROW.finditer(TABLE.read_text("utf-8"))}
    assert hand.counts == documented
