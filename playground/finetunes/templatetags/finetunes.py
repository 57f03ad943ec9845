"""Figures on the pages of fine-tunes."""

import json
from typing import Any

from django import template

from playground.finetunes.pages import words

register = template.Library()

register.filter("duration", words.duration)
register.filter("file_size", words.size)


@register.filter
def counted(number: int | None) -> str:
    """A whole number with commas."""
    return f"{number or 0:,}"


@register.filter
def figure(value: float | None) -> str:
    """A figure in a few digits; a dash for none."""
    return words.NOTHING if value is None else words.number(value)


@register.filter
def plain(value: float) -> str:
    """A number as a field's attribute has it."""
    return f"{value:.10g}"


@register.filter
def json_text(value: Any) -> str:
    """The value as an attribute carries it to a script; the template escapes it."""
    return json.dumps(value, separators=(",", ":"))
