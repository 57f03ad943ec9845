"""Trying a tuned model: the free page with its prompt, separator, stop and parameters."""

from urllib.parse import urlencode

from django.urls import reverse

from playground.checkpoints.models import Adapter
from playground.core.errors import InvalidInput
from playground.prompts.catalog import FREE, Template
from playground.prompts.document import MAX_INJECT_CHARS
from playground.prompts.form import PromptForm, default_parameters
from playground.runs.parameters import MAX_STOP_LENGTH, MAX_STOPS, SPEC_BY_NAME, Parameters

# In an address: the page opens as the model is tried.
TRY = "try"


def trial_address(adapter: Adapter) -> str:
    """Where "Try it" leads."""
    page = reverse("workbench:template", args=[FREE])
    return f"{page}?{urlencode({'model': adapter.name, TRY: 1})}"


def trial_form(template: Template, adapter: Adapter) -> PromptForm:
    """The free page as ``adapter`` is tried: its separator is put behind the prompt by itself."""
    suffix = adapter.prompt_suffix
    is_injected = len(suffix) <= MAX_INJECT_CHARS
    values = {"prompt": adapter.example if is_injected else f"{adapter.example}{suffix}"}
    if suffix and is_injected:
        values["inject_start"] = suffix
    return PromptForm(
        template=template,
        values=values,
        detached=None,
        parameters=_parameters(template, adapter),
        model=adapter.name,
    )


def _parameters(template: Template, adapter: Adapter) -> Parameters:
    """The page's own where the model's cannot be taken."""
    defaults = default_parameters(template)
    given = {name: value for name, value in adapter.parameters.items() if name in SPEC_BY_NAME}
    stop = [text for text in adapter.stop if 0 < len(text) <= MAX_STOP_LENGTH][:MAX_STOPS]
    try:
        return Parameters(**{**template.parameters, **given}, stop=tuple(stop))
    except InvalidInput:
        return defaults
