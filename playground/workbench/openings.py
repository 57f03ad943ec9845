"""Every way to open the workbench: one function a source, each returning an `Opening`."""

from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.urls import reverse

from playground.accounts.models import Person
from playground.accounts.people import person_of
from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import find_ready_adapter
from playground.core.http import read_id
from playground.core.toasts import take_toast
from playground.library.drafts import current_draft, own_draft
from playground.library.models import Draft, Prompt, PromptVersion
from playground.library.services import find_prompt
from playground.library.states import state_of_draft, state_of_version
from playground.library.version_runs import latest_run
from playground.prompts.catalog import Template
from playground.prompts.fitting import finished_prompt
from playground.prompts.form import PromptForm, default_form
from playground.prompts.formats import AGENT, Turn
from playground.prompts.state import first_title, form_of_state, template_named
from playground.prompts.trials import TRY, trial_form
from playground.runs.models import Run
from playground.runs.selectors import latest_run_of_template
from playground.runs.state import PromptState
from playground.sharing.page import shown_form
from playground.sharing.shares import Shown
from playground.workbench.running.panel import RunPanel, run_panel
from playground.workbench.save_bar import Origin, SaveBar
from playground.workbench.state_links import PARAMETER, form_of_link


@dataclass(frozen=True, kw_only=True)
class Opening:
    """The content of a page of the workbench when it opens.

    panel: of the shown run; None before the first.
    focus: the field and the row that take the focus, if one was just added.
    """

    form: PromptForm
    save_bar: SaveBar
    panel: RunPanel | None = None
    focus: tuple[str, int] | None = None


def open_template(request: HttpRequest, template: Template) -> Opening:
    """A template's own page: with the person's draft, else the example.

    The model that the address asks for goes before the draft's. A tuned model that is to be tried
    brings its own prompt, stop and parameters, and the draft stays where it is.
    """
    person = person_of(request)
    asked = request.GET.get("model", "")
    tried = find_ready_adapter(person, asked) if template.is_free and TRY in request.GET else None
    if tried is not None:
        return _open_beside_draft(person, trial_form(template, tried))
    draft = current_draft(person, template=template.slug)
    form, panel = return_to(draft) if draft else _open_example(person, template)
    if asked and registry().base_of(asked):
        form = replace(form, model=asked)
    bar = SaveBar(
        template=template,
        title=first_title(form),
        draft=draft,
        person=person,
        toast=take_toast(request),
    )
    return Opening(form=form, save_bar=bar, panel=panel)


def _open_example(person: Person | None, template: Template) -> tuple[PromptForm, RunPanel | None]:
    """The template's example, with the person's last run if that was of the example itself."""
    form = default_form(template)
    run = latest_run_of_template(person, template.slug)
    # One that goes on has a page of its own, and this one is for another run meanwhile.
    if run is None or run.version_id is not None or not run.is_final:
        return form, None
    of_run = form_of_run(run)
    if replace(of_run, model=form.model).state() != form.state():
        return form, None
    return of_run, run_panel(template, run)


def return_to(draft: Draft) -> tuple[PromptForm, RunPanel | None]:
    """A draft's form, and the run that was on its page.

    If nothing was written since the run, the page is the run's own. Otherwise the run comes with
    the draft's text; in a chat the turns have its reply already.
    """
    form = form_of_state(template_named(draft.template), state_of_draft(draft))
    run = draft.run
    if run is None or run.template != draft.template or not run.is_final:
        return form, None
    of_run = form_of_run(run)
    if _is_on_page(draft, run, of_run):
        return of_run, run_panel(form.template, run)
    if "turns" in form.values:
        return form, None
    is_stale = finished_prompt(form).text != run.prompt
    panel = run_panel(form.template, run)
    return form, replace(panel, is_returned=True, is_stale=is_stale)


def open_state_link(request: HttpRequest, template: Template) -> Opening:
    """The state in a link. The person's draft does not change."""
    return _open_beside_draft(person_of(request), form_of_link(template, request.GET[PARAMETER]))


def open_shown(request: HttpRequest, shown: Shown) -> Opening:
    """The prompt of a share link or the gallery.

    Nothing is saved before something is typed or run.
    """
    opening = _open_beside_draft(person_of(request), shown_form(shown))
    if shown.share is not None:
        name, key = "sharing:shared", shown.share.token
    else:
        name, key = "sharing:gallery_prompt", str(shown.prompt.pk)
    origin = Origin(
        title=shown.title,
        author=shown.author,
        address=reverse(name, args=[key]),
        fork_address=reverse(f"{name}_fork", args=[key]),
    )
    return replace(opening, save_bar=replace(opening.save_bar, title=shown.title, origin=origin))


def open_posted(
    request: HttpRequest, form: PromptForm, *, focus: tuple[str, int] | None = None
) -> Opening:
    """A page that was posted and comes back, of what its hidden inputs name."""
    person = person_of(request)
    prompt = find_prompt(person, read_id(request.POST.get("prompt_id", "")), form.template)
    version_id = read_id(request.POST.get("version", ""))
    version = prompt.versions.filter(pk=version_id).first() if prompt and version_id else None
    bar = SaveBar(
        template=form.template,
        title=first_title(form),
        prompt=prompt,
        version=version or (prompt.head if prompt else None),
        draft=own_draft(person, read_id(request.POST.get("draft", ""))),
        person=person,
    )
    return Opening(form=form, save_bar=bar, focus=focus)


