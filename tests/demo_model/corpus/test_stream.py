"""The corpus: the same for the same seed, in the pages' formats, split by content."""

import random
from collections import Counter

import pytest

from playground.prompts.formats import AGENT, CUSTOMER, STOPS
from tools.demo_model.corpus import lexicon
from tools.demo_model.corpus.documents import Split, is_held_out
from tools.demo_model.corpus.facts import chat, question_answering, tables
from tools.demo_model.corpus.stream import (
    HARDER_FROM,
    HARDEST_FROM,
    TASKS,
    held_out_document,
    training_document,
)

ENDINGS = {
    "chat": f"\n{AGENT}:",
    "qa": "\nAnswer:",
    "translation": "\nFrench:",
    "sql": "\nSQL:",
    "code": "\nExplanation:",
}


def training(count: int = 1500) -> list:
    return [training_document(1, index) for index in range(count)]


def test_a_document_is_a_function_of_its_seed_and_index() -> None:
    assert training(50) == training(50)
    assert training_document(1, 7) != training_document(2, 7)


def test_every_task_is_in_the_stream() -> None:
    assert {document.task for document in training(300)} == set(TASKS)


def test_hard_tasks_are_more_frequent_later() -> None:
    early, late, latest = (
        Counter(training_document(1, first + index).task for index in range(500))
        for first in (0, HARDER_FROM, HARDEST_FROM)
    )

    assert early["sql"] >= 75
    assert late["sql"] > early["sql"]
    assert early["patterns"] < late["patterns"] < latest["patterns"]
    assert set(late) == set(latest) == {*TASKS, "copy"}


@pytest.mark.parametrize("task", ENDINGS)
def test_prompts_end_as_the_page_ends_them(task: str) -> None:
    for index in range(30):
        document = held_out_document(task, index)

        assert document.prompt.endswith(ENDINGS[task])
        assert document.wanted.startswith(" ")
        assert document.prompt == document.prompt.rstrip()


def test_a_table_prompt_ends_with_its_header_and_rows_have_as_many_cells() -> None:
    for index in range(30):
        document = held_out_document("table", index)
        header = document.prompt.rsplit("\n", 1)[1]

        assert header.startswith("| ")
        for row in document.wanted.strip().split("\n"):
            assert row.count("|") == header.count("|")


def test_no_answer_contains_what_would_stop_it() -> None:
    for document in training():
        for start, stop in document.answers:
            answer = document.text[start:stop]
            body = answer.strip("\n")
            for ending in STOPS.get(document.task, ("\n",)):
                assert ending not in body


def test_marked_spans_are_the_answers() -> None:
    for document in training(300):
        if document.task == "chat":
            for start, _ in document.answers:
                assert document.text[:start].endswith(f"{AGENT}:")
                assert f"{CUSTOMER}:" in document.text[:start]
        if document.task == "sql":
            for start, stop in document.answers:
                assert document.text[start:stop].strip().startswith("SELECT")
                assert document.text[start:stop].strip().endswith(";")


@pytest.mark.parametrize("task", ["translation", "sql", "code"])
def test_held_out_questions_are_in_no_training_document(task: str) -> None:
    held_out = {held_out_document(task, index).key for index in range(40)}

    for document in training(3000):
        if document.task == task:
            assert not any(is_held_out(key) for key in (document.key,))
            if task != "code":
                assert not any(f": {key}\n" in document.text for key in held_out)
            else:
                assert not any(key in document.text for key in held_out)


def test_held_out_names_are_in_no_training_document() -> None:
    names = [
        word
        for word in (*lexicon.SURNAMES, *lexicon.CITIES)
        if is_held_out(word) and f" {word}" not in "".join(lexicon.PRODUCTS)
    ]
    told = " ".join(
        make(random.Random(index), Split.TRAIN).text
        for make in (question_answering.document, tables.document, chat.document)
        for index in range(300)
    )

    assert names
    for name in names:
        assert f" {name} " not in told
