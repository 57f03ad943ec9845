"""The example datasets have the form that fine-tuning needs, and are made again byte for byte."""

import random
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from tools.demo_model.corpus.stream import training_document
from tools.demo_model.evaluation.held_out import find_leaks, held_out_content
from tools.demo_model.training.tokenizer import load_tokenizer
from tools.example_datasets.datasets import (
    DATASETS,
    LIKENESS,
    SENTIMENTS,
    SEPARATOR,
    TOPICS,
    likeness,
    tokens,
)
from tools.example_datasets.fresh import MARKERS, fresh_rows, highest_overlap
from tools.example_datasets.grammar import Speaker, end_sentence

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "datasets"
LABELS = {"support-topics.txt": TOPICS, "review-sentiment.txt": SENTIMENTS}


def lines_of(name: str) -> list[str]:
    return (FOLDER / name).read_text(encoding="utf-8").splitlines()


def halves(name: str) -> list[tuple[str, str]]:
    """Prompt and completion of each example."""
    marker = MARKERS[name]
    return [
        (prompt + marker, completion.removesuffix(SEPARATOR))
        for prompt, completion in (line.split(marker) for line in lines_of(name))
    ]


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_is_made_again_to_the_byte(name: str) -> None:
    made = "".join(f"{line}\n" for line in DATASETS[name]())

    assert (FOLDER / name).read_bytes() == made.encode()


@pytest.mark.parametrize("name", DATASETS)
def test_an_example_is_a_line_of_prompt_completion_and_separator(name: str) -> None:
    lines = lines_of(name)

    assert 300 <= len(lines) <= 1000
    for line in lines:
        assert line.endswith(SEPARATOR)
        assert line.count(SEPARATOR) == 1
        assert line.count(MARKERS[name]) == 1
    for prompt, completion in halves(name):
        assert prompt == prompt.strip()
        assert completion.startswith(" ")
        assert completion.strip()
        assert "{" not in prompt + completion


@pytest.mark.parametrize("name", DATASETS)
def test_no_two_examples_are_similar(name: str) -> None:
    prompts = [prompt for prompt, _ in halves(name)]
    bags = [tokens(line.removesuffix(SEPARATOR)) for line in lines_of(name)]

    assert len(set(prompts)) == len(prompts)
    # The form's own words are in all examples.
    assert max(likeness(one, other) for one, other in combinations(bags, 2)) < LIKENESS + 0.1


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_balanced_but_not_equal(name: str) -> None:
    counts = Counter(completion.strip() for _, completion in halves(name))

    assert counts == LABELS[name]
    assert max(counts.values()) < 1.3 * min(counts.values())
    assert len(set(counts.values())) > 1


@pytest.mark.parametrize("name", DATASETS)
def test_examples_are_short(name: str) -> None:
    tokenizer = load_tokenizer(ROOT / "models" / "demo" / "tokenizer.json")

    lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(lines_of(name))]

    assert max(lengths) < 200


def test_no_line_is_in_the_training_text() -> None:
    held_out = held_out_content(0)

    found = find_leaks((training_document(1, index) for index in range(3000)), held_out)

    assert len(held_out.lines) > 3000
    assert not found.counts["line of an example dataset"], found.examples


def test_the_readme_lists_every_dataset_with_its_size() -> None:
    told = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")

    for name in DATASETS:
        (row,) = re.findall(rf"^\| `datasets/{name}` \|.*$", told, re.MULTILINE)
        assert f"| {len(lines_of(name))} |" in row
        assert f"| {round((FOLDER / name).stat().st_size / 1000)} kB |" in row


def test_a_repeated_slot_has_one_value_and_articles_fit() -> None:
    speaker = Speaker(random.Random(1), {"thing": ["apple"], "two": ["a {thing}, the {thing:cap}"]})

    assert speaker.one("two") == "an apple, the Apple"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("It broke", "It broke."),
        ("When will it come", "When will it come?"),
        ("How long is it? I need it", "How long is it? I need it."),
        ("Great!", "Great!"),
    ],
)
def test_every_sentence_has_an_end(text: str, sentence: str) -> None:
    assert end_sentence(text) == sentence


@pytest.mark.parametrize("name", DATASETS)
def test_fresh_rows_are_of_the_same_kind_and_like_no_row_of_the_dataset(name: str) -> None:
    rows = fresh_rows(name, 24, seed=1)

    known = {prompt for prompt, _ in halves(name)}
    assert len({prompt for prompt, _ in rows}) == 24
    assert not known & {prompt for prompt, _ in rows}
    assert 0.2 < highest_overlap(name, rows) < LIKENESS
    assert all(prompt.endswith(MARKERS[name]) and answer[0] == " " for prompt, answer in rows)
    if name in LABELS:
        assert {answer.strip() for _, answer in rows} == set(LABELS[name])
    assert fresh_rows(name, 24, seed=2) != rows == fresh_rows(name, 24, seed=1)
