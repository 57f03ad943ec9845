"""What was searched for, marked in a text."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def marked(text: str, words: str) -> SafeString:
    """``text`` with each of the ``words``, and words that begin so, in a ``<mark>``.

    >>> marked("The lake & the laker", "LAKE")
    'The <mark>lake</mark> &amp; the <mark>laker</mark>'
    """
    asked = [re.escape(word) for word in words.split()]
    if not asked:
        return escape(text)
    parts = re.split(rf"(\b(?:{'|'.join(asked)})\w*)", text, flags=re.IGNORECASE)
    # Every part is escaped: all of it is somebody's text. The odd ones are matches.
    drawn = [
        f"<mark>{escape(part)}</mark>" if at % 2 else escape(part) for at, part in enumerate(parts)
    ]
    return mark_safe("".join(drawn))  # noqa: S308
