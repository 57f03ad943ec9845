"""The home page: one card for each template."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from playground.accounts.people import person_of
from playground.library.recent import recent_works
from playground.prompts.catalog import TEMPLATES, Template
from playground.workbench.model_menu import model_menu


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The gallery of templates."""
    menu = model_menu(person_of(request), request.GET.get("model", ""))
    context = {"glimpses": glimpses(), "menu": menu, "works": recent_works(person_of(request))}
    return render(request, "workbench/home.html", context)


@dataclass(frozen=True, kw_only=True)
class Glimpse:
    """The end of a template's default prompt, for the gallery."""

    template: Template

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(label, text) of the last lines; a label is drawn faint."""
        prompt = self.template.build(self.template.example)
        lines = [line for line in prompt.split("\n") if line.strip()][-3:]
        if lines[0].startswith(" "):
            # In the middle of code: its first line says more than its last ones.
            code = prompt.split("\n\n")[-1].split("\n")
            lines = [code[1], "    …", code[-1]]
        return [_split_label(line, self.template.labels) for line in lines]


def glimpses() -> list[Glimpse]:
    """One for each template, in the order of the catalog."""
    return [Glimpse(template=template) for template in TEMPLATES.values()]


def _split_label(line: str, labels: Sequence[str]) -> tuple[str, str]:
    for label in labels:
        if line.startswith(f"{label}:"):
            return f"{label}:", line.removeprefix(f"{label}:")
    return "", line
