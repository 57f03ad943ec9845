"""A person whose pages all have text, so that a test can look at every page."""

from dataclasses import dataclass

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


def furnish(stack: Stack, guest: Guest, texts: Texts) -> list[str]:
    """Saves, runs, branches, shares and leaves drafts; returns the paths of all these pages."""
    workbench = guest.open("free")
    prompt, page = SavedPrompt(workbench), workbench.page
    workbench.write_prompt(f"{texts.text}\n{{{{{texts.word}}}}}\n")
    value = page.locator(f"[id='var.{texts.word}']")
    value.fill(texts.text)
    workbench.set(max_tokens=8)
    prompt.save(title=texts.title, tags=texts.word, description=texts.text, message=texts.text)
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
    ]


def _run(stack: Stack, run: str, text: str, guest: Guest) -> str:
    """The run, as if the model had written ``text``."""
    stack.wait_final(run)
    changed = "UPDATE runs_run SET text = ?, tokens = '[]' WHERE id = ?"
    stack.query(changed, text, run.replace("-", ""))
    return run
