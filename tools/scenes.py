"""A person's data before the pictures are taken: an account, prompts, versions, links."""

import secrets
from urllib.parse import urlsplit

from playwright.sync_api import Page

NAME = "ada"
# Title, description, tags, template and typed text; the first one gets a second version.
PROMPTS = (
    (
        "A letter from the lighthouse",
        "The keeper writes home once a week.",
        "stories, sea",
        "free",
        "Dear Anna, the lamp has burned every night since",
        "Dear Anna, the lamp has burned every single night since the storm, and",
    ),
    ("Phrases for the road", "", "travel", "translation", "", ""),
    ("Orders over a hundred", "Only what is not paid yet.", "work, sql", "sql", "", ""),
)
# The pages of a stranger.
OF_STRANGERS = {"sign-in": "/account/sign-in/", "sign-up": "/account/sign-up/"}
# Dialogs over a saved prompt's page: by the button or the key that opens them.
DIALOGS = {"save": "#open-save", "share": "#open-share", "palette": "Control+k", "keys": "?"}


def make_things(page: Page, url: str) -> dict[str, str]:
    """Signs up, saves, runs, shares, publishes; the new pages' paths by name."""
    _sign_up(page, url)
    prompts = [_save(page, url, *prompt[:5]) for prompt in reversed(PROMPTS)]
    main = prompts[-1]
    first = _run(page)
    _write(page, PROMPTS[0][5])
    page.locator("#open-save").click()
    page.get_by_label("What changed").fill("More of the storm")
    _submit_save(page)
    second = _run(page)
    shared = _share(page)
    return {
        "prompt": main,
        "prompts": "/prompts/",
        "versions": f"{main}versions/",
        "diff": f"{main}diff/?a=1&b=2",
        "history": "/history/",
        "compare": f"/history/compare/?a={first}&b={second}",
        "shared": shared,
        "gallery": "/gallery/",
        "account": "/account/",
    }


def open_dialog(page: Page, how: str) -> None:
    """Opens one of `DIALOGS`."""
    if how.startswith("#"):
        page.locator(how).click()
    else:
        page.locator("h1").click()
        page.keyboard.press(how)
    page.locator("dialog[open]").wait_for()
    if how == "Control+k":
        page.locator(".palette-option", has_text="Phrases for the road").first.wait_for()


def _sign_up(page: Page, url: str) -> None:
    page.goto(f"{url}/account/sign-up/")
    page.get_by_label("Name").fill(f"{NAME}-{secrets.token_hex(2)}")
    for label in ("Password", "Password, again"):
        page.get_by_label(label, exact=True).fill("a lamp that burns all night")
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name="Sign up").click()


def _save(page: Page, url: str, title: str, about: str, tags: str, slug: str, text: str) -> str:
    page.goto(f"{url}/{slug}/")
    if text:
        _write(page, text)
    page.locator("#open-save").click()
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_label("Description", exact=True).fill(about)
    page.get_by_label("Tags", exact=True).fill(tags)
    _submit_save(page)
    return urlsplit(page.url).path


def _submit_save(page: Page) -> None:
    with page.expect_navigation(url="**/prompts/**"):
        page.locator("#save-submit").click()


def _write(page: Page, text: str) -> None:
    page.get_by_test_id("prompt").press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def _run(page: Page) -> str:
    page.get_by_test_id("run").click()
    page.wait_for_url("**/runs/**")
    page.locator("#run-panel[data-final=yes]").wait_for(state="attached")
    return page.locator("#run-panel").get_attribute("data-run") or ""


def _share(page: Page) -> str:
    """Publishes the prompt on the page, and makes a link; the path of that."""
    page.locator("#open-share").click()
    dialog = page.locator("#share")
    steps = (
        ("gallery", "#publish", dialog.get_by_text("Remove from the gallery")),
        ("link", "#make-link", dialog.locator("copy-text input").first),
    )
    for place, button, done in steps:
        dialog.locator(f"#share-as-{place}").check(force=True)
        for box in dialog.locator(f".share-part--{place} [type=checkbox]").all():
            if box.is_visible():
                box.check()
        dialog.locator(button).click()
        # The dialog is drawn again, and an earlier choice would be lost.
        done.wait_for()
    return urlsplit(dialog.locator("copy-text input").first.input_value()).path
