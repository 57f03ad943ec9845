"""The pages before a run: gallery, template pages, their live preview, and Run."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.addresses import address_of
from playground.accounts.people import expect_writes, person_for_write, person_of
from playground.checkpoints.registry import registry
from playground.core.errors import InvalidInput, PlaygroundError
from playground.library.versions import version_of_run
from playground.prompts.catalog import TEMPLATES, Template
from playground.prompts.fitting import finished_prompt, kept_fields, uncounted
from playground.prompts.form import (
    PromptForm,
    posted_form,
)
from playground.runs.models import Run
from playground.runs.selectors import run_before
from playground.runs.services import run_create
from playground.workbench.hints import page_hints
from playground.workbench.page import glimpses, model_menu, workbench
from playground.workbench.row_edits import with_row_edits
from playground.workbench.run_views import answer_with_run
from playground.workbench.save_bar import opened_template, posted_saving
from playground.workbench.state_links import PARAMETER, opened_link
from playground.workbench.variable_panel import variable_panel


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The gallery of templates."""
    menu = model_menu(request.GET.get("model", ""))
    return render(request, "workbench/home.html", {"glimpses": glimpses(), "menu": menu})


@require_http_methods(["GET", "HEAD", "POST"])
def template_page(request: HttpRequest, template: Template) -> HttpResponse:
    """A template's page. A POST shows the posted form again, with rows added or removed."""
    expect_writes(request)
    if request.method != "POST":
        opened = opened_link if PARAMETER in request.GET else opened_template
        form, saving = opened(request, template)
        return render(request, "workbench/workbench.html", workbench(form, saving=saving))
    form, focus = with_row_edits(_brought_form(template, request), request.POST)
    context = workbench(form, saving=posted_saving(request, form), focus=focus)
    return render(request, "workbench/workbench.html", context)


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


@require_POST
def run(request: HttpRequest, template: Template) -> HttpResponse:
    """Makes a run of the form and shows it."""
    form = posted_form(template, request.POST)
    try:
        form.check()
        new = _create(request, form)
    except PlaygroundError as error:
        if request.htmx:  # type: ignore[attr-defined]
            raise
        return _refused(request, form, error)
    return answer_with_run(request, new, form=form.sent())


@require_safe
def models_menu(request: HttpRequest) -> HttpResponse:
    """The live state of the models; nothing at all while it is as the page has it."""
    menu = model_menu(request.GET.get("model", ""))
    if request.GET.get("seen") == menu.digest:
        return HttpResponse(status=204)
    return render(request, "workbench/_models.html", {"menu": menu})


def _create(request: HttpRequest, form: PromptForm) -> Run:
    finished = finished_prompt(form)
    finished.check()
    return run_create(
        person=person_for_write(request),
        address=address_of(request),
        model=form.model or registry().default,
        template=form.template.slug,
        fields=kept_fields(form.sent(), finished),
        prompt=finished.text,
        parameters=form.parameters,
        parent=run_before(person_of(request), request.POST.get("parent", "")),
        version_id=version_of_run(person_of(request), form, request.POST.get("version", "")),
    )


def _brought_form(template: Template, request: HttpRequest) -> PromptForm:
    """The posted form; on the free page, also the prompt of the page it came from."""
    origin = TEMPLATES.get(request.POST.get("from", ""))
    if origin is None or not template.is_free:
        return posted_form(template, request.POST)
    form = posted_form(origin, request.POST)
    return PromptForm(
        template=template,
        values={"prompt": finished_prompt(form).written},
        detached=None,
        parameters=form.parameters,
        model=form.model,
        defined=form.variables,
    )


def _refused(request: HttpRequest, form: PromptForm, error: PlaygroundError) -> HttpResponse:
    """The page as it was posted, with what was wrong."""
    context = {**workbench(form, saving=posted_saving(request, form)), "error": error}
    response = render(request, "workbench/workbench.html", context, status=error.status)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response
