"""Formats that only the examples show: exact, shown by the examples, held out by content."""

import random
from collections.abc import Callable

import pytest

from tools.demo_model.corpus.documents import Document, Split, is_held_out
from tools.demo_model.corpus.patterns import families, labels, layouts, pages, rewrites
from tools.demo_model.corpus.patterns.frames import Case, Frame, lay_out
from tools.demo_model.corpus.patterns.layouts import Layout
from tools.demo_model.corpus.patterns.rewrites import DATES, LISTS, NAMES

FAMILIES = {
    "labels": labels.document,
    "records": layouts.document,
    "rewrites": rewrites.document,
    "pages": pages.document,
}
Make = Callable[[random.Random, Split], Document]


def some(make: Make, split: Split, count: int = 200) -> list[Document]:
    return [make(random.Random(f"{split}:{index}"), split) for index in range(count)]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("split", Split)
def test_answers_are_one_line_after_a_prompt_without_trailing_space(
    family: str, split: Split
) -> None:
    for document in some(FAMILIES[family], split):
        assert document.task == "patterns"
        assert document.prompt == document.prompt.rstrip()
        assert document.wanted.startswith(" ")
        assert "\n" not in document.wanted
        assert document.wanted.strip()
        assert document.check == ()
        assert document.answers[-1] == (document.question, len(document.text))
        for start, stop in document.answers[:-1]:
            assert document.text[start:stop].endswith("\n")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_document_is_a_function_of_its_seed(family: str) -> None:
    assert some(FAMILIES[family], Split.TRAIN, 40) == some(FAMILIES[family], Split.TRAIN, 40)


def test_every_family_is_in_the_stream() -> None:
    keys = {document.key.split()[0] for document in some(families.document, Split.TRAIN)}

    assert keys == {"labels:", "records:", "rewrites:", "page"}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_held_out_format_is_in_no_training_document(family: str) -> None:
    held_out = {format_of(document) for document in some(FAMILIES[family], Split.HELD_OUT, 300)}
    training = {format_of(document) for document in some(FAMILIES[family], Split.TRAIN, 3000)}

    assert len(held_out) > 40
    assert not held_out & training


def format_of(document: Document) -> str:
    """The labels with their classes, the layout, the change or the convention."""
    key = document.key.partition(" in ")[0] if ": " in document.key else document.key
    if document.key.startswith("page"):
        return document.key.rpartition(" of ")[0].partition(" of ")[0]
    if document.key.startswith("records"):
        return document.key.partition(" to ")[2].rpartition(" in ")[0]
    return key


def test_labels_of_the_question_are_among_the_examples() -> None:
    for document in some(labels.document, Split.HELD_OUT, 300):
        assert document.wanted in document.prompt


def test_a_label_is_learnt_only_after_an_example_has_shown_it() -> None:
    for document in some(labels.document, Split.TRAIN, 300):
        for start, stop in document.answers:
            assert document.text[start:stop].rstrip("\n") in document.text[:start]


def test_arbitrary_labels_of_a_held_out_case_are_held_out_words() -> None:
    words = [
        label
        for document in some(labels.document, Split.HELD_OUT, 300)
        for label in [document.wanted.strip()]
        if label.isalpha() and label.islower() and len(label) > 3
    ]

    assert len(words) > 40
    assert all(map(is_held_out, words))


def test_no_text_of_a_case_gets_two_labels() -> None:
    for document in some(labels.document, Split.TRAIN, 300):
        ends = [start for start, _ in document.answers]

        assert ends == sorted(set(ends))


@pytest.mark.parametrize(
    ("change", "given", "wanted"),
    [
        (NAMES["last, first"], "Anna Miller", "Miller, Anna"),
        (NAMES["initial and last"], "Anna Miller", "A. Miller"),
        (NAMES["initials"], "Anna Miller", "AM"),
        (DATES["{y}-{m:02}-{d:02}"], "3 May 2021", "2021-05-03"),
        (DATES["{m:02}/{d:02}/{y}"], "3 May 2021", "05/03/2021"),
        (DATES["{word} {d}, {y}"], "3 May 2021", "May 3, 2021"),
        (LISTS["reversed"], "cat, dog, owl", "owl, dog, cat"),
        (LISTS["second"], "cat, dog, owl", "dog"),
        (LISTS["and"], "cat, dog, owl", "cat, dog and owl"),
        (LISTS["count"], "cat, dog, owl", "3"),
    ],
)
def test_changes(change: Callable[[str], str], given: str, wanted: str) -> None:
    assert change(given) == wanted


def test_a_record_in_a_layout() -> None:
    facts = {"name": "Anna Miller", "age": "34", "job": "nurse", "city": "Lyon"}
    plain = (("", ""),) * 3
    turned = Layout(("job", "name", "age"), (" - ", " "), (*plain[:2], ("(", ")")))
    keyed = Layout(("job", "age"), (", ",), plain[:2], keys=("j", "a"), colon="=")

    assert turned.fill(facts) == "nurse - Anna Miller (34)"
    assert keyed.fill(facts) == "j=nurse, a=34"


def test_cases_on_a_page() -> None:
    frame = Frame("In: ", "\nOut:", "\n\n")
    cases = [Case("a", "1", known=False), Case("b", "2", known=True), Case("c", "3", known=True)]

    document = lay_out(NoHeading(), frame, cases, key="k")

    assert document.text == "In: a\nOut: 1\n\nIn: b\nOut: 2\n\nIn: c\nOut: 3"
    assert [document.text[start:stop] for start, stop in document.answers] == [" 2\n", " 3"]


class NoHeading(random.Random):
    """Never draws anything that has a small chance."""

    def random(self) -> float:
        return 0.99
