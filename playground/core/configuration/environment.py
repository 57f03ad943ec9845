"""Reads settings from the environment and ``.env``: strictly, and kindly where it is safe.

Spaces and quotes around a value go, an empty value is the default, and what cannot be read ends
the start with one sentence that names the setting and says what it takes. Values that look like
addresses are never repeated in a sentence: they may hold a password.
"""

import difflib
import functools
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from playground.core.configuration.dotenv_file import Line, read_dotenv
from playground.core.errors import WrongSetting

# As with wrong options on a command line.
EXIT_WRONG_SETTING = 2
# More than anybody needs, and less than any column or timer takes.
MAX_NUMBER = 2**31 - 1

_QUOTES = (("'", "'"), ('"', '"'), ("\u201c", "\u201d"), ("\u2018", "\u2019"))
_INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060"
_TRUE = frozenset({"true", "1", "yes", "on", "y", "t"})
_FALSE = frozenset({"false", "0", "no", "off", "n", "f"})
# In .env there may also be what other programs read that we start or use.
_OTHERS = (
    *("CUDA_", "CXX", "DJANGO_", "HF_", "HTTP", "HUGGING", "LANG", "LC_", "MKL_", "NO_PROXY"),
    *("NVIDIA_", "OMP_", "PG", "POSTGRES_", "PYTHON", "SSL_", "TORCH", "TZ", "XDG_"),
)
# Names that short are like too many others.
_SHORT = 7
# How alike a misspelt name is, from 0 to 1: in .env, where nearly all names are meant for us, and
# in the environment, which we share.
_ALIKE_IN_FILE = 0.7
_ALIKE = 0.85


P = ParamSpec("P")
T = TypeVar("T")


def _ends_the_start(
    method: "Callable[Concatenate[Environment, P], T]",
) -> "Callable[Concatenate[Environment, P], T]":
    """Says a `WrongSetting` in its one sentence, whatever command is starting, and exits."""

    @functools.wraps(method)
    def exit_on_wrong_setting(self: "Environment", /, *args: P.args, **options: P.kwargs) -> T:
        try:
            return method(self, *args, **options)
        except WrongSetting as error:
            sys.stderr.write(f"{error.message}\n")
            raise SystemExit(EXIT_WRONG_SETTING) from None

    return exit_on_wrong_setting


