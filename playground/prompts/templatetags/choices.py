"""What a page of another app lets people choose from."""

from collections.abc import Iterable

from django import template

from playground.prompts.catalog import TEMPLATES, Template

register = template.Library()


@register.simple_tag
def templates_offered() -> Iterable[Template]:
    """Every template, in the order of the catalogue."""
    return TEMPLATES.values()
