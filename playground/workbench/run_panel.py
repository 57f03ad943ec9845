"""One run as a page shows it: text so far, place in the queue, siblings, figures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from playground.prompts.catalog import Template
from playground.prompts.escapes import write_escapes
from playground.prompts.fields import MAX_FIELD_CHARS, columns_of
from playground.prompts.tables import SHOWN_COLUMNS, SHOWN_ROWS, ShownTable, shown_table
from playground.prompts.variables import MAX_FILLED_CHARS, fill, stored_variables, values_of
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.selectors import (
    QueuePlace,
    RunProgress,
    queue_place,
    run_progress,
    siblings_of,
)
from playground.workbench.tree import Tree, tree_of

_NOTHING = RunProgress(text="", position=0, epoch=1, tokens=[])


@dataclass(frozen=True, kw_only=True)
class RunPanel:
    """What stands under the prompt. ``run`` is None before the first run."""

    template: Template
    run: Run | None = None
    progress: RunProgress = _NOTHING
    siblings: list[Run] = field(default_factory=list)
    place: QueuePlace | None = None

    @cached_property
    def tree(self) -> Tree | None:
        """Where the run stands among those that grew from the same."""
        return tree_of(self.run) if self.run else None

    @property
    def active(self) -> bool:
        """Whether more text may come."""
        return self.run is not None and not self.run.is_final

    @property
    def next_position(self) -> int:
        return self.progress.position + 1

    @cached_property
    def number(self) -> int:
        """Which of its siblings the run is, from 1."""
        ids = [sibling.pk for sibling in self.siblings]
        return ids.index(self.run.pk) + 1 if self.run and self.run.pk in ids else 1

    @property
    def previous(self) -> Run | None:
        return self.siblings[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> Run | None:
        return self.siblings[self.number] if self.number < len(self.siblings) else None

    @cached_property
    def parameters(self) -> Parameters | None:
        return Parameters.from_json(self.run.parameters) if self.run else None

    @property
    def repeats(self) -> bool:
        """Whether a retry gives the same text again."""
        return self.parameters is not None and self.parameters.greedy

    @property
    def ending(self) -> str:
        """Why the text ends where it does, in words."""
        run, parameters = self.run, self.parameters
        if run is None or parameters is None or not run.is_final:
            return ""
        if run.status == Run.Status.CANCELLED:
            return "stopped; the text so far is kept"
        if run.finish_reason == "length":
            return f"reached the maximum length of {parameters.max_tokens}"
        if run.finish_reason == "stop":
            return _stopped_by(run, parameters)
        return ""

    @property
    def queue_note(self) -> str:
        """The place in the queue and the wait, in words."""
        if self.place is None:
            return ""
        ahead = self.place.ahead
        before = "next in line" if ahead == 0 else f"{ahead} run{'s' * (ahead > 1)} before this one"
        wait = self.place.wait_seconds
        return before if not wait else f"{before}, about {max(1, round(wait))} s"

    @property
    def tokens_json(self) -> str:
        """The tokens with their probabilities, of a run that was to have them."""
        if self.parameters is None or self.parameters.logprobs is None:
            return ""
        return json.dumps(self.progress.tokens, ensure_ascii=False, separators=(",", ":"))

    @property
    def lead(self) -> str:
        """The white space that the text begins with, drawn only inside the prompt."""
        return self.progress.text[: len(self.progress.text) - len(self.body)]

    @property
    def body(self) -> str:
        return self.progress.text.lstrip()

    @property
    def first_token_seconds(self) -> str:
        ms = self.run.first_token_ms if self.run else None
        return "" if ms is None else f"{ms / 1000:.2f}"

    @property
    def speed(self) -> str:
        speed = self.run.tokens_per_second if self.run else None
        return "" if not speed else f"{speed:.0f}" if speed >= 10 else f"{speed:.1f}"

    @cached_property
    def table(self) -> ShownTable | None:
        """Of a table page's run: what is shown of its table."""
        return self.table_within(rows=SHOWN_ROWS, columns=SHOWN_COLUMNS)

    def table_within(self, *, rows: int, columns: int) -> ShownTable | None:
        """The same with at most so many rows and columns."""
        width = len(self._column_names)
        if not width:
            return None
        return shown_table(
            self._columns(), self.progress.text, width=width, most_rows=rows, most_columns=columns
        )

    @property
    def columns(self) -> list[str]:
        """Of a table page's run: the whole header that its prompt ended with."""
        return list(self._columns())

    @cached_property
    def _column_names(self) -> list[str]:
        if self.run is None or self.template.output != "table":
            return []
        return columns_of(str(self.run.fields.get("columns", ""))[:MAX_FIELD_CHARS])

    def _columns(self) -> Iterator[str]:
        """The header, name by name. One long value may stand in each of them, so that what is
        beyond the longest prompt keeps its variables."""
        values = values_of(stored_variables(self.run.fields.get("variables"))) if self.run else {}
        left = MAX_FILLED_CHARS
        for name in self._column_names:
            filled = fill(name, values) if left > 0 else None
            yield filled.text if filled else name
            left -= filled.length if filled else 0


def _stopped_by(run: Run, parameters: Parameters) -> str:
    if run.stop_sequence:
        return f"ended at the stop sequence {write_escapes(run.stop_sequence)}"
    if run.stop_sequence == "" or not parameters.stop:
        return "the model ended the text"
    # A run from before the sequence was kept.
    return "ended at a stop sequence, or the model ended the text"


def run_panel(template: Template, run: Run) -> RunPanel:
    """The panel of ``run`` as of now."""
    return RunPanel(
        template=template,
        run=run,
        progress=run_progress(run),
        siblings=siblings_of(run),
        place=None if run.is_final else queue_place(run),
    )
