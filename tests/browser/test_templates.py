"""Each template page runs with its default example."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.support.stack import Stack

SLUGS = ("free", "chat", "qa", "translation", "table", "sql", "code")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_reached_from_the_gallery_runs_its_example(
    stack: Stack, guest: Guest, slug: str
) -> None:
    page = guest.page("/")
    page.get_by_test_id(f"template-{slug}").click()
    page.wait_for_url(f"**/{slug}/")
    workbench = guest.workbench(page)

    run = workbench.run()
    workbench.wait_final()

    row = stack.row(run)
    assert (row["template"], row["status"]) == (slug, "succeeded")
    assert workbench.text.strip() != ""
    assert workbench.text == row["text"]
    assert page.url == f"{stack.url}/runs/{run}/"
    prompt_alone = f"{row['prompt_tokens']} / 2048"
    if slug == "free":
        # The completion is part of the text by now.
        expect(workbench.tokens).not_to_have_text(prompt_alone)
        assert (workbench.counted_tokens or 0) > row["prompt_tokens"]
    else:
        expect(workbench.tokens).to_have_text(prompt_alone)
    expect(page.locator("#figure-tokens")).to_have_text(f"{row['completion_tokens']} new")
    expect(page.locator("#figure-first")).to_be_visible()
    expect(page.locator("#figure-speed")).to_be_visible()


def test_a_table_is_drawn_and_its_csv_has_no_formulas(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("table")

    run = workbench.run()
    workbench.wait_final()

    table = workbench.page.get_by_role("table")
    expect(table).to_be_visible()
    assert table.get_by_role("columnheader").all_inner_texts() == ["Name", "Age", "Job", "City"]
    drawn = [row.get_by_role("cell").all_inner_texts() for row in table.locator("tbody tr").all()]
    written = [line for line in stack.row(run)["text"].split("\n") if line.strip()]
    assert len(drawn) == len(written) > 0
    assert drawn[0] == [cell.strip() for cell in written[0].strip().strip("|").split("|")]
    with workbench.page.expect_download() as download:
        workbench.page.get_by_role("link", name="CSV").click()
    saved = download.value.path().read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(saved)))[1:] == drawn

    formula = '=HYPERLINK("http://elsewhere.test","x")'
    stack.query(
        "UPDATE runs_run SET text = ? WHERE id = ?",
        f"\n| {formula} | -7 | +cmd | @SUM(A1) |",
        run.replace("-", ""),
    )
    workbench.page.reload()
    expect(table.get_by_role("cell").first).to_have_text(formula)
    with workbench.page.expect_download() as download:
        workbench.page.get_by_role("link", name="CSV").click()
    saved = download.value.path().read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(saved)))[1] == [f"'{formula}", "-7", "'+cmd", "'@SUM(A1)"]


def test_finished_sql_is_coloured_and_its_text_unchanged(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("sql")

    run = workbench.run()
    workbench.wait_final()

    expect(workbench.output.locator(".hljs-keyword").first).to_be_visible()
    assert workbench.text == stack.row(run)["text"]


def test_a_second_message_continues_a_chat_and_its_prompt_grows(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("chat")
    first = workbench.run()
    workbench.wait_final()
    first_row = stack.row(first)
    message = workbench.field("message")
    expect(message).to_have_value("")
    expect(message).to_be_focused()

    message.fill("Can I send it back if I do not like it?")
    message.press("Enter")
    second = workbench.wait_for_run(other_than=first)
    workbench.wait_final()

    turns = workbench.page.locator(".turn .bubble").evaluate_all(
        "(bubbles) => bubbles.map((bubble) => bubble.value)"
    )
    assert turns[-2:] == [first_row["text"].strip(), "Can I send it back if I do not like it?"]
    row = stack.row(second)
    assert row["prompt"].startswith(first_row["prompt"])
    assert row["prompt_tokens"] > first_row["prompt_tokens"]
    expect(workbench.tokens).to_have_text(f"{row['prompt_tokens']} / 2048")
    workbench.tab("Prompt").click()
    workbench.expect_document_text(row["prompt"])
    assert workbench.text == row["text"]


def test_a_chat_that_outgrows_the_window_loses_its_oldest_turns_and_says_so(
    stack: Stack, guest: Guest
) -> None:
    workbench = guest.open("chat")
    oldest = workbench.page.locator(".turn .bubble").first
    oldest.fill("I ordered a fern and two small palms last week. " * 200)

    expect(workbench.page.locator("#fit-note")).to_contain_text(
        re.compile(r"[12] oldest turns? left out")
    )
    run = workbench.run()
    workbench.wait_final()

    row = stack.row(run)
    assert "two small palms" not in row["prompt"]
    assert "48213" in row["prompt"]


def test_a_field_is_added_and_removed_and_the_prompt_follows(guest: Guest) -> None:
    workbench = guest.open("translation")
    rows = workbench.page.locator(".example:not(.example-head)")
    before = rows.count()

    workbench.page.get_by_role("button", name="Add an example").click()
    expect(rows).to_have_count(before + 1)
    added = rows.nth(before).get_by_role("textbox")
    expect(added.first).to_be_focused()
    added.nth(0).fill("I like the sea.")
    added.nth(1).fill("J'aime la mer.")
    workbench.expect_document_text(re.compile("English: I like the sea.\nFrench: J'aime la mer."))

    workbench.page.get_by_role("button", name=f"Remove example {before + 1}").click()
    expect(rows).to_have_count(before)
    workbench.expect_document_text(re.compile(r"^(?![\s\S]*I like the sea)"))
