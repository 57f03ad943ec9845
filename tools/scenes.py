"""A person's data before the pictures are taken: an account, prompts, versions, links."""

import json
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
# Of a dataset with something to mend.
FAULTY = "\n".join(
    json.dumps({"prompt": f"Email: where is parcel {number}? Topic:", "completion": label})
    for number, label in enumerate([" delivery", "billing"] * 20 + [""])
)
# A training of two epochs, on a machine that does other things too.
TRAINING_MS = 300_000
# The pages of a stranger.
OF_STRANGERS = {"sign-in": "/account/sign-in/", "sign-up": "/account/sign-up/"}
# Dialogs over a saved prompt's page: by the button or the key that opens them.
DIALOGS = {"save": "#open-save", "share": "#open-share", "palette": "Control+k", "keys": "?"}


def make_things(page: Page, url: str, *, base: str = "", is_trained: bool = True) -> dict[str, str]:
    """Signs up, saves, runs, shares, publishes, fine-tunes; the new pages' paths by name.

    base: of the fine-tune, "" for the default; is_trained: whether to wait for its end.
    """
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
    findings, fixed = _mend(page, url)
    dataset, form, finetune = _fine_tune(page, url, base=base, is_trained=is_trained)
    return {
        "prompt": main,
        "prompts": "/prompts/",
        "versions": f"{main}versions/",
        "diff": f"{main}diff/?a=1&b=2",
        "history": "/history/",
        "compare": f"/history/compare/?a={first}&b={second}",
        "shared": shared,
        "gallery": "/gallery/",
        "datasets": "/datasets/",
        "guide": "/datasets/guide/",
        "dataset": dataset,
        "findings": findings,
        "fix": f"{findings}fix/leave_out_rows/",
        "fixed": fixed,
        "finetunes": "/finetunes/",
        "finetune-new": form,
        "finetune": finetune,
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


def _mend(page: Page, url: str) -> tuple[str, str]:
    """Pastes a faulty dataset and mends it; the paths of both versions."""
    page.goto(f"{url}/datasets/")
    page.get_by_text("Paste text instead").click()
    page.get_by_label("Examples", exact=True).fill(FAULTY)
    page.get_by_label("Name").fill("Parcels")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Leave these rows out").click()
    page.get_by_text("ready to train on").wait_for()
    fixed = urlsplit(page.url).path
    return fixed.replace("/v/2/", "/v/1/"), fixed


def _fine_tune(page: Page, url: str, *, base: str, is_trained: bool) -> tuple[str, str, str]:
    """Trains on an example for two epochs; the paths of the dataset, the form and the result."""
    page.goto(f"{url}/datasets/")
    page.get_by_role("button", name="Review sentiment").click()
    tune = page.get_by_role("link", name="Fine-tune a model on it")
    tune.wait_for()
    dataset = urlsplit(page.url).path
    tune.click()
    page.get_by_role("button", name="Start training").wait_for()
    parts = urlsplit(page.url)
    if base:
        page.get_by_label("Base model").select_option(base)
    page.get_by_role("spinbutton", name="Epochs").fill("2")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/finetunes/*-*/")
    if is_trained:
        page.get_by_role("heading", name="Base against tuned").wait_for(timeout=TRAINING_MS)
    return dataset, f"{parts.path}?{parts.query}", urlsplit(page.url).path
