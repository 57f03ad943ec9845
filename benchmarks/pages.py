"""Lighthouse on home, a template's page and a shared page, on a phone and at a desk.

    python -m benchmarks.pages [--url http://127.0.0.1:8000] [--rounds 3]   # or: make lighthouse

Real Chromium and the real site; without `--url` a new site is started, and a prompt is run,
saved and shared in it. Lighthouse's own settings: a phone with a slow processor and network that
it simulates, and its desktop preset. Figures are medians of the rounds. Contents that robots may
read (SEO) are not judged: shared pages keep robots away on purpose.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.engine_report import Report, Target, load_before
from benchmarks.processes import ROOT, machine
from tests.support.stack import Stack
from tools.scenes import make_things

TOOL = ROOT / "benchmarks" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices")
TARGET = 95.0
DEVICES: dict[str, list[str]] = {"phone": [], "desk": ["--preset=desktop"]}
MODEL = "demo"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="of a playground that runs; default: start one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", action="store_true", help="keep the figures in results/")
    arguments = parser.parse_args()
    report = Report("pages", "Pages by Lighthouse", f"{machine()}, {load_before()}")
    with _site(arguments.url) as url:
        paths = {"home": "/", "template": "/translation/", "shared": _share_page(url)}
        rows = []
        for name, path in paths.items():
            for device, options in DEVICES.items():
                rounds = [_judge(url + path, options) for _ in range(arguments.rounds)]
                scores = [statistics.median(one[kind] for one, _ in rounds) for kind in CATEGORIES]
                rows.append((f"{name}, {device}", *(f"{score:.0f}" for score in scores)))
                report.targets += [
                    Target(f"{name}, {device}: {kind}", score, TARGET, "of 100")
                    for kind, score in zip(CATEGORIES, scores, strict=True)
                ]
                for fault in sorted({fault for _, faults in rounds for fault in faults}):
                    report.say(f"- {name}, {device}: {fault}")
        report.table(("page", *CATEGORIES), rows)
    report.finish(save=arguments.save)
    sys.exit(not all(target.holds for target in report.targets))


@contextmanager
def _site(url: str | None) -> Iterator[str]:
    """The address of the site that is looked at."""
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="pages-") as folder, Stack(Path(folder)) as stack:
        stack.start(workers=[MODEL])
        yield stack.url


def _share_page(url: str) -> str:
    """The path of a shared page, with two versions and their runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=_flags())
        page = browser.new_page()
        page.set_default_timeout(60_000)
        path = make_things(page, url)["shared"]
        browser.close()
    return path


def _judge(address: str, options: list[str]) -> tuple[dict[str, float], list[str]]:
    """Lighthouse's scores out of 100, and its findings other than slowness."""
    answer = subprocess.run(
        [
            "node",
            str(TOOL),
            address,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags={' '.join(['--headless=new', *_flags()])}",
            *options,
        ],
        env={**os.environ, "CHROME_PATH": _chromium()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    result = json.loads(answer.stdout)
    scores = {kind: 100.0 * (result["categories"][kind]["score"] or 0) for kind in CATEGORIES}
    faults = []
    for kind in CATEGORIES:
        for audit in result["categories"][kind]["auditRefs"]:
            found = result["audits"][audit["id"]]
            if audit["weight"] and found["score"] is not None and found["score"] < 0.9:
                value = found.get("displayValue", "")
                faults.append(f"{kind}: {found['title']} {value}".rstrip())
    return scores, faults


def _chromium() -> str:
    return os.environ.get("CHROMIUM", "/usr/bin/chromium")


def _flags() -> list[str]:
    """Root may not use the browser's sandbox."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


if __name__ == "__main__":
    main()
