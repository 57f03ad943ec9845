"""results.csv has the record's figures, and nothing that a spreadsheet runs."""

import csv
import json
from pathlib import Path

from workers.training.tuning.evaluation.results import COLUMNS, write_results


def write_record(path: Path, *lines: dict[str, object]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_steps_and_evaluations_become_rows(tmp_path: Path) -> None:
    record, table = tmp_path / "record.jsonl", tmp_path / "results.csv"
    write_record(
        record,
        {"n": 1, "kind": "plan", "rows": 540},
        {"n": 2, "kind": "step", "step": 1, "epoch": 0.1, "loss": -0.5, "rate": 1e-05, "left": 3},
        {"n": 3, "kind": "evaluation", "step": 1, "loss": 2.5, "best": True, "accuracy": 0.9},
        {"n": 4, "kind": "sample", "step": 1, "text": "=1+1"},
    )

    write_results(record, table)

    first, second = read_table(table)
    assert tuple(first) == COLUMNS
    assert (first["kind"], first["loss"], first["rate"], first["best"]) == (
        "step",
        "-0.5",
        "1e-05",
        "",
    )
    assert (second["kind"], second["accuracy"], second["best"]) == ("evaluation", "0.9", "yes")


def test_a_text_where_a_number_belongs_is_no_formula(tmp_path: Path) -> None:
    record, table = tmp_path / "record.jsonl", tmp_path / "results.csv"
    write_record(record, {"n": 1, "kind": "step", "step": 1, "loss": "=HYPERLINK(1)"})

    write_results(record, table)

    assert read_table(table)[0]["loss"] == "'=HYPERLINK(1)"


def test_a_line_that_is_half_written_is_left_out(tmp_path: Path) -> None:
    record, table = tmp_path / "record.jsonl", tmp_path / "results.csv"
    write_record(record, {"n": 1, "kind": "step", "step": 1})
    with record.open("a") as more:
        more.write('{"n": 2, "kind": "st')

    write_results(record, table)

    assert len(read_table(table)) == 1
