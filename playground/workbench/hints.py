"""The hints of a page: near misses in its texts, each with the inputs that they are about."""

from collections.abc import Sequence
from dataclasses import dataclass

from playground.prompts.escapes import write_escapes
from playground.prompts.fitting import FinishedPrompt
from playground.prompts.form import PromptForm
from playground.prompts.near_misses import (
    Hint,
    end_hints,
    injected_hints,
    stop_hints,
    variable_hints,
)


@dataclass(frozen=True, kw_only=True)
class PageHints:
    """What each part of the page shows; prompt: about variables and the prompt's end."""

    prompt: list[Hint]
    stops: list[Hint]
    injected: list[Hint]


def page_hints(
    form: PromptForm, finished: FinishedPrompt, *, stop_lines: Sequence[str] | None = None
) -> PageHints:
    """The hints of ``form``, of which ``finished`` is the prompt.

    stop_lines: the stop sequences as they were typed; None takes them as the page writes them.
    """
    if stop_lines is None:
        stop_lines = [write_escapes(stop) for stop in form.parameters.stop]
    injected = {
        name: write_escapes(str(form.values.get(name, "")))
        for name in ("inject_start", "inject_restart")
    }
    return PageHints(
        prompt=[*variable_hints(form.texts, form.variables), *_end_hints(form, finished)],
        stops=stop_hints(stop_lines),
        injected=[
            hint
            for name, written in injected.items()
            for hint in injected_hints(written, target=name)
        ],
    )


def _end_hints(form: PromptForm, finished: FinishedPrompt) -> list[Hint]:
    """Only where the person wrote the end: a template's own is as the model knows it."""
    last = finished.pieces[-1] if finished.pieces else None
    if last is None:
        return []
    if last.name:
        variable = next((v for v in form.variables if v.name == last.name), None)
        if variable is None or variable.kind == "examples":
            return []
        setting = "" if variable.value.strip() else ".default"
        return end_hints(
            last.text, target=f"{variable.input_name}{setting}", label=f"The value of {last.name}"
        )
    if form.values.get("inject_start"):
        return end_hints(last.text, target="inject_start", label="The start text")
    if form.template.is_free or form.detached is not None:
        return end_hints(finished.text, target="prompt", label="The prompt")
    return []
