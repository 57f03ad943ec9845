"""Read the word lists: text files of sections, beside this module in ``words/``."""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "words"


@cache
def _sections(file: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    name = ""
    for line in (_FOLDER / f"{file}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
            sections[name] = []
        elif line and not line.startswith("#"):
            sections[name].append(line)
    return sections


def lines(file: str, section: str) -> tuple[str, ...]:
    """The lines of a section."""
    return tuple(_sections(file)[section])


def entries(file: str, section: str) -> tuple[str, ...]:
    """The entries of a section that are set apart by commas."""
    return tuple(entry.strip() for entry in " ".join(_sections(file)[section]).split(","))


@cache
def vocabulary() -> tuple[str, ...]:
    """Every plain word of four letters and more in any list, lower case, each once."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.txt")))
    found = re.findall(r"[a-z]{4,}", " ".join(texts).lower())
    return tuple(dict.fromkeys(found))


def section_names(file: str, group: str) -> tuple[str, ...]:
    """Names of the sections ``group: name``, in the order of the file."""
    start = f"{group}: "
    return tuple(name.removeprefix(start) for name in _sections(file) if name.startswith(start))
