"""The pages of a run: itself, its output as of now, a retry, its table as CSV."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.addresses import address_of
from playground.accounts.people import person_for_write, person_of
from playground.checkpoints.registry import registry
from playground.prompts.catalog import TEMPLATES, Template
from playground.prompts.fitting import prompt_of_run
from playground.prompts.form import PromptForm, stored_form
from playground.prompts.tables import write_csv
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.selectors import run_of
from playground.runs.services import run_retry
from playground.workbench.page import bound_fields, message_field, workbench
from playground.workbench.run_panel import RunPanel, run_panel
from playground.workbench.save_bar import run_saving


@require_safe
def run_page(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The run's template page as it was, with the text so far."""
    person = person_of(request)
    run = run_of(person, run_id)
    form = form_of(run)
    context = workbench(
        form, panel=run_panel(form.template, run), saving=run_saving(person, run, form)
    )
    return render(request, "workbench/workbench.html", context)


@require_safe
def run_output(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The run's panel as of now, for a page that shows it already."""
    return _panel(request, run_of(person_of(request), run_id))


@require_safe
def no_run(request: HttpRequest, template: Template) -> HttpResponse:
    """The free page's panel as it is before any run: Undo has come back to that."""
    if not template.is_free:
        raise Http404
    context = {"template": template, "panel": RunPanel(template=template)}
    return render(request, "workbench/_run_response.html", context)


@require_POST
def retry(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """A sibling: the same prompt once more. Nothing is overwritten."""
    run = run_of(person_of(request), run_id)
    sibling = run_retry(person=person_for_write(request), address=address_of(request), run=run)
    return answer_with_run(request, sibling)


@require_safe
def run_csv(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The table that a run of the table page wrote, for a spreadsheet."""
    panel = run_panel(TEMPLATES["table"], run_of(person_of(request), run_id))
    if not (columns := panel.columns) or panel.run is None or panel.run.template != "table":
        raise Http404
    response = HttpResponse(
        # A spreadsheet takes a file without this mark for Latin-1.
        "\ufeff" + "".join(write_csv(columns, panel.progress.text)),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="table-{str(run_id)[:8]}.csv"'
    return response


def answer_with_run(
    request: HttpRequest, run: Run, *, form: PromptForm | None = None
) -> HttpResponse:
    """The new run's panel for HTMX, its page for everyone else.

    ``form`` when the fields changed by running: a chat's message was sent.
    """
    address = reverse("workbench:run_page", args=[run.pk])
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(address, status=303)
    response = _panel(request, run, form=form)
    response["HX-Push-Url"] = address
    return response


def form_of(run: Run) -> PromptForm:
    """The form that made ``run``."""
    return stored_form(
        template_of(run),
        fields=run.fields,
        prompt=run.prompt,
        parameters=Parameters.from_json(run.parameters),
        # A model that the operator took away leaves the choice open.
        model=run.model if run.model in registry().models else "",
    )


def template_of(run: Run) -> Template:
    """The run's template; a run of another kind is shown on the free page."""
    return TEMPLATES.get(run.template, TEMPLATES["free"])


def _panel(request: HttpRequest, run: Run, *, form: PromptForm | None = None) -> HttpResponse:
    template = template_of(run)
    shown = form or form_of(run)
    context = {
        "template": template,
        "panel": run_panel(template, run),
        "finished": prompt_of_run(run),
        "message": message_field(shown),
        # Only a run that took the message clears what stands in its input.
        "keep_message": form is None,
        "sent_fields": bound_fields(shown) if form and message_field(shown) else [],
    }
    return render(request, "workbench/_run_response.html", context)
