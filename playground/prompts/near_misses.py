"""Near misses: texts that mean something else than they seem to.

Each near miss becomes a `Hint`, shown where it was typed. A hint refuses nothing: the text is sent
unchanged unless the person takes the fix. No Django here.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import regex

from playground.prompts.escapes import read_escapes, write_escapes
from playground.prompts.variables import (
    CELL,
    LETTER,
    MAX_NAME_CHARS,
    VARIABLE,
    Variable,
    names_in,
    same_name,
)

# Of one kind on a page; more say nothing new.
MAX_HINTS = 3

_OPEN, _CLOSE = "[{\uff5b]", "[}\uff5d]"
# Braces around what may have been meant as a name. Quotes, commas and the like are code.
_INNER = rf"[^\S\n]*(?:{LETTER}|[.:|=$@/ \t]){{0,80}}?"
_BRACES = regex.compile(rf"(?<![\\{{\uff5b])({_OPEN}{{2}})({_INNER})({_CLOSE}{{1,2}})(?!{_CLOSE})")
_LITERAL = regex.compile(rf"(?<!\\)(?:\\\\)*\\{VARIABLE}")
_NO_LETTERS = regex.compile(rf"(?:(?!{LETTER}).)+")
# Whatever ends a template language's name: a filter, a default.
_SUFFIX = regex.compile(r"[|:=]")

# Straight ones, backticks, and the typographic pairs.
_QUOTES = dict(zip("\"'`\u201c\u201e\u2018\u00ab", "\"'`\u201d\u201c\u2019\u00bb", strict=True))
_ESCAPE = regex.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(r(?:\\n|\n)?|[nt]))")


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A near miss, in words for the person.

    find: the text that it is about. label, replace: of the fix, and what it puts there instead;
        without a fix ``label`` is "". target: the name of the one input that the fix changes, or
        "" for all that hold the text. is_end: whether only the end of a text is meant.
    """

    text: str
    label: str = ""
    find: str = ""
    replace: str = ""
    target: str = ""
    is_end: bool = False


# --- Variables --------------------------------------------------------------------------------


def variable_hints(texts: Sequence[str], variables: Sequence[Variable]) -> list[Hint]:
    """About ``{{name}}``s of ``texts`` that are none, or others than they look like."""
    return [
        *_first(_near_braces(texts)),
        *_first(_escaped_braces(texts)),
        *_first(_twins(names_in(*texts))),
        *_first(_unknown_cells(variables)),
    ]


def _first(hints: Iterable[Hint]) -> list[Hint]:
    """`MAX_HINTS` of them, each once."""
    found = dict.fromkeys(hints)
    return list(found)[:MAX_HINTS]


def _near_braces(texts: Sequence[str]) -> Iterator[Hint]:
    for text in texts:
        for match in _BRACES.finditer(text):
            if names_in(match[0]):
                continue
            written, inner = match[0], match[2].strip()
            name = name_like(inner)
            why = _why_no_name(match, inner)
            if not why:
                continue
            yield Hint(
                text=f"{written} is sent as it is: {why}.",
                label=f"Write {{{{{name}}}}}" if name else "",
                find=written,
                replace=f"{{{{{name}}}}}",
            )


def _why_no_name(match: regex.Match[str], inner: str) -> str:
    if not inner:
        # Nothing was named, so nothing was missed.
        return ""
    if "\uff5b" in match[1] or "\uff5d" in match[3]:
        return "a variable goes between {{ and }}, not between full-width braces"
    if len(match[3]) == 1:
        # Two open and one close is code more often than not, unless nothing but a name is between.
        return "a variable ends with two braces" if name_like(inner) == inner else ""
    if len(inner) > MAX_NAME_CHARS and name_like(inner) == inner[:MAX_NAME_CHARS]:
        return f"a variable's name has at most {MAX_NAME_CHARS} characters"
    return "a variable's name has letters, digits, _ and - only"


def name_like(inner: str) -> str:
    """A name near ``inner``, or "" where nothing of it can be one.

    >>> name_like("user.name"), name_like("first name"), name_like("city|upper"), name_like("..")
    ('user_name', 'first_name', 'city', '')
    """
    base = _SUFFIX.split(inner, maxsplit=1)[0].strip()
    return same_name(_NO_LETTERS.sub("_", base).strip("_")[:MAX_NAME_CHARS])


