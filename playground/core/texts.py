r"""One representation of every text: ``\n`` is the line break, and there is no NUL.

HTML, form fields and editors turn ``\r\n`` and ``\r`` into ``\n``, HTML drops NUL, PostgreSQL
refuses NUL and halves of a character (docs/decisions/0040-text.md). So

- of a model's text the engine makes `plain_text` before anybody sees it (workers/engine/text.py
  has the same rule; a test holds the two equal). Here it serves what was written before the rule;
- what people send gets plain line breaks, and `fault_of` says why it cannot be kept;
- what programs say of a failure is made `storable`, whatever is in it, and for people who are not
  the operator it is a `public_reason`.
"""

import re
from collections.abc import Iterable
from typing import Any

# Of a reason that is stored: as long as anybody reads, and far below what an import takes.
MAX_REASON = 2_000
# The folders of an absolute path; what follows a word, a dot or a colon is none.
_FOLDERS = re.compile(r"(?<![\w.:/~-])/(?:[^\s/'\":,;()]+/)+(?=[^\s/'\":,;()])")


def plain_breaks(text: str) -> str:
    r"""``text`` with ``\n`` for every line break.

    >>> plain_breaks("a\r\nb\rc")
    'a\nb\nc'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def plain_text(text: str) -> str:
    r"""``text`` as the engine gives it: plain line breaks, U+FFFD for NUL.

    >>> plain_text("a\r\nb\0")
    'a\nb\ufffd'
    """
    return plain_breaks(text).replace("\0", "\ufffd")


def plain_pieces(pieces: Iterable[str]) -> list[str]:
    r"""The same of a text in pieces, which may share a ``\r\n``.

    >>> plain_pieces(["a\r", "\n", "\n"])
    ['a\n', '', '\n']
    """
    plain: list[str] = []
    after_return = False
    for piece in pieces:
        rest = piece[1:] if after_return and piece.startswith("\n") else piece
        if piece:
            after_return = piece.endswith("\r")
        plain.append(plain_text(rest))
    return plain


def fault_of(text: str) -> str:
    r"""What no database or page can hold of ``text``, in words; "" for nothing.

    >>> fault_of("a\0"), fault_of("\ud83e"), fault_of("🦊")
    ('a NUL character (U+0000)', 'half of a character (U+D83E)', '')
    """
    if "\0" in text:
        return "a NUL character (U+0000)"
    if text.isascii():
        return ""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"half of a character (U+{ord(text[error.start]):04X})"
    return ""


def storable_json(value: Any) -> Any:
    r"""``value`` with every text in it `storable`: what is JSON in the database.

    >>> storable_json({"a": ["b\0", 1]})
    {'a': ['b\ufffd', 1]}
    """
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(one) for one in value]
    return value


def storable(text: str, limit: int = MAX_REASON) -> str:
    r"""``text`` so that any database and any page can hold it.

    >>> storable("a\0b\ud83e")
    'a\ufffdb?'
    """
    whole = plain_text(text).encode(errors="replace").decode()
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def without_folders(text: str) -> str:
    """``text`` with the last part of each absolute path alone: where files are is the operator's.

    >>> without_folders("/srv/models/demo/config.json is missing, see https://a.example/b/c.")
    'config.json is missing, see https://a.example/b/c.'
    """
    return _FOLDERS.sub("", text)


def public_reason(text: str) -> str:
    r"""What a process said of a failure, for a page.

    >>> public_reason("[Errno 2] No such file: '/srv/x/rows.jsonl'\0")
    "[Errno 2] No such file: 'rows.jsonl'\ufffd"
    """
    return storable(without_folders(text))
