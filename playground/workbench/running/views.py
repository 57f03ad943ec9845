"""Runs of the page: Run itself, Stop, the panel as of now, a retry, its table as CSV."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.addresses import address_of
from playground.accounts.people import person_for_write, person_of
from playground.core.errors import PlaygroundError
from playground.core.http import HtmxRequest, see_other
from playground.library.version_runs import version_of_run
from playground.prompts.catalog import Template
from playground.prompts.fitting import finished_prompt, prompt_of_run, sent_state
from playground.prompts.form import PromptForm, posted_form
from playground.prompts.state import template_named
from playground.prompts.tables import write_csv
from playground.runs.branching import run_branch
from playground.runs.models import Run
from playground.runs.selectors import find_shown_run, get_run, live_siblings_of
from playground.runs.services import run_cancel, run_retry, runs_create
from playground.workbench.openings import form_of_run
from playground.workbench.page import bound_fields, message_field, refuse
from playground.workbench.running.forms import BranchForm, OutputsForm
from playground.workbench.running.panel import RunPanel, run_panel
from playground.workbench.tree import tree_of


@require_POST
def run(request: HtmxRequest, template: Template) -> HttpResponse:
    """Makes a run of the form and shows it."""
    form = posted_form(template, request.POST)
    try:
        form.check()
        first, *others = _create(request, form)
    except PlaygroundError as error:
        return refuse(request, form, error)
    return answer_with_run(request, first, form=form.after_run(), beside=bool(others))


@require_safe
def run_output(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """The run's panel as of now, for a page that shows it already."""
    run = get_run(person_of(request), run_id)
    return _panel(request, run, beside="beside" in request.GET)


@require_safe
def no_run(request: HtmxRequest, template: Template) -> HttpResponse:
    """The free page's panel as it is before any run: Undo has come back to that."""
    if not template.is_free:
        raise Http404
    context = {"template": template, "panel": RunPanel(template=template)}
    return render(request, "workbench/_run_panel.html#answer", context)


@require_POST
def stop(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """Stops the person's own run, or (``beside=1``) all of its siblings, or (``alone`` in the
    address) only one of those. Their texts stay; stopping twice is fine."""
    run = get_run(person_of(request), run_id)
    beside = "beside" in request.POST
    for one in live_siblings_of(run) if beside and "alone" not in request.GET else [run]:
        run_cancel(run=one)
    if request.htmx:
        return HttpResponse(status=204)
    return see_other(address_of_page(run, beside=beside))


@require_POST
def retry(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """A sibling: the same prompt once more. Nothing is overwritten."""
    run = get_run(person_of(request), run_id)
    sibling = run_retry(person=person_for_write(request), address=address_of(request), run=run)
    return answer_with_run(request, sibling, beside="beside" in request.POST)


@require_POST
def branch(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """A sibling that goes on with another token. Nothing is overwritten."""
    run = get_run(person_of(request), run_id)
    choice = BranchForm(request.POST).read()
    sibling = run_branch(
        person=person_for_write(request),
        address=address_of(request),
        run=run,
        position=choice["position"],
        token=choice["token"],
    )
    return answer_with_run(request, sibling)


@require_safe
def tree(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """The run's whole tree on a page of its own."""
    run = get_run(person_of(request), run_id)
    context = {"run": run, "template": template_named(run.template), "tree": tree_of(run)}
    return render(request, "workbench/tree.html", context)


@require_safe
def run_csv(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """The table that a run of the table page wrote, for a spreadsheet."""
    run = get_run(person_of(request), run_id)
    panel = run_panel(template_named(run.template), run)
    # Only a table page's run has any.
    if not (columns := panel.columns):
        raise Http404
    response = HttpResponse(
        # A spreadsheet takes a file without this mark for Latin-1.
        "\ufeff" + "".join(write_csv(columns, panel.progress.text)),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="table-{str(run_id)[:8]}.csv"'
    return response


def answer_with_run(
    request: HtmxRequest, run: Run, *, form: PromptForm | None = None, beside: bool = False
) -> HttpResponse:
    """The new run's panel for HTMX, its page for everyone else.

    ``form`` when the fields changed by running: a chat's message was sent. beside: with its
    siblings beside it.
    """
    address = address_of_page(run, beside=beside)
    if not request.htmx:
        return see_other(address)
    response = _panel(request, run, form=form, is_new=True, beside=beside)
    response["HX-Push-Url"] = address
    return response


def address_of_page(run: Run, *, beside: bool = False) -> str:
    """The page of the run, or of the run and its siblings beside each other."""
    return reverse("workbench:run_page", args=[run.pk]) + ("?beside=1" if beside else "")


def _panel(
    request: HtmxRequest,
    run: Run,
    *,
    form: PromptForm | None = None,
    is_new: bool = False,
    beside: bool = False,
) -> HttpResponse:
    template = template_named(run.template)
    shown = form or form_of_run(run)
    context = {
        "template": template,
        "panel": run_panel(template, run, is_new=is_new, beside=beside),
        "finished": prompt_of_run(run),
        "message": message_field(shown),
        # Only a run that took the message clears its input.
        "keep_message": form is None,
        "sent_fields": bound_fields(shown) if form and message_field(shown) else [],
    }
    return render(request, "workbench/_run_panel.html#answer", context)


def _create(request: HtmxRequest, form: PromptForm) -> list[Run]:
    finished = finished_prompt(form)
    finished.check()
    return runs_create(
        person=person_for_write(request),
        address=address_of(request),
        template=form.template.slug,
        state=sent_state(form, finished),
        prompt=finished.text,
        prompt_tokens=finished.sent,
        parent=find_shown_run(person_of(request), request.POST.get("parent", "")),
        version_id=version_of_run(person_of(request), form, request.POST.get("version", "")),
        count=OutputsForm(request.POST).count() if "several" in request.POST else 1,
    )
