"""Icons: each is drawn once, in templates/_icons.html, and used by name."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, classes: str = "") -> SafeString:
    """The icon ``name``, hidden from screen readers: the words beside it say the same.

    >>> icon("star", classes="tree-star")
    '<svg class="icon tree-star" aria-hidden="true"><use href="#icon-star"/></svg>'
    """
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="#icon-{}"/></svg>',
        f" {classes}" if classes else "",
        name,
    )
