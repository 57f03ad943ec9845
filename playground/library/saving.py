"""Saving what is on a page: the version, the draft that it settles, the run that it belongs to."""

import uuid
from dataclasses import dataclass

from django.http import QueryDict

from playground.accounts.models import Person
from playground.core.http import read_id
from playground.library.drafts import draft_done, posted_revision
from playground.library.forms import Details, posted_details
from playground.library.models import Prompt, PromptVersion
from playground.library.services import prompt_create, prompt_save
from playground.library.versions import run_link_to_version
from playground.prompts.form import PromptForm
from playground.prompts.state import first_title, state_of


@dataclass(frozen=True, kw_only=True)
class PageToSave:
    """What a page posts to be saved.

    draft, revision: the draft that it showed; None, 0 for none. run: the run on the page.
    """

    form: PromptForm
    details: Details
    message: str
    draft: uuid.UUID | None
    revision: int
    run: str


@dataclass(frozen=True, kw_only=True)
class SavedPage:
    """version: None where only title, description or tags changed."""

    prompt: Prompt
    version: PromptVersion | None


def posted_page(form: PromptForm, data: QueryDict, *, prompt: Prompt | None = None) -> PageToSave:
    """The page that was posted with ``form``. Raises `InvalidInput`."""
    title = prompt.title if prompt else first_title(form)
    details, message = posted_details(data, default_title=title)
    return PageToSave(
        form=form,
        details=details,
        message=message,
        draft=read_id(data.get("draft", "")),
        revision=posted_revision(data),
        run=data.get("parent", ""),
    )


def page_save(*, person: Person, page: PageToSave, prompt: Prompt | None = None) -> SavedPage:
    """Saves the page as the next version of ``prompt``, or as a new prompt without one.

    Raises `NothingChanged`, `QuotaReached`; then nothing was saved.
    """
    form, state = page.form, state_of(page.form)
    version: PromptVersion | None
    if prompt is None:
        prompt = prompt_create(
            person=person,
            template=form.template.slug,
            state=state,
            details=page.details,
            message=page.message,
        )
        version = prompt.head
    else:
        version = prompt_save(
            prompt=prompt, state=state, details=page.details, message=page.message
        )
    draft_done(person=person, seen=page.draft, revision=page.revision, state=state)
    if version is not None:
        run_link_to_version(person=person, run=page.run, form=form, version=version)
    return SavedPage(prompt=prompt, version=version)
