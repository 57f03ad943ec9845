"""Markup without what is only its layout."""

import re


def flat(markup: str) -> str:
    """White space as one space each, and none beside the signs of tags.

    >>> flat('<a class="x"\\n   href="/">\\n  Some  text\\n</a> / more')
    '<a class="x" href="/">Some text</a>/ more'
    """
    return re.sub(r" ?([<>]) ?", r"\1", re.sub(r"\s+", " ", markup))
