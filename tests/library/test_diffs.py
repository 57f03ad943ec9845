"""Differences between two states, by words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.library.diffs import changes_between, word_diff
from playground.prompts.catalog import TEMPLATES
from playground.prompts.form import default_form
from playground.runs.parameters import Parameters
from playground.runs.state import PromptState

FREE = TEMPLATES["free"]


def state(text: str, **values: object) -> PromptState:
    return replace(
        PromptState(fields={}, text=text, parameters=Parameters().to_json()),
        **values,  # type: ignore[arg-type]
    )


def test_a_changed_word_is_a_word_removed_and_one_added() -> None:
    pieces = word_diff("The red fox.", "The blue fox.")

    assert pieces == [
        ("same", "The "),
        ("removed", "red"),
        ("added", "blue"),
        ("same", " fox."),
    ]


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_diff_has_both_complete_texts(before: str, after: str) -> None:
    pieces = word_diff(before, after)

    assert "".join(text for kind, text in pieces if kind != "added") == before
    assert "".join(text for kind, text in pieces if kind != "removed") == after


def test_many_different_words_are_distinguished() -> None:
    before = " ".join(f"w{number}" for number in range(60_000))

    pieces = word_diff(before, before.replace("w55555 ", "x "))

    assert [piece for piece in pieces if piece.kind != "same"] == [
        ("removed", "w55555"),
        ("added", "x"),
    ]


def test_a_long_diff_ends_in_time_and_is_still_right() -> None:
    before = " ".join(str(number * 7919 % 10_007) for number in range(10_000))
    after = " ".join(str(number * 7907 % 10_009) for number in range(10_000))

    pieces = word_diff(before, after, seconds=0.05)

    assert "".join(text for kind, text in pieces if kind != "added") == before


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (state("one two three"), ["1 word added"]),
        (state("one"), ["1 word removed"]),
        (state("one two!"), ["spaces and marks"]),
        (state("one two", model="other"), ["Model tiny (the default) → other"]),
        (
            state("one two", parameters=Parameters(temperature=0.2, stop=("\n",)).to_json()),
            ["Temperature 0.70 → 0.20", "Stop at none → \\n"],
        ),
        (state("one two", variables=[{"name": "who", "kind": "line"}]), ["variable who"]),
        (state("one two"), []),
    ],
)
def test_changes_are_summarised_in_a_few_words(after: PromptState, words: list[str]) -> None:
    changes = changes_between(FREE, state("one two"), after)

    assert changes.summary == words
    assert changes.is_empty == (not words)


def test_a_field_that_the_text_does_not_show_is_named() -> None:
    template = TEMPLATES["translation"]
    before = default_form(template).state()
    fields = {**before.fields, "examples": [*before.fields["examples"], ["half", ""]]}

    changes = changes_between(template, before, replace(before, fields=fields))

    assert changes.fields == ["Examples"]
