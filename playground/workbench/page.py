"""What the pages show, worked out: no template computes, no view formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import ModelState, model_states
from playground.checkpoints.tokenizers import END_OF_TEXT
from playground.prompts.catalog import TEMPLATES, Template
from playground.prompts.escapes import write_escapes
from playground.prompts.fields import MAX_FIELD_CHARS, MAX_PROMPT_CHARS, AnyField
from playground.prompts.fitting import finished_prompt
from playground.prompts.form import PromptForm, default_parameters
from playground.prompts.typed_numbers import OFF
from playground.runs.parameters import PARAMETER_SPECS, Parameters, ParameterSpec
from playground.workbench.hints import page_hints
from playground.workbench.run_panel import RunPanel
from playground.workbench.variable_panel import variable_panel

if TYPE_CHECKING:
    from playground.workbench.save_bar import Saving


@dataclass(frozen=True, kw_only=True)
class BoundField:
    """A field of the template with its present value."""

    field: AnyField
    value: Any
    # The row that was just added and takes the focus, or None.
    focus: int | None = None


@dataclass(frozen=True, kw_only=True)
class BoundParameter:
    """A numeric parameter with its present value, as text for its input."""

    spec: ParameterSpec
    value: float
    default: float

    @property
    def text(self) -> str:
        return written(self.spec, self.value)

    @property
    def default_text(self) -> str:
        return written(self.spec, self.default)

    @property
    def changed(self) -> bool:
        return self.value != self.default


def written(spec: ParameterSpec, value: float) -> str:
    """A parameter's value as its input shows it: "0.70", "64", "off"."""
    if value == spec.off and spec.name == "top_k":
        return OFF
    return str(int(value)) if spec.whole else f"{value:.2f}"


@dataclass(frozen=True, kw_only=True)
class ParameterPanel:
    """The parameters of the form against what the template begins with."""

    parameters: Parameters
    defaults: Parameters

    @property
    def numbers(self) -> list[BoundParameter]:
        return [
            BoundParameter(
                spec=spec,
                value=getattr(self.parameters, spec.name),
                default=getattr(self.defaults, spec.name),
            )
            for spec in PARAMETER_SPECS
        ]

    @property
    def stop_lines(self) -> str:
        return "\n".join(write_escapes(stop) for stop in self.parameters.stop)

    @property
    def stops_at_end(self) -> bool:
        """Whether a stop sequence names the end of text, at which every run ends anyway."""
        return any(END_OF_TEXT in stop for stop in self.parameters.stop)

    @property
    def default_stop_lines(self) -> str:
        return "\n".join(write_escapes(stop) for stop in self.defaults.stop)

    @property
    def stop_changed(self) -> bool:
        return self.parameters.stop != self.defaults.stop

    @property
    def changed(self) -> int:
        """How many differ from what the template begins with."""
        return (
            sum(number.changed for number in self.numbers)
            + self.stop_changed
            + (self.parameters.seed is not None)
            + (self.parameters.logprobs is not None)
        )


@dataclass(frozen=True, kw_only=True)
class ModelMenu:
    """The registry's models, the chosen one first among equals."""

    states: Sequence[ModelState]
    chosen: ModelState

    @property
    def is_default(self) -> bool:
        return self.chosen.spec.name == registry().default

    @property
    def digest(self) -> str:
        """Changes when anything that the menu shows does."""
        shown = [
            (s.spec.name, s.state, s.waits, round(s.tokens_per_second or 0), s.live)
            for s in self.states
        ]
        return sha256(repr((shown, self.chosen.spec.name)).encode()).hexdigest()[:16]


def model_menu(chosen: str = "") -> ModelMenu:
    """The menu with ``chosen``, or the default for a name that is not there."""
    states = model_states()
    by_name = {state.spec.name: state for state in states}
    return ModelMenu(states=states, chosen=by_name.get(chosen) or by_name[registry().default])


def workbench(
    form: PromptForm,
    *,
    panel: RunPanel | None = None,
    saving: "Saving | None" = None,
    focus: tuple[str, int] | None = None,
) -> dict[str, Any]:
    """Everything that a template page shows."""
    template = form.template
    finished = finished_prompt(form)
    menu = model_menu(form.model)
    return {
        "template": template,
        "templates": TEMPLATES.values(),
        # Other templates keep the chosen model.
        "model_query": "" if menu.is_default else f"?{urlencode({'model': form.model})}",
        "form": form,
        "bound_fields": bound_fields(form, focus=focus),
        "finished": finished,
        "hints": page_hints(form, finished),
        "variables": variable_panel(form, finished, focus=focus),
        "parameters": ParameterPanel(
            parameters=form.parameters, defaults=default_parameters(template)
        ),
        "panel": panel or RunPanel(template=template),
        "message": message_field(form),
        "menu": menu,
        "saving": saving,
        "prompt_limit": MAX_PROMPT_CHARS,
        "field_limit": MAX_FIELD_CHARS,
    }


def bound_fields(form: PromptForm, *, focus: tuple[str, int] | None = None) -> list[BoundField]:
    """The template's fields in order. A chat's new message stands elsewhere."""
    return [
        BoundField(
            field=field,
            value=form.values[field.name],
            focus=focus[1] if focus and focus[0] == field.name else None,
        )
        for field in form.template.fields
        if not _is_message(field)
    ]


def message_field(form: PromptForm) -> BoundField | None:
    """The new message of a conversation, which is written below the last reply."""
    for field in form.template.fields:
        if _is_message(field):
            return BoundField(field=field, value=form.values[field.name])
    return None


def _is_message(field: AnyField) -> bool:
    return field.name == "message"


@dataclass(frozen=True, kw_only=True)
class Glimpse:
    """The end of a template's default prompt, for the gallery."""

    template: Template

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(label, text) of the last lines; a label is drawn faint."""
        prompt = self.template.build(self.template.example)
        lines = [line for line in prompt.split("\n") if line.strip()][-3:]
        if lines[0].startswith(" "):
            # In the middle of code: its first line says more than its last ones.
            code = prompt.split("\n\n")[-1].split("\n")
            lines = [code[1], "    …", code[-1]]
        return [_split_label(line, self.template.labels) for line in lines]


def glimpses() -> list[Glimpse]:
    """One for each template, in the order of the catalog."""
    return [Glimpse(template=template) for template in TEMPLATES.values()]


def _split_label(line: str, labels: Sequence[str]) -> tuple[str, str]:
    for label in labels:
        if line.startswith(f"{label}:"):
            return f"{label}:", line.removeprefix(f"{label}:")
    return "", line
