"""Near misses are pointed out, and their fix gives the probable intention."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.prompts.escapes import read_escapes
from playground.prompts.near_misses import (
    MAX_HINTS,
    Hint,
    end_hints,
    injected_hints,
    stop_hints,
    variable_hints,
)
from playground.prompts.variables import Variable, names_in


def apply_fix(text: str, hint: Hint) -> str:
    """``text`` after the click."""
    assert hint.label
    assert hint.find in text
    return text.replace(hint.find, hint.replace)


# --- Variables --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted", "why"),
    [
        ("To {{user.name}}", "To {{user_name}}", "letters, digits"),
        ("{{first name}}", "{{first_name}}", "letters, digits"),
        ("{{city|upper}}", "{{city}}", "letters, digits"),
        ("{{city:Rome}}", "{{city}}", "letters, digits"),
        ("{{city}", "{{city}}", "ends with two braces"),
        ("\uff5b\uff5bcity\uff5d\uff5d", "{{city}}", "full-width"),
        ("{{" + "a" * 41 + "}}", "{{" + "a" * 40 + "}}", "at most 40"),
        (r"C:\{{user}}", r"C:\\{{user}}", "is sent as {{user}}"),
        ("{{City}} {{city}}", "{{City}} {{City}}", "two variables"),
    ],
)
def test_a_near_miss_is_named_and_fixed(text: str, wanted: str, why: str) -> None:
    (hint,) = variable_hints([text], [])

    assert why in hint.text
    assert apply_fix(text, hint) == wanted
    assert names_in(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "{{city}} and {{ city }}",
        "{{{city}}}",
        "{{}} {{ }}",
        'style={{color: "red", top: 0}}',
        "function f() { return { {a}; } }",
        r"\frac{a}{{b\_c}}",
        "{{a\n}}",
    ],
)
def test_correct_text_and_code_get_no_hint(text: str) -> None:
    assert variable_hints([text], []) == []


def test_a_text_full_of_near_misses_gets_a_few_hints() -> None:
    text = " ".join(f"{{{{a.{n}}}}}" for n in range(500))

    assert len(variable_hints([text], [])) == MAX_HINTS


@given(st.text("{}\uff5b\uff5d\\ a.|é\n", max_size=200))
def test_hints_accept_any_text(text: str) -> None:
    for hint in variable_hints([text], []):
        assert hint.find in text


def test_long_texts_of_braces_are_read_quickly() -> None:
    # Each of these was quadratic with an unbounded pattern.
    for text in ("{{" * 30_000, "{{ " * 20_000, "\\" * 60_000 + "{{", "{{" + "a" * 60_000):
        assert variable_hints([text], []) == []


def test_a_cell_of_no_column_is_pointed_out_in_the_format() -> None:
    variable = Variable(
        name="shots", kind="examples", columns="Input, Output", row_format="{input}: {Result}\n"
    )

    first, second = variable_hints([], [variable])

    assert (first.find, first.replace) == ("{input}", "{Input}")
    assert first.target == second.target == "var.shots.format"
    assert not second.label
    assert variable_hints([], [replace(variable, row_format="{Input}: {Output}")]) == []


# --- The end ----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [" ", "\t", "   ", "\u00a0"])
def test_blanks_at_the_end_are_pointed_out(end: str) -> None:
    (hint,) = end_hints(f"The answer is{end}", target="prompt", label="The prompt")

    assert hint.is_end
    assert (hint.find, hint.replace) == (end, "")


@pytest.mark.parametrize("text", ["The answer is", "A line\n", "Two\n\n", "blanks \n", "", "  "])
def test_other_ends_get_no_hint(text: str) -> None:
    assert end_hints(text, target="prompt", label="The prompt") == []


# --- Stops ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (r'"\n"', ["\n"]),
        ("“User:”", ["User:"]),
        (r"\u000a", ["\n"]),
        (r"\x0a", ["\n"]),
        (r"\r\n", ["\n"]),
        (r"\\n", ["\n"]),
        (r'"\u000a"', ["\n"]),
        ("User:, AI:", ["User:", "AI:"]),
        (r'["\n", "AI:"]', ["\n", "AI:"]),
    ],
)
def test_a_misspelt_stop_is_fixed(line: str, meant: list[str]) -> None:
    (hint,) = stop_hints([line])

    assert hint.find == line
    assert [read_escapes(part) for part in hint.replace.split("\n")] == meant
    # A fixed text needs no other fix.
    assert stop_hints(hint.replace.split("\n")) == []


@pytest.mark.parametrize(
    "line", [r"\n", r"\nUser:", "User:", "```", '"', '""', ",", "a,b", r"\ud800"]
)
def test_a_stop_that_is_plain_gets_no_hint(line: str) -> None:
    assert stop_hints([line]) == []


def test_a_stop_of_one_space_gets_a_hint() -> None:
    (hint,) = stop_hints([" "])

    assert "one space" in hint.text
    assert not hint.label


@given(st.text(max_size=64))
def test_hints_accept_any_stop(line: str) -> None:
    stop_hints([line])


def test_injected_texts_get_the_same_hints_except_for_commas() -> None:
    (hint,) = injected_hints(r'"\n"', target="inject_start")

    assert (hint.target, hint.replace) == ("inject_start", r"\n")
    assert injected_hints("well, then", target="inject_start") == []
