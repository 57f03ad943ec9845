"""Saved prompts for tests: posted forms, and rows made directly."""

from dataclasses import replace
from typing import Any

from django.test import Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.library.forms import Details
from playground.library.models import Prompt
from playground.library.services import prompt_create, prompt_save
from playground.prompts.catalog import TEMPLATES
from playground.prompts.form import default_form
from playground.runs.state import PromptState

HTMX = {"HX-Request": "true"}
FREE = TEMPLATES["free"]


def guest_of(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def free_state(text: str, **parameters: Any) -> PromptState:
    """The free page's state with ``text`` and only ``parameters`` changed."""
    state = default_form(FREE).state()
    return replace(state, text=text, parameters={**state.parameters, **parameters})


def saved_prompt(
    person: Person, *texts: str, title: str = "Greetings", tags: tuple[str, ...] = (), **row: Any
) -> Prompt:
    """A prompt of the free page with a version for each text."""
    first, *rest = texts or ("Hello",)
    details = Details(title=title, tags=tags)
    prompt = prompt_create(person=person, template="free", state=free_state(first), details=details)
    for text in rest:
        prompt_save(prompt=prompt, state=free_state(text), details=details)
    if row:
        Prompt.objects.filter(pk=prompt.pk).update(**row)
    return Prompt.objects.get(pk=prompt.pk)


def free_form(text: str, **inputs: Any) -> dict[str, Any]:
    """The form that the free page posts for ``text``."""
    return {"prompt": text, "model": "tiny", **inputs}
