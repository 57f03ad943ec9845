"""A template page as a person sees it: what to press, and what to read."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Error, Locator, Page, expect

from tests.browser.whole_page import evaluate

# Likelier each time it was written, a word soon comes again and again, and the end of the text
# never: the run has the length it was given, whatever the checkpoint.
LONG = {"temperature": "0", "frequency_penalty": "-2"}

# The text that the form would send: the editor's text, also the part that is not on the screen.
WRITTEN = "() => new FormData(document.getElementById('editor')).get('prompt')"
IS_WRITTEN = """
([wanted, isPattern]) => {
  const editor = document.getElementById('editor');
  if (!editor) return false;
  const text = new FormData(editor).get('prompt');
  return isPattern ? new RegExp(wanted).test(text) : text === wanted;
}
"""

RECORD_STEPS = """
(card) => {
  window.lengths = [];
  const record = () => {
    const length = document.getElementById('output').textContent.length;
    if (length !== window.lengths.at(-1)) window.lengths.push(length);
  };
  record();
  new MutationObserver(record).observe(
    card, { subtree: true, childList: true, characterData: true },
  );
}
"""


@dataclass(slots=True)
class Workbench:
    """The page of a template or of a run."""

    page: Page

    # --- What is on the page ------------------------------------------------------

    @property
    def prompt(self) -> Locator:
        """The prompt's editor; without JavaScript its textarea."""
        return self.page.get_by_test_id("prompt")

    @property
    def document_text(self) -> str:
        """The editor's whole text."""
        return str(evaluate(self.page, WRITTEN))

    @property
    def undo_button(self) -> Locator:
        return self.page.get_by_test_id("undo")

    @property
    def redo_button(self) -> Locator:
        return self.page.get_by_test_id("redo")

    @property
    def run_button(self) -> Locator:
        return self.page.get_by_test_id("run")

    @property
    def stop_button(self) -> Locator:
        return self.page.get_by_test_id("stop")

    @property
    def retry_button(self) -> Locator:
        return self.page.get_by_test_id("retry")

    @property
    def output(self) -> Locator:
        return self.page.get_by_test_id("output")

    @property
    def status(self) -> Locator:
        return self.page.get_by_test_id("status")

    @property
    def tokens(self) -> Locator:
        """The gauge: tokens of the prompt, and the model's window."""
        return self.page.get_by_test_id("tokens")

    @property
    def model(self) -> Locator:
        return self.page.get_by_test_id("model")

    @property
    def panel(self) -> Locator:
        return self.page.locator("#run-panel")

    @property
    def notice(self) -> Locator:
        """The place of error messages."""
        return self.page.locator("#notice")

    @property
    def siblings(self) -> Locator:
        return self.page.locator(".sibling-count")

    def tab(self, name: str) -> Locator:
        return self.page.get_by_role("tab", name=name)

    def field(self, name: str) -> Locator:
        return self.page.locator(f"#field-{name}")

    def parameter(self, name: str) -> Locator:
        """The input of a parameter, by its name in a run's row."""
        return self.page.locator(f"#parameter-{name}")

    def parameter_row(self, name: str) -> Locator:
        return self.page.locator(f"[data-parameter={name}]")

    @property
    def run_id(self) -> str | None:
        """The run on the page."""
        return self.panel.get_attribute("data-run")

    @property
    def text(self) -> str:
        """The completion as far as it is on the page."""
        return self.output.text_content() or ""

    @property
    def counted_tokens(self) -> int | None:
        """The gauge's count of the prompt's tokens."""
        found = re.match(r"\s*(\d+)", self.tokens.inner_text())
        return int(found[1]) if found else None

    # --- What a person does -------------------------------------------------------

    def set(self, **parameters: Any) -> None:
        """Types parameters."""
        for name, value in parameters.items():
            box = self.parameter(name)
            box.fill(str(value))
            box.blur()

    def run(self) -> str:
        """Presses Run; returns the new run's id once its panel is there."""
        before = self.run_id
        self.run_button.click()
        return self.wait_for_run(other_than=before)

    def run_long(self, tokens: int = 48) -> str:
        """Runs for exactly ``tokens`` tokens: enough to see it stream on a slow model."""
        self.set_length(tokens)
        return self.run()

    def set_length(self, tokens: int) -> None:
        """Sets what makes the model write exactly ``tokens`` tokens."""
        self.remove_stops()
        self.set(max_tokens=tokens, **LONG)

    def remove_stops(self) -> None:
        """Removes every stop sequence, also those that belong to the page's example."""
        written = self.page.locator("#parameter-stop")
        if written.is_visible():  # without JavaScript
            written.fill("")
            return
        chips = self.page.locator("#stop-chips .chip")
        for left in reversed(range(chips.count())):
            chips.first.get_by_role("button").click()
            expect(chips).to_have_count(left)

    def write_prompt(self, text: str) -> None:
        """Replaces the raw prompt."""
        if self.tab("Prompt").count():
            self.tab("Prompt").click()
        self.prompt.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def type_at_end(self, text: str) -> None:
        """Types behind all that is in the editor."""
        self.prompt.press("ControlOrMeta+End")
        self.page.keyboard.type(text)

    def record_steps(self) -> None:
        """From now on, records every length of the completion on the page."""
        self.page.locator("#card").evaluate(RECORD_STEPS)

    @property
    def steps(self) -> list[int]:
        """The lengths recorded since `record_steps`."""
        lengths: list[int] = self.page.evaluate("window.lengths")
        return lengths

    # --- Waiting ------------------------------------------------------------------

    def wait_for_run(self, *, other_than: str | None = None) -> str:
        """The id of the run on the page, once it is not ``other_than``."""
        other = f":not([data-run='{other_than}'])" if other_than else ""
        self.page.locator(f"#run-panel[data-run]{other}").wait_for(state="attached")
        run = self.run_id
        if run is None:
            raise AssertionError("the panel lost its run")
        return run

    def expect_document_text(self, wanted: str | re.Pattern[str]) -> None:
        """Waits until the editor's text is ``wanted``, or matches it if that is a pattern."""
        is_pattern = isinstance(wanted, re.Pattern)
        source = wanted.pattern if isinstance(wanted, re.Pattern) else wanted
        try:
            self.page.wait_for_function(IS_WRITTEN, arg=[source, is_pattern])
        except Error:
            raise AssertionError(f"wanted {wanted!r}, written is {self.document_text!r}") from None

    def wait_for_text(self, length: int = 1) -> None:
        """Waits until the completion has ``length`` characters or more."""
        longer = self.output.filter(has_text=re.compile(rf"[\s\S]{{{length},}}"))
        longer.wait_for(state="attached")

    def wait_final(self, status: str = "succeeded") -> None:
        """Waits until the run has ended and the server's rendering of it is on the page."""
        final = self.page.locator("#run-panel[data-final=yes]")
        final.wait_for(state="attached")
        expect(self.status).to_have_text(status)
