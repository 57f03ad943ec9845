"""One run as a page shows it: text so far, place in the queue, siblings, figures."""

import json
import uuid
from dataclasses import dataclass, field
from functools import cached_property

from playground.prompts.catalog import Template
from playground.prompts.run_output import RunOutput
from playground.runs.figures import write_place
from playground.runs.models import Run
from playground.runs.selectors import QueuePlace, queue_place, run_progress, siblings_of
from playground.workbench.tree import Tree, tree_of

# Outputs beside each other at most: as many as can be asked for at once.
MAX_BESIDE = 8
# Runs that are compared at once (history).
MAX_COMPARED = 4


@dataclass(frozen=True, kw_only=True)
class ShownRun(RunOutput):
    """A run's text with what the page needs to go on with it."""

    # Which of its siblings the run is, from 1.
    number: int = 1

    @property
    def active(self) -> bool:
        """Whether more text may come."""
        return self.run is not None and not self.run.is_final

    @property
    def next_position(self) -> int:
        return self.progress.position + 1

    @property
    def tokens_json(self) -> str:
        """The tokens with their probabilities, of a run that was to have them."""
        if self.parameters is None or self.parameters.logprobs is None:
            return ""
        return json.dumps(self.progress.tokens, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class RunPanel(ShownRun):
    """The panel under the prompt. ``run`` is None before the first run.

    cards: the siblings that are beside each other, this run among them; none where it is alone.
    is_returned: the page opened with a text that goes on from the run: it may have the run's text
    in it, edited or not. is_stale: another prompt than the run's is on the page.
    """

    siblings: list[Run] = field(default_factory=list)
    cards: list[ShownRun] = field(default_factory=list)
    is_returned: bool = False
    is_stale: bool = False
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
    def goes_on(self) -> bool:
        """Whether more text may come to any output that is shown."""
        return self.active or any(card.active for card in self.cards)

    @property
    def query(self) -> str:
        """What an address of the panel needs so that the outputs stay beside each other."""
        return "?beside=1" if self.cards else ""

    @property
    def comparable(self) -> str:
        """The runs that "Compare" begins with, for an address."""
        return ",".join(str(card.run.pk) for card in self.cards[:MAX_COMPARED] if card.run)

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


def run_panel(
    template: Template, run: Run, *, is_new: bool = False, beside: bool = False
) -> RunPanel:
    """The panel of ``run`` as of now. is_new: it was made just now; nothing has grown from it.
    beside: with its siblings beside it."""
    is_first = is_new and run.origin_id is None
    siblings = [run] if is_first and not beside else siblings_of(run)
    ids = [sibling.pk for sibling in siblings]
    return RunPanel(
        template=template,
        run=run,
        number=ids.index(run.pk) + 1 if run.pk in ids else 1,
        is_alone=is_first and run.parent_id is None and len(siblings) < 2,
        progress=run_progress(run),
        siblings=siblings,
        cards=_cards(template, run, ids) if beside and len(ids) > 1 else [],
        place=None if run.is_final else queue_place(run),
    )


def _cards(template: Template, run: Run, ids: list[uuid.UUID]) -> list[ShownRun]:
    """The newest siblings; the run itself among them, however old it is."""
    newest = ids[-MAX_BESIDE:]
    shown = newest if run.pk in newest else [run.pk, *newest[1:]]
    rows = Run.objects.filter(pk__in=shown, person=run.person_id).select_related("adapter")
    found = {row.pk: row for row in rows}
    return [
        ShownRun(
            template=template,
            run=found[run_id],
            progress=run_progress(found[run_id]),
            number=ids.index(run_id) + 1,
        )
        for run_id in shown
        if run_id in found
    ]
