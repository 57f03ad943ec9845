"""Rows of examples: named, moved, copied, pasted, removed."""

import pytest

from playground.core.errors import InvalidInput
from playground.prompts.catalog import TEMPLATES
from playground.prompts.fitting import finished_prompt
from playground.prompts.form import posted_form
from playground.workbench.row_edits import MAX_PASTED_CHARS, with_row_edits
from playground.workbench.variable_panel import variable_panel
from tests.prompts.variable_forms import data, error_of, free, sent_prompt


def test_columns_get_names_and_a_format_by_default() -> None:
    assert sent_prompt("{{s}}->", s_kind="examples", s_width="2", s_cell=["1", "2"]) == (
        "Input: 1\nOutput: 2\n\n->"
    )


def test_a_removed_column_comes_back_with_its_cells() -> None:
    form = free("{{s}}", s_kind="examples", s_columns="a", s_width="2", s_cell=["1", "2"])

    row = variable_panel(form, finished_prompt(form)).rows[0]

    assert row.width == 2
    assert row.cells == [[("a", "1"), ("", "2")]]


def test_rows_that_are_empty_are_left_out_and_examples_without_any_refused() -> None:
    error = error_of("{{s}}", s_kind="examples", s_width="2", s_cell=["", " "])

    assert error.field == "var.s.cell"


def rows_after(action: dict[str, str]) -> tuple[list[tuple[str, str]], tuple[str, int] | None]:
    form = posted_form(
        TEMPLATES["translation"],
        data({"examples_given": ["a", "b", "c"], "examples_wanted": ["A", "B", "C"]}),
    )
    edited, focus = with_row_edits(form, data(dict(action)))
    return [tuple(pair) for pair in edited.values["examples"]], focus


A, B, C = ("a", "A"), ("b", "B"), ("c", "C")


@pytest.mark.parametrize(
    ("action", "rows", "focus"),
    [
        ({"move": "examples:2:-1"}, [A, C, B], 1),
        ({"move": "examples:0:1"}, [B, A, C], 1),
        ({"move": "examples:0:-1"}, [A, B, C], 0),
        ({"move": "examples:9:1"}, [A, B, C], None),
        ({"move": "examples:1:5"}, [A, B, C], 1),
        ({"copy": "examples:1"}, [A, B, B, C], 2),
        ({"copy": "examples:x"}, [A, B, C], None),
        ({"paste": "examples:2", "pasted": "x\ty\nz"}, [A, B, C, ("x", "y"), ("z", "")], 4),
        ({"paste": "examples:0", "pasted": 'x\t"1\r\n2"\t3'}, [A, ("x", "1\n2\t3"), B, C], 1),
        ({"paste": "examples:0", "pasted": ""}, [A, B, C], 0),
    ],
)
def test_rows_are_moved_copied_and_pasted(
    action: dict[str, str], rows: list[tuple[str, str]], focus: int | None
) -> None:
    assert rows_after(action) == (rows, None if focus is None else ("examples", focus))


@pytest.mark.parametrize("pasted", ["a\tb\n" * 25, "x" * (MAX_PASTED_CHARS + 1)])
def test_a_paste_beyond_the_limit_is_refused(pasted: str) -> None:
    with pytest.raises(InvalidInput):
        rows_after({"paste": "examples:0", "pasted": pasted})


def test_a_variables_rows_are_edited_the_same_way() -> None:
    form = free("{{s}}", s_kind="examples", s_width="2", s_cell=["", ""])

    edited, focus = with_row_edits(form, data({"paste": "var.s:0", "pasted": "1\t2\n3\t4"}))

    assert edited.variables[0].rows == (("1", "2"), ("3", "4"))
    assert focus == ("var.s", 1)
    edited, _ = with_row_edits(edited, data({"remove": "var.s:0"}))
    assert edited.variables[0].rows == (("3", "4"),)


def test_a_variable_is_removed() -> None:
    edited, _ = with_row_edits(free("No more", city="Rome"), data({"remove": "variables:city"}))

    assert edited.variables == ()
