"""From what a page posts to domain types: fields, prompt, parameters.

Everything behind this module sees checked values only. An error names the
input it is about, so that the page can point at it.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from playground.core.errors import InvalidInput
from playground.prompts.catalog import Template, open_turns
from playground.prompts.escapes import read_escapes
from playground.prompts.fields import (
    MAX_EXAMPLES,
    MAX_PROMPT_CHARS,
    ExamplesField,
    Values,
    clean_text,
)
from playground.prompts.formats import CUSTOMER, Pair
from playground.runs.parameters import MAX_STOPS, PARAMETER_SPECS, Parameters, ParameterSpec

OFF = "off"


@dataclass(frozen=True, kw_only=True)
class PromptForm:
    """A template page's form as posted, cleaned but not yet asked to run.

    values: by field name. detached: the raw prompt, when it was edited and is
    to be used instead of the fields; None otherwise. model: "" for the default.
    """

    template: Template
    values: Values
    detached: str | None
    parameters: Parameters
    model: str = ""

    def check(self) -> None:
        """Raises `InvalidInput` for what a run needs and the form lacks."""
        if self.detached is not None:
            return
        for field in self.template.fields:
            field.check(self.values[field.name])
        if "turns" in self.values:
            _check_conversation(self.values)

    def sent(self) -> "PromptForm":
        """The form once it ran: a chat's message has joined the turns."""
        if "message" not in self.values or self.detached is not None:
            return self
        values = {**self.values, "turns": open_turns(self.values), "message": ""}
        return replace(self, values=values)

    def to_json(self) -> dict[str, Any]:
        """The form's state as a run's row keeps it."""
        state: dict[str, Any] = {
            field.name: field.to_json(self.values[field.name]) for field in self.template.fields
        }
        return state if self.detached is None else {**state, "detached": True}


def default_parameters(template: Template) -> Parameters:
    """What the template's page begins with."""
    return Parameters(**template.parameters, stop=template.stop)


def default_form(template: Template, *, model: str = "") -> PromptForm:
    """The page's form before anything was typed: the default example."""
    return PromptForm(
        template=template,
        values=template.example,
        detached=None,
        parameters=default_parameters(template),
        model=model,
    )


def posted_form(template: Template, data: QueryDict) -> PromptForm:
    """The form as posted. Raises `InvalidInput` for what cannot be kept at all."""
    prompt = clean_text(
        data.get("prompt", ""), field="prompt", label="The prompt", limit=MAX_PROMPT_CHARS
    )
    values: dict[str, Any] = {field.name: field.read(data.getlist) for field in template.fields}
    if template.is_free:
        values["prompt"] = prompt
    is_detached = bool(data.get("detached")) and not template.is_free
    return PromptForm(
        template=template,
        values=values,
        detached=prompt if is_detached else None,
        parameters=posted_parameters(template, data),
        model=data.get("model", ""),
    )


def stored_form(
    template: Template,
    *,
    fields: dict[str, Any],
    prompt: str,
    parameters: Parameters,
    model: str,
) -> PromptForm:
    """The form that made a run, from its row."""
    values: dict[str, Any] = {
        field.name: field.from_json(fields.get(field.name)) for field in template.fields
    }
    if template.is_free:
        values["prompt"] = prompt
    return PromptForm(
        template=template,
        values=values,
        detached=prompt if fields.get("detached") else None,
        parameters=parameters,
        model=model,
    )


def with_row_edits(form: PromptForm, data: QueryDict) -> tuple[PromptForm, tuple[str, int] | None]:
    """The form with the row added or removed that a button named, and where the focus goes.

    ``add=examples``, ``remove=examples:2`` and ``restart=turns`` are what the
    buttons post; anything else changes nothing.
    """
    name, _, row = (data.get("add") or data.get("remove") or data.get("restart") or "").partition(
        ":"
    )
    rows = form.values.get(name)
    if not isinstance(rows, list):
        return form, None
    if "add" in data:
        return _with_new_row(form, name, rows)
    if "restart" in data:
        return replace(form, values={**form.values, name: []}), None
    kept = [value for number, value in enumerate(rows) if str(number) != row]
    return replace(form, values={**form.values, name: kept}), None


def _with_new_row(
    form: PromptForm, name: str, rows: list[Any]
) -> tuple[PromptForm, tuple[str, int] | None]:
    is_examples = any(
        isinstance(field, ExamplesField) and field.name == name for field in form.template.fields
    )
    if not is_examples:
        return form, None
    if len(rows) >= MAX_EXAMPLES:
        raise InvalidInput(f"There can be at most {MAX_EXAMPLES} examples.", field=name)
    values = {**form.values, name: [*rows, Pair("", "")]}
    return replace(form, values=values), (name, len(rows))


def posted_parameters(template: Template, data: QueryDict) -> Parameters:
    """The parameters as posted; what is not posted keeps the template's default."""
    defaults = default_parameters(template)
    numbers = {
        spec.name: _number(spec, raw)
        for spec in PARAMETER_SPECS
        if (raw := data.get(spec.name, "").strip())
    }
    stop = _stops(data.get("stop", "")) if "stop" in data else defaults.stop
    return Parameters(
        **{**template.parameters, **numbers}, stop=stop, seed=_seed(data.get("seed", ""))
    )


def _number(spec: ParameterSpec, raw: str) -> float | int:
    """``raw`` as `spec` wants it; "off" is the value without effect."""
    text = raw.replace(",", ".")
    if text.lower() == OFF and spec.off is not None:
        return int(spec.off) if spec.whole else spec.off
    try:
        return int(text) if spec.whole else float(text)
    except ValueError:
        kind = "a whole number" if spec.whole else "a number"
        raise InvalidInput(
            f"{spec.label} must be {kind} between {spec.minimum:g} and {spec.maximum:g}.",
            field=spec.name,
        ) from None


def _seed(raw: str) -> int | None:
    text = raw.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise InvalidInput(
            "Seed must be a whole number, or empty for a fresh one each run.", field="seed"
        )
    return int(text)


def _stops(raw: str) -> tuple[str, ...]:
    """A stop sequence a line, written with escapes; an empty line is none."""
    text = clean_text(raw, field="stop", label="Stop sequences", limit=2_000)
    lines = [line for line in text.split("\n") if line]
    if len(lines) > MAX_STOPS:
        raise InvalidInput(f"At most {MAX_STOPS} stop sequences are possible.", field="stop")
    return tuple(dict.fromkeys(read_escapes(line) for line in lines))


def _check_conversation(values: Values) -> None:
    """The agent answers a customer: someone must have said something."""
    turns = [turn for turn in values["turns"] if turn.text.strip()]
    if not values["message"].strip() and (not turns or turns[-1].speaker != CUSTOMER):
        raise InvalidInput("Write the customer's next message.", field="message")
