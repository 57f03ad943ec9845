"""Ranges of a request's values, and what this engine can serve."""

from typing import Any

import pytest

from workers.engine.errors import InvalidParameter, TokenOutOfRange
from workers.engine.limits import Limits
from workers.engine.request import Finish, Request, SamplingParams, TokenOutput
from workers.engine.text import Vocabulary

ENDS: dict[str, list[Any]] = {
    "min_p": [0.0, 1.0, 1],
    "n": [1, 64],
    "logprobs": [None, 0, 20],
    "logit_bias": [
        (),
        ((0, -100.0), (5, 100)),
        tuple((token_id, 1.0) for token_id in range(300)),
    ],
}
OUTSIDE: dict[str, list[Any]] = {
    "min_p": [-0.01, 1.01, float("nan"), "0.5", True],
    "n": [0, 65, 1.0, True],
    "logprobs": [-1, 21],
    "logit_bias": [
        [(1, 1.0)],
        {1: 1.0},
        ((1,),),
        ([1, 1.0],),
        ((-1, 1.0),),
        (("1", 1.0),),
        ((True, 1.0),),
        ((1, 100.5),),
        ((1, float("inf")),),
        ((1, 1.0), (1, 2.0)),
        tuple((token_id, 1.0) for token_id in range(301)),
    ],
}


def cases(values: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(field, value, id=f"{field} {index}")
        for field, all_of_field in values.items()
        for index, value in enumerate(all_of_field)
    ]


@pytest.mark.parametrize(("field", "value"), cases(ENDS))
def test_ends_of_ranges_are_accepted(field: str, value: Any) -> None:
    assert getattr(SamplingParams(5, **{field: value}), field) == value


@pytest.mark.parametrize(("field", "value"), cases(OUTSIDE))
def test_values_outside_their_range_are_named(field: str, value: Any) -> None:
    with pytest.raises(InvalidParameter) as refused:
        SamplingParams(5, **{field: value})

    assert refused.value.details["field"] == field
    assert field in refused.value.message


@pytest.mark.parametrize(
    ("field", "params", "others"),
    [
        ("choice", {}, {"choice": -1}),
        ("choice", {}, {"choice": 2**32}),
        ("choice", {"n": 4}, {"choice": 2**32 - 3}),
        ("choice", {}, {"choice": True}),
        ("adapter", {}, {"adapter": 3}),
        ("n", {"n": 2}, {"generated_ids": (1,)}),
    ],
)
def test_requests_that_contradict_themselves_are_refused(
    field: str, params: dict[str, Any], others: dict[str, Any]
) -> None:
    with pytest.raises(InvalidParameter) as refused:
        Request("a", (1,), SamplingParams(5, **params), **others)

    assert refused.value.details["field"] == field


def test_the_last_choices_can_be_numbered() -> None:
    assert Request("a", (1,), SamplingParams(5, n=4), choice=2**32 - 4).choice == 2**32 - 4


def test_biases_of_tokens_that_the_model_has_not_are_refused() -> None:
    vocabulary = Vocabulary(pieces={}, eos_id=0)
    limits = Limits(context=64, rows=50, cache_positions=64, vocabulary=vocabulary)

    limits.check(Request("a", (1,), SamplingParams(5, logit_bias=((49, 1.0),))))
    with pytest.raises(TokenOutOfRange, match="50") as refused:
        limits.check(Request("a", (1,), SamplingParams(5, logit_bias=((50, 1.0),))))

    assert refused.value.details == {"token_id": 50}


def test_outputs_belong_to_the_first_choice_by_default() -> None:
    assert TokenOutput("a", 1, 2, "x").choice == Finish("a", "stop").choice == 0
    assert TokenOutput("a", 1, 2, "x").rest is None
