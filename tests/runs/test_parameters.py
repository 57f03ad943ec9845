"""Parameters: ranges, and their form in JSON."""

import json
import math

import pytest

from playground.core.errors import InvalidInput
from playground.runs.parameters import PARAMETER_SPECS, Parameters


def test_they_survive_json() -> None:
    parameters = Parameters(temperature=0, stop=("\n", "é"), seed=5, logprobs=3)

    assert Parameters.from_json(parameters.to_json()) == parameters


def test_choices_and_biases_survive_json_and_defaults_are_left_out() -> None:
    parameters = Parameters(n=4, logit_bias=((50, -100), (7, 0.5)))

    assert parameters.to_json()["logit_bias"] == {"50": -100, "7": 0.5}
    assert Parameters.from_json(json.loads(json.dumps(parameters.to_json()))) == parameters
    assert {"n", "logit_bias"}.isdisjoint(Parameters().to_json())


@pytest.mark.parametrize("spec", PARAMETER_SPECS, ids=lambda spec: spec.name)
def test_each_number_has_a_range(spec) -> None:  # type: ignore[no-untyped-def]
    Parameters(**{spec.name: int(spec.minimum) if spec.whole else spec.minimum})
    Parameters(**{spec.name: int(spec.maximum) if spec.whole else spec.maximum})
    for value in (spec.maximum + 1, spec.minimum - 1, math.nan, math.inf, "1", True, None):
        with pytest.raises(InvalidInput) as caught:
            Parameters(**{spec.name: value})
        assert caught.value.field == spec.name


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"stop": ("",)}, "stop"),
        ({"stop": ("x" * 65,)}, "stop"),
        ({"stop": tuple("abcdefghi")}, "stop"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"logprobs": 11}, "logprobs"),
        ({"n": 0}, "n"),
        ({"n": 9}, "n"),
        ({"n": True}, "n"),
        ({"n": None}, "n"),
        ({"best_of": 2}, "best_of"),
        ({"logit_bias": [[1, 2]]}, "logit_bias"),
        ({"logit_bias": None}, "logit_bias"),
        ({"logit_bias": {"a": 1}}, "logit_bias"),
        ({"logit_bias": {"-1": 1}}, "logit_bias"),
        ({"logit_bias": {"9999999999": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 1, "01": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias"),
        ({"logit_bias": {"1": math.nan}}, "logit_bias"),
        ({"logit_bias": {"1": True}}, "logit_bias"),
        ({"logit_bias": {"1": "1"}}, "logit_bias"),
        ({"logit_bias": {str(token): 1 for token in range(301)}}, "logit_bias"),
    ],
)
def test_other_parameters_have_limits(values: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Parameters.from_json(values)

    assert caught.value.field == field


def test_greedy_means_that_a_retry_repeats() -> None:
    assert Parameters(temperature=0).greedy
    assert Parameters(top_k=1).greedy
    assert Parameters(min_p=1).greedy
    assert not Parameters(temperature=0.1).greedy
