"""The default examples of the seven templates give the prompts that the formats promise."""

import json

import pytest

from playground.prompts.catalog import TEMPLATES, Template, open_turns
from playground.prompts.form import default_form, default_parameters
from playground.prompts.formats import STOPS, Pair, Turn
from playground.prompts.state import form_of_state
from playground.runs.state import PromptState

ALL = pytest.mark.parametrize("template", TEMPLATES.values(), ids=list(TEMPLATES))


def prompt_of(slug: str, **values: object) -> str:
    template = TEMPLATES[slug]
    return template.build({**template.example, **values})


def test_the_templates_have_this_order() -> None:
    assert list(TEMPLATES) == ["free", "chat", "qa", "translation", "table", "sql", "code"]


@ALL
def test_a_default_prompt_ends_without_white_space(template: Template) -> None:
    prompt = template.build(template.example)

    assert prompt
    assert prompt == prompt.rstrip()


@ALL
def test_a_default_example_is_ready_to_run(template: Template) -> None:
    form = default_form(template)

    form.check()


@ALL
def test_parameters_begin_with_the_template_s_stops(template: Template) -> None:
    stops = (*STOPS[template.slug], *template.example_stop)
    assert default_parameters(template).stop == stops


@ALL
def test_a_form_survives_the_row_s_json(template: Template) -> None:
    form = default_form(template, model="tiny")

    again = form_of_state(template, PromptState(**json.loads(json.dumps(form.state().to_json()))))

    assert again == form


@ALL
def test_a_row_with_invalid_fields_still_gives_a_form(template: Template) -> None:
    fields = {field.name: 7 for field in template.fields}

    form = form_of_state(template, PromptState(fields=fields, text="Hello", parameters={}))

    assert isinstance(template.build(form.values), str)


def test_translation_leaves_the_last_french_side_open() -> None:
    prompt = prompt_of(
        "translation", examples=[Pair("Hello.", "Bonjour.")], sentence="Good\nnight."
    )

    assert prompt == "English: Hello.\nFrench: Bonjour.\n\nEnglish: Good night.\nFrench:"


def test_an_example_with_an_empty_side_is_not_in_the_prompt() -> None:
    prompt = prompt_of(
        "translation", examples=[Pair("Hello.", " "), Pair("Yes.", "Oui.")], sentence="No."
    )

    assert prompt == "English: Yes.\nFrench: Oui.\n\nEnglish: No.\nFrench:"


def test_a_table_prompt_ends_with_the_header() -> None:
    prompt = prompt_of("table", columns="Name, Age", examples=[], text="Ann is 30.")

    assert prompt == "Text: Ann is 30.\nTable:\n| Name | Age |"


def test_a_new_message_is_the_customer_s_turn() -> None:
    prompt = prompt_of("chat", setting="A shop.", turns=[], message="Hello.")

    assert prompt == "A shop.\n\nCustomer: Hello.\nAgent:"


def test_without_a_new_message_a_conversation_does_not_change() -> None:
    turns = [Turn("Customer", "Hello."), Turn("Agent", "Hi!")]

    assert open_turns({"turns": turns, "message": " "}) == turns[:1]


def test_an_empty_turn_is_left_out() -> None:
    turns = [Turn("Customer", "Hello."), Turn("Agent", "  ")]

    found = open_turns({"turns": turns, "message": "Are you there?"})

    assert found == [Turn("Customer", "Hello."), Turn("Customer", "Are you there?")]
