"""The form of a page that saves: its state, title, description, tags and a note; its draft."""

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from playground.core.forms import CounterField, IdField, StrictForm
from playground.library.drafts import PageSave
from playground.library.models import Prompt
from playground.prompts.fields import clean_text
from playground.prompts.fitting import finished_prompt
from playground.prompts.form import PromptForm
from playground.prompts.state import first_title
from playground.runs.state import PromptState

MAX_TITLE = 120
MAX_DESCRIPTION = 2_000
MAX_MESSAGE = 200
MAX_TAGS = 12
MAX_TAG = 40
MAX_WRITER = 32
_NO_WRITER = "The page did not say which one it is. Reload it."


@dataclass(frozen=True, kw_only=True)
class Details:
    """A prompt's title, description and tags. tags: in lower case, each once."""

    title: str
    description: str = ""
    tags: tuple[str, ...] = ()


class _Text(forms.Field):
    """Text as the site keeps it, in at most ``limit`` characters."""

    def __init__(self, name: str, *, label: str, limit: int) -> None:
        super().__init__(required=False, label=label)
        self._name, self._limit = name, limit

    def to_python(self, value: Any) -> str:
        text = clean_text(value or "", field=self._name, label=str(self.label), limit=self._limit)
        return text.strip()


class _Line(_Text):
    """The same on one line."""

    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(value).split())


class _Tags(_Text):
    """Words with commas or line breaks between them."""

    def clean(self, value: Any) -> tuple[str, ...]:
        text = self.to_python(value)
        words = [" ".join(word.split()).lower() for word in text.replace("\n", ",").split(",")]
        names = tuple(dict.fromkeys(word for word in words if word))
        if len(names) > MAX_TAGS:
            raise ValidationError(f"At most {MAX_TAGS} tags are possible.")
        if longest := next((name for name in names if len(name) > MAX_TAG), None):
            raise ValidationError(
                f"The tag “{longest[:20]}…” is too long; {MAX_TAG} characters is the most."
            )
        return names


class DetailsForm(StrictForm):
    """The list's row that edits a prompt, and most of the dialog that saves one."""

    save_title = _Line("save_title", label="The title", limit=MAX_TITLE)
    save_description = _Text("save_description", label="The description", limit=MAX_DESCRIPTION)
    save_tags = _Tags("save_tags", label="The tags", limit=2_000)

    def read_details(self, *, default_title: str) -> Details:
        """The posted details. Raises `InvalidInput`."""
        values = self.read()
        return Details(
            title=values["save_title"] or default_title[:MAX_TITLE],
            description=values["save_description"],
            tags=values["save_tags"],
        )


@dataclass(frozen=True, kw_only=True)
class PageToSave:
    """A posted page to save.

    draft, revision: the draft that it showed; None, 0 for none. run: the one on the page.
    """

    form: PromptForm
    state: PromptState
    details: Details
    message: str
    draft: uuid.UUID | None
    revision: int
    run: uuid.UUID | None

    @property
    def sent(self) -> str:
        """The prompt as it would be sent. Raises `UnknownModel`."""
        return finished_prompt(self.form).text


class PageForm(DetailsForm):
    """The dialog that saves the page, with the page's own values."""

    save_message = _Line("save_message", label="The note", limit=MAX_MESSAGE)
    draft = IdField()
    draft_revision = CounterField()
    parent = IdField()

    def read_page(self, form: PromptForm, *, prompt: Prompt | None = None) -> PageToSave:
        """The page that was posted with ``form``. Raises `InvalidInput`."""
        title = prompt.title if prompt else first_title(form)
        details, values = self.read_details(default_title=title), self.cleaned_data
        return PageToSave(
            form=form,
            state=form.state(),
            details=details,
            message=values["save_message"],
            draft=values["draft"],
            revision=values["draft_revision"],
            run=values["parent"],
        )


class DraftForm(StrictForm):
    """The page's own values when it saves its draft."""

    draft_writer = forms.RegexField(
        rf"^[A-Za-z0-9]{{1,{MAX_WRITER}}}\Z",
        error_messages=dict.fromkeys(("required", "invalid"), _NO_WRITER),
    )
    draft_step = CounterField()
    draft = IdField()
    draft_revision = CounterField()
    parent = IdField()

    def read_save(self) -> PageSave:
        """Which page saves. Raises `InvalidInput` for values that our pages never send."""
        values = self.read()
        return PageSave(
            writer=values["draft_writer"],
            step=values["draft_step"],
            seen=values["draft"],
            revision=values["draft_revision"],
            run=values["parent"],
        )
