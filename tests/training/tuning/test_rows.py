"""Rows and their order: nothing is lost, no completion is cut, and the order is the seed's."""

import json
from itertools import chain
from pathlib import Path

import pytest

from tests.training.tuning.jobs import write_rows
from workers.training.tuning.base import Base, load_base
from workers.training.tuning.errors import DatasetUnusable
from workers.training.tuning.inference import encode_row
from workers.training.tuning.order import epoch_batches, micro_batches, steps_of
from workers.training.tuning.rows import read_rows


@pytest.fixture(scope="module")
def base(base_folder: Path) -> Base:
    return load_base(base_folder)


def row(number: int, prompt: str, completion: str) -> dict[str, object]:
    return {"row": number, "line": number, "prompt": prompt, "completion": completion}


def test_rows_are_read_as_they_are_used(base: Base, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows", [row(n, "a" * (n % 3), f" {n}") for n in range(1, 400)])

    rows = read_rows(tmp_path / "rows", base, max_length=64)

    expected = [encode_row(base, "a" * (n % 3), f" {n}") for n in range(1, 400)]
    assert [(list(each.ids), each.begin) for each in rows.encoded] == [
        (each.ids, each.begin) for each in expected
    ]
    assert rows.cut == 0
    assert rows.labels == sum(len(f" {n}") + 1 for n in range(1, 400))
    assert rows.longest_completion == 5


def test_a_long_prompt_loses_its_head_and_the_completion_nothing(
    base: Base, tmp_path: Path
) -> None:
    write_rows(tmp_path / "rows", [row(1, "abcdefgh", "xyz"), row(2, "a", "xyz")])

    rows = read_rows(tmp_path / "rows", base, max_length=7)

    long, short = rows.encoded
    assert base.decode(list(long.ids)) == "fghxyz<|endoftext|>"
    assert base.decode(list(long.ids[long.begin :])) == "xyz<|endoftext|>"
    assert base.decode(list(short.ids)) == "axyz<|endoftext|>"
    assert rows.cut == 1


def test_a_completion_that_does_not_fit_is_named(base: Base, tmp_path: Path) -> None:
    write_rows(tmp_path / "rows", [row(n, "a", "x" * 9) for n in range(1, 9)])

    with pytest.raises(DatasetUnusable, match=r"row 1 \(10 tokens\).*row 5.*and 3 more"):
        read_rows(tmp_path / "rows", base, max_length=8)


@pytest.mark.parametrize(
    "line", ["", "{", "[]", '{"prompt": "a"}', '{"prompt": 1, "completion": ""}']
)
def test_what_is_no_row_is_named_by_its_line(line: str, base: Base, tmp_path: Path) -> None:
    whole = json.dumps(row(1, "a", "b"))
    (tmp_path / "rows").write_text(f"{whole}\n{line}\n", encoding="utf-8")

    with pytest.raises(DatasetUnusable, match="line 2"):
        read_rows(tmp_path / "rows", base, max_length=64)


@pytest.mark.parametrize("rows", [1, 2, 15, 16, 17, 101])
def test_an_epoch_sees_every_row_once_in_steps_of_similar_size(rows: int) -> None:
    lengths = [number * 7 % 50 for number in range(rows)]

    batches = epoch_batches(lengths, batch=16, seed=1, epoch=0)

    assert sorted(chain.from_iterable(batches)) == list(range(rows))
    sizes = [len(batch) for batch in batches]
    assert max(sizes) <= 16
    assert max(sizes) - min(sizes) <= 1
    assert len(batches) == steps_of(rows, 16, 1)


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    lengths = [number % 9 for number in range(100)]

    def order(seed: int, epoch: int) -> list[list[int]]:
        return epoch_batches(lengths, batch=8, seed=seed, epoch=epoch)

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_rows_of_a_step_are_of_similar_length() -> None:
    lengths = [number * 37 % 500 for number in range(400)]

    batches = epoch_batches(lengths, batch=16, seed=1, epoch=0)

    padded = sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)
    assert sum(lengths) > 0.95 * padded


def test_parts_of_a_step_are_as_large_as_they_may_be_and_even() -> None:
    lengths = [100] * 10

    assert micro_batches(range(10), lengths, at_most=4) == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]
    assert micro_batches(range(3), lengths, at_most=8) == [[0, 1, 2]]
    assert micro_batches(range(4), lengths, at_most=4, tokens=299) == [[0, 1], [2, 3]]
    assert micro_batches(range(2), lengths, at_most=4, tokens=99) == [[0], [1]]


@pytest.mark.parametrize(("epochs", "steps"), [(0.01, 1), (1, 7), (1.5, 11), (500, 3500)])
def test_epochs_are_steps(epochs: float, steps: int) -> None:
    assert steps_of(101, 16, epochs) == steps
