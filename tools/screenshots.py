"""Pictures of every page, for the README and for looking at them.

    python -m tools.screenshots [folder] [--url http://127.0.0.1:8000]

Each template page is taken after a run of the example it begins with, at a desk (1440 x 900) and
on a phone (390 x 844), light and dark: ``<page>-<width>-<scheme>.png``. A phone shows the
completion further down: ``<page>-390-run-<scheme>.png``. The other pages belong to a person
who has saved and shared prompts (tools/scenes.py), and dialogs are over one of them. Without
``--url`` a new playground is started and ended, with its data in a folder that is deleted
away.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from tools.scenes import DIALOGS, OF_STRANGERS, make_things, open_dialog

ROOT = Path(__file__).resolve().parents[1]
SLUGS = ("free", "chat", "qa", "translation", "table", "sql", "code")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# A first start on a busy machine, or a run of a large model.
PATIENCE_MS = 120_000
# Resolves when the fonts are loaded.
SETTLED = "document.fonts.ready.then(() => undefined)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--url", help="of a playground that runs; default: start one")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.url:
        take_all(arguments.url.rstrip("/"), arguments.folder)
    else:
        with playground() as url:
            take_all(url, arguments.folder)
    print(f"{len(list(arguments.folder.glob('*-light.png')))} views in {arguments.folder}")


@contextmanager
def playground() -> Iterator[str]:
    """A playground on a free port; its address, once a worker can serve."""
    with tempfile.TemporaryDirectory(prefix="gptj-pictures-") as var:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", "0", "--end-with-parent"],
            cwd=ROOT,
            env={**os.environ, "VAR_DIR": var, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield _ready_address(process)
        finally:
            process.terminate()
            process.wait()


def take_all(url: str, folder: Path) -> None:
    """Every page in every size and scheme."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        # The runs belong to one guest, in every size.
        paths, guest = run_examples(browser, url)
        for size, is_phone in ((DESK, False), (PHONE, True)):
            context = browser.new_context(
                viewport=size,
                is_mobile=is_phone,
                has_touch=is_phone,
                reduced_motion="reduce",
                storage_state=guest,
            )
            page = context.new_page()
            for name, path in paths.items():
                page.goto(url + path)
                take(page, folder, f"{name}-{size['width']}")
                if is_phone and name in SLUGS:
                    page.locator(".run-foot").scroll_into_view_if_needed()
                    take(page, folder, f"{name}-{size['width']}-run")
            for name, how in DIALOGS.items():
                page.goto(url + paths["prompt"])
                open_dialog(page, how)
                take(page, folder, f"dialog-{name}-{size['width']}")
            context.clear_cookies()
            for name, path in OF_STRANGERS.items():
                page.goto(url + path)
                take(page, folder, f"{name}-{size['width']}")
            context.close()
        browser.close()


def take(page: Page, folder: Path, name: str) -> None:
    """The screen as it is, in both schemes."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)
        page.screenshot(path=folder / f"{name}-{scheme}.png", animations="disabled")


def run_examples(browser: Browser, url: str) -> tuple[dict[str, str], StorageState]:
    """Runs every example as a new guest, who then signs up; the pages' paths, and the person."""
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    paths = {"home": "/"}
    for slug in SLUGS:
        page.goto(f"{url}/{slug}/")
        page.get_by_test_id("run").click()
        page.locator("#run-panel[data-final=yes]").wait_for(state="attached")
        status = page.get_by_test_id("status").inner_text()
        if status != "succeeded":
            raise SystemExit(f"The example of {slug} ended {status}.")
        paths[slug] = urlsplit(page.url).path
    paths |= make_things(page, url)
    guest = context.storage_state()
    context.close()
    return paths, guest


def _ready_address(process: subprocess.Popen[str]) -> str:
    """What `manage.py up` says once a worker can serve."""
    for line in process.stdout or ():
        print(line, end="", file=sys.stderr)
        if found := re.match(r"ready (\S+)", line):
            # Whatever it says from now on is passed on, so that its pipe never fills.
            threading.Thread(target=_pass_on, args=(process,), daemon=True).start()
            return found[1]
    raise SystemExit("The playground ended before a worker was ready.")


def _pass_on(process: subprocess.Popen[str]) -> None:
    for line in process.stdout or ():
        print(line, end="", file=sys.stderr)


if __name__ == "__main__":
    main()
