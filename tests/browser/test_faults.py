"""Parts are killed while a page streams: the page recovers by itself and shows the whole text."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.support.stack import Stack

# The browser reports that a socket was lost and that a poll had no answer; the person sees one
# message, on the page.
OFFLINE = ("WebSocket connection to", "ERR_(CONNECTION|SOCKET|EMPTY)", "status of 50[23]")


def test_a_worker_killed_in_mid_stream_costs_only_a_pause(
    stack: Stack, guest: Guest, new_guest: NewGuest
) -> None:
    # Another person: two tabs of one person would share a draft.
    calm = new_guest().open("free", model="demo")
    undisturbed = calm.run_long(tokens=60)
    calm.wait_final()
    workbench = guest.open("free", model="slow")
    run = workbench.run_long(tokens=60)
    workbench.wait_for_text(40)
    shown = workbench.text

    stack.kill("slow")
    stack.start_worker("slow")
    workbench.wait_final()

    row, text = stack.row(run), stack.row(undisturbed)["text"]
    assert row["attempt"] == 2
    assert row["text"] == text
    assert text.startswith(shown)
    assert workbench.text == text


def test_a_stream_continues_after_its_web_process_is_killed(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    workbench.record_steps()
    run = workbench.run_long(tokens=100)
    workbench.wait_for_text(40)

    with guest.complaints.allow(*OFFLINE):
        stack.kill("web")
        expect(workbench.panel).to_contain_text(re.compile("[Cc]onnection lost"))
        stack.start_web()
        workbench.wait_final()

    row = stack.row(run)
    assert (row["attempt"], row["completion_tokens"]) == (1, 100)
    assert workbench.text == row["text"]
    assert workbench.steps == sorted(workbench.steps)
