"""The demo model's tasks on content that it never saw, and what counts as right.

This module only decides. The answers come from the served engine (`benchmarks/demo.py`) or from
transformers (`tools/demo_model/evaluate.py`).
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.prompts.formats import STOPS
from tools.demo_model.corpus.documents import Document, Split
from tools.demo_model.corpus.sql import requests
from tools.demo_model.corpus.stream import held_out_document
from tools.demo_model.evaluation.sql_rows import same_rows

# An answer of the free page ends where the next example would begin; a format that only
# examples show has answers of one line.
ANSWER_STOPS = {**STOPS, "free": ("\n\n",), "patterns": ("\n",)}
MAX_TOKENS = 192


@dataclass(frozen=True)
class Row:
    """One figure of the evaluation.

    name: as in tables. says: what exactly counts as right, in a sentence.
    case: the document with an index; its last answer is the task.
    target: the promised share; None without a promise.
    counts_cells: whether right parts are counted within a case, not whole cases.
    """

    name: str
    says: str
    case: Callable[[int], Document]
    target: float | None = None
    counts_cells: bool = False

    def score(self, document: Document, given: str) -> tuple[int, int]:
        """Right things of an answer, and all of them."""
        if self.counts_cells:
            return cells(document.wanted.strip(), given)
        return int(is_right(document, given)), 1


def is_right(document: Document, given: str) -> bool:
    """Whether an answer is right by its task's rule."""
    wanted = document.wanted.strip()
    if document.task == "sql":
        return same_rows(document.prompt, wanted, given)
    if document.check:
        return all(words in given for words in document.check)
    return given == wanted


def cells(wanted: str, given: str) -> tuple[int, int]:
    """Right cells and all cells of a table, row by row."""
    right = total = 0
    answer = given.split("\n")
    for index, row in enumerate(wanted.split("\n")):
        shown = answer[index].split("|") if index < len(answer) else []
        for place, cell in enumerate(row.split("|")[1:-1], start=1):
            total += 1
            right += place < len(shown) and shown[place].strip() == cell.strip()
    return right, total


def interval(right: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, right / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low, high = (middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total)
    # Rounding may leave the borders by a hair.
    return max(0.0, low), min(1.0, high)


def cut_at_stop(text: str, stops: Sequence[str]) -> str:
    """``text`` up to the first stop string that follows something visible."""
    text = text.lstrip("\n ")
    for stop in stops:
        text = text.split(stop)[0]
    return text.strip()


def _held_out_case(task: str) -> Callable[[int], Document]:
    return lambda index: held_out_document(task, index)


def _unseen_sql(index: int) -> Document:
    return requests.document(
        random.Random(f"held-out:sql-unseen:{index}"), Split.HELD_OUT, unseen_tables=True
    )


ROWS = (
    Row(
        "SQL, right rows",
        "The query runs on SQLite and gives the rows of the right query, over tables filled so "
        "that conditions bite; the order counts where it was asked for. The request was never "
        "seen; tables and columns are named as in training.",
        _held_out_case("sql"),
        0.95,
    ),
    Row(
        "SQL, schemas never seen",
        "The same, where names of tables and columns were never in the training text.",
        _unseen_sql,
        0.80,
    ),
    Row(
        "translation, exact",
        "The French sentence is the right one to the letter, accents and punctuation included.",
        _held_out_case("translation"),
        0.90,
    ),
    Row(
        "table, cells",
        "A cell holds exactly what it must, in its row and column; the text's names were never "
        "seen. All cells that should be there count.",
        _held_out_case("table"),
        0.90,
        counts_cells=True,
    ),
    Row(
        "table, every cell right",
        "The whole table is right to the letter.",
        _held_out_case("table"),
    ),
    Row(
        "question answering, exact",
        "The answer is the right one to the letter; the text was never seen.",
        _held_out_case("qa"),
        0.85,
    ),
    Row(
        "code explanation",
        "The explanation names the right operation on the right arguments: it is the right one "
        "to the letter. The function was never seen.",
        _held_out_case("code"),
        0.80,
    ),
    Row(
        "chat, on the topic",
        "The reply holds the facts, from the setting and the conversation, that a right reply to "
        "this message must hold.",
        _held_out_case("chat"),
        0.80,
    ),
    Row(
        "a format that only examples show",
        "The answer is the right one to the letter, in a format with labels or a layout that "
        "training never had.",
        _held_out_case("patterns"),
        0.80,
    ),
    Row(
        "free page",
        "Labels are exact; a description names the product and all its features.",
        _held_out_case("free"),
    ),
)


def select_rows(only: str) -> list[Row]:
    """The rows whose name begins so; all of them for an empty text."""
    return [row for row in ROWS if row.name.lower().startswith(only.lower())]


@dataclass(frozen=True)
class Figure:
    """The result of a row. wrong: documents with the wrong answers."""

    row: Row
    right: int
    total: int
    wrong: tuple[tuple[Document, str], ...]

    @property
    def share(self) -> float:
        return self.right / self.total

    @property
    def interval(self) -> tuple[float, float]:
        return interval(self.right, self.total)


def score_answers(row: Row, documents: Sequence[Document], answers: Sequence[str]) -> Figure:
    """Judge the answers of a row."""
    right = total = 0
    wrong = []
    for document, given in zip(documents, answers, strict=True):
        good, things = row.score(document, given)
        right, total = right + good, total + things
        if good < things:
            wrong.append((document, given))
    return Figure(row, right, total, tuple(wrong))


def describe_mistake(document: Document, given: str) -> str:
    """A wrong answer for people:

    the last part of its prompt, the right answer and the given one.
    """
    last = document.prompt.strip().split("\n\n")[-1]
    return f"  {last}\n    wanted: {document.wanted.strip()}\n    given:  {given}"
