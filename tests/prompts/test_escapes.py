"""Stop sequences on one line, written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.prompts.escapes import read_escapes, write_escapes


@given(st.text())
def test_a_written_sequence_is_read_back(text: str) -> None:
    line = write_escapes(text)

    assert "\n" not in line
    assert read_escapes(line) == text


@pytest.mark.parametrize(("line", "text"), [(r"\q", r"\q"), ("\\", "\\"), (r"\\n", r"\n")])
def test_an_unknown_escape_is_literal_text(line: str, text: str) -> None:
    assert read_escapes(line) == text
