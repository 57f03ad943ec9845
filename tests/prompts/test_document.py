"""Values that the free page posts besides its text."""

import pytest
from django.http import QueryDict

from playground.core.errors import InvalidInput
from playground.prompts.catalog import TEMPLATES
from playground.prompts.document import posted_document, stored_document
from playground.prompts.form import posted_form
from playground.prompts.state import form_of_state


def data(**values: str) -> QueryDict:
    posted = QueryDict(mutable=True)
    posted.update(values)
    return posted


def test_injected_texts_are_written_with_escapes_and_the_start_is_a_part_of_the_prompt() -> None:
    form = posted_form(
        TEMPLATES["free"],
        data(prompt="You: Hi", inject_start=r"\nAgent:", inject_restart=r"\nYou: "),
    )

    assert form.template.build(form.values) == "You: Hi\nAgent:"
    assert form.values["inject_restart"] == "\nYou: "


def test_a_state_restores_the_document() -> None:
    posted = data(prompt="A lamp", inject_start=" is", behind="The end.", made="[[0, 1], [2, 6]]")
    form = posted_form(TEMPLATES["free"], posted)

    again = form_of_state(form.template, form.state())

    assert again.values == form.values
    assert again.values["made"] == [[0, 1], [2, 6]]


def test_a_plain_document_adds_nothing_to_the_row() -> None:
    assert posted_form(TEMPLATES["free"], data(prompt="A lamp")).to_json() == {}


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "[",
        "{}",
        "[[1]]",
        "[[2, 1]]",
        "[[0, 3], [2, 4]]",
        '[["0", 1]]',
        "[[0, true]]",
        "[" * 9999,
    ],
)
def test_invalid_ranges_are_left_out(raw: str) -> None:
    assert posted_document(data(made=raw)) == {}


def test_a_long_injected_text_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as refused:
        posted_document(data(inject_start="a" * 501))

    assert refused.value.field == "inject_start"


def test_older_rows_have_an_empty_document() -> None:
    assert stored_document({}) == {}
