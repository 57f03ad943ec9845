"""The held-out part: by label, repeatable, without a row that is trained on too."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.datasets.checks.canonical import CanonicalRow, CanonicalWriter, read_rows
from playground.datasets.checks.fingerprints import normal_form
from playground.datasets.splitting import Split, split_file, split_rows


def rows_of(pairs: list[tuple[str, str]]) -> list[CanonicalRow]:
    return [CanonicalRow(number, number, *pair) for number, pair in enumerate(pairs, start=1)]


def different(count: int) -> list[tuple[str, str]]:
    return [(f"prompt {number} ->", f" answer {number}") for number in range(count)]


@pytest.mark.parametrize(
    ("count", "held_out"), [(2, 1), (9, 1), (10, 1), (11, 1), (100, 10), (20_000, 1_000)]
)
def test_a_tenth_is_held_out_at_least_one_row_and_at_most_a_thousand(
    count: int, held_out: int
) -> None:
    split = split_rows(rows_of(different(count)), seed=1)

    assert (len(split.held_out), split.train, split.reason) == (held_out, count - held_out, "")
    assert f"{held_out:,} row" in split.sentence


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([], "fewer than two"),
        (different(1), "fewer than two"),
        ([("same", " one")] * 50, "alike"),
        ([("same", f" {number}") for number in range(50)], "alike"),
    ],
)
def test_none_is_held_out_with_the_reason(pairs: list[tuple[str, str]], reason: str) -> None:
    split = split_rows(rows_of(pairs), seed=1)

    assert split.held_out == ()
    assert split.train == len(pairs)
    assert reason in split.reason
    assert split.sentence.startswith("No row is held out")


def test_labels_are_held_out_by_their_share() -> None:
    labels = [" a"] * 500 + [" b"] * 300 + [" c"] * 200
    pairs = [(f"prompt {number} ->", label) for number, label in enumerate(labels)]

    split = split_rows(rows_of(pairs), seed=3)

    assert Counter(pairs[number - 1][1] for number in split.held_out) == {
        " a": 50,
        " b": 30,
        " c": 20,
    }


def test_a_label_that_is_there_once_stays_in_training() -> None:
    labels = [" a"] * 60 + [" b"] * 40 + [" rare"]
    pairs = [(f"prompt {number} ->", label) for number, label in enumerate(labels)]

    held_out = [split_rows(rows_of(pairs), seed=seed).held_out for seed in range(20)]

    assert all(101 not in numbers and len(numbers) == 10 for numbers in held_out)


def test_the_seed_alone_decides() -> None:
    rows = rows_of(different(300))

    splits = [split_rows(rows, seed=seed).held_out for seed in (1, 1, 2)]

    assert splits[0] == splits[1] != splits[2]


def test_both_parts_are_written_with_the_numbers_of_the_rows(tmp_path: Path) -> None:
    with CanonicalWriter(tmp_path / "rows") as writer:
        for prompt, completion in different(50):
            writer.write(line=7, prompt=prompt, completion=completion)

    split = split_file(tmp_path / "rows", tmp_path / "train", tmp_path / "held_out", seed=1)

    held_out = list(read_rows(tmp_path / "held_out"))
    train = list(read_rows(tmp_path / "train"))
    assert [row.row for row in held_out] == list(split.held_out)
    assert sorted([*train, *held_out]) == list(read_rows(tmp_path / "rows"))
    assert len(train) == split.train == 45


prompts = st.sampled_from(["", "one", "ONE ", "two", "three", "four", "five", "six"])
completions = st.sampled_from([" a", " b", " c", " long text"])


@given(st.lists(st.tuples(prompts, completions), max_size=60), st.integers(0, 5))
def test_no_row_and_no_prompt_is_in_both_parts(pairs: list[tuple[str, str]], seed: int) -> None:
    split: Split = split_rows(rows_of(pairs), seed=seed)

    held_out = {number - 1 for number in split.held_out}
    keys = [
        normal_form(prompt or completion, digits_count=True) if prompt else f"\n{completion}"
        for prompt, completion in pairs
    ]
    shown = {keys[number] for number in held_out}
    trained = {key for number, key in enumerate(keys) if number not in held_out}
    assert not shown & trained
    assert split.train + len(split.held_out) == len(pairs)
    assert bool(split.held_out) != bool(split.reason)
    assert not split.held_out or split.train > 0
    assert len(split.held_out) <= max(1, round(len(pairs) / 10))
