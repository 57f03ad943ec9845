"""The texts of runs beside each other: made here, since a template takes long for many parts."""

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from playground.history.comparison import ColumnPart

register = template.Library()


@register.simple_tag
def column_text(parts: Iterable[ColumnPart]) -> SafeString:
    """A run's text: what is its own marked, what is long and equal folded."""
    # Every part is escaped: all of it is somebody's text.
    return mark_safe("".join(map(_draw, parts)))  # noqa: S308


def _draw(part: ColumnPart) -> str:
    text = escape(part.text)
    if part.kind == "own":
        return f"<mark>{text}</mark>"
    if part.kind == "folded":
        count = f"{len(part.text):,} equal characters"
        return f'<details class="fold"><summary>… {count} …</summary>{text}</details>'
    return text