class Environment:
    """Typed values by name. Each method ends the start when the value cannot be read.

    folder: relative paths begin there.
    """

    def __init__(self, values: Mapping[str, str], *, folder: Path, lines: Mapping[str, Line]):
        self._values = values
        self._folder = folder
        self._lines = lines
        self._known: set[str] = set()

    @classmethod
    def of(cls, folder: Path) -> "Environment":
        """This process's environment, with what ``.env`` in ``folder`` adds to it."""
        return cls(os.environ, folder=folder, lines={})._with_file(folder / ".env")

    @_ends_the_start
    def _with_file(self, path: Path) -> "Environment":
        self._lines = read_dotenv(path)
        for name, line in self._lines.items():
            # Processes that we start, and libraries, read the environment alone.
            os.environ.setdefault(name, line.value)
        return self

    @_ends_the_start
    def text(self, name: str, default: str) -> str:
        return self._read(name) or default

    @_ends_the_start
    def flag(self, name: str, default: bool) -> bool:
        given = self._read(name)
        if not given:
            return default
        if given.lower() in _TRUE | _FALSE:
            return given.lower() in _TRUE
        raise self._wrong(name, "must be true or false", given)

    @_ends_the_start
    def whole(self, name: str, default: int, *, least: int = 0, most: int = MAX_NUMBER) -> int:
        given = self._read(name)
        try:
            value = int(given) if given else default
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            must = f"must be a whole number {_span(least, most)}, such as {default}"
            raise self._wrong(name, must, given)
        return value

    @_ends_the_start
    def number(self, name: str, default: float, *, least: float, most: float = MAX_NUMBER) -> float:
        given = self._read(name)
        try:
            value = float(given) if given else default
        except ValueError:
            value = math.nan
        # Nothing compares with nan.
        if not least <= value <= most:
            must = f"must be a number {_span(least, most)}, such as {default}"
            raise self._wrong(name, must, given)
        return value

    @_ends_the_start
    def choice(self, name: str, default: str, among: Sequence[str]) -> str:
        given = self._read(name)
        for option in among:
            if given.lower() == option.lower():
                return option
        if given:
            raise self._wrong(name, f"must be one of {', '.join(among)}", given)
        return default

    @_ends_the_start
    def names(self, name: str, default: list[str], read: Callable[[str], str]) -> list[str]:
        """A list between commas or spaces, each entry as ``read`` returns it."""
        given = self._read(name).replace(",", " ").replace(";", " ").split()
        try:
            return list(dict.fromkeys(read(_unquote(entry)) for entry in given)) or default
        except ValueError as error:
            raise WrongSetting(f"{self._where(name)} {error}.") from None

    @_ends_the_start
    def path(self, name: str, default: Path, check: Callable[[Path], None]) -> Path:
        """The whole path; a relative one begins in the checkout. ``check`` is as in `parsed`."""
        given = self._read(name)
        try:
            path = (self._folder / Path(given or default).expanduser()).resolve()
            check(path)
        except (OSError, RuntimeError):
            raise self._wrong(name, "must be a path that can be followed", given) from None
        except ValueError as error:
            raise WrongSetting(f"{self._where(name)} {error}.") from None
        return path

    @_ends_the_start
    def parsed(self, name: str, default: str, read: Callable[[str], T]) -> T:
        """The result of ``read`` for the value.

        The text of its `ValueError` follows the setting's name.
        """
        given = self._read(name) or default
        try:
            return read(given)
        except ValueError as error:
            raise WrongSetting(f"{self._where(name)} {error}.") from None

    @_ends_the_start
    def require(self, holds: object, name: str, otherwise: str) -> None:
        """Ends the start with ``<name> <otherwise>.`` unless something holds."""
        if not holds:
            raise WrongSetting(f"{self._where(name)} {otherwise}.")

    def is_set(self, name: str) -> bool:
        """Whether it has a value of the operator's."""
        return bool(_clean(self._values.get(name, "")).strip(",; "))

    def misspelt(self) -> Iterable[str]:
        """A sentence for each name that looks like one of ours, after all of ours were read."""
        for name, line in self._lines.items():
            if name not in self._known and not name.upper().startswith(_OTHERS):
                meant = self._similar_name(name, _ALIKE_IN_FILE)
                hint = f"; {meant} is meant" if meant else ""
                yield f"{name} in line {line.number} of .env is no setting of this site{hint}."
        for name in self._values:
            if name not in self._known and name not in self._lines:
                meant = self._similar_name(name, _ALIKE)
                # A program beside us may have a setting that is called much like ours.
                if meant and len(meant) >= _SHORT and not self.is_set(meant):
                    yield f"{name} in the environment is no setting of this site; {meant} is meant."

    # --- One value ------------------------------------------------------------

    def _raw(self, name: str) -> str:
        self._known.add(name)
        given = self._values.get(name, "")
        try:
            given.encode()
        except UnicodeEncodeError:
            raise WrongSetting(
                f"{self._where(name)} is not UTF-8 text; write it again as UTF-8."
            ) from None
        if any(ord(character) < 32 or ord(character) == 127 for character in given.strip()):
            raise WrongSetting(
                f"{self._where(name)} has a line break or another control character in it; "
                "write it on one line."
            )
        return given

    def _read(self, name: str) -> str:
        return _clean(self._raw(name))

    def _where(self, name: str) -> str:
        """The setting's name, and where it is when that is the file."""
        line = self._lines.get(name)
        here = line is not None and self._values.get(name) == line.value
        return f"{name} (line {line.number} of .env)" if line and here else name

    def _wrong(self, name: str, must: str, given: str) -> WrongSetting:
        # Whatever has an @ or a scheme may be an address with a password.
        shown = given and "@" not in given and "://" not in given
        what = f"; it is \u201c{given[:60]}\u201d" if shown else ""
        return WrongSetting(f"{self._where(name)} {must}{what}.")

    def _similar_name(self, name: str, alike: float) -> str | None:
        bare = {_bare(known): known for known in self._known}
        matches = difflib.get_close_matches(_bare(name), bare, n=1, cutoff=alike)
        return bare[matches[0]] if matches else None


def _clean(text: str) -> str:
    return _unquote(text.strip().strip(_INVISIBLE).strip())


def _unquote(text: str) -> str:
    for opening, closing in _QUOTES:
        inside = text[1:-1]
        # Quotes within are those of a list's entries.
        if len(text) > 1 and text == opening + inside + closing and opening not in inside:
            return inside.strip()
    return text


def _bare(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(".", "").upper()


def _span(least: float, most: float) -> str:
    return f"of {least} or more" if most == MAX_NUMBER else f"from {least} to {most}"
