"""Nothing that the evaluation asks stands in the training text, and a leak would be found."""

import dataclasses

import pytest

from tools.demo_model.corpus.documents import Document
from tools.demo_model.corpus.stream import TASKS, held_out_document, training_document
from tools.demo_model.leaks import Found, Kept, kept_by, pairs, schema_names, search


@pytest.fixture(scope="module")
def training() -> list[Document]:
    return [training_document(1, index) for index in range(4000)]


@pytest.fixture(scope="module")
def kept() -> Kept:
    return kept_by(60)


def test_training_documents_hold_nothing_that_is_kept(training: list[Document], kept: Kept) -> None:
    found = search(training, kept)

    assert found.documents == len(training)
    assert dict(found.leaks) == {}, found.examples


@pytest.mark.parametrize("task", TASKS)
def test_a_held_out_document_in_the_training_text_would_be_found(task: str, kept: Kept) -> None:
    leaked = held_out_document(task, 3)

    assert search([leaked], kept).leaks["question with its answer"] >= 1
    assert search([leaked], kept).leaks["key"] == 1


def test_a_held_out_question_as_a_worked_example_would_be_found(
    training: list[Document], kept: Kept
) -> None:
    innocent = next(document for document in training if document.task == "translation")
    leaked = held_out_document("translation", 3)
    pair = list(pairs(leaked))[-2]
    text = f"{pair}\n\n{innocent.text}"
    start = pair.index("\nFrench:") + len("\nFrench:")
    moved = dataclasses.replace(innocent, text=text, answers=((start, len(pair) + 1),))

    assert search([moved], kept).leaks["question with its answer"] >= 1


def test_a_line_of_a_dataset_would_be_found(training: list[Document]) -> None:
    line = "Note: a parcel came. Topic: parcel"
    kept = Kept(frozenset(), frozenset(), lines=frozenset({line, "a parcel came."}))
    told = [
        dataclasses.replace(training[0], text=f"{text}\n\nmore", answers=())
        for text in (line, "Message: a parcel came.", "a parcel went.")
    ]

    assert search(told, kept).leaks["line of an example dataset"] == 2


def test_names_of_a_schema_are_its_own() -> None:
    text = "Tables:\nfilms(id, title, maker_id)\nmakers(id, since)\n\nRequest: x\nSQL:"

    assert schema_names(text) == {"films", "title", "makers", "since"}


def test_findings_of_parts_add_up() -> None:
    whole, part = Found(documents=2), Found(documents=3)
    part.note("key", "k")
    whole.add(part)

    assert whole.documents == 5
    assert whole.leaks["key"] == 1
    assert whole.examples == {"key": "k"}
