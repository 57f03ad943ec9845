"""Which column fills what, and what is said where a column or a value is missing."""

from dataclasses import replace

import pytest

from playground.batches.columns import match_columns, row_prompts, slots_of
from playground.batches.table import Table, read_table
from playground.core.errors import InvalidInput, PromptTooLong
from playground.prompts.catalog import TEMPLATES
from playground.prompts.form import PromptForm, default_form
from playground.prompts.variables import Variable


def free_form(text: str, *defined: Variable) -> PromptForm:
    form = default_form(TEMPLATES["free"])
    form = replace(form, values={**form.values, "prompt": text}, defined=defined)
    return replace(form, parameters=replace(form.parameters, max_tokens=4))


def prompts(form: PromptForm, text: str) -> list[str]:
    return [row.finished.text for row in row_prompts(form, read_table(text))]


def test_columns_are_matched_by_name_in_any_case_and_order() -> None:
    form = free_form("{{city}} of {{Name}}")

    assert prompts(form, "name,{{City}}\nAnn,Rome\nBen,Oslo") == ["Rome of Ann", "Oslo of Ben"]


def test_a_variable_without_a_column_keeps_its_value_and_an_empty_cell_takes_the_default() -> None:
    form = free_form(
        "{{city}} of {{name}}",
        Variable(name="city", value="Bonn", default="Kiel"),
        Variable(name="name", value="Ann"),
    )

    assert prompts(form, "city\nRome") == ["Rome of Ann"]
    assert prompts(form, "city,name\n,Ben") == ["Kiel of Ben"]


def test_columns_fill_the_fields_of_a_template_by_their_labels() -> None:
    form = default_form(TEMPLATES["qa"])
    labels = [slot.header for slot in slots_of(form)]
    assert "Question" in labels

    first, second = prompts(form, "question\nWho is it?\nWhere is it?")

    assert "Who is it?" in first and "Where is it?" in second


def test_a_raw_prompt_has_only_its_variables() -> None:
    form = replace(default_form(TEMPLATES["qa"]), detached="Say {{word}}")

    assert [slot.header for slot in slots_of(form)] == ["word"]


@pytest.mark.parametrize(
    ("text", "table", "message"),
    [
        ("{{city}}", "town\nRome", "nothing called “town”. Rename the column to one of these"),
        ("{{city}}", "city,City\nRome,Oslo", "Two columns are called “city”"),
        ("{{city}} {{name}}", "city\nRome", "The table has no column “name”"),
        ("{{city}} {{name}}", "city,name\nRome,Ann\nOslo,", "Row 2: Variable name is empty."),
        ("No variable", "city\nRome", "This prompt has no variables."),
    ],
)
def test_an_error_names_the_column_or_the_row(text: str, table: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        row_prompts(free_form(text), read_table(table))

    assert message in refused.value.message


def test_a_row_that_does_not_fit_the_model_is_named() -> None:
    form = default_form(TEMPLATES["qa"])

    with pytest.raises(PromptTooLong, match="Row 2: "):
        row_prompts(form, read_table("question\nWho?\n" + "why " * 4000))


def test_all_rows_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.batches.columns.MAX_CHARACTERS", 9)

    with pytest.raises(InvalidInput, match="more than 9 characters together"):
        row_prompts(free_form("{{a}}"), Table(("a",), (("12345",), ("67890",))))


def test_examples_cannot_be_filled_by_a_cell() -> None:
    form = free_form("{{shots}}{{city}}", Variable(name="shots", kind="examples"))

    assert [slot.name for slot in slots_of(form)] == ["city"]
    with pytest.raises(InvalidInput, match="nothing called “shots”"):
        match_columns(form, ("shots",))
