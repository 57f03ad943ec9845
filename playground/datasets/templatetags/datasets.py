"""Counts and sizes on the pages of datasets."""

from django import template

from playground.datasets.changes import fix_title as title_of
from playground.datasets.durations import size_in_words

register = template.Library()


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
