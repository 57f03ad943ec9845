"""``{{name}}``: found, replaced literally, checked, and stored with the form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.core.errors import InvalidInput
from playground.prompts.catalog import TEMPLATES
from playground.prompts.fitting import finished_prompt, sent_state
from playground.prompts.form import posted_form
from playground.prompts.state import form_of_state
from playground.prompts.variables import (
    MAX_FILLED_CHARS,
    MAX_ROWS,
    MAX_VARIABLES,
    Variable,
    fill,
    names_in,
    same_name,
    stored_variables,
)
from playground.runs.state import PromptState
from playground.workbench.variable_panel import variable_panel
from tests.prompts.variable_forms import FULL, data, error_of, free, sent_prompt

NAMES = st.from_regex(r"[\w-]{1,30}", fullmatch=True).map(same_name)
# Texts in which braces, backslashes and names are frequent.
TEXTS = st.lists(
    st.sampled_from(["{{", "}}", "{", "}", "\\", " ", "a", "city", "{{city}}", "\n", "é", "𝄞"])
).map("".join)


# --- In a text --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{city}}", ["city"]),
        ("{{ city }} and {{city}}", ["city"]),
        ("{{b}}{{a-1}}{{straße_2}}", ["b", "a-1", "straße_2"]),
        ("{{{city}}}", ["city"]),
        (r"\{{city}}", []),
        ("{{}} {{a b}} {{a.b}} {{a\n}} {city} {{city}", []),
        ("{{   city\t }}", ["city"]),
        # Vowel signs are marks, and Persian joins some letters with a special character.
        ("{{हिन्दी}} {{\u0645\u06cc\u200c\u062e}}", ["हिन्दी", "\u0645\u06cc\u200c\u062e"]),
        # One letter with its mark, in two spellings.
        ("{{caf\u00e9}} {{cafe\u0301}}", ["caf\u00e9"]),
        ("{{" + "a" * 40 + "}}", ["a" * 40]),
        ("{{" + "a" * 41 + "}}", []),
        ("{{<b>}}", []),
    ],
)
def test_names_are_found_in_their_order(text: str, names: list[str]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{city}}", "Rome"),
        (r"\{{city}}", "{{city}}"),
        (r"C:\\{{city}}", r"C:\Rome"),
        (r"\\\{{city}}", r"\{{city}}"),
        (r"\\\\{{city}}", r"\\Rome"),
    ],
)
def test_a_backslash_writes_the_braces_and_two_write_one(text: str, filled: str) -> None:
    assert fill(text, {"city": "Rome"}).text == filled


def test_a_value_reaches_its_name_in_either_spelling() -> None:
    assert fill("{{cafe\u0301}}", {"caf\u00e9": "Rome"}).text == "Rome"


def test_a_long_run_of_backslashes_is_read_once() -> None:
    text = "\\" * 60_000

    assert fill(text, {}).text == text


def test_other_backslashes_stay() -> None:
    text = r"\{{ \frac{1}{2} \n \{"

    assert fill(text, {}).text == text


@given(name=NAMES, value=st.text(), before=TEXTS, after=TEXTS)
def test_a_value_is_inserted_literally(name: str, value: str, before: str, after: str) -> None:
    # Between line breaks, the text around it cannot add braces.
    filled = fill(f"{before}\n{{{{{name}}}}}\n{after}", {name: value}).text

    alone = fill(f"{before}\n", {name: value}).text, fill(f"\n{after}", {name: value}).text
    assert filled == value.join(alone)


@given(text=TEXTS, value=TEXTS)
def test_nothing_of_the_text_is_lost_or_doubled(text: str, value: str) -> None:
    filled = fill(text, {"city": value})

    assert filled.length == len(filled.text)
    for piece in filled.pieces:
        if not piece.name:
            assert text[piece.start :].startswith(piece.text)
    assert "".join(piece.text for piece in filled.since(0)) == filled.text
    if not names_in(text) and "\\" not in text:
        assert filled.text == text


@given(text=TEXTS, value=TEXTS, share=st.floats(0, 1))
def test_a_place_in_the_filled_text_maps_to_one_in_the_text(
    text: str, value: str, share: float
) -> None:
    filled = fill(text, {"city": value})
    place = int(share * filled.length)

    at = filled.source_place(place)

    assert 0 <= at <= len(text)
    assert "".join(piece.text for piece in filled.since(place)) == filled.text[place:]
    inside = next((p for p in filled.since(place)), None)
    if inside and not inside.name:
        assert inside.start == at
        assert text[at:].startswith(inside.text)


def test_a_long_value_used_often_is_not_built_in_full() -> None:
    filled = fill("{{a}}" * 5_000, {"a": "x" * 20_000})

    assert filled.length == 100_000_000
    assert len(filled.text) <= MAX_FILLED_CHARS + 20_000


def test_a_prompt_made_too_long_by_values_shows_its_length() -> None:
    finished = finished_prompt(free("{{a}}" * 1_000, a="x" * 20_000))

    assert "20,000,000 characters" in finished.shortfall


# --- Values and their checks ------------------------------------------------------------------


def test_a_value_has_priority_over_the_default() -> None:
    assert sent_prompt("{{a}} {{b}}", a="1", a_default="0", b_default="2") == "1 2"


def test_an_empty_variable_is_refused_at_its_field() -> None:
    error = error_of("To {{city}}", city="  ")

    assert error.field == "var.city"
    assert error.message == "Variable city is empty. Fill it in, or give it a default."


def test_a_new_variable_without_a_value_is_refused_too() -> None:
    assert error_of("To {{city}}").field == "var.city"


def test_an_unused_variable_is_kept_and_not_checked() -> None:
    form = free("Nothing here", city_kind="choice", city_default="Rome")

    form.check()

    assert [variable.name for variable in form.variables] == ["city"]
    panel = variable_panel(form, finished_prompt(form))
    assert [row.is_used for row in panel.rows] == [False]
    assert not panel.is_needed


def test_a_half_typed_name_leaves_nothing_behind() -> None:
    assert free("To {{city}}", cit="").variables == (Variable(name="city"),)


@pytest.mark.parametrize(
    ("value", "settings", "field"),
    [
        ("3", {}, None),
        ("-0,5", {"min": "-1"}, None),
        ("7.5", {"min": "0", "max": "10", "step": "2.5"}, None),
        ("three", {}, "var.n"),
        ("nan", {}, "var.n"),
        ("1e999999999", {}, "var.n"),
        ("11", {"max": "10"}, "var.n"),
        ("-1", {"min": "0"}, "var.n"),
        ("1.2", {"step": "0.5"}, "var.n"),
        ("1e99", {"step": "0.1"}, "var.n"),
        ("1", {"min": "a"}, "var.n.min"),
        ("1", {"max": "a"}, "var.n.max"),
        ("1", {"step": "0"}, "var.n.step"),
        ("1", {"min": "2", "max": "1"}, "var.n.min"),
    ],
)
def test_a_number_is_checked(value: str, settings: dict[str, str], field: str | None) -> None:
    given_settings = {f"n_{key}": text for key, text in settings.items()}

    if field is None:
        assert sent_prompt("{{n}}", n=value, n_kind="number", **given_settings) == value
    else:
        assert error_of("{{n}}", n=value, n_kind="number", **given_settings).field == field


def test_a_choice_is_one_of_its_options() -> None:
    options = "Paris\r\n Rome \n\nParis"

    assert sent_prompt("{{c}}", c="Rome", c_kind="choice", c_options=options) == "Rome"
    assert sent_prompt("{{c}}", c_default="Paris", c_kind="choice", c_options=options) == "Paris"
    assert error_of("{{c}}", c="Oslo", c_kind="choice", c_options=options).field == "var.c"
    assert error_of("{{c}}", c="Rome", c_kind="choice").field == "var.c.options"
    assert error_of("{{c}}", c_kind="choice", c_options=options).field == "var.c"


def test_a_choice_shows_its_removed_option() -> None:
    form = free("{{c}}", c="Oslo", c_kind="choice", c_options="Rome")

    assert variable_panel(form, finished_prompt(form)).rows[0].stray == "Oslo"


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"variables": [f"v{n}" for n in range(MAX_VARIABLES + 1)]}, "variables"),
        ({"variables": "a b"}, "variables"),
        ({"variables": "a" * 41}, "variables"),
        ({"variables": "a", "var.a": "x" * 20_001}, "var.a"),
        ({"variables": "a", "var.a": "x\0"}, "var.a"),
        ({"variables": "a", "var.a.help": "x" * 501}, "var.a.help"),
        ({"variables": "a", "var.a.cell": ["x"] * 2 * (MAX_ROWS + 1)}, "var.a.cell"),
    ],
)
def test_invalid_settings_are_refused(posted: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        posted_form(TEMPLATES["free"], data({"prompt": "x", **posted}))

    assert caught.value.field == field


def test_too_many_variables_are_refused_at_run() -> None:
    many = "".join(f"{{{{v{n}}}}}" for n in range(MAX_VARIABLES + 1))

    form = free(many, **{f"v{n}": "x" for n in range(MAX_VARIABLES)})

    with pytest.raises(InvalidInput) as caught:
        form.check()
    assert caught.value.field == "variables"
    assert rf"\{{{{v{MAX_VARIABLES}}}}}" in caught.value.message


# --- With the fields --------------------------------------------------------------------------


def test_variables_may_be_in_any_field_and_in_examples() -> None:
    form = posted_form(
        TEMPLATES["translation"],
        data(
            {
                "examples_given": ["Hello {{who}}"],
                "examples_wanted": ["Bonjour {{who}}"],
                "sentence": "Goodbye {{who}} from {{city}}",
                "variables": ["who", "city"],
                "var.who": "Ann",
                "var.city": "{{who}}",
            }
        ),
    )

    form.check()

    finished = finished_prompt(form)
    assert finished.text == (
        "English: Hello Ann\nFrench: Bonjour Ann\n\nEnglish: Goodbye Ann from {{who}}\nFrench:"
    )
    assert "{{who}} from {{city}}" in finished.built
    assert finished.tokens == len(finished.text.encode())


def test_a_hand_edited_prompt_has_its_own_variables() -> None:
    form = posted_form(
        TEMPLATES["qa"],
        data({"detached": "1", "prompt": "{{raw}}", "knowledge": "{{unused}}", "question": "?"}),
    )

    assert form.used_names == ["raw"]
    with pytest.raises(InvalidInput) as caught:
        form.check()
    assert caught.value.field == "var.raw"


def test_a_conversation_is_cut_by_what_its_values_need() -> None:
    form = posted_form(
        TEMPLATES["chat"],
        data(
            {
                "setting": "A shop.",
                "turns_speaker": ["Customer", "Agent"] * 4,
                "turns_text": ["{{long}}", "Yes."] * 4,
                "message": "And now?",
                "variables": "long",
                "var.long": "x" * 600,
            }
        ),
    )

    finished = finished_prompt(form)

    assert finished.dropped > 0
    assert finished.fits
    assert finished.text.startswith("A shop.\n\n")


def test_a_long_text_is_cut_at_a_place_of_the_typed_text() -> None:
    form = free("{{a}}" + "b" * 1_500, a="x" * 2_000)

    finished = finished_prompt(form)

    assert finished.unsent > 0
    assert finished.sent_from == 0
    assert finished.text.endswith("x" + "b" * 1_500)
    assert "".join(piece.text for piece in finished.pieces) == finished.text


# --- Storage ----------------------------------------------------------------------------------


def test_a_run_keeps_the_variables_and_the_open_text() -> None:
    form = posted_form(TEMPLATES["free"], data(FULL))
    finished = finished_prompt(form)
    assert finished.text == "Rome 3 Q: One?\nA: {answer}\n\nQ: Two?\nA: B\n\n"

    row = json.loads(json.dumps(sent_state(form, finished).to_json()))
    again = form_of_state(TEMPLATES["free"], PromptState(**row))

    assert again.values["prompt"] == FULL["prompt"]
    assert again.variables == form.variables
    assert finished_prompt(again).text == finished.text


def test_a_version_keeps_definitions_and_values() -> None:
    form = posted_form(TEMPLATES["free"], data(FULL))

    state = form.state()

    assert state.text == FULL["prompt"]
    assert state.fields == {}
    assert form_of_state(TEMPLATES["free"], state).variables == form.variables
    assert form_of_state(TEMPLATES["free"], state).state() == state


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "x",
        [1, {}, {"name": "a b"}, {"name": 3.5}, []],
        [{"name": "a", "kind": "evil", "value": 3, "options": "no", "rows": [1, "x"]}],
        [{"name": "a"}, {"name": "a", "value": "second"}],
    ],
)
def test_imported_variables_are_checked(raw: Any) -> None:
    assert stored_variables(raw) in ((), (Variable(name="a"),))


@given(
    st.lists(
        st.builds(
            Variable,
            name=NAMES,
            kind=st.sampled_from(["line", "text", "choice", "number", "examples"]),
            value=st.text(),
            default=st.text(),
            options=st.lists(st.text(), max_size=3).map(tuple),
            rows=st.lists(st.lists(st.text(), max_size=12).map(tuple), max_size=3).map(tuple),
        ),
        max_size=4,
        unique_by=lambda variable: variable.name,
    )
)
def test_variables_survive_json(variables: list[Variable]) -> None:
    assert stored_variables([v.to_json() for v in variables]) == tuple(variables)
