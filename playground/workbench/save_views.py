"""Saving from the page: as a new prompt, or as the next version of one."""

import uuid

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from playground.accounts.people import person_for_write, person_of
from playground.core.errors import PlaygroundError
from playground.core.http import HtmxRequest, open_page
from playground.core.toasts import toast
from playground.library.forms import PageForm
from playground.library.services import SavedPage, get_prompt, page_save
from playground.prompts.catalog import Template
from playground.prompts.form import posted_form
from playground.prompts.state import template_named
from playground.sharing.owner_views import show_panel
from playground.sharing.shares import runs_of_prompt, share_create
from playground.workbench.page import refuse


@require_POST
def create(request: HtmxRequest, template: Template) -> HttpResponse:
    """Saves the page as a new prompt."""
    form = posted_form(template, request.POST)
    try:
        page = PageForm(request.POST).read_page(form)
        saved = page_save(person=person_for_write(request), page=page)
    except PlaygroundError as error:
        return refuse(request, form, error)
    return _open_saved(request, saved)


@require_POST
def save(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """Saves the page as the prompt's next version."""
    prompt = get_prompt(person_of(request), prompt_id)
    form = posted_form(template_named(prompt.template), request.POST)
    try:
        page = PageForm(request.POST).read_page(form, prompt=prompt)
        saved = page_save(person=person_for_write(request), page=page, prompt=prompt)
    except PlaygroundError as error:
        return refuse(request, form, error)
    return _open_saved(request, saved)


@require_POST
def save_and_share(request: HtmxRequest, template: Template) -> HttpResponse:
    """Saves the page as a new prompt and makes a link that shows its output, in one step."""
    form = posted_form(template, request.POST)
    try:
        page = PageForm(request.POST).read_page(form)
        saved = page_save(person=person_for_write(request), page=page)
    except PlaygroundError as error:
        return refuse(request, form, error)
    runs = list(runs_of_prompt(saved.prompt).filter(pk=page.run)) if page.run else []
    made = share_create(prompt=saved.prompt, runs=runs)
    return show_panel(request, saved.prompt, made=made)


def _describe(saved: SavedPage) -> str:
    if saved.version is None:
        return "Saved. The text is the same, so there is no new version."
    if saved.version.number == 1:
        return "Saved as a new prompt."
    return f"Saved as version {saved.version.number}."


def _open_saved(request: HtmxRequest, saved: SavedPage) -> HttpResponse:
    toast(request, _describe(saved))
    return open_page(request, reverse("workbench:prompt", args=[saved.prompt.pk]))
