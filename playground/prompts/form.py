"""From what a page posts to domain types: fields, prompt, parameters.

Everything behind this module sees checked values only. An error names the
input it is about, so that the page can point at it. It is no Django form: which
inputs there are depends on the template and on the rows, turns and variables
that a person added, and every run that is posted is read here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.http import QueryDict

from playground.checkpoints.registry import registry
from playground.core.errors import InvalidInput
from playground.prompts.catalog import Template, open_turns
from playground.prompts.document import document_json, posted_document
from playground.prompts.escapes import read_escapes
from playground.prompts.fields import (
    MAX_PROMPT_CHARS,
    Values,
    clean_text,
)
from playground.prompts.formats import CUSTOMER
from playground.prompts.typed_numbers import read_number
from playground.prompts.variable_checks import check_variables
from playground.prompts.variables import (
    Variable,
    names_in,
    read_variables,
    with_new_names,
)
from playground.runs.parameters import MAX_STOPS, PARAMETER_SPECS, Parameters
from playground.runs.state import PromptState
from playground.runs.token_biases import read_token_biases

# Characters of all lines of token biases.
MAX_BIAS_LINES = 20_000


@dataclass(frozen=True, kw_only=True)
class PromptForm:
    """A template page's form as posted, cleaned but not yet asked to run.

    values: by field name. detached: the raw prompt, when it was edited and is
    to be used instead of the fields; None otherwise. model: as `PromptState.model`; whose a tuned
    one is, is asked when it runs.
    defined: what is known of variables; `variables` has those that are in the texts too.
    """

    template: Template
    values: Values
    detached: str | None
    parameters: Parameters
    model: str = ""
    defined: tuple[Variable, ...] = ()

    @property
    def is_one_text(self) -> bool:
        """Whether the prompt is one text that a person wrote, and no fields build it."""
        return self.template.is_free or self.detached is not None

    @cached_property
    def source(self) -> str:
        """The prompt before variables are put in."""
        return self.template.build(self.values) if self.detached is None else self.detached

    @property
    def text(self) -> str:
        """The text in the prompt's box: on the free page without the text after the cursor."""
        return str(self.values["prompt"]) if self.template.is_free else self.source

    @cached_property
    def texts(self) -> list[str]:
        """All texts on the page in which variables count, in its order."""
        if self.detached is not None:
            return [self.detached]
        return list(_texts_in(list(self.values.values())))

    @cached_property
    def used_names(self) -> list[str]:
        """The variables in them."""
        return names_in(*self.texts)

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """Those defined, and those that are used and were not defined yet."""
        return with_new_names(self.defined, self.used_names)

    def check(self) -> None:
        """Raises `InvalidInput` for anything that a run needs and the form lacks."""
        if self.detached is None:
            for field in self.template.fields:
                field.check(self.values[field.name])
            if "turns" in self.values:
                _check_conversation(self.values)
        check_variables(self.variables, names_in(self.source))

    def after_run(self) -> "PromptForm":
        """The form once it ran: a chat's message has joined the turns."""
        if "message" not in self.values or self.detached is not None:
            return self
        values = {**self.values, "turns": open_turns(self.values), "message": ""}
        return replace(self, values=values)

    def to_json(self) -> dict[str, Any]:
        """The values of the fields, as `PromptState.fields` has them."""
        state: dict[str, Any] = {
            field.name: field.to_json(self.values[field.name]) for field in self.template.fields
        }
        if self.template.is_free:
            state = document_json(self.values)
        return state if self.detached is None else {**state, "detached": True}

    def state(self) -> PromptState:
        """What rows keep of the form."""
        model = self.model if registry().base_of(self.model) else ""
        return PromptState(
            fields=self.to_json(),
            text=self.text,
            parameters=self.parameters.to_json(),
            # The default is kept as such: it may be another one tomorrow.
            model="" if model == registry().default else model,
            variables=[variable.to_json() for variable in self.variables],
        )


def default_parameters(template: Template) -> Parameters:
    """The parameters that the template's page starts with."""
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
        values |= {"prompt": prompt, **posted_document(data)}
    is_detached = bool(data.get("detached")) and not template.is_free
    return PromptForm(
        template=template,
        values=values,
        detached=prompt if is_detached else None,
        parameters=posted_parameters(template, data),
        model=data.get("model", ""),
        defined=read_variables(data.getlist),
    )


def posted_parameters(template: Template, data: QueryDict) -> Parameters:
    """The posted parameters; a missing one has the template's default."""
    defaults = default_parameters(template)
    numbers = {
        spec.name: read_number(spec, raw)
        for spec in PARAMETER_SPECS
        if (raw := data.get(spec.name, "").strip())
    }
    stop = _stops(data.get("stop", "")) if "stop" in data else defaults.stop
    texts, ids = _token_biases(data.get("token_bias", ""))
    return Parameters(
        **{**template.parameters, **numbers},
        stop=stop,
        seed=_seed(data.get("seed", "")),
        logprobs=_logprobs(data.get("logprobs", "")),
        token_bias=tuple(texts.items()),
        logit_bias=tuple(ids.items()),
    )


def _seed(raw: str) -> int | None:
    text = raw.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise InvalidInput(
            "Seed must be a whole number, or empty for a random one each run.", field="seed"
        )
    return int(text)


def _logprobs(raw: str) -> int | None:
    """How many likeliest tokens each one is shown beside; empty asks for no probabilities."""
    if not raw:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 2):
        raise InvalidInput("Probabilities must be a whole number, or empty.", field="logprobs")
    return int(raw)


def _token_biases(raw: str) -> tuple[dict[str, float], dict[int, float]]:
    text = clean_text(raw, field="token_bias", label="Token bias", limit=MAX_BIAS_LINES)
    return read_token_biases(text)


def _stops(raw: str) -> tuple[str, ...]:
    """A stop sequence a line, written with escapes; an empty line is none."""
    text = clean_text(raw, field="stop", label="Stop sequences", limit=2_000)
    lines = [line for line in text.split("\n") if line]
    if len(lines) > MAX_STOPS:
        raise InvalidInput(f"At most {MAX_STOPS} stop sequences are possible.", field="stop")
    return tuple(dict.fromkeys(read_escapes(line) for line in lines))


def _texts_in(value: Any) -> Iterator[str]:
    """The texts in a value of the form, however deep in rows."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts_in(part)


def _check_conversation(values: Values) -> None:
    """The agent answers a customer: someone must have said something."""
    turns = [turn for turn in values["turns"] if turn.text.strip()]
    if not values["message"].strip() and (not turns or turns[-1].speaker != CUSTOMER):
        raise InvalidInput("Write the customer's next message.", field="message")
