"""The editor's cost while 2,000 tokens with probabilities stream in and a person types.

    python -m benchmarks.editor            # or: make bench-editor

Real Chromium, a page of the real site, its real bundle. The tokens are written to the log as a
worker writes them, 400 a second with five alternatives each, and arrive on the page's own socket. A
key is pressed every 100 ms after the growing text, so that its end is always in view, and its line
is the one that is drawn. Rounds alternate with the smallest possible page: the same frames,
appended to a text node of a bare element, and the same keys into a textarea.

A third kind of round has three outputs beside each other, which arrive at the same rate in all, the
first one in the document too.

Tasks of the page's main thread are from the browser's trace, in the thread's own time. A key's
latency is from the event's own time to the end of the next frame.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.editor_stream import Script, Writer
from benchmarks.editor_trace import CATEGORIES, Trace, read_trace
from benchmarks.engine_report import Report, Target, load_before, percentile, spread
from benchmarks.processes import machine
from tests.support.stack import Stack

# Nobody serves it: the benchmark is its worker.
MODEL = "spare"
KEY_EVERY = 0.1
LONGEST_TARGET_MS = 50.0
BUSY_TARGET_S = 2.0
LATENCY_TARGET_MS = 50.0
PATIENCE_MS = 60_000

MEASURE_KEYS = """
() => {
  window.latencies = [];
  addEventListener('keydown', ({ timeStamp }) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      // A task that is asked for in a frame runs when the frame has been drawn.
      port1.onmessage = () => window.latencies.push(performance.now() - timeStamp);
      port2.postMessage(null);
    });
  }, { capture: true });
}
"""
# The bare element: what any page would have to do.
BARE = """
(run) => {
  const box = document.createElement('textarea');
  const element = document.createElement('pre');
  const text = document.createTextNode('');
  element.append(text);
  document.querySelector('main').replaceChildren(element, box);
  box.id = 'box';
  box.focus();
  let pending = '';
  let count = 0;
  const socket = new WebSocket(`ws://${location.host}/ws/`);
  socket.onopen = () => socket.send(JSON.stringify({ type: 'follow', run, epoch: 1, from: 1 }));
  socket.onmessage = ({ data }) => {
    for (const event of JSON.parse(data)) {
      if (event.type !== 'tokens') continue;
      if (!pending) requestAnimationFrame(() => {
        text.appendData(pending);
        pending = '';
        element.dataset.count = String(count);
        box.scrollIntoView({ block: 'nearest' });
      });
      for (const token of event.tokens) pending += token[1];
      count += event.tokens.length;
    }
  };
}
"""


@dataclass(frozen=True, slots=True)
class Round:
    """One stream on one page."""

    trace: Trace
    latencies: list[float]


@dataclass(slots=True)
class Bench:
    """The site, the browser and the script that both pages get."""

    stack: Stack
    browser: Browser
    context: BrowserContext
    script: Script
    # A third of it, for each of three outputs.
    third: Script

    def editor(self) -> Round:
        """A round of the free page."""
        page, run = self._open_run()
        page.get_by_test_id("prompt").press("Control+End")
        shown = "document.querySelector('#figure-tokens b').textContent"
        written = f"() => {shown} == {self.script.count}"
        return self._measure(page, [run], self.script, written, is_finished=True)

    def outputs(self) -> Round:
        """A round of three outputs beside each other on the free page."""
        page = self._open()
        page.get_by_test_id("run-several").click()
        cards = page.locator("output-card")
        cards.nth(2).wait_for(state="attached")
        runs = [str(card.get_attribute("data-run")) for card in cards.all()]
        page.get_by_test_id("prompt").press("Control+End")
        length = len("".join(self.third.texts).strip())
        written = (
            "() => [...document.querySelectorAll('output-card .output')]"
            f".every((one) => one.textContent.trim().length >= {length})"
        )
        return self._measure(page, runs, self.third, written, is_finished=True)

    def bare(self) -> Round:
        """A round of the bare element."""
        page, run = self._open_run()
        page.goto(f"{self.stack.url}/")
        page.evaluate(BARE, run)
        written = f"() => document.querySelector('pre').dataset.count == {self.script.count}"
        return self._measure(page, [run], self.script, written)

    def _open(self) -> Page:
        """The free page with probabilities, as a new person has it: nothing of a round comes back
        in the next one."""
        self.context.clear_cookies()
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{self.stack.url}/free/?model={MODEL}")
        page.locator("#parameter-logprobs").check()
        return page

    def _open_run(self) -> tuple[Page, str]:
        """A page with a run that waits for a worker."""
        page = self._open()
        page.get_by_test_id("run").click()
        panel = page.locator("#run-panel[data-run]")
        panel.wait_for(state="attached")
        run = panel.get_attribute("data-run")
        if run is None:
            raise RuntimeError("the panel has no run")
        return page, run

    def _measure(
        self,
        page: Page,
        runs: list[str],
        script: Script,
        written: str,
        *,
        is_finished: bool = False,
    ) -> Round:
        page.evaluate(MEASURE_KEYS)
        # The page's own work after it was opened.
        page.wait_for_timeout(1000)
        self.browser.start_tracing(page=page, categories=CATEGORIES)
        page.evaluate("performance.mark('bench-begin')")
        writers = [Writer(self.stack, run, script) for run in runs]
        threads = [threading.Thread(target=writer.write) for writer in writers]
        for thread in threads:
            thread.start()
        keys = iter("abcdefghijklmnopqrstuvwxyz" * 100)
        due = time.monotonic()
        while any(thread.is_alive() for thread in threads):
            page.keyboard.press(next(keys))
            due += KEY_EVERY
            # Playwright's own waiting, so that its events go on.
            page.wait_for_timeout(max(0.0, 1000 * (due - time.monotonic())))
        page.wait_for_function(written)
        if is_finished:
            for writer in writers:
                writer.finish()
            page.locator("#run-panel[data-live=no]").wait_for(state="attached")
            page.wait_for_timeout(500)
        page.evaluate("performance.mark('bench-end')")
        trace = read_trace(self.browser.stop_tracing())
        latencies: list[float] = page.evaluate("window.latencies")
        for writer in writers:
            if writer.error:
                raise writer.error
        page.close()
        if not is_finished:
            for writer in writers:
                writer.finish()
        return Round(trace, latencies)


def report_rounds(report: Report, name: str, rounds: list[Round]) -> tuple[str, ...]:
    """A row of the table."""
    keys = [latency for done in rounds for latency in done.latencies]
    return (
        name,
        spread([done.trace.longest_ms for done in rounds], 1),
        spread([done.trace.longest_wall_ms for done in rounds], 1),
        spread([done.trace.busy_ms / 1000 for done in rounds], 2),
        spread([float(done.trace.frames) for done in rounds]),
        f"{statistics.median(keys):.1f}",
        f"{percentile(keys, 0.95):.1f}",
        f"{max(keys):.1f}",
        str(len(keys)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=400, help="tokens a second")
    parser.add_argument("--paragraph", type=int, default=80, help="tokens in one")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind")
    parser.add_argument("--save", action="store_true", help="to benchmarks/results")
    options = parser.parse_args()
    # The log's writer reads how many shards the live channel has.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    report = Report("editor", "The editor under a stream", f"{machine()}, {load_before()}")
    script = Script(options.tokens, options.rate, options.paragraph)
    third = Script(options.tokens // 3, options.rate // 3, options.paragraph)
    rounds: dict[str, list[Round]] = {"editor": [], "three outputs": [], "bare element": []}
    models = {MODEL: {"title": "spare", "demo": True}}
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        Stack(Path(folder), models=models) as stack,
    ):
        stack.start(workers=())
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        bench = Bench(stack, browser, context, script, third)
        kinds = {
            "editor": bench.editor,
            "three outputs": bench.outputs,
            "bare element": bench.bare,
        }
        # The first of each warms up and is not counted.
        for number in range(options.rounds + 1):
            for name, measure in kinds.items():
                done = measure()
                if number:
                    rounds[name].append(done)
        browser.close()
    report.say(
        f"{script.count} tokens at {script.rate}/s with five alternatives each, a key every "
        f"{KEY_EVERY * 1000:.0f} ms; median (least-most) of {options.rounds} rounds"
    )
    report.table(
        (
            "page",
            "longest task, ms",
            "by the clock",
            "main thread busy, s",
            "frames",
            "key to paint, ms",
            "p95",
            "most",
            "keys",
        ),
        [report_rounds(report, name, done) for name, done in rounds.items()],
    )
    for name in ("editor", "three outputs"):
        report.targets += targets_of(name, rounds[name])
    report.finish(save=options.save)


def targets_of(name: str, rounds: list[Round]) -> list[Target]:
    """What both kinds of round must keep."""
    keys = [latency for done in rounds for latency in done.latencies]
    longest = statistics.median(done.trace.longest_ms for done in rounds)
    busy = statistics.median(done.trace.busy_ms for done in rounds) / 1000
    p95 = percentile(keys, 0.95)
    return [
        Target(f"{name}: longest task", longest, LONGEST_TARGET_MS, "ms", at_most=True),
        Target(f"{name}: main thread busy", busy, BUSY_TARGET_S, "s", at_most=True),
        Target(f"{name}: key to paint, p95", p95, LATENCY_TARGET_MS, "ms", at_most=True),
    ]


if __name__ == "__main__":
    main()
