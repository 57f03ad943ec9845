"""The plain text of each template's prompt, and how to read its completion.

Pure functions over plain values: no Django, so that the tool which trains the
demo model writes its corpus in exactly the form the pages ask in.

Every prompt ends without trailing white space: GPT-J's tokens carry their
leading space, so a prompt that ends in one forces a rare continuation.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Pair(NamedTuple):
    """One worked example: what goes in and the completion that answers it."""

    given: str
    wanted: str


class Turn(NamedTuple):
    """One turn of a chat; ``speaker`` is ``"Customer"`` or ``"Agent"``."""

    speaker: str
    text: str


CUSTOMER = "Customer"
AGENT = "Agent"


def chat_prompt(*, setting: str, turns: Sequence[Turn]) -> str:
    """A dialogue that stops where the agent speaks next.

    >>> print(chat_prompt(setting="A shop.", turns=[Turn("Customer", "Hello.")]))
    A shop.
    <BLANKLINE>
    Customer: Hello.
    Agent:
    """
    lines = [f"{turn.speaker}: {one_line(turn.text)}" for turn in turns]
    return f"{setting.strip()}\n\n" + "\n".join([*lines, f"{AGENT}:"])


def qa_prompt(*, knowledge: str, examples: Sequence[Pair], question: str) -> str:
    """A text, answered questions about it, and the question that is open."""
    return "\n\n".join(
        [
            f"Text: {one_line(knowledge)}",
            *(f"Question: {e.given.strip()}\nAnswer: {e.wanted.strip()}" for e in examples),
            f"Question: {one_line(question)}\nAnswer:",
        ]
    )


def translation_prompt(*, examples: Sequence[Pair], sentence: str) -> str:
    """English and French in pairs, the last French side open."""
    return "\n\n".join(
        [
            *(f"English: {e.given.strip()}\nFrench: {e.wanted.strip()}" for e in examples),
            f"English: {one_line(sentence)}\nFrench:",
        ]
    )


def table_row(cells: Sequence[str]) -> str:
    """One line of a table, cells between bars."""
    return "| " + " | ".join(cell.strip() for cell in cells) + " |"


def table_prompt(*, columns: Sequence[str], examples: Sequence[Pair], text: str) -> str:
    """Texts and their tables; the open one ends with the header line.

    An example's ``wanted`` is its rows, a line each (see `table_row`). All
    examples share ``columns``: the structure is asked for by showing it.
    """
    header = table_row(columns)
    return "\n\n".join(
        [
            *(f"Text: {one_line(e.given)}\nTable:\n{header}\n{e.wanted.strip()}" for e in examples),
            f"Text: {one_line(text)}\nTable:\n{header}",
        ]
    )


def sql_prompt(*, schema: str, examples: Sequence[Pair], request: str) -> str:
    """Tables as ``name(column, column)``, a line each, then requests and queries."""
    return "\n\n".join(
        [
            f"Tables:\n{schema.strip()}",
            *(f"Request: {e.given.strip()}\nSQL: {e.wanted.strip()}" for e in examples),
            f"Request: {one_line(request)}\nSQL:",
        ]
    )


def code_prompt(*, examples: Sequence[Pair], code: str) -> str:
    """Python functions, each with what it does in a sentence or two."""
    return "\n\n".join(
        [
            *(f"Python:\n{e.given.strip()}\nExplanation: {e.wanted.strip()}" for e in examples),
            f"Python:\n{code.strip()}\nExplanation:",
        ]
    )


def one_line(text: str) -> str:
    """``text`` with its line breaks as single spaces: a blank line ends a part."""
    return " ".join(text.split())


# What ends a completion: never shown, never part of the text.
STOPS: dict[str, tuple[str, ...]] = {
    "free": (),
    "chat": ("\nCustomer:", "\n\n"),
    "qa": ("\n",),
    "translation": ("\n",),
    "table": ("\n\n",),
    "sql": ("\n",),
    "code": ("\n",),
}
