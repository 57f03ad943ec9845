"""The targets of the command palette on any page: templates, models, own prompts."""

from typing import Any
from urllib.parse import urlencode

from django.db.models.functions import Left, Right
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from playground.accounts.models import Person
from playground.accounts.people import person_of
from playground.checkpoints.selectors import served_models
from playground.core import search
from playground.core.lists import WordsForm
from playground.library.indexing import OWN
from playground.library.models import Prompt
from playground.prompts.catalog import TEMPLATES
from playground.prompts.state import template_named
from playground.runs.models import Run

# A list that is gone through by arrow keys.
MAX_PROMPTS = 8
MAX_RUNS = 5
RUN_WORDS = 80
_FORMATS = {"jsonl": "JSON lines", "csv": "CSV", "md": "Markdown"}


@require_safe
def palette(request: HttpRequest) -> JsonResponse:
    """Templates, models and exports; the newest prompts and runs that have the words."""
    query, person = WordsForm(request.GET).read(), person_of(request)
    prompts = find_prompts(person, query.words)
    return JsonResponse(
        {
            "templates": [
                _entry(template.slug, template.name, reverse("workbench:template", args=[template]))
                | {"icon": template.icon}
                for template in TEMPLATES.values()
            ],
            "models": [
                _entry(
                    served.name,
                    served.title,
                    f"{reverse('workbench:home')}?{urlencode({'model': served.name})}",
                )
                for served in served_models(person)
            ],
            "prompts": [
                _entry(str(prompt.pk), prompt.title, reverse("workbench:prompt", args=[prompt.pk]))
                | {"template": template_named(prompt.template).name}
                for prompt in prompts
            ],
            "runs": [
                _entry(str(run.pk), _words_of(run), reverse("workbench:run_page", args=[run.pk]))
                | {"template": template_named(run.template).name}
                for run in find_runs(person, query.words)
            ],
            "exports": [
                _entry(
                    f"export-{name}",
                    f"Export all runs as {title}",
                    f"{reverse('history:export')}?format={name}",
                )
                for name, title in _FORMATS.items()
                if person is not None
            ],
        }
    )


def find_prompts(person: Person | None, words: str) -> list[Prompt]:
    """The person's own that are not archived; with no words, the ones changed last."""
    if person is None:
        return []
    own = Prompt.objects.filter(person=person, archived_at__isnull=True)
    if words:
        own = own.filter(pk__in=search.matching(kind=OWN, owner=person.pk, query=words))
    return list(own.only("title", "template").order_by("-updated_at", "-pk")[:MAX_PROMPTS])


def find_runs(person: Person | None, words: str) -> list[Run]:
    """The person's newest runs that have the words; with no words, none."""
    if person is None or not words:
        return []
    own = Run.objects.filter(person=person)
    found = own.filter(
        search.numbered(field="number", kind="run", owner=person.pk, query=words)
    ).only("template", "number")
    heads = found.annotate(head=Left("text", RUN_WORDS), tail=Right("prompt", RUN_WORDS))
    return list(heads.order_by("-number")[:MAX_RUNS])


def _words_of(run: Run) -> str:
    """The end of its prompt and the beginning of its text."""
    tail = " ".join(str(run.tail).split())  # type: ignore[attr-defined]
    head = " ".join(str(run.head).split())  # type: ignore[attr-defined]
    return f"…{tail[-RUN_WORDS // 2 :]} → {head[: RUN_WORDS // 2]}"


def _entry(key: str, name: str, address: str) -> dict[str, Any]:
    return {"key": key, "name": name, "address": address}
