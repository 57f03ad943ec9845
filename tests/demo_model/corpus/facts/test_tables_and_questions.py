"""Tables and questions: the answer is in the text, in many forms and from many kinds."""

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest

from tools.demo_model.corpus import lexicon
from tools.demo_model.corpus.documents import Document, Split
from tools.demo_model.corpus.facts import question_answering, records, tables
from tools.demo_model.corpus.facts.topics import TOPICS
from tools.demo_model.corpus.words import lines

Make = Callable[[random.Random, Split], Document]


def documents(make: Make, split: Split, count: int = 400) -> list[Document]:
    return [make(random.Random(f"{split}:{index}"), split) for index in range(count)]


def last_text(document: Document) -> str:
    return document.prompt.rsplit("Text: ", 1)[1].split("\nTable:")[0]


@pytest.mark.parametrize("split", list(Split))
def test_every_cell_is_in_the_text(split: Split) -> None:
    for document in documents(tables.document, split):
        text = last_text(document).lower()
        for row in document.wanted.strip().split("\n"):
            for cell in row.strip("| ").split(" | "):
                assert cell == records.MISSING or cell.lower() in text, document.text


def test_texts_hold_one_to_five_records() -> None:
    rows = Counter(
        d.wanted.strip().count("\n") + 1 for d in documents(tables.document, Split.TRAIN)
    )

    assert set(rows) == {1, 2, 3, 4, 5}


def test_some_cells_are_missing() -> None:
    made = documents(tables.document, Split.TRAIN)
    missing = sum(f"| {records.MISSING} |" in document.wanted for document in made)

    assert 0.02 * len(made) < missing < 0.2 * len(made)


@pytest.mark.parametrize("kind", records.KINDS)
def test_the_sentences_of_a_kind_state_its_fields(kind: str) -> None:
    fields = set(records.headers(kind))

    assert set(records.KINDS[kind](random.Random(1), Split.TRAIN)) == fields
    for group, whole in (("sentences", True), ("partial", False)):
        for sentence in lines("records", f"{group}: {kind}"):
            named = records.fields_of(sentence)
            assert named <= fields
            if whole and kind != "journeys":
                assert named == fields
            if not whole:
                assert named < fields


def test_names_come_in_many_shapes() -> None:
    rng = random.Random(4)
    names = " / ".join(lexicon.full_name(rng, Split.TRAIN) for _ in range(400))
    cities = [lexicon.city(rng, Split.TRAIN) for _ in range(400)]
    amounts = {lexicon.amount(rng) for _ in range(400)}

    assert re.search(r"O'[A-Z]", names)
    assert re.search(r"[a-z]-[A-Z]", names)
    assert any(" " in city for city in cities)
    assert any("-" in city for city in cities)
    assert any(re.fullmatch(r"\d+,\d{3}", amount) for amount in amounts)
    assert any(re.fullmatch(r"\d+\.\d\d", amount) for amount in amounts)


def text_of(document: Document) -> str:
    return document.prompt.split("\n")[0].removeprefix("Text: ")


@pytest.mark.parametrize("split", list(Split))
def test_short_answers_are_in_the_text(split: Split) -> None:
    for document in documents(question_answering.document, split):
        answers = [document.text[start:stop].strip() for start, stop in document.answers]
        told = [answer for answer in answers if answer != question_answering.NOT_SAID]
        if told and not any(answer.endswith(".") for answer in told):
            for answer in told:
                value = re.sub(r"^(In|On|At|To|Its|Near|From|The|Room) ", "", answer)
                assert value.lower() in text_of(document).lower(), document.text


def test_the_examples_show_the_style_of_the_answers() -> None:
    for document in documents(question_answering.document, Split.TRAIN):
        answers = [document.text[start:stop].strip() for start, stop in document.answers]
        told = [answer for answer in answers if answer != question_answering.NOT_SAID]
        assert len({answer.endswith(".") for answer in told}) <= 1
        if len(answers) == 1:
            assert answers[0].endswith(".")
        elif answers[-1] != question_answering.NOT_SAID:
            assert answers[0] != question_answering.NOT_SAID


def test_a_few_questions_are_not_answered_by_the_text() -> None:
    made = documents(question_answering.document, Split.TRAIN, 1500)
    share = sum(document.wanted.strip() == question_answering.NOT_SAID for document in made) / len(
        made
    )

    assert 0.02 < share < 0.08


def test_there_are_many_topics_and_kinds() -> None:
    assert len(TOPICS) + 4 >= 12
    assert len(records.KINDS) + 1 >= 15


def test_held_out_texts_have_names_that_are_never_in_training() -> None:
    known = {
        word
        for make in (tables.document, question_answering.document)
        for document in documents(make, Split.TRAIN, 1500)
        for word in re.findall(r"[A-Z]\w+", document.text)
    }
    for make, text in ((tables.document, last_text), (question_answering.document, text_of)):
        new = sum(
            any(word not in known for word in re.findall(r"[A-Z]\w+", text(document)))
            for document in documents(make, Split.HELD_OUT, 200)
        )
        assert new > 180
