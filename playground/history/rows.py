"""Runs as the history shows them, worked out: no template computes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils import timezone

from playground.prompts.catalog import Template
from playground.prompts.form import default_parameters
from playground.prompts.parameter_texts import write_numbers, write_stops
from playground.prompts.state import template_named
from playground.runs.figures import write_seconds, write_speed
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.token_biases import tell_token_biases
from playground.workbench.addresses import address_of_run

# Characters of a prompt's end in a row.
PROMPT_END = 120
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
    # What the list was searched for.
    words: str = ""

    @property
    def prompt(self) -> str:
        """The end of the prompt, where prompts of one kind differ; what was searched for goes
        before that."""
        if snippet := getattr(self.run, "prompt_snippet", ""):
            return f"… {_on_one_line(snippet)}"
        tail: str = self.run.prompt_tail  # type: ignore[attr-defined]
        lines = [line for line in tail.split("\n") if line.strip()]
        end = _on_one_line("  ".join(lines[-2:]))[-PROMPT_END:]
        is_all = self.run.prompt_length <= len(end)  # type: ignore[attr-defined]
        return end if is_all else f"… {end}"

    @property
    def output(self) -> str:
        if snippet := getattr(self.run, "text_snippet", ""):
            return f"… {_on_one_line(snippet)}"
        text: str = self.run.text_head  # type: ignore[attr-defined]
        return _on_one_line(text)

    @property
    def template(self) -> Template:
        return template_named(self.run.template)

    @property
    def day(self) -> date:
        """In the zone of the site; a script groups by the reader's own days."""
        return timezone.localdate(self.run.created_at)

    @property
    def changed(self) -> str:
        """The parameters that are not the template's own, in words."""
        now, usual = Parameters.from_json(self.run.parameters), default_parameters(self.template)
        numbers, defaults = write_numbers(now), write_numbers(usual)
        parts = [f"{label} {value}" for label, value in numbers.items() if value != defaults[label]]
        if now.stop != usual.stop:
            parts.append(f"Stop at {write_stops(now) or 'nothing'}")
        if biases := tell_token_biases(now):
            parts.append(f"Token bias {biases}")
        return ", ".join(parts)

    @property
    def has_succeeded(self) -> bool:
        """What most rows need not say."""
        return self.run.status == Run.Status.SUCCEEDED

    @property
    def nothing(self) -> str:
        """The text in the place of a missing output."""
        return STATES[Run.Status(self.run.status)]

    @property
    def page(self) -> str:
        return address_of_run("workbench:run_page", self.run.pk)

    @property
    def copy(self) -> str:
        return address_of_run("workbench:run_copy", self.run.pk)

    @property
    def note_address(self) -> str:
        return address_of_run("history:note", self.run.pk)

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


@dataclass(frozen=True, slots=True)
class Day:
    """The rows of one day, newest first."""

    date: date
    rows: Sequence[HistoryRow]

    @property
    def title(self) -> str:
        """Its name in words: "Today", "Monday, 23 November"."""
        today = timezone.localdate()
        if self.date == today:
            return "Today"
        if self.date == today - timedelta(days=1):
            return "Yesterday"
        year = f" {self.date.year}" if self.date.year != today.year else ""
        return f"{self.date:%A}, {self.date.day} {self.date:%B}{year}"


def days_of(rows: Sequence[HistoryRow]) -> list[Day]:
    """The rows by their days."""
    return [Day(day, list(some)) for day, some in groupby(rows, key=lambda row: row.day)]


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
