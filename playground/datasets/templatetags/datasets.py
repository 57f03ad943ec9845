"""Counts and sizes on the pages of datasets."""

from django import template

from playground.datasets.changes import fix_title as title_of

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
    """A size in the unit that leaves a number people can read.

    >>> file_size(900), file_size(104745), file_size(100 << 20)
    ('900 bytes', '102 KiB', '100 MiB')
    """
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 1 << shift:
            value = size / (1 << shift)
            return f"{value:.0f} {unit}" if value >= 99.5 else f"{value:.3g} {unit}"
    return counted(size, "byte")


@register.filter
def fix_title(fix: str) -> str:
    """What a button says of a fix."""
    return title_of(fix)
