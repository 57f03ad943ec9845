"""The record: numbered without a gap, whole lines only, and it goes back to a checkpoint."""

import json
from pathlib import Path

import pytest

from workers.training.tuning.record import Record


def numbers(path: Path) -> list[int]:
    return [json.loads(line)["n"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_lines_are_numbered_over_attempts(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    for _ in range(2):
        record = Record(path)
        record.append("step", loss=1.0)
        record.log("info", "hello", "Größe")
        record.close()

    assert numbers(path) == [1, 2, 3, 4]
    assert Record(path).last == {
        "n": 4,
        "kind": "log",
        "level": "info",
        "code": "hello",
        "text": "Größe",
    }


def test_it_goes_back_to_what_a_checkpoint_knew(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    record = Record(path)
    record.append("step", step=1)
    offset, n = record.offset, record.n
    record.append("step", step=2)

    record.go_back(offset=offset, n=n)
    record.append("step", step=3)

    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [1, 3]
    assert numbers(path) == [1, 2]


def test_half_a_line_is_none(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    path.write_text('{"n": 1, "kind": "step"}\n{"n": 2, "ki', encoding="utf-8")

    Record(path).append("step")

    assert numbers(path) == [1, 2]


def test_no_number_that_is_none_gets_in(tmp_path: Path) -> None:
    record = Record(tmp_path / "record.jsonl")

    with pytest.raises(ValueError, match="JSON"):
        record.append("step", loss=float("nan"))

    assert numbers(tmp_path / "record.jsonl") == []
