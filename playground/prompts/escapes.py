r"""How stop sequences are written on a line of their own: with ``\n`` for a line break."""

_WRITTEN = {"\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_READ = {"n": "\n", "t": "\t", "\\": "\\"}


def write_escapes(text: str) -> str:
    r"""``text`` on one line.

    >>> write_escapes("\nCustomer:") == r"\nCustomer:"
    True
    """
    return "".join(_WRITTEN.get(character, character) for character in text)


def read_escapes(line: str) -> str:
    r"""The reverse. An unknown escape is literal text.

    >>> read_escapes(r"\n\n") == "\n\n"
    True
    """
    result = []
    rest = iter(line)
    for character in rest:
        if character != "\\":
            result.append(character)
            continue
        following = next(rest, "")
        result.append(_READ.get(following, f"\\{following}"))
    return "".join(result)
