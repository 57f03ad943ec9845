"""Biases of tokens: their lines, and the token ids that they are for a model."""

import pytest

from playground.checkpoints.tokenizer_files import files_of, read_tokenizer
from playground.checkpoints.tokenizers import TextTokenizer
from playground.core.errors import InvalidInput
from playground.runs.parameters import MAX_LOGIT_BIASES, Parameters
from playground.runs.token_biases import (
    biases_of,
    read_token_biases,
    tell_token_biases,
    write_token_biases,
)
from tests.support.registry import demo_checkpoint


@pytest.fixture(scope="module")
def tokenizer() -> TextTokenizer:
    checkpoint = demo_checkpoint()
    if checkpoint is None:
        pytest.skip("no demo checkpoint")
    return TextTokenizer(read_tokenizer(files_of(checkpoint)))


def test_lines_are_read_as_they_are_written() -> None:
    parameters = Parameters(
        token_bias=((" apple", -5), ('say "\n\t\\', 2.5), ("é😀", 100)), logit_bias=((12, -0.5),)
    )

    lines = write_token_biases(parameters)
    texts, ids = read_token_biases(lines)

    assert lines.splitlines() == [
        '" apple" = -5',
        r'"say \"\n\t\\" = 2.5',
        '"é😀" = 100',
        "id 12 = -0.5",
    ]
    assert tuple(texts.items()) == parameters.token_bias
    assert tuple(ids.items()) == parameters.logit_bias


def test_people_may_type_spaces_commas_and_colons() -> None:
    assert read_token_biases('\n  " a":+2,5 \n\nID 7=3') == ({" a": 2.5}, {7: 3})


@pytest.mark.parametrize(
    "line",
    ["apple = 5", '"" = 1', '"a = 1', '"a" 5', '"a" = 101', '"a" = nan', "id x = 1", r'"\x" = 1'],
)
def test_a_line_that_is_no_bias_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(InvalidInput, match="line 2") as caught:
        read_token_biases(f'"a" = 1\n{line}')

    assert caught.value.field == "token_bias"


def test_each_token_of_a_text_gets_its_bias(tokenizer: TextTokenizer) -> None:
    several = tokenizer.encode(" unbelievable")
    assert len(several) > 1

    found = dict(biases_of(Parameters(token_bias=((" unbelievable", -3),)), tokenizer))

    assert found == dict.fromkeys(several, -3)


def test_the_later_of_two_counts_and_a_text_before_an_id(tokenizer: TextTokenizer) -> None:
    (apple,) = tokenizer.encode(" apple")
    parameters = Parameters(
        token_bias=((" apple apple", 1), (" apple", 2)), logit_bias=((apple, 9), (7, 3))
    )

    assert dict(biases_of(parameters, tokenizer)) == {apple: 2, 7: 3}


def test_a_token_that_the_model_does_not_have_is_refused(tokenizer: TextTokenizer) -> None:
    with pytest.raises(InvalidInput, match="no token 50000"):
        biases_of(Parameters(logit_bias=((50_000, 1),)), tokenizer)


def test_more_tokens_than_the_engine_takes_are_refused(tokenizer: TextTokenizer) -> None:
    ids = tuple((token, 1.0) for token in range(MAX_LOGIT_BIASES - 1))
    parameters = Parameters(logit_bias=ids, token_bias=((" unbelievable mountains", 1),))

    with pytest.raises(InvalidInput, match="At most 300"):
        biases_of(parameters, tokenizer)


def test_json_has_texts_in_their_order_and_only_where_there_are_some() -> None:
    parameters = Parameters(token_bias=((" b", 1), (" a", -2.5)))

    assert parameters.to_json()["token_bias"] == [[" b", 1], [" a", -2.5]]
    assert Parameters.from_json(parameters.to_json()) == parameters
    assert "token_bias" not in Parameters().to_json()


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1},
        [["a"]],
        [[1, 1]],
        [["", 1]],
        [["a" * 65, 1]],
        [["a\0", 1]],
        [["a", 101]],
        [["a", True]],
        [["a", float("nan")]],
        [["a", 1], ["a", 2]],
        [[str(number), 1] for number in range(MAX_LOGIT_BIASES + 1)],
    ],
)
def test_malformed_texts_are_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        Parameters.from_json({"token_bias": value})

    assert caught.value.field == "token_bias"


def test_biases_are_told_on_one_line() -> None:
    parameters = Parameters(token_bias=(("\n", -100),), logit_bias=((12, 5),))

    assert tell_token_biases(parameters) == r'"\n" -100, id 12 +5'
