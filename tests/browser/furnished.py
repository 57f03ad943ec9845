"""A person whose pages all have text, so that a test can look at every page."""

import json
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.browser.guest import Guest
from tests.browser.library import SavedPrompt
from tests.browser.sharing import ShareDialog
from tests.browser.test_templates import SLUGS
from tests.support.stack import Stack

# Pages that open for everybody, without any data.
EMPTY_PATHS = (
    "/",
    *(f"/{slug}/" for slug in SLUGS),
    "/prompts/?show=archive",
    "/prompts/?q=nothing",
    "/history/?q=nothing",
    "/gallery/",
    "/datasets/",
    "/datasets/guide/",
    "/finetunes/",
    "/finetunes/new/",
    "/account/",
    "/account/sign-in/",
    "/account/sign-up/",
    "/account/closed/",
    "/account/delete/",
    "/history/delete-all/",
    "/nowhere/",
)


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The text for each place. ``word`` has no spaces; it is for names and tags."""

    title: str
    text: str
    word: str


def furnish_prompt(guest: Guest, texts: Texts) -> SavedPrompt:
    """Saves a prompt with a variable; its page is open."""
    workbench = guest.open("free")
    prompt, page = SavedPrompt(workbench), workbench.page
    workbench.write_prompt(f"{texts.text}\n{{{{{texts.word}}}}}\n")
    value = page.locator(f"[id='var.{texts.word}']")
    value.fill(texts.text)
    workbench.set(max_tokens=8)
    prompt.save(title=texts.title, tags=texts.word, description=texts.text, message=texts.text)
    return prompt


def furnish_finetune(stack: Stack, guest: Guest, texts: Texts) -> list[str]:
    """Adds, mends and shares a dataset, and starts a fine-tune that nobody trains, with a record
    and a result as a worker stores them; returns the paths of all these pages."""
    rows = [{"prompt": f"{texts.text} {n}", "completion": f" {texts.text}"} for n in range(20)]
    lines = [json.dumps(row, ensure_ascii=False) for row in [*rows, {**rows[0], "completion": ""}]]
    page = guest.page("/datasets/")
    page.get_by_text("Paste text instead").click()
    page.get_by_label("Examples", exact=True).fill("\n".join(lines))
    page.get_by_label("Name").fill(texts.title)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    dataset = page.url.removeprefix(guest.url)
    page.get_by_role("button", name="Make a link to read it").click()
    link = page.get_by_label("Link to the dataset").input_value().removeprefix(guest.url)
    page.get_by_role("button", name="Leave these rows out").click()
    page.get_by_role("link", name="Fine-tune a model on it").click()
    page.get_by_label("Base model").select_option("spare")
    page.get_by_label("Name").fill(texts.title)
    page.get_by_label("Note").fill(texts.text)
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/finetunes/*-*/")
    finetune = page.url.removeprefix(guest.url)
    finish_finetune(stack, finetune.split("/")[2], texts)
    return [
        "/datasets/",
        dataset,
        f"{dataset}v/1/",
        f"{dataset}v/1/fix/leave_out_rows/",
        f"{dataset}delete/",
        link,
        "/finetunes/",
        f"/finetunes/new/?again={finetune.split('/')[2]}",
        finetune,
        f"{finetune}edit/",
        f"{finetune}delete/",
    ]


def finish_finetune(stack: Stack, finetune: str, texts: Texts) -> None:
    """Stores an end with everything that a page can show of one."""
    figure = {"value": 0.5, "low": 0.1, "high": 0.9}
    way = {
        "how": "text",
        "accuracy": figure,
        "macro_f1": figure,
        "confusion": [[1, 1, 0], [0, 1, 0]],
    }
    output = dict.fromkeys(("prompt", "expected", "base", "tuned"), texts.text)
    result = {
        "evaluation": {
            "verdict": {"outcome": "better", "sentence": "It is better.", "rule": "By the rule."},
            "measured": 2,
            "classification": {"labels": [texts.text, texts.word], "base": way, "tuned": way},
            "outputs": [{**output, "base_ended": False, "tuned_ended": True, "right": False}],
            "mistakes": [
                {"row": 7, "prompt": texts.text, "label": texts.word, "suggested": texts.word}
            ],
            "mistakes_looked": 20,
        }
    }
    (row,) = stack.query(
        "SELECT id FROM finetunes_finetune WHERE id = ?", finetune.replace("-", "")
    )
    events = (
        ("step", 1, {"step": 1, "loss": 1.5}),
        ("sample", 1, {"step": 1, "prompt": texts.text, "text": texts.text, "ended": True}),
        ("log", None, {"level": "warning", "code": "x", "text": "Something was odd."}),
    )
    for n, (kind, step, data) in enumerate(events, start=1):
        stack.query(
            "INSERT INTO finetunes_finetuneevent (finetune_id, n, kind, step, data)"
            " VALUES (?, ?, ?, ?, ?)",
            *(row["id"], n, kind, step, json.dumps(data)),
        )
    stack.query(
        "UPDATE finetunes_finetune SET status = 'succeeded', finished_at = created_at,"
        " position = 3, progress = ?, result = ? WHERE id = ?",
        *(json.dumps({"step": 1, "steps": 1, "loss": 1.5}), json.dumps(result), row["id"]),
    )


def furnish_rows(stack: Stack, guest: Guest, prompt: str, texts: Texts) -> list[str]:
    """Runs the prompt at the path ``prompt`` over a row; returns the paths of these pages."""
    page = guest.page(f"{prompt}rows/")
    cell = texts.text.replace('"', '""')
    page.get_by_label("Table", exact=True).fill(f'{texts.word}\n"{cell}"')
    page.get_by_role("button", name="Run 1 row").click()
    page.wait_for_url("**/rows/*-*/")
    table = page.url.removeprefix(guest.url)
    query = "SELECT run_id FROM batches_batchrow WHERE batch_id = ?"
    (row,) = stack.query(query, table.split("/")[2].replace("-", ""))
    _run(stack, row["run_id"], texts.text, guest)
    return [f"{prompt}rows/", table, f"{table}delete/"]


def furnish(stack: Stack, guest: Guest, texts: Texts) -> list[str]:
    """Saves, runs, branches, shares and leaves drafts; returns the paths of all these pages."""
    prompt = furnish_prompt(guest, texts)
    workbench, page = prompt.workbench, prompt.page
    address = page.url.split("?")[0].removeprefix(guest.url)
    first = _run(stack, workbench.run(), texts.text, guest)
    page.goto(guest.url + address)
    workbench.type_at_end(texts.word)
    prompt.save(message=texts.text)
    second = _run(stack, workbench.run(), f"{texts.text} {texts.word}", guest)
    workbench = guest.open_run(second)
    workbench.retry_button.click()
    third = _run(stack, workbench.wait_for_run(other_than=second), texts.word, guest)
    page.goto(guest.url + address)
    shares = ShareDialog(page)
    shares.open()
    link = shares.make_link(f"{texts.text} {texts.word}").removeprefix(guest.url)
    table = guest.open("table")
    rows = _run(stack, table.run(), f"| {texts.word} | {texts.text} |\n", guest)
    draft = guest.open("translation")
    with draft.page.expect_response("**/draft/"):
        draft.field("sentence").fill(texts.text)
    return [
        address,
        f"{address}versions/",
        f"{address}diff/?a=1&b=2",
        f"{address}v/1/",
        f"{address}edit/",
        f"{address}share/",
        f"{address}delete/",
        "/prompts/",
        "/prompts/?show=drafts",
        "/history/",
        f"/history/compare/?a={first}&b={second}",
        f"/runs/{third}/",
        f"/runs/{rows}/",
        f"/runs/{first}/delete/",
        "/translation/",
        link,
        f"{link}fork/",
        *furnish_rows(stack, guest, address, texts),
    ]


def _run(stack: Stack, run: str, text: str, guest: Guest) -> str:
    """The run, as if the model had written ``text``."""
    stack.wait_final(run)
    changed = "UPDATE runs_run SET text = ?, tokens = '[]' WHERE id = ?"
    stack.query(changed, text, run.replace("-", ""))
    return run
