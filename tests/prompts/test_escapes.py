"""Stop sequences on one line, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.prompts.escapes import read_escapes, write_escapes


@given(st.text())
def test_what_is_written_is_read_again(text: str) -> None:
    line = write_escapes(text)

    assert "\n" not in line
    assert read_escapes(line) == text


@pytest.mark.parametrize(("line", "text"), [(r"\q", r"\q"), ("\\", "\\"), (r"\\n", r"\n")])
def test_an_escape_that_means_nothing_stands_for_itself(line: str, text: str) -> None:
    assert read_escapes(line) == text
