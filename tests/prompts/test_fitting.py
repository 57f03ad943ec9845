"""The finished prompt: counted, and a conversation that is too long cut from the top."""

from dataclasses import replace

import pytest
from django.test import Client

from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import ModelNotReady
from playground.prompts import fitting
from playground.prompts.catalog import TEMPLATES
from playground.prompts.fitting import finished_prompt, sent_state, trim_conversation
from playground.prompts.form import PromptForm, default_form
from playground.prompts.formats import Pair, Turn


def conversation(turns: int, *, message: str = "And now?") -> PromptForm:
    speakers = ["Customer", "Agent"]
    spoken = [Turn(speakers[i % 2], f"Turn number {i}.") for i in range(turns)]
    form = default_form(TEMPLATES["chat"])
    return replace(form, values={"setting": "A shop.", "turns": spoken, "message": message})


def test_a_prompt_is_counted_by_the_model_s_tokenizer() -> None:
    finished = finished_prompt(default_form(TEMPLATES["translation"]))

    # The test model has one token for each byte.
    assert finished.tokens == len(finished.text.encode())
    assert finished.limit == 2048
    assert finished.fits


def test_a_short_conversation_is_not_cut() -> None:
    finished = finished_prompt(conversation(4))

    assert finished.dropped == 0
    assert "Turn number 0." in finished.text


def test_a_long_conversation_loses_its_oldest_turns_and_keeps_its_setting() -> None:
    finished = finished_prompt(conversation(150))

    assert finished.text.startswith("A shop.\n\n")
    assert finished.text.endswith("Customer: And now?\nAgent:")
    assert "Turn number 0." not in finished.text
    assert "Turn number 149." in finished.text
    assert finished.dropped > 0


def test_no_more_turns_are_left_out_than_needed() -> None:
    form = conversation(150)
    count = len

    prompt, dropped = trim_conversation(form, count=count, budget=1000)

    rest = form.values["turns"][dropped - 1 :]
    one_more = form.template.build({**form.values, "turns": rest})
    assert count(prompt) <= 1000 < count(one_more)


def test_the_last_message_stays_even_when_it_is_too_long() -> None:
    finished = finished_prompt(conversation(3, message="word " * 1000))

    assert "word word" in finished.text
    assert not finished.fits


@pytest.mark.parametrize(
    ("max_tokens", "words"), [(2000, "Lower the maximum length to"), (100, "")]
)
def test_a_prompt_that_does_not_fit_is_refused_with_advice(max_tokens: int, words: str) -> None:
    form = default_form(TEMPLATES["translation"])
    parameters = replace(form.parameters, max_tokens=max_tokens)

    finished = finished_prompt(replace(form, parameters=parameters))

    assert words in finished.shortfall
    assert bool(finished.shortfall) == bool(words)


def test_a_prompt_beyond_the_window_must_be_shortened() -> None:
    form = default_form(TEMPLATES["qa"])
    long = replace(form, values={**form.values, "knowledge": "a" * 3000})

    finished = finished_prompt(long)

    over = finished.tokens + finished.max_tokens - finished.limit if finished.tokens else 0
    assert finished.shortfall.endswith(f"shorten the prompt by {over:,} tokens.")
    # Even a completion of one token has no room.
    assert "Lower" not in finished.shortfall
    assert finished.percent == 100


@pytest.mark.parametrize("slug", ["free", "qa"])
def test_the_fitting_end_of_a_whole_text_is_sent(slug: str) -> None:
    form = default_form(TEMPLATES[slug])
    text = "".join(f"Line {number}.\n" for number in range(400))
    written = (
        replace(form, values={"prompt": text}) if slug == "free" else replace(form, detached=text)
    )

    finished = finished_prompt(written)

    room = finished.limit - form.parameters.max_tokens
    assert text.endswith(finished.text)
    # The test model has one token for each byte.
    assert len(finished.text) == room
    assert finished.unsent == finished.sent_from == len(text) - room
    assert finished.box_text == text
    assert finished.shortfall == ""
    assert sent_state(written, finished).text == text


