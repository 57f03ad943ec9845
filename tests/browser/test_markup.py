"""Attack 1 in a browser: markup in any text is shown as text and does nothing.

Dialogs, violations of the policy and requests to other hosts fail every test here
(`Complaints`), so it is enough to show the text in every place of a page.
"""

import pytest
from playwright.sync_api import Page, expect

from playground.live.tokenlog import Item, TokenLog, token_json
from tests.browser.guest import Guest
from tests.browser.test_templates import SLUGS
from tests.browser.workbench import Workbench
from tests.support.stack import Stack

ATTACK = (
    "</textarea></script><script>alert(1)</script><img src=x onerror=alert(2)>"
    "<img src=//elsewhere.test/x><b hx-get=/healthz hx-trigger=load>bold</b>"
    "<style>*{display:none}</style>&lt;i&gt;{{7*7}}{% now %}"
)


def assert_inert(page: Page) -> None:
    """None of the attack became an element."""
    made = page.locator(
        "img:not(.cm-widgetBuffer), b[hx-get], script:not([src], [nonce]), body style, [onerror]"
    )
    assert made.count() == 0


def test_markup_typed_into_every_field_of_every_page_runs_as_text(
    stack: Stack, guest: Guest
) -> None:
    page = guest.page()
    workbench = guest.workbench(page)
    for slug in SLUGS:
        page.goto(f"{guest.url}/{slug}/")
        fill_all(workbench)

        run = workbench.run()
        workbench.wait_final()
        if slug != "free":
            workbench.tab("Prompt").click()

        row = stack.row(run)
        prompt = row["prompt"] + (row["text"] if slug == "free" else "")
        assert ATTACK in prompt
        workbench.expect_document_text(prompt)
        assert_inert(page)
        page.reload()
        workbench.expect_document_text(prompt)
        assert_inert(page)
        # An unsent draft may come back and be shown again.
        page.wait_for_load_state("networkidle")


def fill_all(workbench: Workbench) -> None:
    """Types the attack into every field for text."""
    if not workbench.tab("Prompt").count():
        workbench.write_prompt(ATTACK)
    for box in workbench.page.locator("#fields textarea:visible, #field-message").all():
        box.fill(ATTACK)
    adder = workbench.page.get_by_label("Add a stop sequence")
    adder.fill("<img src=x onerror=alert(3)>")
    adder.press("Enter")
    workbench.set(max_tokens=4)


@pytest.mark.parametrize("slug", SLUGS)
def test_markup_from_the_model_streams_and_ends_as_text(
    stack: Stack, guest: Guest, slug: str
) -> None:
    workbench = guest.open(slug, model="spare")
    run = workbench.run()
    said = f" {ATTACK}\n| <i>a</i> | <img src=x onerror=alert(4)> |"
    pieces = [said[start : start + 7] for start in range(0, len(said), 7)]

    write_log(stack, run, pieces)
    expect(workbench.output).to_contain_text("onerror=alert(4)")
    assert workbench.text == said
    assert_inert(workbench.page)
    workbench.stop_button.click()
    workbench.wait_final("cancelled")

    assert stack.row(run)["text"] == said
    assert workbench.text == said
    assert_inert(workbench.page)
    if slug == "table":
        cells = workbench.page.get_by_role("cell")
        expect(cells.filter(has_text="onerror=alert(4)")).to_be_visible()
    workbench.page.reload()
    assert workbench.text == said
    assert_inert(workbench.page)


def test_markup_in_a_failure_and_in_an_error_is_text(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free")
    run = workbench.run()
    workbench.wait_final()
    stack.query(
        "UPDATE runs_run SET status = 'failed', error_message = ? WHERE id = ?",
        ATTACK,
        run.replace("-", ""),
    )

    workbench.page.reload()
    expect(workbench.status).to_have_text("failed")
    expect(workbench.panel).to_contain_text("<script>alert(1)</script>")
    assert_inert(workbench.page)

    workbench.page.locator("input[name=model]").first.evaluate(
        "(input, value) => { input.value = value; input.checked = true; }", ATTACK
    )
    with guest.complaints.allow("status of 400", "Error Code 400"):
        workbench.run_button.click()
        expect(workbench.notice).to_contain_text("<script>alert(1)</script>")
    assert_inert(workbench.page)


def write_log(stack: Stack, run: str, pieces: list[str]) -> None:
    """Writes ``pieces`` as a worker does, one call each, as a model might."""
    client = stack.redis()
    try:
        log = TokenLog(client)
        log.start(run, attempt=1, epoch=1)
        for before, piece in enumerate(pieces):
            token = token_json(before + 1, piece)
            log.append(
                [Item(run=run, choice=0, attempt=1, epoch=1, before=before, tokens=[token])],
            )
    finally:
        client.close()
