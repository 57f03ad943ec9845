"""Parts of a page of which there can be tens of thousands: made here, since a template takes long.

Of what stands in them everything is somebody's text, and is escaped.
"""

from collections.abc import Iterable, Sequence

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from playground.library.diffs import Piece as DiffPiece
from playground.prompts.tables import ShownTable
from playground.prompts.variables import Piece as FilledPiece
from playground.sharing.page import segments

register = template.Library()

_TAGS = {"added": "ins", "removed": "del"}
_CLASSES = {"label": "prompt-label", "variable": "shared-variable"}


@register.simple_tag
def prompt_text(text: str, labels: Sequence[str]) -> SafeString:
    """A prompt, its labels faint and its variables tinted."""
    return _joined(
        f'<span class="{_CLASSES[part.kind]}">{escape(part.text)}</span>'
        if part.kind in _CLASSES
        else escape(part.text)
        for part in segments(text, labels)
    )


@register.simple_tag
def filled_text(pieces: Iterable[FilledPiece]) -> SafeString:
    """A finished prompt, the values of variables tinted."""
    return _joined(
        f'<span class="variable-value" title="{escape(piece.name)}"'
        f"{' data-open' if piece.is_open else ''}>{escape(piece.text)}</span>"
        if piece.name
        else escape(piece.text)
        for piece in pieces
    )


@register.simple_tag
def woven_text(pieces: Iterable[DiffPiece]) -> SafeString:
    """Two texts in one, what is in one alone marked."""
    return _joined(
        f"<{_TAGS[piece.kind]}>{escape(piece.text)}</{_TAGS[piece.kind]}>"
        if piece.kind in _TAGS
        else escape(piece.text)
        for piece in pieces
    )


@register.simple_tag
def table_rows(table: ShownTable) -> SafeString:
    """The head and the rows of a table."""
    head = "".join(f'<th scope="col" dir="auto">{escape(name)}</th>' for name in table.columns)
    rows = (f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    return _joined([f"<thead><tr>{head}</tr></thead><tbody>", *rows, "</tbody>"])


def _cell(text: str) -> str:
    return f'<td dir="auto">{escape(text)}</td>'


def _joined(parts: Iterable[str]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308 - escaped above, part by part
