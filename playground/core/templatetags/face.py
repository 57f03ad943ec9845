"""Template tags of the pages."""

from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from playground.core.serving.static_files import built_files

register = template.Library()


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built file; its name there carries a hash of its content.

    That of "app.css" may be "/static/app-K3VQ7WHE.css".
    """
    return static(built_files().get(name, name))


@register.simple_tag(takes_context=True)
def inline_script(context: template.Context, name: str) -> str:
    """A small built script within the page: what must run before the first paint waits for no file.

    The policy lets it run by the nonce of the answer. Empty before the first build.
    """
    built = built_files().get(name)
    if built is None:
        return ""
    code = _text(Path(settings.STATICFILES_DIRS[0]) / built)
    nonce = getattr(context.get("request"), "csp_nonce", "")
    return format_html('<script nonce="{}">{}</script>', nonce, mark_safe(code))  # noqa: S308 - ours


@register.filter
def compact(number: int | None) -> str:
    """A count in two digits and a letter: ``6,853,120`` is ``6.9 M``."""
    if number is None:
        return ""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{_two_digits(number / size)} {letter}"
    return str(number)


def _two_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


@register.filter
def in_words(number: int | None) -> str:
    """The same with a word: ``6.9 million``."""
    text = compact(number)
    return text.replace(" B", " billion").replace(" M", " million").replace(" k", " thousand")


@lru_cache(maxsize=4)
def _text(file: Path) -> str:
    """A built file's text; its name is another when its content is."""
    return file.read_text(encoding="utf-8")