def _escaped_braces(texts: Sequence[str]) -> Iterator[Hint]:
    for text in texts:
        for match in _LITERAL.finditer(text):
            sent = match[0].replace("\\", "", (len(match[0]) - len(match[0].lstrip("\\")) + 1) // 2)
            yield Hint(
                text=f"{match[0]} is sent as {sent}: a backslash makes the braces plain text.",
                label="Send the backslash and the value",
                find=match[0],
                replace=f"\\{match[0]}",
            )


def _twins(names: Sequence[str]) -> Iterator[Hint]:
    spellings: Mapping[str, list[str]] = defaultdict(list)
    for name in names:
        spellings[name.casefold()].append(name)
    for first, *others in spellings.values():
        for other in others:
            yield Hint(
                text=f"{first} and {other} are two variables: capitals count.",
                label=f"Write {{{{{first}}}}} for both",
                find=f"{{{{{other}}}}}",
                replace=f"{{{{{first}}}}}",
            )


def _unknown_cells(variables: Sequence[Variable]) -> Iterator[Hint]:
    for variable in variables:
        if variable.kind != "examples":
            continue
        names = variable.column_names
        for match in CELL.finditer(variable.row_format):
            if match[1] in names:
                continue
            near = {name.casefold(): name for name in names}.get(match[1].strip().casefold(), "")
            yield Hint(
                text=f"{match[0]} in the rows of {variable.name} stays text: its columns are "
                f"{', '.join(names)}.",
                label=f"Write {{{near}}}" if near else "",
                find=match[0],
                replace=f"{{{near}}}",
                target=f"{variable.input_name}.format",
            )


# --- The end of a prompt ----------------------------------------------------------------------

_BLANKS = regex.compile(r"[ \t\u00a0\u3000]+\Z")


def end_hints(text: str, *, target: str, label: str) -> list[Hint]:
    """About blanks at the end of a prompt. ``target`` is the input that holds them.

    A token of GPT-J's begins with its space. After a prompt that ends with one, what would have
    been the likeliest token cannot come.
    """
    found = _BLANKS.search(text)
    if not found or not text.strip():
        return []
    what = "a space" if found[0] == " " else "a tab" if found[0] == "\t" else "blanks"
    return [
        Hint(
            text=f"{label} ends with {what}. The model goes on better without: its words bring "
            "their own space.",
            label="Remove it" if len(found[0]) == 1 else "Remove them",
            find=found[0],
            target=target,
            is_end=True,
        )
    ]


# --- Stop sequences and other texts written with escapes -----------------------------------------


def stop_hints(lines: Sequence[str]) -> list[Hint]:
    """About stop sequences as they were written, one a line."""
    hints = (_written_hint(line, can_split=True) for line in lines)
    return [hint for hint in hints if hint]


def injected_hints(written: str, *, target: str) -> list[Hint]:
    """About a text that is put in by itself, as it was written."""
    hint = _written_hint(written, can_split=False)
    return [replace(hint, target=target)] if hint else []


def _written_hint(written: str, *, can_split: bool) -> Hint | None:
    meant = read_escapes(written)
    if not meant.strip():
        return _blank_hint(meant) if can_split else None
    parts = _parts(meant) if can_split else []
    if parts:
        return Hint(
            text=f"{written} is one stop sequence, commas included.",
            label=f"Make it {len(parts)}",
            find=written,
            replace="\n".join(map(write_escapes, parts)),
        )
    if _is_quoted(meant):
        return _fix(written, "The quotation marks are part of {}.", meant[1:-1])
    plain = _ESCAPE.sub(_read_escape, meant)
    if plain != meant:
        return _fix(
            written, "{} is taken letter by letter: only \\n, \\t and \\\\ are read.", plain
        )
    return None


def _is_quoted(meant: str) -> bool:
    """Whether a text has quotation marks around it, and no others: ``` is a fence."""
    return (
        len(meant) > 2
        and _QUOTES.get(meant[0]) == meant[-1]
        and meant[1] != meant[0]
        and meant[-2] != meant[-1]
    )


def _fix(written: str, text: str, meant: str) -> Hint:
    # There may be an escape within the quotation marks.
    wanted = write_escapes(_ESCAPE.sub(_read_escape, meant))
    return Hint(text=text.format(written), label=f"Write {wanted}", find=written, replace=wanted)


def _blank_hint(meant: str) -> Hint | None:
    if meant.strip(" ") or not meant:
        return None
    what = "one space" if len(meant) == 1 else f"{len(meant)} spaces"
    where = "at the first space" if len(meant) == 1 else "where they are together"
    return Hint(text=f"A stop sequence of {what}: the completion ends {where}.")


def _parts(meant: str) -> list[str]:
    """Several stop sequences in one: a list of JSON, or parted by a comma and a space."""
    if meant.startswith("["):
        try:
            listed = json.loads(meant, strict=False)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and listed and all(isinstance(x, str) and x for x in listed):
            return listed
    parts = [part.strip() for part in meant.split(", ")]
    return parts if len(parts) > 1 and all(parts) else []


def _read_escape(match: regex.Match[str]) -> str:
    code = match[1] or match[2]
    if not code:
        return "\t" if match[3] == "t" else "\n"
    character = chr(int(code, 16))
    # Half of a character, or one that no text has, stays as it was written.
    return character if character != "\0" and not 0xD800 <= ord(character) <= 0xDFFF else match[0]
