"""A run's result as pages show it: its text, its table, why it ended, its figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from playground.prompts.catalog import Template
from playground.prompts.escapes import write_escapes
from playground.prompts.fields import MAX_FIELD_CHARS, columns_of
from playground.prompts.tables import MAX_SHOWN_COLUMNS, MAX_SHOWN_ROWS, ShownTable, shown_table
from playground.prompts.variables import MAX_FILLED_CHARS, fill, stored_variables, values_of
from playground.runs.figures import write_seconds, write_speed
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.selectors import RunProgress

NOTHING = RunProgress(text="", position=0, epoch=1, tokens=[])


@dataclass(frozen=True, kw_only=True)
class RunOutput:
    """``run`` is None on a page before its first run."""

    template: Template
    run: Run | None = None
    progress: RunProgress = NOTHING

    @cached_property
    def parameters(self) -> Parameters | None:
        return Parameters.from_json(self.run.parameters) if self.run else None

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
    def lead(self) -> str:
        """The white space that the text begins with, drawn only inside the prompt."""
        return self.progress.text[: len(self.progress.text) - len(self.body)]

    @property
    def body(self) -> str:
        return self.progress.text.lstrip()

    @property
    def first_token_seconds(self) -> str:
        return write_seconds(self.run.first_token_ms) if self.run else ""

    @property
    def speed(self) -> str:
        return write_speed(self.run.tokens_per_second) if self.run else ""

    @cached_property
    def table(self) -> ShownTable | None:
        """For a run of the table page: the shown part of its table."""
        return self.table_within(rows=MAX_SHOWN_ROWS, columns=MAX_SHOWN_COLUMNS)

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
        """The header, name by name. One long value may be in each of them, so that what is
        beyond the longest prompt keeps its variables."""
        values = values_of(stored_variables(self.run.variables)) if self.run else {}
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
