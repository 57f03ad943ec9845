"""Counts, sizes and quotations on the pages of datasets."""

import re

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from playground.datasets.changes import fix_title as title_of
from playground.datasets.durations import size_in_words

register = template.Library()

_QUOTE = re.compile("“([^”]*)”")


@register.filter
def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "example"), counted(1200, "example")
    ('1 example', '1,200 examples')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@register.filter
def file_size(size: int) -> str:
    """A size in decimal units: ``105 kB``."""
    return size_in_words(size)


@register.filter
def fix_title(fix: str) -> str:
    """What a button says of a fix."""
    return title_of(fix)


@register.filter
def quotes(sentence: str) -> SafeString:
    """What a sentence quotes of somebody's text keeps its direction, and nobody translates it."""
    parts = enumerate(_QUOTE.split(sentence))
    quote = '“<bdi translate="no">{}</bdi>”'
    shown = ((format_html(quote, part) if at % 2 else part,) for at, part in parts)
    return format_html_join("", "{}", shown)
