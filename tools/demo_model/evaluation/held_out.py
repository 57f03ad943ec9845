"""The content held out for the evaluation, and a search for it in training documents."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.demo_model.corpus.documents import Document
from tools.demo_model.evaluation.scoring import ROWS
from tools.demo_model.evaluation.sql_rows import read_schema
from tools.demo_model.paths import DATASETS


@dataclass(frozen=True)
class HeldOut:
    """What no training document may hold.

    keys: the content by which cases are held out. pairs: questions with their answers.
    names: of tables and columns that only schemas never seen have. lines: of
    the example datasets, a whole example or its message.
    """

    keys: frozenset[str]
    pairs: frozenset[str]
    names: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()


@dataclass
class Leaks:
    """How often held-out content was found, by kind, with one example of each."""

    documents: int = 0
    """How many were looked through."""
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, what: str) -> None:
        self.counts[kind] += 1
        self.examples.setdefault(kind, what)

    def merge(self, other: "Leaks") -> None:
        self.documents += other.documents
        self.counts += other.counts
        self.examples = {**other.examples, **self.examples}


def questions_with_answers(document: Document) -> Iterator[str]:
    """Each question of a document with its answer, alone and with its text.

    Alone is enough if the question is complete (a sentence, a function); "What is her job?" is a
    different question for a different text.
    """
    context = document.text.split("\n\n", 1)[0]
    for start, stop in document.answers:
        question = document.text[:start].rsplit("\n\n", 1)[-1]
        pair = question + document.text[start:stop].rstrip()
        yield pair
        yield f"{context}\n\n{pair}"


def held_out_content(count: int, *, datasets: Path = DATASETS) -> HeldOut:
    """The tasks of an evaluation with ``count`` cases a row, and the datasets' lines."""
    keys: set[str] = set()
    asked: set[str] = set()
    names: set[str] = set()
    for row in ROWS:
        for index in range(count):
            document = row.case(index)
            keys.add(document.key)
            alone, within = list(questions_with_answers(document))[-2:]
            asked.add(within if document.task in ("qa", "chat") else alone)
            if row.name == "SQL, schemas never seen":
                names |= schema_names(document.prompt)
    return HeldOut(frozenset(keys), frozenset(asked), frozenset(names), frozenset(_lines(datasets)))


def schema_names(text: str) -> set[str]:
    """Tables and columns of a text's schema, but for keys and links, which all schemas have."""
    tables = read_schema(text)
    columns = {column for found in tables.values() for column in found}
    return {name for name in {*tables, *columns} if name != "id" and not name.endswith("_id")}


def _lines(datasets: Path) -> Iterator[str]:
    for path in sorted(datasets.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield line
            yield _message(line.rsplit(":", 1)[0].rsplit(" ", 1)[0])


def _message(line: str) -> str:
    """A line without the label that it begins with."""
    return line.split(": ", 1)[-1].strip(" \"'")


def find_leaks(documents: Iterable[Document], held_out: HeldOut) -> Leaks:
    """Look for held-out content in documents."""
    leaks = Leaks()
    for document in documents:
        leaks.documents += 1
        if document.key in held_out.keys:
            leaks.add("key", document.key)
        for pair in questions_with_answers(document):
            if pair in held_out.pairs:
                leaks.add("question with its answer", pair)
        if document.task == "sql":
            for name in schema_names(document.text) & held_out.names:
                leaks.add("name of a schema never seen", name)
        if held_out.lines:
            for line in document.text.splitlines():
                if line in held_out.lines or _message(line) in held_out.lines:
                    leaks.add("line of an example dataset", line)
    return leaks