def open_run(person: Person | None, run: Run, *, beside: bool = False) -> Opening:
    """A run, and the person's prompt that it was made of, if that still exists.

    beside: with its siblings beside it.
    """
    form = form_of_run(run)
    version = None
    if person is not None and run.version_id is not None:
        own = PromptVersion.objects.filter(pk=run.version_id, prompt__person=person)
        version = own.select_related("prompt__head").first()
    prompt = version.prompt if version else None
    draft = current_draft(person, template=form.template.slug, prompt=prompt)
    # The draft from which the run was made is on the page as it is; another one is not.
    is_shown = draft is not None and _is_on_page(draft, run, form)
    bar = SaveBar(
        template=form.template,
        title=first_title(form),
        prompt=prompt,
        version=version,
        draft=draft if is_shown else None,
        other=None if is_shown else draft,
        person=person,
    )
    panel = run_panel(form.template, run, beside=beside)
    return Opening(form=form, save_bar=bar, panel=panel)


def open_copy(person: Person | None, run: Run) -> Opening:
    """The text and parameters of a run, as if nothing had been run yet."""
    return _open_beside_draft(person, form_of_run(run))


def open_prompt(request: HttpRequest, prompt: Prompt) -> Opening:
    """A saved prompt: with the person's draft, else its head and its last run."""
    draft = current_draft(person_of(request), prompt=prompt)
    if draft is None:
        return _open_version(request, prompt, prompt.head)
    form, panel = return_to(draft)
    bar = SaveBar(
        template=form.template,
        title=first_title(form),
        prompt=prompt,
        version=prompt.head,
        draft=draft,
        person=person_of(request),
        toast=take_toast(request),
    )
    return Opening(form=form, save_bar=bar, panel=panel)


def open_version(request: HttpRequest, prompt: Prompt, version: PromptVersion) -> Opening:
    """One version as it was saved, with its last run."""
    other = current_draft(person_of(request), prompt=prompt)
    return _open_version(request, prompt, version, other=other)


def open_draft(person: Person | None, draft: Draft) -> Opening:
    """A draft itself: a copy that was kept."""
    form, panel = return_to(draft)
    bar = SaveBar(
        template=form.template,
        title=first_title(form),
        prompt=draft.prompt,
        version=draft.prompt.head if draft.prompt else None,
        draft=draft,
        person=person,
    )
    return Opening(form=form, save_bar=bar, panel=panel)


def form_of_run(run: Run) -> PromptForm:
    """The form that made ``run``."""
    return form_of_state(template_named(run.template), run.state)


def _open_beside_draft(person: Person | None, form: PromptForm) -> Opening:
    bar = SaveBar(
        template=form.template,
        title=first_title(form),
        other=current_draft(person, template=form.template.slug),
    )
    return Opening(form=form, save_bar=bar)


def _open_version(
    request: HttpRequest,
    prompt: Prompt,
    version: PromptVersion | None,
    *,
    other: Draft | None = None,
) -> Opening:
    template, person = template_named(prompt.template), person_of(request)
    run = latest_run(person, version)
    state = state_of_version(version) if version else PromptState(fields={}, text="", parameters={})
    form = form_of_state(template, state)
    bar = SaveBar(
        template=template,
        title=first_title(form),
        prompt=prompt,
        version=version,
        other=other,
        person=person,
        toast=take_toast(request),
    )
    if run is not None:
        return Opening(form=form, save_bar=bar, panel=run_panel(template, run))
    return Opening(form=form, save_bar=bar, panel=_panel_of_save(person, version, form))


def _panel_of_save(
    person: Person | None, version: PromptVersion | None, form: PromptForm
) -> RunPanel | None:
    """The run that was on the page when the version was saved, beside the version's text."""
    run = version.run if version else None
    if run is None or not run.is_final or "turns" in form.values:
        return None
    if person is None or run.person_id != person.pk:
        return None
    is_stale = finished_prompt(form).text != run.prompt
    return replace(run_panel(form.template, run), is_returned=True, is_stale=is_stale)


def _is_on_page(draft: Draft, run: Run, form: PromptForm) -> bool:
    """Whether the draft has what the run's page shows: its form, or its form and its output."""
    if draft.state == form.state().to_json():
        return True
    if draft.state["parameters"] != form.parameters.to_json():
        return False
    values = form.values
    if form.template.is_free:
        start, restart = values.get("inject_start", ""), values.get("inject_restart", "")
        whole = f"{values['prompt']}{start}{run.text}"
        return draft.state["text"] in (whole, f"{whole}{restart}")
    if "turns" not in values or form.detached is not None:
        return False
    answered = replace(form, values={**values, "turns": [*values["turns"], _reply(run)]})
    return bool(draft.state["fields"] == answered.to_json())


def _reply(run: Run) -> Turn:
    return Turn(AGENT, run.text.strip())
