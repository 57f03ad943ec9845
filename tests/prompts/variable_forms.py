"""Forms with variables, as a page posts them."""

import pytest
from django.http import QueryDict

from playground.core.errors import InvalidInput
from playground.prompts.catalog import TEMPLATES
from playground.prompts.fitting import finished_prompt
from playground.prompts.form import PromptForm, posted_form

# A variable of every kind, on the free page.
FULL = {
    "prompt": "{{city}} {{n}} {{shots}}",
    "variables": ["city", "n", "shots"],
    "var.city": "Rome",
    "var.city.kind": "choice",
    "var.city.options": "Rome\nParis",
    "var.city.help": "Where to",
    "var.n.kind": "number",
    "var.n.default": "3",
    "var.n.min": "1",
    "var.shots.kind": "examples",
    "var.shots.columns": "question, answer",
    "var.shots.format": r"Q: {question}\nA: {answer}\n\n",
    "var.shots.width": "2",
    "var.shots.cell": ["One?", "{answer}", "Two?", "B"],
}


def data(values: dict[str, str | list[str]]) -> QueryDict:
    posted = QueryDict(mutable=True)
    for name, value in values.items():
        posted.setlist(name, value if isinstance(value, list) else [value])
    return posted


def free(prompt: str, **settings: str | list[str]) -> PromptForm:
    """The free page's form; ``city_min`` is the setting ``min`` of city, ``city`` its value."""
    posted: dict[str, str | list[str]] = {"prompt": prompt}
    for key, value in settings.items():
        name, _, setting = key.partition("_")
        posted[f"var.{name}.{setting}" if setting else f"var.{name}"] = value
        posted["variables"] = list(dict.fromkeys([*posted.get("variables", []), name]))
    return posted_form(TEMPLATES["free"], data(posted))


def error_of(prompt: str, **settings: str | list[str]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        free(prompt, **settings).check()
    return caught.value


def sent_prompt(prompt: str, **settings: str | list[str]) -> str:
    form = free(prompt, **settings)
    form.check()
    return finished_prompt(form).text
