"""Completions as tables, and tables as CSV without formulas."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.prompts.tables import plain_cell, shown_table, write_csv


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("\n| Ann | 30 |\n| Bob | 41 |", [["Ann", "30"], ["Bob", "41"]]),
        ("| Ann |", [["Ann", ""]]),
        ("| Ann | 30 | Leeds |", [["Ann", "30 | Leeds"]]),
        ("| Ann | 3", [["Ann", "3"]]),
        ("no bars at all", [["no bars at all", ""]]),
        (" \n\n", []),
    ],
)
def test_rows_have_the_requested_width(text: str, rows: list[list[str]]) -> None:
    assert shown_table(["a", "b"], text, width=2).rows == rows


@given(st.text(), st.integers(min_value=1, max_value=6))
def test_any_text_gives_rows_of_one_width(text: str, width: int) -> None:
    assert {len(row) for row in shown_table(["a"] * width, text, width=width).rows} <= {width}


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"])
def test_a_formula_becomes_text(cell: str) -> None:
    assert plain_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Ann", "-3.5", "+44", "a=b", "3-4"])
def test_other_cells_are_left_as_they_are(cell: str) -> None:
    assert plain_cell(cell) == cell


def test_a_csv_file_reads_back() -> None:
    text = "".join(write_csv(["Name", "Said"], '| Ann | Hello, "you" | there |\n| =Bob | -1 |'))

    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["Name", "Said"],
        ["Ann", 'Hello, "you" | there'],
        ["'=Bob", "-1"],
    ]
