"""Messages about a prompt that does not fit: one sentence, correct numbers, advice that helps."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.runs.lengths import misfit, too_many_characters

CONTEXT = 2_048


@given(tokens=st.integers(1, 5_000), max_tokens=st.integers(1, CONTEXT))
def test_all_advice_helps_and_only_fitting_prompts_get_none(tokens: int, max_tokens: int) -> None:
    sentence = misfit(tokens=tokens, max_tokens=max_tokens, context=CONTEXT)

    assert bool(sentence) == (tokens + max_tokens > CONTEXT)
    if lower := re.search(r"Lower the maximum length to ([\d,]+)", sentence):
        assert number(lower[1]) >= 1
        assert tokens + number(lower[1]) == CONTEXT
    elif sentence:
        assert tokens >= CONTEXT
    if shorten := re.search(r"horten the prompt by ([\d,]+) token", sentence):
        assert tokens - number(shorten[1]) + max_tokens == CONTEXT


@pytest.mark.parametrize(("tokens", "words"), [(2_047, "to 1,"), (1, "has 1 token and")])
def test_one_token_is_singular(tokens: int, words: str) -> None:
    assert words in misfit(tokens=tokens, max_tokens=CONTEXT, context=CONTEXT)


def test_characters_are_reported_with_both_numbers() -> None:
    sentence = too_many_characters("The prompt", 1_048_576, limit=65_536)

    assert sentence == "The prompt has 1,048,576 characters; the limit is 65,536. Shorten it."


def number(text: str) -> int:
    return int(text.replace(",", ""))
