"""What pages of any app say of templates, and how they draw prompts.

Of the parts that are drawn here there can be tens of thousands, and a template takes long for
them. All text in them is somebody's, and is escaped.
"""

from collections.abc import Iterable, Sequence

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from playground.prompts.catalog import TEMPLATES, Template
from playground.prompts.escapes import write_escapes
from playground.prompts.segments import segments
from playground.prompts.tables import ShownTable
from playground.prompts.variables import Piece

register = template.Library()

_CLASSES = {"label": "prompt-label", "variable": "shared-variable"}


@register.simple_tag
def all_templates() -> Iterable[Template]:
    """Every template, in the order of the catalogue."""
    return TEMPLATES.values()


@register.filter
def template_name(slug: str) -> str:
    """A template's name, by the slug in rows."""
    return TEMPLATES[slug].name if slug in TEMPLATES else slug


@register.filter
def escaped(text: str) -> str:
    r"""``text`` on one line, a line break written ``\n``."""
    return write_escapes(text)


@register.simple_tag
def prompt_text(text: str, labels: Sequence[str]) -> SafeString:
    """A prompt, its labels faint and its variables tinted."""
    return _join(
        f'<span class="{_CLASSES[part.kind]}">{escape(part.text)}</span>'
        if part.kind in _CLASSES
        else escape(part.text)
        for part in segments(text, labels)
    )


@register.simple_tag
def filled_text(pieces: Iterable[Piece]) -> SafeString:
    """A finished prompt, the values of variables tinted."""
    return _join(
        f'<span class="variable-value" title="{escape(piece.name)}"'
        f"{' data-open' if piece.is_open else ''}>{escape(piece.text)}</span>"
        if piece.name
        else escape(piece.text)
        for piece in pieces
    )


@register.simple_tag
def table_rows(table: ShownTable) -> SafeString:
    """The head and the rows of a table."""
    head = "".join(f'<th scope="col" dir="auto">{escape(name)}</th>' for name in table.columns)
    rows = (f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    return _join([f"<thead><tr>{head}</tr></thead><tbody>", *rows, "</tbody>"])


def _cell(text: str) -> str:
    return f'<td dir="auto">{escape(text)}</td>'


def _join(parts: Iterable[str]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308 - escaped above, part by part
