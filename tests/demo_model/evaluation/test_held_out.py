"""The training text contains nothing that the evaluation asks, and the search would find a leak."""

import dataclasses

import pytest

from tools.demo_model.corpus.documents import Document
from tools.demo_model.corpus.stream import TASKS, held_out_document, training_document
from tools.demo_model.evaluation.held_out import (
    HeldOut,
    Leaks,
    find_leaks,
    held_out_content,
    questions_with_answers,
    schema_names,
)


@pytest.fixture(scope="module")
def training() -> list[Document]:
    return [training_document(1, index) for index in range(4000)]


@pytest.fixture(scope="module")
def held_out() -> HeldOut:
    return held_out_content(60)


def test_training_documents_contain_no_held_out_content(
    training: list[Document], held_out: HeldOut
) -> None:
    found = find_leaks(training, held_out)

    assert found.documents == len(training)
    assert dict(found.counts) == {}, found.examples


@pytest.mark.parametrize("task", TASKS)
def test_a_held_out_document_in_the_training_text_would_be_found(
    task: str, held_out: HeldOut
) -> None:
    leaked = held_out_document(task, 3)

    assert find_leaks([leaked], held_out).counts["question with its answer"] >= 1
    assert find_leaks([leaked], held_out).counts["key"] == 1


def test_a_held_out_question_as_a_worked_example_would_be_found(
    training: list[Document], held_out: HeldOut
) -> None:
    innocent = next(document for document in training if document.task == "translation")
    leaked = held_out_document("translation", 3)
    pair = list(questions_with_answers(leaked))[-2]
    text = f"{pair}\n\n{innocent.text}"
    start = pair.index("\nFrench:") + len("\nFrench:")
    moved = dataclasses.replace(innocent, text=text, answers=((start, len(pair) + 1),))

    assert find_leaks([moved], held_out).counts["question with its answer"] >= 1


def test_a_line_of_a_dataset_would_be_found(training: list[Document]) -> None:
    line = "Note: a parcel came. Topic: parcel"
    held_out = HeldOut(frozenset(), frozenset(), lines=frozenset({line, "a parcel came."}))
    told = [
        dataclasses.replace(training[0], text=f"{text}\n\nmore", answers=())
        for text in (line, "Message: a parcel came.", "a parcel went.")
    ]

    assert find_leaks(told, held_out).counts["line of an example dataset"] == 2


def test_names_of_a_schema_are_its_own() -> None:
    text = "Tables:\nfilms(id, title, maker_id)\nmakers(id, since)\n\nRequest: x\nSQL:"

    assert schema_names(text) == {"films", "title", "makers", "since"}


def test_findings_of_parts_add_up() -> None:
    whole, part = Leaks(documents=2), Leaks(documents=3)
    part.add("key", "k")
    whole.merge(part)

    assert whole.documents == 5
    assert whole.counts["key"] == 1
    assert whole.examples == {"key": "k"}
