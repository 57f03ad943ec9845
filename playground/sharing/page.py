"""The page that a link or the gallery shows of a prompt: read by anybody, changed by nobody."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.urls import reverse

from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import model_title
from playground.library.models import PromptVersion
from playground.library.states import state_of_version
from playground.prompts.catalog import Template
from playground.prompts.form import PromptForm, default_parameters
from playground.prompts.parameter_panel import ParameterPanel
from playground.prompts.run_output import RunOutput
from playground.prompts.state import form_of_state, template_named
from playground.prompts.tables import ShownTable
from playground.prompts.variables import stored_variables
from playground.runs.models import Run
from playground.runs.selectors import RunProgress
from playground.runs.token_biases import tell_token_biases
from playground.sharing.branches import branches_of
from playground.sharing.shares import Shown

# Of all that is shown below the prompt, together; and of each text beyond that.
PAGE_CHARACTERS = 500_000
CUT_CHARACTERS = 500
# Of each table on a page of up to 250.
TABLE_ROWS = 50
TABLE_COLUMNS = 20
# As deep as a branch is indented.
MAX_INDENT = 5


class ShownSetting(NamedTuple):
    """One parameter as the page writes it; changed: compared with the template's default."""

    name: str
    value: str
    changed: bool


class Cut(NamedTuple):
    """The beginning of a text that a page shows, and the characters of the whole."""

    shown: str
    length: int

    @property
    def note(self) -> str:
        """That something is left out, or nothing."""
        if len(self.shown) == self.length:
            return ""
        return f"The first {len(self.shown):,} of {self.length:,} characters."


class Room:
    """The remaining room of a page: texts are shown complete until they have `PAGE_CHARACTERS`, and
    then only their beginnings."""

    def __init__(self) -> None:
        self._left = PAGE_CHARACTERS

    def cut(self, text: str) -> Cut:
        shown = text[: max(self._left, CUT_CHARACTERS)]
        self._left -= len(shown)
        return Cut(shown, len(text))


class Known(NamedTuple):
    """A variable: its definition and its value."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Output:
    """One shown run: its text and figures, and its continuations.

    version: the number of the version that it was made from; None for a branch, which was made from
    an edit. text, prompt: the shown part of them; prompt: only for a branch.
    """

    panel: RunOutput
    version: int | None
    text: "Cut"
    prompt: "Cut | None" = None
    values: Sequence[Known] = ()
    indent: int = 0
    branches: list["Output"] = field(default_factory=list)

    @cached_property
    def table(self) -> ShownTable | None:
        """Of a table page's run; smaller than where it is alone."""
        return self.panel.table_within(rows=TABLE_ROWS, columns=TABLE_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class SharedPage:
    """Everything that the page shows."""

    shown: Shown
    template: Template
    form: PromptForm
    outputs: Sequence[Output]

    @property
    def title(self) -> str:
        return self.shown.title

    @property
    def settings(self) -> list[ShownSetting]:
        """All parameters, those that were changed first."""
        panel = ParameterPanel(
            parameters=self.form.parameters, defaults=default_parameters(self.template)
        )
        seed, logprobs = panel.parameters.seed, panel.parameters.logprobs
        listed = [ShownSetting(n.spec.label, n.text, n.changed) for n in panel.numbers]
        stops = panel.stop_lines.replace("\n", "   ") or "none"
        listed.append(ShownSetting("Stop at", stops, panel.stop_changed))
        listed.append(
            ShownSetting("Seed", "random" if seed is None else str(seed), seed is not None)
        )
        if logprobs is not None:
            listed.append(ShownSetting("Probabilities", str(logprobs), changed=True))
        if biases := tell_token_biases(panel.parameters):
            listed.append(ShownSetting("Token bias", biases, changed=True))
        return sorted(listed, key=lambda setting: not setting.changed)

    @property
    def model(self) -> str:
        """The name that people know the model by."""
        return model_title(self.shown.version.model or registry().default)

    @property
    def variables(self) -> list[Known]:
        return [Known(v.name, v.text) for v in self.form.variables]

    @property
    def description(self) -> str:
        """A few words for a preview: the author's description, else the end of the prompt."""
        said = self.shown.description or self.shown.version.text[-400:]
        return " ".join(said.split())[:200]

    @property
    def address(self) -> str:
        return self._address("")

    @property
    def open_address(self) -> str:
        return self._address("_open")

    @property
    def fork_address(self) -> str:
        return self._address("_fork")

    @property
    def image_address(self) -> str:
        return self._address("_image")

    def _address(self, part: str) -> str:
        room = "workbench" if part == "_open" else "sharing"
        if self.shown.share is not None:
            return reverse(f"{room}:shared{part}", args=[self.shown.share.token])
        return reverse(f"{room}:gallery_prompt{part}", args=[self.shown.prompt.pk])


def shared_page(shown: Shown) -> SharedPage:
    """The page of a shown prompt, in few queries however many runs there are."""
    template = template_named(shown.prompt.template)
    return SharedPage(
        shown=shown,
        template=template,
        form=shown_form(shown),
        outputs=_outputs(shown, template),
    )


def shown_form(shown: Shown) -> PromptForm:
    """The prompt that is shown, as a page that can run it has it."""
    return form_of_state(template_named(shown.prompt.template), state_of_version(shown.version))


def _outputs(shown: Shown, template: Template) -> list[Output]:
    numbers = _numbers(shown)
    branches = branches_of(shown.runs, only=shown.branches) if shown.with_branches else {}
    room = Room()
    # The runs come before their continuations: they were chosen.
    texts = {run.pk: room.cut(run.text.lstrip()) for run in shown.runs}
    return [
        Output(
            panel=_panel(template, run),
            version=numbers.get(run.version_id) if run.version_id else None,
            text=texts[run.pk],
            values=_values(run),
            branches=[
                Output(
                    panel=_panel(template, branch),
                    version=None,
                    text=room.cut(branch.text.lstrip()),
                    prompt=room.cut(branch.prompt),
                    values=_values(branch),
                    indent=min(depth, MAX_INDENT),
                )
                for depth, branch in branches.get(run.pk, [])
            ],
        )
        for run in shown.runs
    ]


def _numbers(shown: Shown) -> dict[uuid.UUID, int]:
    """Of the versions that the runs were made of."""
    asked = {run.version_id for run in shown.runs if run.version_id}
    of_prompt = PromptVersion.objects.filter(prompt=shown.prompt, pk__in=asked)
    return dict(of_prompt.values_list("pk", "number")) if asked else {}


def _panel(template: Template, run: Run) -> RunOutput:
    progress = RunProgress(run.text, run.completion_tokens, run.epoch, [])
    return RunOutput(template=template, run=run, progress=progress)


def _values(run: Run) -> list[Known]:
    """The values of the prompt's variables in this run."""
    kept = stored_variables(run.variables)
    return [Known(variable.name, variable.text) for variable in kept if variable.text]
