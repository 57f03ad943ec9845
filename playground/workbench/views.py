"""A template's page before a run: the page, its preview, its models, a link to its state."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.people import expect_writes, person_of
from playground.core.errors import InvalidInput, PlaygroundError
from playground.core.http import HtmxRequest
from playground.prompts.catalog import TEMPLATES, Template
from playground.prompts.fitting import finished_prompt, uncounted
from playground.prompts.form import PromptForm, posted_form
from playground.runs.selectors import find_shown_run
from playground.workbench.hints import page_hints
from playground.workbench.model_menu import model_menu
from playground.workbench.openings import open_posted, open_state_link, open_template
from playground.workbench.page import render_workbench
from playground.workbench.row_edits import with_row_edits
from playground.workbench.state_links import PARAMETER, state_link
from playground.workbench.variable_panel import variable_panel


@require_http_methods(["GET", "HEAD", "POST"])
def template_page(request: HttpRequest, template: Template) -> HttpResponse:
    """A template's page. A POST shows the posted form again, with rows added or removed."""
    expect_writes(request)
    if request.method == "POST":
        form, focus = with_row_edits(_brought_form(template, request), request.POST)
        return render_workbench(request, open_posted(request, form, focus=focus))
    open_source = open_state_link if PARAMETER in request.GET else open_template
    return render_workbench(request, open_source(request, template))


@require_POST
def preview(request: HttpRequest, template: Template) -> HttpResponse:
    """The finished prompt and its count of tokens. Changes nothing."""
    try:
        form = posted_form(template, request.POST)
        finished = finished_prompt(form)
    except InvalidInput as error:
        # Someone is in the middle of typing: a note beside the gauge will do.
        gauge = uncounted(request.POST.get("model", ""), error)
        return render(request, "workbench/_preview.html", {"error": error, "finished": gauge})
    context = {
        "finished": finished,
        "template": template,
        "variables": variable_panel(form, finished),
        "hints": page_hints(form, finished, stop_lines=request.POST.get("stop", "").splitlines()),
    }
    return render(request, "workbench/_preview.html", context)


@require_safe
def models_menu(request: HttpRequest) -> HttpResponse:
    """The live state of the models; nothing at all while it is as the page has it."""
    menu = model_menu(person_of(request), request.GET.get("model", ""))
    if request.GET.get("seen") == menu.digest:
        return HttpResponse(status=204)
    return render(request, "workbench/_model_menu.html#answer", {"menu": menu})


@require_POST
def link_to_state(request: HtmxRequest, template: Template) -> HttpResponse:
    """A link that opens with the page's state. Nothing is stored."""
    run = find_shown_run(person_of(request), request.POST.get("parent", ""))
    context: dict[str, Any] = {"template": template, "run": run if request.htmx else None}
    try:
        context["link"] = request.build_absolute_uri(state_link(template, request.POST))
    except PlaygroundError as error:
        context["error"] = error
    if request.htmx:
        return render(request, "sharing/state_link.html#link", context)
    status = context["error"].status if "error" in context else 200
    return render(request, "sharing/state_link.html", context, status=status)


def _brought_form(template: Template, request: HttpRequest) -> PromptForm:
    """The posted form; on the free page, also the prompt of the page it came from."""
    origin = TEMPLATES.get(request.POST.get("from", ""))
    if origin is None or not template.is_free:
        return posted_form(template, request.POST)
    form = posted_form(origin, request.POST)
    return PromptForm(
        template=template,
        values={"prompt": finished_prompt(form).box_text},
        detached=None,
        parameters=form.parameters,
        model=form.model,
        defined=form.variables,
    )
