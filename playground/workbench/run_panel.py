"""One run as a page shows it: text so far, place in the queue, siblings, figures."""

import json
from dataclasses import dataclass, field
from functools import cached_property

from playground.prompts.catalog import Template
from playground.prompts.run_output import RunOutput
from playground.runs.figures import write_place
from playground.runs.models import Run
from playground.runs.selectors import QueuePlace, queue_place, run_progress, siblings_of
from playground.workbench.tree import Tree, tree_of


@dataclass(frozen=True, kw_only=True)
class RunPanel(RunOutput):
    """The panel under the prompt. ``run`` is None before the first run."""

    siblings: list[Run] = field(default_factory=list)
    # Whether it is the only run of its tree, so that nobody needs to look.
    is_alone: bool = False
    place: QueuePlace | None = None

    @cached_property
    def tree(self) -> Tree | None:
        """Where the run is among those that grew from the same."""
        if self.run is None:
            return None
        return Tree(current=self.run.pk) if self.is_alone else tree_of(self.run)

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

    @property
    def repeats(self) -> bool:
        """Whether a retry gives the same text again."""
        return self.parameters is not None and self.parameters.greedy

    @property
    def queue_note(self) -> str:
        """The place in the queue and the wait, in words."""
        if self.place is None:
            return ""
        return write_place(self.place.ahead, self.place.wait_seconds)

    @property
    def tokens_json(self) -> str:
        """The tokens with their probabilities, of a run that was to have them."""
        if self.parameters is None or self.parameters.logprobs is None:
            return ""
        return json.dumps(self.progress.tokens, ensure_ascii=False, separators=(",", ":"))


def run_panel(template: Template, run: Run, *, is_new: bool = False) -> RunPanel:
    """The panel of ``run`` as of now. is_new: it was made just now; nothing has grown from it."""
    is_first = is_new and run.origin_id is None
    return RunPanel(
        template=template,
        run=run,
        is_alone=is_first and run.parent_id is None,
        progress=run_progress(run),
        siblings=[run] if is_first else siblings_of(run),
        place=None if run.is_final else queue_place(run),
    )
