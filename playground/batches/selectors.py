"""Reading tables of rows: one's own only."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404

from playground.accounts.models import Person
from playground.batches.models import Batch, BatchRow
from playground.library.models import Prompt, PromptVersion
from playground.library.states import state_of_version
from playground.prompts.form import PromptForm
from playground.prompts.state import form_of_state, template_named
from playground.runs.models import Run
from playground.runs.selectors import run_progress

# Of a prompt's earlier tables on its page.
MAX_EARLIER = 20
# What a row is called on the page, by the state of its run or its own.
WORDS = {
    "waiting": "waiting",
    "queued": "queued",
    "running": "writing",
    "succeeded": "done",
    "cancelled": "stopped",
    "stopped": "not started",
    "failed": "failed",
    "refused": "failed",
    "deleted": "run deleted",
}
# Of these states nothing will change any more.
LIVE = frozenset({"waiting", "queued", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A row as its page shows it.

    cells: each with the name of its column. text: of its run, as far as it is known.
    """

    number: int
    cells: Sequence[tuple[str, str]]
    status: str
    text: str
    error: str
    run: Run | None

    @property
    def word(self) -> str:
        return WORDS[self.status]

    @property
    def mark(self) -> str:
        """Its state as styles know it."""
        known = {"waiting": "queued", "stopped": "cancelled", "refused": "failed"}
        return known.get(self.status, self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBatch:
    """A table as its page shows it."""

    batch: Batch
    rows: Sequence[ShownRow]

    @property
    def is_live(self) -> bool:
        return any(row.status in LIVE for row in self.rows)

    @property
    def summary(self) -> str:
        """How many rows are in which state."""
        counts = Counter(row.word for row in self.rows)
        words = [f"{counts[word]} {word}" for word in dict.fromkeys(WORDS.values()) if counts[word]]
        return ", ".join(words)

    @property
    def seen(self) -> str:
        """Differs when anything on the page does."""
        said = "\0".join(f"{row.status}\1{row.text}" for row in self.rows)
        return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:16]


def form_of_version(version: PromptVersion) -> PromptForm:
    """The form that the version shows."""
    return form_of_state(template_named(version.prompt.template), state_of_version(version))


def get_batch(person: Person | None, batch_id: uuid.UUID) -> Batch:
    """The person's own table; anybody else's is as if it did not exist."""
    own = Batch.objects.filter(pk=batch_id, person=person) if person else Batch.objects.none()
    batch = own.select_related("person", "version__prompt").first()
    if batch is None:
        raise Http404
    return batch


def earlier_batches(prompt: Prompt) -> list[Batch]:
    """The last tables that the prompt ran over, newest first."""
    own = Batch.objects.filter(person=prompt.person_id, version__prompt=prompt)
    return list(own.select_related("version").order_by("-created_at")[:MAX_EARLIER])


def shown_batch(batch: Batch) -> ShownBatch:
    """The table with what its runs have written so far."""
    states = batch.row_states.select_related("run").order_by("number")
    states = states.defer("run__tokens", "run__other_choices", "run__fields", "run__variables")
    return ShownBatch(batch=batch, rows=[_shown_row(batch, state) for state in states])


def _shown_row(batch: Batch, state: BatchRow) -> ShownRow:
    run = state.run
    if state.state != BatchRow.State.STARTED:
        status = state.state
    else:
        status = run.status if run else "deleted"
    text = "" if run is None else run.text if run.is_final else run_progress(run).text
    return ShownRow(
        number=state.number + 1,
        cells=list(zip(batch.columns, batch.rows[state.number], strict=False)),
        status=str(status),
        text=text.strip(),
        error=state.error or (run.error_message if run else ""),
        run=run,
    )
