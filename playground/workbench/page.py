"""The page that prompts are written on: its content, and the one way to render or refuse it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from playground.accounts.models import Person
from playground.accounts.people import person_of
from playground.core.errors import PlaygroundError
from playground.core.http import HtmxRequest
from playground.prompts.catalog import TEMPLATES
from playground.prompts.fields import MAX_FIELD_CHARS, MAX_PROMPT_CHARS, AnyField
from playground.prompts.fitting import finished_prompt
from playground.prompts.form import PromptForm, default_parameters
from playground.prompts.parameter_panel import ParameterPanel
from playground.workbench.hints import page_hints
from playground.workbench.model_menu import model_menu
from playground.workbench.openings import Opening, open_posted
from playground.workbench.running.panel import RunPanel
from playground.workbench.variable_panel import variable_panel


@dataclass(frozen=True, kw_only=True)
class BoundField:
    """A field of the template with its present value."""

    field: AnyField
    value: Any
    # The row that was just added and takes the focus, or None.
    focus: int | None = None


def render_workbench(
    request: HttpRequest, opening: Opening, *, error: PlaygroundError | None = None
) -> HttpResponse:
    """The page of ``opening``; with ``error``, it shows the error of the posted form."""
    context = {**_context(person_of(request), opening), "error": error}
    response = render(
        request, "workbench/workbench.html", context, status=error.status if error else 200
    )
    if error is not None and error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def refuse(request: HtmxRequest, form: PromptForm, error: PlaygroundError) -> HttpResponse:
    """The page as it was posted, with the error; for HTMX only the error, by raising it."""
    if request.htmx:
        raise error
    return render_workbench(request, open_posted(request, form), error=error)


def _context(person: Person | None, opening: Opening) -> dict[str, Any]:
    """Everything that the page shows: no template computes."""
    form = opening.form
    template = form.template
    finished = finished_prompt(form)
    menu = model_menu(person, form.model)
    return {
        "template": template,
        "templates": TEMPLATES.values(),
        # Other templates keep the chosen model.
        "model_query": "" if menu.is_default else f"?{urlencode({'model': menu.chosen.name})}",
        "form": form,
        "bound_fields": bound_fields(form, focus=opening.focus),
        "finished": finished,
        "hints": page_hints(form, finished),
        "variables": variable_panel(form, finished, focus=opening.focus),
        "parameters": ParameterPanel(
            parameters=form.parameters, defaults=default_parameters(template)
        ),
        "panel": opening.panel or RunPanel(template=template),
        "message": message_field(form),
        "menu": menu,
        "save_bar": opening.save_bar,
        "prompt_limit": MAX_PROMPT_CHARS,
        "field_limit": MAX_FIELD_CHARS,
    }


def bound_fields(form: PromptForm, *, focus: tuple[str, int] | None = None) -> list[BoundField]:
    """The template's fields in order. A chat's new message is elsewhere."""
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
