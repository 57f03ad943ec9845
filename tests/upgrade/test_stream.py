"""A Redis of an earlier version: the run that was in mid-stream continues where it was."""

import json
from typing import Any

from tests.upgrade.browser import Browser
from tests.upgrade.conftest import OldPlace
from tests.upgrade.observations import observe


def test_a_run_in_mid_stream_continues_and_the_next_one_starts(old_place: OldPlace) -> None:
    run, behind = (
        old_place.contents["names"]["runs"][name] for name in ("mid-stream", "behind-it")
    )
    night = old_place.browser(old_place.contents["stream"]["who"])
    text, tokens = text_in_log(old_place, run)
    shown = observe(night, "workbench", f"/runs/{run}/")
    assert shown["output"] == text
    with night.visitor.follow(run) as viewer:
        viewer.until_tokens(tokens)
        assert viewer.text == text

        old_place.stack.start_worker("slow")

        viewer.until_final(timeout=60)
        # There is no gap and no repeat: the viewer accepts neither.
        assert viewer.restarts == 0
        assert len(viewer.tokens) == old_place.runs[run]["max_tokens"]
        assert viewer.text.startswith(text)
        whole = viewer.text
    page = observe(night, "workbench", f"/runs/{run}/")
    assert (page["status"], page["output"]) == ("succeeded", whole)
    with night.visitor.follow(behind) as viewer:
        viewer.until_final(timeout=60)
        assert viewer.tokens

    expect_work_goes_on(old_place, night, run)


def expect_work_goes_on(old_place: OldPlace, browser: Browser, run: str) -> None:
    """New rows are beside the old ones, with new numbers."""
    prompt = browser.save_new(f"/runs/{run}/", "free", save_title="Saved today", save_tags="sea")
    browser.save_version(prompt, prompt="The second version")
    browser.draft(f"/prompts/{prompt}/", "free", writer="tab1", prompt="A draft of today")
    link = browser.make_link(prompt, share_version="1")
    sibling = browser.retry(run)

    assert observe(browser, "prompts", "/prompts/?q=second") == [prompt]
    assert len(observe(browser, "drafts", "/prompts/?show=drafts")) == 1
    stranger = old_place.browser("stranger")
    shared = observe(stranger, "shared", link)
    assert shared["title"] == "Saved today"
    assert observe(browser, "runs", "/history/")[0] == sibling
    with browser.visitor.follow(sibling) as viewer:
        viewer.until_tokens(1)
        browser.visitor.stop(sibling)
        viewer.until_final()


def text_in_log(old_place: OldPlace, run: str) -> tuple[str, int]:
    """The content of the old log: its text, and the number of tokens."""
    values: dict[str, Any] = {one["key"]: one["value"] for one in old_place.contents["keys"]}
    tokens = [json.loads(fields["t"]) for _position, fields in values[f"log:{run}:0"]]
    return "".join(token[1] for token in tokens), len(tokens)
