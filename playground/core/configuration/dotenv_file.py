"""The file ``.env``: lines ``NAME=value``, read strictly."""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from playground.core.errors import WrongSetting


@dataclass(frozen=True, slots=True)
class Line:
    """One setting of the file."""

    number: int
    value: str


def read_dotenv(path: Path) -> dict[str, Line]:
    """The file's settings by name; empty when there is no file.

    Raises `WrongSetting` for a line that is not ``NAME=value`` and for a repeated name.
    """
    lines: dict[str, Line] = {}
    for binding in parse_stream(StringIO(_text(path))):
        number = _line_number(binding)
        if binding.error or (binding.key and binding.value is None):
            raise WrongSetting(
                f"Line {number} of {path} is not NAME=value; correct it, or put a # before it."
            )
        if not binding.key or binding.value is None:
            continue
        if binding.key in lines:
            raise WrongSetting(
                f"{binding.key} is twice in {path}, in lines {lines[binding.key].number} "
                f"and {number}; keep one of them."
            )
        lines[binding.key] = Line(number, binding.value)
    return lines


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise WrongSetting(
            f"{path} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8."
        ) from error
    except OSError as error:
        raise WrongSetting(
            f"{path} cannot be read: {error.strerror}; make it a readable file, or remove it."
        ) from error
    if "\0" in text:
        raise WrongSetting(f"{path} is not UTF-8 text (it has zero bytes); save it as UTF-8.")
    return text


def _line_number(binding: Binding) -> int:
    """Of the line itself; the parser counts from the blank lines before it."""
    original = binding.original.string
    blank = original[: len(original) - len(original.lstrip())]
    return binding.original.line + blank.count("\n")
