"""From the state that rows keep to the form that shows it."""

from typing import Any

from playground.checkpoints.registry import registry
from playground.prompts.catalog import FREE, TEMPLATES, Template
from playground.prompts.document import stored_document
from playground.prompts.fields import TextField
from playground.prompts.form import PromptForm, default_form
from playground.prompts.variables import stored_variables
from playground.runs.parameters import Parameters
from playground.runs.state import PromptState

# Of the first words in a title, and of the whole title, which `Prompt.title` takes.
TITLE_WORDS = 7
TITLE_LENGTH = 60


def example_state(template: Template) -> PromptState:
    """The state that a template's page starts with."""
    return default_form(template).state()


def form_of_state(template: Template, state: PromptState) -> PromptForm:
    """The form that shows ``state``; a model that is gone leaves the choice open."""
    values: dict[str, Any] = {
        field.name: field.from_json(state.fields.get(field.name)) for field in template.fields
    }
    if template.is_free:
        values |= {"prompt": state.text, **stored_document(state.fields)}
    return PromptForm(
        template=template,
        values=values,
        detached=state.text if state.fields.get("detached") else None,
        parameters=Parameters.from_json(state.parameters),
        model=state.model
        if state.model and registry().base_of(state.model)
        else registry().default,
        defined=stored_variables(state.variables),
    )


def template_named(slug: str) -> Template:
    """The template of a row; one that is gone is shown on the free page."""
    return TEMPLATES.get(slug, FREE)


def first_title(form: PromptForm) -> str:
    """A suggested title: the template and the first words of the question.

    >>> first_title(default_form(TEMPLATES["translation"]))
    'Translation: My brother lives in a small house…'
    """
    first = first_words(form)
    return f"{form.template.name}: {first}" if first else form.template.name


def first_words(form: PromptForm) -> str:
    """What the question of a form begins with; "" for none.

    >>> first_words(default_form(TEMPLATES["translation"]))
    'My brother lives in a small house…'
    """
    words = _main_text(form).split()
    first = " ".join(words[:TITLE_WORDS])
    cut = len(words) > TITLE_WORDS or len(first) > TITLE_LENGTH
    return f"{first[:TITLE_LENGTH]}{'…' if cut else ''}"


def _main_text(form: PromptForm) -> str:
    """What tells this prompt from others of its template: its last text that is not empty."""
    if form.detached is not None or form.template.is_free:
        return form.text
    texts = [form.values[f.name] for f in form.template.fields if isinstance(f, TextField)]
    return next((text for text in reversed(texts) if text.strip()), "")
