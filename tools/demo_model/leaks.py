"""Whether anything that is kept for the evaluation stands in the training text.

    python -m tools.demo_model.leaks --documents 160000

goes over as many documents of the stream as a run of so many has read, with the
evaluation's own cases and the lines of the example datasets. It ends with 1
where it finds something.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tools.demo_model.corpus.documents import Document
from tools.demo_model.corpus.stream import training_document
from tools.demo_model.evaluation.scoring import ROWS
from tools.demo_model.evaluation.sql_rows import schema_of

DATASETS = Path(__file__).resolve().parents[2] / "examples" / "datasets"
_CHUNK = 2_000


@dataclass(frozen=True)
class Kept:
    """What no training document may hold.

    keys: content by which cases are kept apart. pairs: questions with their answers.
    names: of tables and columns that are kept for schemas never seen. lines: of
    the example datasets, a whole example or its message.
    """

    keys: frozenset[str]
    pairs: frozenset[str]
    names: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()


@dataclass
class Found:
    """What was found, by kind, with one example of each; and how much was read."""

    documents: int = 0
    leaks: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, kind: str, what: str) -> None:
        self.leaks[kind] += 1
        self.examples.setdefault(kind, what)

    def add(self, other: "Found") -> None:
        self.documents += other.documents
        self.leaks += other.leaks
        self.examples = {**other.examples, **self.examples}


def pairs(document: Document) -> Iterator[str]:
    """Each question of a document with its answer, alone and with what it is asked about.

    Alone is enough where the question says all (a sentence, a function); "What is her
    job?" is another question where the text is another.
    """
    context = document.text.split("\n\n", 1)[0]
    for start, stop in document.answers:
        asked = document.text[:start].rsplit("\n\n", 1)[-1] + document.text[start:stop].rstrip()
        yield asked
        yield f"{context}\n\n{asked}"


def kept_by(count: int, *, datasets: Path = DATASETS) -> Kept:
    """What the evaluation with ``count`` cases a row asks, and the datasets' lines."""
    keys: set[str] = set()
    told: set[str] = set()
    names: set[str] = set()
    for row in ROWS:
        for index in range(count):
            document = row.case(index)
            keys.add(document.key)
            alone, within = list(pairs(document))[-2:]
            told.add(within if document.task in ("qa", "chat") else alone)
            if row.name == "SQL, schemas never seen":
                names |= schema_names(document.prompt)
    return Kept(frozenset(keys), frozenset(told), frozenset(names), frozenset(_lines(datasets)))


def schema_names(text: str) -> set[str]:
    """Tables and columns of a text's schema, but for keys and links, which all schemas have."""
    tables = schema_of(text)
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


def search(documents: Iterable[Document], kept: Kept) -> Found:
    """Look for what is kept in documents."""
    found = Found()
    for document in documents:
        found.documents += 1
        if document.key in kept.keys:
            found.note("key", document.key)
        for pair in pairs(document):
            if pair in kept.pairs:
                found.note("question with its answer", pair)
        if document.task == "sql":
            for name in schema_names(document.text) & kept.names:
                found.note("name of a schema never seen", name)
        if kept.lines:
            for line in document.text.splitlines():
                if line in kept.lines or _message(line) in kept.lines:
                    found.note("line of an example dataset", line)
    return found


def _chunk(first: int, *, last: int, seed: int, kept: Kept) -> Found:
    stop = min(first + _CHUNK, last)
    return search((training_document(seed, index) for index in range(first, stop)), kept)


def search_stream(*, seed: int, documents: int, kept: Kept, processes: int) -> Found:
    """Look for what is kept in the first documents of a seed's stream."""
    found = Found()
    look = partial(_chunk, last=documents, seed=seed, kept=kept)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for part in pool.map(look, range(0, documents, _CHUNK)):
            found.add(part)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the training run")
    parser.add_argument("--documents", type=int, default=160_000, help="steps x documents a step")
    parser.add_argument("--count", type=int, default=200, help="cases a row of the evaluation")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    began = time.monotonic()
    kept = kept_by(options.count)
    found = search_stream(
        seed=options.seed, documents=options.documents, kept=kept, processes=options.processes
    )
    print(
        f"{found.documents} training documents against {len(kept.pairs)} held-out questions with "
        f"their answers, {len(kept.keys)} keys, {len(kept.names)} names of schemas and "
        f"{len(kept.lines)} lines of example datasets, {time.monotonic() - began:.0f} s"
    )
    for kind, times in found.leaks.items():
        print(f"LEAK, {kind}: {times} times, as {found.examples[kind]!r}")
    if found.leaks:
        sys.exit(1)
    print("Nothing that is kept stands in the training text.")


if __name__ == "__main__":
    main()
