"""A text that is too long:

one sentence with correct numbers, no outdated count, and no frozen page.
"""

import re

from playwright.sync_api import expect

from tests.browser.guest import Guest

MEGABYTE = 1 << 20
# A person waits at most this long for a key, also on a busy test machine.
MAX_MS = 2_000

PASTE = """
(length) => {
  const data = new DataTransfer();
  data.setData('text/plain', 'All work and no play. '.repeat(length / 22 + 1).slice(0, length));
  const paste = { clipboardData: data, bubbles: true, cancelable: true };
  document.querySelector('.cm-content').dispatchEvent(new ClipboardEvent('paste', paste));
}
"""
# The time until a typed letter is on the page.
TYPED_MS = """
() => new Promise((done) => {
  const begun = performance.now();
  document.execCommand('insertText', false, 'x');
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
})
"""


def test_a_megabyte_is_reported_with_its_size_and_the_gauge_is_not_outdated(guest: Guest) -> None:
    workbench = guest.open("free")
    page = workbench.page
    note = page.locator("#fit-note")
    workbench.write_prompt("Short")
    expect(workbench.tokens).to_have_text(re.compile(r"^\d+ / 2048$"))
    sent: list[int] = []
    page.on(
        "request",
        lambda request: sent.append(len(request.post_data or "")) if request.post_data else None,
    )
    workbench.prompt.press("ControlOrMeta+a")

    page.evaluate(PASTE, MEGABYTE)

    expect(note).to_contain_text("The prompt has 1,048,576 characters; the limit is 65,536.")
    expect(workbench.tokens).to_have_text("too long / 2048")
    expect(page.locator("#gauge")).to_have_attribute("data-over", "yes")
    workbench.run_button.click()
    expect(workbench.notice).to_contain_text("1,048,576 characters; the limit is 65,536")
    expect(page.locator("#draft-state")).to_contain_text("Not kept")
    workbench.prompt.focus()
    slowest = max(page.evaluate(TYPED_MS) for _ in range(5))
    assert slowest < MAX_MS
    assert not sent or max(sent) < MEGABYTE // 10

    workbench.write_prompt("Short again")
    expect(workbench.tokens).to_have_text(re.compile(r"^\d+ / 2048$"))
    expect(note).to_have_text("")


def test_the_note_and_the_refusal_say_the_same(guest: Guest) -> None:
    workbench = guest.open("qa")
    note = workbench.page.locator("#fit-note")
    workbench.field("knowledge").fill("word " * 3_900)
    expect(note).to_contain_text("horten the prompt by")
    expect(note).not_to_contain_text("Lower the maximum length")

    with guest.complaints.allow("status of 400", "Error Code 400"):
        workbench.run_button.click()
        expect(workbench.notice).to_have_text(re.compile("shorten the prompt by"))

    said = [text.inner_text().strip() for text in (note, workbench.notice.locator("p"))]
    assert said[0] == said[1]


def test_a_text_that_cannot_be_counted_shows_no_outdated_number(guest: Guest) -> None:
    workbench = guest.open("free")
    workbench.write_prompt("Short")
    expect(workbench.tokens).to_have_text(re.compile(r"^\d+ / 2048$"))
    workbench.page.route("**/preview/", lambda route: route.abort())

    with guest.complaints.allow("ERR_FAILED", "htmx:"):
        workbench.type_at_end(" and longer")
        expect(workbench.tokens).to_have_text("\u2013 / 2048")
