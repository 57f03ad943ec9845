"""Markup without its layout."""

import re


def flat(markup: str) -> str:
    r"""Each run of white space as one space, and none beside the signs of tags.

    >>> flat('<a class="x"\
       href="/">\
      Some  text\
    </a> / more')
    '<a class="x" href="/">Some text</a>/ more'
    """
    return re.sub(r" ?([<>]) ?", r"\1", re.sub(r"\s+", " ", markup))
