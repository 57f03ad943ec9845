"""Rules for the words of code and documents. CONTRIBUTING.md has them in full."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("playground", "workers", "tools", "benchmarks", "tests")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=str)
# Participles that say neither what a function does nor what it returns.
BARE = re.compile(
    r"_*(done|told|asked|said|written|taken|given|made|kept|held|seen|shown|sent|found|heard|meant"
    r"|opened|closed|saved|posted|started|stopped|finished|wanted|refused|answered|exported)"
)
# A property names a state of its object.
PROPERTIES = {"property", "cached_property"}
# Names that a library calls.
OF_LIBRARIES = {("playground/accounts/views.py", "closed")}
# Phrases that read as translated.
RIDDLES = re.compile(
    r"\b(stands? in|stood in|is told that|are told that|what is there|goes? on with)\b",
    re.IGNORECASE,
)


def functions() -> Iterator[tuple[str, str]]:
    """File and name of every function, except properties."""
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                decorators = {one.id for one in node.decorator_list if isinstance(one, ast.Name)}
                if not decorators & PROPERTIES:
                    yield str(path.relative_to(ROOT)), node.name


def test_no_function_is_named_by_a_bare_participle() -> None:
    found = {(file, name) for file, name in functions() if BARE.fullmatch(name)}

    assert found - OF_LIBRARIES == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_have_no_riddles(document: Path) -> None:
    found = [
        f"{number}: {match[0]}"
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1)
        if (match := RIDDLES.search(line))
    ]

    assert found == []
