"""SQL of the corpus: names kept for the evaluation are unseen, and every query runs."""

import random
import re

import pytest

from tools.demo_model.corpus.documents import Document, Split
from tools.demo_model.corpus.sql import identifiers, requests
from tools.demo_model.corpus.stream import training_document
from tools.demo_model.corpus.words import entries, vocabulary
from tools.demo_model.evaluation.sql_rows import read_schema, same_rows


def unseen(index: int) -> Document:
    return requests.document(random.Random(f"unseen:{index}"), Split.HELD_OUT, unseen_tables=True)


def names_of(document: Document) -> set[str]:
    """Names of a schema that are not ``id`` or a link."""
    tables = read_schema(document.prompt)
    columns = {column for names in tables.values() for column in names}
    return set(tables) | {name for name in columns if name != "id" and not name.endswith("_id")}


def test_unseen_schemas_share_no_name_with_the_training_text() -> None:
    names = {name for index in range(150) for name in names_of(unseen(index))}
    trained = "\n".join(
        requests.document(random.Random(index), Split.TRAIN).text for index in range(4000)
    )
    found = set(re.findall(r"\w+", trained))

    assert len(names) > 200
    assert not {name for name in names if name in found or f" {name.replace('_', ' ')} " in trained}


def test_no_other_task_uses_a_name_of_the_unseen_schemas() -> None:
    kept = {
        word
        for section in ("tables", "text columns", "number columns", "date columns")
        for name in entries("unseen/schemas", section)
        for word in name.split("/")
    }
    used = {name for index in range(600) for name in names_of(unseen(index))} & kept
    told = " ".join(training_document(5, index).text for index in range(2500))

    assert len(used) > 120
    assert not used & set(vocabulary())
    assert not used & set(re.findall(r"\w+", told.lower()))


def test_half_of_the_training_schemas_have_unusual_names() -> None:
    usual = {
        word
        for section in ("tables", "text columns", "number columns", "date columns")
        for pair in entries("sql", section)
        for word in pair.split("/")
    }
    strange = 0
    for index in range(500):
        names = names_of(requests.document(random.Random(index), Split.TRAIN))
        strange += len(names - usual) >= len(names) / 2

    assert 200 < strange < 400


@pytest.mark.parametrize(
    ("one", "many"),
    [("category", "categories"), ("box", "boxes"), ("day", "days"), ("unit price", "unit prices"),
     ("hours", "hours"), ("branch", "branches")],
)  # fmt: skip
def test_plurals(one: str, many: str) -> None:
    assert identifiers.plural(one) == many


def test_every_query_runs_and_agrees_with_itself() -> None:
    for index in range(150):
        for document in (requests.document(random.Random(index), Split.TRAIN), unseen(index)):
            assert same_rows(document.prompt, document.wanted, document.wanted), document.text
