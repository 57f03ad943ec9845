"""The targets of the command palette on any page: templates, models, own prompts."""

from typing import Any
from urllib.parse import urlencode

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

# A list that is gone through by arrow keys.
MAX_PROMPTS = 8


@require_safe
def palette(request: HttpRequest) -> JsonResponse:
    """Everything of these three; of the prompts, those that have the words, changed last first."""
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


def _entry(key: str, name: str, address: str) -> dict[str, Any]:
    return {"key": key, "name": name, "address": address}
