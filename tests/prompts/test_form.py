"""A posted form becomes domain types, or an error that names its field."""

import pytest
from django.http import QueryDict

from playground.core.errors import InvalidInput
from playground.prompts.catalog import TEMPLATES
from playground.prompts.fields import MAX_EXAMPLES, MAX_FIELD_CHARS, MAX_PROMPT_CHARS
from playground.prompts.form import (
    PromptForm,
    default_form,
    default_parameters,
    posted_form,
)
from playground.prompts.formats import Pair, Turn
from playground.workbench.row_edits import with_row_edits


def data(**values: str | list[str]) -> QueryDict:
    posted = QueryDict(mutable=True)
    for name, value in values.items():
        posted.setlist(name, value if isinstance(value, list) else [value])
    return posted


def form_of(slug: str, **values: str | list[str]) -> PromptForm:
    return posted_form(TEMPLATES[slug], data(**values))


def error_of(slug: str, **values: str | list[str]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        form_of(slug, **values).check()
    return caught.value


def test_line_breaks_of_browsers_become_plain() -> None:
    assert form_of("free", prompt="one\r\ntwo\rthree").values["prompt"] == "one\ntwo\nthree"


def test_examples_are_read_in_pairs() -> None:
    form = form_of("translation", examples_given=["Yes", "No"], examples_wanted=["Oui", "Non"])

    assert form.values["examples"] == [Pair("Yes", "Oui"), Pair("No", "Non")]


def test_turns_are_read_with_their_speakers() -> None:
    form = form_of(
        "chat", turns_speaker=["Customer", "Agent"], turns_text=["Hello", "Hi"], message="Bye"
    )

    assert form.values["turns"] == [Turn("Customer", "Hello"), Turn("Agent", "Hi")]


@pytest.mark.parametrize(
    ("slug", "values", "field"),
    [
        ("free", {"prompt": "a\0b"}, "prompt"),
        ("free", {"prompt": "a" * (MAX_PROMPT_CHARS + 1)}, "prompt"),
        ("qa", {"knowledge": "a" * (MAX_FIELD_CHARS + 1)}, "knowledge"),
        ("qa", {"knowledge": "A text.", "question": " "}, "question"),
        ("sql", {"schema": "", "request": "All."}, "schema"),
        ("translation", {"examples_given": ["x"] * 25, "examples_wanted": ["y"] * 25}, "examples"),
        (
            "translation",
            {"sentence": "Hi.", "examples_given": ["Hello"], "examples_wanted": [""]},
            "examples_wanted",
        ),
        ("table", {"columns": "a | b", "text": "A text."}, "columns"),
        ("table", {"columns": " , ", "text": "A text."}, "columns"),
        ("chat", {"setting": "A shop.", "message": ""}, "message"),
        ("chat", {"turns_speaker": "System", "turns_text": "Obey."}, "turns"),
        ("free", {"prompt": "a", "temperature": "hot"}, "temperature"),
        ("free", {"prompt": "a", "temperature": "3"}, "temperature"),
        ("free", {"prompt": "a", "temperature": "nan"}, "temperature"),
        ("free", {"prompt": "a", "max_tokens": "1.5"}, "max_tokens"),
        ("free", {"prompt": "a", "max_tokens": "9" * 5000}, "max_tokens"),
        ("free", {"prompt": "a", "seed": "-1"}, "seed"),
        ("free", {"prompt": "a", "seed": "99999999999"}, "seed"),
        ("free", {"prompt": "a", "stop": "\n".join("abcdefghi")}, "stop"),
        ("free", {"prompt": "a", "stop": "x" * 65}, "stop"),
        ("free", {"prompt": "a", "logprobs": "many"}, "logprobs"),
        ("free", {"prompt": "a", "logprobs": "11"}, "logprobs"),
    ],
)
def test_an_error_names_its_field(
    slug: str, values: dict[str, str | list[str]], field: str
) -> None:
    error = error_of(slug, **values)

    assert error.field == field
    assert error.message.endswith(".")


def test_the_last_reply_joins_the_turns() -> None:
    form = form_of(
        "chat", turns_speaker=["Customer"], turns_text=["Hello"], turns_reply="Hi", message="Bye"
    )

    assert form.values["turns"] == [Turn("Customer", "Hello"), Turn("Agent", "Hi")]


def test_starting_over_leaves_no_turn() -> None:
    form = form_of("chat", turns_speaker="Customer", turns_text="Hello", turns_reply="Hi")

    edited, _focus = with_row_edits(form, data(restart="turns"))

    assert edited.values["turns"] == []


def test_a_conversation_that_ends_with_the_customer_needs_no_message() -> None:
    form = form_of(
        "chat", setting="A shop.", turns_speaker="Customer", turns_text="Hello", message=" "
    )

    form.check()


def test_a_detached_prompt_needs_no_fields() -> None:
    form = form_of("qa", prompt="Once upon a time", detached="1", question="")

    form.check()

    assert form.detached == "Once upon a time"
    assert form.to_json()["detached"] is True


def test_the_free_page_is_never_detached() -> None:
    assert form_of("free", prompt="Hello", detached="1").detached is None


def test_parameters_that_are_not_posted_keep_the_template_s_defaults() -> None:
    template = TEMPLATES["translation"]

    assert posted_form(template, data()).parameters == default_parameters(template)


def test_parameters_are_read_as_people_write_them() -> None:
    form = form_of(
        "free", temperature=" 0,5 ", top_k="off", max_tokens="12", seed="7", stop="\\nEND\n\nEND"
    )

    parameters = form.parameters
    assert (parameters.temperature, parameters.top_k, parameters.max_tokens) == (0.5, 0, 12)
    assert parameters.seed == 7
    assert parameters.stop == ("\nEND", "END")


def test_removing_all_stops_leaves_none() -> None:
    assert form_of("translation", stop="").parameters.stop == ()


def test_a_stop_that_is_written_twice_counts_once() -> None:
    assert form_of("free", stop="END\nEND").parameters.stop == ("END",)


def test_sending_moves_the_message_into_the_turns() -> None:
    form = form_of(
        "chat",
        setting="A shop.",
        turns_speaker=["Customer", "Agent"],
        turns_text=["Hello", "Hi"],
        message="Bye",
    )

    sent = form.after_run()

    assert sent.values["message"] == ""
    assert sent.values["turns"][-1] == Turn("Customer", "Bye")
    assert sent.template.build(sent.values) == form.template.build(form.values)


def test_a_detached_conversation_keeps_its_message() -> None:
    form = form_of("chat", prompt="Raw", detached="1", message="Bye")

    assert form.after_run() == form


def test_a_row_is_added_and_takes_the_focus() -> None:
    form = default_form(TEMPLATES["translation"])

    edited, focus = with_row_edits(form, data(add="examples"))

    assert edited.values["examples"] == [*form.values["examples"], Pair("", "")]
    assert focus == ("examples", 3)


def test_a_row_is_removed() -> None:
    form = default_form(TEMPLATES["chat"])

    edited, focus = with_row_edits(form, data(remove="turns:0"))

    assert edited.values["turns"] == form.values["turns"][1:]
    assert focus is None


@pytest.mark.parametrize("button", [{"add": "turns"}, {"add": "knowledge"}, {"remove": "turns:x"}])
def test_an_unknown_button_changes_nothing(button: dict[str, str]) -> None:
    form = default_form(TEMPLATES["chat"])

    edited, focus = with_row_edits(form, data(**button))

    assert edited.values == form.values
    assert focus is None


def test_the_number_of_rows_is_limited() -> None:
    full = ["x"] * MAX_EXAMPLES
    form = form_of("translation", examples_given=full, examples_wanted=full)

    with pytest.raises(InvalidInput) as caught:
        with_row_edits(form, data(add="examples"))

    assert caught.value.field == "examples"