def test_the_cut_is_never_inside_a_character_and_counts_as_javascript_does() -> None:
    form = default_form(TEMPLATES["free"])
    parameters = replace(form.parameters, max_tokens=2000)
    written = replace(form, values={"prompt": "é😀" * 20}, parameters=parameters)

    finished = finished_prompt(written)

    assert len(finished.text.encode()) in range(44, 49)
    assert ("é😀" * 20).endswith(finished.text)
    sent_before = ("é😀" * 20).removesuffix(finished.text)
    assert finished.sent_from == len(sent_before.encode("utf-16-le")) // 2


def test_a_maximum_length_that_leaves_room_for_one_token_sends_one() -> None:
    form = default_form(TEMPLATES["free"])
    parameters = replace(form.parameters, max_tokens=2047)
    finished = finished_prompt(replace(form, parameters=parameters))

    assert finished.unsent > 0
    assert finished.text == form.values["prompt"][-1]


def test_a_detached_prompt_is_shown_beside_the_prompt_of_the_fields() -> None:
    form = replace(default_form(TEMPLATES["qa"]), detached="Once upon a time")

    finished = finished_prompt(form)

    assert finished.text == "Once upon a time"
    assert finished.built == form.template.build(form.values)


def test_without_a_tokenizer_there_is_no_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(spec: object) -> object:
        raise ModelNotReady("No tokenizer.json.")

    monkeypatch.setattr(fitting, "tokenizer_for", missing)

    finished = finished_prompt(conversation(150))

    assert finished.tokens is None
    assert finished.fits
    assert finished.shortfall == ""


def test_the_count_is_of_the_chosen_model() -> None:
    form = replace(default_form(TEMPLATES["free"]), values={"prompt": "Où ?"}, model="other")

    finished = finished_prompt(form)

    spec = registry().get("other")
    assert finished.tokens == tokenizer_for(spec).count("Où ?")


def test_a_prompt_of_too_many_characters_is_not_counted() -> None:
    form = default_form(TEMPLATES["qa"])
    long = replace(form, values={**form.values, "examples": [Pair("a" * 19_000, "b")] * 4})

    finished = finished_prompt(long)

    assert finished.tokens is None
    assert "the limit is 65,536" in finished.shortfall


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("An end of text.", []),
        (
            "One.<|endoftext|>Two.<|endoftext|>",
            ["<|endoftext|> is sent as the model's end-of-text token."],
        ),
    ],
)
def test_names_of_special_tokens_are_pointed_out(text: str, notes: list[str]) -> None:
    form = replace(default_form(TEMPLATES["free"]), values={"prompt": text})

    finished = finished_prompt(form)

    assert finished.named_notes == notes
    # One token for each name, and one for each other byte.
    assert finished.tokens == len(text.replace("<|endoftext|>", "|"))


def test_other_named_tokens_are_counted_in_a_note() -> None:
    finished = replace(
        finished_prompt(default_form(TEMPLATES["free"])),
        named=("<|a|>", "<|endoftext|>", "<|b|>", "<|c|>", "<|d|>"),
    )

    assert finished.named_notes == [
        "<|endoftext|> is sent as the model's end-of-text token.",
        "<|a|>, <|b|>, <|c|> and 1 more are sent as one token each, not as letters.",
    ]
    assert replace(finished, named=("<|a|>",)).named_notes == [
        "<|a|> is sent as one token, not as letters."
    ]


def test_the_notes_are_beside_the_gauge_and_at_the_stops(client: Client, db: None) -> None:
    posted = {"prompt": "One.<|endoftext|>", "stop": "<|endoftext|>", "model": "tiny"}

    preview = client.post("/free/preview/", posted).content.decode()
    page = client.post("/free/", posted).content.decode()
    plain = client.get("/free/").content.decode()

    said = "&lt;|endoftext|&gt; is sent as the model&#x27;s end-of-text token."
    assert said in preview
    assert said in page
    assert said not in plain
    assert '<p class="parameter-note" id="stop-note">' in page
    assert '<p class="parameter-note" id="stop-note" hidden>' in plain
