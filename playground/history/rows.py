"""Runs as the history shows them, worked out: no template computes."""

from dataclasses import dataclass

from playground.history.listing import GLIMPSE
from playground.prompts.catalog import TEMPLATES
from playground.runs.figures import write_seconds, write_speed
from playground.runs.models import Run
from playground.workbench.addresses import address_of_run

STATES = {
    Run.Status.QUEUED: "queued",
    Run.Status.RUNNING: "being written",
    Run.Status.SUCCEEDED: "nothing was written",
    Run.Status.CANCELLED: "stopped before the first word",
    Run.Status.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One run; its texts are what `history.with_glimpses` took of them."""

    run: Run

    @property
    def prompt(self) -> str:
        """The first words of a free prompt; of one with examples the last, which differ."""
        run = self.run
        head: str = run.prompt_head  # type: ignore[attr-defined]
        tail: str = run.prompt_tail  # type: ignore[attr-defined]
        template = TEMPLATES.get(run.template)
        if template is not None and template.is_free:
            more = run.prompt_length > GLIMPSE  # type: ignore[attr-defined]
            return _on_one_line(head) + (" …" if more else "")
        lines = [line for line in tail.split("\n") if line.strip()]
        return _on_one_line("  ".join(lines[-2:]))

    @property
    def output(self) -> str:
        text: str = self.run.text_head  # type: ignore[attr-defined]
        return _on_one_line(text)

    @property
    def nothing(self) -> str:
        """The text in the place of a missing output."""
        return STATES[Run.Status(self.run.status)]

    @property
    def page(self) -> str:
        return address_of_run("workbench:run_page", self.run.pk)

    @property
    def star(self) -> str:
        return address_of_run("history:star", self.run.pk)

    @property
    def delete(self) -> str:
        return address_of_run("history:delete", self.run.pk)

    @property
    def speed(self) -> str:
        return write_speed(self.run.tokens_per_second)

    @property
    def first_token(self) -> str:
        seconds = write_seconds(self.run.first_token_ms)
        return f"{seconds} s" if seconds else ""


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
